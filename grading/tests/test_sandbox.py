"""The sandbox itself: what it reports of the machine, and what happens to kernels when a process ends."""

import importlib.util
import multiprocessing
import os
import platform
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from llmcourse.checks import lab, labs

from grading import paths
from grading.commands import main
from grading.intake import bounded
from grading.running import sandbox
from grading.running.sandbox import box, kernels, syscalls
from grading.running.sandbox.inside import keeper
from grading.running.sandbox.inside.channel import LARGEST, Channel

LAB = lab("08_linear_attention")
namespaces = pytest.mark.skipif(sandbox.kind() != "namespaces", reason="no namespaces here")


def run(*sources, folder="", **settings):
    """What the cells print, in a kernel with these settings."""
    with sandbox.kernel(folder=str(folder), **settings) as kernel:
        return [text(kernel.run(source, 20)) for source in sources]


def text(messages):
    """What messages from a kernel say, without tracebacks."""
    said = ""
    for kind, *texts in messages:
        said += texts[0] if kind in ("stdout", "stderr") else f"{texts[0]}: {texts[1]}" if kind == "error" else ""
    return said


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


ELSEWHERE = """
import os, signal, socket, sys
import numpy, torch, matplotlib.pyplot, nbgrader.apps, sqlalchemy, jupytext, psutil, filelock
for home, name in ((os, "pidfd_open"), (signal, "pidfd_send_signal"), (socket, "SOCK_SEQPACKET")):
    delattr(home, name)
sys.platform = "darwin"
from grading.commands import main
print(*[main(command.split()) for command in ("inspect 08", "report", "grade 08 --trust-submissions")])
"""


def test_on_another_system_everything_works_but_running_submissions(tmp_path):
    """As far as that can be tried on Linux: without the calls that macOS does not have."""
    env = os.environ | {"LLMCOURSE_GRADING": str(tmp_path)}
    shutil.copytree(paths.released(LAB.slug).parent, tmp_path / "submitted" / "ada" / LAB.slug)
    asked = subprocess.run([sys.executable, "-c", ELSEWHERE], cwd=paths.ROOT, env=env, capture_output=True, text=True)
    assert asked.stdout.splitlines()[-1] == "0 0 2", asked.stderr
    assert "on Linux only, also with --trust-submissions" in asked.stderr and "WSL 2" in asked.stderr
    assert "Traceback" not in asked.stderr


def test_every_lab_hides_the_rooms_with_its_answers_and_nothing_that_it_allows():
    for one in labs():
        hidden = {Path(path).name for path in sandbox.blocked(one)}
        assert {"recurrence", "state_space", "mamba"} - set(one.allow) <= hidden
        assert not hidden & {"checks", "figures", "data", "models", *one.allow}
    assert "transformers" in {Path(path).name for path in sandbox.blocked(lab("10_mamba"))}


@namespaces
def test_the_fork_server_has_nothing_to_hide():
    said = run("import sys; print(sorted({m.split('.')[0] for m in sys.modules}))")
    for name in ("grading", "nbgrader", "sqlalchemy", "distributed", "transformers", "scipy"):
        assert f"'{name}'" not in said[0]


LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage")
new = tuple(map(int, platform.release().split("-")[0].split(".")[:2])) >= (6, 1)


@namespaces
@pytest.mark.skipif(not (new and LARGE_PAGES.exists()), reason="this Linux does not put memory into large pages")
def test_what_a_fork_copies_is_mostly_in_large_pages():
    run("1")
    lines = Path(f"/proc/{kernels._started[0].process.pid}/smaps_rollup").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}
    assert sizes["AnonHugePages"] > 0.5 * sizes["Anonymous"]


# --- what a kernel has


@pytest.mark.parametrize("kind", kinds())
def test_a_kernel_has_python_its_files_and_a_folder_of_its_own(kind, tmp_path):
    (tmp_path / "notes.txt").write_text("brought along")
    (tmp_path / "lab.ipynb").write_text("the notebook itself stays")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "helper.py").write_text("x = 'my module'")
    (tmp_path / "link").symlink_to("/etc/hostname")
    said = run(
        "import torch; print(torch.ones(2).sum().item())",
        "print(open('notes.txt').read()); n = open('new.txt', 'w').write('x')",
        "import os; print(sorted(os.listdir()), os.path.exists('/home'), os.environ.get('SECRET'))",
        "import llmcourse.recurrence",
        "import time; time.sleep(0.01); print('still here')",
        "from mine.helper import x; print(x)",
        kind=kind,
        blocked=sandbox.blocked(LAB),
        folder=tmp_path,
    )
    assert said[0] == "2.0\n" and said[1] == "brought along\n"
    assert said[2] == "['mine', 'new.txt', 'notes.txt'] False None\n"
    assert said[3].startswith("ModuleNotFoundError: `llmcourse.recurrence` is not available when 08")
    assert said[4] == "still here\n" and said[5] == "my module\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lab.ipynb", "link", "mine", "notes.txt"]


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


def limit_in_a_kernel(kind):
    kernels._started.clear()  # the fork server has died, say, and this process starts another
    return run("import resource; print(resource.getrlimit(resource.RLIMIT_DATA))", kind=kind)


@pytest.mark.parametrize("kind", ["none", *kinds()])
def test_a_kernel_does_not_inherit_the_limit_of_who_reads_submissions(kind):
    ours = resource.getrlimit(resource.RLIMIT_DATA)
    assert bounded.apart(limit_in_a_kernel, kind) == [f"{(ours[1], ours[1])}\n"]


@namespaces
def test_processes_together_get_no_more_memory_than_allowed():
    child = "x = bytearray(os.urandom(1 << 20) * 300); time.sleep(9)"
    many = f"import os, time\nfor _ in range(8):\n    if not os.fork():\n        {child}\ntime.sleep(9)"
    with pytest.raises(sandbox.Ended, match="ended"):
        run(many, memory=1 << 30)


@namespaces
def test_memory_that_processes_share_counts():
    child = "m = mmap.mmap(-1, 300 << 20); m.write(bytes(300 << 20)); time.sleep(9)"
    many = f"import os, mmap, time\nfor _ in range(8):\n    if not os.fork():\n        {child}\ntime.sleep(9)"
    with pytest.raises(sandbox.Ended, match="ended"):
        run(many, memory=1 << 30)


OWNERLESS = {
    "memfd_create": "import os; fd = os.memfd_create('x'); os.write(fd, b'x')",
    "shmget": "import ctypes, os; c = ctypes.CDLL(None, use_errno=True)\n"
    "if c.shmget(0, 1 << 28, 0o1600) < 0: raise OSError(ctypes.get_errno(), 'shmget')",
}


@namespaces
@pytest.mark.skipif(syscalls.library() is None, reason="libseccomp is missing")
@pytest.mark.parametrize("call", OWNERLESS)
def test_memory_that_no_process_has_is_refused(call):
    """It would be counted by nobody: not mapped, it is no part of any process."""
    assert run(OWNERLESS[call])[0].startswith("PermissionError")


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
        "import time\n"
        "from grading.running import sandbox\n"
        "kernel = sandbox.kernel(kind='namespaces')\n"
        "print('started', flush=True)\n"
        "time.sleep(100)\n"
    )
    grader = subprocess.Popen([sys.executable, "-c", program], cwd=paths.ROOT, stdout=subprocess.PIPE, text=True)
    assert grader.stdout.readline() == "started\n"
    below = psutil.Process(grader.pid).children(recursive=True)
    assert len(below) == 3  # the fork server, the kernel, and its keeper
    os.kill(grader.pid, signal.SIGKILL)
    grader.wait()
    grader.stdout.close()
    assert psutil.wait_procs(below, timeout=10)[1] == []


def boxed():
    """The processes below this one's fork server: kernels and their keepers."""
    return psutil.Process(kernels._started[0].process.pid).children(recursive=True)


@namespaces
def test_nothing_is_left_when_a_kernel_is_ended():
    with sandbox.kernel() as kernel:
        assert text(kernel.run("import subprocess; print(subprocess.Popen(['sleep', '99']).pid)", 5))
        below = boxed()
        assert len(below) == 3
    assert psutil.wait_procs(below, timeout=10)[1] == []


@namespaces
def test_a_kernel_ends_with_its_keeper():
    with sandbox.kernel() as kernel:
        keeper, *others = boxed()
        keeper.kill()
        assert psutil.wait_procs(others, timeout=10)[1] == []
        with pytest.raises(sandbox.Ended):
            text(kernel.run("1", 5))


# --- the kernel that is started before it is asked for


@pytest.fixture
def many(monkeypatch):
    monkeypatch.setattr(kernels, "_many", True)
    yield
    kernels.drop_spare()


@namespaces
def test_the_next_kernel_is_there_already_and_is_used_once(many):
    assert run("x = 1") == [""]
    first = kernels._spare[0][1]
    with sandbox.kernel() as kernel:
        assert kernel is first and kernels._spare[0][1] is not first
        assert text(kernel.run("print('x' in globals())", 5)) == "False\n"


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


@pytest.mark.parametrize("kind", kinds())
def test_what_is_blocked_is_blocked_by_every_name(kind, tmp_path, monkeypatch):
    """Of an environment in a folder that is reached through a link, both names can be read."""
    (tmp_path / "link").symlink_to(Path(sys.prefix).parent)
    linked = str(tmp_path / "link" / Path(sys.prefix).name)
    folders = [*box.python_folders(), linked]
    monkeypatch.setattr(box, "python_folders", lambda: folders)
    package = Path(importlib.util.find_spec("transformers").origin).resolve().parent
    inside = package.relative_to(Path(sys.prefix).resolve())
    script = f"import os\nfor place in {sys.prefix!r}, {linked!r}: print(len(os.listdir(f'{{place}}/{inside}')))"
    assert run(script, kind=kind, blocked={str(package): "not today"}) == ["1\n1\n"]
    assert int(run(script, kind=kind)[0].split()[1]) > 9


@namespaces
def test_a_spare_kernel_that_has_ended_is_replaced(many):
    run("1")
    for process in boxed():
        process.kill()
    assert run("print('here')") == ["here\n"]
    kernels._started[0].process.kill()  # and with it every kernel that it has forked
    kernels._started[0].process.wait()
    assert run("print('still')") == ["still\n"]


@namespaces
def test_a_spare_kernel_whose_files_had_gone_is_not_used(many, tmp_path, monkeypatch):
    """It reads its files when it is forked; the submission that they came with may be done by then."""
    for name in ("ada", "bob"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data.txt").write_text("the same")
    run("1")
    server, keep_spare = kernels._started[0].process, kernels._keep_spare
    with monkeypatch.context() as patch:
        patch.setattr(kernels, "_keep_spare", lambda request: server.send_signal(signal.SIGSTOP) or keep_spare(request))
        sandbox.kernel(folder=str(tmp_path / "ada")).close()
    shutil.rmtree(tmp_path / "ada")
    server.send_signal(signal.SIGCONT)
    assert run("print(open('data.txt').read())", folder=tmp_path / "bob") == ["the same\n"]


@pytest.mark.parametrize("kind", ["none", *kinds()])
def test_a_folder_that_has_gone_is_an_error(kind, tmp_path):
    with pytest.raises(FileNotFoundError, match="is gone"):
        run("1", folder=tmp_path / "gone", kind=kind)


@namespaces
def test_a_spare_kernel_ends_with_its_process():
    program = (
        "import multiprocessing, sys\n"
        "from grading.running.sandbox import kernels\n"
        "from grading.tests.test_sandbox import boxed, run\n"
        "def grade():\n"
        "    run('1'); kernels._spare[0][1].ready(); print(*[p.pid for p in boxed()], flush=True)\n"
        "kernels.begin()\n"
        "process = multiprocessing.get_context('fork').Process(target=grade); process.start(); process.join()\n"
        "grade()\n"
    )
    said = subprocess.run([sys.executable, "-c", program], cwd=paths.ROOT, capture_output=True, text=True, timeout=120)
    pids = {int(pid) for pid in said.stdout.split()}
    assert len(pids) >= 4, said.stderr
    assert psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=10)[1] == []


def test_a_keeper_ends_with_who_asked_for_it():
    ours, theirs = socket.socketpair()

    def keep():
        ours.close()
        keeper.keep(kernel.pid, theirs)

    with subprocess.Popen(["sleep", "60"]) as kernel, ours, theirs:
        watch = multiprocessing.get_context("fork").Process(target=keep)
        watch.start()
        theirs.close()
        assert ours.recv(9) == keeper.HERE
        watch.join(timeout=0.5)
        assert watch.exitcode is None
        ours.close()
        watch.join(timeout=10)
        left = watch.exitcode
        for each in (watch, kernel):
            each.kill()
    assert left == 0


# --- the kernel itself


@pytest.fixture(scope="module", params=["none", *kinds()])
def kernel(request):
    with sandbox.kernel(kind=request.param) as kernel:
        yield kernel


def test_a_cell_that_takes_too_long_is_interrupted_and_the_next_one_runs(kernel):
    said = text(kernel.run("import time\nprint('begun')\ntime.sleep(60)", 0.5))
    assert said == "begun\nKeyboardInterrupt: " and kernel.late
    assert text(kernel.run("import asyncio\nawait asyncio.sleep(60)", 0.5)).startswith("CancelledError") and kernel.late
    assert text(kernel.run("print('next')", 5)) == "next\n" and not kernel.late


def test_a_flood_is_interrupted_and_loses_no_later_message(kernel):
    for message in kernel.run("while True:\n    print('x' * 3000)", 20):  # noqa: B007
        kernel.interrupt()
    assert message[0] == "error" and message[1] == "KeyboardInterrupt" and not kernel.late
    assert text(kernel.run("print('next')", 5)) == "next\n"


def test_processes_of_a_cell_do_not_run_the_next_one(kernel):
    forked = "import os\nprint('before', end=' ')\nif pid := os.fork():\n    os.waitpid(pid, 0)\nprint('after')"
    assert text(kernel.run(forked, 5)) == "before after\nafter\n"
    assert text(kernel.run("print('next')", 5)) == "next\n"


DEAF = """
while True:
    try:
        print('in', flush=True)
        while True: sum(range(99))
    except KeyboardInterrupt: pass
"""


@pytest.mark.parametrize("kind", ["none", *kinds()])
def test_a_cell_that_cannot_be_stopped_ends_its_kernel(kind):
    with sandbox.kernel(kind=kind) as kernel, pytest.raises(sandbox.Ended, match="stopped") as error:
        for _ in kernel.run(DEAF, 20, grace=0.5):
            kernel.interrupt()
    assert error.value.stuck


@pytest.mark.parametrize("kind", ["none", *kinds()])
@pytest.mark.parametrize("code", ["import os; os._exit(0)", "import ctypes; ctypes.string_at(0)"])
def test_a_cell_that_ends_its_kernel(kind, code):
    with sandbox.kernel(kind=kind) as kernel, pytest.raises(sandbox.Ended, match="ended") as error:
        list(kernel.run(f"print('before')\n{code}", 5))
    assert not error.value.stuck


FORGED = """
import os, socket, struct
ours = next(s for s in map(int, os.listdir("/proc/self/fd")) if s > 2 and "socket" in os.readlink(f"/proc/self/fd/{s}"))
end = socket.socket(fileno=os.dup(ours))
packet = lambda number, last, body: end.send(struct.pack("!IQB", 7, number, last) + body)
"""
NONSENSE = {
    "no packet at all": "end.send(b'x')",
    "lengths that are not there": "packet(1, 1, struct.pack('!I', 1 << 31) + b'stdout')",
    "a million empty texts": "packet(1, 0, bytes(60_000)); packet(1, 1, bytes(60_000))",
    "a message without end": "for _ in range(400): packet(1, 0, bytes(60_000))",
    "messages without end": "for n in range(200_000): packet(n, 0, b'')",
    "the end of another cell": "packet(1, 1, struct.pack('!I', 4) + b'done' + struct.pack('!I', 2) + b'99')",
}


@namespaces
@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_from_the_process_changes_nothing(nonsense):
    with sandbox.kernel() as kernel:
        list(kernel.run(FORGED + NONSENSE[nonsense], 20))
        assert text(kernel.run("print('next')", 5)) == "next\n"
        assert kernel.channel.held <= LARGEST


def test_nested_messages_take_no_more_than_their_bytes():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        Channel(ours).send("result", "application/json", "[" * 50_000)
        assert Channel(theirs).receive(time.monotonic() + 5) == ["result", "application/json", "[" * 50_000]
