"""A notebook runs at full size again if something changes that its result depends on, and only then."""

import ast
import re

import nbformat
import pytest
from llmcourse import dependencies
from llmcourse.dependencies import meaning

from grading.authoring import execution, notebooks, recorded
from grading.authoring.recorded import Notebook, drawn, is_due

REAL = [Notebook(source) for source in notebooks.sources()]

FILES = {
    "pyproject.toml": '[tool.llmcourse]\nweights = ["some-weights>=1"]\n',
    "lib/llmcourse/__init__.py": '"""The course."""\n',
    "lib/llmcourse/runtime.py": '"""Tiers."""\n\ndef pick(full, smoke):\n    return full\n',
    "lib/llmcourse/figures/__init__.py": "from .draw import figure\n",
    "lib/llmcourse/figures/draw.py": "from llmcourse import html\ndef figure():\n    return 1\n",
    "lib/llmcourse/html.py": "escape = str\n",
    "lib/llmcourse/checks/__init__.py": "def check(name):\n    return 1\n",
    "lib/llmcourse/checks/labs/__init__.py": "",
    "lib/llmcourse/checks/labs/mamba/__init__.py": "",
    "lib/llmcourse/checks/labs/mamba/step.py": "points = 1\n",
    "lib/llmcourse/checks/labs/mamba/step.safetensors.gz": "cases",
    "lib/llmcourse/checks/labs/rag/__init__.py": "",
    "lib/llmcourse/checks/labs/rag/bm25.py": "points = 1\n",
    "lib/llmcourse/checks/labs/rag/bm25.safetensors.gz": "cases",
    "lib/llmcourse/mamba/__init__.py": "from .scan import scan\n",
    "lib/llmcourse/mamba/scan.py": "def scan(x):\n    from llmcourse import data\n    return x\n",
    "lib/llmcourse/mamba/table.json": "[1]",
    "lib/llmcourse/data/__init__.py": "",
    "lib/llmcourse/data/corpus.py": "",
    "lib/llmcourse/data/corpus.json.gz": "of a module that nobody imports",
    "lib/llmcourse/retrieval/__init__.py": "k = 3\n",
    "lib/llmcourse/recorded/10_copying.json": "{}",
    "lib/llmcourse/recorded/09.json": "{}",
    "lectures/10_mamba.py": "# %% tags=['setup']\ninstall = 1\n\n# %% [markdown]\n# Prose.\n\n# %%\n"
    "from llmcourse import figures, mamba, runtime\nfrom llmcourse.checks import check\n\nmamba.scan(1)\n",
}


@pytest.fixture
def notebook(tmp_path):
    """Lecture 10 of a small course: it imports mamba, which imports data in a function, and figures; not retrieval."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Notebook(tmp_path / "lectures/10_mamba.py", tmp_path)


def changed(notebook, tier, name, *replaced):
    """Whether the notebook would run again at a tier after a change: a text replaced by another, or added."""
    path, before = notebook.root / name, notebook.fingerprint(tier)
    text = path.read_text() if path.exists() else ""
    path.write_text(text.replace(*replaced) if replaced else text + "x = 5\n")
    assert path.read_text() != text
    return notebook.fingerprint(tier) != before


COMPUTES = [
    ("lectures/10_mamba.py", "scan(1)", "scan(2)"),
    ("lib/llmcourse/__init__.py",),
    ("lib/llmcourse/runtime.py", "return full", "return smoke"),
    ("lib/llmcourse/mamba/scan.py", "return x", "return -x"),
    ("lib/llmcourse/mamba/table.json",),
    ("lib/llmcourse/mamba/new.json",),
    ("lib/llmcourse/data/__init__.py",),
    ("lib/llmcourse/recorded/10_copying.json",),
    ("pyproject.toml", "some-weights", "other-weights"),
]
SHOWS = [
    ("lib/llmcourse/figures/draw.py", "return 1", "return 2"),
    ("lib/llmcourse/html.py",),
    ("lib/llmcourse/checks/__init__.py", "return 1", "return 2"),
    ("lib/llmcourse/checks/labs/mamba/step.py",),
    ("lib/llmcourse/checks/labs/mamba/step.safetensors.gz",),
]
NEITHER = [
    ("lectures/10_mamba.py", "Prose", "Other prose"),
    ("lectures/10_mamba.py", "install = 1", "install = 2"),
    ("lectures/10_mamba.py", "mamba.scan(1)", "mamba.scan( 1 )  # a comment"),
    ("lib/llmcourse/__init__.py", "The course", "This course"),
    ("lib/llmcourse/mamba/scan.py", "def scan(x):", 'def scan(x):\n    """Words."""'),
    ("lib/llmcourse/figures/draw.py", "return 1", "return 1  # a comment"),
    ("lib/llmcourse/retrieval/__init__.py",),
    ("lib/llmcourse/checks/labs/rag/bm25.py",),
    ("lib/llmcourse/checks/labs/rag/bm25.safetensors.gz",),
    ("lib/llmcourse/data/corpus.json.gz",),
    ("lib/llmcourse/recorded/09.json",),
]


@pytest.mark.parametrize("change", COMPUTES, ids=str)
def test_it_runs_again_when_what_computes_has_changed(notebook, change):
    before = notebook.fingerprint("smoke")
    assert changed(notebook, "full", *change) and notebook.fingerprint("smoke") != before


@pytest.mark.parametrize("change", SHOWS, ids=str)
def test_it_runs_at_smoke_again_when_what_shows_has_changed(notebook, change):
    before = notebook.fingerprint("full")
    assert changed(notebook, "smoke", *change) and notebook.fingerprint("full") == before


@pytest.mark.parametrize("change", NEITHER, ids=str)
def test_it_does_not_run_again_after_any_other_change(notebook, change):
    before = notebook.fingerprint("full")
    assert not changed(notebook, "smoke", *change) and notebook.fingerprint("full") == before


@pytest.mark.parametrize(("package", "tiers"), [("torch", {"smoke", "full"}), ("matplotlib", {"smoke"})])
def test_it_runs_again_with_another_version_of_a_package(notebook, monkeypatch, package, tiers):
    def prints(version):
        monkeypatch.setattr(dependencies.metadata, "version", lambda name: version if name == package else "1.0")
        return {tier: notebook.fingerprint(tier) for tier in ("smoke", "full")}

    two, three = prints("2.0+cpu"), prints("3.0")
    assert {tier for tier in two if two[tier] != three[tier]} == tiers
    assert prints("2.0") == two


def test_meaning_is_without_comments_docstrings_and_formatting():
    plain = "class A:\n    def f(self, x, *, y=None):\n        return {'a': x, **y}, f'{x!r:>{y}}', 1j\n"
    written = plain.replace("class A:", '"M."\nclass A:\n    "C."\n').replace("None):", 'None):\n        "F."\n')
    assert meaning(written.replace("return", "return  ").replace("'a'", '"a"') + "# end") == meaning(plain)
    for old, new in (("'a'", "'b'"), ("None", "0"), ("!r", "!s"), ("1j", "1"), ("*, ", ""), ("**y", "'y': y")):
        assert meaning(plain.replace(old, new)) != meaning(plain)
    assert meaning("%time x = 1") == "%time x = 1"


def test_a_text_that_is_no_docstring_counts():
    assert meaning("x = 1\n'shown'") != meaning("x = 1")
    assert len({meaning("x = None"), meaning("x = 0"), meaning("x = False"), meaning("x = ''")}) == 4


# --- records


EMPTY = nbformat.v4.new_notebook()


def outcome(monkeypatch, *faults):
    runs = []
    monkeypatch.setattr(execution, "run_file", lambda *given: runs.append(given) or execution.Run(61.2, faults, EMPTY))
    return runs


def test_a_run_is_recorded_when_asked_and_only_then(notebook, monkeypatch):
    runs = outcome(monkeypatch)
    notebook.run("full", record=False)
    assert not notebook.file.exists() and runs == [(notebook.source, "full")]
    notebook.run("full", record=True)
    assert notebook.file == notebook.root / "grading/records/notebooks/10_mamba-lecture.json"
    assert notebook.is_recorded("full") and not notebook.is_recorded("smoke")
    record = notebook.record()
    assert record.keys() == {"notebook", "full", "seconds", "budget", "date", "machine", "versions"}
    assert (record["notebook"], record["seconds"], record["budget"]) == ("lectures/10_mamba.py", 61, 180)
    notebook.run("smoke", record=True)
    assert notebook.is_recorded("full") and notebook.is_recorded("smoke")
    assert notebook.record() == record | {"smoke": notebook.fingerprint("smoke")}
    assert changed(notebook, "full", "lib/llmcourse/mamba/scan.py") and not notebook.is_recorded("full")


@pytest.mark.parametrize("tier", ["smoke", "full"])
def test_a_fault_is_never_recorded(notebook, monkeypatch, tier):
    outcome(monkeypatch, "cell 0: writes to stderr")
    assert notebook.run(tier, record=True).faults and not notebook.file.exists()


def test_what_changes_during_a_run_is_not_taken_for_what_ran(notebook, monkeypatch):
    change = lambda *_: changed(notebook, "full", "lib/llmcourse/mamba/scan.py") and execution.Run(1.0, (), EMPTY)
    monkeypatch.setattr(execution, "run_file", change)
    notebook.run("full", record=True)
    assert notebook.file.exists() and not notebook.is_recorded("full")


# --- drawn notebooks


def test_a_commit_draws_the_same_two_and_another_commit_others():
    names = [notebook.name for notebook in REAL]
    assert drawn(names, "abc") == drawn(names[::-1], "abc") and len(drawn(names, "abc")) == 2
    assert [n.name for n in drawn(REAL, "abc")] == drawn(names, "abc")
    assert {name for n in range(200) for name in drawn(names, str(n))} == set(names)


@pytest.mark.parametrize("recorded_already", [True, False])
def test_what_is_due_has_changed_or_is_drawn(notebook, monkeypatch, recorded_already):
    monkeypatch.setattr(Notebook, "is_recorded", lambda self, tier: recorded_already)
    asked = {"all": True, "changed": not recorded_already, "due": not recorded_already}
    assert {which: is_due(notebook, "full", which, []) for which in asked} == asked
    assert {which: is_due(notebook, "full", which, [notebook]) for which in asked} == asked | {"due": True}


def test_without_git_the_notebooks_stand_for_the_commit(notebook, monkeypatch):
    monkeypatch.setenv("PATH", "")
    first = recorded.commit(notebook.root)
    assert first == recorded.commit(notebook.root)
    assert (
        changed(notebook, "full", "lectures/10_mamba.py", "scan(1)", "scan(2)")
        and recorded.commit(notebook.root) != first
    )


# --- the course's own


def test_every_record_belongs_to_a_notebook_and_names_no_place():
    files = {notebook.file: notebook for notebook in REAL}
    for path in (notebooks.ROOT / recorded.RECORDS).glob("*"):
        assert files[path].record()["notebook"] == files[path].name
        assert not re.search(r"/(home|root|tmp|work|Users)\b", path.read_text())


@pytest.mark.parametrize("notebook", REAL, ids=lambda notebook: notebook.name)
def test_a_notebook_loads_only_records_of_its_number(notebook):
    """Records belong to a notebook by its number."""
    for node in ast.walk(ast.parse("\n".join(notebook.code()))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "records.load":
            (argument,) = node.args
            assert isinstance(argument, ast.Constant) and argument.value.startswith(notebook.slug[:2])


def test_a_lecture_depends_on_its_topic_and_not_on_others():
    (lecture, _) = [notebook for notebook in REAL if notebook.slug == "12_rag"]
    homes = {tier: {path.parent.name for path in lecture.depends_on(tier)} for tier in ("full", "smoke")}
    assert {"retrieval", "models", "data"} <= homes["full"] < homes["smoke"] and "mamba" not in homes["smoke"]
    assert not homes["full"] & {"figures", "checks", "work"} and "figures" in homes["smoke"]


@pytest.mark.parametrize("notebook", [n for n in REAL if n.kind == "solution"], ids=lambda notebook: notebook.name)
def test_a_lab_depends_on_its_exercises_and_cases_and_not_on_those_of_others(notebook):
    lab, names = notebook.slug.partition("_")[2], {n.slug.partition("_")[2] for n in REAL if n.kind == "solution"}
    checks = [path.as_posix() for path in notebook.depends_on("smoke") if "checks" in path.parts]
    found = {name for name in names for path in checks if re.search(rf"/{name}[./]", path)}
    assert found == {lab} and any(path.endswith(".gz") for path in checks)
