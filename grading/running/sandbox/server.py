"""The fork server: it has imported what kernels need, and forks one for each notebook.

The process that grades starts it with one end of a socket. A request is a line of JSON and one end of two further
sockets: over one, the kernel and the process that grades talk (inside.channel); over the other, the kernel's keeper is
heard (inside.keeper), or what went wrong before there was a kernel. The keeper ends the box as soon as that is closed.
So a kernel dies with the process that grades, whatever happens to either.

Nothing here has to be hidden from a student: no key, no case, no reference, and no package with answers.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import resource
import select
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from ...paths import ROOT
from . import box, syscalls
from .inside import keeper, shell

CHILD_SUBREAPER = 36
COLLAPSE, LARGE = 25, 2 << 20  # of madvise(2); bytes
LIKELY = ("sqlite3", "faulthandler", "ipywidgets", "IPython.core.completerlib", "IPython.extensions.storemagic")


class Ready(NamedTuple):
    """What a kernel would otherwise make for itself: a shell that waits for its channel, and rules for system calls."""

    shell: shell.Shell
    rules: Any


def warm() -> Ready:
    """Import what takes time, and nothing that starts a thread: a forked process has only the thread that forked it.

    What only few notebooks use stays out: torch.testing.assert_close, for one, imports five hundred modules, a second
    for every run and a fifth of what each fork copies.
    """
    import matplotlib.pyplot
    from llmcourse import checks, data, figures, runtime  # noqa: F401

    for name in LIKELY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    checks.labs()
    _ask()
    matplotlib.pyplot.figure().savefig(os.devnull, format="png")
    matplotlib.pyplot.close("all")
    ready = Ready(_shell(), syscalls.rules())
    gc.collect()
    gc.freeze()  # otherwise collecting garbage would copy every page in every kernel
    _in_large_pages()
    return ready


def _ask() -> None:
    """Ask an answer for its outputs, as kernels are asked later, so that none of them is the first to do all that.

    Without a gradient: for that, torch starts a thread on machines with a GPU.
    """
    import torch
    from llmcourse.checks import Exercise, answer, imports, labs, values

    double = lambda x: 2 * x
    told = {"probe": lambda answer, inputs: {"x": answer(inputs["x"])}, "hints": (), "cases": {}}
    toy = Exercise("toy", "", "double", ("x",), points=1, difficulty=1, minutes=1, **told)
    inputs = values.load(values.save({"x": torch.ones(2)}))[0]
    imports.refused(labs()[0], double)
    answer.read_reply(answer.reply_bytes(toy, double, inputs))


def _in_large_pages() -> None:
    """Put this process's memory into pages of 2 MB where Linux can (6.1 and later). A fork copies one entry for each
    page, and a submission needs at least two forks, and one for each exercise: this halves what they take."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        where, rights, _, _, inode, *name = line.split()
        if rights == "rw-p" and inode == "0" and name in ([], ["[heap]"]):
            start, end = (int(end, 16) for end in where.split("-"))
            start, end = -(-start // LARGE) * LARGE, end // LARGE * LARGE
            if start < end:
                box.libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), COLLAPSE)


def _shell() -> shell.Shell:
    """One that has done before what a first cell would wait for."""
    with tempfile.TemporaryDirectory() as folder:
        made = shell.make(ipython_dir=folder)
    made.transform_cell("%time")
    made.display_formatter.format(1)
    try:
        raise ValueError("for the modules that a traceback needs")
    except ValueError:
        made.InteractiveTB.structured_traceback(*sys.exc_info())
    return made


def serve(requests: socket.socket, ready: Ready) -> None:
    """Fork a kernel for each request, until the other side closes."""
    box.libc.prctl(CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # boxes are not waited for here
    if (threads := len(os.listdir("/proc/self/task"))) != 1:
        sys.exit(f"the fork server has {threads} threads: a forked kernel would hang")
    while True:
        data, fds, _, _ = socket.recv_fds(requests, 1 << 16, 2)
        if not data:
            return
        gate = box.Gate()
        if not (child := os.fork()):
            requests.close()
            _boxed(json.loads(data), *fds, gate, ready)
        for fd in fds:
            os.close(fd)
        gate.admit(child)


def _boxed(request: dict, channel: int, line: int, gate: box.Gate, ready: Ready) -> None:
    """In a process of its own: make the box, and be the kernel in it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    kept = socket.socket(fileno=line)
    try:
        files = box.contents(request["folder"])
        if box.fingerprint(files) != request["files"]:  # whoever asked for them may be done with them already
            raise RuntimeError("the files that were submitted have changed in the meantime")
        limits = _limits(request["memory"])
        spec = box.Spec(readable=request["readable"], blocked=request["blocked"], files=files, limits=limits)
        box.enter(spec, lambda kernel: _keep(kernel, kept, channel, request["memory"]), gate)
        _kernel(request, channel, ready)
    except BaseException as error:
        with contextlib.suppress(OSError):
            kept.send(f"{type(error).__name__}: {error}".encode()[:2000])
    finally:
        os._exit(0)


def _limits(memory: int) -> dict[str, int]:
    """Limits for each process in the box; memory that torch has mapped already does not count."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    space = pages * resource.getpagesize() + memory
    return {"AS": space, "NPROC": 256, "FSIZE": 256 << 20, "NOFILE": 512, "CORE": 0, "MEMLOCK": 0, "MSGQUEUE": 0}


def _keep(kernel: int, line: socket.socket, channel: int, memory: int) -> None:
    """Outside the box, next to it."""
    os.close(channel)
    keeper.keep(kernel, line, lambda: _within(memory, line))


def _within(memory: int, line: socket.socket) -> bool:
    """Whether the box's processes have no more bytes of memory together; pages that they share count once."""
    pids = [pid for pid in os.listdir("/proc") if pid.isdigit()]
    if sum(map(_resident, pids)) <= min(memory, 1 << 30):  # not worth a closer look, which takes milliseconds for each
        return True
    for pid in pids:
        memory -= _proportional(pid)
        if memory < 0 or select.select([line], [], [], 0)[0]:  # or nobody waits for the answer
            return memory >= 0
    return True


def _resident(pid: str) -> int:
    return _kilobytes(pid, "status", "RssAnon:", "RssShmem:")


def _proportional(pid: str) -> int:
    return _kilobytes(pid, "smaps_rollup", "Pss_Anon:", "Pss_Shmem:")


def _kilobytes(pid: str, file: str, *names: str) -> int:
    """The sum of these lines of a file in /proc, in bytes."""
    try:
        lines = Path("/proc", pid, file).read_text().splitlines()
    except OSError:  # it has ended in the meantime
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(names))


def _kernel(request: dict, channel: int, ready: Ready) -> None:
    """The kernel, in the box."""
    if ready.rules:
        ready.rules.load()
    os.environ.clear()
    os.environ.update(request["env"])
    if "TZ" in os.environ:
        time.tzset()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.closerange(3, channel)
    os.closerange(channel + 1, 4096)
    root = str(ROOT)
    sys.path[:] = [path for path in sys.path if os.path.realpath(path or ".") != root and path not in ("", root)]
    for name in [name for name in sys.modules if name.partition(".")[0] == "grading"]:
        del sys.modules[name]
    _reseed()
    shell.serve(ready.shell, channel)


def _reseed() -> None:
    """Otherwise two kernels of one server would draw the same numbers."""
    import numpy
    import torch

    random.seed()
    numpy.random.seed()
    torch.default_generator.seed()  # torch's own function imports what other devices need


if __name__ == "__main__":
    channel = socket.socket(fileno=int(sys.argv[1]))
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    keeper.without_the_workers_limit()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from the keyboard: it is for the process that grades
    serve(channel, warm())
