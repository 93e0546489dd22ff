"""What several exercises of this lab share: makers of cases."""

import torch
import torch.nn.functional as F


def selective(*lead, L, D, N, dt=0.0, **more):
    def make(generator):
        randn = lambda *shape: torch.randn(*shape, generator=generator)
        inputs = {"x": randn(*lead, L, D), "dt": F.softplus(randn(*lead, L, D) + dt), "A": -randn(D, N).exp(),
                  "B": randn(*lead, L, N), "C": randn(*lead, L, N), "h": randn(*lead, D, N)}  # fmt: skip
        return inputs | {name: torch.tensor(value) for name, value in more.items()}

    return make
