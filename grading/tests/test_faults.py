"""Grading can be killed anywhere: afterwards the same command completes it, and no grade is lost, doubled or wrong.

The process that writes is forked from this one and killed by SIGKILL, which nothing can catch.
"""

import contextlib
import csv
import json
import multiprocessing
import multiprocessing.util
import os
import random
import re
import resource
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
import pytest
from nbgrader.api import Comment, Grade, Gradebook, Student, SubmittedAssignment, SubmittedNotebook

from grading import grade, paths
from grading.commands import main
from grading.gradebook import gradebook, results
from grading.gradebook.gradebook import ClassGradebook
from grading.intake import bounded
from grading.reporting import feedback
from grading.running.autograde import grade_submission
from grading.running.pool import Pool
from lib.tests.terminal import Terminal

from .classes import LAB, SLUG, gradebook_in, hand_in, points, without_kernels

STUDENTS = tuple(f"student-{n:02}" for n in range(12))
POINTS = ("graded", "kept", "entering", "entered", "copied", "told")
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    without_kernels(monkeypatch)
    gradebook_in(tmp_path)
    hand_in(STUDENTS, tmp_path / "submitted")
    return tmp_path


def end_at(monkeypatch, name, times):
    """The process kills itself when it reaches a failpoint for the given time, such as the third."""
    count = Counter()

    def failpoint(here):
        count[here] += 1
        if here == name and count[here] == times:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(gradebook, "failpoint", failpoint)
    monkeypatch.setattr(grade, "failpoint", failpoint)


def begin(*arguments):
    child = FORK.Process(target=lambda: os._exit(main(["grade", *arguments])))
    child.start()
    return child


def check(place):
    """After one more run, everybody is everywhere exactly once, with the right points."""
    assert main(["grade", "--resume"]) == 0
    with Gradebook(paths.config().CourseDirectory.db_url) as book:
        exercises = len(LAB.exercises)
        rows = {Student: 1, SubmittedAssignment: 1, SubmittedNotebook: 1, Grade: exercises + 1, Comment: exercises + 1}
        for table, each in rows.items():
            assert book.db.query(table).count() == each * len(STUDENTS), table
    table = list(csv.DictReader((place / "grades.csv").open(encoding="utf-8")))
    with ClassGradebook() as gradebook:
        entries = gradebook.entries(SLUG)
    for student in STUDENTS:
        expected = {e.name: points(student, e) for e in LAB.exercises}
        mine = {row["exercise"]: row["auto"] for row in table if row["student"] == student}
        assert mine.pop("open-task") == "" and {name: float(text) for name, text in mine.items()} == expected
        assert {name: entries[student].rows[f"{name}-check"].auto for name in expected} == expected
        found = results.Results(place / "results").load(SLUG, student)
        assert paths.autograded(student, SLUG).read_text(encoding="utf-8") == found.notebook
        assert feedback.is_current(paths.feedback(student, SLUG), found.notebook, entries[student].told())
    assert not list(place.rglob(".*.part"))


@pytest.mark.parametrize("name", ["entering"])
def test_ended_while_writing(place, monkeypatch, name):
    _ended_at(place, monkeypatch, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", POINTS)
def test_ended_at_every_point(place, monkeypatch, name):
    _ended_at(place, monkeypatch, name)


def _ended_at(place, monkeypatch, name):
    with monkeypatch.context() as patch:
        end_at(patch, name, 5)
        child = begin()
        child.join()
    assert child.exitcode == -signal.SIGKILL
    check(place)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_ended_at_a_random_time(place, seed):
    chance = random.Random(seed)
    hand_in(STUDENTS[::3], place / "submitted", "A first try.")
    main(["grade"])
    hand_in(STUDENTS[::3], place / "submitted")
    child = begin("--again")
    time.sleep(chance.uniform(0.3, 3))
    child.kill()
    child.join()
    check(place)


def test_half_written_files_of_a_run_that_was_ended_are_removed(place):
    """Wherever it was ended: each is written to the end under the name of its process, and then renamed."""
    main(["grade"])
    written = [paths.autograded("student-03", SLUG), paths.feedback("student-03", SLUG), place / "grades.csv"]
    written += [place / "results" / SLUG / "student-03.json", place / "report" / "index.html"]
    for path in written:
        path.parent.mkdir(exist_ok=True)
        path.with_name(f".{path.name}.13543-139719485090688.part").write_text("half a fi")
    theirs = place / "submitted" / "student-03" / SLUG / ".mine.part"
    theirs.write_text("A file of the student's.")
    assert main(["grade"]) == 0
    assert list(place.rglob(".*.part")) == [theirs]


def _comes_to_a_limit(submission, slug, student, *more):
    if student == "student-03":
        raise bounded.Ended("It took more than 30 seconds.")
    return grade_submission(submission, slug, student, *more)


def test_a_submission_that_comes_to_a_limit_costs_nobody_else_a_grade(place, monkeypatch, capsys):
    monkeypatch.setattr(grade, "grade_submission", _comes_to_a_limit)
    for time_ in ("at first", "again"):  # the second time it is known, and not tried
        assert main(["grade"]) == 1, time_
        assert f"student-03/{SLUG}: It took more than 30 seconds." in capsys.readouterr().err
        found = {one.student: one.status for one in results.Results(place / "results").all(SLUG)}
        assert found == {student: "unreadable" if student == "student-03" else "graded" for student in STUDENTS}
        monkeypatch.setattr(grade, "grade_submission", None)


def test_two_graders_at_once(place, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(grade, "failpoint", lambda name: time.sleep(60))
        first = begin()
        while not (place / ".lock.holder").exists():
            time.sleep(0.05)
    assert main(["grade"]) == 2
    said = capsys.readouterr().err
    assert "Another grader is at work" in said and str(first.pid) in said
    first.kill()
    first.join()
    check(place)


def end_worker(path, times):
    """Kill its process the first few times."""
    with open(path, "a+") as file:
        file.write("x")
        if file.tell() <= times:
            file.close()
            os.kill(os.getpid(), signal.SIGKILL)
    return times


@pytest.mark.slow
def test_worker_that_is_killed_is_replaced(tmp_path):
    with Pool(2) as pool:
        calls = [(name, (tmp_path / name, times)) for name, times in {"a": 0, "b": 1, "c": 99, "d": 0, "e": 0}.items()]
        found = dict(pool.each(end_worker, calls))
    assert found.pop("c").__class__.__name__ == "Died"
    assert found == {"a": 0, "b": 1, "d": 0, "e": 0}


def misbehave(how):
    """What one call can do to the process that answers it."""
    if how == "hang":
        re.match(r"(a+)+$", "a" * 60 + "b")  # no exception reaches into this
    if how == "take memory":
        return len(bytearray(3 * bounded.MEMORY))
    if how == "take memory bit by bit":
        return len([np.empty(10_000_000, np.uint8) for _ in range(1_000)])  # not touched, so that it takes no time
    if how == "answer at length":
        return bytes(2 * bounded.LARGEST)
    if how == "raise":
        raise KeyError("a key")
    return how


LIMITS = {
    "hang": "more than 4 seconds of processor time",
    "take memory": "more than 2 GB of memory",
    "take memory bit by bit": "more than 2 GB of memory",
    "answer at length": "larger than 150 MB",
}


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(bounded, "SECONDS", 4)


def test_calls_end_at_their_limits_and_the_next_is_answered(impatient):
    with bounded.Worker() as worker:
        for how, said in LIMITS.items():
            with pytest.raises(bounded.Ended, match=said):
                worker.call(misbehave, how)
            assert worker.call(misbehave, "well") == "well"
        with pytest.raises(KeyError, match="a key"):
            worker.call(misbehave, "raise")
        process = worker.process
    assert not process.is_alive()


def test_a_call_goes_on_meanwhile_something_else(impatient):
    with bounded.meanwhile(misbehave, "well") as wait:
        assert wait() == "well"
    with bounded.meanwhile(misbehave, "hang") as wait, pytest.raises(bounded.Ended, match=LIMITS["hang"]):
        wait()
    start = time.monotonic()
    with pytest.raises(KeyError), bounded.meanwhile(misbehave, "hang", seconds=60):
        raise KeyError("nobody waits for it")
    assert time.monotonic() - start < 5


def test_a_worker_that_cannot_be_started_is_no_reason_to_wait(monkeypatch):
    with bounded.Worker() as worker:
        monkeypatch.setattr(worker.context, "Process", lambda **_: unable)
        unable = Unable()
        for _ in range(2):
            with pytest.raises(OSError, match="no process"):
                worker.call(misbehave, "well")
        monkeypatch.undo()
        assert worker.call(misbehave, "well") == "well"


class Unable:
    def start(self):
        raise OSError("no process can be started")


@pytest.mark.slow
def test_neighbours_of_a_call_that_ends_are_not_disturbed(impatient, tmp_path, monkeypatch):
    multiprocessing.util.get_temp_dir()  # workers are started through a socket in it, also after this
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    calls = [(f"{how} {n}", (how,)) for n in range(3) for how in (*LIMITS, "well", "raise")]
    with Pool(2) as pool:
        found = dict(pool.each(misbehave, calls))
        assert len(list(tmp_path.glob("grading-*/*"))) == 2
    assert len(found) == len(calls) and not list(tmp_path.iterdir())
    for name, result in found.items():
        how = name[:-2]
        assert how in ("well", "raise") or (type(result) is bounded.Ended and LIMITS[how] in str(result))
        assert (how == "well") == (result == "well") and (how == "raise") == (type(result) is KeyError)


def test_workers_can_be_forked():
    """What a worker imports starts no thread: forked workers would hang, and starting without a fork is slower."""
    code = "import os; from grading import ONE_THREAD; os.environ |= ONE_THREAD; import grading.worker"
    code += "; print(len(os.listdir('/proc/self/task')))"
    found = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["1"]


@pytest.mark.slow
def test_command_that_is_killed_takes_everything_with_it(tmp_path):
    submitted = tmp_path / "submitted"
    hand_in(STUDENTS, submitted)
    command = [sys.executable, "-m", "grading", "grade", SLUG, "--workers=2", f"--submissions={submitted}"]
    env = os.environ | {"LLMCOURSE_GRADING": str(tmp_path)}
    with subprocess.Popen(command, cwd=paths.ROOT, env=env, stdout=subprocess.DEVNULL) as grading:
        while not list(tmp_path.glob("results/*/*.json")):
            assert grading.poll() is None
            time.sleep(0.1)
        family = psutil.Process(grading.pid).children(recursive=True)
        assert len(family) > 5  # fork servers, workers, and what is in the boxes
        grading.kill()
    assert psutil.wait_procs(family, timeout=20)[1] == []


@pytest.mark.slow
def test_a_closed_terminal_takes_everything_with_it(tmp_path):
    submitted = tmp_path / "submitted"
    hand_in(STUDENTS, submitted)
    command = [sys.executable, "-m", "grading", "grade", SLUG, "--workers=2", f"--submissions={submitted}"]
    terminal = Terminal(command, paths.ROOT, os.environ | {"LLMCOURSE_GRADING": str(tmp_path)})
    while not list(tmp_path.glob("results/*/*.json")):
        assert terminal.process.is_running(), terminal.said()
        time.sleep(0.1)
    family = terminal.family()
    assert len(family) > 6  # the command, fork servers, workers, and what is in the boxes
    terminal.close()
    assert psutil.wait_procs(family, timeout=20)[1] == []


SOMEBODY_ELSE = """\
import json, os, socket, sys
os.setgroups([]), os.setgid(54321), os.setuid(54321)

def connect(address):
    socket.socket(socket.AF_UNIX).connect("\\0" + address[1:] if address.startswith("@") else address)

ways = {
    "talks to": connect,
    "signals": lambda pid: os.kill(pid, 0),
    "sees the memory of": lambda pid: open(f"/proc/{pid}/mem"),
    "sees the environment of": lambda pid: open(f"/proc/{pid}/environ"),
    "sees the open files of": lambda pid: os.listdir(f"/proc/{pid}/fd"),
    "lists": os.listdir,
    "reads": open,
    "writes": lambda path: open(path, "r+"),
}
for way, what in json.load(sys.stdin):
    try:
        ways[way](what)
    except (PermissionError, FileNotFoundError, ProcessLookupError, ConnectionRefusedError):
        continue
    except OSError:  # an answer of another kind comes from somebody who is there
        pass
    print(way, what)
"""


def let_in(tries):
    """What another account gets at, of what it tries: pairs of a way and a name."""
    lines = subprocess.run([sys.executable, "-c", SOMEBODY_ELSE], input=json.dumps(tries), **SAID).stdout.splitlines()
    return [line for line in lines if line]


def ways_in(family, files):
    """All that another account might try with these processes and files."""
    tries = []
    for process in family:
        with contextlib.suppress(psutil.Error):
            tries += [("talks to", s.laddr) for s in process.net_connections("unix") if s.laddr]
            tries += [(way, process.pid) for way in ("signals", *(f"sees the {what} of" for what in SEEN))]
    for path in files:
        with contextlib.suppress(OSError):  # it has gone
            mode = path.lstat().st_mode
            tries += [("lists", str(path))] if stat.S_ISDIR(mode) else []
            tries += [("reads", str(path)), ("writes", str(path))] if stat.S_ISREG(mode) else []
            tries += [("talks to", str(path))] if stat.S_ISSOCK(mode) else []
    return tries


SEEN = ("memory", "environment", "open files")
SHARED = Path("/dev/shm")


@pytest.fixture
def common():
    """A folder for temporary files that everybody may enter, as /tmp is; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o1777)
        yield Path(folder)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_somebody_else_is_let_in_where_the_door_is_open(common):
    """Otherwise the next test would find nothing, whatever is open."""
    (common / "open").mkdir()
    (common / "open" / "file").write_text("x")
    (common / "open" / "file").chmod(0o666)
    with socket.socket(socket.AF_UNIX) as named, socket.socket(socket.AF_UNIX) as abstract:
        named.bind(str(common / "open" / "socket"))
        abstract.bind("\0llmcourse-open")
        named.listen()
        abstract.listen()
        os.chmod(common / "open" / "socket", 0o777)
        command = [sys.executable, "-c", "import os, time; os.setuid(54321); print(flush=True); time.sleep(60)"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as theirs:
            theirs.stdout.readline()
            found = let_in(ways_in([psutil.Process(), psutil.Process(theirs.pid)], common.rglob("*")))
            theirs.kill()
    doors = {f"{way} {common}/open{name}" for way, name in DOORS}
    assert doors | {"talks to @llmcourse-open", f"signals {theirs.pid}"} <= {*found}
    assert not [line for line in found if line.endswith(f" {os.getpid()}")]


DOORS = (("lists", ""), ("reads", "/file"), ("writes", "/file"), ("talks to", "/socket"))


@pytest.mark.slow
def test_nobody_else_gets_at_what_grades(tmp_path, common):
    """No process of ours has a network port, and no other account reaches our sockets, processes, shared memory or
    temporary files."""
    submitted = tmp_path / "submitted"
    hand_in(STUDENTS, submitted)
    command = [sys.executable, "-m", "grading", "grade", SLUG, "--workers=2", f"--submissions={submitted}"]
    env = os.environ | {"LLMCOURSE_GRADING": str(tmp_path), "TMPDIR": str(common)}
    before, tried, looked = {*SHARED.rglob("*")}, Counter(), 0
    with subprocess.Popen(command, cwd=paths.ROOT, env=env, stdout=subprocess.DEVNULL) as grading:
        while grading.poll() is None:
            with contextlib.suppress(psutil.Error):
                ours = psutil.Process(grading.pid)
                family = [ours, *ours.children(recursive=True)]
                sockets = [s for process in family for s in process.net_connections("all")]
                assert [s for s in sockets if s.family != socket.AF_UNIX] == []
                looked += len(family) > 5
                if os.getuid() == 0 and looked % 5 == 1:
                    shared = [path for path in SHARED.rglob("*") if path not in before]
                    tries = ways_in(family, [*common.rglob("*"), *shared])
                    tried.update(way for way, _ in tries)
                    assert let_in(tries) == []
            time.sleep(0.1)
    assert looked > 5 and grading.returncode == 0
    # Every way has been tried at something, but for sockets with an address: there need not be any.
    assert os.getuid() != 0 or {*tried} >= {"signals", *(f"sees the {what} of" for what in SEEN), "lists"}


SAID = {"capture_output": True, "text": True, "check": True}


@pytest.mark.slow
@pytest.mark.parametrize("size", [50_000, 250_000, 1_000_000])
def test_no_more_room_on_the_disk(place, size, capfd):
    """A limit on the size of files, for the gradebook and for results, gives the same error as a full disk."""

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        os._exit(main(["grade"]))

    child = FORK.Process(target=small)
    child.start()
    child.join()
    assert child.exitcode in (0, 2)
    if child.exitcode:
        said = capfd.readouterr().err
        assert "run the same command again" in said or "can't be put into the gradebook" in said
        assert len(said) < 600
    check(place)


def test_gradebook_that_cannot_be_written(place, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setenv("LLMCOURSE_GRADEBOOK", f"sqlite:///file:{place}/gradebook.db?mode=ro&uri=true")
        assert main(["grade"]) == 2
    said = capsys.readouterr().err
    assert "readonly" in said and "Traceback" not in said
    check(place)
