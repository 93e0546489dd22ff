"""The feedback card: what was checked, what is wrong, what to try. HTML for notebooks, text for everything else."""

import math
from dataclasses import dataclass

from torch import Tensor

from ..html import code, escape, sheet, theme

LARGEST = 8  # rows and columns of a heat map; nobody would read more
MOST_DIGITS = 6  # of a number in it

CSS = sheet(
    theme(".llmc")
    + """
.llmc{font:14px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);border:1px solid var(--line);
border-radius:8px;max-width:860px;margin:6px 0;overflow:hidden}
.llmc header{display:flex;gap:12px;align-items:baseline;flex-wrap:wrap;padding:9px 14px;background:var(--soft)}
.llmc header b{font-size:15px}.llmc header span:last-child{margin-left:auto;color:var(--dim)}
.llmc .yes{color:var(--ok);font-weight:600}.llmc .no{color:var(--no);font-weight:600}.llmc .skip{color:var(--dim)}
.llmc .row{padding:7px 14px;margin:0;border-top:1px solid var(--line)}
.llmc summary{cursor:pointer;display:list-item}
.llmc .mark{display:inline-block;width:4.2em;padding:0;background:none}.llmc .row>.mark{margin-left:1.15em}
.llmc .why{margin:4px 0 4px 5.6em}
.llmc .name{margin:0;padding:9px 14px;border-top:1px solid var(--line);border-left:4px solid var(--no)}
.llmc .hint{margin:0;padding:9px 14px;border-top:1px solid var(--line);border-left:4px solid var(--mid)}
.llmc .maps{display:flex;gap:18px;flex-wrap:wrap;margin:8px 0 4px 5.6em}.llmc figure{margin:0}
.llmc figcaption{font-size:12px;color:var(--dim)}.llmc code{font:12.5px ui-monospace,monospace;background:var(--soft);
padding:1px 4px;border-radius:4px;color:inherit}
.llmc pre{font:12.5px/1.5 ui-monospace,monospace;background:var(--soft);color:inherit;border:1px solid var(--line);
border-radius:4px;margin:2px 0;padding:3px 7px;max-width:340px;white-space:pre-wrap;overflow-wrap:anywhere}
.llmc svg{display:block;max-width:100%}"""
)


@dataclass(frozen=True)
class Row:
    """One case on the card. `maps` are (caption, tensor) pairs to draw, the last one a difference; `texts` are
    (caption, value as text) pairs to show side by side."""

    title: str
    status: str  # pass, fail or skip
    why: str = ""
    maps: tuple[tuple[str, Tensor], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Card:
    """What a student sees. Texts are plain, with `code`; nothing in them is trusted as HTML."""

    name: str
    rows: tuple[Row, ...]
    points: str = ""
    misconception: str = ""
    hint: str = ""
    warning: str = ""
    diagnosis: str = ""

    @property
    def ok(self) -> bool:
        return all(row.status == "pass" for row in self.rows)

    @property
    def cause(self) -> str:
        """What is wrong, in a sentence: a mistake that was foreseen, else what can be said without."""
        return self.misconception or self.diagnosis

    @property
    def headline(self) -> str:
        failed = sum(row.status != "pass" for row in self.rows)
        return "all checks pass" if self.ok else f"{failed} of {len(self.rows)} checks do not pass yet"

    def line(self) -> str:
        """The card in one line: the text of the exception."""
        failed = self._first_failed()
        first = failed.why if failed else ""
        return " ".join(filter(None, (f"{self.name}: {self.headline}.", self.cause or first, self.hint)))

    def __str__(self):
        marks = {"pass": "[x]", "fail": "[ ]", "skip": "[-]"}
        lines = [f"{self.name}: {self.headline}{f' ({self.points})' if self.points else ''}"]
        for row, why in zip(self.rows, self._whys()):
            lines.append(f"  {marks[row.status]} {row.title}{': ' + why if why else ''}")
            lines += [f"        {line}" for line in _numbers(row)] if row is self._first_failed() else []
        lines += [f"  {text}" for text in (self.cause, self.hint and f"Try: {self.hint}", self.warning) if text]
        return "\n".join(lines)

    def _whys(self) -> list[str]:
        """The reason of every row; where it was given before, "as above"."""
        whys = [row.why for row in self.rows]
        return ["as above" if why and why in whys[:i] else why for i, why in enumerate(whys)]

    def _first_failed(self) -> Row | None:
        return next((row for row in self.rows if row.status == "fail"), None)

    def _repr_html_(self) -> str:
        state = "yes" if self.ok else "no"
        parts = [
            f'<header><b>{code(self.name)}</b><span class="{state}">{code(self.headline)}</span>'
            f"<span>{code(self.points)}</span></header>"
        ]
        parts += [f'<p class="name">{code(self.cause)}</p>'] if self.cause else []
        parts += [f'<p class="hint"><b>Try.</b> {code(self.hint)}</p>'] if self.hint else []
        parts += [f'<p class="hint"><b>Note.</b> {code(self.warning)}</p>'] if self.warning else []
        parts += [_row(row, why, open_=row is self._first_failed()) for row, why in zip(self.rows, self._whys())]
        label = escape(f"{self.name}: {self.headline}")
        return f'{CSS}<div class="llmc" role="region" aria-label="{label}">{"".join(parts)}</div>'

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self._repr_html_(), "text/plain": str(self)}


def _numbers(row: Row) -> list[str]:
    """What a row shows of values, as lines of text."""
    digits = _digits(row.maps)
    shown = [(caption, str([[float(f"{v:.{digits}g}") for v in line] for line in _grid(x)])) for caption, x in row.maps]
    return [f"{caption}: {value}" for caption, value in (*shown, *row.texts)]


def _row(row: Row, why: str, open_: bool) -> str:
    state, mark = {"pass": ("yes", "✓ pass"), "fail": ("no", "✗ fail"), "skip": ("skip", "– skip")}[row.status]
    head = f'<span class="mark {state}">{mark}</span>{code(row.title)}'
    if not why:
        return f'<div class="row">{head}</div>'
    last, digits = len(row.maps) - 1, _digits(row.maps)
    maps = "".join(_map(caption, x, digits, diverging=i == last) for i, (caption, x) in enumerate(row.maps))
    texts = "".join(_value(caption, text) for caption, text in row.texts)
    body = f'<div class="why">{code(why)}</div>'
    body += "".join(f'<div class="maps">{shown}</div>' for shown in (maps, texts) if shown)
    return f'<div class="row"><details{" open" if open_ else ""}><summary>{head}</summary>{body}</details></div>'


def _value(caption: str, text: str) -> str:
    """A value as text, in a box as wide as the card allows."""
    return f"<figure><figcaption>{escape(caption)}</figcaption><pre>{escape(text)}</pre></figure>"


def _grid(x: Tensor) -> list[list[float]]:
    """The corner of a tensor that is shown: at most LARGEST rows and columns."""
    return (x.double().reshape(-1, x.shape[-1]) if x.dim() else x.double().reshape(1, 1))[:LARGEST, :LARGEST].tolist()


def _digits(maps: tuple[tuple[str, Tensor], ...]) -> int:
    """As many as show that what was returned differs from what was expected, from 2 to MOST_DIGITS."""
    if len(maps) < 2:
        return 2
    pairs = [(a, b) for rows in zip(*(_grid(x) for _, x in maps[:2])) for a, b in zip(*rows) if a != b]
    largest = max((abs(b) for _, b in pairs if math.isfinite(b)), default=0.0)
    apart = [(a, b) for a, b in pairs if not abs(a - b) <= 1e-5 * largest]  # rounding is no difference
    wide = (d for d in range(2, MOST_DIGITS) if all(f"{a:.{d}g}" != f"{b:.{d}g}" for a, b in apart))
    return next(wide, MOST_DIGITS)


def _map(caption: str, x: Tensor, digits: int, diverging: bool) -> str:
    """A small heat map with the numbers in it, so that it can be read without colour."""
    grid = _grid(x)
    cut = x.numel() > sum(map(len, grid))
    finite = [abs(v) for row in grid for v in row if math.isfinite(v)]
    largest = max(finite, default=0.0) or 1.0
    cells = "".join(
        _cell(i, j, f"{v:.{digits}g}", v / largest, diverging and abs(v) > 1e-3 * largest)
        for i, row in enumerate(grid)
        for j, v in enumerate(row)
    )
    note = f"{caption}{' (a corner)' if cut else ''}"
    width, height = 60 * len(grid[0]), 20 * len(grid)
    svg = f'<svg width="{width}" height="{height}" role="img" aria-label="{escape(note)}">{cells}</svg>'
    return f"<figure><figcaption>{escape(note)}</figcaption>{svg}</figure>"


def _cell(i: int, j: int, value: str, share: float, marked: bool) -> str:
    share = share if math.isfinite(share) else 1.0
    weak = round(255 - 110 * min(abs(share), 1))  # never too dark for black text
    fill = f"rgb({weak},{weak},255)" if share >= 0 else f"rgb(255,{(255 + weak) // 2},{weak})"
    stroke = "#000" if marked else "#fff"
    return (
        f'<rect x="{60 * j + 1}" y="{20 * i + 1}" width="58" height="18" fill="{fill}" stroke="{stroke}"/>'
        f'<text x="{60 * j + 30}" y="{20 * i + 14}" font-size="11" text-anchor="middle" fill="#111">{value}</text>'
    )
