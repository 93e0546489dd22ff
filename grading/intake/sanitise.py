"""What a student's notebook shows, made harmless for whoever opens it: text and pictures, never HTML or scripts."""

import base64
import json
import re
from typing import Any

import nh3
from jinja2 import pass_context
from llmcourse.html import escape
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode, from_dict

LONGEST = 20_000  # characters of one text output, or of one text cell that is set as Markdown
LARGEST = 1_500_000  # characters of one picture, in base64
PIXELS = 40_000_000  # of one picture: what few bytes hold, a browser may need gigabytes for
WIDEST = 760  # pixels of a picture in the page
COUNT = 1_000  # outputs of a cell
MOST = 4_000_000  # characters of a notebook's outputs together
# Setting Markdown takes time with the square of its length, whatever parser does it: 5 seconds at worst for LONGEST.
WORK = 10**9  # sum of the squares of the lengths of a page's text cells
CUT = "\n... (cut by the grader)"
TYPED = "This text is shown as it was typed: it is too long, or too deeply nested, to be set."

SOURCE = "data:image/png;base64,"
TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "b", "em", "i", "del", "sub", "sup", "blockquote"),
    *("ul", "ol", "li", "a", "img", "code", "pre", "div", "span", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}

ATTRIBUTES = {"*": {"class"}, "img": {"alt", "src"}, "a": {"href"}}
SCHEMES = {"http", "https", "mailto", "data"}  # data: is for pictures, see `_allowed`
UNKNOWN = re.compile(rf"</?(?!(?:{'|'.join(TAGS)}|script|style)\b)[a-z][^<>]*>", re.I)


class _Renderer(IPythonRenderer):
    def _embed_image_or_attachment(self, src: str) -> str:
        try:
            return super()._embed_image_or_attachment(src)
        except InvalidNotebook:  # nbconvert would abandon the whole page when one picture is missing
            return ""


@pass_context
def markdown(context, source: str) -> str:
    """nbconvert's filter from Markdown to HTML, which lets through only what text needs, in bounded time."""
    page = context.get("resources", {})
    page["llmcourse_work"] = page.get("llmcourse_work", 0) + len(source) ** 2
    if len(source) <= LONGEST and page["llmcourse_work"] <= WORK:
        try:
            return _set(context, source)
        except Exception:  # whatever a student has written, the others have their pages, and this one has a page
            pass
    return f"<p><em>{TYPED}</em></p><pre>{escape(source)}</pre>"


def _set(context, source: str) -> str:
    renderer = _Renderer(escape=False, attachments=context.get("cell", {}).get("attachments", {}))
    text = MarkdownWithMath(renderer=renderer).render(source)
    text = UNKNOWN.sub("", _closed(text, "script", "style"))
    return nh3.clean(text, tags=TAGS, attributes=ATTRIBUTES, attribute_filter=_allowed, url_schemes=SCHEMES)


def _closed(text: str, *tags: str) -> str:
    """Text without those tags that are never closed: nh3 would drop everything after one.

    It also does so, up to the end of a paragraph, after a name from MathML: `list<int>`. Nobody's words may be lost.
    """
    for tag in tags:
        end = text.lower().rfind(f"</{tag}") + 1
        text = text[:end] + re.sub(rf"<{tag}\b[^<>]*>?", "", text[end:], flags=re.I)
    return text


def _allowed(tag: str, name: str, value: str) -> str | None:
    """The value of an attribute that is kept, or None."""
    if name == "class":  # only those of highlighted code, so that no student can imitate the grader's card
        return value if value.startswith("highlight") or (tag == "span" and len(value) <= 3) else None
    if name == "src":
        return value if value.startswith(SOURCE) and _is_png(value.removeprefix(SOURCE)) else None
    if name == "href":
        return None if value.strip().lower().startswith("data:") else value
    return value


def outputs(found: Any, room: int = MOST) -> list[NotebookNode]:
    """The outputs of one cell as text and PNG pictures. Everything else is dropped; `room` is in characters."""
    kept = []
    for output in found[:COUNT] if isinstance(found, list) else []:
        plain = _output(output) if isinstance(output, dict) else None
        size = len(str(plain))
        if plain is not None and size <= room:
            kept.append(plain)
            room -= size
    return kept


def lighten(cells: list[dict]) -> int:
    """Leave out the largest outputs and pasted pictures until the rest has MOST characters; returns of how many cells.

    Graded cells keep what they show: it is the grader's.
    """
    free = (cell for cell in cells if not cell["metadata"].get("nbgrader", {}).get("grade"))
    shown = [(cell, name) for cell in free for name in ("outputs", "attachments") if cell.get(name)]
    sizes = [len(json.dumps(cell[name])) for cell, name in shown]
    total, left_out = sum(sizes), 0
    for size, (cell, name) in sorted(zip(sizes, shown), key=lambda pair: -pair[0]):
        if total <= MOST:
            break
        cell[name] = type(cell[name])()
        total, left_out = total - size, left_out + 1
    return left_out


def attachments(found: Any) -> dict[str, dict[str, str]]:
    """The PNG pictures that were pasted into a text cell, by name."""
    given = found.items() if isinstance(found, dict) else ()
    pictures = {name: _data({"image/png": data.get("image/png")}) for name, data in given if isinstance(data, dict)}
    return {name: picture for name, picture in pictures.items() if picture}


def new_output(kind: str, **fields: Any) -> NotebookNode:
    """An output. nbformat's own `new_output` validates it, which takes longer than everything else here."""
    return from_dict({"output_type": kind} | fields)


def _output(output: dict) -> NotebookNode | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return new_output("stream", name=name, text=_text(output.get("text")))
    if kind == "error":
        error = {key: _text(output.get(key))[:500] for key in ("ename", "evalue")}
        return new_output("error", traceback=_text(output.get("traceback"), "\n").splitlines()[-30:], **error)
    if kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
        data = _data(output["data"])
        about = {"image/png": _about(data, output["data"])} if "image/png" in data else {}
        return new_output("display_data", data=data, metadata=about) if data else None
    return None


def _data(data: dict) -> dict[str, str]:
    kept = {"text/plain": _text(data["text/plain"])} if data.get("text/plain") else {}
    picture = _joined(data.get("image/png")) or _drawn(data)[1]
    if picture and len(picture) <= LARGEST and _is_png(picture):
        kept["image/png"] = "".join(picture.split())
    return kept


def _drawn(data: dict) -> tuple[str, str]:
    """The course's figures are HTML around a picture: the attributes before its source, and the picture; or "", ""."""
    before, found, after = _joined(data.get("text/html"))[:LARGEST].partition(f'src="{SOURCE}')
    picture, end, _ = after.partition('"')
    attributes = before[before.rfind("<img") :]
    return (attributes, picture) if found and end and "<img" in before and ">" not in attributes else ("", "")


def _about(data: dict[str, str], original: dict) -> dict[str, str | int]:
    """A picture's description, and its width where the student's page gave one: the file may have more pixels."""
    width = re.search(r' width="(\d{1,4})"', _drawn(original)[0]) if "image/png" not in original else None
    about: dict[str, str | int] = {"alt": data.get("text/plain", "a figure by the student")[:500]}
    return about | ({"width": min(int(width[1]), WIDEST)} if width else {})


def _is_png(text: str) -> bool:
    """Whether this is a PNG picture in base64, of a size that a browser can show."""
    try:
        start = base64.b64decode("".join(text.split()), validate=True)[:24]
    except ValueError:
        return False
    width, height = (int.from_bytes(start[n : n + 4], "big") for n in (16, 20))
    return start.startswith(b"\x89PNG\r\n\x1a\n") and start[12:16] == b"IHDR" and 0 < width * height <= PIXELS


def _joined(value: Any, separator: str = "") -> str:
    """A multi-line value of the notebook format as one text."""
    if isinstance(value, list):
        return separator.join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _text(value: Any, separator: str = "") -> str:
    text = _joined(value, separator)
    return text if len(text) <= LONGEST else text[: LONGEST - len(CUT)] + CUT
