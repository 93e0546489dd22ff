"""The same submissions get the same points in every way: the command line with one worker and with four, even if it is
killed; `nbgrader autograde`; the formgrader's button. And nbgrader without the course's configuration still works.
"""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import nbconvert.exporters.html
import nbformat
import psutil
import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook
from sqlalchemy import text

from grading import paths, sample
from grading.commands import main
from grading.gradebook import gradebook
from grading.gradebook.gradebook import ClassGradebook
from grading.paths import ROOT
from grading.reporting import feedback
from grading.running import autograde, pool, seeds

from .classes import LAB, SLUG

pytestmark = pytest.mark.slow

# From the sample class: all right, three with misconceptions, nothing begun (Keanu), a syntax error, stripped metadata.
STUDENTS = ("Amara Okafor", "Dmitri Sokolov", "Grace Mwangi", "Keanu Kealoha", "Lucía Fernández", "Noor de Vries")


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """A folder with what these students have submitted, and with the key that their private inputs depend on."""
    folder = tmp_path_factory.mktemp("class")
    for student in sample.sample(LAB):
        if f"{student.first} {student.last}" in STUDENTS:
            path = folder / "submitted" / student.id / SLUG / "lab.ipynb"
            path.parent.mkdir(parents=True)
            nbformat.write(sample.notebook(LAB, student), path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLMCOURSE_GRADING", str(folder))
        seeds.seed("anybody", SLUG)
    return folder


@pytest.fixture
def place(handed_in, tmp_path, monkeypatch):
    shutil.copytree(handed_in, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    monkeypatch.setenv("PATH", f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}")
    return tmp_path


def command(*arguments, **options):
    return subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT, **options)


def scores():
    """Student -> cell -> points."""
    with ClassGradebook() as book:
        return {who: {n: r.auto for n, r in entry.rows.items()} for who, entry in book.entries(SLUG).items()}


def notebooks(place):
    """Student -> autograded notebook, without times: the lab's own cells print them, cards do not."""
    found = {}
    for path in place.glob(f"autograded/*/{SLUG}/lab.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["metadata"]["llmcourse"].pop("seconds")
        for cell in notebook["cells"]:
            cell["metadata"].pop("execution", None)
            if not cell["metadata"].get("nbgrader", {}).get("grade"):
                cell.pop("outputs", None)
        found[path.parents[1].name] = notebook
    return found


@pytest.fixture(scope="module")
def one_worker(handed_in, tmp_path_factory):
    """The outcome of the command line with one worker: points and notebooks."""
    place = tmp_path_factory.mktemp("one")
    shutil.copytree(handed_in, place, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLMCOURSE_GRADING", str(place))
        assert command("grading", "grade", "08", "--workers=1").wait() == 0
        found = scores(), notebooks(place)
    full = {f"{e.name}-check": e.points for e in LAB.exercises} | {"open-task": None}
    assert len(found[0]) == len(found[1]) == 6 and found[0]["amara.okafor"] == full
    assert len({tuple(points.values()) for points in found[0].values()}) > 3  # they are not all alike
    return found


def test_four_workers_killed_and_resumed(place, one_worker):
    run = command("grading", "grade", "08", "--workers=4")
    while not list(place.glob("results/*/*.json")):
        assert run.poll() is None
        time.sleep(0.1)
    family = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert psutil.wait_procs(family, timeout=30)[1] == []  # workers and kernels end with it
    assert command("grading", "grade", "08", "--workers=4", "--resume").wait() == 0
    assert (scores(), notebooks(place)) == one_worker


def test_nbgrader_autograde(place, one_worker):
    gradebook.register(LAB)
    assert command("nbgrader", "autograde", SLUG, stderr=subprocess.DEVNULL).wait() == 0
    assert (scores(), notebooks(place)) == one_worker


def test_button_of_the_formgrader(place, one_worker):
    gradebook.register(LAB)
    for student in ("dmitri.sokolov", "lucia.fernandez"):
        assert paths.nbgrader().autograde(SLUG, student)["success"]
        assert scores()[student] == one_worker[0][student]
        assert notebooks(place)[student] == one_worker[1][student]


def test_workers_of_a_scheduler_that_asks_for_certificates(place, one_worker, tmp_path, monkeypatch):
    from distributed import Client, LocalCluster
    from distributed.security import Security

    ours = Security.temporary()
    for name in ("ca_file", "client_cert", "client_key"):
        path = tmp_path / f"{name}.pem"
        path.write_text(getattr(ours, f"tls_{name}"))
        monkeypatch.setenv(f"DASK_DISTRIBUTED__COMM__TLS__{name.upper().replace('CLIENT_', 'CLIENT__')}", str(path))
    quiet = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": logging.CRITICAL}
    with LocalCluster(n_workers=1, security=ours, **quiet) as cluster:
        with pytest.raises(OSError):  # another authority's certificates are not accepted
            Client(cluster.scheduler_address, security=Security.temporary(), timeout=3)
        address = f"--scheduler={cluster.scheduler_address}"
        assert address.startswith("--scheduler=tls://")
        assert command("grading", "grade", "08", "noor.de-vries", address).wait() == 0
    assert scores() == {"noor.de-vries": one_worker[0]["noor.de-vries"]}


def test_a_scheduler_that_takes_anybodys_orders_is_refused_unless_told(place, one_worker, capsys):
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        student, address = "noor.de-vries", f"--scheduler={cluster.scheduler_address}"
        assert main(["grade", "08", student, address]) == 2
        assert "--insecure-scheduler" in capsys.readouterr().err and not (place / "results").is_dir()
        assert command("grading", "grade", "08", student, address, "--insecure-scheduler").wait() == 0
    assert scores() == {student: one_worker[0][student]}


def test_a_cluster_that_loses_its_workers_is_not_waited_for(monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr(pool, "PATIENCE", 0.2)
    monkeypatch.setattr(pool, "PREPARED", "json")
    cluster = LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None)
    with cluster, pool.Pool(None, cluster.scheduler_address, insecure=True) as workers:
        workers.start()
        threading.Timer(1, cluster.scale, [0]).start()
        with pytest.raises(pool.ClusterError, match="no workers any more"):
            list(workers.each(time.sleep, [("", (300,))]))


# --- what is done differently here from nbgrader and nbconvert, because their way takes longer


def test_feedback_pages_are_those_of_nbconvert(place, monkeypatch):
    student = "dmitri.sokolov"  # some misconceptions, and figures from the lab's own cells
    graded = autograde.grade_submission(place / "submitted" / student / SLUG / "lab.ipynb", SLUG, student)
    assert "image/png" in graded.notebook
    cells = {f"{e.name}-check": {"score": e.points, "points": e.maximum} for e in graded.exercises}
    cells["open-task"] = {"score": 0, "points": 10}
    said = {"cells": cells, "score": 1, "max_score": 35, "late_penalty": 0}
    ours = feedback.page(graded.notebook, said)
    monkeypatch.setattr(nbconvert.exporters.html, "BeautifulSoup", BeautifulSoup)
    theirs = feedback.page(graded.notebook, said)
    assert "<img" in theirs and "No description has been provided" not in theirs
    body = lambda html: html.rpartition("<!--")[0].strip()  # the mark is after it
    assert str(BeautifulSoup(body(ours), features="html.parser")) == body(theirs)


def test_a_new_gradebook_is_marked_as_nbgrader_marks_it(place):
    ask = "import nbgrader.api; print(nbgrader.api.get_alembic_version())"
    theirs = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
    with ClassGradebook() as book:
        (ours,) = book.db.execute(text("select version_num from alembic_version")).one()
    assert ours == theirs


def test_stock_nbgrader(handed_in, tmp_path, monkeypatch):
    """Without our configuration, the public checks earn the points."""
    monkeypatch.setenv("PATH", f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}")
    (tmp_path / "source").mkdir()
    shutil.copytree(ROOT / "solutions" / SLUG, tmp_path / "source" / SLUG, ignore=shutil.ignore_patterns("*.py"))
    for student in ("amara.okafor", "keanu.kealoha"):
        shutil.copytree(handed_in / "submitted" / student, tmp_path / "submitted" / student)
    for step in ("generate_assignment", "autograde"):
        done = subprocess.run(["nbgrader", step, SLUG], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as book:
        full = sum(exercise.points for exercise in LAB.exercises)
        assert book.find_submission(SLUG, "amara.okafor").score == full
        assert book.find_submission(SLUG, "keanu.kealoha").score < full
