"""mixture-step: One step of a Gaussian mixture."""

import torch

from llmcourse.checks import Exercise


def mixture(N, d, K, far=2.0, uneven=True):
    """Points around K centres, and a mixture that fits them roughly."""

    def make(generator):
        normal = lambda *shape: torch.randn(*shape, generator=generator)
        mu = far * normal(K, d)
        x = mu[torch.randint(K, (N,), generator=generator)] + normal(N, d)
        root = 0.4 * normal(K, d, d)
        size = torch.linspace(0.6, 1.8, K) if uneven else torch.ones(K)
        Sigma = root @ root.mT + size[:, None, None] * torch.eye(d)
        pi = (torch.rand(K, generator=generator) + 0.15) if uneven else torch.ones(K)
        return {"x": x, "pi": pi / pi.sum(), "mu": mu + 0.5 * normal(K, d), "Sigma": Sigma}

    return make


def probe(answer, inputs):
    found = answer(*(inputs[name] for name in ("x", "pi", "mu", "Sigma")))
    return dict(zip(("responsibilities", "new pi", "new mu", "new Sigma"), found, strict=True))


EXERCISE = Exercise(
    name="mixture-step",
    title="One step of a Gaussian mixture",
    answer="em_step",
    parameters=("x", "pi", "mu", "Sigma"),
    points=4,
    difficulty=4,
    minutes=18,
    cases={
        "three clusters in the plane": mixture(30, 2, 3),
        "two clusters that overlap": mixture(25, 3, 2, far=0.7),
        "one cluster": mixture(12, 2, 1),
        "four clusters in four dimensions": mixture(60, 4, 4, far=1.2),
    },
    probe=probe,
    hints=(
        "First the logarithm of pi_k N(x_n; mu_k, Sigma_k) for all pairs, (N, K); then a softmax over the clusters.",
        "log N = -0.5 (z^T Sigma^-1 z + log det Sigma + d log 2 pi) with z = x_n - mu_k. What is the same "
        "for all k cancels "
        "in the softmax. `torch.linalg.inv` and `torch.logdet` take a batch of matrices.",
        "N_k = r.sum(0), the new pi is N_k / N, the new mu is r^T x / N_k.",
        "The new Sigma uses the *new* mu: `torch.einsum('nk,nki,nkj->kij', r, z, z) / N_k[:, None, None]`.",
    ),
    tolerance=1e-3,
)
