"""The pictures of lecture 02. Each takes what was measured and draws it; none measures anything."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from matplotlib.axes import Axes
from torch import Tensor

from ...figures import COLOURS, Shown, explore, figure, label_lines
from ...verdicts import Estimate, mean
from .. import selection
from .claims import final, won

GREY, PALE = "#777777", "#cccccc"
BOX = {"boxstyle": "round,pad=0.5", "fc": "white", "ec": "black"}
ARROW = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.4}

# ------------------------------------------------------------------ the scheme


STEPS = {  # step -> what happens in it, box by box
    "1  Demonstrations": (
        "a prompt",
        "somebody writes\nthe answer",
        "the model learns\nto write it: SFT",
    ),
    "2  Comparisons": (
        "a prompt, and\nanswers to it",
        "somebody says\nwhich is better",
        "a reward model r\nlearns to agree",
    ),
    "3  Reinforcement": (
        "a prompt",
        "the policy answers,\nr gives a reward",
        "PPO: more of what earns\nmore than expected",
    ),
}


def scheme() -> None:
    """The three steps from a language model to one that is trained on people's preferences."""
    told = ". ".join(f"{step}: {', '.join(boxes)}".replace("\n", " ") for step, boxes in STEPS.items())
    alt = (
        f"Three columns of boxes, joined by arrows. {told}. "
        "An arrow leads from each column to the next, and one from the third back to the second."
    )
    with figure(alt=alt, width=8.4, height=3.3) as ax:
        for x, (step, boxes) in enumerate(STEPS.items()):
            ax.text(x, 3.6, step, ha="center", fontsize=11, fontweight="bold")
            for i, text in enumerate(boxes):
                ax.text(x, 2.7 - 1.2 * i, text, ha="center", va="center", fontsize=9, bbox=BOX)
                if i:
                    ax.annotate("", (x, 3.13 - 1.2 * i), (x, 3.47 - 1.2 * i), arrowprops=ARROW)
        for x, word in ((0, "SFT"), (1, "r")):
            ax.annotate("", (x + 0.64, 1.5), (x + 0.36, 0.3), arrowprops=ARROW | {"color": COLOURS[0]})
            ax.text(x + 0.53, 0.66, word, color=COLOURS[0], fontsize=9)
        ax.annotate(
            "", (1.15, -0.35), (1.85, -0.35), arrowprops=ARROW | {"linestyle": "--", "connectionstyle": "arc3,rad=-0.3"}
        )
        ax.text(1.5, -1.05, "and again, with the new policy's answers", ha="center", fontsize=9)
        ax.set(xlim=(-0.45, 2.5), ylim=(-1.3, 4))
        ax.axis("off")


# ------------------------------------------------------------------ reward model and optimum


def reward_loss() -> None:
    """The loss of one comparison against the lead of the preferred answer, with and without the minus sign."""
    lead = torch.linspace(-4, 4, 100)
    loss = torch.nn.functional.softplus(-lead)
    alt = (
        "The loss of one comparison against the lead of the preferred answer. -log sigmoid falls from 4.0 at a lead of "
        "-4 to 0.0 at 4. Without the minus sign it rises: minimising it would teach the opposite."
    )
    with figure(alt=alt, height=2.6) as ax:
        ax.plot(lead, loss, "-", color=COLOURS[0], marker="", label="-log sigmoid")
        ax.plot(lead, -loss, "--", color=GREY, marker="", label="as on the slide,\nwithout the minus")
        ax.set(title="A comparison costs as much as it surprises", ylabel="loss, nats")
        ax.set(xlabel="lead of the preferred answer, $r_j-r_k$")
        label_lines(ax, gap=26)


def agreement(by_pairs: Mapping[int, float], ceiling: float) -> None:
    """How often the reward model orders two texts as the judge's true reward does, against comparisons."""
    told = ", ".join(f"{share:.2f} after {n}" for n, share in by_pairs.items())
    alt = f"Share of pairs that the reward model orders as the true reward: {told} comparisons. Judges: {ceiling:.2f}."
    with figure(alt=alt, height=2.6) as ax:
        ax.plot(list(by_pairs), list(by_pairs.values()), "o-", color=COLOURS[0])
        ax.axhline(ceiling, color=GREY, linewidth=0.9)
        ax.text(min(by_pairs), ceiling + 0.01, "one answer of a judge", color=GREY, fontsize=9)
        ax.set_xscale("log")
        ax.set(title="Many unsure answers make a sure reward", ylim=(0.5, 1), ylabel="pairs in the true order")
        ax.set(xticks=list(by_pairs), xlabel="comparisons")
        ax.set_xticklabels(list(by_pairs))
        ax.minorticks_off()


def between(policies: Mapping[float, tuple[float, float, float]], r: Tensor, log_ref: Tensor, log_pi: Mapping) -> Shown:
    """An explorer: the best policy at each beta, between the reference and the reward.

    policies  beta -> KL from the reference, mean of the learned reward, mean of the true reward
    r         (Y,) learned rewards; log_ref, log_pi[beta] (Y,)
    """
    edges = torch.linspace(r.min().item(), r.max().item(), 16)
    middle = ((edges[1:] + edges[:-1]) / 2).tolist()
    place = torch.bucketize(r, edges[1:-1])
    mass = lambda log_p: torch.zeros(15).index_add(0, place, log_p.exp()).tolist()
    KL, learned, true = (list(column) for column in zip(*policies.values()))
    width = 0.8 * (edges[1] - edges[0]).item()

    def draw(axes: Sequence[Axes], beta: float) -> None:
        axes[0].bar(middle, mass(log_ref), width, color=PALE, label="reference")
        axes[0].bar(middle, mass(log_pi[beta]), width / 2, color=COLOURS[0], label="best policy")
        axes[0].set(title="What is written", xlabel="learned reward of a text", ylabel="probability", ylim=(0, 1))
        axes[0].legend(loc="upper left")
        axes[1].plot(KL, learned, "-", color=COLOURS[1], marker="", label="learned")
        axes[1].plot(KL, true, "--", color=COLOURS[2], marker="", label="true")
        for value, marker, colour in zip(policies[beta][1:], "os", COLOURS[1:]):
            axes[1].plot(policies[beta][:1], [value], marker, color=colour, markersize=8, label="_")
        axes[1].set(title=f"beta {beta:g}: {policies[beta][0]:.2f} nats spent", xlabel="KL from the reference, nats")
        axes[1].set(ylabel="mean reward", xlim=(0, max(KL) * 1.05))
        label_lines(axes[1])

    best = max(policies, key=lambda beta: policies[beta][2])
    return explore(
        draw,
        list(policies),
        start=best,
        label="beta",
        alt=lambda beta: (
            f"At beta {beta:g} the best policy is {policies[beta][0]:.2f} nats from the reference; its texts earn "
            f"{policies[beta][1]:.2f} by the learned reward and {policies[beta][2]:.2f} by the true one."
        ),
        columns=2,
        width=8.5,
        height=3,
    )


# ------------------------------------------------------------------ PPO


def clip(epsilon: float = 0.2) -> Shown:
    """An explorer: PPO's objective of one token against the ratio, for a good token and for a bad one."""
    rho = torch.linspace(0.4, 1.7, 200)
    gain = lambda ratio, A: torch.minimum(ratio * A, ratio.clamp(1 - epsilon, 1 + epsilon) * A)
    names = {1.0: "better than expected, A = 1", -1.0: "worse than expected, A = -1"}

    def pull(at: float, A: float) -> float:
        """The slope of the objective in the ratio."""
        idle = at > 1 + epsilon if A > 0 else at < 1 - epsilon
        return 0.0 if idle else A

    def draw(axes: Sequence[Axes], at: float) -> None:
        for ax, (A, name) in zip(axes, names.items()):
            here = gain(torch.tensor(at), A).item()
            ax.axvspan(1 - epsilon, 1 + epsilon, color="#eeeeee")
            ax.plot(rho, rho * A, "--", color=GREY, marker="")
            ax.plot(rho, gain(rho, A), "-", color=COLOURS[0], marker="")
            ax.plot([at], [here], "o", color="black", markersize=8)
            if pull(at, A):
                ax.annotate("", (at + 0.25 * A, here), (at, here), arrowprops=ARROW | {"linewidth": 2})
            ax.set(title=name, xlabel="ratio of the token's probabilities, new / old", xlim=(0.4, 1.7))
            ax.set(ylim=(0.3, 1.8) if A > 0 else (-1.8, -0.3))
        axes[0].set_ylabel("objective")

    told = lambda at, A: f"{'pulled on' if pull(at, A) else 'not pulled any more'}"
    return explore(
        draw,
        [0.5, 0.6, 0.7, 0.75, 0.79, 0.85, 0.9, 1.0, 1.1, 1.15, 1.21, 1.25, 1.3, 1.4, 1.5, 1.6],
        start=1.3,
        label="ratio",
        alt=lambda at: (
            f"At a ratio of {at:g}, a token that was better than expected is {told(at, 1.0)}, and one that was worse "
            f"is {told(at, -1.0)}. The clip lies at {1 - epsilon:g} and {1 + epsilon:g}."
        ),
        columns=2,
        width=8.5,
        height=2.8,
    )


def one_batch(paths: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """What many steps on one batch do: KL from the policy that drew it, and the objective J."""
    ends = "; ".join(f"{name}: KL {path[-1][0]:.2f}, J {path[-1][1]:.2f}" for name, path in paths.items())
    steps = len(next(iter(paths.values()))) - 1
    with figure(alt=f"After {steps} steps on one batch, {ends}.", columns=2, width=8.5, height=2.8) as axes:
        for (name, path), style in zip(paths.items(), ("--", "-")):
            for ax, values in zip(axes, zip(*path)):
                ax.plot(values, linestyle=style, marker="", label=name)
        axes[0].set(title="How far the policy goes", xlabel="step", ylabel="KL from the old policy, nats")
        axes[1].set(title="What it is worth", xlabel="step", ylabel="J")
        label_lines(axes[1])


# ------------------------------------------------------------------ the record of the exact optimum


ARRIVING = ("exact gradient", "RLOO", "PPO", "REINFORCE", "GRPO, KL in the reward", "GRPO, k3 in the loss")


def arrivals(runs: Sequence[Mapping]) -> None:
    """How far each method is from the optimum over batches: the mean over seeds."""
    curves = {}
    for name in ARRIVING:
        measured = [run["measured"] for run in runs if run["method"] == name]
        points = zip(*measured)  # the same batch in every seed
        curves[name] = [(at[0][0], mean([row[1] for row in at]).value) for at in points][1:]
    told = "; ".join(f"{name} {curve[-1][1]:.3f}" for name, curve in curves.items())
    with figure(alt=f"KL to the best policy after {curves['RLOO'][-1][0]} batches: {told}.", height=3.4) as ax:
        for name, curve in curves.items():
            label = name if curve[-1][1] >= 1e-3 else f"{name}, below 0.001"
            ax.loglog(*zip(*[(at, max(value, 1e-3)) for at, value in curve]), label=label)
        ax.set(title="All arrive but one", xlabel="batches of 64 texts", ylabel="KL to the best policy, nats")
        ax.set(xticks=[50, 200, 1000], ylim=(8e-4, 1))
        ax.set_xticklabels(["50", "200", "1,000"])
        ax.minorticks_off()
        label_lines(ax)


def labels(runs: Sequence[Mapping]) -> None:
    """Where DPO ends by its number of labels, and where it would have been best to stop."""
    sizes = (500, 2000, 20_000, 200_000)
    last = {n: mean(final(runs, f"DPO, {n:,} pairs")) for n in sizes}
    first = mean([run["measured"][0][1] for run in runs if run["method"] == "DPO, 500 pairs"])
    told = ", ".join(f"{at.value:.2f} with {n:,}" for n, at in last.items())
    with figure(alt=f"KL from DPO's policy to the best one: {told}. It began at {first.value:.2f}.", height=2.8) as ax:
        low, high = ([abs(at.value - end) for at, end in zip(last.values(), ends)] for ends in (
            [at.low for at in last.values()], [at.high for at in last.values()]))  # fmt: skip
        ax.errorbar(sizes, [at.value for at in last.values()], [low, high], fmt="o", linestyle="-", capsize=3)
        ax.axhline(first.value, color=GREY, linewidth=0.9)
        ax.text(sizes[-1], first.value + 0.08, "the reference, before any step", color=GREY, ha="right", fontsize=9)
        ax.set_xscale("log")
        ax.set(title="DPO is as good as its labels are many", xlabel="labelled pairs", xticks=sizes, ylim=0)
        ax.set(ylabel="KL to the best policy")
        ax.set_xticklabels([f"{n:,}" for n in sizes])
        ax.minorticks_off()


# ------------------------------------------------------------------ best of n, and DPO


def price(exact: Mapping[int, float]) -> None:
    """The KL of best-of-n: the formula, and what it is on 625 texts."""
    formula = {n: selection.best_of_n_kl(n) for n in exact}
    last = max(exact)
    alt = (
        f"KL of best-of-n against n: the formula rises like a logarithm, to {formula[last]:.2f} at {last}; on 625 "
        f"texts it is {exact[last]:.2f} there, below the formula."
    )
    with figure(alt=alt, height=2.6) as ax:
        ax.plot(list(formula), list(formula.values()), "-", marker="", label="log n - (n - 1) / n")
        ax.plot(list(exact), list(exact.values()), "o", linestyle="--", label="625 texts, exact")
        ax.set_xscale("log", base=2)
        ax.set(title="Best-of-n moves slowly", xlabel="n", ylabel="KL from the reference, nats")
        ax.set_xticks(list(exact), [str(n) for n in exact])
        label_lines(ax)


def left_out(path: Sequence[tuple[float, float, float]]) -> None:
    """DPO on few pairs: log-probabilities of chosen and rejected texts, and what goes to texts that never lost."""
    chosen, rejected, unbeaten = (list(column) for column in zip(*path))
    alt = (
        f"DPO over {len(path) - 1} steps. The mean log-probability of chosen texts goes from {chosen[0]:.1f} to "
        f"{chosen[-1]:.1f}, of rejected ones from {rejected[0]:.1f} to {rejected[-1]:.1f}; texts that never lost "
        f"go from {unbeaten[0]:.0%} of the probability to {unbeaten[-1]:.0%}."
    )
    with figure(alt=alt, columns=2, width=8.5, height=2.8) as axes:
        axes[0].plot(chosen, "-", marker="", label="chosen")
        axes[0].plot(rejected, "--", marker="", label="rejected")
        axes[0].set(title="Both fall", xlabel="step", ylabel="mean log-probability, nats")
        label_lines(axes[0])
        axes[1].plot(unbeaten, "-", marker="", color=COLOURS[2])
        axes[1].set(title="Who gains: whoever never lost", xlabel="step", ylabel="their probability", ylim=(0, 1))


# ------------------------------------------------------------------ the world of prose


def pair(ax: Axes, d: Tensor, proxy: Tensor, gold: Tensor, label: bool) -> None:
    """Dots of proxy and gold at the roots of the KL, d."""
    ax.plot(d, proxy, "s", color=COLOURS[1], markersize=3.5, fillstyle="none", label="proxy" if label else "_")
    ax.plot(d, gold, "o", color=COLOURS[0], markersize=3, label="gold" if label else "_")


def three_steps(runs: Sequence[Mapping]) -> None:
    """InstructGPT's steps in the world of 625 texts."""
    losses = [run["loss"] for run in runs]
    steps_and_price(partial(won, runs), losses, "the first model's texts", (0.45, 0.9))


def steps_and_price(
    rate: Callable[[str], Estimate], losses: Sequence[Mapping[str, float]], texts: str, ylim: tuple[float, float]
) -> None:
    """The share of comparisons that each step wins, and the loss of each model on other texts; seed by seed."""
    rates = {
        "SFT over\nthe first": rate("SFT"),
        "PPO\nover SFT": rate("PPO"),
        "PPO-ptx\nover SFT": rate("PPO-ptx"),
    }
    means = {name: mean([of[name] for of in losses]) for name in losses[0]}
    told = ", ".join(f"{name} {share.value:.0%}".replace("\n", " ") for name, share in rates.items())
    lost = ", ".join(f"{name} {at.value:.2f}" for name, at in means.items())
    alt = f"Shares of comparisons won: {told}. Nats a token on {texts}: {lost}."
    with figure(alt=alt, columns=2, width=8.5, height=3) as axes:
        estimates(axes[0], rates)
        axes[0].axhline(0.5, color=GREY, linewidth=0.9)
        axes[0].set(title="Each step against the one before", ylabel="share won", ylim=ylim)
        estimates(axes[1], means)
        axes[1].set(title="The price, on other texts", ylabel="nats a token")


def estimates(ax: Axes, found: Mapping[str, Estimate]) -> None:
    """A dot with its interval for each name."""
    at = range(len(found))
    ax.vlines(at, [e.low for e in found.values()], [e.high for e in found.values()], color="black")
    ax.plot(at, [e.value for e in found.values()], "o", color=COLOURS[0], markersize=7)
    ax.set_xticks(at, list(found))
    ax.set_xlim(-0.5, len(found) - 0.5)


def seen_and_unseen(sweeps: Mapping[str, Sequence[Mapping]]) -> None:
    """Proxy and gold of the best policies for learned rewards, against the root of the KL: one line per world."""
    names = {"letters": "It counts letters", "pairs": "It sees pairs as well"}
    ends = "; ".join(
        f"{names[sees]}: gold is {mean([max(r[2] for r in run['best policy']) for run in runs]).value:.2f} at its best "
        f"and {mean([run['best policy'][-1][2] for run in runs]).value:.2f} at the lowest price"
        for sees, runs in sweeps.items()
    )
    alt = f"Proxy and gold above the reference's, against the root of the KL. {ends}."
    furthest = max(row[0] for runs in sweeps.values() for run in runs for row in run["best policy"]) ** 0.5
    with figure(alt=alt, columns=2, width=8.8, height=3.2) as axes:
        for ax, (sees, runs) in zip(axes, sweeps.items()):
            for i, run in enumerate(runs):
                KL, proxy, gold = torch.tensor(run["best policy"]).T
                d, name = KL.clamp(min=0).sqrt(), lambda word, i=i: "_" if i else word
                ax.plot(d, proxy, "--", color=COLOURS[1], marker="", linewidth=0.9, label=name("proxy"))
                ax.plot(d, gold, "-", color=COLOURS[0], marker="", linewidth=1.1, label=name("gold"))
            ax.axhline(0, color=GREY, linewidth=0.8)
            ax.set(
                title=names[sees], xlabel="root of the KL from the reference", xlim=(0, 1.03 * furthest), ylim=(-1, 3.8)
            )
        axes[0].set_ylabel("above the reference")
        axes[0].legend(loc="upper left")


def on_the_way(paths: Mapping[str, Sequence[Sequence[float]]]) -> None:
    """Proxy and gold of each batch against the root of the KL, for runs of PPO by name."""
    ends = "; ".join(
        f"{name}: {path[-1][0]:.0f} nats, proxy {path[-1][1]:.1f}, gold {path[-1][2]:.1f}"
        for name, path in paths.items()
    )
    with figure(alt=f"Proxy and gold of batches of PPO. At the end, {ends}.", columns=2, width=8.8, height=3) as axes:
        for ax, (name, path) in zip(axes, paths.items()):
            KL, proxy, gold = torch.tensor(path).T
            pair(ax, KL.clamp(min=0).sqrt(), proxy, gold, label=True)
            ax.set(title=f"PPO, {name}", xlabel="root of the KL from the reference")
        axes[0].set_ylabel("reward of an answer")
        axes[0].legend(loc="upper left")
