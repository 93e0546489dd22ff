"""What several exercises of this lab share: makers of cases."""

import torch


def average(d, h, generator, least=0.2, most=0.9):
    """alpha, delta in the middle of (0, 1), beta and eta of both signs: each (d, h)."""
    share = lambda: least + (most - least) * torch.rand(d, h, generator=generator)
    draw = lambda: torch.randn(d, h, generator=generator)
    return {"alpha": share(), "delta": share(), "beta": draw(), "eta": draw()}
