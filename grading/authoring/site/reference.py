"""The reference of the library: a page for each of its packages, from the docstrings. Sources are read, not imported.

Sphinx knows the names, so that its search finds them. Docstrings are plain text: what is indented or aligned in columns
stays as it is, everything else is a paragraph.
"""

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from llmcourse import course
from llmcourse.course import Module

CODE = re.compile(r"(`[^`]+`)")
MARKS = re.compile(r"([\\*_<>\[\]$|#~])")  # what Markdown would take for its own
PRIVATE = ("checks.labs", "jupyterlab")  # cases of exercises, settings
FENCE = "`" * 5


def write(there: Sequence[Module], source: Path, root: Path) -> list[str]:
    """Write the pages below `source`, and return their names in order: topics as in the course, then the rest.

    If `there` are only some of the modules, there are only the pages of their topics.
    """
    home = root / "lib" / "llmcourse"
    whole = all(module in there for module in course.MODULES if module.built(root))
    topics = [topic for topic in course.topics() if (home / topic).is_dir()]
    names = [topic for topic in topics if whole or topic in {module.topic for module in there}]
    if whole:
        names += sorted({path.parent.name for path in home.glob("*/__init__.py")} - set(topics))
    pages = {name: _page(f"llmcourse.{name}", sorted((home / name).rglob("*.py"))) for name in names}
    if whole:
        pages["others"] = _page("llmcourse", sorted(home.glob("*.py")))
    for name, text in pages.items():
        (source / "api").mkdir(exist_ok=True)
        (source / "api" / f"{name}.md").write_text(text, "utf-8")
    return list(pages)


def _page(package: str, files: list[Path]) -> str:
    """A package: its own docstring, then a section for each module."""
    parts = [f"# {package.removeprefix('llmcourse.')}", f"`{package}`"]
    for file in files:
        inner = file.parts[file.parts.index("llmcourse") + 1 :]
        name = ".".join(("llmcourse", *inner)).removesuffix(".py").removesuffix(".__init__")
        if name.startswith(tuple(f"llmcourse.{private}" for private in PRIVATE)) or ".lecture_" in name:
            continue
        tree = ast.parse(file.read_text("utf-8"))
        told = _told(tree)
        members = "\n\n".join(_members(tree))
        if told or members:
            parts += [f"## {name.removeprefix(package).strip('.')}"] if name != package else []
            parts += [f"```{{py:module}} {name}\n```", told, members]
    return "\n\n".join(filter(None, parts)) + "\n"


def _members(tree: ast.Module | ast.ClassDef) -> Iterator[str]:
    """The public functions and classes of a module, or the public methods of a class."""
    for node in tree.body:
        if getattr(node, "name", "_").startswith("_") or not ast.get_docstring(node):
            continue
        if isinstance(node, ast.ClassDef):
            inner = "\n\n".join(_members(node))
            yield _directive("class", node.name, f"{_told(node)}\n\n{inner}")
        elif isinstance(node, ast.FunctionDef):
            returns = f" -> {ast.unparse(node.returns)}".replace("'", "") if node.returns else ""
            kind = "method" if isinstance(tree, ast.ClassDef) else "function"
            yield _directive(kind, f"{node.name}({ast.unparse(node.args)}){returns}", _told(node))


def _directive(kind: str, signature: str, body: str) -> str:
    fence = FENCE + "`" * (kind == "class")
    return f"{fence}{{py:{kind}}} {signature}\n\n{body}\n{fence}"


def _told(node: ast.AST) -> str:
    """Its docstring, as Markdown."""
    text = ast.get_docstring(node) or ""
    return "\n\n".join(map(_block, re.split(r"\n\s*\n", text))) if text else ""


def _block(block: str) -> str:
    rows = block.splitlines()
    aligned = any(re.search(r"\S {2,}\S", row) for row in rows)
    if aligned or rows[0].startswith(" "):
        return f"```text\n{inspect.cleandoc(block)}\n```"
    return "\n".join(map(_prose, rows))


def _prose(row: str) -> str:
    return "".join(piece if i % 2 else MARKS.sub(r"\\\1", piece) for i, piece in enumerate(CODE.split(row)))
