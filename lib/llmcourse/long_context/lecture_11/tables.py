"""The tables of lecture 11."""

from collections.abc import Mapping, Sequence

from ...figures import Shown, table
from ...records import trials
from ...verdicts import mean, share

NEARLY = 0.9  # of the lines found


def registers(rows: Sequence[Mapping]) -> Shown:
    """Tests: what was written, and the line whose number the model finds the likeliest."""
    n = rows[0]["lines"]
    found = {key: share(sum(row[key] for row in rows), len(rows)).told() for key in ("reported", "scored")}
    table_rows = [
        (row["asked"], row["written"].strip()[:60], row["reported line"] or "none", row["scored line"]) for row in rows
    ]
    return table(
        [*table_rows, ("right", "", found["reported"], found["scored"])],
        ["line asked for", "written", "that is the number of line", "likeliest is that of line"],
        f"SmolLM2 on tests of {n} lines; by chance the last column is right in {1 / n:.2f}",
    )


def begun(grid: Sequence[Mapping]) -> Shown:
    """By length: numbers found when the answer's first words are given, and when they are not."""
    lengths = list(dict.fromkeys(row["length"] for row in grid))
    rows = []
    for length in lengths:
        mine = [row for row in grid if row["length"] == length]
        rows.append((length, *(share(sum(row[k] for row in mine), len(mine)).told() for k in ("prefixed", "free"))))
    return table(rows, ["tokens", "answer begun", "answer free"], "share of secret numbers found by SmolLM2")


def mixers(record: Mapping) -> Shown:
    """Each mixer: what it finds, up to how many lines nearly all, what it keeps, what a token costs."""
    runs, tried = record["runs"], record["rates"]
    names, sizes = list(tried), list(runs[0]["accuracy"])
    rows = []
    for name in names:
        mine = [run for run in runs if run["mixer"] == name]
        found = {n: [run["accuracy"][n] for run in mine] for n in sizes}
        nearly = [int(n) for n, shares in found.items() if min(shares) >= NEARLY]
        inner = trials.bracketed({name: [(float(r), v) for r, v in tried[name].items()]}, {name: mine[0]["rate"]})
        middle, last = (mean(found[n], 0, 1) for n in (str(record["trained"][1]), sizes[-1]))
        cost = sum(run["milliseconds"][sizes[-1]] for run in mine) / len(mine)
        rows.append((name, f"{middle.value:.2f}", last.told(), max(nearly, default="none"), mine[0]["kept"][sizes[-1]],
                     f"{cost:.1f}", f"{mine[0]['rate']:g}" + ("" if inner else " (edge)")))  # fmt: skip
    header = ["mixer", f"found of {record['trained'][1]} lines", f"of {sizes[-1]}", f"up to so many lines {NEARLY}",
              "numbers kept", "ms a token", "rate"]  # fmt: skip
    return table(
        rows, header, f"{len(runs) // len(names)} seeds each, after {sizes[-1]} lines; 95 % intervals over seeds"
    )


def books(runs: Sequence[Mapping], names: Sequence[str]) -> Shown:
    """Words and sentences right, and chrF, by book: means over the seeds with their intervals."""
    rows = []
    for name in names:
        marks = [[run["marks"][name][measure] for run in runs] for measure in ("words", "sentences", "chrF")]
        rows.append(
            (
                name,
                *(mean(one, 0, 100 if i == 2 else 1).told(".0f" if i == 2 else ".2f") for i, one in enumerate(marks)),
            )
        )
    return table(
        rows, ["book", "words right", "sentences right", "chrF"], f"{len(runs)} models, 95 % intervals over seeds"
    )


# Gemini team 2024, "Gemini 1.5", table of MTOB: human rating from 0 to 6, with BLEURT or chrF in brackets.
PAPER = (
    ("GPT-4 Turbo, 0-shot", "0.24 (33.1)", "0.10 (17.8)"),
    ("GPT-4 Turbo, half book", "2.38 (51.6)", "4.02 (48.3)"),
    ("Claude 2.1, 0-shot", "0.14 (22.2)", "0.00 (15.3)"),
    ("Claude 2.1, half book", "3.68 (57.1)", "4.54 (52.5)"),
    ("Gemini 1.5 Pro, 0-shot", "0.24 (33.3)", "0.08 (17.8)"),
    ("Gemini 1.5 Pro, half book", "4.16 (63.4)", "5.38 (58.3)"),
    ("Gemini 1.5 Pro, whole book", "4.36 (65.0)", "5.52 (56.9)"),
    ("a human who learned from the book", "5.52 (70.3)", "5.60 (57.0)"),
)


def kalamang() -> Shown:
    """The paper's table, as the paper's."""
    header = ["who", "from Kalamang: rating (BLEURT)", "into Kalamang: rating (chrF)"]
    return table(
        PAPER,
        header,
        "as published by the Gemini team (2024), with human ratings from 0 to 6; nothing here was measured by us",
    )
