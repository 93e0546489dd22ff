"""What a page shows folded: cells that only show something, and whatever its author has tagged `hide-input`.

A cell only shows something if all of it is calls of what a lecture keeps in its package or of a piece of the page:
`pictures.rings(points)`, `tables.costs(...)`, `claims.verdicts(...)`, `quiz("08-brackets")`, `show_source(...)`.
JupyterLab and VS Code fold it by `source_hidden`, Colab by `cellView` and a first line `# @title`, Sphinx by the tag.
"""

import ast
import json
import re

FOLDED = "hide-input"
METADATA = {"cellView": "form", "jupyter": {"source_hidden": True}}
TITLE = "# @title "
TITLES = {"quiz": "Question", "show_source": "Source", "table": "Table", "claims": "Claims"}
HOMES = {"pictures": "Figure", "tables": "Table", "claims": "Claims"}  # modules in the package of a lecture
TAGS = re.compile(r"\s*tags=(\[[^\]]*\])")


def tags(head: str) -> list[str]:
    """The tags in a cell's line of marker."""
    match = TAGS.search(head)
    return json.loads(match[1]) if match else []


def shows(source: str) -> str:
    """The title of a cell that only shows something, "Figure: rings"; "" for any other cell."""
    try:
        body = ast.parse(source).body
    except SyntaxError:  # such as a line with %
        return ""
    calls = [node.value.func for node in body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    if not body or len(calls) < len(body):
        return ""
    titles = [_title(ast.unparse(call)) for call in calls]
    return titles[0] if all(titles) else ""


def _title(call: str) -> str:
    """Of a call: `pictures.rings` -> "Figure: rings", `figures.table` -> "Table", anything else -> ""."""
    home, _, name = call.rpartition(".")
    if home in HOMES:
        return f"{HOMES[home]}: {name.replace('_', ' ')}"
    return TITLES.get(name, "") if home in ("", "figures") else ""


def folded(head: str, body: str) -> tuple[str, str]:
    """Line of the marker and text of a code cell, with tag and title if it only shows something."""
    text = "\n".join(line for line in body.splitlines() if not line.startswith(TITLE))
    title = shows(text)
    if not title:
        return head, body
    if FOLDED not in tags(head):
        head = f"{TAGS.sub('', head).rstrip()} tags={json.dumps([*tags(head), FOLDED])}"
    return head, f"{TITLE}{title}\n{text.lstrip()}"
