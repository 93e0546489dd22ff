"""The fork server: it has imported what kernels need, and forks one for each notebook.

The process that grades starts it with one end of a socket. A request is a line of JSON and one end of another socket:
over it the new kernel's keeper sends "ready" or what went wrong, and receives signals (one byte each). It ends the box
as soon as the other end is closed. So a kernel dies with the process that grades, whatever happens to either.

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
import time
from pathlib import Path

from ...paths import ROOT
from . import box, syscalls

LIVES = 0.25  # seconds between two checks of a box's memory
CHILD_SUBREAPER = 36
# What a kernel imports when it starts; the debugger alone would take half of that time.
KERNEL = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "sqlite3",
    "faulthandler",
)
KERNEL += ("IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect", "tornado.platform.asyncio")
KERNEL += ("IPython.extensions.storemagic",)


def warm() -> None:
    """Import what takes time, and nothing that starts a thread: a forked process has only the thread that forked it."""
    import IPython.core.ultratb
    import matplotlib.pyplot
    import torch.testing
    from llmcourse import checks, data, figures, runtime  # noqa: F401

    for name in KERNEL:
        importlib.import_module(name)
    checks.labs()
    torch.testing.assert_close(torch.zeros(2), torch.zeros(2))  # imports five hundred modules
    try:
        raise ValueError("for the modules that a traceback needs")
    except ValueError:
        IPython.core.ultratb.VerboseTB().structured_traceback(*sys.exc_info())
    matplotlib.pyplot.figure().savefig(os.devnull, format="png")
    matplotlib.pyplot.close("all")
    gc.collect()
    gc.freeze()  # otherwise collecting garbage would copy every page in every kernel


def serve(requests: socket.socket) -> None:
    """Fork a kernel for each request, until the other side closes."""
    box.libc.prctl(CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # boxes are not waited for here
    if (threads := len(os.listdir("/proc/self/task"))) != 1:
        sys.exit(f"the fork server has {threads} threads: a forked kernel would hang")
    while True:
        data, fds, _, _ = socket.recv_fds(requests, 1 << 16, 1)
        if not data:
            return
        keeper = socket.socket(fileno=fds[0])
        if not os.fork():
            requests.close()
            _boxed(json.loads(data), keeper)
        keeper.close()


def _boxed(request: dict, keeper: socket.socket) -> None:
    """In a process of its own: make the box, and be the kernel in it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    ready, bound = os.pipe()
    try:
        spec = box.Spec(
            readable=request["readable"],
            writable=request["sockets"],
            blocked=request["blocked"],
            files={name: Path(p).read_bytes() for name, p in request["files"].items()},
            limits=_limits(request["memory"]),
        )
        box.enter(spec, lambda kernel: _keep(kernel, keeper, ready, bound, request))
        keeper.close()
        os.close(ready)
        _kernel(request, bound)
    except BaseException as error:
        message = f"{type(error).__name__}: {error}".encode()[:2000]
        for tell in (keeper.send, lambda text: os.write(bound, text)):  # from outside the box, or from inside
            with contextlib.suppress(OSError):
                tell(message)
    finally:
        os._exit(0)


def _limits(memory: int) -> dict[str, int]:
    """Limits for each process in the box; memory that torch has mapped already does not count."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    space = pages * resource.getpagesize() + memory
    return {"AS": space, "NPROC": 256, "FSIZE": 256 << 20, "NOFILE": 512, "CORE": 0, "MEMLOCK": 0, "MSGQUEUE": 0}


def _keep(kernel: int, conn: socket.socket, ready: int, bound: int, request: dict) -> None:
    """The box's first process: report when the kernel can be used, pass signals on, and make sure that it ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    os.close(bound)
    if ready not in select.select([ready, conn], [], [])[0]:
        return  # whoever asked has gone, and perhaps the folder that the kernel's sockets were to be in
    message = os.read(ready, 2000)
    if message == b"ready":
        box.close(request["sockets"])
    socket.send_fds(conn, [message or b"the kernel ended at once"], [os.pidfd_open(1)])
    os.close(ready)
    alive = os.pidfd_open(kernel)
    while True:
        readable, _, _ = select.select([conn, alive], [], [], LIVES)
        if alive in readable or _memory() > request["memory"]:
            return
        if conn in readable:
            numbers = conn.recv(64)
            if not numbers:
                return
            for number in numbers:
                os.kill(kernel, number)


def _memory() -> int:
    """Bytes of memory that belong to the box's processes; pages that they share count once."""
    pages = [_anonymous(pid) for pid in os.listdir("/proc") if pid.isdigit() and pid != "1"]
    if sum(pages) <= (1 << 30):  # too little to be worth a closer look, which takes milliseconds
        return sum(pages)
    return sum(_proportional(pid) for pid in os.listdir("/proc") if pid.isdigit() and pid != "1")


def _anonymous(pid: str) -> int:
    return _kilobytes(pid, "status", "RssAnon:")


def _proportional(pid: str) -> int:
    return _kilobytes(pid, "smaps_rollup", "Pss_Anon:")


def _kilobytes(pid: str, file: str, name: str) -> int:
    try:
        lines = Path("/proc", pid, file).read_text().splitlines()
    except OSError:  # it has ended in the meantime
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(name)), 0)


def _kernel(request: dict, bound: int) -> None:
    """ipykernel, in the box. It reports its sockets to `bound`; no cell can have run before that."""
    from ipykernel.kernelapp import IPKernelApp

    syscalls.filter_calls()
    os.environ.clear()
    os.environ.update(request["env"])
    if "TZ" in os.environ:
        time.tzset()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.closerange(3, bound)
    os.closerange(bound + 1, 4096)
    root = str(ROOT)
    sys.path[:] = [path for path in sys.path if os.path.realpath(path or ".") != root and path not in ("", root)]
    for name in [name for name in sys.modules if name.partition(".")[0] == "grading"]:
        del sys.modules[name]
    _reseed()
    app = IPKernelApp.instance(parent_handle=0)
    app.initialize(["-f", request["connection"], *request["arguments"]])
    while not os.path.exists(f"{app.ip}-{app.hb_port}"):  # bound in a thread of its own
        time.sleep(0.001)
    os.write(bound, b"ready")
    os.close(bound)
    app.start()


def _reseed() -> None:
    """Otherwise two kernels of one server would draw the same numbers."""
    import numpy
    import torch

    random.seed()
    numpy.random.seed()
    torch.seed()


if __name__ == "__main__":
    channel = socket.socket(fileno=int(sys.argv[1]))
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from the keyboard: it is for the process that grades
    warm()
    serve(channel)
