"""No module of the course imports itself by way of others, so that nobody has to read modules in a circle.

Imports inside functions count. They run later, but they tie two modules together all the same.
"""

from pathlib import Path

import llmcourse
import pytest
from llmcourse.dependencies import imported, packages

import grading

ROOTS = {"llmcourse": Path(llmcourse.__file__).parent, "grading": Path(grading.__file__).parent}


def modules() -> dict[str, Path]:
    """Dotted name -> file of every module, without tests."""
    found = {}
    for name, root in ROOTS.items():
        for path in root.rglob("*.py"):
            parts = path.relative_to(root).with_suffix("").parts
            if "tests" not in parts:
                found[".".join([name, *(part for part in parts if part != "__init__")])] = path
    return found


def arrows(known: dict[str, Path]) -> dict[str, set[str]]:
    """Module -> the modules that it imports. The packages around it were imported before it and do not count.

    `from . import sibling` names its package, but means only the sibling if there is a module of that name.
    """
    found = {}
    for name, path in known.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        names = imported(path.read_text(encoding="utf-8"), package)
        names |= {around for wanted in names for around in packages(wanted)}
        found[name] = {other for other in names & known.keys() if not f"{name}.".startswith(f"{other}.")}
    return found


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Every set of modules that reach each other (Tarjan 1972)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == index[node]:
            members = [stack.pop()]
            while members[-1] != node:
                members.append(stack.pop())
            if len(members) > 1:
                found.append(sorted(members))

    for node in graph:
        if node not in index:
            visit(node)
    return found


def test_there_is_no_circle():
    assert circles(arrows(modules())) == []


def units(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same for what is directly in `grading`: its packages and its modules."""
    unit = lambda name: name.split(".")[1] if name.startswith("grading.") else ""
    found = {unit(name): set() for name in graph if unit(name)}
    for name, others in graph.items():
        if unit(name):
            found[unit(name)] |= {unit(other) for other in others} - {"", unit(name)}
    return found


# What people come for, from the ground up: each may import only what is named before it.
FLOORS = [
    *("answers", "patches", "configure", "paths", "exercises", "intake", "running", "gradebook", "reporting"),
    *("authoring", "sample", "worker", "bench", "grade", "commands", "__main__"),
]


def test_no_arrow_of_grading_runs_up_and_there_are_few():
    graph = units(arrows(modules()))
    assert set(graph) == set(FLOORS)
    up = [(a, b) for a, others in graph.items() for b in others if FLOORS.index(b) >= FLOORS.index(a)]
    assert up == []
    assert sum(map(len, graph.values())) <= 32


def test_checks_and_work_know_only_the_notes_of_each_other():
    graph = arrows(modules())
    assert "llmcourse.progress" in graph["llmcourse.checks.check"]
    assert not any(other.startswith("llmcourse.work") for name in graph for other in graph[name] if ".checks" in name)
    assert graph["llmcourse.progress"] == {"llmcourse.files"}


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"a"}, "c": {"a"}}, [["a", "b"]]),
        ({"a": {"b"}, "b": {"c"}, "c": {"d", "a"}, "d": set()}, [["a", "b", "c"]]),
    ],
)
def test_circles_are_found(graph, found):
    assert circles(graph) == found


def test_imports_in_functions_and_of_packages_are_arrows(tmp_path):
    texts = {"p/__init__.py": "", "p/a.py": "def f():\n    from .b import c\n    import x.y\n", "p/b/__init__.py": ""}
    texts |= {"p/b/c.py": "from ..a import f", "x/__init__.py": "", "x/y.py": ""}
    for file, text in texts.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    names = {"p": "p/__init__.py", "p.a": "p/a.py", "p.b": "p/b/__init__.py", "p.b.c": "p/b/c.py"}
    names |= {"x": "x/__init__.py", "x.y": "x/y.py"}
    graph = arrows({name: tmp_path / file for name, file in names.items()})
    assert graph["p.a"] == {"p.b", "p.b.c", "x", "x.y"} and graph["p.b.c"] == {"p.a"}
