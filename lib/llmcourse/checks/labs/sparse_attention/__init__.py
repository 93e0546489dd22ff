"""Lab 06, "Sparse attention": the public half of its exercises.

L     length                i, j  a query and a key
mask  (L, L) bool           true where query i may see key j
q, k, v  (..., L, d)        queries, keys, values
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "dilated-mask",
        "factorised-sets",
        "reach-in-steps",
        "receptive-field",
        "global-tokens",
        "window-chunks",
        "bigbird-blocks",
        "rolling-cache",
    ),
    open_task=6,
    deny=("transformers", "networkx"),
)
