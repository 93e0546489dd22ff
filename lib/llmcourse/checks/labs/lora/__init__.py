"""Lab 03, LoRA and other adapters: the public half of its exercises.

x (..., d_in), y (..., d_out)   what a linear layer reads and returns      W (d_out, d_in)  its weight
A (r, d_in), B (d_out, r)       LoRA's factors                             alpha            its scale: alpha / r
P (d_out, r), lam (r,), Q (r, d_in)   AdaLoRA's triplets                   g (r,)           SoRA's gates
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "truncated-svd",
        "lora-forward",
        "switch-adapters",
        "parameter-counts",
        "dora-forward",
        "adalora-prune",
        "soft-threshold",
        "dylora-step",
    ),
    open_task=6,
    deny=("peft", "sklearn"),
)
