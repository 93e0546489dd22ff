"""How figures look: readable at the size of the page's text, with any kind of colour vision, and in greyscale.

Colour never carries meaning by itself: line styles change with it, and so do markers in `figure` and `explore`. The
colours follow Paul Tol's "high contrast" and "medium contrast" schemes (2021), darkened where needed.
"""

import matplotlib
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb

COLOURS = ("#004488", "#c98500", "#a83250", "#5599cc", "#222222", "#6b7a22")
LINES = (
    "-",
    (0, (5, 1.6)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (1.2, 1.2)),
    (0, (9, 2)),
    (0, (3, 1.2, 1.2, 1.2, 1.2, 1.2)),
)
MARKERS = ("o", "s", "^", "D", "v", "X")
DENSE = 30  # a line with more points than this has a marker now and then, not on every point

INCH = 96  # pixels of a web page per inch
SHARPNESS = 2  # pixels of the picture per pixel of the page

RC = {
    "axes.prop_cycle": cycler(color=COLOURS) + cycler(linestyle=LINES),
    "axes.edgecolor": "#59636e",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "figure.dpi": INCH * SHARPNESS,
    "figure.figsize": (7, 3),
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "font.size": 10,
    "grid.color": "#e6e9ec",
    "grid.linewidth": 0.8,
    "image.cmap": "viridis",
    "image.interpolation": "nearest",
    "legend.frameon": False,
    "legend.handlelength": 3.2,  # long enough to tell the line styles apart
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "savefig.dpi": "figure",
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
}


def apply() -> None:
    """Make this the style of every figure from now on, including the reader's own.

    It starts from matplotlib's defaults: a matplotlibrc may ask for programs that are not there, such as LaTeX.
    """
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(RC)


def prepare(ax: Axes) -> None:
    """Let markers change with colour and line style in `ax`."""
    ax.set_prop_cycle(RC["axes.prop_cycle"] + cycler(marker=MARKERS))


def contrast(colour: str) -> float:
    """Contrast of a colour with white paper, 1 to 21 (WCAG 2, section 1.4.3)."""
    c = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in to_rgb(colour)]
    return 1.05 / (0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2] + 0.05)


def legible(colour: str) -> str:
    """The colour, or as much darker a shade of it as small text on white needs: a contrast of 4.5."""
    shades = (to_hex([x * (1 - step / 50) for x in to_rgb(colour)]) for step in range(50))
    return next(shade for shade in shades if contrast(shade) >= 4.5)


def finish(ax: Axes) -> None:
    """Settle what depends on the finished drawing: few markers on dense lines, no grid over an image, texts that are
    written in the colour of a line dark enough to be read."""
    for text in ax.texts:
        if to_hex(text.get_color()) in COLOURS:
            text.set_color(legible(text.get_color()))
    for line in ax.lines:
        connected = line.get_linestyle() not in ("None", "none", "", " ")
        if connected and len(line.get_xdata(orig=False)) > DENSE:
            line.set_markevery(0.14)
    if ax.images:
        ax.grid(False)
