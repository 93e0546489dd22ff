"""IPython in a process without a terminal: it runs the cells that arrive over a channel, and sends what they show.

    ("run", number, code, "1" or "")          a cell, and whether IPython's history counts it
    ("ready",)                                before the first cell
    ("stdout" or "stderr", text)
    ("display" or "update", id, mime, value, mime, value, ...)
    ("result", mime, value, ...)              the value of a cell's last line
    ("clear", "1" or "")                      now, or when the next output comes
    ("error", name, message, traceback)
    ("done", number, name, message)           with the error that ended the cell, if one did

It behaves as ipykernel does in a notebook. Nobody answers here: widgets are shown and not turned, and input() raises.
"""

import asyncio
import base64
import builtins
import contextlib
import fcntl
import getpass
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

import matplotlib_inline.backend_inline  # noqa: F401
from IPython.core import page
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from traitlets import Bool, Instance, Type
from traitlets.config import Config

from .channel import Channel

PIECE = 1 << 20  # bytes of a text that are sent at once
TOO_LARGE = 10 << 20  # bytes of something displayed
ENDED = "`exit()` and `quit()` end no notebook here; the rest of this cell was not run."
# Libraries ask for both to find out whether they are in a notebook.
CONFIG = Config({"IPKernelApp": {"here": True}, "HistoryManager": {"enabled": False}})
NAME = "ZMQInteractiveShell"


class Compiler(CachingCompiler):
    """Names the file of a cell as ipykernel does."""

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        return f"{tempfile.gettempdir()}/ipykernel_{os.getpid()}/{zlib.crc32(raw_code.encode('utf-8', 'replace'))}.py"


class Publisher(DisplayPublisher):
    channel = Instance(Channel, allow_none=True)

    def publish(self, data: dict, metadata: dict | None = None, *, transient=None, update=False, **other: Any) -> None:
        self._validate_data(data, metadata)
        _flush()
        name = str((transient or {}).get("display_id") or "")
        _send_data(self.channel, "update" if update else "display", name, data=data)

    def clear_output(self, wait: bool = False) -> None:
        _flush()
        self.channel.send("clear", "1" if wait else "")


class Hook(DisplayHook):
    channel = Instance(Channel, allow_none=True)

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        _flush()
        _send_data(self.channel, "result", data=format_dict)

    def finish_displayhook(self) -> None:
        self._is_active = False


class Shell(InteractiveShell):
    """IPython without a terminal."""

    display_pub_class = Type(Publisher)
    displayhook_class = Type(Hook)
    compiler_class = Type(Compiler)
    autoindent = Bool(False)
    channel = Instance(Channel, allow_none=True)

    def __init__(self, **settings: Any):
        super().__init__(config=CONFIG, **settings)

    def init_hooks(self) -> None:
        super().init_hooks()
        self.set_hook("show_in_pager", page.as_hook(lambda *args, **kwargs: None), 99)

    def init_virtualenv(self) -> None:
        """There is none in a sandbox."""

    def enable_gui(self, gui: str | None = None) -> None:
        """There is no window to draw in."""

    def ask_exit(self) -> None:
        raise SystemExit(ENDED)

    def system(self, cmd: str) -> None:
        """Run a command of the system's. Through a pipe, for a sandbox has no pseudo-terminals."""
        command = self.var_expand(cmd, depth=1)
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(command, shell=True, text=True, errors="replace", **pipes) as process:
            for line in process.stdout:
                print(line, end="")
        self.user_ns["_exit_code"] = process.returncode

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        _flush()
        self.channel.send("error", etype.__name__, _short(str(evalue)), _short("\n".join(stb)))

    def connect(self, channel: Channel) -> None:
        self.channel = self.display_pub.channel = self.displayhook.channel = channel


Shell.__name__ = NAME


def make(**settings: Any) -> Shell:
    """A shell that waits for its channel. It can be made before a fork, and connected after it."""
    shell = Shell.instance(**settings)
    with contextlib.suppress(Exception):  # without figures a lab can still be graded
        shell.enable_matplotlib("inline")
    return shell


class Output(io.RawIOBase):
    """What lies under sys.stdout and sys.stderr: each line goes over the channel.

    What other code writes to the descriptors 1 and 2 waits in a file until this has something to send, or a cell ends.
    """

    def __init__(self, channel: Channel, name: str, number: int):
        self.channel, self.name, self.number = channel, name, number
        with tempfile.TemporaryFile(buffering=0) as file:
            fcntl.fcntl(file, fcntl.F_SETFL, os.O_APPEND)
            os.dup2(file.fileno(), number)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.number

    def write(self, data) -> int:
        self.fetch()
        data = bytes(data)
        for start in range(0, len(data), PIECE):
            self._send(data[start : start + PIECE])
        return len(data)

    def fetch(self) -> None:
        """Send what was written to the descriptor. A cell may have closed it."""
        with contextlib.suppress(OSError):
            if os.fstat(self.number).st_size:
                written = os.pread(self.number, PIECE, 0)
                os.ftruncate(self.number, 0)
                self._send(written)

    def _send(self, data: bytes) -> None:
        self.channel.send(self.name, data.decode("utf-8", "replace"))


def serve(shell: Shell, descriptor: int) -> None:
    """Run the cells that arrive over the socket with this file descriptor, until it is closed."""
    channel, me = Channel(socket.socket(fileno=descriptor)), os.getpid()
    _redirect(channel)
    _look_like_a_notebook()
    shell.connect(channel)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel.send("ready")
    with contextlib.suppress(EOFError):
        while os.getpid() == me:  # a process that a cell has forked must not run the next one
            _, number, code, counted = channel.receive()
            error = _run(shell, loop, code, bool(counted))
            if os.getpid() == me:
                _flush()
                channel.send("done", number, *error)
    os._exit(0)


def _run(shell: Shell, loop: asyncio.AbstractEventLoop, code: str, counted: bool) -> tuple[str, str]:
    """Run a cell; name and message of the error that ended it, or two empty texts."""
    try:
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            result = _wait(loop, _cell(shell, code, counted))
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:
        return "KeyboardInterrupt", ""
    except asyncio.CancelledError:
        return "CancelledError", ""
    error = result.error_before_exec or result.error_in_exec
    return (type(error).__name__, _short(str(error))) if error else ("", "")


def _wait(loop: asyncio.AbstractEventLoop, cell) -> ExecutionResult:
    """An interrupt cancels a cell that awaits something; in other code it raises KeyboardInterrupt as usual."""
    task = loop.create_task(cell)
    try:
        return loop.run_until_complete(task)
    except KeyboardInterrupt:
        task.cancel()
        return loop.run_until_complete(task)


async def _cell(shell: Shell, code: str, counted: bool) -> ExecutionResult:
    """In a running loop even if the cell awaits nothing, as in a notebook."""
    wrong = None
    try:
        plain = shell.transform_cell(code)
    except Exception:
        plain, wrong = code, sys.exc_info()
    result = None
    try:
        result = await shell.run_cell_async(
            code, store_history=counted, transformed_cell=plain, preprocessing_exc_tuple=wrong
        )
    finally:
        shell.events.trigger("post_execute")
        shell.events.trigger("post_run_cell", result)
    return result


# --- what a process shows


def _redirect(channel: Channel) -> None:
    """Let what is printed go over the channel, and nobody answer."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        output = Output(channel, name, number)
        stream = io.TextIOWrapper(output, "utf-8", "backslashreplace", line_buffering=True)
        stream.mode = "w"
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    setattr(sys, "stdin", io.StringIO())  # noqa: B010  like the others
    builtins.input, getpass.getpass = _refuse("input"), _refuse("getpass")
    os.register_at_fork(before=_flush)  # or both processes would send what is in the buffers
    warnings.filterwarnings("ignore", "To exit: use 'exit'")


def _look_like_a_notebook() -> None:
    """Modules that come along with a notebook can be imported, after Python's own and before installed ones."""
    sys.path[:] = [path for path in sys.path if path]
    packages = (n for n, path in enumerate(sys.path) if os.path.basename(path) in ("site-packages", "dist-packages"))
    sys.path.insert(next(packages, 0), "")
    sys.argv[:] = ["ipykernel_launcher.py"]


def _refuse(name: str):
    def refused(*args: Any, **kwargs: Any) -> str:
        raise StdinNotImplementedError(f"{name}() was called, but nobody is there to answer.")

    return refused


def _flush() -> None:
    """Send all that was printed. A cell may have closed or replaced the streams."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    for stream in (sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(Exception):
            stream.buffer.fetch()


def _send_data(channel: Channel, *texts: str, data: dict) -> None:
    values = list(_values(data))
    size = sum(map(len, values))
    if size > TOO_LARGE:
        values = ["text/plain", f"An output of {size / 1e6:.0f} MB was left out."]
    channel.send(*texts, *values)


def _values(data: dict) -> Iterator[str]:
    for mime, value in data.items():
        yield str(mime)
        if isinstance(value, bytes):
            yield base64.b64encode(value).decode()
        else:
            yield value if isinstance(value, str) else json.dumps(value, default=repr)


def _short(text: str) -> str:
    return text if len(text) < PIECE else text[:PIECE]
