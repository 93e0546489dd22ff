"""The imports that take seconds before the first submission. Workers are forked from a process that has made them.

The fork server for kernels starts first, so that both import at the same time.
"""

from .running import sandbox

sandbox.begin()

from .reporting import feedback  # noqa: E402
from .running import autograde  # noqa: E402

feedback.exporter()
autograde.warm()
