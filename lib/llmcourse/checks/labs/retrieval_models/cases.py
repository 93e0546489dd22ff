"""What several exercises of this lab share: makers of inputs."""

import torch


def normal(generator, *shape):
    return torch.randn(*shape, generator=generator)


def judged(B, K, likely=-2.0, spread=1.0, tau=None):
    """Scores of K documents and log-probabilities of the answer, about `likely`; a temperature if there is one."""

    def make(generator):
        s = 1.5 * normal(generator, B, K)
        log_py = (likely + spread * normal(generator, B, K)).clamp(max=-0.02)
        return {"s": s, "log_py": log_py} | ({} if tau is None else {"tau": tau})

    return make
