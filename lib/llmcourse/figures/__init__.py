"""Figures: what a notebook shows, in one style, for every reader.

    style     colours, line styles and sizes; set for matplotlib when this package is imported
    draw      `figure`, a picture with a description in words
    frames    `explore`, pictures under a slider
    pieces    `table`, `claims`, `link`: small pieces of HTML
    question  `quiz`, a question with choices
    source    `show_source`, the text of a library function
    page      what all of them share: `Shown`, and the style sheet

Everything works in JupyterLab, on Colab and in a static page, light or dark, without a network. `figure` and
`show_source` show what they make; the others return it, and the last line of a cell shows it.
"""

from .draw import figure, label_lines
from .frames import explore
from .page import Shown
from .pieces import Claim, claims, link, table
from .question import quiz
from .source import show_source
from .style import COLOURS, apply

__all__ = [
    "COLOURS",
    "Claim",
    "Shown",
    "claims",
    "explore",
    "figure",
    "label_lines",
    "link",
    "quiz",
    "show_source",
    "table",
]

apply()
