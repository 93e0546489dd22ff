"""python -m grading COMMAND: the commands of instructors and authors, which `commands` lists."""

import argparse
import importlib
import os
import sys

from . import ONE_THREAD, commands


def prepare(options: argparse.Namespace) -> None:
    """The process that workers are forked from must itself be forked before any thread starts."""
    if options.module == "grade":
        from .running import pool

        os.environ |= ONE_THREAD
        importlib.import_module(pool.PREPARED)
        pool.begin(forked=True)


if __name__ == "__main__":
    sys.exit(commands.main(sys.argv[1:], prepare))
