"""Other people's code is as it was when we replaced part of it, or relied on more than it promises."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import nbconvert.exporters.html
import nbgrader.api
import pytest

from grading import patches, paths
from grading.intake.repair import Reader, Repair
from grading.reporting import feedback
from grading.running import autograde

READ = [patch for patch in patches.LIST if "::" not in patch.proof]
TESTED = [patch for patch in patches.LIST if "::" in patch.proof]
ORIGINAL = {"nbgrader.api:get_alembic_version": "nbgrader/api.py"}  # already replaced, so read from its file


def source(upstream):
    if upstream not in ORIGINAL:
        return patches.source(upstream)
    text = Path(nbgrader.api.__file__).read_text(encoding="utf-8")
    name = upstream.partition(":")[2]
    (node,) = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name == name]
    return ast.get_source_segment(text, node)


@pytest.mark.parametrize("patch", READ, ids=lambda patch: patch.upstream)
def test_upstream_is_as_it_was(patch):
    now = patches.fingerprint(source(patch.upstream))
    assert now in patch.proof.split(), (
        f"{patch.upstream} is not what it was in {patch.tested}. {patch.here}: {patch.what}, because {patch.why}. "
        f"Read the new source, see if that holds, and add its fingerprint to the proof in grading/patches.py: {now}"
    )


@pytest.mark.parametrize("patch", TESTED, ids=lambda patch: patch.upstream)
def test_what_is_shown_by_a_test_has_one(patch):
    file, _, name = patch.proof.partition("::")
    assert f"def {name}(" in (paths.ROOT / file).read_text(encoding="utf-8")


def test_whoever_does_it_is_there():
    for patch in patches.LIST:
        assert importlib.util.find_spec(patch.here), patch.here


def test_every_step_that_is_left_out_is_listed():
    listed = {patch.upstream.partition(":")[2] for patch in patches.LIST if patch.here == "grading.running.autograde"}
    assert listed == autograde.LEFT_OUT


def test_nothing_else_is_replaced():
    """Assignments to a name in somebody else's module are only in patches.py."""
    for path in [*(paths.ROOT / "grading").glob("**/*.py"), *(paths.ROOT / "lib" / "llmcourse").glob("**/*.py")]:
        if "tests" in path.parts or path.name == "patches.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        targets = [t for node in ast.walk(tree) if isinstance(node, ast.Assign) for t in node.targets]
        found = {ast.unparse(t) for t in targets if isinstance(t, ast.Attribute) and ast.unparse(t.value) in modules}
        assert not found, f"{path} replaces {found}: list it in grading/patches.py"


def test_notebooks_are_read_without_the_grammar_of_addresses():
    script = (
        "import grading, sys, nbformat; nbformat.validate(nbformat.v4.new_notebook()); print('lark' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=paths.ROOT)
    assert done.stdout.strip() == "False", done.stderr


def test_importing_grading_loads_nothing():
    script = "import sys; before = set(sys.modules); import grading; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=paths.ROOT)
    assert {name.split(".")[0] for name in done.stdout.split()} <= {
        "grading",
        "rfc3987_syntax",
        *sys.stdlib_module_names,
    }


def test_an_exporter_knows_its_steps():
    config = paths.config()
    for part, repairs in (("sanitize", True), ("autograde", False)):
        exporter = Reader(config=config, default_preprocessors=[])
        for name in config.Autograde[f"{part}_preprocessors"]:
            exporter.register_preprocessor(name, enabled=True)
        assert any(isinstance(step, Repair) for step in exporter._preprocessors) == repairs


def test_a_new_gradebook_is_marked_as_the_program_would(tmp_path, monkeypatch):
    """The program is how nbgrader itself finds it out."""
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    paths.nbgrader()
    assert nbgrader.api.get_alembic_version is patches._newest_scheme
    with nbgrader.api._temp_alembic_ini(f"sqlite:///{tmp_path}/gradebook.db") as settings:
        said = subprocess.run(["alembic", "-c", settings, "heads"], capture_output=True, text=True, check=True)
    assert said.stdout.split()[0] == patches._newest_scheme()


def test_pages_are_given_back_as_they_are():
    feedback.exporter()
    page = "<p>a<br>b</p><img src='x'>"
    soup = nbconvert.exporters.html.BeautifulSoup(page, features="html.parser")
    assert str(soup) == page and soup.select("img:not([alt])") == []
