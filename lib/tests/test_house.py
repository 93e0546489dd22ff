"""The files at the root agree with each other: conda and pip, the Makefile and its help, the licences."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.fixture(scope="module")
def conda():
    return yaml.safe_load((ROOT / "environment.yml").read_text())


def test_conda_brings_the_python_that_pyproject_asks_for(conda):
    (python,) = [Requirement(line) for line in conda["dependencies"] if str(line).startswith("python")]
    assert python.specifier == SpecifierSet(PROJECT["project"]["requires-python"])


def test_conda_leaves_every_package_to_pyproject(conda):
    _, pip, packages = conda["dependencies"]
    assert pip == "pip"
    assert packages == {"pip": ["-e .[course,grading]"]}
    assert set(conda) == {"name", "channels", "dependencies"}


def test_conda_and_make_lab_install_the_same_extras(conda):
    (extras,) = re.findall(r"^setup:\n\t@\$\(INSTALL\) ([\w ]+)$", MAKEFILE, re.M)
    assert conda["dependencies"][-1]["pip"] == [f"-e .[{','.join(extras.split())}]"]
    assert set(extras.split()) <= set(PROJECT["project"]["optional-dependencies"])


PINS = [Requirement(line) for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
DECLARED = [
    Requirement(line)
    for lines in (PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values())
    for line in lines
    if not line.startswith("llmcourse")
] + [Requirement(line) for line in PROJECT["tool"]["llmcourse"]["weights"]]


def test_every_pin_is_exact_and_stands_once():
    names = [canonicalize_name(pin.name) for pin in PINS]
    assert names == sorted(set(names))
    for pin in PINS:
        (only,) = pin.specifier
        assert only.operator == "==" and "+" not in only.version and "*" not in only.version and not pin.extras


def test_every_pin_fits_the_range():
    pinned = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in PINS}
    for asked in DECLARED:
        assert asked.specifier.contains(pinned[canonicalize_name(asked.name)]), asked


def test_what_is_declared_is_pinned_for_every_python():
    """A marker excludes Pythons that a version does not support; what the course itself requires supports them all."""
    pinned = {canonicalize_name(pin.name): pin for pin in PINS}
    assert {canonicalize_name(asked.name) for asked in DECLARED} <= pinned.keys()
    for asked in DECLARED:
        assert pinned[canonicalize_name(asked.name)].marker is None, asked


def test_torch_has_one_version_and_no_build():
    (torch,) = [pin for pin in PINS if pin.name == "torch"]
    assert str(torch) == "torch==2.13.0"


def test_no_pin_is_of_one_system():
    assert not [pin.name for pin in PINS if re.match(r"nvidia|cuda|triton|pip$|llmcourse", pin.name)]


def test_colab_knows_nothing_of_the_pins():
    notebooks = [*ROOT.glob("lectures/*.ipynb"), *ROOT.glob("labs/*/lab.ipynb")]
    assert notebooks and not [path.name for path in notebooks if "constraints" in path.read_text(encoding="utf-8")]


def test_make_alone_lists_every_target():
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True).stdout
    listed = set(re.findall(r"^  make ([a-z-]+) ", said, re.M))
    targets = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.M)) - {"setup", "setup-dev"}
    assert listed == targets
    assert {"lab", "test", "test-all", "grade", "kill", "notebooks", "labs", "record"} <= listed
    assert {"update-labs", "submit", "reset", "progress", "clean", "help"} <= listed


@pytest.mark.parametrize("target", sorted(set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.M))))
def test_every_recipe_can_be_expanded(target):
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_settings_for_another_python_reach_no_command(tmp_path):
    """Neither the set-up, nor any other command, nor the notebooks that JupyterLab starts."""
    (tmp_path / "Makefile").write_text(MAKEFILE + "\nshown:\n\t@env\n")
    foreign = {
        "PYTHONPATH": "/x",
        "PYTHONHOME": "/x",
        "PYTHONOPTIMIZE": "2",
        "PYTHONSTARTUP": "/x",
        "JUPYTER_PATH": "/x",
    }
    env = os.environ | foreign | {"PYTHON": sys.executable, "PYTHONUTF8": "0", "JUPYTER_TOKEN": "mine"}
    said = subprocess.run(["make", "shown"], cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout
    found = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    assert not foreign.keys() & found.keys()
    assert (found["PYTHONUTF8"], found["PYTHONNOUSERSITE"], found["JUPYTER_TOKEN"]) == ("1", "1", "mine")


def test_clean_spares_work_and_what_was_handed_in():
    done = subprocess.run(["make", "--dry-run", "clean"], cwd=ROOT, capture_output=True, text=True)
    removed = done.stdout.replace("-name __pycache__ -type d", "").split()
    assert not {"work", "work/", "grading/submitted", "grading/gradebook.db"} & set(removed)


def test_ci_runs_both():
    script = (ROOT / ".ci" / "run").read_text()
    assert script.rstrip().endswith("make test\nmake test-all")
    assert subprocess.run(["bash", "-n", ROOT / ".ci" / "run"]).returncode == 0


def test_hooks_are_local():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repo["repo"] for repo in hooks["repos"]] == ["local"]
    assert {"codespell", "prose"} <= {hook["id"] for repo in hooks["repos"] for hook in repo["hooks"]}


def test_the_citation_names_this_version_and_the_deck():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["cff-version"] == "1.2.0" and cited["version"] == PROJECT["project"]["version"]
    assert cited["license"] == PROJECT["project"]["license"]
    assert cited["references"][0]["authors"][0]["family-names"] == "Nikolenko"


@pytest.mark.parametrize("form", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda p: p.stem)
def test_forms_for_issues_are_whole(form):
    found = yaml.safe_load(form.read_text())
    if form.stem != "config":
        assert {"name", "description", "body"} <= found.keys()
        for field in found["body"]:
            assert field["type"] in ("input", "textarea") and field["attributes"]["label"]


def test_the_container_has_a_python_that_is_supported_and_uses_the_same_commands():
    said = (ROOT / "Dockerfile").read_text()
    python = re.search(r"^FROM python:([\d.]+)", said, re.M)[1]
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(python)
    assert "make setup" in said and '"make", "lab"' in said
    development = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert (ROOT / ".devcontainer" / development["build"]["dockerfile"]).resolve() == ROOT / "Dockerfile"


def test_code_and_texts_have_a_licence():
    assert "MIT License" in (ROOT / "LICENSE").read_text()
    assert PROJECT["project"]["license"] == "MIT"
    assert "CC BY 4.0" in (ROOT / "LICENSE-texts.md").read_text()
