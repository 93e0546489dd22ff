"""The process next to a kernel that looks after it. It imports nothing that takes time or starts a thread."""

import os
import select
import signal
import socket
import sys
from collections.abc import Callable

LIVES = 0.25  # seconds between two looks at a kernel


def keep(kernel: int, line: socket.socket, fine: Callable[[], bool] = lambda: True) -> None:
    """Interrupt the kernel for every byte that comes over `line`, and answer with another when that is done.

    Returns when the kernel has ended, the other end of the line is closed, or the kernel is not `fine` any more.
    """
    alive = os.pidfd_open(kernel)
    while True:
        readable, _, _ = select.select([line, alive], [], [], LIVES)
        if alive in readable or not fine():
            return
        if line in readable:
            if not line.recv(1):
                return
            os.kill(kernel, signal.SIGINT)
            line.send(b"!")


def cold(channel: int, line: int) -> None:
    """Be a kernel that has everything to import still, and its keeper; the arguments are file descriptors."""
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
