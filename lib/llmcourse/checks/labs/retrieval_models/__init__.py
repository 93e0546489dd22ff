"""Lab 14, "Retrieval inside the model": the public half of its exercises.

Not written: the letters of the lab and their shapes.
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=("retrieval-models-example",),
    open_task=6,
)
