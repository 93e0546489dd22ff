"""Outputs made small: pictures become files that pages share, and the style sheet of all outputs is written once.

A notebook carries everything in each output, so that one works by itself; a site need not. Drawings of few colours are
kept exactly if that is smaller.
"""

import base64
import hashlib
import io
import re
from pathlib import Path

from llmcourse.figures.page import sheet
from PIL import Image

FIGURES = "_figures"  # a folder of the site
PICTURE = re.compile(r'src="data:image/(?:png|webp|jpeg);base64,([^"]+)"')
QUALITY, EFFORT = 78, 4


def output(html: str, source: Path) -> str:
    """The HTML of an output, for a page in a folder of the site; its pictures are written below `source`."""
    folder = source / "extra" / FIGURES
    folder.mkdir(parents=True, exist_ok=True)
    return PICTURE.sub(lambda match: f'src="../{FIGURES}/{_written(match[1], folder)}"', html.replace(sheet(), ""))


def style() -> str:
    """The style sheet of all outputs."""
    return re.sub(r"</?style>", "", sheet())


def _written(encoded: str, folder: Path) -> str:
    """The name of the file with this picture; equal pictures have one file."""
    name = f"{hashlib.sha256(encoded.encode()).hexdigest()[:16]}.webp"
    if not (folder / name).exists():
        with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
            (folder / name).write_bytes(min(_webp(picture, lossless=True), _webp(picture, lossless=False), key=len))
    return name


def _webp(picture: Image.Image, lossless: bool) -> bytes:
    data = io.BytesIO()
    picture.convert("RGBA").save(data, "webp", lossless=lossless, quality=QUALITY, method=EFFORT)
    return data.getvalue()
