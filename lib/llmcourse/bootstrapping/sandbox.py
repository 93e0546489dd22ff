"""Generated code, run in a process of its own that can do nothing but compute, and not for long.

Four walls, each of which would suffice for a program that is merely wrong:

    text        the syntax tree is read first: no import, no attribute, no name that starts with an underscore, no try
    built-ins   only a few exist inside
    limits      processor time, memory, no new file descriptor (so neither files nor sockets), no file to write to
    a clock     the parent kills the process when its time is up

The limits are the operating system's: they exist on Linux and macOS. The child runs `stop_child.py`, by its path and in
Python's isolated mode: it imports nothing from this course, and starts in a twentieth of a second.

This is meant for programs that a search has made, as here. Code by people who want to break out needs what graders use:
namespaces, filtered system calls, another user.
"""

import json
import subprocess
import sys
from pathlib import Path

CHILD = Path(__file__).with_name("stop_child.py")


class Failed(RuntimeError):
    """A program was stopped, was refused, or raised an error; the text tells which."""


def run(request: dict, seconds: float = 5.0, megabytes: int = 256) -> dict:
    """The child's answer to a request (both JSON). Raises Failed.

    seconds    of processor time; by the clock, three times as much and one more
    megabytes  of address space
    """
    request = {**request, "seconds": seconds, "megabytes": megabytes}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(CHILD)], input=json.dumps(request), capture_output=True, text=True,
            timeout=3 * seconds + 1, env={},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Failed(f"The program was stopped by the clock after {3 * seconds + 1:g} seconds.") from None
    if done.returncode < 0:
        raise Failed(f"The program was ended by signal {-done.returncode}, most likely out of processor time.")
    if done.returncode:
        raise Failed(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "The program failed silently.")
    return json.loads(done.stdout)
