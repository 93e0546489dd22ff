"""One figure: drawn with matplotlib, shown as a picture with a description in words."""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from ..html import escape, show
from . import style
from .page import Shown


@contextmanager
def figure(
    *, alt: str, width: float = 7, height: float = 3, columns: int = 1, rows: int = 1
) -> Iterator[Axes | np.ndarray]:
    """Draw in the `with` block; the figure is shown when the block ends without an error.

        with figure(alt="The loss falls from 4.1 to 2.3 within 200 steps.") as ax:
            ax.plot(losses)

    alt     what the figure shows, in words: read aloud by screen readers, printed where there are no pictures
    width, height  inches; 7 inches is the width of the text
    yields  an Axes, or an array of them for several columns or rows (as `subplots` does)

    No figure stays open, and none is shown twice: pyplot does not know about them. Draw with `ax`, not with `plt`.
    """
    alt = described(alt)
    canvas, axes = blank(width, height, columns, rows)
    yield axes
    show(Shown(f"<figure>{img(png(canvas), alt, width)}</figure>", alt))


def described(alt: str) -> str:
    """`alt`, if it is a description at all."""
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(
            f"alt is {alt!r}, but every figure needs a description in words. Say what it shows, "
            'for example alt="The loss falls from 4.1 to 2.3 within 200 steps.".'
        )
    return alt.strip()


def blank(width: float, height: float, columns: int, rows: int) -> tuple[Figure, Axes | np.ndarray]:
    """An empty figure in the course's style, and its axes."""
    canvas = Figure(figsize=(width, height), dpi=style.INCH * style.SHARPNESS, layout="constrained")
    axes = canvas.subplots(rows, columns)
    for ax in canvas.axes:
        style.prepare(ax)
    return canvas, axes


def png(canvas: Figure, colours: int = 0) -> bytes:
    """The figure as a PNG. If `colours` is given, it has at most that many, which makes it a third of the size."""
    for ax in canvas.axes:
        style.finish(ax)
    raw = io.BytesIO()
    canvas.savefig(raw, format="png")
    if not colours:
        return raw.getvalue()
    small = io.BytesIO()
    picture = Image.open(raw).convert("RGB").quantize(colours, dither=Image.Dither.NONE)
    picture.save(small, format="png", optimize=True)
    return small.getvalue()


def img(picture: bytes, alt: str, width: float) -> str:
    """An <img> as wide as on paper, or narrower if the page is."""
    data = base64.b64encode(picture).decode()
    pixels = round(width * style.INCH)
    # Sphinx's dark themes dim pictures, unless told that they are right for both.
    return f'<img class="dark-light" alt="{escape(alt)}" width="{pixels}" src="data:image/png;base64,{data}">'


def label_lines(ax: Axes, gap: float = 12) -> None:
    """Write each line's label at its right end, in its colour (or a darker one that can be read), instead of a legend.

    gap  least distance of two labels in points: those that would overlap are spread

    A line that ends outside the axes gets its label at their edge: far outside, it would leave the axes no space.
    """
    lines = [line for line in ax.lines if not line.get_label().startswith("_") and len(line.get_xdata())]
    ends = [(float(line.get_xdata(orig=False)[-1]), float(line.get_ydata(orig=False)[-1])) for line in lines]
    points = 72 / ax.figure.dpi
    ax.autoscale_view()
    ends = [(x, float(np.clip(y, *sorted(ax.get_ylim())))) for x, y in ends]
    heights = [ax.transData.transform(end)[1] * points for end in ends]
    order = sorted(range(len(lines)), key=heights.__getitem__)
    for i, at in zip(order, spread([heights[i] for i in order], gap)):
        ax.annotate(
            lines[i].get_label(),
            ends[i],
            xytext=(8, at - heights[i]),
            textcoords="offset points",
            color=style.legible(lines[i].get_color()),
            va="center",
            fontsize=9,
            annotation_clip=False,
        )


def spread(heights: list[float], gap: float) -> list[float]:
    """Places next to ascending heights, at least `gap` apart: those that would overlap are spread around their mean."""
    groups: list[list[float]] = []
    low = lambda group: sum(height - i * gap for i, height in enumerate(group)) / len(group)
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and low(groups[-1]) < low(groups[-2]) + len(groups[-2]) * gap:
            last = groups.pop()
            groups[-1] += last
    return [low(group) + i * gap for group in groups for i in range(len(group))]
