"""Small pieces of HTML: tables, claims with verdicts, questions for self-testing, links. None contains a script."""

from collections.abc import Sequence
from dataclasses import dataclass

from .. import html
from ..html import code, escape, number
from .page import Shown

VERDICTS = {"reproduced": ("yes", "✓"), "partly": ("mid", "◐"), "not here": ("no", "✗")}


def link(text: str, to: str) -> Shown:
    """A link, by itself or as a table cell; relative addresses open in JupyterLab."""
    return Shown(f'<a href="{escape(to)}">{code(text)}</a>', text)


def table(rows: Sequence[Sequence], header: Sequence[str], caption: str = "") -> Shown:
    """A table. Cells are texts (with `code`), numbers (right-aligned), or anything that `figures` returns."""
    rows = [list(row) for row in rows]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"This row has {len(row)} cells under a header of {len(header)}: {row}")
    plain = _columns([list(header), *[[number(value) for value in row] for row in rows]], caption)
    return Shown(html.table(header, rows, caption), plain, "wide")


@dataclass(frozen=True)
class Claim:
    """A headline claim put to the test in miniature.

    claim     what the paper says, in one sentence
    measured  what was measured here, with the interval over seeds
    verdict   "reproduced", "partly" or "not here"
    why       for the last two: the reason, as far as it is known
    """

    claim: str
    measured: str
    verdict: str
    why: str = ""

    def __post_init__(self):
        if self.verdict not in VERDICTS:
            raise ValueError(f"The verdict is {self.verdict!r}; it must be one of {', '.join(VERDICTS)}.")


def claims(found: Sequence[Claim]) -> Shown:
    """The claims of a lecture, and what became of them."""
    rows = [(c.claim, c.measured, _verdict(c)) for c in found]
    return table(rows, ["claim", "measured here", "verdict"])


def quiz(question: str, choices: Sequence[tuple[str, bool, str]]) -> Shown:
    """A question with (choice, is it right?, why) for each choice; opening a choice tells whether it is right.

    Exactly one choice is right.
    """
    if sum(bool(right) for _, right, _ in choices) != 1:
        raise ValueError(f"A question has exactly one right choice; this one does not: {question}")
    parts = "".join(
        f'<details><summary>{code(choice)}</summary><div><span class="{"yes" if right else "no"}">'
        f"{'✓ Right.' if right else '✗ No.'}</span> {code(why)}</div></details>"
        for choice, right, why in choices
    )
    head = f'<div class="head"><b>{code(question)}</b></div>'
    plain = "\n".join([question, *(f"  ( ) {choice}" for choice, _, _ in choices)])
    return Shown(head + parts, plain, "card")


def _verdict(claim: Claim) -> Shown:
    state, sign = VERDICTS[claim.verdict]
    why = f'<br><span class="dim">{code(claim.why)}</span>' if claim.why else ""
    plain = f"{sign} {claim.verdict}{f': {claim.why}' if claim.why else ''}"
    return Shown(f'<span class="{state}">{sign} {claim.verdict}</span>{why}', plain)


def _columns(rows: Sequence[Sequence[str]], caption: str) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([*([caption] if caption else []), *lines])
