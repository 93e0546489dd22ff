"""decode-step: One decoding step."""

import torch
import torch.nn.functional as F

from llmcourse.checks import Exercise


def tokens(*lead, T, d_k, d_v, memory=1.0):
    """Tokens and a state. No feature is below 0.2: an answer may add an epsilon to the normaliser or not."""

    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator).clamp(min=-1.5)
        state = {"S": memory * draw(d_v, d_k), "u": memory * (F.elu(draw(d_k)) + 1)}
        return {"q": draw(T, d_k), "k": draw(T, d_k), "v": draw(T, d_v), **state}

    return make


def probe(answer, inputs):
    S, u, read = inputs["S"], inputs["u"], []
    for q, k, v in zip(*(inputs[name].unbind(-2) for name in ("q", "k", "v"))):
        z, S, u = answer(q, k, v, S, u)
        read.append(z)
    return {"z": torch.stack(read, -2), "S": S, "u": u}


EXERCISE = Exercise(
    name="decode-step",
    title="One decoding step",
    answer="decode_step",
    parameters=("q", "k", "v", "S", "u"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "the first token": tokens(T=1, d_k=3, d_v=2, memory=0.0),
        "a later token": tokens(T=1, d_k=3, d_v=3),
        "three tokens, one after the other": tokens(T=3, d_k=3, d_v=2),
        "batch and heads": tokens(2, 2, T=2, d_k=2, d_v=3),
    },
    probe=probe,
    gradients=("q", "k", "v"),
    hints=(
        "It is the body of the loop you have just written. What is new: q and k come raw.",
        "Both q and k go through the feature map, `F.elu(x) + 1`, before anything else.",
        "Write first, read afterwards: the token sees itself.",
    ),
)
