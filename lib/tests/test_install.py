"""lib/install.py: it explains itself on an old Python, repairs what is half done, and does nothing twice."""

import ast
import importlib.util
import json
import os
import subprocess
import sys
import zipfile
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

    def step(what, command, settings=()):
        done.append(what)
        if "venv" in command:
            (house.VENV / "bin").mkdir(parents=True)
            house.PYTHON.symlink_to(sys.executable)
        if "ensurepip" in command:
            pip = house.VENV / "lib/python3.11/site-packages/pip/__main__.py"
            pip.parent.mkdir(parents=True)
            pip.touch()

    monkeypatch.setattr(house, "step", step)
    monkeypatch.setattr(house, "network", dict)
    return done


ALL = ["a new environment", "pip", "packages: course, grading", "models", "trying them out"]


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
    assert steps[len(ALL) :] == ["packages: course, grading, dev", "models", "trying them out"]
    run(house)
    assert len(steps) == len(ALL) + 3


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_list_of_packages_installs_again(house, steps, name):
    run(house)
    (house.ROOT / name).write_text((house.ROOT / name).read_text() + "\n# changed\n")
    run(house)
    assert steps == ALL + ALL[2:]


def test_an_interrupted_install_starts_anew(house, steps, capsys):
    run(house)
    house.UNFINISHED.touch()
    (house.VENV / "rest").touch()
    run(house)
    assert steps == ALL + ALL
    assert not (house.VENV / "rest").exists() and not house.UNFINISHED.exists()
    assert "the last set-up was interrupted" in capsys.readouterr().out


def test_an_interruption_leaves_its_mark(house, steps, monkeypatch):
    def stop(what, *rest):
        if what.startswith("packages"):
            raise KeyboardInterrupt
        done(what, *rest)

    done = house.step
    monkeypatch.setattr(house, "step", stop)
    assert run(house) == 130
    assert house.broken() == "the last set-up was interrupted"


def test_a_pip_that_says_no_leaves_what_was_there(house, steps, monkeypatch, capsys):
    run(house)

    def fail(*_):
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
    monkeypatch.setattr(house, "version_of", lambda _: (3, 9, 1))
    assert house.broken() == "it holds Python 3.9.1"


def test_an_environment_whose_python_is_older_now_is_made_anew(house, steps, monkeypatch):
    """soupsieve 4.1.3 fails on Python 3.11.2. pip knows, and takes an older one there, but has to be asked."""
    monkeypatch.setattr(house, "version_of", lambda _: (3, 11, 7))
    run(house)
    monkeypatch.setattr(house, "version_of", lambda _: (3, 11, 9))
    assert house.broken() == ""
    monkeypatch.setattr(house, "version_of", lambda _: (3, 11, 2))
    assert house.broken() == "it was set up with Python 3.11.7, and holds 3.11.2 now"


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
    stub(tmp_path / "real", "python3.12", 'case "$*" in *version_info*) echo 3 12 1;; *) echo "I go on: $1";; esac')
    done = on_python((3, 9, 0), house.__file__, [tmp_path / "stubs", tmp_path / "real", "/usr/bin", "/bin"])
    assert done.stdout == f"I go on: {house.__file__}\n"


def test_the_range_is_pyprojects(house):
    assert house.supported() == ((3, 11), (3, 14))
    (house.ROOT / "pyproject.toml").write_text('requires-python = ">=3.12,<3.15"')
    assert house.supported() == ((3, 12), (3, 15))


# --- what failed, in words

VENV = f"python3.{sys.version_info.minor}-venv"


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError", "no network"),
        ("Temporary failure in name resolution\nERROR: No matching distribution found for torch==2", "no network"),
        ("ERROR: No matching distribution found for torch==2.13.0", "no torch 2.13.0 for this machine"),
        ("ERROR: No matching distribution found for numpy==2.4.6", "no build of a package that constraints.txt pins"),
        # as Debian's `python3 -m venv` breaks its lines
        ("The virtual environment was not created successfully because ensurepip is not\navailable.  On", f"{VENV}`"),
        ("/home/ada/llmcourse/.venv/bin/python: No module named ensurepip", f"sudo apt install {VENV}`"),
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


# --- other people's settings


def test_a_python_without_ensurepip_is_told_what_to_install(house, monkeypatch, capsys):
    """As on Debian without python3-venv. Python's own `venv` does not say what is missing."""
    hidden, real = "import sys, runpy; sys.modules['ensurepip'] = None; runpy.run_module('ensurepip')", house.step
    without = lambda command: [command[0], "-c", hidden] if "ensurepip" in command else command
    monkeypatch.setattr(house, "step", lambda what, command, *rest: real(what, without(command), *rest))
    assert run(house) == 1
    said = capsys.readouterr().err
    assert "its module venv or ensurepip is missing" in said and f"`sudo apt install {VENV}`" in said
    assert house.broken() == "it has no pip"


@pytest.fixture
def with_pip(house):
    """An environment with a pip, and nothing else."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", house.VENV], check=True)
    for path in house.VENV.glob("lib/python3*/site-packages"):
        (path / "pip.pth").write_text(str(Path(importlib.util.find_spec("pip").origin).parents[1]) + "\n")
    return house


def settings(monkeypatch, file, text, **variables):
    """pip's settings, in a file of the user's and in variables."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    file.write_text(text)
    for name, value in {"PIP_CONFIG_FILE": str(file), **variables}.items():
        monkeypatch.setenv(name, value)


def test_of_pips_settings_only_those_about_the_network_count(with_pip, tmp_path, monkeypatch):
    text = "[global]\nuser = true\nquiet = 2\ntarget = /elsewhere\ntimeout = 7\nproxy = http://a:1\n"
    text += "[install]\nno-deps = true\nrequire-hashes = true\n"
    text += "index-url = https://of.install/simple\nfind-links =\n    /one\n    /two\n"
    settings(monkeypatch, tmp_path / "pip.conf", text, PIP_PREFIX="/elsewhere", PIP_PROXY="http://b:2")
    found = with_pip.network()
    assert found.pop("PIP_FIND_LINKS").split() == ["/one", "/two"]
    want = {"PIP_TIMEOUT": "7", "PIP_PROXY": "http://b:2", "PIP_INDEX_URL": "https://of.install/simple"}
    assert {name: value for name, value in found.items() if name in want} == want
    assert not {"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_NO_DEPS", "PIP_REQUIRE_HASHES"} & set(found)


def test_settings_that_pip_cannot_read_are_named(with_pip, tmp_path, monkeypatch):
    settings(monkeypatch, tmp_path / "pip.conf", "user = true\n")
    with pytest.raises(with_pip.Stop, match=r"pip cannot read its settings[^$]*pip\.conf"):
        with_pip.network()


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("[global]\nuser = true\n", {}),
        ("[install]\ntarget = /proc/elsewhere\n", {}),
        ("[global]\nrequire-hashes = true\n", {}),
        ("", {"PIP_USER": "1", "PYTHONPATH": "/elsewhere", "PYTHONHOME": "/elsewhere"}),
        ("[global]\nno-deps = true\ndry-run = true\n", {"PIP_PREFIX": "/proc/elsewhere"}),
    ],
)
def test_pip_installs_here_whatever_the_user_has_set(with_pip, tmp_path, monkeypatch, text, variables):
    (tmp_path / "package").mkdir()
    wheel(tmp_path / "package" / "dependency-1-py3-none-any.whl", "dependency")
    wheel(tmp_path / "package" / "wanted-1-py3-none-any.whl", "wanted", "Requires-Dist: dependency\n")
    settings(monkeypatch, tmp_path / "pip.conf", text, PIP_FIND_LINKS=str(tmp_path / "package"), **variables)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with_pip.LOG.parent.mkdir()
    with_pip.LOG.touch()
    with_pip.step("packages", [*with_pip.PIP_INSTALL, "wanted"], with_pip.network())
    with_pip.step("trying", [str(with_pip.PYTHON), "-I", "-c", "import wanted, dependency"])


def wheel(path, name, requires=""):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{name}.py", "")
        file.writestr(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{requires}")
        file.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{name}-1.dist-info/RECORD", "")
