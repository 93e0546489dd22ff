"""What every piece of a page shares: an object that shows itself, and one style sheet for light and dark.

The style sheet (page.css) travels with each piece: an output must look right alone, and on Colab each stands
in a frame of its own. Dark is recognised as JupyterLab, Colab and Sphinx themes mark it.
"""

import functools
import html
import re
import sys
from dataclasses import dataclass
from importlib import resources


@functools.cache
def sheet() -> str:
    """The style sheet as an element, without comments and line breaks."""
    text = resources.files(__package__).joinpath("page.css").read_text()
    text = re.sub(r"/[*].*?[*]/", "", text, flags=re.S)
    text = re.sub(r"(?<=[{};,])\s+|\s+(?=[{}])", "", text).strip()
    return f"<style>{text}</style>"


@dataclass(frozen=True)
class Shown:
    """Something to show: HTML for a notebook, `plain` for a terminal, a screen reader and the tests.

    kind  classes of the element around it, for the style sheet
    """

    html: str
    plain: str
    kind: str = ""

    def _repr_html_(self) -> str:
        return f'{sheet()}<div class="{f"llmf {self.kind}".strip()}">{self.html}</div>'

    def __repr__(self) -> str:
        return self.plain


def show(piece: Shown) -> None:
    """Display it in a notebook, print it elsewhere."""
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython():
        from IPython.display import display

        display(piece)
    else:
        print(piece)


def marked(plain: object) -> str:
    """Text as HTML: everything escaped, and `code` set as code. A `Shown` keeps its own HTML."""
    if isinstance(plain, Shown):
        return plain.html
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(str(plain)))


def attribute(plain: object) -> str:
    """Text for the inside of an attribute."""
    return html.escape(str(plain), quote=True)
