"""A record says what was run, and is written whole or not at all."""

import json
import re

import pytest
from llmcourse import records


@pytest.fixture
def experiment(monkeypatch, tmp_path):
    """An experiment "99" that takes no time, and the file of its record."""
    monkeypatch.setitem(records.EXPERIMENTS, "99", "llmcourse.records:quick")
    monkeypatch.setattr(records, "quick", lambda: {"answer": 42}, raising=False)
    monkeypatch.setattr(records, "_path", lambda number: tmp_path / f"{number}.json")
    return tmp_path / "99.json"


def test_a_record_is_run_and_read(experiment, capsys):
    assert records.main(["99"]) == 0
    record = records.load("99")
    assert record["answer"] == 42 and record["made"]["command"] == "make record NN=99"
    assert records.made(record).startswith(f"Record of {record['made']['date']}: `make record NN=99`")


def test_commit_is_the_one_that_ran(experiment, monkeypatch):
    now = ["before"]
    monkeypatch.setattr(records, "_commit", lambda: now[0])
    monkeypatch.setattr(records, "quick", lambda: now.__setitem__(0, "after") or {})
    records.main(["99"])
    assert records.load("99")["made"]["commit"] == "before"


def test_without_git_the_commit_is_unknown(experiment, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert records._commit() == "unknown"


def test_a_run_that_fails_leaves_the_old_record(experiment, monkeypatch):
    experiment.write_text(json.dumps({"old": 1}))
    monkeypatch.setattr(records, "quick", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        records.main(["99"])
    assert records.load("99") == {"old": 1} and list(experiment.parent.iterdir()) == [experiment]


def test_missing_and_unknown_records_say_what_to_do(experiment, capsys):
    with pytest.raises(FileNotFoundError, match="make record NN=99"):
        records.load("99")
    assert records.main(["07b"]) == 2 and "make record NN=08" in capsys.readouterr().out


@pytest.mark.parametrize("number", list(records.EXPERIMENTS))
def test_committed_records_name_no_place(number):
    record = records.load(number)
    assert record["made"].keys() >= {"command", "date", "minutes", "commit", "machine", "python", "torch"}
    assert not re.search(r"/(home|root|tmp|work|Users)\b", json.dumps(record["made"]))


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
    assert records.share_interval(right / n, n) == pytest.approx((found.low, found.high), abs=1e-4)
