"""The rooms of the library know only what the plan lets them know."""

import ast
import subprocess
import sys
from pathlib import Path

import llmcourse
import pytest

LIB = Path(llmcourse.__file__).parent
COMMON = {"models", "data", "runtime"}
TOPICS = ["preferences", "rlhf", "adapters", "instructions", "bootstrapping", "attention", "recurrence", "state_space"]
TOPICS += ["mamba", "long_context", "retrieval", "agentic_rag", "retrieval_models", "knowledge"]
FILES = sorted(LIB.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Names of the rooms and other modules that a file imports, "recurrence" for llmcourse.recurrence."""
    found = set()
    here = ("llmcourse", *path.relative_to(LIB).parent.parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            found |= {f"{module}.{alias.name}" for alias in node.names} if module == "llmcourse" else {module}
    return {m.split(".")[1] if m.startswith("llmcourse.") else m.split(".")[0] for m in found}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIB)))
def test_room_knows_only_the_rooms_before_it(path):
    room = path.relative_to(LIB).parts[0]
    known = imported(path)
    assert not known & {"grading", "nbgrader", "ipywidgets"}
    if room in TOPICS:
        assert not known & set(TOPICS[TOPICS.index(room) + 1 :]) and not known & {"checks", "figures"}
    if room in {"figures", "checks", *COMMON}:
        assert not known & set(TOPICS)


def test_importing_the_course_loads_no_torch():
    script = "import llmcourse, sys; print([m for m in ('torch', 'numpy', 'matplotlib') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_threads_are_passive_before_torch():
    script = "import llmcourse, os; print(os.environ['OMP_WAIT_POLICY'])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env={})
    assert out.stdout.strip() == "PASSIVE"


@pytest.mark.parametrize("room", ["recurrence", "models", "data", "runtime", "checks"])
def test_heavy_imports_are_local(room):
    script = f"import torch, sys; import llmcourse.{room}; print([m for m in {HEAVY} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


HEAVY = ("transformers", "matplotlib", "IPython", "scipy", "pandas")
