"""The sandbox itself: what it reports of the machine, and what happens to kernels when a process ends."""

import asyncio
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from llmcourse.checks import lab, labs
from nbformat.v4 import new_code_cell, new_notebook

from grading import paths
from grading.commands import main
from grading.running import sandbox
from grading.running.sandbox import box, kernels, server, syscalls

LAB = lab("08_linear_attention")
namespaces = pytest.mark.skipif(sandbox.kind() != "namespaces", reason="no namespaces here")


def run(*sources, folder=None, **settings):
    """What the cells print, in a kernel with these settings."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    client = sandbox.client(notebook, **settings)
    client.resources = {"metadata": {"path": str(folder)}} if folder else {}
    client.execute()
    text = lambda o: o.get("text") or f"{o.get('ename')}: {o.get('evalue')}"
    return ["".join(text(o) for o in cell.outputs) for cell in notebook.cells]


def kinds():
    """Every kind of sandbox that works here."""
    return [*["namespaces"] * (sandbox.kind() == "namespaces"), *["bubblewrap"] * (not sandbox.bubblewrap())]


# --- what it reports


def test_a_machine_without_a_sandbox_grades_nobody_and_says_what_helps(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sandbox, "_found", lambda: ("none", "user namespaces can't be used: unshare: not permitted"))
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    monkeypatch.delenv("LLMCOURSE_TRUST_SUBMISSIONS", raising=False)
    assert main(["grade", "08"]) == 2
    said = capsys.readouterr().err
    assert "unshare: not permitted" in said and "sysctl" in said and "--trust-submissions" in said
    assert not (tmp_path / "submitted").exists()
    sandbox.require(trust=True)
    assert sandbox.describe().startswith("NO SANDBOX")


def test_every_lab_hides_the_rooms_with_its_answers_and_nothing_that_it_allows():
    for one in labs():
        hidden = {Path(path).name for path in sandbox.blocked(one)}
        assert {"recurrence", "state_space", "mamba"} - set(one.allow) <= hidden
        assert not hidden & {"checks", "figures", "data", "models", *one.allow}
    assert "transformers" in {Path(path).name for path in sandbox.blocked(lab("10_mamba"))}


@namespaces
def test_the_fork_server_has_nothing_to_hide():
    said = run(
        "import sys; print(sorted({m.split('.')[0] for m in sys.modules}))", "print(open('/proc/1/comm').read())"
    )
    for name in ("grading", "nbgrader", "sqlalchemy", "distributed", "transformers", "scipy"):
        assert f"'{name}'" not in said[0]


# --- what a kernel has


@pytest.mark.parametrize("kind", kinds())
def test_a_kernel_has_python_its_files_and_a_folder_of_its_own(kind, tmp_path):
    (tmp_path / "notes.txt").write_text("brought along")
    said = run(
        "import torch; print(torch.ones(2).sum().item())",
        "print(open('notes.txt').read()); n = open('new.txt', 'w').write('x')",
        "import os; print(sorted(os.listdir()), os.path.exists('/home'), os.environ.get('SECRET'))",
        "import llmcourse.recurrence",
        "import time; time.sleep(0.01); print('still here')",
        kind=kind,
        blocked=sandbox.blocked(LAB),
        folder=tmp_path,
    )
    assert said[0] == "2.0\n" and said[1] == "brought along\n"
    assert said[2] == "['new.txt', 'notes.txt'] False None\n"
    assert said[3].startswith("ModuleNotFoundError: `llmcourse.recurrence` is not available when 08")
    assert said[4] == "still here\n"
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


@namespaces
def test_two_kernels_draw_different_numbers():
    draw = "import random, numpy, torch; print(random.random(), numpy.random.rand(), torch.rand(1).item())"
    first, second = (run(draw)[0].split() for _ in range(2))
    assert not set(first) & set(second)


@namespaces
def test_torch_with_two_threads_does_not_hang_after_the_fork():
    torch = "import torch; torch.set_num_threads(2); x = torch.randn(600, 600); print((x @ x).shape)"
    assert run(torch) == ["torch.Size([600, 600])\n"]


@namespaces
def test_a_process_gets_no_more_memory_than_allowed():
    (said,) = run("import numpy\nx = numpy.ones(1 << 27)", memory=512 << 20)
    assert "Unable to allocate" in said


@namespaces
def test_processes_together_get_no_more_memory_than_allowed():
    child = "x = bytearray(os.urandom(1 << 20) * 300); time.sleep(9)"
    many = f"import os, time\nfor _ in range(8):\n    if not os.fork():\n        {child}\ntime.sleep(9)"
    with pytest.raises(Exception, match="died"):
        run(many, memory=1 << 30)


@namespaces
@pytest.mark.skipif(syscalls.library() is None, reason="libseccomp is missing")
def test_system_calls_are_filtered():
    said = run("print([x for x in open('/proc/self/status') if x.startswith('Seccomp:')])")
    assert said == ["['Seccomp:\\t2\\n']\n"]


def test_a_box_that_cannot_be_made_says_which_step_failed(monkeypatch):
    monkeypatch.setattr(box, "PIVOT_ROOT", -1)
    if sandbox.kind() == "namespaces":
        with pytest.raises(box.NoBox, match="pivot_root"):
            box.trial()


# --- what ends with what


@namespaces
def test_a_dead_fork_server_is_replaced():
    run("1")
    kernels._started[0].process.kill()
    kernels._started[0].process.wait()
    assert run("print('again')") == ["again\n"]


@namespaces
def test_kernels_and_fork_server_end_with_the_process_that_grades(tmp_path):
    program = (
        "import asyncio, time\n"
        "from grading.running import sandbox\n"
        "async def main():\n"
        "    km = sandbox.Manager(kernel_name='python3', kind='namespaces')\n"
        "    await km.start_kernel()\n"
        "    print('started', flush=True)\n"
        "    time.sleep(100)\n"
        "asyncio.run(main())\n"
    )
    grader = subprocess.Popen([sys.executable, "-c", program], cwd=paths.ROOT, stdout=subprocess.PIPE, text=True)
    assert grader.stdout.readline() == "started\n"
    below = psutil.Process(grader.pid).children(recursive=True)
    assert len(below) >= 3  # the fork server, the box's first process, and the kernel
    os.kill(grader.pid, signal.SIGKILL)
    grader.wait()
    grader.stdout.close()
    assert psutil.wait_procs(below, timeout=10)[1] == []


@namespaces
def test_nothing_is_left_when_a_kernel_is_shut_down():
    async def start_and_stop():
        km = sandbox.Manager(kernel_name="python3", kind="namespaces")
        await km.start_kernel()
        folder = Path(km.provisioner.address.folder)
        assert folder.exists() and await km.is_alive()
        await km.shutdown_kernel(now=True)
        return folder

    assert not asyncio.run(start_and_stop()).exists()


# --- the kernel that is started before it is asked for


@pytest.fixture
def many(monkeypatch):
    monkeypatch.setattr(kernels, "_many", True)
    yield
    kernels.drop_spare()


@namespaces
def test_the_next_kernel_is_there_already_and_is_used_once(many):
    assert run("x = 1") == [""]
    first = kernels._spare[0]
    assert run("print('x' in globals())") == ["False\n"]
    assert not Path(first.address.folder).exists()  # this kernel was the spare one, and it has ended
    assert kernels._spare[0].address != first.address


@namespaces
def test_a_kernel_that_was_started_for_something_else_is_not_used(many, tmp_path):
    run("1")
    told = lambda text: (
        (tmp_path / "data.txt").write_text(text) and run("print(open('data.txt').read())", folder=tmp_path)
    )
    assert told("one") == ["one\n"]
    assert told("two") == ["two\n"]
    blocked = {str(paths.ROOT / "lib/llmcourse/models"): "not today"}
    assert "not today" in run("import llmcourse.models", blocked=blocked)[0]


@namespaces
def test_a_spare_kernel_that_has_ended_is_replaced(many):
    run("1")
    pidfd = kernels.wait_until_ready(kernels._spare[0].line)
    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    os.close(pidfd)
    assert run("print('here')") == ["here\n"]
    kernels._started[0].process.kill()  # and with it every kernel that it has forked
    kernels._started[0].process.wait()
    assert run("print('still')") == ["still\n"]


@namespaces
def test_a_spare_kernel_ends_with_its_process_and_leaves_nothing(tmp_path):
    program = (
        "import multiprocessing, sys\n"
        "from grading.running.sandbox import kernels\n"
        "from grading.tests.test_sandbox import run\n"
        "def grade():\n"
        "    kernels.begin(); run('1'); print(kernels._spare[0].address.folder, flush=True)\n"
        "process = multiprocessing.get_context('fork').Process(target=grade); process.start(); process.join()\n"
        "grade()\n"
    )
    said = subprocess.run([sys.executable, "-c", program], cwd=paths.ROOT, capture_output=True, text=True, timeout=120)
    places = said.stdout.split()
    assert len(places) == 2 and not any(Path(place).exists() for place in places), said.stderr


def test_a_kernel_that_never_becomes_ready_ends_with_who_waits_for_it():
    """As if its folder had been removed just before the heartbeat's socket was bound there."""
    ours, theirs = socket.socketpair()
    ready, bound = os.pipe()  # `bound` stays open, and nothing is sent

    def keep():
        ours.close()
        server._keep(kernel.pid, theirs, ready, bound, {})

    with subprocess.Popen(["sleep", "60"]) as kernel, ours, theirs:
        keeper = multiprocessing.get_context("fork").Process(target=keep)
        keeper.start()
        theirs.close()
        keeper.join(timeout=0.5)
        assert keeper.exitcode is None
        ours.close()
        keeper.join(timeout=10)
        left = keeper.exitcode
        for each in (keeper, kernel):
            each.kill()
    os.close(ready)
    os.close(bound)
    assert left == 0
