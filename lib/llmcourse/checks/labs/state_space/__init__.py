"""Lab 09, state space models: the public half of its exercises.

A (N, N), B (N,)  a continuous system h' = A h + B x          A_, B_  the same, discretised with a step dt
K, x  (..., L)    impulse response and signal of one channel  c  (..., N)  LegS coefficients of a signal f
s     (M,)        ages, in units of all of the past: 0 now, 1 the beginning
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "hippo-matrix",
        "bilinear-step",
        "zero-order-hold",
        "causal-convolution",
        "online-update",
        "reconstruct",
        "s4d-kernel",
    ),
    open_task=6,
    deny=("scipy",),  # its signal module discretises
)
