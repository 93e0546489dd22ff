"""The sections of a lecture, and which of them says most about a subject."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat

HEADING = re.compile(r"^#{2,3} (.+)$", re.M)
FRAME = re.compile(r"errata|references|remember|yourself|claims", re.I)  # sections that all lectures have
SPLIT = re.compile(r"([;,:] | and | to )")
COMMON = {"and", "its", "for", "from", "the", "with", "once", "more", "what", "does", "not", "one", "way", "et", "al"}


@dataclass(frozen=True)
class Section:
    title: str
    text: str

    @property
    def anchor(self) -> str:
        """As MyST makes it from the heading, whose formulas it drops."""
        plain = re.sub(r"\$[^$]*\$|[*`]", "", self.title).strip().lower()
        return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def read(notebook: Path) -> list[Section]:
    """The sections of a notebook that are about its subject, in order."""
    return [section for section in every(notebook) if not FRAME.search(section.title)]


def every(notebook: Path) -> list[Section]:
    """All sections of a notebook, in order."""
    text = prose(notebook)
    starts = [match.start() for match in HEADING.finditer(text)]
    pieces = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)])]
    return [Section(HEADING.match(piece)[1], piece.partition("\n")[2]) for piece in pieces]


def prose(notebook: Path) -> str:
    """All that is written in a notebook besides code, a paragraph after the other."""
    cells = nbformat.read(notebook, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def linked(what: str, sections: Sequence[Section], page: str, title: str = "") -> str:
    """ "LoRA, AdaLoRA" with a link from each subject to a section about it, or to the page if its title names it.

    A subject whose words no section has stays text.
    """
    parts = SPLIT.split(what)
    return "".join(_link(part, sections, page, title) if i % 2 == 0 else part for i, part in enumerate(parts))


def _link(subject: str, sections: Sequence[Section], page: str, title: str) -> str:
    stems = _stems(subject)
    best = max(sections, key=lambda section: _about(section, stems), default=None)
    if best is None or not stems:
        return subject
    if _heads(title, stems) == len(stems) > _heads(best.title, stems):
        return f"[{subject}]({page})"
    return f"[{subject}]({page}#{best.anchor})" if _about(best, stems) else subject


def _stems(subject: str) -> list[re.Pattern]:
    """What to look for: names as they are, of other words the beginning; alone, a word is no part of another's name."""
    words = [word for word in re.findall(r"\w{2,}", subject) if word.lower() not in COMMON]
    alone = len(words) == 1
    around, after = (r"(?<![\w-]){}", r"(?![\w-])") if alone else (r"\b{}", r"\b")
    forms = [f"{w.lower()}s?{after}" if w != w.lower() else w[: max(4, len(w) - 3)] for w in words]
    return [re.compile(around.format(form)) for form in forms]


def _heads(title: str, stems: Sequence[re.Pattern]) -> int:
    return sum(bool(stem.search(title.lower())) for stem in stems)


def _about(section: Section, stems: Sequence[re.Pattern]) -> float:
    """How much a section is about it: words in the heading count most, then how often the text has them. Not at all, if
    it lacks a word, unless the heading has two."""
    counts = [len(stem.findall(f"{section.title}\n{section.text}".lower())) for stem in stems]
    heads = _heads(section.title, stems)
    return 3 * heads + sum(min(count, 5) for count in counts) / 5 if all(counts) or heads > 1 else 0
