"""What code depends on is read from its imports, and nothing else."""

import subprocess
import sys

import pytest
from llmcourse import dependencies
from llmcourse.dependencies import data, fingerprint, imported, module_file, sources


@pytest.fixture
def homes(tmp_path):
    """A package `a`, one module of which imports every way there is, and a package `b` that is outside."""
    files = {
        "a/__init__.py": "",
        "a/one.py": "from . import two\nfrom .deep import leaf\nimport os, b.other",
        "a/two.py": "def f():\n    from a.three import thing",
        "a/three.py": "thing = 3",
        "a/alone.py": "",
        "a/deep/__init__.py": "from ..circle import x",
        "a/deep/leaf.py": "",
        "a/deep/words.json": "[]",
        "a/circle.py": "import a.one",
        "a/plain/inner.py": "",
        "b/__init__.py": "import a.alone",
        "b/other.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {"a": tmp_path / "a"}


def names(paths, root):
    return {path.relative_to(root).as_posix() for path in paths}


def test_every_form_of_import_is_followed_within_the_homes(homes, tmp_path):
    want = {"__init__.py", "one.py", "two.py", "three.py", "circle.py", "deep/__init__.py", "deep/leaf.py"}
    assert names(sources("a.one", homes=homes), homes["a"]) == want
    both = names(sources("a.one", homes={**homes, "b": tmp_path / "b"}), tmp_path)
    assert both == {f"a/{name}" for name in want | {"alone.py"}} | {"b/__init__.py", "b/other.py"}


def test_packages_around_a_module_belong_to_it_even_across_a_folder_without_init(homes):
    assert names(sources("a.plain.inner", homes=homes), homes["a"]) == {"__init__.py", "plain/inner.py"}


def test_the_walk_does_not_enter_what_is_left_out(homes):
    found = names(sources("a.one", homes=homes, without=["a.deep", "a.two"]), homes["a"])
    assert found == {"__init__.py", "one.py", "deep/leaf.py"}


def test_a_name_that_is_no_module_is_passed_over(homes):
    assert sources("os", "a.nothing", "c", homes=homes) == {homes["a"] / "__init__.py"}
    assert module_file("a.nothing", homes) is None


def test_imports_of_a_notebook_are_those_of_its_python():
    assert imported("%matplotlib inline\n!ls\nfrom x import y") == {"x", "x.y"}
    with pytest.raises(SyntaxError):
        imported("def")


def test_data_is_what_lies_beside_a_package(homes):
    found = sources("a.one", homes=homes)
    assert data(found) == {homes["a"] / "deep" / "words.json"} and data({homes["a"] / "deep" / "leaf.py"}) == set()


def test_fingerprint_changes_with_content_name_and_version_only(homes, tmp_path, monkeypatch):
    paths = sources("a.one", homes=homes)
    before = fingerprint(paths, root=tmp_path)
    assert before == fingerprint(sorted(paths, reverse=True), root=tmp_path) and len(before) == 16
    assert before != fingerprint(paths, ("torch", "numpy"), tmp_path)
    (homes["a"] / "alone.py").write_text("changed")
    assert before == fingerprint(paths, root=tmp_path)
    assert before != fingerprint({*paths, homes["a"] / "alone.py"}, root=tmp_path)
    (homes["a"] / "three.py").write_text("thing = 4")
    changed = fingerprint(paths, root=tmp_path)
    monkeypatch.setattr(dependencies, "version", lambda package: "99")
    assert len({before, changed, fingerprint(paths, root=tmp_path)}) == 3
    assert fingerprint(paths, root=tmp_path) != fingerprint(paths, root=tmp_path.parent)


def test_a_package_that_is_absent_has_a_fingerprint_too(homes):
    assert fingerprint([], ["no-such-package"]) != fingerprint([], [])


def test_looking_imports_nothing():
    script = (
        "import sys; from llmcourse.dependencies import *; fingerprint(sources('llmcourse.recurrence'));"
        "print([m for m in ('torch', 'numpy', 'llmcourse.recurrence') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
