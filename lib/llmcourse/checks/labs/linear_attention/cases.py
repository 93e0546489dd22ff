"""What several exercises of this lab share: makers of cases."""

import torch
import torch.nn.functional as F


def attention(*lead, L, d_k, d_v, memory=None):
    """Inputs of causal attention; `memory` is 0 for an empty state, 1 for one that holds something."""

    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator)
        # What is divided by a tiny normaliser has large rounding errors.
        features = lambda *shape: F.elu(draw(*shape).clamp(min=-1)) + 1
        inputs = {"phi_q": features(L, d_k), "phi_k": features(L, d_k), "v": draw(L, d_v)}
        if memory is not None:
            inputs |= {"S": memory * draw(d_v, d_k), "u": memory * features(d_k)}
        return inputs

    return make
