"""A lecture's first picture, there before anything is run: one of its own figures, kept from a full run.

The lecture tags the cell that draws it `pictured`, and shows it in a generated cell tagged `preview`. `make
notebooks-full` keeps the picture as lectures/pictures/NN_slug.webp, and its words in previews.json next to it.
"""

import base64
import io
import json
import re
from html import unescape
from pathlib import Path

from nbformat import NotebookNode
from PIL import Image

PICTURED = "pictured"
PLACE, WORDS = Path("lectures/pictures"), "previews.json"
WIDTH, BYTES = 1400, 150_000  # at most
IMAGE = re.compile(r'<img\b[^>]*\bsrc="data:image/png;base64,([^"]+)"[^>]*>')
HIDDEN = re.compile(r"<figure\b[^>]*\shidden\b.*?</figure>", re.S)  # frames that an explorer does not open on
ALT = re.compile(r'\balt="([^"]*)"')


def keep(notebook: NotebookNode, slug: str, root: Path) -> None:
    """Keep the picture of an executed lecture, if it has a cell tagged `pictured`; ValueError if that shows none."""
    cells = [cell for cell in notebook.cells if PICTURED in cell.metadata.get("tags", ())]
    if not cells:
        return
    pages = "".join("".join(output.get("data", {}).get("text/html", "")) for output in cells[0].outputs)
    image = IMAGE.search(HIDDEN.sub("", pages))
    if not image:
        raise ValueError(f"{slug}: the cell that is tagged {PICTURED!r} shows no picture")
    (root / PLACE).mkdir(parents=True, exist_ok=True)
    (root / PLACE / f"{slug}.webp").write_bytes(_webp(base64.b64decode(image[1])))
    words = _words(root) | {slug: unescape(ALT.search(image[0])[1])}
    (root / PLACE / WORDS).write_text(json.dumps(words, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")


def shown(slug: str, root: Path) -> str:
    """The cell that shows it; "" while there is no picture."""
    alt = _words(root).get(slug)
    return f"![{alt}](pictures/{slug}.webp)\n\n*A preview: you will draw this picture below.*" if alt else ""


def _words(root: Path) -> dict[str, str]:
    """Slug -> the alternative text of its picture."""
    file = root / PLACE / WORDS
    return json.loads(file.read_text("utf-8")) if file.is_file() else {}


def _webp(png: bytes) -> bytes:
    """The picture on white, as small as it has to be."""
    with Image.open(io.BytesIO(png)) as image:
        picture = Image.new("RGB", image.size, "white")
        picture.paste(image, mask=image.getchannel("A") if "A" in image.getbands() else None)
    picture.thumbnail((WIDTH, WIDTH))
    for quality in (90, 75, 60, 40):
        data = io.BytesIO()
        picture.save(data, "webp", quality=quality, method=6)
        if data.tell() <= BYTES:
            break
    return data.getvalue()
