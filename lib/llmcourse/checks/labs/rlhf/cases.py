"""What several exercises of this lab share: makers of inputs."""

import torch
from torch import Tensor


def normal(generator, *shape):
    return torch.randn(*shape, generator=generator)


def mask(lengths, T):
    """(B, T): 1.0 on the first tokens of each row, as many as its length."""
    return (torch.arange(T) < torch.tensor(lengths)[:, None]).float()


def log_prob(generator, *shape):
    """Log-probabilities of tokens: negative, about -1.5."""
    return -(1.5 + normal(generator, *shape)).abs() - 0.05


def texts(generator, Y, spread=1.0):
    """Log-probabilities of Y texts, (Y,)."""
    return (spread * normal(generator, Y)).log_softmax(-1)


def in_dtype_of(given, x):
    """An output in the dtype of an input, where the task asks for none: float64 and Python's numbers are right, too."""
    if type(x) in (int, float):
        return torch.tensor(x, dtype=given.dtype)
    return x.to(given.dtype) if isinstance(x, Tensor) and x.is_floating_point() else x
