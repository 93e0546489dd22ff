"""python -m grading COMMAND: the commands of instructors and authors, which `commands` lists."""

import argparse
import importlib
import os
import signal
import sys
from types import FrameType

from . import ONE_THREAD, commands


def prepare(options: argparse.Namespace) -> None:
    """The process that workers are forked from must itself be forked before any thread starts."""
    if options.module == "grade":
        from .running import pool

        os.environ |= ONE_THREAD
        importlib.import_module(pool.PREPARED)
        grade = importlib.import_module(f"{__package__}.grade")
        grade.warm(options)
        pool.begin(forked=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as `nohup` sets it
            signal.signal(number, interrupt)


def interrupt(number: int, frame: FrameType | None) -> None:
    """Whoever ends this process, or closes its terminal, interrupts it: then it ends its workers, and in order."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(commands.main(sys.argv[1:], prepare))
