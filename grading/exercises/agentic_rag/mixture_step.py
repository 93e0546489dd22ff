"""The private half of mixture-step."""

import warnings

import torch
from llmcourse.checks.labs.agentic_rag.mixture_step import mixture

from grading.exercises import library_call, misconception, reference, stages, variant

CASES = {
    "five clusters": mixture(80, 3, 5),
    "one dimension": mixture(20, 1, 2),
    "many dimensions": mixture(70, 6, 2, far=0.8),
    "equal weights and sizes": mixture(40, 2, 3, uneven=False),
}


@reference
def em_step(x, pi, mu, Sigma):
    z = x[:, None] - mu  # (N, K, d)
    distance = torch.einsum("nki,kij,nkj->nk", z, torch.linalg.inv(Sigma), z)
    r = (pi.log() - 0.5 * (distance + torch.logdet(Sigma))).softmax(1)
    n = r.sum(0)
    new_mu = r.mT @ x / n[:, None]
    z = x[:, None] - new_mu
    return r, n / len(x), new_mu, torch.einsum("nk,nki,nkj->kij", r, z, z) / n[:, None, None]


@stages
def steps(x, pi, mu, Sigma):
    z = x[:, None] - mu
    distance = torch.einsum("nki,kij,nkj->nk", z, torch.linalg.inv(Sigma), z)
    r = (pi.log() - 0.5 * (distance + torch.logdet(Sigma))).softmax(1)
    return {
        "the squared distances z^T Sigma^-1 z": distance,
        "the responsibilities": r,
        "the sizes N_k": r.sum(0),
    }


@variant
def by_distributions(x, pi, mu, Sigma):
    clusters = torch.distributions.MultivariateNormal(mu, covariance_matrix=Sigma)
    joint = clusters.log_prob(x[:, None]) + pi.log()
    r = (joint - joint.logsumexp(1, keepdim=True)).exp()
    new_pi = r.mean(0)
    new_mu = (r[..., None] * x[:, None]).sum(0) / r.sum(0)[:, None]
    new_Sigma = torch.stack(
        [(r[:, k, None] * (x - new_mu[k])).mT @ (x - new_mu[k]) / r[:, k].sum() for k in range(len(pi))]
    )
    return r, new_pi, new_mu, new_Sigma


@variant
def cluster_by_cluster(x, pi, mu, Sigma):
    N, d = x.shape
    p = []
    for k in range(len(pi)):
        z = x - mu[k]
        e = (z * torch.linalg.solve(Sigma[k], z.T).T).sum(1)
        p.append(
            torch.log(pi[k])
            - e / 2
            - torch.linalg.slogdet(Sigma[k])[1] / 2
            - d / 2 * torch.log(torch.tensor(6.2831853))
        )
    r = torch.softmax(torch.stack(p, 1), 1)
    new_mu, new_Sigma = [], []
    for k in range(len(pi)):
        w = r[:, k : k + 1]
        m = (w * x).sum(0) / w.sum()
        new_mu.append(m)
        new_Sigma.append(((w * (x - m)).T @ (x - m)) / w.sum())
    return r, r.sum(0) / N, torch.stack(new_mu), torch.stack(new_Sigma)


# What the mistakes below share with the reference.


def distances(x, mu, Sigma):
    z = x[:, None] - mu
    return torch.einsum("nki,kij,nkj->nk", z, torch.linalg.inv(Sigma), z)


def responsibilities(x, pi, mu, Sigma):
    return (pi.log() - 0.5 * (distances(x, mu, Sigma) + torch.logdet(Sigma))).softmax(1)


def updated(x, r):
    n = r.sum(0)
    new_mu = r.mT @ x / n[:, None]
    z = x[:, None] - new_mu
    return r, n / len(x), new_mu, torch.einsum("nk,nki,nkj->kij", r, z, z) / n[:, None, None]


@library_call
def by_scikit_learn(x, pi, mu, Sigma):
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(len(pi), max_iter=1, tol=0, reg_covar=0)
    weights = pi.double() / pi.double().sum()  # it refuses those that are rounded to float32
    model.weights_init, model.means_init = weights.numpy(), mu.double().numpy()
    model.precisions_init = torch.linalg.inv(Sigma.double()).numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x.double().numpy())
    r = responsibilities(x, pi, mu, Sigma)
    return r, *(torch.tensor(a, dtype=x.dtype) for a in (model.weights_, model.means_, model.covariances_))


@misconception(
    says="a step that forgets the weights pi",
    hint="The joint density has the factor pi_k: add `pi.log()`.",
)
def without_pi(x, pi, mu, Sigma):
    return updated(x, (-0.5 * (distances(x, mu, Sigma) + torch.logdet(Sigma))).softmax(1))


@misconception(
    says="a step that forgets the determinants",
    hint="A wide cluster is flat: log N has the term -0.5 log det Sigma_k, which differs from cluster to cluster.",
)
def without_determinant(x, pi, mu, Sigma):
    return updated(x, (pi.log() - 0.5 * distances(x, mu, Sigma)).softmax(1))


@misconception(
    says="a step with det Sigma in place of its square root",
    hint="The density divides by the square root of det Sigma: 0.5 times its logarithm.",
)
def whole_determinant(x, pi, mu, Sigma):
    return updated(x, (pi.log() - 0.5 * distances(x, mu, Sigma) - torch.logdet(Sigma)).softmax(1))


@misconception(
    says="a step without the 1/2 in the exponent",
    hint="exp(-0.5 z^T Sigma^-1 z): half of the squared distance.",
)
def without_half(x, pi, mu, Sigma):
    return updated(x, (pi.log() - distances(x, mu, Sigma) - 0.5 * torch.logdet(Sigma)).softmax(1))


@misconception(
    says="a step with Sigma where its inverse is meant",
    hint="The distance is z^T Sigma^-1 z: along a wide direction points are near.",
)
def not_inverted(x, pi, mu, Sigma):
    z = x[:, None] - mu
    distance = torch.einsum("nki,kij,nkj->nk", z, Sigma, z)
    r = (pi.log() - 0.5 * (distance + torch.logdet(Sigma))).softmax(1)
    return updated(x, r)


@misconception(
    says="responsibilities that sum to 1 over the points",
    hint="Every point is shared out among the clusters: softmax over the axis of K.",
)
def over_points(x, pi, mu, Sigma):
    return updated(x, (pi.log() - 0.5 * (distances(x, mu, Sigma) + torch.logdet(Sigma))).softmax(0))


@misconception(
    says="hard assignments: every point in its likeliest cluster, as in k-means",
    hint="Responsibilities are soft: a point between two clusters belongs to both.",
)
def hard(x, pi, mu, Sigma):
    distance = distances(x, mu, Sigma)
    joint = pi.log() - 0.5 * (distance + torch.logdet(Sigma))
    r = torch.nn.functional.one_hot(joint.argmax(1), len(pi)).to(x.dtype)
    n = r.sum(0).clamp(min=1)
    new_mu = r.mT @ x / n[:, None]
    z = x[:, None] - new_mu
    return r, n / len(x), new_mu, torch.einsum("nk,nki,nkj->kij", r, z, z) / n[:, None, None]


@misconception(
    says="a step whose new Sigma is taken around the old mu",
    hint="The new covariance measures the spread around the *new* mean.",
)
def old_mean(x, pi, mu, Sigma):
    r, z = responsibilities(x, pi, mu, Sigma), x[:, None] - mu
    n = r.sum(0)
    return r, n / len(x), r.mT @ x / n[:, None], torch.einsum("nk,nki,nkj->kij", r, z, z) / n[:, None, None]


@misconception(
    says="a step whose Sigma is divided by N",
    hint="Divide by N_k, the size of the cluster, not by the number of all points.",
)
def divided_by_all(x, pi, mu, Sigma):
    r = responsibilities(x, pi, mu, Sigma)
    n = r.sum(0)
    new_mu = r.mT @ x / n[:, None]
    z = x[:, None] - new_mu
    return r, n / len(x), new_mu, torch.einsum("nk,nki,nkj->kij", r, z, z) / len(x)


@misconception(
    says="new weights that are sizes: they sum to N",
    hint="pi sums to 1: N_k / N.",
)
def sizes(x, pi, mu, Sigma):
    r = responsibilities(x, pi, mu, Sigma)
    n = r.sum(0)
    new_mu = r.mT @ x / n[:, None]
    z = x[:, None] - new_mu
    return r, n, new_mu, torch.einsum("nk,nki,nkj->kij", r, z, z) / n[:, None, None]


@misconception(
    says="covariances with nothing beside the diagonal",
    hint="Sigma is a full matrix: the outer product of z with itself, (d, d), averaged.",
)
def diagonal(x, pi, mu, Sigma):
    r = responsibilities(x, pi, mu, Sigma)
    n = r.sum(0)
    new_mu = r.mT @ x / n[:, None]
    z = x[:, None] - new_mu
    variance = torch.einsum("nk,nki->ki", r, z**2) / n[:, None]
    return r, n / len(x), new_mu, torch.diag_embed(variance)
