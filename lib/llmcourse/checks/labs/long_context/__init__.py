"""Lab 11, "Does a long context work?": the public half of its exercises.

Not written: the letters of the lab and their shapes.
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=("long-context-example",),
    open_task=6,
)
