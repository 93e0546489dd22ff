"""What `make test-pythons` and the workflow try: every Python that pyproject.toml allows."""

from pathlib import Path

import yaml

from lib import install
from lib.tests import pythons

ROOT = Path(__file__).parents[2]


def fake(folder, name, version):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho {version.replace('.', ' ')}\n")
    (folder / name).chmod(0o755)
    return str(folder / name)


def test_each_version_is_tried_once_wherever_it_is(tmp_path, monkeypatch):
    one = fake(tmp_path / "bin", "python3", "3.11.2")
    fake(tmp_path / "bin", "python3.11", "3.11.2")
    fake(tmp_path / "bin", "python3.13", "is not installed")  # as version managers leave it
    fake(tmp_path / "bin", "python3.10", "3.10.4")
    two = fake(tmp_path / "pyenv/3.13.0/bin", "python3.13", "3.13.0")
    fake(tmp_path / "pyenv/3.14.0/bin", "python3", "3.14.0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/nowhere")
    monkeypatch.setattr(pythons, "VERSIONS", (str(tmp_path / "pyenv"),))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    found = pythons.found()
    monkeypatch.undo()
    assert pythons.distinct(found) == {"3.11.2": one, "3.13.0": two}


def test_the_workflow_tries_them_all():
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    lowest, beyond = install.supported()
    job = flow["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == [f"3.{minor}" for minor in range(lowest[1], beyond[1])]
    assert "make test-pythons PYTHON=python PYTHONS=python" in [step.get("run") for step in job["steps"]]
    assert flow["jobs"]["debian"]["container"] == "debian:12"  # has the oldest Python that a distribution ships
