"""Small pieces of HTML: tables, claims with verdicts, links. None contains a script."""

from collections.abc import Sequence
from dataclasses import dataclass

from .. import html
from ..html import code, escape, number
from ..verdicts import Verdict
from .page import Shown

SIGNS = {"reproduced": ("yes", "✓"), "partly": ("mid", "◐"), "not here": ("no", "✗"), "inconclusive": ("dim", "?")}


def link(text: str, to: str) -> Shown:
    """A link, by itself or as a table cell; relative addresses open in JupyterLab."""
    return Shown(f'<a href="{escape(to)}">{code(text)}</a>', text)


def table(rows: Sequence[Sequence], header: Sequence[str], caption: str = "") -> Shown:
    """A table. Cells are texts (with `code`), numbers (right-aligned), or anything that `figures` returns."""
    rows = [list(row) for row in rows]
    if not all(str(name).strip() for name in header):
        raise ValueError(f"A column of {header} has no name: a screen reader would read its cells without one.")
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
    verdict   what `verdicts.verdict` or `verdicts.together` decided
    why       if it is not reproduced: the reason, as far as it is known
    """

    claim: str
    measured: str
    verdict: Verdict
    why: str = ""

    def __post_init__(self):
        if not isinstance(self.verdict, Verdict):
            raise ValueError(
                f"The verdict is {self.verdict!r}, but verdicts are not written by hand: give the result of "
                "verdicts.verdict(measured, over=...) or verdicts.together(...)."
            )


def claims(found: Sequence[Claim]) -> Shown:
    """The claims of a lecture, and what became of them."""
    rows = [(c.claim, c.measured, _verdict(c)) for c in found]
    return table(rows, ["claim", "measured here", "verdict"])


def _verdict(claim: Claim) -> Shown:
    state, sign = SIGNS[claim.verdict.kind]
    parts = claim.verdict.parts if claim.verdict.kind == "partly" else {}
    notes = [*(f"{part}: {kind}" for part, kind in parts.items()), *([claim.why] if claim.why else [])]
    below = "".join(f'<br><span class="dim">{code(note)}</span>' for note in notes)
    plain = ": ".join([f"{sign} {claim.verdict.kind}", *(["; ".join(notes)] if notes else [])])
    return Shown(f'<span class="{state}">{sign} {claim.verdict.kind}</span>{below}', plain)


def _columns(rows: Sequence[Sequence[str]], caption: str) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in rows]
    return "\n".join([*([caption] if caption else []), *lines])
