"""lib/install.py: it explains itself on an old Python, repairs what is half done, and does nothing twice."""

import ast
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "lib" / "install.py"


@pytest.fixture
def house(tmp_path):
    """A small repository of its own: its set-up script, as a module, takes it for its home."""
    (tmp_path / "a house" / "lib").mkdir(parents=True)
    for name in ("pyproject.toml", "constraints.txt", "lib/install.py"):
        (tmp_path / "a house" / name).write_bytes((ROOT / name).read_bytes())
    spec = importlib.util.spec_from_file_location("install", tmp_path / "a house" / "lib" / "install.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def steps(house, monkeypatch):
    """The steps that would run; a new environment is made of links, without any packages."""
    done = []

    def step(what, command):
        done.append(what)
        if command[1:3] == ["-m", "venv"]:
            (house.VENV / "bin").mkdir(parents=True)
            house.PYTHON.symlink_to(sys.executable)
            pip = house.VENV / "lib/python3.11/site-packages/pip/__main__.py"
            pip.parent.mkdir(parents=True)
            pip.touch()

    monkeypatch.setattr(house, "step", step)
    monkeypatch.setattr(house, "TRIED", ("sys",))
    return done


ALL = ["a new environment", "packages: course, grading", "models", "trying them out"]


def run(house, *extras):
    return house.main(list(extras) or ["course", "grading"])


def test_python_3_6_can_read_it():
    ast.parse(SCRIPT.read_text(), feature_version=(3, 6))


def test_it_uses_the_standard_library_only():
    tree = ast.parse(SCRIPT.read_text())
    names = [a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names]
    names += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_the_second_run_does_nothing(house, steps, monkeypatch):
    monkeypatch.setattr(house.subprocess, "call", lambda *_, **__: 0)  # `import llmcourse` there
    assert run(house) == 0 and steps == ALL
    assert run(house) == 0 and steps == ALL


def test_more_extras_are_added_and_fewer_are_there_already(house, steps, monkeypatch):
    monkeypatch.setattr(house.subprocess, "call", lambda *_, **__: 0)
    run(house)
    run(house, "course", "grading", "dev")
    assert steps[4:] == ["packages: course, grading, dev", "models", "trying them out"]
    run(house)
    assert len(steps) == 7


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_list_of_packages_installs_again(house, steps, name):
    run(house)
    (house.ROOT / name).write_text((house.ROOT / name).read_text() + "\n# changed\n")
    run(house)
    assert steps == ALL + ALL[1:]


def test_an_interrupted_install_starts_anew(house, steps, capsys):
    run(house)
    house.UNFINISHED.touch()
    (house.VENV / "rest").touch()
    run(house)
    assert steps == ALL + ALL
    assert not (house.VENV / "rest").exists() and not house.UNFINISHED.exists()
    assert "the last set-up was interrupted" in capsys.readouterr().out


def test_an_interruption_leaves_its_mark(house, steps, monkeypatch):
    def stop(what, command):
        if what.startswith("packages"):
            raise KeyboardInterrupt
        done(what, command)

    done = house.step
    monkeypatch.setattr(house, "step", stop)
    assert run(house) == 130
    assert house.broken() == "the last set-up was interrupted"


def test_a_pip_that_says_no_leaves_what_was_there(house, steps, monkeypatch, capsys):
    run(house)

    def fail(what, command):
        raise house.Stop("no network")

    monkeypatch.setattr(house, "step", fail)
    assert run(house, "course", "grading", "dev") == 1
    assert house.broken() == "" and house.stamp()["extras"] == ["course", "grading"]
    assert "The previous installation still works" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("break_it", "why"),
    [
        (lambda h: h.PYTHON.unlink(), "its Python does not run"),
        (lambda h: (h.VENV / "lib/python3.11/site-packages/pip/__main__.py").unlink(), "it has no pip"),
        (lambda h: h.STAMP.write_text(json.dumps({"root": "/elsewhere"})), "the folder has moved"),
    ],
)
def test_a_broken_environment_is_made_anew(house, steps, break_it, why, capsys):
    run(house)
    break_it(house)
    run(house)
    assert steps == ALL + ALL
    assert why in capsys.readouterr().out


def test_an_environment_of_another_python_is_made_anew(house, steps, monkeypatch):
    run(house)
    monkeypatch.setattr(house, "version_of", lambda _: (3, 9))
    assert house.broken() == "it holds Python 3.9"


# --- which Python


def stub(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def on_python(version, script, path):
    """Run the set-up script as if this interpreter were another version, with another path."""
    pretend = f"import runpy, sys; sys.version_info = {version}; runpy.run_path({str(script)!r}, run_name='__main__')"
    env = {**os.environ, "PATH": os.pathsep.join(map(str, path))}
    return subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True, env=env)


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 2), (3, 14, 0), (4, 0, 0)])
def test_an_unsuitable_python_says_what_is_needed(house, tmp_path, version):
    done = on_python(version, house.__file__, [tmp_path])
    assert done.returncode == 1
    assert "The course needs Python 3.11 to 3.13." in done.stderr
    assert f"This is Python {version[0]}.{version[1]}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not house.VENV.exists()


def test_a_suitable_python_on_the_path_takes_over(house, tmp_path):
    stub(tmp_path / "stubs", "python3.13", "echo no such version; exit 127")  # as version managers leave it
    stub(tmp_path / "real", "python3.12", 'case "$*" in *version_info*) echo 3 12;; *) echo "I go on: $1";; esac')
    done = on_python((3, 9, 0), house.__file__, [tmp_path / "stubs", tmp_path / "real", "/usr/bin", "/bin"])
    assert done.stdout == f"I go on: {house.__file__}\n"


def test_the_range_is_pyprojects(house):
    assert house.supported() == ((3, 11), (3, 14))
    (house.ROOT / "pyproject.toml").write_text('requires-python = ">=3.12,<3.15"')
    assert house.supported() == ((3, 12), (3, 15))


# --- what failed, in words


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError", "no network"),
        ("Temporary failure in name resolution\nERROR: No matching distribution found for torch==2", "no network"),
        ("ERROR: No matching distribution found for torch==2.13.0", "no torch 2.13.0 for this machine"),
        ("ERROR: No matching distribution found for numpy==2.4.6", "no build of a package that constraints.txt pins"),
        ("The virtual environment was not created because ensurepip is not available.", "python3-venv"),
        ("OSError: [Errno 13] Permission denied: '/x'", "must belong to you"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "PIP_CERT"),
        ("Killed", "ran out of memory"),
        ("Something else", ""),
    ],
)
def test_what_failed_is_said_in_words(house, said, advice):
    assert advice in house.cause(said)
    assert bool(house.cause(said)) == bool(advice)


def test_no_network_with_the_real_pip(house, tmp_path):
    """Nothing listens at the registry's address; pip's own words must lead to the right advice."""
    settings = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "1",  # pip names the connection only when it tries again
        "PIP_NO_CACHE_DIR": "1",
    }
    env = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    done = subprocess.run(
        [sys.executable, house.__file__, "course"], capture_output=True, text=True, env={**env, **settings}
    )
    assert done.returncode == 1
    assert "there is no network" in done.stderr
    assert str(house.LOG) in done.stderr and "Connection refused" in house.LOG.read_text()
    assert "a new environment: done" in done.stdout
    assert house.broken() == ""
    assert "Traceback" not in done.stderr


def test_a_step_tells_its_last_line_and_its_seconds(house, capsys):
    house.LOG.parent.mkdir()
    house.LOG.touch()
    with pytest.raises(house.Stop, match="The last line of its output: what a pity"):
        house.step("a step", [sys.executable, "-c", "print('what a pity'); exit(3)"])
    assert "a step: failed" in capsys.readouterr().out
