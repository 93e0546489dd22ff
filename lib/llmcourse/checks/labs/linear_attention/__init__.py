"""Lab 08, linear attention: the public half of its exercises.

phi_q, phi_k  (..., L, d_k)    queries and keys after the feature map, positive
v             (..., L, d_v)    values
S             (..., d_v, d_k)  state: the sum of v phi(k)^T
u             (..., d_k)       normaliser: the sum of phi(k)
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "quadratic-map",
        "linear-brackets",
        "causal-recurrence",
        "decode-step",
        "decay-parallel",
        "chunkwise",
        "delta-step",
        "zoo-row",
    ),
    open_task=6,
    deny=("transformers", "fla"),
)
