"""Importing this is what takes seconds before the first submission. Workers are forked from a process that has done it.

The fork server of kernels begins first, so that both import at the same time.
"""

from .running import sandbox

sandbox.begin()

from .reporting import feedback  # noqa: E402
from .running import autograde  # noqa: E402

feedback.exporter()
autograde.warm()
