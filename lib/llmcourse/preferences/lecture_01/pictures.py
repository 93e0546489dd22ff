"""The pictures of lecture 01. Each takes what was computed and draws it."""

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from torch import Tensor

from ...figures import COLOURS, Shown, explore, figure, label_lines
from ...verdicts import mean
from .. import bradley_terry, ties
from ..arena import Board
from ..bradley_terry import Fit

STYLES = ("-", "--", "-.", ":", (0, (9, 2)))
GREY = "#777777"
BOX = {"boxstyle": "round,pad=0.5", "fc": "white", "ec": "black"}

# ------------------------------------------------------------------ ratings


def votes(W: Tensor, names: Sequence[str]) -> None:
    """The share of the games that the row won, as numbers on a heat map."""
    share = (W / (W + W.mT)).fill_diagonal_(float("nan"))
    told = "; ".join(f"{name} {', '.join(f'{v:.2f}' for v in row if v == v)}" for name, row in zip(names, share))
    with figure(alt=f"Share of wins of each journal against the others: {told}.", height=3.6, width=5.5) as ax:
        ax.imshow(share, vmin=0, vmax=1, cmap="cividis")
        for i, row in enumerate(share.tolist()):
            for j, value in enumerate(row):
                if i != j:
                    colour = "white" if value < 0.6 else "black"
                    ax.text(j, i, f"{value:.2f}", ha="center", va="center", color=colour)
        ticks = range(len(names))
        ax.set(title="Share of the citations that the row won", xticks=ticks, yticks=ticks, xlabel="against")
        ax.set_xticklabels(names, rotation=20, ha="right")
        ax.set_yticklabels(names)


def bound(duel: Tensor, path: Sequence[float]) -> Shown:
    """An explorer: the log-likelihood of one rating, the bound that touches it, and the step to the bound's top."""
    axis = torch.linspace(0.5, 9, 200, dtype=duel.dtype)
    pairs = torch.stack([axis, torch.ones_like(axis)], dim=-1)  # (200, 2)
    likelihood = bradley_terry.log_likelihood(duel, pairs.log())

    def draw(ax: Axes, step: int) -> None:
        now, new = path[step - 1], path[step]
        at = torch.tensor([now, 1.0], dtype=duel.dtype)
        ax.plot(axis, likelihood, "-", color=COLOURS[0], marker="", label="log-likelihood")
        ax.plot(axis, bradley_terry.lower_bound(duel, pairs, at), "--", color=COLOURS[1], marker="", label="bound")
        for gamma, marker, word in ((now, "o", "now"), (new, "^", "next")):
            here = bradley_terry.log_likelihood(duel, torch.tensor([gamma, 1.0], dtype=duel.dtype).log())
            ax.plot([gamma], [here], marker, markersize=8, color="black", label=word)
        ax.axvline(new, color=GREY, linewidth=0.8)
        ax.set(title=f"step {step}: from {now:.2f} to {new:.2f}", xlim=(0.5, 9), ylim=(-12, -4.5))
        ax.set(xlabel="Milwaukee's rating", ylabel="log-likelihood")
        ax.legend(loc="upper right", ncols=4)

    return explore(
        draw,
        list(range(1, len(path))),
        label="step",
        alt=lambda step: (
            f"The log-likelihood of Milwaukee's rating and a bound that touches it at {path[step - 1]:.2f}; the "
            f"bound's top is at {path[step]:.2f}, nearer to the maximum at 5.5."
        ),
        height=3.4,
    )


def settling(W: Tensor, path: Sequence[Tensor], names: Sequence[str]) -> Shown:
    """An explorer: ratings on a scale, each with an arrow for the games that it has won beyond what it predicts."""
    surprises = [bradley_terry.gradient(W, r) for r in path]
    order = path[-1].argsort(descending=True).tolist()
    lost = W.sum(0)

    def draw(ax: Axes, step: int) -> None:
        r, surprise = path[step], surprises[step]
        for y, i in enumerate(order):
            at, push = r[i].item(), surprise[i].item()
            if abs(push) > 0.8:
                arrow = {"arrowstyle": "->", "lw": 2, "color": "black", "shrinkA": 0, "shrinkB": 0}
                ax.annotate("", (at + push / 15, y), (at, y), arrowprops=arrow)
            ax.plot([at], [y], "o", color=COLOURS[0], markersize=9)
            ax.text(1.6, y, f"{W[i].sum():.0f} won, {lost[i]:.0f} lost", va="center", fontsize=9)
            ax.text(1.4, y, f"{push:+.1f}", va="center", ha="right", fontsize=9)
        ax.axvline(0, color=GREY, linewidth=0.8)
        ax.set(title=f"after {step} step{'s' * (step != 1)}: the largest surprise is {surprise.abs().max():.1f} games")
        ax.set(
            xlabel="log-rating; arrow and number: games won beyond those expected",
            xlim=(-1.9, 2.4),
            xticks=(-1.5, -1, -0.5, 0, 0.5, 1),
        )
        ax.set(yticks=range(len(names)), yticklabels=[names[i] for i in order], ylim=(len(names) - 0.5, -0.5))
        ax.grid(False)

    shown = [k for k in (0, 1, 2, 3, 4, 6, 8) if k < len(path)]
    return explore(
        draw,
        shown,
        start=shown[1],
        label="steps",
        alt=lambda k: (
            f"Seven teams on a scale of ratings after {k} steps. Each is pulled by an arrow as long as its surprise; "
            f"the longest is {surprises[k].abs().max():.1f} games."
        ),
        height=3.2,
    )


def climbs(fits: Mapping[str, Fit], shown: int = 70) -> None:
    """How far each method is from the maximum, step by step."""
    top = max(fit.history[-1] for fit in fits.values())
    left = {name: [v for h in fit.history[:shown] if (v := top - h) > 1e-9] for name, fit in fits.items()}
    told = "; ".join(f"{name} {values[-1]:.0e} after {len(values) - 1} steps" for name, values in left.items())
    with figure(alt=f"What is missing to the maximum against steps, on a logarithmic scale: {told}.", height=3) as ax:
        for (name, values), style in zip(left.items(), STYLES):
            ax.semilogy(values, linestyle=style, label=name)
        ax.set(title="MM is safe, Newton is fast", xlabel="step", ylabel="log-likelihood still missing")
        ax.set(ylim=(1e-10, 1e4), xlim=(0, shown + 2))
        label_lines(ax)


def ghost(priors: Tensor, ratings: Tensor, names: Sequence[str]) -> None:
    """Log-ratings (P, n) against the strength (P,) of the prior."""
    ends = ", ".join(f"{name} from {a:.1f} to {b:.1f}" for name, a, b in zip(names, ratings[-1], ratings[0]))
    alt = f"Log-ratings of three players as the prior gets weaker: {ends}. Ann's grows without end."
    with figure(alt=alt, height=2.8) as ax:
        for name, values, style in zip(names, ratings.flip(0).mT, STYLES):
            ax.semilogx(priors.flip(0), values, linestyle=style, marker="", label=name)
        ax.invert_xaxis()
        ax.set(title="Without a ghost, Ann goes to infinity", ylabel="log-rating")
        ax.set(xlabel="games won, and as many lost, against the ghost")
        label_lines(ax)


def one_result(fitted: Mapping[int, tuple[Tensor, Tensor]], names: Sequence[str], start: int) -> Shown:
    """An explorer: everybody's rating and interval, by the number of times that Boston beat Milwaukee."""
    boston, milwaukee = names.index("Boston"), names.index("Milwaukee")

    def draw(ax: Axes, k: int) -> None:
        r, error = fitted[k]
        for i in range(len(names)):
            changed = i in (boston, milwaukee)
            look = {"fmt": "s" if changed else "o", "color": "black" if changed else COLOURS[3]}
            ax.errorbar([r[i]], [i], xerr=[1.96 * error[i]], capsize=3, **look)
        ax.set(title=f"Boston beat Milwaukee {k} times", xlabel="log-rating around the league's mean", xlim=(-2.3, 2.3))
        ax.set(yticks=range(len(names)), yticklabels=names)
        ax.invert_yaxis()

    return explore(
        draw,
        list(fitted),
        start=start,
        label="wins of Boston over Milwaukee",
        alt=lambda k: (
            f"Seven teams with intervals; with {k} wins Boston stands at {fitted[k][0][boston]:.2f}, Milwaukee at "
            f"{fitted[k][0][milwaukee]:.2f}."
        ),
        height=3.2,
    )


def win_tie_loss(nu: float) -> None:
    """Davidson's three probabilities against the difference of two ratings."""
    lead = torch.linspace(-5, 5, 101)
    pairs = torch.stack([lead, torch.zeros_like(lead)], dim=-1)  # (101, 2)
    p = ties.outcomes(pairs, nu)[:, 0, 1]  # (101, 3)
    alt = f"Win, tie and loss against the lead, for nu = {nu:.2f}: the tie is likeliest between equals, {p[50, 1]:.2f}."
    with figure(alt=alt, height=2.6) as ax:
        for values, style, name in zip(p.mT, STYLES, ("win", "tie", "loss")):
            ax.plot(lead, values, linestyle=style, marker="", label=name)
        ax.set(title="A tie says: these two are close", xlabel="lead, $r_i-r_j$", ylabel="probability")
        label_lines(ax)


# ------------------------------------------------------------------ the arena


def _board(ax: Axes, board: Board) -> None:
    for k, (score, low, high) in enumerate(zip(board.scores, board.low, board.high)):
        ax.plot([low, high], [k, k], "-", color=COLOURS[0], marker="|")
        ax.plot([score], [k], "o", color=COLOURS[0])
    ax.set(yticks=range(len(board.scores)), yticklabels=[f"rank {k + 1}" for k in range(len(board.scores))])
    ax.set(xlabel="score")
    ax.invert_yaxis()


def board(found: Board, truth: Tensor) -> None:
    """Scores with intervals and the ranks that these leave open; diamonds are the scores that the battles had."""
    single = int((found.best == found.worst).sum())
    alt = f"Scores of eight models with 95 % intervals: {single} of them have one rank only. Diamonds are the truth."
    with figure(alt=alt, height=3.4) as ax:
        _board(ax, found)
        right = max(found.high.max(), truth.max()).item()
        for k, (best, worst) in enumerate(zip(found.best.tolist(), found.worst.tolist())):
            ax.plot([truth[k]], [k], "D", markerfacecolor="white", markeredgecolor="black", markersize=6)
            text = f"rank {best}" if best == worst else f"ranks {best} to {worst}"
            ax.annotate(text, (right + 4, k), va="center", fontsize=9)
        ax.set(title=f"The votes settle the rank of {single} of the eight", xlabel="score (diamond: the truth)")
        ax.set(xlim=(found.low.min().item() - 4, right + 24))


def boards(found: Mapping[float, Board]) -> Shown:
    """An explorer: the same board from fewer and from more votes."""
    width = {factor: (b.high - b.low).mean().item() for factor, b in found.items()}
    low, high = min(b.low.min().item() for b in found.values()), max(b.high.max().item() for b in found.values())

    def draw(ax: Axes, factor: float) -> None:
        _board(ax, found[factor])
        ax.set(title=f"{factor:g} times the votes: intervals of {width[factor]:.0f} points", xlim=(low - 4, high + 4))

    return explore(
        draw,
        list(found),
        start=1.0,
        label="times the votes",
        alt=lambda f: f"Eight scores with intervals {width[f]:.0f} points wide on average, at {f:g} times the votes.",
        height=3.2,
    )


def calibration(said: Sequence[float], seen: Sequence[float], accuracy: float) -> None:
    """What was predicted against what people did."""
    off = max(abs(a - b) for a, b in zip(said, seen))
    alt = f"Predicted share that takes the first journey against the share that did: at most {off:.2f} apart."
    with figure(alt=alt, width=4.6, height=3.6) as ax:
        ax.plot([0, 1], [0, 1], "-", color=GREY, marker="", linewidth=1)
        ax.plot(said, seen, "o", color=COLOURS[0])
        ax.set(title=f"People never seen: {accuracy:.0%} of choices predicted", ylabel="share that did")
        ax.set(xlabel="predicted share that takes the first")


# ------------------------------------------------------------------ a reward for every step


def loop() -> None:
    """Learning from human preferences: who sends what to whom."""
    boxes = {"policy": (0, 1), "environment": (3.2, 1), "reward predictor": (0, -1), "a person, or a judge": (3.2, -1)}
    arrows = (
        ((0.4, 1.15), (2.5, 1.15), "action $a$", (1.55, 1.35)),
        ((2.5, 0.85), (0.4, 0.85), "observation $o$", (1.55, 0.6)),
        ((3.2, 0.65), (3.2, -0.65), "two segments\n$\\sigma_1, \\sigma_2$", (3.75, 0)),
        ((2.3, -1), (0.8, -1), "answer $\\mu$", (1.55, -0.8)),
        ((0, -0.65), (0, 0.65), "reward $\\hat r$\nof each step", (-0.5, 0)),
    )
    alt = (
        "A loop. The policy sends actions to the environment and gets observations; pairs of segments of what it did "
        "go to a person; her answers train the reward predictor; its reward for each step trains the policy."
    )
    with figure(alt=alt, height=2.9) as ax:
        for name, (x, y) in boxes.items():
            ax.text(x, y, name, ha="center", va="center", bbox=BOX)
        for start, end, label, (x, y) in arrows:
            ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 1.4})
            ax.text(x, y, label, ha="center", va="center", fontsize=9)
        ax.text(1.55, -0.05, "the true reward is in none\nof these arrows", ha="center", va="center", style="italic")
        ax.set(xlim=(-1, 4.4), ylim=(-1.4, 1.6))
        ax.axis("off")


def pushes(first: Tensor, second: Tensor, p: float) -> None:
    """How one answer moves the reward of every step, (L,) each: minus the gradient of the loss."""
    at = range(1, len(first) + 1)
    alt = f"Each step of the preferred segment is pushed up by {-first[0]:.2f}, each of the other down by as much."
    with figure(alt=alt, columns=2, width=8, height=2.2) as axes:
        for ax, slope, name in zip(axes, (first, second), ("first, preferred", "second")):
            ax.bar(at, -slope, color=COLOURS[0], edgecolor="black", hatch="" if slope[0] < 0 else "///")
            ax.axhline(0, color="black", linewidth=0.8)
            ax.set(title=name, xlabel="step of the segment", ylim=(-1, 1), xticks=at)
        axes[0].set(ylabel=f"push, where $\\hat p$ = {p:.2f}")


def training(runs: Mapping[str, Sequence[float]], most: int) -> None:
    """The true return while the policy is trained, for each thing that it is trained on."""
    told = ", ".join(f"{name} {curve[-1]:.0f}" for name, curve in runs.items())
    with figure(alt=f"True return against iterations. At the end: {told}.", height=3) as ax:
        for (name, curve), style in zip(runs.items(), STYLES):
            ax.plot(curve, linestyle=style, label=name)
        ax.set(title="What the policy is worth, by what it is trained on", xlabel="iteration of the search")
        ax.set(ylim=(0, 1.05 * most), ylabel="mean true return, steps")
        label_lines(ax)


def sparse(record: Mapping, curves: Mapping[str, Tensor]) -> None:
    """Left, the true return of each arm, curves (seeds, iterations); right, what each pays for a lean."""
    finals = ", ".join(f"{name} {curve[:, -1].mean():.0f}" for name, curve in curves.items())
    alt = (
        f"Left: true return against iterations, means and intervals; at the end {finals}. Right: the true reward is a "
        "narrow box; the learned one, in most seeds, a hill around it."
    )
    with figure(alt=alt, columns=2, width=9, height=3.2) as axes:
        for (name, curve), style, colour in zip(curves.items(), STYLES, (COLOURS[0], COLOURS[2], GREY)):
            ends = [mean(column.tolist(), 0, record["most"]) for column in curve.mT]
            axes[0].fill_between(
                range(len(ends)), [e.low for e in ends], [e.high for e in ends], color=colour, alpha=0.15
            )
            axes[0].plot([e.value for e in ends], linestyle=style, color=colour, marker="", label=name)
        axes[0].set(title="What the policy is worth", xlabel="iteration", ylabel="true return, steps", ylim=(0, 200))
        axes[0].legend(loc="upper left", fontsize=8)
        leans, profiles = torch.tensor(record["leans"]), torch.tensor(record["profiles"])  # (41,), (seeds, 41)
        low, high = profiles.min(1, keepdim=True).values, profiles.max(1, keepdim=True).values
        for row in (profiles - low) / (high - low):
            axes[1].plot(12 * leans, row, "--", color=COLOURS[2], marker="", linewidth=0.8, alpha=0.6)
        edge = 12 * record["width"]
        axes[1].plot([-12, -edge, -edge, edge, edge, 12], [0, 0, 1, 1, 0, 0], "-", color=COLOURS[0], marker="")
        axes[1].set(title="What is paid for a lean", xlabel="lean of the pole, degrees", ylabel="reward, scaled")
        axes[1].text(1, 0.03, "true", color=COLOURS[0], fontsize=9)
        axes[1].text(-11.5, 1.06, "dashed: learned, one line a seed", fontsize=9)
        axes[1].set(ylim=(-0.05, 1.15))


def gaming(frozen: Mapping, spread: Mapping) -> None:
    """Two runs of the record, of one seed: the reward that is paid, and the one that is wanted."""
    alt = (
        "Left, answers frozen at the start: the learned reward rises while the true return, "
        f"{max(frozen['true']):.0f} at its best, falls to {frozen['true'][-1]:.0f}. Right, as many answers spread over "
        f"the training: both rise, the true return to {spread['true'][-1]:.0f}."
    )
    with figure(alt=alt, columns=2, width=9, height=3.2) as axes:
        for ax, run, title in zip(axes, (frozen, spread), ("answers frozen at the start", "as many answers, spread")):
            low, high = min(run["proxy"]), max(run["proxy"])
            scaled = [200 * (v - low) / (high - low) for v in run["proxy"]]
            ax.plot(run["true"], "-", color=COLOURS[0], label="true return")
            ax.plot(scaled, "--", color=COLOURS[1], label="learned reward, scaled")
            ax.set(title=title, xlabel="iteration", ylim=(-5, 240))
            ax.legend(loc="upper left", ncols=2, fontsize=8)
        axes[0].set(ylabel="steps")


# ------------------------------------------------------------------ shaping


def shaping(paid: Mapping[str, Sequence[tuple[list[int], list[int]]]], size: int, window: int = 9) -> None:
    """Steps of each episode (the median over seeds, then over neighbours), and one greedy walk of each learner."""
    steps = {name: torch.tensor([s for s, _ in runs]).double().median(0).values for name, runs in paid.items()}
    smooth = {name: s.unfold(0, min(window, len(s)), 1).median(-1).values for name, s in steps.items()}
    first = ", ".join(f"{name} {values[0]:.0f}" for name, values in smooth.items())
    alt = f"Left: steps of an episode, logarithmic; in the first episodes {first}. Right: greedy walks on the grid."
    with figure(alt=alt, columns=2, width=9, height=3.4) as axes:
        for (name, values), style, colour in zip(smooth.items(), STYLES, COLOURS):
            axes[0].semilogy(values, linestyle=style, color=colour, marker="", label=name)
            walk = torch.tensor(paid[name][0][1])
            axes[1].plot(walk % size, walk // size, linestyle=style, color=colour, marker="", label=name)
        axes[0].set(title="A potential spares the groping", xlabel="episode", ylabel="steps (2000: given up)")
        axes[0].legend(fontsize=8)
        end = torch.tensor(next(reversed(paid.values()))[0][1][-2:])
        axes[1].plot(end % size, end // size, "s", color=COLOURS[2], markersize=9)
        axes[1].plot([size - 1], [size - 1], marker="*", markersize=14, color="black", linestyle="")
        axes[1].annotate("to and fro, for ever", (end[0] % size, end[0] // size), (1, size - 4), fontsize=9,
                         arrowprops={"arrowstyle": "->"})  # fmt: skip
        axes[1].text(size - 1, size - 0.1, "goal", ha="center", va="center", fontsize=9)
        axes[1].set(title="Where the greedy policies walk", xlabel="column", ylabel="row")
        axes[1].set(xlim=(-1, size), ylim=(size + 0.5, -1))
