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


@misconception(
    says="the row with log(sigmoid(a) + 1e-6): where a gate is all but shut, its logarithm is that of the 1e-6",
    hint="Use `F.logsigmoid(a)`, which is exact at any a.",
)
def log_with_epsilon(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": (torch.sigmoid(a) + 1e-6).log()}


@misconception(
    says="the row with log(sigmoid(a) + 1e-8): where a gate is all but shut, its logarithm is that of the 1e-8",
    hint="Use `F.logsigmoid(a)`, which is exact at any a.",
)
def log_with_small_epsilon(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": (torch.sigmoid(a) + 1e-8).log()}


@misconception(
    says="the row with a sigmoid that is not let below 1e-4",
    hint="Use `F.logsigmoid(a)`, which is exact at any a.",
)
def log_clamped(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": torch.sigmoid(a).clamp(min=1e-4).log()}


@misconception(
    says="the row with a itself for the logarithm of the decay",
    hint="a is the gate before its sigmoid: gk is `F.logsigmoid(a)`.",
)
def gate_without_sigmoid(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": a}


@misconception(
    says="the row whose decay is 1 - alpha",
    hint="alpha = sigmoid(a) is what the state keeps: gk is `F.logsigmoid(a)`.",
)
def decay_exchanged(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(-a)}


@misconception(
    says="the row whose state grows: gk is the logarithm with the other sign",
    hint="A decay is below 1 and its logarithm below 0: `F.logsigmoid(a)`, or `-F.softplus(-a)`.",
)
def grows(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": -F.logsigmoid(a)}


@misconception(
    says="the row with 1 - a for the key, where a has not been through its sigmoid",
    hint="The key is 1 - alpha, which is `torch.sigmoid(-a)`.",
)
def key_of_a(q, v, a):
    return {"q": q, "k": 1 - a, "v": v, "gk": F.logsigmoid(a)}


@misconception(
    says="the row with 1 - log(alpha) for the key",
    hint="The key is 1 - alpha, which is `torch.sigmoid(-a)`.",
)
def key_of_log(q, v, a):
    return {"q": q, "k": 1 - F.logsigmoid(a), "v": v, "gk": F.logsigmoid(a)}


@misconception(
    says="the row with -a for the key",
    hint="The key is 1 - alpha, which is `torch.sigmoid(-a)`.",
)
def key_minus_a(q, v, a):
    return {"q": q, "k": -a, "v": v, "gk": F.logsigmoid(a)}


@misconception(
    says="the row that writes everywhere in full, with ones for the key",
    hint="The key is what the gate leaves: 1 - alpha.",
)
def key_of_ones(q, v, a):
    return {"q": q, "k": torch.ones_like(a), "v": v, "gk": F.logsigmoid(a)}


@misconception(
    says="the row with a softmax over the channels for its gates",
    hint="Every channel has a gate of its own, the sigmoid of its own a.",
)
def softmax_of_channels(q, v, a):
    gk = a.log_softmax(-1)
    return {"q": q, "k": 1 - gk.exp(), "v": v, "gk": gk}


@misconception(
    says="the row with one decay per token, the mean over its channels",
    hint="Every channel has a decay of its own.",
)
def mean_gate(q, v, a):
    gk = F.logsigmoid(a).mean(-1, keepdim=True).expand_as(a)
    return {"q": q, "k": 1 - gk.exp(), "v": v, "gk": gk}


@misconception(
    says="the row with a sigmoid on the query as well",
    hint="q is used as it comes.",
)
def query_gated(q, v, a):
    return {"q": q.sigmoid(), "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a)}


@misconception(
    says="the row whose decays come one token late",
    hint="Token t makes the state fade with its own gate, before it writes.",
)
def decay_late(q, v, a):
    gk = F.pad(F.logsigmoid(a), (0, 0, 1, 0))[..., :-1, :]
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": gk}


@misconception(
    says="the row with |tanh(a)| for its gate",
    hint="The gate is the sigmoid of a.",
)
def tanh_gate(q, v, a):
    alpha = a.tanh().abs()
    return {"q": q, "k": 1 - alpha, "v": v, "gk": alpha.log()}


@misconception(
    says="the right values, but no gradient flows through the decay",
    hint="Leave out `.detach()`: what the gate keeps is learnt as well as what it writes.",
)
def decay_detached(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a.detach())}


@misconception(
    says="the row with a SiLU on the query",
    hint="The query is used as it comes: only a goes through a sigmoid.",
)
def query_through_silu(q, v, a):
    return {"q": F.silu(q), "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a)}


@misconception(
    says="the row with a sigmoid that is not let below 1e-38: where a gate is all but shut, gk ends at -87.5",
    hint="`F.logsigmoid(a)` is exact at any a: nothing needs a bound.",
)
def log_clamped_at_smallest(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": torch.sigmoid(a).clamp(min=1e-38).log()}
