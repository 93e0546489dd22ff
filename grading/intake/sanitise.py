"""What a student's notebook shows, made harmless for whoever opens it: text and pictures, never HTML or scripts."""

import base64
import re
from typing import Any

import nh3
from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbformat.v4 import new_output

LONGEST = 20_000  # characters of one text output
LARGEST = 1_500_000  # characters of one picture, in base64
WIDEST = 760  # pixels of a picture in the page
MOST = 4_000_000  # characters of a notebook's outputs together

PICTURE = re.compile(r'<img[^>]{0,2000}?src="data:image/png;base64,([A-Za-z0-9+/=\s]+)"')
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
    """nbconvert's filter from Markdown to HTML, which lets through only what text needs."""
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
        return value if value.startswith("data:image/png;base64,") else None
    if name == "href":
        return None if value.strip().lower().startswith("data:") else value
    return value


def outputs(found: Any, room: int = MOST) -> list[NotebookNode]:
    """The outputs of one cell as text and PNG pictures. Everything else is dropped; `room` is in characters."""
    kept = []
    for output in found if isinstance(found, list) else []:
        plain = _output(output) if isinstance(output, dict) else None
        size = len(str(plain))
        if plain is not None and size <= room:
            kept.append(plain)
            room -= size
    return kept


def attachments(found: Any) -> dict[str, dict[str, str]]:
    """The PNG pictures that were pasted into a text cell, by name."""
    given = found.items() if isinstance(found, dict) else ()
    pictures = {name: _data({"image/png": data.get("image/png")}) for name, data in given if isinstance(data, dict)}
    return {name: picture for name, picture in pictures.items() if picture}


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
    inside = PICTURE.search(_joined(data.get("text/html"))[:LARGEST])  # the course's figures are HTML around a picture
    picture = _joined(data.get("image/png")) or (inside[1] if inside else "")
    if picture and len(picture) <= LARGEST and _is_png(picture):
        kept["image/png"] = "".join(picture.split())
    return kept


def _about(data: dict[str, str], original: dict) -> dict[str, str | int]:
    """A picture's description, and its width where the student's page gave one: the file may have more pixels."""
    inside = PICTURE.search(_joined(original.get("text/html"))[:LARGEST])
    width = re.search(r' width="(\d{1,4})"', inside[0]) if inside and "image/png" not in original else None
    about: dict[str, str | int] = {"alt": data.get("text/plain", "a figure by the student")[:500]}
    return about | ({"width": min(int(width[1]), WIDEST)} if width else {})


def _is_png(text: str) -> bool:
    try:
        return base64.b64decode("".join(text.split()), validate=True).startswith(b"\x89PNG\r\n\x1a\n")
    except ValueError:
        return False


def _joined(value: Any, separator: str = "") -> str:
    """A multi-line value of the notebook format as one text."""
    if isinstance(value, list):
        return separator.join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _text(value: Any, separator: str = "") -> str:
    text = _joined(value, separator)
    return text if len(text) <= LONGEST else text[:LONGEST] + "\n... (cut by the grader)"
