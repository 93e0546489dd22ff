"""Explorers: pictures drawn in advance, and a slider to go through them.

They need no kernel, no widget and no network, so they work in JupyterLab, on Colab and in a static page. The first
picture shows even where scripts do not run. The only script is in the slider's own handlers and touches only the
explorer around it, so any number of them can share a page.
"""

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes

from ..html import code, escape
from .draw import blank, described, img, png
from .page import OURS, UNTRUSTED, Shown

FRAMES = 25
BYTES = 1_500_000
COLOURS = 128  # enough for lines and for a colour map without visible steps

SEEN, HIDDEN = 'style="display:block"', 'hidden style="display:none"'
PRESSED = ' aria-pressed="false"'

# What happens in the browser. `this` is the slider, or a button next to it; no explorer knows of another.
MOVE = """const b=this.closest('.explorer'),f=b.querySelectorAll('figure'),i=+this.value;
f.forEach((x,j)=>{x.hidden=j!=i;x.style.display=j==i?'block':'none'});
const value=f[i].dataset.value;b.querySelector('.value').textContent=value;
this.setAttribute('aria-valuetext',value+'. '+f[i].querySelector('img').alt)"""
# A screen reader says the slider's new text by itself while it has the focus; after a button it must be told.
STOP = """clearInterval(b.playing);b.playing=0;b.querySelector('[aria-pressed]').setAttribute('aria-pressed','false');
b.querySelector('.says').textContent=r.getAttribute('aria-valuetext')"""
STEP = f"""const b=this.closest('.explorer'),r=b.querySelector('input');
r.stepWAY();r.dispatchEvent(new Event('input'));{STOP}"""
PLAY = f"""const b=this.closest('.explorer'),r=b.querySelector('input'),stop=()=>{{{STOP}}};
if(b.playing)return stop();
if(r.value==r.max){{r.value=0;r.dispatchEvent(new Event('input'))}}
this.setAttribute('aria-pressed','true');
b.playing=setInterval(()=>{{if(!b.isConnected||r.value==r.max)return stop();
r.stepUp();r.dispatchEvent(new Event('input'))}},900)"""


def explore(
    draw: Callable[[Axes, object], None],
    values: Sequence,
    *,
    label: str,
    alt: str | Callable[[object], str],
    start: object = None,
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
    start   the value to begin with: the one that teaches most, since print and a page without scripts show no other

    Fix the limits of the axes in `draw`: if they stay put, the reader sees what moves.
    Raises ValueError for too many values, for a `start` that is none of them, or if the pictures take more than 1.5 MB.
    """
    values = list(values)
    if not 2 <= len(values) <= FRAMES:
        raise ValueError(
            f"An explorer takes 2 to {FRAMES} values, not {len(values)}. Choose values between which something happens."
        )
    if start is not None and start not in values:
        raise ValueError(f"The explorer is to start at {start!r}, which is none of its values: {values}.")
    first = 0 if start is None else values.index(start)
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
    page = _slider(label, texts, first, alts[first]) + _figures(shown, texts, first) + UNTRUSTED
    group = f'<div class="explorer" role="group" aria-label="{escape(label)}">{page}</div>'
    return Shown(group, f"{label}: {', '.join(texts)}. {alts[first]}")


def _picture(draw: Callable, value: object, shape: tuple) -> bytes:
    canvas, axes = blank(*shape)
    draw(axes, value)
    return png(canvas, COLOURS)


def _figures(shown: Sequence[str], texts: Sequence[str], first: int) -> str:
    # Hidden twice: some pages drop styles, and some make every picture visible that has no style of its own.
    return "".join(
        f'<figure data-value="{escape(text)}" {SEEN if i == first else HIDDEN}>{one}</figure>'
        for i, (one, text) in enumerate(zip(shown, texts))
    )


def _slider(label: str, texts: Sequence[str], first: int, alt: str) -> str:
    row = "display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin:0 0 6px"
    told = escape(f"{texts[first]}. {alt}")
    return (
        f'<div class="bar" style="{row}">{_button("previous picture", "◀", STEP.replace("WAY", "Down"))}'
        f'<input {OURS} type="range" min="0" max="{len(texts) - 1}" value="{first}" style="width:min(300px,50%)" '
        f'aria-label="{escape(label)}" aria-valuetext="{told}" oninput="{escape(MOVE)}">'
        f"{_button('next picture', '▶', STEP.replace('WAY', 'Up'))}"
        f"{_button('play', 'play', PLAY, PRESSED)}"
        f'<span aria-hidden="true">{code(label)}: <b class="value">{escape(texts[first])}</b></span>'
        '<span class="says" aria-live="polite"></span></div>'
    )


def _button(name: str, sign: str, click: str, more: str = "") -> str:
    return f'<button {OURS} type="button" aria-label="{name}"{more} onclick="{escape(click)}">{sign}</button>'
