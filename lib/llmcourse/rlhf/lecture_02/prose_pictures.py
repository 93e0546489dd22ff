"""The pictures of lecture 02 in the world of prose: what its records hold, drawn."""

from collections.abc import Mapping, Sequence
from functools import partial

import torch
from matplotlib.axes import Axes

from ...figures import figure, label_lines
from ...verdicts import mean
from .pictures import GREY, pair, steps_and_price
from .prose_claims import run_at, won


def order(runs: Sequence[Mapping]) -> None:
    """How often two reward models put answers in the order of gold, against the number of comparisons."""
    sizes = [row["comparisons"] for row in runs[0]["rows"]]
    found = {
        name: [mean([run["rows"][i][arm] for run in runs], 0, 1) for i in range(len(sizes))]
        for arm, name in (("words", "a weight for each word"), ("GPT", "GPT with a scalar head"))
    }
    judge = mean([run["judge"] for run in runs]).value
    told = "; ".join(f"{name} from {at[0].value:.2f} to {at[-1].value:.2f}" for name, at in found.items())
    alt = (
        f"Share of pairs in the order of gold, with {sizes[0]} to {sizes[-1]:,} comparisons: {told}. Judge {judge:.2f}."
    )
    with figure(alt=alt, height=2.8) as ax:
        for (name, at), style in zip(found.items(), ("-", "--")):
            ax.fill_between(sizes, [e.low for e in at], [e.high for e in at], alpha=0.15, linewidth=0)
            ax.plot(sizes, [e.value for e in at], linestyle=style, label=name)
        ax.axhline(judge, color=GREY, linewidth=0.9)
        ax.text(sizes[0], judge + 0.01, "one answer of the judge", color=GREY, fontsize=9)
        ax.set_xscale("log")
        ax.set(title="What comparisons teach", xlabel="comparisons", ylabel="pairs in the order of gold")
        ax.set(ylim=(0.4, 1), xticks=sizes)
        ax.set_xticklabels([f"{n:,}" for n in sizes])
        ax.minorticks_off()
        label_lines(ax)


def goodhart(runs: Sequence[Mapping], curves: Mapping[str, Sequence]) -> None:
    """Proxy and gold against the root of the KL, for PPO without a price (left) and for best-of-n (right)."""
    paths = [torch.tensor(run_at(run, 0.0)["path"]) for run in runs]
    bests = [torch.tensor(run["best_of"]) for run in runs]
    last = [path[-5:].mean(0) for path in paths]
    ends = ", ".join(f"proxy {proxy:.1f} and gold {gold:.1f} at {KL:.0f} nats" for KL, proxy, gold in last)
    kept = ", ".join(f"proxy {row[2]:.2f} and gold {row[3]:.2f}" for row in (best[-1] for best in bests))
    alt = (
        f"Proxy and gold against the root of the KL, one line per seed. PPO without a price ends at {ends}: gold "
        f"rises, turns, and falls below its start, while the proxy rises on. Best-of-{bests[0][-1, 0]:.0f}: {kept}."
    )
    with figure(alt=alt, columns=2, width=8.8, height=3.4) as axes:
        for s, (path, best, run) in enumerate(zip(paths, bests, runs)):
            d = path[:, 0].clamp(min=0).sqrt()
            pair(axes[0], d, path[:, 1], path[:, 2], label=s == 0)
            _fit(axes[0], curves["RL"][s], d.max().item(), run["before"][1], label=s == 0)
            d = best[:, 1].sqrt()
            pair(axes[1], d, best[:, 2], best[:, 3], label=s == 0)
            _fit(axes[1], curves["best-of-n"][s], d.max().item(), best[0, 3].item(), label=s == 0)
        for ax, title in zip(axes, ("PPO, beta 0", "Best-of-n")):
            ax.set(title=title, xlabel="root of the KL from the reference")
        axes[0].set(ylabel="reward of an answer", ylim=(-16, 13.5))
        axes[1].legend(loc="upper left")


def _fit(ax: Axes, curve, most: float, start: float, label: bool) -> None:
    d = torch.linspace(0.05, most, 100)
    ax.plot(d, start + curve(d), "--", color="black", marker="", linewidth=1, label="fitted to gold" if label else "_")


def three_steps(runs: Sequence[Mapping]) -> None:
    """InstructGPT's steps on prose."""
    steps_and_price(partial(won, runs), [run["held_out"] for run in runs], "held-out text", (0.3, 1))
