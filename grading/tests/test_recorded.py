"""A notebook runs at full size again when something changes that its result depends on, and only then."""

import ast
import re
from pathlib import Path

import pytest

from grading import notebooks

from . import recorded, running
from .recorded import Notebook, drawn, due, meaning

REAL = [Notebook(source) for source in notebooks.sources()]

FILES = {
    "pyproject.toml": '[tool.llmcourse]\nweights = ["some-weights>=1"]\n',
    "lib/llmcourse/__init__.py": '"""The course."""\n',
    "lib/llmcourse/runtime.py": '"""Tiers."""\n\ndef pick(full, smoke):\n    return full\n',
    "lib/llmcourse/figures/__init__.py": "from .draw import figure\n",
    "lib/llmcourse/figures/draw.py": "from llmcourse import html\ndef figure():\n    return 1\n",
    "lib/llmcourse/html.py": "escape = str\n",
    "lib/llmcourse/mamba/__init__.py": "from .scan import scan\n",
    "lib/llmcourse/mamba/scan.py": "def scan(x):\n    from llmcourse import data\n    return x\n",
    "lib/llmcourse/mamba/table.json": "[1]",
    "lib/llmcourse/data/__init__.py": "",
    "lib/llmcourse/data/corpus.py": "",
    "lib/llmcourse/data/corpus.json.gz": "of a module that nobody imports",
    "lib/llmcourse/retrieval/__init__.py": "k = 3\n",
    "lectures/records/10_copying.json": "{}",
    "lectures/records/09.json": "{}",
    "lectures/10_mamba.py": "# %% tags=['setup']\ninstall = 1\n\n# %% [markdown]\n# Prose.\n\n# %%\n"
    "from llmcourse import figures, mamba, runtime\n\nmamba.scan(1)\n",
}


@pytest.fixture
def notebook(tmp_path):
    """Lecture 10 of a small course: it imports mamba, which imports data in a function, and figures; not retrieval."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Notebook(tmp_path / "lectures/10_mamba.py", tmp_path)


def changed(notebook, name, *replaced):
    """Whether the notebook would run again after a change: a text put in another's place, or added."""
    path, before = notebook.root / name, notebook.fingerprint()
    text = path.read_text() if path.exists() else ""
    path.write_text(text.replace(*replaced) if replaced else text + "x = 5\n")
    assert path.read_text() != text
    return notebook.fingerprint() != before


@pytest.mark.parametrize(
    "change",
    [
        ("lectures/10_mamba.py", "scan(1)", "scan(2)"),
        ("lib/llmcourse/__init__.py",),
        ("lib/llmcourse/runtime.py", "return full", "return smoke"),
        ("lib/llmcourse/mamba/scan.py", "return x", "return -x"),
        ("lib/llmcourse/mamba/table.json",),
        ("lib/llmcourse/mamba/new.json",),
        ("lib/llmcourse/data/__init__.py",),
        ("lectures/records/10_copying.json",),
        ("pyproject.toml", "some-weights", "other-weights"),
    ],
    ids=str,
)
def test_it_runs_again_after_a_change_of_what_it_depends_on(notebook, change):
    assert changed(notebook, *change)


@pytest.mark.parametrize(
    "change",
    [
        ("lectures/10_mamba.py", "Prose", "Other prose"),
        ("lectures/10_mamba.py", "install = 1", "install = 2"),
        ("lectures/10_mamba.py", "mamba.scan(1)", "mamba.scan( 1 )  # a comment"),
        ("lib/llmcourse/__init__.py", "The course", "This course"),
        ("lib/llmcourse/mamba/scan.py", "def scan(x):", 'def scan(x):\n    """Words."""'),
        ("lib/llmcourse/figures/draw.py", "return 1", "return 1  # a comment"),
        ("lib/llmcourse/figures/draw.py", "return 1", "return 2"),
        ("lib/llmcourse/html.py",),
        ("lib/llmcourse/retrieval/__init__.py",),
        ("lib/llmcourse/data/corpus.json.gz",),
        ("lectures/records/09.json",),
    ],
    ids=str,
)
def test_it_does_not_run_again_after_any_other_change(notebook, change):
    assert not changed(notebook, *change)


def test_it_runs_again_with_another_version_of_a_package(notebook, monkeypatch):
    before = notebook.fingerprint()
    monkeypatch.setattr(recorded.metadata, "version", lambda package: "2.0+cpu")
    two = notebook.fingerprint()
    monkeypatch.setattr(recorded.metadata, "version", lambda package: "2.0")
    assert notebook.fingerprint() == two != before


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


def outcome(monkeypatch, *faults):
    runs = []
    monkeypatch.setattr(running, "run_file", lambda *given: runs.append(given) or running.Run(61.2, faults))
    return runs


def test_a_run_is_recorded_when_asked_and_only_then(notebook, monkeypatch):
    runs = outcome(monkeypatch)
    assert due([notebook], "c", "changed") == [notebook]
    notebook.run(record=False)
    assert not notebook.file.exists() and runs == [(notebook.source, "full")]
    notebook.run(record=True)
    assert notebook.file == notebook.root / "grading/records/notebooks/10_mamba-lecture.json"
    record = notebook.record()
    assert record.keys() == {"notebook", "fingerprint", "seconds", "budget", "date", "machine", "versions"}
    assert (record["notebook"], record["seconds"], record["budget"]) == ("lectures/10_mamba.py", 61, 180)
    assert due([notebook], "c", "changed") == [] and due([notebook], "c", "all") == [notebook]
    assert changed(notebook, "lib/llmcourse/mamba/scan.py") and due([notebook], "c", "changed") == [notebook]


def test_a_fault_is_never_recorded(notebook, monkeypatch):
    outcome(monkeypatch, "cell 0: writes to stderr")
    assert notebook.run(record=True).faults and not notebook.file.exists()


def test_what_changes_during_a_run_is_not_taken_for_what_ran(notebook, monkeypatch):
    change = lambda *_: changed(notebook, "lib/llmcourse/mamba/scan.py") and running.Run(1.0, ())
    monkeypatch.setattr(running, "run_file", change)
    notebook.run(record=True)
    assert not notebook.is_recorded()


# --- those that are drawn


def test_a_commit_draws_the_same_two_and_another_commit_others():
    names = [notebook.name for notebook in REAL]
    assert drawn(names, "abc") == drawn(names[::-1], "abc") and len(drawn(names, "abc")) == 2
    assert [n.name for n in drawn(REAL, "abc")] == drawn(names, "abc")
    assert {name for n in range(200) for name in drawn(names, str(n))} == set(names)


def test_what_is_due_has_changed_or_is_drawn(monkeypatch):
    monkeypatch.setattr(Notebook, "is_recorded", lambda self: self.slug != "08_linear_attention")
    eighth = {notebook for notebook in REAL if notebook.slug == "08_linear_attention"}
    assert set(due(REAL, "abc")) == eighth | set(drawn(REAL, "abc"))
    assert set(due(REAL, "abc", "changed")) == eighth and due(REAL, "abc", "all") == REAL


def test_without_git_the_notebooks_stand_for_the_commit(notebook, monkeypatch):
    monkeypatch.setenv("PATH", "")
    first = recorded.commit(notebook.root)
    assert first == recorded.commit(notebook.root)
    assert changed(notebook, "lectures/10_mamba.py", "scan(1)", "scan(2)") and recorded.commit(notebook.root) != first


# --- the course's own


def test_every_record_belongs_to_a_notebook_and_names_no_place():
    files = {notebook.file: notebook for notebook in REAL}
    for path in (notebooks.ROOT / recorded.RECORDS).glob("*"):
        assert files[path].record()["notebook"] == files[path].name
        assert not re.search(r"/(home|root|tmp|work|Users)\b", path.read_text())


@pytest.mark.parametrize("notebook", REAL, ids=lambda notebook: notebook.name)
def test_a_notebook_loads_only_records_of_its_number(notebook):
    """By its number its records are known to belong to it."""
    for node in ast.walk(ast.parse("\n".join(notebook.code()))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "records.load":
            (argument,) = node.args
            assert isinstance(argument, ast.Constant) and argument.value.startswith(notebook.slug[:2])


def test_a_lecture_depends_on_its_topic_and_not_on_others():
    homes = {path.parent.name for n in REAL if n.slug == "12_rag" for path in n.depends_on()}
    assert {"retrieval", "models", "data"} <= homes and not homes & {"mamba", "figures", "checks", "work"}
    assert all(Path(path).exists() for n in REAL for path in n.depends_on())
