"""What is imported is declared in pyproject.toml: nothing is there only because another package depends on it."""

import ast
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from grading.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PROVIDED = metadata.packages_distributions()
OURS = {"llmcourse", "grading", "lib", "install", "conftest"}
ELSEWHERE = {
    "google": "google.colab is on Colab only, and asked for only there",
    "sphinx": "builds the site, in an environment of its own",
    "triton": "comes with torch for CUDA; without it, what needs a kernel says so",
    "mamba_ssm": "a peer that a benchmark times where it is installed",
    "torchrl": "a peer that a benchmark times where it is installed",
    "torch_geometric": "a peer that a benchmark times where it is installed",
    "tensordict": "comes with torchrl",
}


def declared(*extras: str) -> set[str]:
    """Distributions of the core and of these extras."""
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def imports(path: Path) -> set[tuple[str, bool]]:
    """(package, whether it is imported as soon as the file is) of everything that a file imports from elsewhere."""
    found = set()

    def visit(node: ast.AST, at_once: bool) -> None:
        if isinstance(node, ast.Import):
            found.update((alias.name, at_once) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module, at_once))
        for child in ast.iter_child_nodes(node):
            visit(child, at_once and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    visit(ast.parse(path.read_text(encoding="utf-8")), True)
    tops = {(name.partition(".")[0], at_once) for name, at_once in found}
    known = sys.stdlib_module_names | OURS | ELSEWHERE.keys() | {p.stem for p in path.parent.glob("*.py")}
    return {(name, at_once) for name, at_once in tops if name not in known}


def undeclared(paths: list[Path], allowed: set[str], only_at_once: bool = False) -> list[str]:
    """A sentence for each package that is imported and not declared."""
    return [
        f"{path.relative_to(ROOT)} imports {name}; declare {' or '.join(PROVIDED.get(name, ['what provides it']))}."
        for path in paths
        for name, at_once in sorted(imports(path))
        if (at_once or not only_at_once) and not {canonicalize_name(d) for d in PROVIDED.get(name, ())} & allowed
    ]


def files(*folders: str, tests: bool = False) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if tests or "tests" not in path.relative_to(ROOT).parts]


def test_the_library_is_imported_with_the_core_alone():
    """Colab installs nothing else. What a function imports may be an extra: its message says how to install it."""
    library = [path for path in files("lib/llmcourse") if path.name != "lecture_kernels.py"]  # JupyterLab imports that
    assert undeclared(library, declared(), only_at_once=True) == []
    assert undeclared(files("lib/llmcourse"), declared("data", "sparql", "course")) == []


def test_the_graders_packages_are_declared():
    """The packages that library calls are made to (in the private halves, and in functions) are there for tests."""
    private = set(files("grading/exercises", "grading/answers"))
    assert undeclared([path for path in files("grading") if path not in private], declared("grading")) == []
    assert undeclared(sorted(private), declared("grading"), only_at_once=True) == []
    assert undeclared(sorted(private), declared("course", "grading", "dev")) == []


@pytest.mark.parametrize("folder", ["lib/tests", "grading/tests", "lib/bench"])
def test_the_tests_packages_are_declared(folder):
    """But for scripts that froze other people's answers: they ran where those packages are, and no test runs them."""
    run = [path for path in files(folder, tests=True) if path.parent.name != "references"]
    assert undeclared(run, declared("course", "sparql", "grading", "dev")) == []


def test_what_is_missing_is_found(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("import os, numpy.linalg\n\ndef f():\n    from yaml import load\n    from . import sibling\n")
    assert imports(path) == {("numpy", True), ("yaml", False)}
