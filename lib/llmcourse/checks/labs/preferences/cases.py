"""What several exercises of this lab share: makers of cases."""

import torch


def games(n, spread=1.0, own=0.0):
    """Wins among n players, each pair at least once each way, `own` times 1, 2, ... on the diagonal; and ratings."""

    def make(generator):
        W = torch.randint(1, 9, (n, n), generator=generator).float()
        W = W - torch.diag(W.diagonal()) + own * torch.arange(1.0, n + 1).diag()
        return {"W": W, "r": spread * torch.randn(n, generator=generator)}

    return make
