"""Links of the course's folder -> links of the site. What the site does not show becomes text, never a dead link."""

import posixpath
import re
from collections.abc import Sequence
from pathlib import Path

from llmcourse.course import Module
from llmcourse.slugs import copied

LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
ELSEWHERE = re.compile(r"[a-z]+:|#")


def pages(modules: Sequence[Module], root: Path) -> dict[str, str]:
    """File of the course -> source of the page that shows it, both from the root. A student's copy of a lab counts."""
    found = {}
    for module in modules:
        lab = f"labs/{module.slug}.ipynb"
        found |= {module.notebooks["lecture"]: f"lectures/{module.slug}.ipynb", module.notebooks["lab"]: lab}
        found[f"work/{copied(module.slug)}"] = lab
    for file in tables(root):
        found[file.relative_to(root).as_posix()] = f"benchmarks/{file.parent.name}-{file.stem.lower()}.md"
    return found | {"lectures/00_start.ipynb": "index.md"}


def tables(root: Path) -> list[Path]:
    """The tables of benchmarks."""
    return sorted([*root.glob("lib/BENCHMARKS*.md"), *root.glob("grading/BENCHMARKS*.md")])


def relinked(text: str, file: str, page: str, shown: dict[str, str]) -> str:
    """The Markdown of a file of the course with the links that it needs on its page.

    file, page  where it is in the course's folder, and where its page is in the site
    shown       as `pages` gives it
    """

    def link(match: re.Match) -> str:
        words, target = match.groups()
        if ELSEWHERE.match(target):
            return match[0]
        path, _, anchor = target.partition("#")
        meant = shown.get(posixpath.normpath(posixpath.join(posixpath.dirname(file), path)))
        if meant is None:
            return words
        way = posixpath.relpath(meant, posixpath.dirname(page) or ".")
        return f"[{words}]({way}{'#' + anchor if anchor else ''})"

    return LINK.sub(link, text)
