"""Many calls of a function, over processes of this machine or of a cluster, through dask.distributed.

No more calls are handed out than there are workers, so memory does not grow with the class. A worker that dies is
replaced and its call made again. Which of two calls has ended a worker can't be told when it had both; so one that was
there three times is made once more, at the end and alone, before it comes back as the error that it is.
"""

import importlib
import itertools
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from typing import Any
from unittest import mock

from . import ONE_THREAD

PREPARED = "grading.worker"
READY_MADE = sys.platform == "linux"  # elsewhere a forked process may not use what its parent has imported


def begin(forked: bool = False) -> None:
    """Import what workers need, once for all, in a process that workers are then forked from.

    forked  this process has imported it: let the other be a fork of this one, unless something has started a thread
    """
    if not READY_MADE:
        return
    from multiprocessing import forkserver

    multiprocessing.set_forkserver_preload([PREPARED, "distributed"])
    with _uninterrupted(), mock.patch.dict(os.environ, ONE_THREAD), ExitStack() as stack:
        if forked and len(os.listdir("/proc/self/task")) == 1:
            stack.enter_context(mock.patch("multiprocessing.util.spawnv_passfds", _fork))
        forkserver.ensure_running()


def _fork(_: object, args: list, passed: list[int]) -> int:
    """What a new Python would be started for, in a fork of this one; all but the last of `args` is how to start it."""
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
    """Processes that start in here hear no interrupt from the keyboard: it is for this one alone."""
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, old)


def _prepare() -> None:
    """On a worker: nothing, where it was forked."""
    importlib.import_module(PREPARED)


class Pool:
    """Workers, started at the first call: `number` processes, None for the machine's cores (what a container is given
    counts), or those of the dask scheduler at an address."""

    def __init__(self, number: int | None, scheduler: str = ""):
        self.number, self.scheduler = number, scheduler
        self.client, self.stack, self.preparing = None, ExitStack(), []

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *error) -> None:
        self.stack.__exit__(*error)

    def each(self, function: Callable, calls: Iterable[tuple[Any, tuple]]) -> Iterator[tuple[Any, Any]]:
        """(name, result) for each (name, arguments), in the order of completion; a result may be an exception."""
        calls = iter(calls)
        for first in calls:  # no call, no workers
            self.start()
            suspects = []
            for call, found in self._each(function, chain([first], calls)):
                if type(found).__name__ == "KilledWorker":
                    suspects.append(call)
                else:
                    yield call[0], found
            for call in suspects:
                yield from ((name, found) for (name, _), found in self._each(function, iter([call])))

    def _each(self, function: Callable, calls: Iterator[tuple[Any, tuple]]) -> Iterator[tuple[tuple, Any]]:
        from distributed import as_completed

        running, done = {}, as_completed()

        def fill() -> None:
            room = max(1, sum(self.client.nthreads().values())) - len(running)
            for call in islice(calls, max(0, room)):
                future = self.client.submit(function, *call[1], pure=False)
                running[future.key] = call
                done.add(future)

        fill()
        for future in done:
            yield running.pop(future.key), future.exception() or future.result()
            future.release()
            fill()

    def start(self) -> None:
        """Start the workers, unless they are there."""
        if self.client is not None:
            return
        import dask
        from distributed import Client

        # Workers start processes of their own; the memory of those is limited where they are started.
        settings = {
            "distributed.worker.daemon": False,
            "distributed.scheduler.allowed-failures": 2,
            "distributed.worker.profile.enabled": False,  # it would keep what it has seen: a megabyte a submission
        }
        if READY_MADE:
            settings["distributed.worker.multiprocessing-method"] = "forkserver"
        self.stack.enter_context(dask.config.set(settings))
        address = self.scheduler or self.stack.enter_context(self._local())
        self.client = self.stack.enter_context(Client(address))
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        self.preparing = [self.client.submit(_prepare, workers=[each], pure=False) for each in workers]

    def _local(self) -> Any:
        """A dask cluster of processes on this machine."""
        from dask.system import CPU_COUNT
        from distributed import LocalCluster

        begin()
        with _uninterrupted():
            return LocalCluster(
                n_workers=self.number or CPU_COUNT,
                threads_per_worker=1,
                memory_limit=0,
                dashboard_address=None,
                env=dict(os.environ),  # as it is now: they are forked from a process that began before
                silence_logs=logging.CRITICAL,
            )
