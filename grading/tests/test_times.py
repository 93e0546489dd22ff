"""The projection to fifteen modules: what belongs to a module grows, the rest and the drawn notebooks do not."""

import json
import subprocess
import sys

import pytest

from . import times


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("lib/tests/test_zoo.py::test_any", True),
        ("lib/tests/test_retrieval.py::test_any[3]", True),
        ("lib/tests/test_house.py::test_any", False),
        ("lib/tests/test_records.py::test_committed_records_name_no_place[08]", True),
        ("grading/tests/test_release.py::test_any[08_linear_attention]", True),
        ("grading/tests/test_release.py::test_any[feature-map]", False),
        ("grading/tests/test_release.py::test_any[decode-step]", True),
        ("grading/tests/attacks/test_attacks.py::test_an_attack_gets_nothing[READING: the whole tree]", False),
    ],
)
def test_what_grows_with_modules(test, expected):
    assert times.grows(test) is expected


SMALL = """
import time, pytest

def test_works():
    time.sleep(0.2)

def test_is_skipped():
    pytest.skip("nothing to do")
"""


SHOW_GROUPS = """

def pytest_collection_finish(session):
    for item in session.items:
        print("group", item.nodeid, item.get_closest_marker("xdist_group").args[0])
"""


def phase(notebooks):
    """A run of pytest on two workers: 100 s that stay, 40 s that grow, and notebooks at smoke, 10 s each."""
    tests = {"lib/tests/test_house.py::test_a": [100, 90], "lib/tests/test_zoo.py::test_b": [40, 40]}
    tests |= {f"{times.SMOKE}[lectures/{n}.py]": [10, 9] for n in range(notebooks)}
    return {"wall": (140 + 10 * notebooks) / 2, "tests": tests}


def test_drawn_notebooks_stay_and_what_is_not_pytests_grows():
    measured, now, later, all_later = times.projected(phase(6), 110, 2)
    assert measured == 110  # 100 of pytest's, 10 of other commands
    assert now == pytest.approx(10 + (140 + 2 * 10) / 2)
    assert later == pytest.approx(20 + (100 + 80 + 2 * 10) / 2)
    assert all_later == pytest.approx(20 + (100 + 80 + 12 * 10) / 2)


def test_fewer_notebooks_than_are_drawn_are_all_that_ran():
    measured, now, *_ = times.projected(phase(1), 75, 2)
    assert now == pytest.approx(measured)


def test_the_page_has_every_file_and_is_printed_unless_it_is_to_be_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(times, "FOLDER", tmp_path)
    monkeypatch.setattr(times, "TABLE", times.ROOT / "grading" / "no-such-table.md")
    for name in times.COMMANDS:
        (tmp_path / f"{name}.json").write_text(json.dumps(phase(2)))
        for mark in ("begin", "end"):
            (tmp_path / f"{name}-{mark}").touch()
    assert times.walls().keys() == times.COMMANDS.keys()
    (tmp_path / "begin").touch()
    assert times.walls().keys() == {"set-up", *times.COMMANDS}
    assert times.main([]) == 0
    out = capsys.readouterr().out
    assert "Written by `make times` on " in out and "| 100 | 90 | 0% | lib/tests/test_house.py | `make test` |" in out
    assert "| 40 | 40 | 100% | lib/tests/test_zoo.py | `make test-all` |" in out
    assert not times.TABLE.exists()
    assert times.main(["--wrong"]) == 2


def test_pytest_writes_the_seconds_of_every_test_that_ran(tmp_path):
    (tmp_path / "conftest.py").write_text((times.ROOT / "conftest.py").read_text())
    (tmp_path / "test_small.py").write_text(SMALL)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--times=times.json", "test_small.py"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    written = json.loads((tmp_path / "times.json").read_text())
    [(test, (seconds, cpu))] = written["tests"].items()
    assert test == "test_small.py::test_works" and 0.2 <= seconds <= written["wall"] and cpu < 5


def test_slow_tests_that_a_busy_machine_makes_fail_share_a_worker(tmp_path):
    """By conftest's groups: one for these files, one for each notebook, one for each other file."""
    (tmp_path / "conftest.py").write_text((times.ROOT / "conftest.py").read_text() + SHOW_GROUPS)
    test = "import pytest\n@pytest.mark.slow\ndef test_a():\n    pass\n\ndef test_b():\n    pass\n"
    notebook = '@pytest.mark.parametrize("notebook", ["x", "y"])\ndef test_runs_at_tier_full(notebook):\n    pass\n'
    for name in ("test_attacks", "test_browser", "test_faults"):
        (tmp_path / f"{name}.py").write_text(test)
    (tmp_path / "test_running.py").write_text("import pytest\n" + notebook)
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    groups = dict(line.split()[1:] for line in done.stdout.splitlines() if line.startswith("group "))
    assert groups == {
        "test_attacks.py::test_a": "timed",
        "test_attacks.py::test_b": "test_attacks",
        "test_browser.py::test_a": "timed",
        "test_browser.py::test_b": "test_browser",
        "test_faults.py::test_a": "test_faults",
        "test_faults.py::test_b": "test_faults",
        "test_running.py::test_runs_at_tier_full[x]": "test_runs_at_tier_full[x]",
        "test_running.py::test_runs_at_tier_full[y]": "test_runs_at_tier_full[y]",
    }, done.stdout + done.stderr


def test_a_file_stays_on_one_worker(tmp_path):
    """With its fixtures: tests of a file build on each other's work."""
    (tmp_path / "conftest.py").write_text((times.ROOT / "conftest.py").read_text())
    for name in ("one", "two"):
        lines = ["import os", f"def test(): open('{name}', 'a').write(os.environ['PYTEST_XDIST_WORKER'] + '\\n')"]
        again = [f"test_{i} = test" for i in range(6)]
        (tmp_path / f"test_{name}.py").write_text("\n".join(lines + again))
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    workers = [set((tmp_path / name).read_text().split()) for name in ("one", "two")]
    assert sorted(map(len, workers)) == [1, 1] and workers[0] != workers[1]
