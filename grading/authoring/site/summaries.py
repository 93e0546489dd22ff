"""What to remember: for each module a page to print, with its letters, its formulas by section, and its last words."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from llmcourse.course import Module

from . import sections

FORMULA = re.compile(r"\$\$.+?\$\$", re.S)
LETTERS = re.compile(r"^The letters\b.+?(?=\n\n|\Z)", re.M | re.S)
REMEMBER = re.compile(r"(what )?to remember", re.I)
INDEX = """\
# What to remember

A page for each module, to print: its letters, its formulas in the order of the lecture, and its last words.

"""


def pages(there: Sequence[Module], source: Path) -> Iterator[tuple[str, str]]:
    """Path and text of each page; the lectures' pages stand in `source` already."""
    for module in there:
        yield f"remember/{module.slug}.md", page(module, source / f"lectures/{module.slug}.ipynb")
    names = "\n".join(module.slug for module in there)
    yield "remember/index.md", INDEX + (f"```{{toctree}}\n:maxdepth: 1\n\n{names}\n```\n" if there else "")


def page(module: Module, notebook: Path) -> str:
    """The page of one module. A formula that the lecture shows twice stands where it came first."""
    parts = [f"# {module.number:02} · {module.title}: what to remember"]
    parts.append(f"From [the lecture](../lectures/{module.slug}.ipynb).")
    head, every = sections.HEADING.split(sections.prose(notebook), 1)[0], sections.every(notebook)
    parts += LETTERS.findall(head)[:1]
    seen: set[str] = set()
    for section in (sections.Section("", head), *every):
        new = [formula for formula in dict.fromkeys(FORMULA.findall(section.text)) if formula not in seen]
        seen.update(new)
        parts += [f"**{section.title}**"] if new and section.title else []
        parts += new
    parts += ["## In words"]
    parts += [section.text.strip() for section in every if REMEMBER.fullmatch(section.title)]
    return "\n\n".join(parts) + "\n"
