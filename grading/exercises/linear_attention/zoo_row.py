"""The private half of zoo-row."""

import torch
import torch.nn.functional as F
from llmcourse.checks.labs.linear_attention.zoo_row import gated
from llmcourse.recurrence import ZOO

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer sequence": gated(L=40, d_k=4, d_v=3),
    "one channel": gated(3, L=5, d_k=1, d_v=1),
    "gates shut for ever": gated(L=6, d_k=2, d_v=2, logit=400.0),
}


@reference
def hgrn2(q, v, a):
    r = ZOO["hgrn2"](q, v, a)
    return {"q": r.q, "k": r.k, "v": r.v, "gk": r.gk}


@variant
def by_softplus(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": -torch.nn.functional.softplus(-a)}


@variant
def scaled(q, v, a):
    return dict(q=2 * q, k=torch.sigmoid(-a), v=v / 2, gk=F.logsigmoid(a))


@misconception(
    says="the row with log(sigmoid(a)): where a gate is all but shut it is minus infinity, and the gradient is nan",
    hint="Use `F.logsigmoid(a)`, which is exact at any a.",
)
def log_of_sigmoid(q, v, a):
    return {"q": q, "k": 1 - a.sigmoid(), "v": v, "gk": a.sigmoid().log()}


@misconception(
    says="the row with the gate itself for gk",
    hint="gk is the logarithm of the decay: `F.logsigmoid(a)`.",
)
def without_log(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": a.sigmoid()}


@misconception(
    says="the row whose key is the gate, in place of what the gate leaves",
    hint="The key is 1 - alpha: what is forgotten is what can be written.",
)
def key_is_gate(q, v, a):
    return {"q": q, "k": a.sigmoid(), "v": v, "gk": F.logsigmoid(a)}


@misconception(
    says="the row with alpha and 1 - alpha exchanged",
    hint="alpha = sigmoid(a) keeps the state; 1 - alpha = sigmoid(-a) is the key.",
)
def swapped(q, v, a):
    return {"q": q, "k": a.sigmoid(), "v": v, "gk": F.logsigmoid(-a)}


@misconception(
    says="the row without a decay",
    hint="The state is multiplied by alpha at every token: gk is its logarithm.",
)
def without_decay(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": torch.zeros_like(a)}


@misconception(
    says="the row of GLA: its gate is taken to the power 1/16",
    hint="HGRN-2 takes the gate as it is.",
)
def gate_of_gla(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a) / 16}
