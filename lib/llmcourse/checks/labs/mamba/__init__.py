"""Lab 10, Mamba: the public half of its exercises.

x, dt  (..., L, D)  inputs and steps, dt > 0      A  (D, N)  decay rates, negative
B, C   (..., L, N)  how to write and how to read  h  (..., D, N)  state
a, b   (..., D, N)  what a stretch of time keeps of a state, and what it adds
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "selective-step",
        "selective-scan",
        "associative-law",
        "chunked-scan",
        "causal-convolution-state",
        "block-step",
        "cross-scan",
    ),
    open_task=6,
    deny=("transformers", "mambapy", "mamba_ssm", "causal_conv1d", "fla"),
)
