"""The library's source in a lecture: shown from the file, so that lesson and library never differ."""

import inspect
from pathlib import Path

from ..html import code, show
from .page import Shown

PACKAGE = Path(__file__).resolve().parents[1]


def show_source(*things, after: str = "") -> None:
    """Show the source of functions, classes or modules, with the files that contain it.

    after  what a reader should do first, such as "exercise 2": the source stays closed until it is opened
    """
    for thing in things:
        show(_source(thing, after))


def _source(thing, after: str = "") -> Shown:
    try:
        lines, first = inspect.getsourcelines(thing)
        file = Path(inspect.getsourcefile(inspect.unwrap(thing)))
    except (TypeError, OSError):
        raise ValueError(f"{thing!r} has no Python source to show. Pass a function, a class or a module.") from None
    text = "".join(lines).rstrip()
    where = _where(file, first, len(lines))
    listing = f'<pre class="source" tabindex="0">{_highlighted(text)}</pre>'
    if after:
        head = f'<summary class="head dim">After {code(after)}: {code(where)}</summary>'
        return Shown(f"<details>{head}{listing}</details>", f"# {where}: open it after {after}", "card")
    head = f'<div class="head dim">{code(where)}</div>'
    return Shown(f"{head}{listing}", f"# {where}\n{text}", "card")


def _highlighted(text: str) -> str:
    from pygments import highlight  # comes with IPython; nothing else in the library needs it
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return highlight(text, PythonLexer(), HtmlFormatter(nowrap=True))


def _where(file: Path, first: int, count: int) -> str:
    file = file.resolve()
    if not file.is_relative_to(PACKAGE):
        return "this notebook" if "ipykernel" in str(file) else file.name
    name = file.relative_to(PACKAGE.parent).as_posix()
    return name if first == 0 else f"{name}, lines {first} to {first + count - 1}"
