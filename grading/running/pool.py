"""Many calls of a function, spread over processes of this machine or of a dask cluster.

No more calls are handed out than there are workers, so memory does not grow with the class. When a worker dies, the
calls that were running then are repeated at the end, one at a time: a call that keeps killing its worker is the
culprit, and its result is the error.

Workers of this machine are reached through pipes and have no port, so other accounts on it cannot talk to them. A dask
scheduler runs whatever a client sends it, so it must require a certificate (TLS).
"""

import importlib
import itertools
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from typing import Any
from unittest import mock

from .. import ONE_THREAD

PREPARED = "grading.worker"
READY_MADE = sys.platform == "linux"  # elsewhere a forked process may not use what its parent has imported
ENDED = {"BrokenProcessPool", "KilledWorker"}  # names of the exceptions of a call whose worker died

TRIES = 3  # of a call that may have killed its worker: the machine may have been out of memory for another reason


class OpenScheduler(Exception):
    """A scheduler that takes orders from anybody. The message says what to do."""


def begin(forked: bool = False) -> None:
    """Import what workers need, once for all of them, in a process that workers are then forked from.

    forked  this process has imported it: fork the other from this one, unless something has started a thread
    """
    if not READY_MADE:
        return
    from multiprocessing import forkserver

    multiprocessing.set_forkserver_preload([PREPARED])
    with _uninterrupted(), mock.patch.dict(os.environ, ONE_THREAD), ExitStack() as stack:
        if forked and len(os.listdir("/proc/self/task")) == 1:
            stack.enter_context(mock.patch("multiprocessing.util.spawnv_passfds", _fork))
        forkserver.ensure_running()


def _fork(_: object, args: list, passed: list[int]) -> int:
    """Do in a fork of this process what a new Python would be started for; the last of `args` is the code."""
    from .sandbox import kernels

    if pid := os.fork():
        return pid
    try:
        kept = [2, *sorted([*passed, *kernels.channels()]), os.sysconf("SC_OPEN_MAX")]
        for before, after in itertools.pairwise(kept):
            os.closerange(before + 1, after)
        exec(args[-1], {})
    finally:
        os._exit(0)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes started in here ignore an interrupt from the keyboard: it is for this one alone."""
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, old)


def _prepare(environment: dict[str, str]) -> None:
    """Set up a new worker of this machine; the process that it was forked from may be older than our settings."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGHUP, _end)  # the terminal was closed
    os.environ.clear()
    os.environ.update(environment)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    importlib.import_module(PREPARED)


def _end(*_: object) -> None:
    """End at once, even in the middle of a call; the spare kernel leaves no folder behind."""
    from .sandbox import kernels

    kernels.drop_spare()
    os._exit(1)


def _end_with_parent() -> None:
    """Otherwise a worker would wait for its next call for ever when the process that makes the calls was killed."""
    multiprocessing.parent_process().join()
    _end()


def _ready() -> None:
    """A call that does nothing, except that a worker is started for it or imports what it needs."""
    importlib.import_module(PREPARED)


class Pool:
    """Workers, started at the first call: `number` processes (None: one for each core that the machine or container
    has), or those of the dask scheduler at an address, which must be a tls:// one unless `insecure`."""

    def __init__(self, number: int | None, scheduler: str = "", insecure: bool = False):
        if scheduler and not insecure and not scheduler.startswith("tls://"):
            raise OpenScheduler(
                f"The scheduler at {scheduler} does not require certificates: anybody who can reach that port can "
                "run programs as you, there and here. Start it with TLS and give its tls:// address (grading/README.md "
                "shows how), or add --insecure-scheduler if nobody else can reach it."
            )
        self.number, self.scheduler = number, scheduler
        self.executor: Executor | None = None
        self.stack = ExitStack()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, kind: type | None, *error) -> None:
        if kind is None and self.executor is not None:
            self.executor.shutdown()
        else:
            self._stop()
        self.stack.__exit__(kind, *error)

    def each(self, function: Callable, calls: Iterable[tuple[Any, tuple]]) -> Iterator[tuple[Any, Any]]:
        """(name, result) for each (name, arguments), in the order of completion; a result may be an exception."""
        calls = iter(calls)
        for first in calls:  # no call, no workers
            suspects = []
            for call, future in self._done(function, chain([first], calls)):
                if type(future.exception()).__name__ in ENDED:
                    suspects.append(call)
                else:
                    yield call[0], future.exception() or future.result()
            for name, arguments in suspects:
                yield name, self._alone(function, arguments)

    def _alone(self, function: Callable, arguments: tuple) -> Any:
        """The result of one call, tried up to TRIES times if its worker dies."""
        for _ in range(TRIES):
            ((_, future),) = self._done(function, iter([("", arguments)]))
            if type(future.exception()).__name__ not in ENDED:
                break
        return future.exception() or future.result()

    def _done(self, function: Callable, calls: Iterator[tuple[Any, tuple]]) -> Iterator[tuple[tuple, Future]]:
        """Every call and its future, once it is done; as many run at a time as there are workers."""
        running: dict[Future, tuple] = {}
        while True:
            self.start()
            for call in islice(calls, max(0, self.width - len(running))):
                running[self.executor.submit(function, *call[1])] = call
            if not running:
                return
            done = wait(running, return_when=FIRST_COMPLETED).done
            if any(type(future.exception()).__name__ == "BrokenProcessPool" for future in done):
                done = wait(running).done  # the others are broken too
                self._stop()
            for future in done:
                yield running.pop(future), future

    def start(self) -> None:
        """Start the workers, unless they are running."""
        if self.executor is None:
            self.executor = self._cluster() if self.scheduler else self._processes()
            for _ in range(self.width):
                self.executor.submit(_ready)

    def _processes(self) -> ProcessPoolExecutor:
        from dask.system import CPU_COUNT

        begin()
        self.width, self.others = self.number or CPU_COUNT, set(multiprocessing.active_children())
        context = multiprocessing.get_context("forkserver" if READY_MADE else "spawn")
        return ProcessPoolExecutor(self.width, context, initializer=_prepare, initargs=(dict(os.environ),))

    def _cluster(self) -> Executor:
        """The workers of a dask scheduler; certificates are those of dask's own configuration."""
        from distributed import Client

        client = self.stack.enter_context(Client(self.scheduler))
        self.width = max(1, sum(client.nthreads().values()))
        return client.get_executor(pure=False)

    def _stop(self) -> None:
        """End the workers, even in the middle of a call."""
        if isinstance(self.executor, ProcessPoolExecutor):
            for worker in {*multiprocessing.active_children()} - self.others:
                worker.terminate()
        if self.executor is not None:
            self.executor.shutdown(wait=False, cancel_futures=True)
        self.executor = None
