"""python -m grading COMMAND: what instructors and authors do. Each command is the module of that name."""

import importlib
import os
import sys

from . import ONE_THREAD
from .running import pool

COMMANDS = {
    "notebooks": "refresh the generated cells and build every .ipynb from its .py (--check: fail on a difference)",
    "labs": "release the labs from the solutions with nbgrader (--check: fail on a difference)",
    "visible": "write the visible cases, with what every misconception answers (--check: fail on a difference)",
    "kill": "the test of the tests: every wrong answer must be caught, every right one must pass",
    "sample": "make a sample class from the private halves of the exercises",
    "doctor": "what would be mended in what was handed in for a lab, and what can't be read; nothing is run",
    "grade": "grade what was handed in: scores, feedback pages, grades.csv and the report",
    "roster": "enter the names of a class into the gradebook, from a table of the learning platform",
    "bundle": "the course for students, as a zip, without solutions and grading",
    "bench": "measure how fast grading is, beside nbgrader's own and otter-grader's",
    "report": "write the instructor's report again from the gradebook",
}


def main() -> int:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMMANDS:
        print(__doc__, *(f"  {c:10} {what}" for c, what in COMMANDS.items()), sep="\n")
        return 0 if name in ("", "-h", "--help") else 2
    if name == "grade":  # a process that workers are forked from has to be forked itself before there are threads
        os.environ |= ONE_THREAD
        importlib.import_module(pool.PREPARED)
        pool.begin(forked=True)
    return importlib.import_module(f"grading.{name}").main(sys.argv[2:]) or 0


if __name__ == "__main__":
    sys.exit(main())
