"""The gradebook on a real server: Debian's PostgreSQL, started here as an ordinary user, on loopback."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grading import paths
from grading.commands import main
from grading.gradebook import gradebook
from grading.gradebook.gradebook import CannotGrade, ClassGradebook

from .classes import LAB, SLUG, hand_in, points, without_kernels

STUDENTS = ("ada", "ben", "cem")
SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))

pytestmark = pytest.mark.slow


def _user() -> dict:
    """PostgreSQL refuses to run as root, so then it runs as its own user or as nobody."""
    if os.geteuid():
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    return {"user": "postgres" if "postgres" in names else "nobody", "extra_groups": []}


@pytest.fixture(scope="module")
def server():
    """The URL of an empty database."""
    pytest.importorskip("psycopg")
    if not SERVERS:
        pytest.skip("there is no PostgreSQL in /usr/lib/postgresql; Debian's package is postgresql")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    if who := _user():
        shutil.chown(folder, who["user"])

    def run(program, *arguments):
        subprocess.run(
            [SERVERS[-1] / program, "-D", folder / "data", *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **_user(),
        )

    try:
        run("initdb", "--username=teacher", "--auth=trust", "--no-sync")
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        run("pg_ctl", "-w", "-l", folder / "log", "-o", options, "start")
        yield f"postgresql+psycopg://teacher@127.0.0.1:{port}/postgres"
        run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def place(server, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    monkeypatch.setenv("LLMCOURSE_GRADEBOOK", server)
    without_kernels(monkeypatch)
    hand_in(STUDENTS, tmp_path / "submitted")
    return tmp_path


def test_class_is_graded(server, place, monkeypatch):
    class Ended(BaseException):
        """Stands in for a crash."""

    def failpoint(name):
        if name == "entering":
            raise Ended

    with monkeypatch.context() as patch, pytest.raises(Ended):
        patch.setattr(gradebook, "failpoint", failpoint)
        main(["grade"])
    with Gradebook(server) as book:
        assert book.students == []  # the unfinished transaction left nothing
    assert main(["grade"]) == 0
    with Gradebook(server) as book:
        task = book.find_grade("open-task", "lab", SLUG, "ada")
        task.manual_score, task.needs_manual_grade = 4, False
        book.db.commit()
    assert main(["grade", "--again"]) == 0
    with Gradebook(server) as book:
        for student in STUDENTS:
            found = book.find_submission(SLUG, student)
            expected = sum(points(student, exercise) for exercise in LAB.exercises)
            assert found.score == expected + (4 if student == "ada" else 0)
    assert not (place / "gradebook.db").exists()
    shown = {s["name"]: s["score"] for s in paths.nbgrader().get_student_submissions("ada")}
    assert shown[SLUG] > 0  # what the formgrader shows


def test_second_grader_on_another_machine_is_refused(place):
    with ClassGradebook() as first, ClassGradebook() as second:
        first.claim()
        with pytest.raises(CannotGrade, match="another machine"):
            second.claim()
        assert second.entries(SLUG) is not None  # reading is always possible
