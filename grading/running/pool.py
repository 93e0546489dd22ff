"""Many calls of a function, spread over processes of this machine or of a dask cluster.

No more calls are handed out than there are workers, so memory does not grow with the class. A call that comes to a
limit of `intake.bounded` ends its own worker and no other; its result is the error. When a worker dies otherwise, its
call is repeated at the end, alone: one that keeps killing its worker is the culprit, and its result is the error.

Workers of this machine are reached through pipes and have no port, so other accounts on it cannot talk to them. A dask
scheduler runs whatever a client sends it, so it must require a certificate (TLS).
"""

import functools
import importlib
import itertools
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from .. import ONE_THREAD
from ..intake.bounded import ENDABLE, Died, Ended, Worker, apart, limited, meanwhile

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["ClusterError", "Died", "Ended", "Pool", "apart", "begin", "meanwhile"]

KEPT = "Results so far are kept: run the same command again to continue."
PREPARED = "grading.worker"
DIED = {"Died", "KilledWorker"}  # names of the exceptions of a call whose worker died
PATIENCE = 60  # seconds without a result after which a cluster is asked whether it still has workers
TRIES = 3  # of a call that may have killed its worker: the machine may have been out of memory for another reason


class ClusterError(Exception):
    """A cluster that takes orders from anybody, or that is not there any more. The message says what to do."""


def begin(forked: bool = False) -> None:
    """Import what workers need, once for all of them, in a process that workers are then forked from.

    forked  this process has imported it: fork the other from this one, unless something has started a thread
    """
    if not ENDABLE:
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


def _prepare(environment: dict[str, str], folder: str) -> Callable[[], Any]:
    """Set up a new worker of this machine; the process that it was forked from may be older than our settings.

    folder  for its temporary files: it may be ended before it has removed them
    """
    os.environ.clear()
    os.environ.update(environment | {"TMPDIR": folder})
    shutil.rmtree(folder, ignore_errors=True)  # a worker before this one had to be ended
    Path(folder).mkdir()
    importlib.import_module(PREPARED)
    return lambda: shutil.rmtree(folder, ignore_errors=True)


def _ready() -> None:
    """A call that does nothing, except that a worker is started for it."""


def _limited(function: Callable, *arguments: Any) -> Any:
    """A call in a worker of a cluster, which ends at the limit of time; its nanny starts another."""
    with limited():
        return function(*arguments)


class Pool:
    """Workers, started at the first call: `number` processes (None: one for each core that the machine or container
    has), or those of the dask scheduler at an address, which must be a tls:// one unless `insecure`."""

    def __init__(self, number: int | None, scheduler: str = "", insecure: bool = False):
        if scheduler and not insecure and not scheduler.startswith("tls://"):
            raise ClusterError(
                f"The scheduler at {scheduler} does not require certificates: anybody who can reach that port can "
                "run programs as you, there and here. Start it with TLS and give its tls:// address (grading/README.md "
                "shows how), or add --insecure-scheduler if nobody else can reach it."
            )
        self.number, self.scheduler = number, scheduler
        self.executor: Executor | None = None
        self.client: Client | None = None  # of the cluster
        self.stack = ExitStack()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *error) -> None:
        if self.executor is not None:
            self.executor.shutdown(wait=False)
        self.executor = None
        self.stack.__exit__(*error)

    def each(self, function: Callable, calls: Iterable[tuple[Any, tuple]]) -> Iterator[tuple[Any, Any]]:
        """(name, result) for each (name, arguments), in the order of completion; a result may be an exception."""
        calls = iter(calls)
        for first in calls:  # no call, no workers
            suspects = []
            for call, future in self._done(function, chain([first], calls)):
                if type(future.exception()).__name__ in DIED:
                    suspects.append(call)
                else:
                    yield call[0], future.exception() or future.result()
            for name, arguments in suspects:
                yield name, self._alone(function, arguments)

    def _alone(self, function: Callable, arguments: tuple) -> Any:
        """The result of one call, tried up to TRIES times if its worker dies."""
        for _ in range(TRIES):
            ((_, future),) = self._done(function, iter([("", arguments)]))
            if type(future.exception()).__name__ not in DIED:
                break
        return future.exception() or future.result()

    def _done(self, function: Callable, calls: Iterator[tuple[Any, tuple]]) -> Iterator[tuple[tuple, Future]]:
        """Every call and its future, once it is done; as many run at a time as there are workers."""
        running: dict[Future, tuple] = {}
        function = functools.partial(_limited, function) if self.scheduler else function
        while True:
            self.start()
            for call in islice(calls, max(0, self.width - len(running))):
                running[self.executor.submit(function, *call[1])] = call
            if not running:
                return
            for future in self._some(running):
                yield running.pop(future), future

    def _some(self, running: Iterable[Future]) -> set[Future]:
        """Those of the futures that are done first. Raises ClusterError if none can be done any more."""
        while not (done := wait(running, PATIENCE if self.client else None, FIRST_COMPLETED).done):
            if not self.client.nthreads():
                break
        if not done or any(future.cancelled() for future in done):
            raise ClusterError(f"The cluster at {self.scheduler} has no workers any more. {KEPT}")
        return done

    def start(self) -> None:
        """Start the workers, unless they are running."""
        if self.executor is None:
            self.executor = self._cluster() if self.scheduler else self._processes()

    def _processes(self) -> Executor:
        from dask.system import CPU_COUNT

        begin()
        self.width = self.number or CPU_COUNT
        workers = _Processes(self.width)
        for _ in range(self.width):
            workers.submit(_ready)
        return workers

    def _cluster(self) -> Executor:
        """The workers of a dask scheduler; certificates are those of dask's own configuration."""
        from distributed import Client, WorkerPlugin

        class Imports(WorkerPlugin):
            """A worker imports before its first call, also one that joins later: two threads of it that imported
            nbgrader at once would each find the other's half."""

            def setup(self, worker: object) -> None:
                importlib.import_module(PREPARED)

        self.client = self.stack.enter_context(Client(self.scheduler))
        self.client.register_plugin(Imports())
        self.width = max(1, sum(self.client.nthreads().values()))
        return self.client.get_executor(pure=False)


class _Processes(ThreadPoolExecutor):
    """Workers of this machine. Each has a thread here, which hands it a call and waits for the answer."""

    def __init__(self, width: int):
        super().__init__(width, initializer=self._hire)
        self.folder = tempfile.TemporaryDirectory(prefix="grading-")
        self.workers: list[Worker] = []
        self.mine = threading.local()

    def _hire(self) -> None:
        context = multiprocessing.get_context("forkserver" if ENDABLE else "spawn")
        folder = f"{self.folder.name}/{len(self.workers)}"
        self.mine.worker = Worker(context, _prepare, dict(os.environ), folder)
        self.workers.append(self.mine.worker)

    def submit(self, function: Callable, /, *arguments: Any) -> Future:
        return super().submit(self._call, function, *arguments)

    def _call(self, function: Callable, *arguments: Any) -> Any:
        return self.mine.worker.call(function, *arguments)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers, even in the middle of a call."""
        super().shutdown(wait=False, cancel_futures=True)
        for worker in self.workers:
            worker.stop()
        super().shutdown()
        self.folder.cleanup()
