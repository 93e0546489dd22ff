"""Answers to zoo-row by people who have not seen its private half."""

import math

import torch
import torch.nn.functional as F

from grading.answers import answer


@answer("zoo-row", "log of sigmoid: -inf where the gate is shut", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": torch.sigmoid(a).log()}


@answer("zoo-row", "log of sigmoid plus an epsilon", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": (torch.sigmoid(a) + 1e-6).log()}


@answer("zoo-row", "log of sigmoid, clamped at 1e-4", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": torch.sigmoid(a).clamp(min=1e-4).log()}


@answer("zoo-row", "the decay itself, not its logarithm", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": torch.sigmoid(a)}


@answer("zoo-row", "gk is a: the sigmoid forgotten", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": a}


@answer("zoo-row", "k is the gate alpha", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(a), "v": v, "gk": F.logsigmoid(a)}


@answer("zoo-row", "gate and key exchanged", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(a), "v": v, "gk": F.logsigmoid(-a)}


@answer("zoo-row", "decay is 1 - alpha, key is right", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(-a)}


@answer("zoo-row", "k is 1 - a, gate before its sigmoid", "wrong")
def _(q, v, a):
    return {"q": q, "k": 1 - a, "v": v, "gk": F.logsigmoid(a)}


@answer("zoo-row", "k is 1 - log alpha", "wrong")
def _(q, v, a):
    gk = F.logsigmoid(a)
    return {"q": q, "k": 1 - gk, "v": v, "gk": gk}


@answer("zoo-row", "k is alpha - 1", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(a) - 1, "v": v, "gk": F.logsigmoid(a)}


@answer("zoo-row", "k is ones: the gate writes everything", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.ones_like(a), "v": v, "gk": F.logsigmoid(a)}


@answer("zoo-row", "k is -a", "wrong")
def _(q, v, a):
    return {"q": q, "k": -a, "v": v, "gk": F.logsigmoid(a)}


@answer("zoo-row", "log_softmax over the channels", "wrong")
def _(q, v, a):
    gk = a.log_softmax(-1)
    return {"q": q, "k": 1 - gk.exp(), "v": v, "gk": gk}


@answer("zoo-row", "sign: -logsigmoid", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": -F.logsigmoid(a)}


@answer("zoo-row", "softplus without the minus", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": F.softplus(-a)}


@answer("zoo-row", "-softplus(a): the sign inside", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": -F.softplus(a)}


@answer("zoo-row", "a tuple, not a dictionary", "wrong")
def _(q, v, a):
    return q, torch.sigmoid(-a), v, F.logsigmoid(a)


@answer("zoo-row", "the field is named g", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "g": F.logsigmoid(a)}


@answer("zoo-row", "q left out: it does not change", "wrong")
def _(q, v, a):
    return {"k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a)}


@answer("zoo-row", "q scaled by the root of d_k", "wrong")
def _(q, v, a):
    return {"q": q / q.shape[-1] ** 0.5, "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a)}


@answer("zoo-row", "sigmoid on q as well", "wrong")
def _(q, v, a):
    return {"q": q.sigmoid(), "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a)}


@answer("zoo-row", "gk cumulative already", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a).cumsum(-2)}


@answer("zoo-row", "one decay per token: the mean over channels", "wrong")
def _(q, v, a):
    gk = F.logsigmoid(a).mean(-1, keepdim=True).expand_as(a)
    return {"q": q, "k": 1 - gk.exp(), "v": v, "gk": gk}


@answer("zoo-row", "runs the recurrence itself", "wrong")
def _(q, v, a):
    alpha, S, o = a.sigmoid(), 0, []
    for t in range(v.shape[-2]):
        S = S * alpha[..., t, None, :] + v[..., t, :, None] * (1 - alpha)[..., t, None, :]
        o.append((S @ q[..., t, :, None])[..., 0])
    return torch.stack(o, -2)


@answer("zoo-row", "gate detached: the key learns, the decay does not", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a.detach())}


@answer("zoo-row", "the value gets the 1 - alpha, the key is alpha", "wrong")
def _(q, v, a):
    alpha = a.sigmoid()
    return {"q": q, "k": alpha, "v": v * (1 - alpha).mean(-1, keepdim=True), "gk": F.logsigmoid(a)}


@answer("zoo-row", "tanh for the sigmoid", "wrong")
def _(q, v, a):
    alpha = a.tanh().abs()
    return {"q": q, "k": 1 - alpha, "v": v, "gk": alpha.log()}


@answer("zoo-row", "log base 2", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a) / math.log(2)}


@answer("zoo-row", "gk shifted by a token: the decay of the token before", "wrong")
def _(q, v, a):
    gk = F.pad(F.logsigmoid(a), (0, 0, 1, 0))[..., :-1, :]
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": gk}


@answer("zoo-row", "-softplus(-a)", "right")
def _(q, v, a):
    return dict(q=q, k=torch.sigmoid(-a), v=v, gk=-F.softplus(-a))


@answer("zoo-row", "minus expm1 of the log for the key", "right")
def _(q, v, a):
    gk = F.logsigmoid(a)
    return {"gk": gk, "k": -gk.expm1(), "v": v, "q": q}


@answer("zoo-row", "-logaddexp(0, -a)", "right")
def _(q, v, a):
    gk = -torch.logaddexp(torch.zeros_like(a), -a)
    return {"q": q, "k": 1 - gk.exp(), "v": v, "gk": gk}


@answer("zoo-row", "log_softmax of (a, 0)", "right")
def _(q, v, a):
    both = torch.stack([a, torch.zeros_like(a)], dim=-1).log_softmax(-1)
    return {"q": q, "k": both[..., 1].exp(), "v": v, "gk": both[..., 0]}


@answer("zoo-row", "min(a, 0) - log1p(exp(-|a|))", "right")
def _(q, v, a):
    gk = a.clamp(max=0) - torch.log1p(torch.exp(-a.abs()))
    return {"q": q, "k": 1 - torch.sigmoid(a), "v": v, "gk": gk}


@answer("zoo-row", "signs of q and k both turned", "right")
def _(q, v, a):
    return {"q": -q, "k": -torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a)}


@answer("zoo-row", "gk is the decay itself, not its logarithm", "wrong")
def _(q, v, a):
    alpha = torch.sigmoid(a)
    return {"q": q, "k": 1 - alpha, "v": v, "gk": alpha}


@answer("zoo-row", "log(sigmoid(a)): -inf where the gate is all but shut", "wrong")
def _(q, v, a):
    alpha = torch.sigmoid(a)
    return {"q": q, "k": 1 - alpha, "v": v, "gk": alpha.log()}


@answer("zoo-row", "the key is alpha instead of 1 - alpha", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(a), "v": v, "gk": F.logsigmoid(a)}


@answer("zoo-row", "log(sigmoid + 1e-6) against the -inf", "wrong")
def _(q, v, a):
    alpha = torch.sigmoid(a)
    return {"q": q, "k": 1 - alpha, "v": v, "gk": torch.log(alpha + 1e-6)}


@answer("zoo-row", "gate upside down: decay 1 - alpha, key alpha", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(a), "v": v, "gk": F.logsigmoid(-a)}


@answer("zoo-row", "k = 1 - gk: subtracts the logarithm instead of alpha", "wrong")
def _(q, v, a):
    gk = F.logsigmoid(a)
    return {"q": q, "k": 1 - gk, "v": v, "gk": gk}


@answer("zoo-row", "log decay divided by 16 as in GLA", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a) / 16}


@answer("zoo-row", "-softplus(-a) and -expm1", "right")
def _(q, v, a):
    gk = -F.softplus(-a)
    return dict(q=q, k=-torch.expm1(gk), v=v, gk=gk)


@answer("zoo-row", "logsigmoid by hand in float64: min(a, 0) - log1p(exp(-|a|))", "right")
def _(q, v, a):
    b = a.double()
    gk = b.clamp(max=0) - torch.log1p(torch.exp(-b.abs()))
    return {"gk": gk.to(a.dtype), "v": v, "k": (1 / (1 + b.exp())).to(a.dtype), "q": q}


@answer("zoo-row", "sigmoid clamped at 1e-38 before the logarithm", "wrong")
def _(q, v, a):
    alpha = torch.sigmoid(a)
    return {"q": q, "k": 1 - alpha, "v": v, "gk": alpha.clamp(min=1e-38).log()}


@answer("zoo-row", "a cut at -80 against the infinity: logsigmoid(max(a, -80))", "wrong")
def _(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a.clamp(min=-80))}
