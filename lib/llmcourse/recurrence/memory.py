"""What a matrix memory holds: keys that are overwritten, and more keys than it has room for.

    n     writes                 d  channels of keys and values, all of length one
    kinds distinct keys          S  (trials, d, d), the memory after all writes

Schlag et al. 2021, "Linear transformers are secretly fast weight programmers", sec. 4.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from .engine import Recurrence, chunkwise

RULES = ("linear attention", "decay 0.95", "delta rule")
PASSES = {"linear attention": 1, "delta rule": 1, "delta rule, 4 passes": 4}  # how often everything is written


def unit(x: Tensor) -> Tensor:
    return F.normalize(x, dim=-1)


def after(keys: Tensor, values: Tensor, rule: str) -> Tensor:
    """The memory after writing values (trials, n, d) at keys of the same shape, one after the other."""
    ones = torch.ones_like(keys[..., :1])
    beta = ones if rule.startswith("delta rule") else None
    decay = math.log(0.95) * ones if rule == "decay 0.95" else None
    return chunkwise(Recurrence(keys, keys, values, gk=decay, beta=beta))[1].S


def overwritten(n: int, rule: str, generator: Generator, trials: int = 30, d: int = 64, kinds: int = 16) -> Tensor:
    """Write n values to `kinds` random keys: squared error of the latest value, by trial (trials,)."""
    keys = unit(torch.randn(trials, kinds, d, generator=generator))
    again = torch.randint(0, kinds, (trials, n - kinds), generator=generator)
    which = torch.cat([again, torch.arange(kinds).expand(trials, kinds)], 1)  # the last writes: one to each key
    values = unit(torch.randn(trials, n, d, generator=generator))
    S = after(keys.gather(1, which[..., None].expand(-1, -1, d)), values, rule)
    return (keys @ S.mT - values[:, -kinds:]).square().sum(-1).mean(-1)


def distinct(n: int, method: str, generator: Generator, trials: int = 30, d: int = 64) -> tuple[Tensor, Tensor]:
    """Write n values to n random keys and read them all: squared error, and how often the nearest of all values is the
    right one, both by trial (trials,)."""
    keys, values = unit(torch.randn(2, trials, n, d, generator=generator)).unbind(0)
    S = after(*(x.repeat(1, PASSES[method], 1) for x in (keys, values)), method)
    read = keys @ S.mT
    hits = ((read @ values.mT).argmax(-1) == torch.arange(n)).double().mean(-1)
    return (read - values).square().sum(-1).mean(-1), hits
