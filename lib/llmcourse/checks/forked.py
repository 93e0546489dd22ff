"""Running something in a copy of this process, of which nothing is left: what it saw, this process never sees."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout

import torch

PARENT_DEATH_SIGNAL = 1  # of prctl(2)


def lines(produce: Callable[[], Iterable[str]]) -> Iterator[str]:
    """What `produce()` yields in a copy of this process: one line each, as soon as it is there.

    The copy ends after the last line, when nobody listens any longer, or with this process. Whatever else happens in it
    stays there: variables, files, which it can't write, and how it ended. A copy has one thread only.
    """
    read, write = os.pipe()
    parent = os.getpid()
    copy = os.fork()
    if not copy:
        try:
            os.close(read)
            _end_with(parent)
            _tell(produce, write)
        finally:
            os._exit(0)
    os.close(write)
    try:
        with open(read, encoding="utf-8", errors="replace") as pipe:
            yield from (line.removesuffix("\n") for line in pipe)
    finally:
        os.kill(copy, signal.SIGKILL)
        os.waitpid(copy, 0)


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # it has ended already
        os._exit(0)


def _tell(produce: Callable[[], Iterable[str]], write: int) -> None:
    import resource  # Windows has none, and no copies either

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    torch.set_num_threads(1)  # the others were not copied
    # What a notebook prints to needs threads that are not here.
    with open(write, "w", encoding="utf-8") as pipe, open(os.devnull, "w") as nothing, ExitStack() as stack:
        stack.enter_context(redirect_stdout(nothing))
        stack.enter_context(redirect_stderr(nothing))
        for line in produce():
            print(line, file=pipe, flush=True)
