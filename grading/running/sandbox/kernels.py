"""Kernels in a sandbox, for jupyter_client: a manager, and the provisioners that start the process."""

import asyncio
import contextlib
import hashlib
import json
import multiprocessing.util
import os
import queue
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import zmq
from jupyter_client import AsyncKernelClient, AsyncKernelManager
from jupyter_client.connect import write_connection_file
from jupyter_client.provisioning import KernelProvisionerBase, LocalProvisioner
from llmcourse import classroom
from llmcourse.classroom import Classroom
from traitlets import Dict, DottedObjectName, Integer, Type, Unicode

from ... import ONE_THREAD
from ...paths import ROOT
from . import box

KNOWN = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "LLMCOURSE_TIER", "NBGRADER_EXECUTION")
LARGEST = 12 << 20  # bytes of one message from a kernel
QUEUE = 100  # messages that wait: a kernel may send faster than they are read
PATIENCE = 180  # seconds until a kernel must answer: the fork server imports for half a minute on a busy machine
FOR_THE_BOX = 0o644  # inside it, another account reads the connection file
ENDED = "its process ended; the fork server's message is above"
NAMELESS = 100  # characters of the socket folder's path at most; Linux allows 107 for a socket


class Client(AsyncKernelClient):
    """A client that is ready as soon as the kernel answers on both channels.

    jupyter_client's own then waits for 0.2 seconds of silence, which is longer than a warm kernel takes to start.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Raises RuntimeError if there is no answer within `timeout` seconds, or if the kernel has ended."""
        end = time.monotonic() + (timeout or PATIENCE)
        while time.monotonic() < end and await self.is_alive():
            asked = self.kernel_info()
            if await self._heard(self.get_shell_msg, asked) and await self._heard(self.get_iopub_msg, asked):
                return
        raise RuntimeError("the kernel does not answer")

    async def _heard(self, receive: Callable, asked: str) -> bool:
        """Whether an answer to that request comes within a second. A client that listens too late asks again."""
        with contextlib.suppress(queue.Empty):
            while (await receive(timeout=1))["parent_header"].get("msg_id") != asked:
                pass
            return True
        return False


class Manager(AsyncKernelManager):
    """Starts kernels in the sandbox that `kind` names."""

    client_class = DottedObjectName(f"{__name__}.Client")
    client_factory = Type(klass=Client)
    kind = Unicode(help="namespaces, bubblewrap or none")
    memory = Integer(4 << 30, help="bytes for all processes of a kernel together").tag(config=True)
    blocked = Dict(help="folder of a package that the kernel must not have -> the reason")

    async def _async_pre_start_kernel(self, **kw: Any):
        self.context.setsockopt(zmq.MAXMSGSIZE, LARGEST)
        self.context.setsockopt(zmq.RCVHWM, QUEUE)
        if self.provisioner is None:
            kinds = {"namespaces": Warm, "bubblewrap": Bubblewrap, "none": LocalProvisioner}
            self.provisioner = kinds[self.kind](kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
        return await super()._async_pre_start_kernel(**kw)


def environment(ours: dict[str, str]) -> dict[str, str]:
    """A kernel's environment: a few variables of ours, and its own."""
    places = {"HOME": box.HOME, "TMPDIR": "/tmp", "IPYTHONDIR": "/tmp/.ipython", "MPLCONFIGDIR": "/tmp/.matplotlib"}
    rest = {"PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin", "USER": "student", "PYTHONUTF8": "1"}
    offline = {"HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    inline = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    return (
        _known_class()
        | {name: ours[name] for name in KNOWN if name in ours}
        | ONE_THREAD
        | places
        | rest
        | offline
        | inline
    )


def readable() -> list[str]:
    """What a kernel may read of this machine besides the system: Python, its packages, the course's library, and the
    public halves of an instructor's own labs."""
    import llmcourse

    own = [folder / "public" for folder in _class().own.values()]
    own += [_class().path] if own else []
    return [*box.python_folders(), *(str(Path(path).resolve()) for path in (*llmcourse.__path__, *own))]


def _class() -> Classroom:
    return classroom.read(ROOT)


def _known_class() -> dict[str, str]:
    """What tells a kernel where the public halves of an instructor's labs are, if there are any."""
    return {"LLMCOURSE_CLASS": str(_class().path.resolve())} if _class().own else {}


def attached(folder: str | None) -> dict[str, str]:
    """The files that the kernel is given: name in the folder, or in a folder below it -> path."""
    found = [p for p in Path(folder).rglob("*") if p.is_file() and not p.is_symlink()] if folder else []
    return {p.relative_to(folder).as_posix(): str(p) for p in found}


class Address(NamedTuple):
    """Where a kernel is reached: at sockets in a private folder, since no network reaches into a box."""

    folder: str
    file: str  # jupyter's connection file
    info: dict  # its contents

    @classmethod
    def new(cls) -> "Address":
        folder = tempfile.mkdtemp(prefix="kernel-")
        if len(folder) > NAMELESS:
            os.rmdir(folder)
            folder = tempfile.mkdtemp(prefix="k-", dir="/tmp")
        key = secrets.token_hex(32).encode()
        file, info = write_connection_file(f"{folder}/kernel.json", transport="ipc", ip=f"{folder}/k", key=key)
        os.chmod(file, FOR_THE_BOX)
        return cls(folder, file, info)

    def adopt(self, manager: Manager) -> None:
        """Let the manager, and its clients, talk over these sockets."""
        manager.connection_file = self.file
        manager.load_connection_info(self.info)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class Warm(KernelProvisionerBase):
    """A kernel in namespaces of its own, forked from a process that has everything imported."""

    address: Address | None = None
    request: dict
    process: int | None = None  # a pidfd of the box's first process
    line: socket.socket | None = None  # to its keeper: when this closes, everything in the box ends

    @property
    def has_process(self) -> bool:
        return self.process is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        arguments = kwargs.pop("extra_arguments", [])
        kwargs = await super().pre_launch(cmd=[], **kwargs)
        self.request = {
            "arguments": arguments,
            "env": environment(kwargs["env"]),
            "files": attached(kwargs.get("cwd")),
            "readable": readable(),
            "blocked": self.parent.blocked,
            "memory": self.parent.memory,
        }
        if self.address is None and (spare := await asyncio.to_thread(take, self.request)):
            self.address, self.line, self.process = spare
        self.address = self.address or Address.new()
        self.address.adopt(self.parent)
        self.connection_info = self.parent.get_connection_info()
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any):
        if self.process is None:
            self.line = fork(self.request, self.address)
            self.process = await asyncio.to_thread(wait_until_ready, self.line)
        keep_spare(self.request)
        return self.connection_info

    async def poll(self) -> int | None:
        ended = self.process is None or select.select([self.process], [], [], 0)[0]
        return 1 if ended else None

    async def wait(self) -> int | None:
        while await self.poll() is None:
            await asyncio.sleep(0.005)
        return 1

    async def send_signal(self, signum: int) -> None:
        with contextlib.suppress(OSError):  # it may have ended
            self.line.send(bytes([signum]))

    async def kill(self, restart: bool = False) -> None:
        if self.process is not None:
            signal.pidfd_send_signal(self.process, signal.SIGKILL)
            await self.wait()

    async def terminate(self, restart: bool = False) -> None:
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        for close in filter(None, [self.line and self.line.close, self.process and (lambda: os.close(self.process))]):
            close()
        self.process = self.line = None
        if not restart:
            self.address.remove()


class Bubblewrap(LocalProvisioner):
    """A kernel that bubblewrap starts: for machines that let bwrap, and nobody else, make namespaces."""

    address: Address | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        self.address = self.address or Address.new()
        self.address.adopt(self.parent)
        self.kernel_spec.interrupt_mode = "message"  # a signal would end bwrap
        kwargs = await super().pre_launch(**kwargs)
        os.chmod(self.address.file, FOR_THE_BOX)  # it has been written again
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any):
        env = environment(kwargs["env"])
        return await super().launch_kernel(
            [*self._command(kwargs.pop("cwd", None), env), *cmd], **kwargs | {"env": env}
        )

    def _command(self, folder: str | None, env: dict[str, str]) -> list[str]:
        command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        command += ["--unsetenv", "JPY_PARENT_PID"]  # ipykernel would wait for the end of a process it can't see
        command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", box.HOME, "--chdir", box.HOME]
        for path in (*box.SYSTEM, *box.SETTINGS, *readable()):
            link = os.path.islink(path)
            command += ["--symlink", os.readlink(path), path] if link else ["--ro-bind-try", path, path]
        for path, reason in self.parent.blocked.items():
            command += ["--ro-bind", self._block(path, reason), path]
        for name, path in attached(folder).items():
            command += ["--ro-bind", path, f"{box.HOME}/{name}"]
        limits = ["prlimit", "--core=0", "--nofile=512", "--nproc=512", f"--fsize={256 << 20}"]
        folder = self.address.folder
        return [*command, "--bind", folder, folder, *limits, f"--as={self.parent.memory + (4 << 30)}"]

    def _block(self, path: str, reason: str) -> str:
        package = tempfile.mkdtemp(dir=self.address.folder)
        Path(package, "__init__.py").write_text(f"raise ModuleNotFoundError({reason!r})\n")
        return package

    async def cleanup(self, restart: bool = False) -> None:
        await super().cleanup(restart)
        if not restart:
            self.address.remove()


# --- the fork server, one for each process that grades


class _Server:
    """A running fork server. It ends with the process that started it, or once no process holds its channel.

    Processes that are forked from that one may use it too: a request is one message, and is answered over a line of
    its own.
    """

    def __init__(self):
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        passed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
        passed["PYTHONPATH"] = str(Path(classroom.__file__).parents[1])  # the library that grades
        passed |= ONE_THREAD | _known_class()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grading.running.sandbox.server", str(theirs.fileno())],
            cwd=ROOT,
            env=passed | {"PYTHONUTF8": "1", "MPLBACKEND": "agg", "PYDEVD_DISABLE_FILE_VALIDATION": "1"},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def ended(self) -> bool:
        """Whether it is gone: it sends nothing over the channel, so there is something to read only at its end."""
        return bool(select.select([self.channel], [], [], 0)[0])

    def fork(self, request: dict) -> socket.socket:
        """The socket to a new box's keeper; raises OSError when the server has ended."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.channel, [json.dumps(request).encode()], [theirs.fileno()])
        return ours


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


def fork(request: dict, address: Address) -> socket.socket:
    """Ask this process's fork server for a kernel; it is started first, if there is none or it has ended.

    Returns the line to the kernel's keeper.
    """
    request = request | {"connection": address.file, "sockets": address.folder}
    with _lock:
        with contextlib.suppress(OSError, IndexError):
            return _started[0].fork(request)
        _started[:] = [_Server()]
        return _started[0].fork(request)


def wait_until_ready(line: socket.socket) -> int:
    """The pidfd of a box's first process, once its kernel can be used; raises RuntimeError if that has ended."""
    line.settimeout(PATIENCE)
    message, fds, _, _ = socket.recv_fds(line, 2000, 1)
    if message != b"ready":
        line.close()
        raise RuntimeError(f"no kernel could be started in its sandbox: {message.decode() or ENDED}")
    return fds[0]


# --- a spare kernel, for a process that grades many: it starts while another is at work


class Spare(NamedTuple):
    """A kernel that nobody has asked for yet, and the request that it fits."""

    wanted: dict
    address: Address
    line: socket.socket


_spare: list[Spare] = []  # one at most
_at_exit: list[multiprocessing.util.Finalize] = []  # atexit does not run in processes that multiprocessing forked
_many = False


def keep_spare(request: dict) -> None:
    """Start another kernel for the same request, if many are graded."""
    if _many:
        drop_spare()
        address = Address.new()
        _spare.append(Spare(_wanted(request), address, fork(request, address)))
        if not (_at_exit and _at_exit[0].still_active()):
            _at_exit[:] = [multiprocessing.util.Finalize(None, drop_spare, exitpriority=1)]


def take(request: dict) -> tuple[Address, socket.socket, int] | None:
    """The spare kernel, if there is one for exactly this request: its sockets, its line, and its first process."""
    if not _spare or _spare[0].wanted != _wanted(request):
        return None
    try:
        spare = _spare[0].address, _spare[0].line, wait_until_ready(_spare[0].line)
        if not select.select([spare[-1]], [], [], 0)[0]:  # it has not ended since
            _spare.clear()
            return spare
        os.close(spare[-1])
    except (OSError, RuntimeError):
        pass
    drop_spare()
    return None


def drop_spare() -> None:
    for spare in _spare:
        spare.line.close()
        spare.address.remove()
    _spare.clear()


def _wanted(request: dict) -> dict:
    """What makes two kernels interchangeable: files count by their contents, wherever they are."""
    contents = {name: hashlib.sha256(Path(p).read_bytes()).hexdigest() for name, p in request["files"].items()}
    return request | {"files": contents}
