"""What several exercises of this lab share: random numbers."""

import torch


def normal(generator, *shape):
    return torch.randn(*shape, generator=generator)


def uniform(generator, *shape):
    return torch.rand(*shape, generator=generator)
