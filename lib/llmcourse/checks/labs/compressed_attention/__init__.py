"""Lab 07, "Compressed and chunked attention": the public half of its exercises.

L            length                          C            tokens in a chunk
q, k, v      (..., L, .)                     queries, keys, values
E, F         (places, L)                     Linformer's projections
x, m         (..., L, d)                     input, and its moving average
alpha, delta, beta, eta  (d, h)              of the moving average: d channels, h numbers each
H            (..., d, h)                     its state
K            (d, L)                          its kernel
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "projected-attention",
        "gau-layer",
        "flash-chunks",
        "damped-ema",
        "ema-kernel",
        "mega-chunk",
        "ema-convolution",
    ),
    open_task=6,
    deny=("transformers", "linformer", "flash_pytorch", "mega_pytorch"),
)
