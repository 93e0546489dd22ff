"""delta-step: The delta rule: overwrite, do not pile up."""

import torch
import torch.nn.functional as F

from llmcourse.checks import Exercise


def overwriting(*lead, T, d_k, d_v, memory=1.0):
    """A key is at least 1 long: the gradient of `F.normalize` has 1 / length in it, and its rounding error as well."""

    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator)
        q, k, v, S = draw(T, d_k), draw(T, d_k), draw(T, d_v), memory * draw(d_v, d_k)
        beta = torch.rand(*lead, T, 1, generator=generator)
        return {"q": q, "k": k + F.normalize(k, dim=-1), "v": v, "beta": beta, "S": S}

    return make


def probe(answer, inputs):
    """Keys get their length here: an answer may give it to them once more, and neither value nor gradient differs."""
    S, read, inputs = inputs["S"], [], inputs | {"k": F.normalize(inputs["k"], dim=-1)}
    for q, k, v, beta in zip(*(inputs[name].unbind(-2) for name in ("q", "k", "v", "beta"))):
        o, S = answer(q, k, v, beta, S)
        read.append(o)
    return {"o": torch.stack(read, -2), "S": S}


EXERCISE = Exercise(
    name="delta-step",
    title="The delta rule: overwrite, do not pile up",
    answer="delta_step",
    parameters=("q", "k", "v", "beta", "S"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "into an empty memory": overwriting(T=1, d_k=3, d_v=2, memory=0.0),
        "into a memory that holds something": overwriting(T=1, d_k=3, d_v=3),
        "three tokens, one after the other": overwriting(T=3, d_k=3, d_v=2),
        "batch and heads": overwriting(2, 2, T=2, d_k=2, d_v=3),
    },
    probe=probe,
    gradients=("q", "k", "v", "beta", "S"),
    hints=(
        "What does the memory hold at this key now? Read it with k: `S k`.",
        "The write is the error, `v - S k`, in the direction of the key, `beta` times.",
        "`held = (S @ k[..., None])[..., 0]`, then `S = S + (beta * (v - held))[..., :, None] * k[..., None, :]`.",
    ),
)
