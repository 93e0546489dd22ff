"""Generated code, run in a process of its own that can do nothing but compute, and not for long.

Four walls, each of which would do for a program that is merely wrong:

    text        the syntax tree is read first: no import, no attribute, no name that starts with an underscore, no try
    built-ins   only those few exist inside
    limits      processor time, memory, no new file descriptor (so neither files nor sockets), no file to write to
    a clock     the parent kills the process when its time is over

The limits are the operating system's: they exist on Linux and macOS. What the child runs is `stop_child.py`, by its
path and in Python's isolated mode: it imports nothing of this course, and starts in a twentieth of a second.

For programs that a search has made, as here. Code of people who want to get out needs what graders use: namespaces,
filtered system calls, another user.
"""

import json
import subprocess
import sys
from pathlib import Path

CHILD = Path(__file__).with_name("stop_child.py")


class Failed(RuntimeError):
    """A program was stopped, refused, or raised; the text says which."""


def run(request: dict, seconds: float = 5.0, megabytes: int = 256) -> dict:
    """What the child answers to a request (both JSON). Raises Failed.

    seconds    of processor time; three times as much by the clock
    megabytes  of address space
    """
    request = {**request, "seconds": seconds, "megabytes": megabytes}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(CHILD)], input=json.dumps(request), capture_output=True, text=True,
            timeout=3 * seconds + 1, env={},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Failed(f"stopped by the clock after {3 * seconds + 1:g} seconds") from None
    if done.returncode < 0:
        raise Failed(f"ended by signal {-done.returncode}: out of processor time, most likely")
    if done.returncode:
        raise Failed(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "ended without a word")
    return json.loads(done.stdout)
