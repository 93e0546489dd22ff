"""Feature maps: what takes the place of the exponential, so that the weight of a pair is phi(q)^T phi(k).

    x       (..., L, d)     queries or keys
    phi(x)  (..., L, d')    d' = d, or the number of random features

With a normaliser the features have to be positive: it divides by a sum of them.
"""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def identity(x: Tensor) -> Tensor:
    """No map at all: for attention without a normaliser (Schlag et al. 2021; Mao 2022)."""
    return x


def elu_plus_one(x: Tensor) -> Tensor:
    """elu(x) + 1: positive, with a gradient everywhere (Katharopoulos et al. 2020, eq. 7)."""
    return F.elu(x) + 1


def relu(x: Tensor) -> Tensor:
    """max(x, 0). It may be zero in all channels: give the normaliser an eps."""
    return F.relu(x)


def exponential(x: Tensor) -> Tensor:
    """e^(x - max over the channels), element by element. The maximum cancels for queries, but it changes the weights
    of keys: a stabilised map is a different map. Finite for any x."""
    return (x - x.amax(dim=-1, keepdim=True)).exp()


class RandomFeatures:
    """Positive random features: the mean of phi(q)^T phi(k) over draws is e^(q^T k) exactly.

    phi(x)_i = e^(w_i^T x - |x|^2 / 2) / sqrt(m), w_i from a standard normal distribution. Choromanski et al. 2021
    (Performer), lemma 1; the w_i are independent here, not orthogonal. Call it on x / d^(1/4) for softmax attention's
    scale.
    """

    def __init__(self, d: int, m: int, generator: Generator):
        self.w = torch.randn(m, d, generator=generator)

    def __call__(self, x: Tensor) -> Tensor:
        exponent = x @ self.w.to(x).T - x.square().sum(-1, keepdim=True) / 2  # (..., L, m)
        return exponent.exp() * len(self.w) ** -0.5
