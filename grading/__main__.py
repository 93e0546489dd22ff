"""python -m grading COMMAND: what instructors and authors do; `commands` lists it."""

import argparse
import importlib
import os
import sys

from . import ONE_THREAD, commands


def prepare(options: argparse.Namespace) -> None:
    """A process that workers are forked from has to be forked itself before there are threads."""
    if options.module == "grade":
        from .running import pool

        os.environ |= ONE_THREAD
        importlib.import_module(pool.PREPARED)
        pool.begin(forked=True)


if __name__ == "__main__":
    sys.exit(commands.main(sys.argv[1:], prepare))
