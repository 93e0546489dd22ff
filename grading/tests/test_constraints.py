"""constraints.txt is what is installed, walked from what pyproject.toml asks for."""

from importlib import metadata

import pytest
from packaging.requirements import Requirement

from grading.authoring import constraints
from grading.commands import main


class Installed:
    """A package as its metadata describes it."""

    def __init__(self, version, requires=(), python=""):
        self.version, self.requires, self.metadata = version, list(requires), {"Requires-Python": python}


@pytest.fixture
def packages(monkeypatch):
    here = {
        "a": Installed("1.0", ["b>=2", 'c; extra == "fast"', 'gone; python_version < "3"', "pip"]),
        "b": Installed("2.1+cpu", ["a", "nvidia-x"]),
        "c": Installed("3", ["d[more]"], ">=3.11.5"),
        "d": Installed("4", ['e; extra == "more"'], ">=3.9,<4"),
        "e": Installed("5"),
        "pip": Installed("23"),
        "nvidia-x": Installed("1"),
        "model": Installed("0.1", ["compilers"]),
    }

    def distribution(name):
        if name not in here:
            raise metadata.PackageNotFoundError(name)
        return here[name]

    monkeypatch.setattr(constraints.metadata, "distribution", distribution)
    monkeypatch.setattr(constraints, "weights", lambda: [Requirement("model>=0.1")])
    monkeypatch.setattr(constraints, "asked", lambda: [Requirement("a")])
    return here


def test_what_is_needed_is_pinned_and_builds_of_one_system_are_not(packages):
    assert list(constraints.lines()) == ["a==1.0", "b==2.1", "model==0.1"]


def test_extras_are_followed(packages, monkeypatch):
    monkeypatch.setattr(constraints, "asked", lambda: [Requirement("a"), Requirement("a[fast]")])
    found = list(constraints.lines())
    assert found == ["a==1.0", "b==2.1", 'c==3; python_full_version >= "3.11.5"', "d==4", "e==5", "model==0.1"]


def test_what_is_not_installed_is_named_and_nothing_is_written(packages, monkeypatch, tmp_path, capsys):
    del packages["b"]
    monkeypatch.setattr(constraints, "FILE", tmp_path / "constraints.txt")
    assert main(["constraints"]) == 1
    assert "b is not installed" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_second_run_changes_nothing(packages, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(constraints, "FILE", tmp_path / "constraints.txt")
    assert main(["constraints"]) == 0 and "3 lines changed" in capsys.readouterr().out
    before = constraints.FILE.read_bytes()
    assert main(["constraints"]) == 0 and "0 lines changed" in capsys.readouterr().out
    assert constraints.FILE.read_bytes() == before


def test_a_mistyped_argument_writes_nothing(packages, monkeypatch, tmp_path):
    monkeypatch.setattr(constraints, "FILE", tmp_path / "constraints.txt")
    with pytest.raises(SystemExit):
        main(["constraints", "--chek"])
    assert not list(tmp_path.iterdir())
