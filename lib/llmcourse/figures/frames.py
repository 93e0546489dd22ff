"""Explorers: pictures drawn in advance, and a slider to go through them.

They need no kernel, no widget and no network, so they work in JupyterLab, on Colab and in a static page. The first
picture shows even where scripts do not run. The only script is in the slider's own handlers and touches only the
explorer around it, so any number of them can share a page.
"""

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes

from ..html import code, escape
from .draw import blank, described, img, png
from .page import Shown

FRAMES = 25
BYTES = 1_500_000
COLOURS = 128  # enough for lines and for a colour map without visible steps

MOVE = """const b=this.closest('.explorer'),f=b.querySelectorAll('figure'),i=+this.value;
f.forEach((x,j)=>{x.style.display=j==i?'block':'none'});
b.querySelector('output').textContent=f[i].dataset.value;
this.setAttribute('aria-valuetext',f[i].dataset.value);
b.querySelector('.says').textContent=f[i].querySelector('img').alt"""
# JupyterLab takes the arrow keys for itself unless the element that has the focus forbids it.
OURS = 'data-lm-suppress-shortcuts="true"'
STEP = "const r=this.parentNode.querySelector('input');r.step{way}();r.dispatchEvent(new Event('input'))"


def explore(
    draw: Callable[[Axes, object], None],
    values: Sequence,
    *,
    label: str,
    alt: str | Callable[[object], str],
    width: float = 7,
    height: float = 3,
    columns: int = 1,
    rows: int = 1,
) -> Shown:
    """One picture for each value, under a slider.

    draw    draw(ax, value) draws one picture; ax is an array for several columns or rows
    values  at most 25; numbers or names, shown next to the slider
    label   what the values are, with the unit
    alt     alt(value) says in words what the picture shows; a string is used for all, with the value added

    Fix the limits of the axes in `draw`: if they stay put, the reader sees what moves.
    Raises ValueError for too many values, or if the pictures take more than 1.5 MB.
    """
    values = list(values)
    if not 2 <= len(values) <= FRAMES:
        raise ValueError(
            f"An explorer takes 2 to {FRAMES} values, not {len(values)}. Choose values between which something happens."
        )
    texts = [f"{v:g}" if isinstance(v, float) else str(v) for v in values]
    alts = [described(alt(v) if callable(alt) else f"{alt} {label}: {t}.") for v, t in zip(values, texts)]
    pictures = [_picture(draw, value, (width, height, columns, rows)) for value in values]
    shown = [img(picture, words, width) for picture, words in zip(pictures, alts)]
    size = sum(map(len, shown))
    if size > BYTES:
        raise ValueError(
            f"The pictures of this explorer take {size / 1e6:.1f} MB; more than {BYTES / 1e6} MB makes a notebook "
            f"slow. Take fewer than {len(values)} values, or a smaller width and height."
        )
    return Shown(_slider(label, texts) + _figures(shown, texts), f"{label}: {', '.join(texts)}. {alts[0]}", "explorer")


def _picture(draw: Callable, value: object, shape: tuple) -> bytes:
    canvas, axes = blank(*shape)
    draw(axes, value)
    return png(canvas, COLOURS)


def _figures(shown: Sequence[str], texts: Sequence[str]) -> str:
    # Hidden by inline styles: a page may make every img visible, and may drop our style sheet.
    return "".join(
        f'<figure data-value="{escape(text)}" style="display:{"none" if i else "block"}">{one}</figure>'
        for i, (one, text) in enumerate(zip(shown, texts))
    )


def _slider(label: str, texts: Sequence[str]) -> str:
    row = "display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin:0 0 6px"
    return (
        f'<div style="{row}">{_button("previous", "◀", "Down")}'
        f'<input {OURS} type="range" min="0" max="{len(texts) - 1}" value="0" style="width:min(300px,50%)" '
        f'aria-label="{escape(label)}" aria-valuetext="{escape(texts[0])}" oninput="{escape(MOVE)}">'
        f"{_button('next', '▶', 'Up')}<span>{code(label)}: <output>{escape(texts[0])}</output></span>"
        '<span class="says" aria-live="polite"></span></div>'
    )


def _button(name: str, sign: str, way: str) -> str:
    click = STEP.format(way=way)
    return f'<button {OURS} type="button" aria-label="{name}" onclick="{click}">{sign}</button>'
