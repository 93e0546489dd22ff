"""What a student's notebook shows, made harmless for whoever opens it: text and pictures, never HTML or scripts."""

import base64
import re
from typing import Any

import bleach
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


class _Renderer(IPythonRenderer):
    def _embed_image_or_attachment(self, src: str) -> str:
        try:
            return super()._embed_image_or_attachment(src)
        except InvalidNotebook:  # nbconvert would give up the whole page for one picture that is not there
            return ""


@pass_context
def markdown(context, source: str) -> str:
    """nbconvert's filter from Markdown to HTML, with only what text needs let through."""
    renderer = _Renderer(escape=False, attachments=context.get("cell", {}).get("attachments", {}))
    text = MarkdownWithMath(renderer=renderer).render(source)
    text = re.sub(r"<(script|style)\b.*?</\1\s*>", "", text, flags=re.S | re.I)  # their text would be shown
    return bleach.clean(text, tags=TAGS, attributes=_allowed, protocols={"http", "https", "mailto", "data"}, strip=True)


def _allowed(tag: str, name: str, value: str) -> bool:
    if tag == "img":
        return name == "alt" or (name == "src" and value.startswith("data:image/png;base64,"))
    if tag == "a":
        return name == "href" and not value.strip().lower().startswith("data:")
    # Classes of highlighted code, and no others: a student can't draw the grader's card.
    return name == "class" and (value.startswith("highlight") or (tag == "span" and len(value) <= 3))


def outputs(found: Any, room: int = MOST) -> list[NotebookNode]:
    """The outputs of one cell as text and PNG pictures. Whatever else was there is gone; `room` is in characters."""
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
        said = {key: _text(output.get(key))[:500] for key in ("ename", "evalue")}
        return new_output("error", traceback=_text(output.get("traceback"), "\n").splitlines()[-30:], **said)
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
    """Description of a picture, and its width in pixels where the student's page gave one: it may be drawn finer."""
    inside = PICTURE.search(_joined(original.get("text/html"))[:LARGEST])
    width = re.search(r' width="(\d{1,4})"', inside[0]) if inside and "image/png" not in original else None
    said: dict[str, str | int] = {"alt": data.get("text/plain", "a figure of the student's")[:500]}
    return said | ({"width": min(int(width[1]), WIDEST)} if width else {})


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
