"""What all pages and cards of the course share: escaping, code, tables, one style sheet for light and dark, display.

Each output carries its style sheet: it must look right by itself, and on Colab it sits in a frame of its own. A dark
theme is recognised by the marks that pages set; what has no paper of its own has the page's ink.
"""

import functools
import html
import numbers
import re
import sys
from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple

LIGHT = {
    **{"ok": "#1a7f37", "mid": "#8a5a00", "no": "#b42318", "link": "#0550ae"},
    **{"ink": "#1f2328", "dim": "#59636e", "line": "#d1d9e0", "paper": "#fff", "soft": "#f6f8fa"},
}
DARK = {
    **{"ok": "#3fb950", "mid": "#d29922", "no": "#ff7b72", "link": "#79b8ff"},
    **{"ink": "#f0f6fc", "dim": "#9198a1", "line": "#3d444d", "paper": "#151b23", "soft": "#212830"},
}


class Html(str):
    """Text that is already HTML. Like everything with `__html__`, it is escaped neither here nor by jinja2."""

    def __html__(self) -> str:
        return self


class Cell(NamedTuple):
    """A table cell with classes or a style of its own."""

    value: object
    classes: str = ""
    style: str = ""


def escape(plain: object) -> Html:
    """Text for the inside of an element or an attribute."""
    return Html(html.escape(str(plain)))


def code(plain: object) -> Html:
    """Text as HTML: everything is escaped, and what is in backticks is set as code. HTML stays as it is."""
    if hasattr(plain, "__html__"):
        return Html(plain.__html__())
    return Html(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(plain)))


def table(header: Sequence[str], rows: Sequence[Sequence], caption: str = "") -> Html:
    """A table. Values are texts (with `code`), numbers (right-aligned), HTML, or a Cell with one of these."""
    columns = [[row[i] for row in rows] for i in range(len(header))]
    head = "".join(f'<th scope="col"{_classes(_numeric(c))}>{code(h)}</th>' for h, c in zip(header, columns))
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    top = f"<caption>{code(caption)}</caption>" if caption else ""
    return Html(f'<table class="grid">{top}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')


def number(value: object) -> str:
    """A value as text; floats get four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _cell(value: object) -> str:
    cell = value if isinstance(value, Cell) else Cell(value, _numeric([value]))
    style = f' style="{escape(cell.style)}"' if cell.style else ""
    shown = cell.value if hasattr(cell.value, "__html__") else number(cell.value)
    return f"<td{_classes(cell.classes)}{style}>{code(shown)}</td>"


def _numeric(values: Sequence) -> str:
    return "n" if values and all(isinstance(value, numbers.Real) for value in values) else ""


def _classes(names: str) -> str:
    return f' class="{names}"' if names else ""


# --- style


# How a page says that it is dark: JupyterLab; Colab; Sphinx; VS Code; Material for MkDocs; MyST; Quarto.
DARK_PAGES = (
    "body[data-jp-theme-light=false]",
    "html[theme=dark]",
    "html[data-theme=dark]",
    "body.vscode-dark",
    "[data-md-color-scheme=slate]",
    "html.dark",
    "body.quarto-dark",
)


def theme(selector: str) -> str:
    """The colours as variables of an element (`--ink`, `--paper`, ...), on a page that declares whether it is dark."""
    return f"{selector}{{{_variables(LIGHT)}}}\n:is({','.join(DARK_PAGES)}) {selector}{{{_variables(DARK)}}}\n"


def theme_of_page() -> str:
    """The same for a page of our own, which follows the browser."""
    page = {"paper": "#0d1117", "soft": "#151b23"}  # anything on top of a dark page is a shade lighter
    dark = f"@media(prefers-color-scheme:dark){{:root{{{_variables(DARK | page)}}}}}"
    return f":root{{color-scheme:light dark;{_variables(LIGHT)}}}\n{dark}\n"


def _variables(colours: dict[str, str]) -> str:
    return ";".join(f"--{name}:{value}" for name, value in colours.items())


@functools.cache
def base() -> str:
    """The style sheet for everything inside an element of class `llmf`: colours, texts, code and tables."""
    return theme(".llmf") + resources.files(__package__).joinpath("html.css").read_text(encoding="utf-8")


def sheet(css: str) -> str:
    """A style sheet as an element, without comments and line breaks."""
    css = re.sub(r"/[*].*?[*]/", "", css, flags=re.S)
    css = re.sub(r"(?<=[{};,])\s+|\s+(?=[{}])", "", css)
    return f"<style>{css.strip()}</style>"


# --- showing


def show(piece: object) -> None:
    """Display it in a notebook, print it elsewhere."""
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython():
        from IPython.display import display

        display(piece)
    else:
        print(piece)
