"""zoo-row: A row of the table: HGRN-2."""

import torch

from llmcourse.checks import Exercise


def gated(*lead, L, d_k, d_v, logit=1.0):
    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator)
        return {"q": draw(L, d_k), "v": draw(L, d_v), "a": logit * draw(L, d_k)}

    return make


def probe(answer, inputs):
    """Run the row that the fields describe: the plainest loop over S_t = S_{t-1} diag(e^gk) + v k^T, o_t = S_t q_t."""
    fields = answer(inputs["q"], inputs["v"], inputs["a"])
    missing = [name for name in ("q", "k", "v", "gk") if name not in fields]
    if missing:
        raise KeyError(f"the field {missing[0]} is missing: return dict(q=..., k=..., v=..., gk=...)")
    S, o = 0.0, []
    for q, k, v, gk in zip(*(fields[name].unbind(-2) for name in ("q", "k", "v", "gk"))):
        S = S * gk.exp().unsqueeze(-2) + v.unsqueeze(-1) * k.unsqueeze(-2)
        o.append((S * q.unsqueeze(-2)).sum(-1))
    return {"gk": fields["gk"], "o": torch.stack(o, -2)}  # not k, nor S: their scale is the answer's own


EXERCISE = Exercise(
    name="zoo-row",
    title="A row of the table: HGRN-2",
    answer="hgrn2",
    parameters=("q", "v", "a"),
    points=3,
    difficulty=3,
    minutes=15,
    cases={
        "a short sequence": gated(L=4, d_k=3, d_v=2),
        "as many value as key channels": gated(L=4, d_k=3, d_v=3),
        "batch and heads": gated(2, 2, L=3, d_k=2, d_v=3),
        "gates that are all but shut or open": gated(L=4, d_k=3, d_v=2, logit=150.0),
    },
    probe=probe,
    gradients=("q", "v", "a"),
    hints=(
        "Compare the recurrence with `S diag(e^gk) + v k^T`: which of its pieces is gk, and which is k?",
        "gk is the logarithm of sigmoid(a). At a = -150 the sigmoid is zero in float32; its logarithm is not.",
        "`F.logsigmoid(a)` is exact at any a. And 1 - sigmoid(a) = sigmoid(-a).",
    ),
)
