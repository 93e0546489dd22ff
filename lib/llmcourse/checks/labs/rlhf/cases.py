"""What several exercises of this lab share: makers of inputs."""

import torch


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
