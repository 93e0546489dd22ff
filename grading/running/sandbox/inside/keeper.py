"""The process next to a kernel that ends it. It imports nothing that takes time or starts a thread."""

import contextlib
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable

LIVES = 0.25  # seconds between two looks at a kernel
HERE = b"!"


def keep(kernel: int, line: socket.socket, fine: Callable[[], bool] = lambda: True) -> None:
    """Hand out what the kernel can be signalled by, and wait.

    Returns when the kernel has ended, the other end of the line is closed, or the kernel is not `fine` any more.
    """
    alive = os.pidfd_open(kernel)
    with contextlib.suppress(OSError):  # who asked for it has gone
        socket.send_fds(line, [HERE], [alive])
    while not select.select([line, alive], [], [], LIVES)[0] and fine():
        pass


def without_the_workers_limit() -> None:
    """Give up the limit of memory that a process has which reads submissions (intake.bounded), and may have started
    this one: a kernel has limits of its own."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def cold(channel: int, line: int) -> None:
    """Be a kernel that has everything to import still, and its keeper; the arguments are file descriptors."""
    without_the_workers_limit()
    kept = socket.socket(fileno=line)
    if kernel := os.fork():
        os.close(channel)
        try:
            keep(kernel, kept)
        finally:
            os.kill(kernel, signal.SIGKILL)
            os._exit(0)
    kept.close()
    from . import shell

    sys.path.pop(0)  # where this package is
    shell.serve(shell.make(), channel)
