"""`make lab` in a fresh clone: from nothing to the start page, and in a moment the second time."""

import asyncio
import inspect
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path

import nbformat
import nbformat.sign
import psutil
import pytest
from llmcourse import start
from llmcourse.lecture_kernels import LectureKernels
from llmcourse.work import folder

from lib.tests.terminal import Lab, Terminal, free_port, outside

ROOT = Path(__file__).parents[2]
LIB = str(ROOT / "lib")


def test_what_the_user_asks_of_jupyterlab_wins(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(start.os, "execv", lambda program, argv: started.extend(argv))
    monkeypatch.setattr(folder, "root", lambda: tmp_path)
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/mine")
    monkeypatch.chdir(tmp_path)
    start.main(["--port=9999"])
    assert not (tmp_path / "elsewhere").exists(), "a student's bundle has no grading"
    (tmp_path / "nbgrader_config.py").touch()
    start.main(["--port=9999"])
    assert started[:3] == [sys.executable, "-m", "jupyterlab"]
    assert started[-1] == "--port=9999"
    assert (tmp_path / "elsewhere" / "exchange").is_dir()


@pytest.mark.parametrize(
    ("mode", "pairs", "panels"), [("study", False, False), ("teach", False, True), ("write", True, True)]
)
def test_students_get_no_pairs_and_no_panels_for_instructors(monkeypatch, mode, pairs, panels):
    """As Jupyter itself reads the settings."""
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/mine")
    path = start.config_path(mode)
    assert path.endswith("/mine")
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", path)
    script = """
        import json
        from jupyter_core.paths import jupyter_config_path
        from jupyter_server.services.config import ConfigManager
        from jupyterlab_server.config import get_page_config
        server = ConfigManager(read_config_path=jupyter_config_path()).get("jupyter_server_config")
        print(json.dumps([server["ServerApp"]["jpserver_extensions"], get_page_config([])]))
        """
    done = subprocess.run([sys.executable, "-c", inspect.cleandoc(script)], capture_output=True, text=True, check=True)
    extensions, page = json.loads(done.stdout)
    assert extensions["jupyterlab_jupytext"] is pairs and extensions["nbgrader.server_extensions.formgrader"]
    disabled = str(page.get("disabledExtensions", []))
    assert ("@jupyter/nbgrader:formgrader" not in disabled) is panels and "validate-assignment" not in disabled


def test_the_mode_is_not_passed_on(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(start.os, "execv", lambda program, argv: started.extend(argv))
    monkeypatch.setattr(folder, "root", lambda: tmp_path)
    for name in ("PATH", "JUPYTER_CONFIG_PATH"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    monkeypatch.chdir(tmp_path)
    start.main(["--write", "--port=9999"])
    assert "--write" not in started and started[-1] == "--port=9999"
    assert os.environ["JUPYTER_CONFIG_PATH"] == start.config_path("write")


def test_the_start_page_shows_what_passes_before_anything_is_run(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    page = tmp_path / start.PAGE
    cells = [nbformat.v4.new_code_cell(text) for text in ("work.progress()", "1 + 1")]
    folder.write(page, nbformat.v4.new_notebook(cells=cells))
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "lectures").mkdir()
    for _ in range(2):
        start.show_progress(page)
    notebook = nbformat.read(page, 4)
    (shown,) = notebook.cells[0].outputs
    assert "Go on with exercise 1" in shown.data["text/html"] and notebook.cells[1].outputs == []
    assert nbformat.sign.NotebookNotary().check_signature(notebook)
    start.show_progress(tmp_path / "missing" / "page.ipynb")  # a course without it opens all the same


def test_a_lectures_kernel_ends_when_it_was_idle_for_an_hour_and_a_labs_does_not(tmp_path):
    async def left_after(hours):
        kernels = LectureKernels(root_dir=str(tmp_path))
        started = {place: await kernels.start_kernel(path=place) for place in ("work/lectures", "work/08_x")}
        for kernel in started.values():
            kernels.get_kernel(kernel).last_activity -= timedelta(hours=hours)
            kernels.get_kernel(kernel).execution_state = "idle"
        await kernels.cull_kernels()
        left = {place for place, kernel in started.items() if kernel in kernels}
        await kernels.shutdown_all(now=True)
        return left

    for place in ("work/lectures", "work/08_x"):
        (tmp_path / place).mkdir(parents=True)
    assert asyncio.run(left_after(0.9)) == {"work/lectures", "work/08_x"}
    assert asyncio.run(left_after(1.1)) == {"work/08_x"}


def test_a_home_that_cannot_be_written_is_not_needed(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert start.folders(tmp_path) == {}
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    monkeypatch.setenv("IPYTHONDIR", "/mine")
    monkeypatch.delenv("JUPYTER_CONFIG_DIR", raising=False)
    found = start.folders(tmp_path)
    assert found["IPYTHONDIR"] == "/mine" and found["JUPYTER_CONFIG_DIR"] == str(tmp_path / ".jupyter" / "config")


def test_without_a_display_no_browser_is_opened(tmp_path, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(start.sys, "platform", "linux")
    assert "--no-browser" in start.settings(tmp_path)
    monkeypatch.setenv("DISPLAY", ":0")
    assert "--no-browser" not in start.settings(tmp_path)


def test_without_jupyterlab_it_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda _: None)
    assert start.main([]) == 1
    assert "make lab" in capsys.readouterr().err


@pytest.mark.slow
def test_closing_the_terminal_ends_jupyterlab_and_its_kernels(tmp_path):
    place, port = tmp_path / "course", free_port()
    (place / "lectures").mkdir(parents=True)
    (place / "pyproject.toml").touch()
    options = [f"--port={port}", "--no-browser", "--IdentityProvider.token=x", "--ServerApp.port_retries=0"]
    terminal = Terminal([sys.executable, "-m", "llmcourse", "lab", *options], place, outside(PYTHONPATH=LIB))
    kernel = f"http://127.0.0.1:{port}/api/kernels?token=x"
    for _ in range(600):
        try:
            urllib.request.urlopen(urllib.request.Request(kernel, method="POST"), timeout=60)
            break
        except urllib.error.URLError:
            assert terminal.process.is_running(), terminal.said()
            time.sleep(0.1)
    family = terminal.family()
    assert len(family) >= 2
    terminal.close()
    assert psutil.wait_procs(family, timeout=20)[1] == []


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    place = tmp_path_factory.mktemp("fresh") / "a clone with spaces"
    subprocess.run(["git", "clone", "--quiet", ROOT, place], check=True)
    return place


@pytest.mark.slow
def test_make_lab_is_the_first_command(clone):
    lab = Lab(clone)
    try:
        assert lab.address, lab.said
        assert lab.address.endswith(f"/lab/tree/{start.PAGE}")
        page = lab.get(f"/lab/tree/{start.PAGE}")
        settings = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.S).group(1))
        assert "@jupyter/nbgrader" in [extension["name"] for extension in settings["federated_extensions"]]
        assert settings["news"] == {"disabled": True}
        assert json.loads(lab.get(f"/api/contents/{start.PAGE}"))["type"] == "notebook"
        assignments = json.loads(lab.get("/formgrader/api/assignments"))
        assert "08_linear_attention" in [assignment["name"] for assignment in assignments]
        assert json.loads(lab.get("/api/contents/work/08_linear_attention/08_lab.ipynb"))["type"] == "notebook"
    finally:
        said = lab.stop()
    assert "Traceback" not in said


@pytest.mark.slow
def test_the_second_time_it_only_starts(clone):
    mine = clone / "work" / "08_linear_attention" / "08_lab.ipynb"
    notebook = folder.read(mine)
    notebook["cells"][0]["source"] = "# mine"
    folder.write(mine, notebook)
    before = mine.read_bytes()
    lab = Lab(clone)
    lab.stop()
    assert lab.address, lab.said
    assert "Setting up the course" not in lab.said
    assert mine.read_bytes() == before


@pytest.mark.slow
def test_the_other_student_targets_work_there(clone):
    for target in (
        ["health"],
        ["progress"],
        ["submit", "LAB=8"],
        ["update-labs"],
        ["reset", "LAB=8", "EXERCISE=decode-step"],
    ):
        done = subprocess.run(["make", *target], cwd=clone, env=outside(), capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (clone / "work" / "08_linear_attention.zip").exists()
    done = subprocess.run(["git", "status", "--short"], cwd=clone, capture_output=True, text=True)
    assert done.stdout == ""
