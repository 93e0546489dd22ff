"""A record names what ran, and is written whole or not at all."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from llmcourse import course, records, verdicts
from llmcourse.records import __main__ as command
from llmcourse.records import trials

DECLARED = [name for module in course.MODULES for name in command.experiments(module)]


@pytest.fixture
def experiment(monkeypatch, tmp_path):
    """A library experiment "08_quick" that takes no time, and the file of its record."""
    monkeypatch.setattr(records, "DECLARED", dict(records.DECLARED))
    monkeypatch.setattr(records, "path", lambda name: tmp_path / f"{name}.json")
    monkeypatch.setattr(command, "_dirty", lambda: [])
    declare(lambda: {"answer": 42})
    return tmp_path / "08_quick.json"


def declare(function):
    """Replaces the one that was declared before."""
    function.__module__ = "llmcourse.recurrence.experiments"
    records.DECLARED.pop("08_quick", None)
    return records.record("08_quick")(function)


def test_a_record_is_run_and_read(experiment):
    assert command.main(["08_quick"]) == 0
    record = records.load("08_quick")
    assert record["answer"] == 42 and record["made"]["command"] == "make record NN=08_quick"
    assert records.made(record).startswith(f"Record of {record['made']['date']}: `make record NN=08_quick`")


def test_commit_is_the_one_that_ran(experiment, monkeypatch):
    now = ["before"]
    monkeypatch.setattr(command, "_commit", lambda: now[0])
    monkeypatch.setattr(command, "fingerprint", lambda *_: now[0])
    declare(lambda: now.__setitem__(0, "after") or {})
    command.main(["08_quick"])
    made = records.load("08_quick")["made"]
    assert made["commit"] == made["fingerprint"] == "before"


def test_the_commit_exists_and_is_unknown_without_git(monkeypatch):
    found = command._commit()
    if found != "unknown":  # in a clone
        assert re.fullmatch("[0-9a-f]{12,}", found)
    monkeypatch.setenv("PATH", "")
    assert command._commit() == "unknown" and command._dirty() == []


@pytest.fixture
def repository(monkeypatch, tmp_path):
    """A library of one file and one record, committed."""
    if not shutil.which("git"):
        pytest.skip("there is no git")
    (tmp_path / "recorded").mkdir()
    for name in ("one.py", "recorded/08.json"):
        (tmp_path / name).write_text("1")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tmp_path, check=True)
    monkeypatch.setattr(command, "LIBRARY", tmp_path)
    return tmp_path


def test_only_code_makes_a_library_dirty(repository):
    (repository / "recorded" / "08.json").write_text("2")
    (repository / "recorded" / "09.json").write_text("2")
    assert command._dirty() == []
    (repository / "one.py").write_text("2")
    (repository / "two.py").write_text("2")
    assert command._dirty() == ["one.py", "two.py"]


def test_a_dirty_library_is_refused_unless_allowed_and_then_mentioned(experiment, monkeypatch, capsys):
    monkeypatch.setattr(command, "_dirty", lambda: ["lib/llmcourse/runtime.py"])
    assert command.main(["08_quick"]) == 2 and not experiment.exists()
    error = capsys.readouterr().err
    assert "lib/llmcourse/runtime.py" in error and "DIRTY=1" in error
    assert command.main(["08_quick", "--dirty"]) == 0
    record = records.load("08_quick")
    assert record["made"]["dirty"] is True and "not committed" in records.made(record)
    monkeypatch.setattr(command, "_dirty", lambda: [])
    command.main(["08_quick"])
    record = records.load("08_quick")
    assert record["made"]["dirty"] is False and "not committed" not in records.made(record)


def test_the_fingerprint_follows_the_code_that_ran_and_not_the_list_of_modules(experiment, monkeypatch):
    module, seen = course.module(8), {}
    monkeypatch.setattr(
        command.dependencies, "fingerprint", lambda files, packages: seen.update(files=files, packages=packages)
    )
    command.fingerprint(records.DECLARED["08_quick"], module)
    found = {file.relative_to(command.dependencies.HOMES["llmcourse"]).as_posix() for file in seen["files"]}
    assert {"recurrence/experiments.py", "recurrence/engine.py", "models/gpt.py", "__init__.py"} <= found
    assert "data/countries_2015.json.gz" in found and not found & {"course.py", "records/__main__.py", "mamba/scan.py"}
    assert set(seen["packages"]) == {"torch", *module.needs}


def test_a_run_that_fails_leaves_the_old_record(experiment):
    experiment.write_text(json.dumps({"old": 1}))
    declare(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        command.main(["08_quick"])
    assert records.load("08_quick") == {"old": 1} and list(experiment.parent.iterdir()) == [experiment]


def test_missing_and_unknown_records_say_what_to_do(experiment, capsys):
    with pytest.raises(FileNotFoundError, match="make record NN=08_quick"):
        records.load("08_quick")
    assert command.main(["08_slow"]) == 2
    said = capsys.readouterr().err
    assert "08, 08_quality, 08_quick, 08_recall." in said and "12_ralm" not in said and "make record NN=08" in said
    for name in ("99", "heat", None):
        assert command.main([name] if name else []) == 2
        said = capsys.readouterr().err
        assert "12_ralm" in said and "make record NN=08" in said


def test_a_name_is_declared_once(experiment):
    with pytest.raises(ValueError, match="declared twice"):
        records.record("08")(lambda: {})


def test_what_is_declared_and_what_was_made_are_the_same():
    assert sorted(DECLARED) == [name for module in course.MODULES for name in module.records]
    assert len(DECLARED) >= 21


@pytest.mark.parametrize("name", DECLARED)
def test_committed_records_name_no_place(name):
    record = records.load(name)
    assert record["made"].keys() >= {"command", "date", "minutes", "commit", "machine", "python", "torch"}
    assert not re.search(r"/(home|root|tmp|work|Users)\b", json.dumps(record["made"]))
    assert records.made(record).startswith(f"Record of {record['made']['date']}")


@pytest.mark.parametrize("name", DECLARED)
def test_a_record_is_written_in_short_lines_and_read_the_same(name):
    record = records.load(name)
    text = command.dumps(record)
    assert json.loads(text) == record and len(text) <= len(json.dumps(record, indent=1))


def test_a_row_of_numbers_is_a_line():
    rows = [[i + 0.125 for i in range(60)], {"seed": 1, "curve": list(range(60))}, ["long " * 20, "long " * 20], [], {}]
    text = command.dumps({"rows": rows, 2: {1: 2}})
    assert json.loads(text) == {"rows": rows, "2": {"1": 2}}
    lines = [line.strip().rstrip(",") for line in text.splitlines()]
    assert json.dumps(rows[0]) in lines and f'"curve": {json.dumps(rows[1]["curve"])}' in lines
    assert '"2": {"1": 2}' in lines and "[]" in lines and sum("long" in line for line in lines) == 2


def test_reading_a_record_loads_no_torch():
    script = "from llmcourse import records; import sys; records.load('08'); print('torch' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


@pytest.mark.parametrize("seeds", [2, 3, 10])
def test_interval_is_students(seeds):
    from scipy import stats

    values = [(7 * i) % 5 + 0.1 * i for i in range(seeds)]
    low, high = stats.t.interval(0.95, seeds - 1, loc=sum(values) / seeds, scale=stats.sem(values))
    mean, half = records.interval(values)
    assert (mean - half, mean + half) == pytest.approx((low, high), rel=1e-3)


@pytest.mark.parametrize(("right", "n"), [(0, 20), (7, 20), (200, 200)])
def test_the_interval_of_a_share_is_wilsons(right, n):
    from scipy import stats

    found = stats.binomtest(right, n).proportion_ci(method="wilson")
    assert verdicts.wilson(right / n, n) == pytest.approx((found.low, found.high), abs=1e-4)


def _noisy(arm, steps, seed, rate):
    """A run whose score is best at a rate of its own for each arm; the later half of the curve is level."""
    best = {"a": 1e-2, "b": 3e-2}[arm]
    score = 1 - abs(best - rate)
    return {"arm": arm, "seed": seed, "rate": rate, "validation": [[steps // 2, 0.5 * score], [steps, score]]}


def test_every_arm_is_searched_alike_and_seeds_are_paired():
    found = trials.compare(_noisy, ("a", "b"), 10, (0, 1), (1e-3, 1e-2, 3e-2))
    assert found.rates == {"a": 1e-2, "b": 3e-2}
    assert [[rate for rate, _ in scores] for scores in found.tried.values()] == [[1e-3, 1e-2, 3e-2]] * 2
    assert [(run["seed"], run["arm"]) for run in found.runs] == [(0, "a"), (0, "b"), (1, "a"), (1, "b")]
    assert all(run["rate"] == found.rates[run["arm"]] for run in found.runs)
    assert trials.bracketed(found.tried, found.rates) == ["a"]  # b's best rate is the largest that was tried
    worst = trials.compare(_noisy, ("a",), 10, (0,), (1e-3, 1e-2, 3e-2), sign=-1)
    assert worst.rates == {"a": 3e-2}


def test_runs_in_parallel_come_in_order_and_an_error_is_raised():
    assert trials.each(pow, [(2, 5), (3, 2)]) == [32, 9]
    with pytest.raises(ZeroDivisionError):
        trials.each(divmod, [(1, 1), (1, 0)])
