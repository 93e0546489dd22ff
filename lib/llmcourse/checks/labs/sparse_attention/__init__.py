"""Lab 06, "Sparse attention": the public half of its exercises.

L     length                i, j  a query and a key
mask  (L, L) bool           true where query i may see key j
q, k, v  (..., L, d)        queries, keys, values
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=("dilated-mask", "reach-in-steps", "window-chunks"),
    open_task=6,
    deny=("transformers", "networkx"),
)
