"""The tables of lecture 11."""

from collections.abc import Mapping, Sequence

from ...figures import Shown, table
from ...verdicts import mean
from .. import little_retrieval


def registers(rows: Sequence[tuple[little_retrieval.Test, str]]) -> Shown:
    """Tests, and what was written."""
    return table(
        [
            (test.asked, test.answer, answer.strip()[:60], "yes" if little_retrieval.right(answer, test) else "no")
            for test, answer in rows
        ],
        ["line asked for", "its content", "written", "right"],
        f"SmolLM2 on tests of {len(rows[0][0].contents)} lines",
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
