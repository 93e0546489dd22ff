"""What looks at a stranger's bytes runs where it can be ended: in a process with limits of time and memory.

    Worker                  a process that answers one call at a time; where it has to be ended, another follows
    apart(function, ...)    one call in a fork of this process
    meanwhile(function, ...)   the same, while this process does something else

A parser that hangs does so in the middle of a call into C, where no exception reaches it. So the system ends the whole
process: at its limit of processor time, which a busy machine does not use up, or because it gets no more memory.
"""

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

from .files import Unreadable

SECONDS = 30  # of processor time for one call; what a student's code takes in its sandbox does not count
PATIENCE = 900  # seconds of the clock, for a call that waits for something
MEMORY = 2_000_000_000  # bytes that a process may take beyond what it has at its start
LARGEST = 150_000_000  # bytes of an answer

OUT_OF_MEMORY = 86  # exit codes
TOO_LARGE = 87
ENDABLE = sys.platform == "linux"  # elsewhere a fork may not use what its parent has imported


class Ended(Unreadable):
    """A call that came to one of its limits. The message is a sentence that says which."""


class Died(Exception):
    """A call whose process ended for another reason: the system was out of memory, or a program in it is broken."""


class Worker:
    """A process that answers one call at a time, within limits.

    context      multiprocessing's context that starts it; None: a fork of this process
    prepare      what it does first, with the arguments that follow; it returns what to do if this process is killed
    seconds      of processor time for one call; None: SECONDS
    """

    def __init__(
        self, context: Any = None, prepare: Callable | None = None, *arguments: Any, seconds: float | None = None
    ):
        self.seconds = seconds
        self.context = context or (multiprocessing.get_context("fork") if ENDABLE else None)
        self.first = (prepare, arguments)
        self.process: Any = None
        self.line: Connection
        self.stopped = False

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def call(self, function: Callable, *arguments: Any) -> Any:
        """What the function returns, or raises. Raises Ended at a limit, and Died where the process ends otherwise."""
        if self.context is None:
            return function(*arguments)
        self.start()
        try:
            self.line.send((function, arguments, self.seconds or SECONDS))
            if not self.line.poll(PATIENCE):
                raise Ended(f"It was not done after {PATIENCE} seconds.")
            raised, answer = self.line.recv()
        except Ended:
            self.close()
            raise
        except (EOFError, OSError):
            self.process.join(1)  # it is ending by itself
            raise _why(self.close(), self.seconds or SECONDS) from None
        if raised:
            raise answer
        return answer

    def close(self) -> int | None:
        """End the process, unless it has ended already; returns its exit code."""
        if self.process is None:
            return None
        self.process.kill()
        self.process.join()
        self.line.close()
        process, self.process = self.process, None
        return process.exitcode

    def stop(self) -> None:
        """End the process for good, even in the middle of a call that another thread waits for."""
        self.stopped = True
        if self.process is not None:
            self.process.kill()

    def start(self) -> None:
        """Start the process, unless it is there; raises OSError if that is not possible."""
        if self.process is not None or self.context is None:
            return
        line, theirs = self.context.Pipe()
        process = self.context.Process(target=_serve, args=(theirs, *self.first), daemon=True)
        with theirs:  # once it is closed here, the end of the process ends the line
            process.start()  # if it raises, there is no process to wait for
        self.line, self.process = line, process
        if self.stopped:
            self.process.kill()


def apart(function: Callable, *arguments: Any, seconds: float | None = None) -> Any:
    """What the function returns, or raises, called in a fork of this process; raises Ended, Died."""
    with Worker(seconds=seconds) as worker:
        return worker.call(function, *arguments)


@contextmanager
def meanwhile(function: Callable, *arguments: Any, seconds: float | None = None) -> Iterator[Callable[[], Any]]:
    """Make the call of `apart` while the block runs; what the block is given waits for it, and returns what it does."""
    with Worker(seconds=seconds) as worker:
        worker.start()  # not in the thread: a fork copies one thread only, and locks that others hold
        with ThreadPoolExecutor(1) as thread:
            try:
                yield thread.submit(worker.call, function, *arguments).result
            finally:
                worker.stop()


def _why(code: int | None, seconds: float) -> Exception:
    """What became of a process that has ended."""
    if code == -signal.SIGPROF:
        return Ended(f"It takes more than {seconds:g} seconds of processor time to read.")
    if code == OUT_OF_MEMORY:
        return Ended(f"It takes more than {MEMORY / 1e9:g} GB of memory to read.")
    if code == TOO_LARGE:
        return Ended(f"What was made of it is larger than {LARGEST / 1e6:g} MB.")
    return Died(f"The process ended, with exit code {code}.")


# --- in the process


def _serve(line: Connection, prepare: Callable | None, arguments: tuple) -> None:
    """Answer calls until the other side closes."""
    for number in (signal.SIGINT, signal.SIGHUP):  # from the keyboard, or a terminal that was closed: for the caller
        signal.signal(number, signal.SIG_IGN)
    farewell = prepare(*arguments) if prepare is not None else lambda: None
    threading.Thread(target=_end_with_parent, args=(farewell,), daemon=True).start()
    if ENDABLE:
        _limit_memory()
    while True:
        try:
            function, given, seconds = line.recv()
        except EOFError:
            return
        with limited(seconds):
            data = _answer(function, given)
        line.send_bytes(data)


@contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """End this process if what is done in here takes more processor time."""
    if ENDABLE:
        signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        if ENDABLE:
            signal.setitimer(signal.ITIMER_PROF, 0)


def _answer(function: Callable, arguments: tuple) -> bytes:
    """Whether the call raised something, and that or its value, in bytes."""
    try:
        data = pickle.dumps((False, function(*arguments)))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception as error:
        data = _error(error)
    if len(data) > LARGEST:
        os._exit(TOO_LARGE)
    return data


def _error(error: Exception) -> bytes:
    """An exception in bytes; some exceptions can't be made again from their bytes."""
    with suppress(Exception):
        data = pickle.dumps((True, error))
        pickle.loads(data)
        return data
    return pickle.dumps((True, RuntimeError(f"{type(error).__name__}: {error}"[:1000])))


def _limit_memory() -> None:
    """More memory than it has now, and MEMORY, this process does not get: Python then raises MemoryError.

    Only the soft limit: what it starts that has limits of its own, such as kernels, gives this one up.
    """
    import resource

    with open("/proc/self/status", encoding="ascii") as file:
        sizes = dict(line.split(":", 1) for line in file)
    now = int(sizes["VmData"].split()[0]) * 1024
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    most = now + MEMORY if hard == resource.RLIM_INFINITY else min(now + MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _end_with_parent(farewell: Callable[[], Any]) -> None:
    """Otherwise this process would wait for its next call for ever when the one that makes the calls was killed."""
    multiprocessing.parent_process().join()
    farewell()
    os._exit(1)
