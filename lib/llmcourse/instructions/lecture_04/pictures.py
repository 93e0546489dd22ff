"""The pictures of lecture 04. Each takes what was measured and draws it; none measures anything."""

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from matplotlib.axes import Axes

from ... import verdicts
from ...figures import COLOURS, Shown, explore, figure, label_lines
from .. import encodings
from ..distillation import Single
from ..schema import Task

GREY, SHADE = "#888888", "#f2d9a0"
WIDE = 96  # characters on a line of a shaded text


class Lineage(NamedTuple):
    """Who taught whom, as the paper has it."""

    name: str
    seed: str
    teacher: str
    kept: str
    student: str
    kind: str  # of the teacher: people, a larger model, itself, a program


PEOPLE, LARGER = "people", "a larger model"
LINEAGE = (
    Lineage("P3, T0", "public datasets", "people: templates", "both halves filled", "T5", PEOPLE),
    Lineage("Natural Instr., Tk-Instruct", "tasks of all kinds", "people: definitions", "reviewed", "T5", PEOPLE),
    Lineage("Dolly", "own questions", "people: employees", "all", "Pythia", PEOPLE),
    Lineage("Alpaca", "175 tasks", "text-davinci-003", "ROUGE-L < 0.7", "LLaMA", LARGER),
    Lineage("Vicuna", "people's chats", "ChatGPT", "cleaned, cut", "LLaMA", LARGER),
    Lineage("Orca", "FLAN's tasks", "GPT-4, ChatGPT", "all", "LLaMA", LARGER),
    Lineage("Unnatural Instr.", "15 tasks", "text-davinci-002", "whole, not copied", "T5", LARGER),
    Lineage("Baize", "forum questions", "ChatGPT with itself", "all", "LLaMA", LARGER),
    Lineage("WizardLM", "Alpaca's tasks", "ChatGPT", "four rules", "LLaMA", LARGER),
    Lineage("Magicoder", "real code", "GPT-3.5", "no copies of tests", "CodeLlama", LARGER),
    Lineage("MetaMath", "GSM8K, MATH", "GPT-3.5", "right answers", "Llama 2", LARGER),
    Lineage("TAPIR", "Alpaca's tasks", "ChatGPT", "hard for the student", "Llama 2, Qwen", LARGER),
)


def lineage(rows: Sequence[Lineage] = LINEAGE) -> None:
    """Seed, teacher, filter and student of each data set, a line each."""
    larger = sum(row.kind == LARGER for row in rows)
    alt = (
        f"A map of {len(rows)} data sets, a row each: seed, teacher, filter, student. People teach in "
        f"{len(rows) - larger} of them, a larger model in {larger}: "
        f"{'; '.join(f'{row.name}: {row.teacher} taught {row.student}' for row in rows)}."
    )
    heads = ("", "seed", "teacher", "what is kept", "student")
    at = (0, 2.3, 4.2, 6.2, 8.1)
    with figure(alt=alt, width=8.5, height=0.34 * len(rows) + 0.5) as ax:
        for x, head in zip(at, heads):
            ax.text(x, -0.9, head, fontsize=9, weight="bold", va="center")
        for y, row in enumerate(rows):
            people = row.kind == PEOPLE
            ax.plot((2.1, 9.3), (y, y), color="black" if people else COLOURS[1], linestyle="-" if people else "--",
                    linewidth=0.8, zorder=0, marker="")  # fmt: skip
            for x, text in zip(at, row[:5]):
                patch = {"fc": "white", "ec": "none", "pad": 1.2}
                ax.text(x, y, text, fontsize=8.5, va="center", bbox=patch, weight="bold" if x == 0 else None)
        ax.set(xlim=(-0.1, 9.4), ylim=(len(rows) - 0.4, -1.5))
        ax.axis("off")
    print("solid: people teach; dashed: a larger model does")


# ------------------------------------------------------------------ texts with what is learned shaded


Parts = Sequence[tuple[str, bool]]  # text, and whether it is learned


def lines(parts: Parts, wide: int = WIDE) -> list[list[tuple[int, str, bool]]]:
    """The text in lines of at most so many characters: runs of (column, text, learned)."""
    characters = [(c, learned) for text, learned in parts for c in text]
    rows: list[list[tuple[str, bool]]] = [[]]
    for c, learned in characters:
        if c == "\n":
            rows[-1].append(("↵", learned)) if learned else None
            rows.append([])
        else:
            if len(rows[-1]) >= wide:
                space = max((i for i, (x, _) in enumerate(rows[-1]) if x == " "), default=len(rows[-1]) - 1)
                rows.append(rows[-1][space + 1 :])
                rows[-2] = rows[-2][: space + 1]
            rows[-1].append((c, learned))
    found = []
    for row in rows:
        runs: list[tuple[int, str, bool]] = []
        for column, (c, learned) in enumerate(row):
            if runs and runs[-1][2] == learned:
                runs[-1] = (runs[-1][0], runs[-1][1] + c, learned)
            else:
                runs.append((column, c, learned))
        found.append(runs)
    return found


def shaded(ax: Axes, parts: Parts, height: int) -> None:
    """A text in typewriter letters on so many lines; what is learned has a shade behind it."""
    for y, runs in enumerate(lines(parts)[:height]):
        for column, text, learned in runs:
            if learned:
                ax.fill_between((column - 0.2, column + len(text) + 0.2), y - 0.45, y + 0.5, color=SHADE, linewidth=0)
            weight = "bold" if learned else None
            told = ax.text(column, y, text, family="monospace", fontsize=9.3, va="center", weight=weight)
            told.set_in_layout(False)  # the letters are as wide as the axes make them
    ax.set(xlim=(-1, WIDE + 1), ylim=(height - 0.4, -0.8))
    ax.axis("off")


def prompts(task: Task) -> dict[str, Parts]:
    """One instance of a task in every encoding, and in Alpaca's words: prompt, and answer, which is learned."""
    instance = task.instances[0]
    found: dict[str, Parts] = {}
    for name, encoding in encodings.ENCODINGS.items():
        prompt = encodings.encode(task, instance, encoding).removesuffix(" ")
        found[name] = [(prompt, False), (f" {instance.output[0]}\n", True)]
    prompt, answer = Single(task.definition, instance.input, instance.output[0]).pair
    return found | {"Alpaca's prompt": [(prompt, False), (answer, True)]}


def encoding_explorer(task: Task) -> Shown:
    """One instance in each encoding; what the loss counts is shaded."""
    shown = prompts(task)
    height = max(len(lines(parts)) for parts in shown.values())

    def alt(name: str) -> str:
        (prompt, _), (answer, _) = shown[name]
        return f"{name}: {len(prompt.split())} words are read, and only the answer, {answer.strip()}, is learned."

    return explore(
        lambda ax, name: shaded(ax, shown[name], height),
        list(shown),
        label="encoding",
        alt=alt,
        start="+ 2 positive",
        width=8,
        height=0.17 * height + 0.2,
    )


def conversation(parts: Sequence) -> None:
    """A rendered conversation; what is learned is shaded."""
    pieces = [(part.text, part.learned) for part in parts]
    learned = " ".join(text for text, yes in pieces if yes)
    height = len(lines(pieces))
    alt = f"A conversation in ChatML, in which only what the assistant says is shaded: {textwrap.shorten(learned, 240)}"
    with figure(alt=alt, width=8, height=0.175 * height + 0.3) as ax:
        shaded(ax, pieces, height)


# ------------------------------------------------------------------ the mixture


def mixture(rows: Sequence[Mapping]) -> None:
    """The tasks by category: what guessing the commonest answer earns, seen and unseen categories apart."""
    kinds = list(dict.fromkeys(row["category"] for row in rows))
    unseen = {row["category"]: row["unseen"] for row in rows}
    counts = Counter(row["category"] for row in rows)
    alt = "Tasks by category, a dot each, at what the commonest answer earns: " + "; ".join(
        f"{kind}, {counts[kind]} tasks{', unseen' if unseen[kind] else ''}" for kind in kinds
    )
    with figure(alt=f"{alt}.", height=0.27 * len(kinds) + 0.9) as ax:
        for y, kind in enumerate(kinds):
            those = sorted(row["commonest"] for row in rows if row["category"] == kind)
            colour, marker = (COLOURS[1], "s") if unseen[kind] else ("black", "o")
            jitter = torch.linspace(-0.22, 0.22, len(those)).tolist()
            ax.plot(those, [y + j for j in jitter], marker, color=colour, linestyle="", markersize=4)
        ax.set(yticks=range(len(kinds)), xlim=(0, 0.62), title=f"{len(rows)} tasks, split by category")
        ax.set_yticklabels([f"{kind} (unseen)" if unseen[kind] else kind for kind in kinds])
        ax.set_xlabel("share of instances with the commonest answer")
        ax.set(ylim=(ax.get_yticks()[-1] + 0.5, -0.5))


# ------------------------------------------------------------------ arms with seeds


def scores(part: Mapping, test: str) -> dict[str, list[float]]:
    """arm -> one share a seed, on one of the tests of a record."""
    found: dict[str, list[float]] = {}
    for run in part["runs"]:
        found.setdefault(run["arm"], []).append(run["tests"][test])
    return found


def _curve(ax: Axes, xs: Sequence, rows: Sequence[Sequence[float]], **look) -> None:
    """Means over seeds, with every seed as a small dot."""
    ax.plot(xs, [sum(row) / len(row) for row in rows], **look)
    for x, row in zip(xs, rows):
        ax.plot([x] * len(row), row, ".", color=look.get("color"), markersize=4, linestyle="", label=None)


def growing(part: Mapping, title: str, unit: str) -> None:
    """Seen and unseen by the number of what was trained: arms like "24 tasks"."""
    both = {test: scores(part, test) for test in ("seen", "unseen")}
    xs = [int(arm.split()[0]) for arm in both["seen"]]
    ends = "; ".join(
        f"{test}: {', '.join(f'{sum(row) / len(row):.2f} with {x}' for x, row in zip(xs, found.values()))}"
        for test, found in both.items()
    )
    with figure(alt=f"{title}. Share of right answers on {unit}, {ends}.", width=6, height=2.8) as ax:
        for (test, found), colour, style in zip(both.items(), (GREY, "black"), ("--", "-")):
            _curve(ax, xs, list(found.values()), color=colour, linestyle=style, label=f"{test} {unit}")
        ax.set(title=title, xlabel=f"{unit} in training", ylabel="share right", ylim=(-0.03, 1.03), xscale="log")
        ax.set_xticks(xs, [str(x) for x in xs])
        ax.minorticks_off()
        label_lines(ax)


def by_encoding(rows: Sequence[Mapping]) -> None:
    """The share of right answers on unseen tasks, by what stands before the input."""
    found: dict[str, list[float]] = {}
    for row in rows:
        found.setdefault(row["encoding"], []).append(row["right"])
    means = {name: verdicts.mean(values, 0, 1) for name, values in found.items()}
    alt = "Share of right answers on unseen tasks: " + ", ".join(f"{n} {m.value:.2f}" for n, m in means.items())
    with figure(alt=f"{alt}.", width=6, height=0.35 * len(means) + 1.0) as ax:
        for y, m in enumerate(means.values()):
            ax.plot((m.low, m.high), (y, y), color="black", linewidth=1, linestyle="-", marker="")
            ax.plot(m.value, y, "o", color="black")
        ax.set(yticks=range(len(means)), xlim=(0, 0.8), title="Examples tell a model what is wanted")
        ax.set_xlabel("share right, mean over tasks with 95 % interval")
        ax.set_yticklabels(means)
        ax.set(ylim=(ax.get_yticks()[-1] + 0.5, -0.5))


STYLES = (("black", "-"), (COLOURS[1], "--"), (COLOURS[0], "-."), (COLOURS[2], ":"))


def traces(record: Mapping) -> None:
    """Right answers by the number of steps, for each arm, and each size of student."""
    levels = list(record["runs"][0]["tests"])
    arms = list(dict.fromkeys(run["arm"] for run in record["runs"]))
    sizes = list(dict.fromkeys(arm.split()[2] for arm in arms))
    told = {"answers examples": "answers alone", "traces examples": "traces, equal examples",
            "traces words": "traces, equal words"}  # fmt: skip
    means = {arm: [sum(s) / len(s) for s in (scores(record, level)[arm] for level in levels)] for arm in arms}
    alt = "Share of right answers by number of steps. " + " ".join(
        f"{arm}: from {row[0]:.2f} at one step to {row[-1]:.2f} at {levels[-1]}." for arm, row in means.items()
    )
    with figure(alt=alt, columns=len(sizes), width=8.5, height=2.9) as axes:
        for ax, size in zip(axes, sizes):
            those = [arm for arm in arms if arm.endswith(size)]
            for arm, (colour, style) in zip(those, STYLES):
                rows = [scores(record, level)[arm] for level in levels]
                name = told[arm.rsplit(" ", 1)[0]]
                _curve(ax, range(1, len(levels) + 1), rows, color=colour, linestyle=style, label=name)
            ax.set(title=f"{size} student", ylim=(-0.03, 1.03), xlabel="steps of the problem", ylabel="share right")
            ax.set(xticks=range(1, len(levels) + 1))
            ax.axhline(0.1, color=GREY, linewidth=0.8, linestyle=":")
        axes[-1].legend(fontsize=8)


def levels(pools: Sequence[Sequence]) -> None:
    """Steps of the problems after each round of evolution."""
    means = [sum(p.level for p in pool) / len(pool) for pool in pools]
    alt = "Steps of the problems by round of evolution, mean: " + ", ".join(f"{m:.1f}" for m in means)
    with figure(alt=f"{alt}.", width=6, height=2.5) as ax:
        most = max(p.level for pool in pools for p in pool)
        for r, pool in enumerate(pools):
            counts = Counter(p.level for p in pool)
            for level, count in counts.items():
                ax.scatter(r, level, s=320 * count / len(pool), color="#bbbbbb", zorder=1)
        ax.plot(range(len(pools)), means, color="black", marker="o", zorder=2)
        ax.set(title="Problems grow, round by round", xlabel="round", ylabel="steps", ylim=(0.3, most + 0.7))
        ax.set(xticks=range(len(pools)), yticks=range(1, most + 1))
    print("area of a grey disc: share of the pool; line: mean")


def arms(part: Mapping, test: str, title: str) -> None:
    """A share for each arm, with every seed."""
    found = scores(part, test)
    alt = f"{title}: " + ", ".join(f"{arm} {sum(row) / len(row):.2f}" for arm, row in found.items())
    with figure(alt=f"{alt}.", width=6, height=0.38 * len(found) + 0.9) as ax:
        for y, row in enumerate(found.values()):
            ax.plot(row, [y] * len(row), "o", color="#aaaaaa", markersize=4, linestyle="")
            ax.plot(sum(row) / len(row), y, "|", color="black", markersize=16, markeredgewidth=2)
        ax.set(yticks=range(len(found)), title=title, xlabel="share right; dots: seeds", xlim=(-0.02, 1.02))
        ax.set_yticklabels(found)
        ax.set(ylim=(ax.get_yticks()[-1] + 0.5, -0.5))


def orders(part: Mapping) -> None:
    """Right answers by steps for each order of the same problems."""
    tests = list(part["runs"][0]["tests"])
    names = list(scores(part, tests[0]))
    means = {arm: [sum(s) / len(s) for s in (scores(part, test)[arm] for test in tests)] for arm in names}
    alt = "Share of right answers by number of steps: " + "; ".join(
        f"{arm}, from {row[0]:.2f} to {row[-1]:.2f}" for arm, row in means.items()
    )
    with figure(alt=f"{alt}.", width=6.5, height=2.9) as ax:
        for arm, (colour, style) in zip(names, STYLES):
            _curve(ax, range(1, len(tests) + 1), [scores(part, test)[arm] for test in tests], color=colour,
                   linestyle=style, label=arm)  # fmt: skip
        ax.set(title="The same problems, each seen once", xlabel="steps of the problem", ylabel="share right")
        ax.set(ylim=(-0.03, 1.03), xticks=range(1, len(tests) + 1))
        ax.legend(fontsize=8)


def rounds(shares: Sequence[float], means: Sequence[float]) -> None:
    """The share of hard examples of each round of a plan, and the mean difficulty."""
    alt = "Share of hard examples by round: " + ", ".join(f"{s:.2f}" for s in shares)
    with figure(alt=f"{alt}.", width=5, height=2.2) as ax:
        ax.bar(range(len(shares)), shares, color="#bbbbbb")
        for r, (share, mean) in enumerate(zip(shares, means)):
            ax.text(r, share + 0.02, f"{mean:.1f} steps", ha="center", fontsize=8.5)
        ax.set(title="A plan of four rounds", xlabel="round", ylabel="share that is hard", ylim=(0, 1))
        ax.set(xticks=range(len(shares)))


def imitation(record: Mapping) -> None:
    """Style and facts by the amount of imitation, for both bases."""
    runs = record["runs"]
    amounts, bases = (list(dict.fromkeys(run[key] for run in runs)) for key in ("amount", "base"))
    of = lambda base, key: [[r[key] for r in runs if r["base"] == base and r["amount"] == a] for a in amounts]
    end = lambda base, key: sum(of(base, key)[-1]) / len(of(base, key)[-1])
    alt = "Style and facts by the number of a teacher's answers. " + " ".join(
        f"The base that {base} ends at style {end(base, 'style'):.2f}, facts {end(base, 'facts'):.2f}."
        for base in bases
    )
    with figure(alt=alt, columns=len(bases), width=8.5, height=2.7) as axes:
        for ax, base in zip(axes, bases):
            _curve(ax, range(len(amounts)), of(base, "style"), color=COLOURS[1], linestyle="--", label="style")
            _curve(ax, range(len(amounts)), of(base, "facts"), color="black", linestyle="-", label="facts")
            ax.set(
                title=f"a base that {base}{' know' if base == 'does not' else ''}",
                ylim=(-0.03, 1.05),
                xlabel="answers of the teacher",
                ylabel="share",
            )
            ax.set_xticks(range(len(amounts)), [str(a) for a in amounts])
            label_lines(ax)


def apart(groups: Mapping[str, Sequence[float]], title: str) -> None:
    """How far texts of each group are from the others of their group: every text, and the mean."""
    alt = f"{title}: mean " + ", ".join(f"{name} {sum(v) / len(v):.2f}" for name, v in groups.items())
    with figure(alt=f"{alt}.", width=6.5, height=0.42 * len(groups) + 0.9) as ax:
        for y, values in enumerate(groups.values()):
            ax.plot(values, [y] * len(values), "o", color="#aaaaaa", markersize=4, linestyle="")
            ax.plot(sum(values) / len(values), y, "|", color="black", markersize=16, markeredgewidth=2)
        ax.set(yticks=range(len(groups)), title=title, xlabel="1 - ROUGE-L with the others, mean", xlim=(0, 1.1))
        ax.set_yticklabels(groups)
        ax.set(ylim=(ax.get_yticks()[-1] + 0.5, -0.5))
