"""Kernels in a sandbox: processes that run cells, one after another. See inside/ for what runs in there."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from llmcourse import classroom
from llmcourse.classroom import Classroom

from ... import ONE_THREAD
from ...intake import companions
from ...paths import ROOT
from . import box, inside
from .inside import keeper
from .inside.channel import Channel

KNOWN = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "LLMCOURSE_TIER", "NBGRADER_EXECUTION")
PATIENCE = 180  # seconds until a kernel must be ready: the fork server imports for half a minute on a busy machine
GRACE = 5  # seconds that a cell has to end after it was interrupted
MEMORY = 4 << 30  # bytes for all processes of a kernel together
ENDED = "its process ended; the fork server's message is above"
COLD = "import sys; sys.path.insert(0, {folder!r}); from inside import keeper; keeper.cold({channel}, {line})"


class Ended(Exception):
    """The kernel is no more: its process has ended, or had to be ended (`stuck`), since a cell could not be stopped."""

    def __init__(self, message: str, stuck: bool = False):
        super().__init__(message)
        self.stuck = stuck


class Kernel:
    """A kernel in its sandbox.

    late    whether the last cell was interrupted when its time was over
    raised  name and message of the error that ended it, or two empty texts
    """

    def __init__(self, channel: socket.socket, line: socket.socket):
        self.channel, self.line = Channel(channel), line
        self.cells, self.late, self.raised = 0, False, ("", "")
        self.interrupted = False
        self.process: int | None = None  # a pidfd
        self.until = self.grace = 0.0

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def ready(self) -> "Kernel":
        """Wait until it can be used; raises RuntimeError if it has ended, or there is no sign of it."""
        self.line.settimeout(PATIENCE)
        with contextlib.suppress(OSError, EOFError, ValueError):
            if self.process is None and self.channel.receive(time.monotonic() + PATIENCE) == ["ready"]:
                _, (self.process,), _, _ = socket.recv_fds(self.line, 1, 1)
            if self.process is not None and not self._closed():
                return self
        why = self._why()
        self.close()
        raise RuntimeError(f"no kernel could be started in its sandbox: {why or ENDED}")

    def _why(self) -> str:
        """What went wrong before there was a kernel, if anybody says so."""
        self.line.settimeout(1)
        with contextlib.suppress(OSError):
            while said := self.line.recv(2000):
                if said != keeper.HERE:
                    return said.decode("utf-8", "replace")
        return ""

    def run(self, code: str, seconds: float, grace: float = GRACE, counted: bool = True) -> Iterator[list[str]]:
        """Run a cell; yields what it shows, as inside.shell describes it, but the student's process may send anything.

        seconds  after which the cell is interrupted, as it is by `interrupt`
        grace    seconds that it has to end then
        counted  whether it counts in IPython's history

        Raises Ended.
        """
        self.cells += 1
        self.late, self.raised, self.interrupted = False, ("", ""), False
        self.until, self.grace = time.monotonic() + seconds, grace
        try:
            self.channel.send("run", str(self.cells), code, "1" if counted else "", seconds=grace)
            while (message := self._next())[:2] != ["done", str(self.cells)]:
                yield message
        except (EOFError, ConnectionError):
            self.end()
            raise Ended("It ended its own process.") from None
        except TimeoutError:
            self.end()
            raise Ended("It could not be stopped.", stuck=True) from None
        self.raised = tuple([*message[2:4], "", ""][:2])

    def _next(self) -> list[str]:
        """The next message, however long that takes; raises EOFError, and TimeoutError if the cell can't be stopped."""
        while (message := self.channel.receive(self.until)) is None:
            if self.interrupted:
                raise TimeoutError
            self.late = True
            self.interrupt()
        return message

    def interrupt(self) -> None:
        """Interrupt the cell that runs, once: from here on it has its grace to end."""
        if not self.interrupted:
            self.interrupted, self.until = True, time.monotonic() + self.grace
            self._signal(signal.SIGINT)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(OSError):  # it has ended
            if self.process is not None:
                signal.pidfd_send_signal(self.process, number)

    def _closed(self) -> bool:
        return bool(select.select([self.channel.end], [], [], 0)[0]) and not self.channel.end.recv(1, socket.MSG_PEEK)

    def end(self) -> None:
        """End it, and with it everything in its box. Its keeper would do so as well, but may have to wait: what is in
        the box may take all processors."""
        self._signal(signal.SIGKILL)
        self.line.close()
        self.channel.end.close()

    def wait(self) -> None:
        """Wait until all of that has ended; a box with hundreds of processes takes a while."""
        if self.process is not None:
            select.select([self.process], [], [], PATIENCE)
            os.close(self.process)
            self.process = None

    def close(self) -> None:
        self.end()
        self.wait()


def start(kind: str, blocked: dict[str, str], folder: str = "", memory: int = MEMORY) -> Kernel:
    """A kernel that is ready, in the sandbox that `kind` names.

    blocked  folder of a package that the kernel must not have -> the reason
    folder   the files in it and below are brought along, without notebooks
    memory   bytes for all of its processes together

    Raises RuntimeError if none can be started, and OSError if the folder can't be read.
    """
    places = readable()
    blocked = everywhere(blocked, places)
    if kind != "namespaces":
        return Cold(kind, blocked, folder, memory).ready()
    request = {
        "env": environment(dict(os.environ)),
        "folder": folder,
        "files": box.fingerprint(box.contents(folder)),
        "readable": places,
        "blocked": blocked,
        "memory": memory,
    }
    kernel = _take(request) or _forked(request).ready()
    _keep_spare(request)
    return kernel


def environment(ours: dict[str, str]) -> dict[str, str]:
    """A kernel's environment: a few variables of ours, and its own."""
    places = {"HOME": box.HOME, "TMPDIR": "/tmp", "IPYTHONDIR": "/tmp/.ipython", "MPLCONFIGDIR": "/tmp/.matplotlib"}
    rest = {"PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin", "USER": "student", "PYTHONUTF8": "1"}
    offline = {"HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    kept = {name: ours[name] for name in KNOWN if name in ours}
    return _known_class() | kept | ONE_THREAD | places | rest | offline | NOTEBOOK


# What ipykernel sets for programs that a cell starts, and for matplotlib.
NOTEBOOK = {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "PAGER": "cat", "GIT_PAGER": "cat"}
NOTEBOOK |= {"TERM": "xterm-color", "CLICOLOR": "1", "FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}


def readable() -> list[str]:
    """What a kernel may read of this machine besides the system: Python, its packages, the course's library, and the
    public halves of an instructor's own labs."""
    import llmcourse

    own = [folder / "public" for folder in _class().own.values()]
    own += [_class().path] if own else []
    return [*box.python_folders(), *(str(Path(path).resolve()) for path in (*llmcourse.__path__, *own))]


def everywhere(blocked: dict[str, str], places: list[str]) -> dict[str, str]:
    """The same under every name by which a box can read these folders, of the `places` that it can read: an environment
    that is reached through a link is readable by two names, and what is put in the place of a folder is seen under one
    of them only.
    """
    found = dict(blocked)
    for place in places:
        real = os.path.realpath(place)
        for folder, reason in blocked.items():
            inside = os.path.relpath(os.path.realpath(folder), real)
            if inside.split(os.sep)[0] != "..":
                found[os.path.normpath(os.path.join(place, inside))] = reason
    return found


def _library() -> str:
    """The folder of the library that grades."""
    return str(Path(classroom.__file__).parents[1])


def _class() -> Classroom:
    return classroom.read(ROOT)


def _known_class() -> dict[str, str]:
    """What tells a kernel where the public halves of an instructor's labs are, if there are any."""
    return {"LLMCOURSE_CLASS": str(_class().path.resolve())} if _class().own else {}


# --- cold kernels


class Cold(Kernel):
    """One that has everything to import still: by bubblewrap, for machines that let bwrap, and nobody else, make
    namespaces; or in no sandbox at all."""

    def __init__(self, kind: str, blocked: dict[str, str], folder: str, memory: int):
        self.place = tempfile.TemporaryDirectory(prefix="kernel-")
        here, inner = Path(self.place.name), Path(inside.__file__).parents[1]
        (channel, theirs), (line, kept) = _sockets(), _sockets()
        super().__init__(channel, line)
        code = COLD.format(folder=str(inner), channel=theirs.fileno(), line=kept.fileno())
        if kind == "bubblewrap":
            command, env = _bubblewrap(here, blocked, folder, memory), environment(dict(os.environ))
        else:
            command, env = [], dict(os.environ) | NOTEBOOK
            companions.copy(box.brought(folder), here)
        with theirs, kept:
            self.started = subprocess.Popen(
                [*command, sys.executable, "-c", code],
                env=env | {"PYTHONPATH": _library()},
                cwd=here,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno(), kept.fileno()],
                start_new_session=True,
            )

    def end(self) -> None:
        super().end()
        with contextlib.suppress(OSError):  # it has ended
            os.killpg(self.started.pid, signal.SIGKILL)
        self.started.wait()
        self.place.cleanup()


def _sockets() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _bubblewrap(place: Path, blocked: dict[str, str], folder: str, memory: int) -> list[str]:
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", box.HOME, "--chdir", box.HOME]
    for path in (*box.SYSTEM, *box.SETTINGS, *readable(), *inside.__path__):
        link = os.path.islink(path)
        command += ["--symlink", os.readlink(path), path] if link else ["--ro-bind-try", path, path]
    for number, (path, reason) in enumerate(blocked.items()):
        package = place / str(number)
        package.mkdir()
        (package / "__init__.py").write_text(f"raise ModuleNotFoundError({reason!r})\n")
        command += ["--ro-bind", str(package), path]
    for name, path in box.brought(folder).items():
        command += ["--ro-bind", str(path), f"{box.HOME}/{name}"]
    limits = ["prlimit", "--core=0", "--nofile=512", "--nproc=512", f"--fsize={256 << 20}"]
    return [*command, *limits, f"--as={memory + (4 << 30)}"]


# --- the fork server, one for each process that grades


class _Server:
    """A running fork server. It ends with the process that started it, or once no process holds its channel.

    Processes that are forked from that one may use it too: a request is one message, and is answered over sockets of
    its own.
    """

    def __init__(self):
        self.channel, theirs = _sockets()
        passed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
        passed |= ONE_THREAD | _known_class() | {"PYTHONPATH": _library()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grading.running.sandbox.server", str(theirs.fileno())],
            cwd=ROOT,
            env=passed | {"PYTHONUTF8": "1", "MPLBACKEND": "agg"},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def ended(self) -> bool:
        """Whether it is gone: it sends nothing over the channel, so there is something to read only at its end."""
        return bool(select.select([self.channel], [], [], 0)[0])

    def fork(self, request: dict) -> Kernel:
        """A new kernel, which may not be ready yet; raises OSError when the server has ended."""
        (channel, theirs), (line, kept) = _sockets(), _sockets()
        with theirs, kept:
            socket.send_fds(self.channel, [json.dumps(request).encode()], [theirs.fileno(), kept.fileno()])
        return Kernel(channel, line)


_started: list[_Server] = []
_lock = threading.Lock()


def begin() -> None:
    """For a process that grades many, and those forked from it: start the fork server if there is none or it has
    ended, and from now on start the next kernel as soon as one is ready."""
    global _many
    _many = True
    with _lock:
        if not _started or _started[0].ended():
            _started[:] = [_Server()]


def channels() -> list[int]:
    """The file descriptors of the fork server's channel, which a process needs that is forked to grade many."""
    return [server.channel.fileno() for server in _started]


def _forked(request: dict) -> Kernel:
    """A kernel of this process's fork server, which is started first if there is none or it has ended."""
    with _lock:
        with contextlib.suppress(OSError, IndexError):
            return _started[0].fork(request)
        _started[:] = [_Server()]
        return _started[0].fork(request)


# --- a spare kernel, for a process that grades many: it starts while another is at work

_spare: list[tuple[dict, Kernel]] = []  # one at most, and the request that it fits
_many = False


def _keep_spare(request: dict) -> None:
    """Start another kernel for the same request, if many are graded."""
    if _many:
        drop_spare()
        _spare.append((_wanted(request), _forked(request)))


def _take(request: dict) -> Kernel | None:
    """The spare kernel, if there is one for exactly this request, and it has not ended."""
    if not _spare or _spare[0][0] != _wanted(request):
        return None
    with contextlib.suppress(RuntimeError):
        return _spare.pop()[1].ready()
    return None


def drop_spare() -> None:
    while _spare:
        _spare.pop()[1].close()


def _wanted(request: dict) -> dict:
    """What makes two kernels interchangeable: files count by their contents, wherever they are."""
    return {name: value for name, value in request.items() if name != "folder"}
