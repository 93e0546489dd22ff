"""RAPTOR: a tree of summaries. Clusters of passages are summarised, summaries are clustered, and so on up.

    x (N, d)          vectors of the nodes of a layer     K            number of clusters
    pi (K,), mu (K, d), Sigma (K, d, d)                   a mixture of Gaussians: weights, means, covariances
    r (N, K)          responsibilities p(cluster | node); a node belongs to each cluster with r > 0.1: soft clusters
    BIC = -2 log L + p log N                              p parameters; K is the one with the least BIC

    two levels        clusters of all nodes, and in each of them clusters again
    tree traversal    from the root layer: the best k nodes, then the best k of their children, ...
    collapsed tree    all nodes of all layers together, by similarity, until a budget of tokens is full

Sarthi et al. 2024, "RAPTOR", section 3; soft threshold and stopping at the first node that does not fit are those of
their code. Departs from the paper: vectors are reduced by principal components instead of UMAP, which would be one more
package, and the neighbourhoods of its two levels become one mixture for all and one for each cluster.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from .trace import Tools, Trace

SOFT = 0.1  # a node belongs to every cluster with at least this responsibility
RIDGE = 1e-6  # added to the diagonal of a covariance, as scikit-learn does


class Mixture(NamedTuple):
    """A mixture of K Gaussians in d dimensions."""

    pi: Tensor  # (K,)
    mu: Tensor  # (K, d)
    Sigma: Tensor  # (K, d, d)


def log_densities(x: Tensor, mixture: Mixture) -> Tensor:
    """log (pi_k N(x_n; mu_k, Sigma_k)), (N, K)."""
    L = torch.linalg.cholesky(mixture.Sigma)  # (K, d, d)
    z = torch.linalg.solve_triangular(L, (x[:, None] - mixture.mu)[..., None], upper=False)[..., 0]  # (N, K, d)
    log_det = 2 * L.diagonal(dim1=-2, dim2=-1).log().sum(-1)  # (K,)
    return mixture.pi.log() - 0.5 * (z.square().sum(-1) + log_det + x.shape[1] * math.log(2 * math.pi))


def expectation(x: Tensor, mixture: Mixture) -> tuple[Tensor, Tensor]:
    """E-step: responsibilities (N, K) and the log-likelihood of all points, a scalar."""
    joint = log_densities(x, mixture)
    total = joint.logsumexp(1, keepdim=True)
    return (joint - total).exp(), total.sum()


def maximisation(x: Tensor, r: Tensor, ridge: float = RIDGE) -> Mixture:
    """M-step: weights, means and covariances from responsibilities (N, K)."""
    n = r.sum(0) + 10 * torch.finfo(r.dtype).eps  # (K,)
    mu = r.mT @ x / n[:, None]
    centred = x[:, None] - mu  # (N, K, d)
    Sigma = torch.einsum("nk,nki,nkj->kij", r, centred, centred) / n[:, None, None]
    return Mixture(n / n.sum(), mu, Sigma + ridge * torch.eye(x.shape[1], dtype=x.dtype))


def fit(x: Tensor, K: int, generator: Generator, steps: int = 100, tolerance: float = 1e-3) -> tuple[Mixture, float]:
    """EM from centres drawn as in k-means++; the mixture and its log-likelihood. Works in float64.

    Raises ValueError for more clusters than points.
    """
    if not 1 <= K <= len(x):
        raise ValueError(f"{K} clusters of {len(x)} points: choose K from 1 to {len(x)}.")
    x = x.double()
    distance = torch.cdist(x, _centres(x, K, generator))
    mixture = maximisation(x, torch.nn.functional.one_hot(distance.argmin(1), K).double())
    before = -math.inf
    for _ in range(steps):
        r, log_likelihood = expectation(x, mixture)
        if log_likelihood - before < tolerance * len(x):
            break
        mixture, before = maximisation(x, r), log_likelihood
    return mixture, float(expectation(x, mixture)[1])


def _centres(x: Tensor, K: int, generator: Generator) -> Tensor:
    """K points far from each other: each next one with probability proportional to its squared distance (k-means++)."""
    chosen = [int(torch.randint(len(x), (), generator=generator))]
    while len(chosen) < K:
        far = torch.cdist(x, x[chosen]).amin(1).square() + 1e-12
        chosen.append(int(torch.multinomial(far, 1, generator=generator)))
    return x[chosen]


def parameters(K: int, d: int) -> int:
    """Free parameters of a mixture with full covariances: means, symmetric covariances, weights that sum to 1."""
    return K * d + K * d * (d + 1) // 2 + K - 1


def bic(log_likelihood: float, N: int, K: int, d: int) -> float:
    """The Bayesian information criterion: the smaller, the better."""
    return -2 * log_likelihood + parameters(K, d) * math.log(N)


def reduced(x: Tensor, d: int) -> Tensor:
    """The first d principal components of centred vectors, (N, d), or fewer if there are fewer points."""
    centred = x.double() - x.double().mean(0)
    U, S, _ = torch.linalg.svd(centred, full_matrices=False)
    d = min(d, int(S.gt(1e-9 * S[:1]).sum()))
    return U[:, :d] * S[:d]


def soft_clusters(x: Tensor, generator: Generator, most: int = 10, d: int = 2, soft: float = SOFT) -> list[list[int]]:
    """Clusters of vectors (N, D) as lists of places, their number by BIC. A point may be in several, and is in one."""
    z = reduced(x, d)
    if len(x) < 3 or not z.shape[1]:
        return [list(range(len(x)))]
    fits = [(K, *fit(z, K, generator)) for K in range(1, min(most, len(x) - 1) + 1)]
    _, mixture, _ = min(fits, key=lambda found: bic(found[2], len(z), found[0], z.shape[1]))
    r, _ = expectation(z, mixture)
    member = (r > soft) | (r == r.amax(1, keepdim=True))
    return [found for k in range(r.shape[1]) if (found := member[:, k].nonzero()[:, 0].tolist())]


def two_levels(x: Tensor, generator: Generator, most: int = 10, d: int = 2) -> list[tuple[int, ...]]:
    """Clusters of all points, and in each of those with more than d + 1 points clusters again; each set once."""
    found = {}
    for outer in soft_clusters(x, generator, most, d):
        inner = soft_clusters(x[outer], generator, most, d) if len(outer) > d + 1 else [list(range(len(outer)))]
        found |= {tuple(outer[i] for i in places): None for places in inner}
    return list(found)


# --- the tree


class Node(NamedTuple):
    """A text with its vector (d,); layer 0 are the passages; `children` are places in the tree's nodes."""

    text: str
    vector: Tensor
    layer: int
    children: tuple[int, ...] = ()


def tree(
    texts: Sequence[str],
    embed: Callable[[Sequence[str]], Tensor],
    summarise: Callable[[Sequence[tuple[str, ...]]], Sequence[str]],
    generator: Generator,
    layers: int = 3,
    most: int = 10,
) -> list[Node]:
    """The nodes of a tree, leaves first. It ends when a layer has one node, or would not be smaller than the one below.

    Raises ValueError without texts; a single text is a tree of one leaf.
    """
    if not texts:
        raise ValueError("There are no texts, so there is no tree. Give at least one.")
    nodes = [Node(text, vector, 0) for text, vector in zip(texts, embed(texts))]
    layer = list(range(len(nodes)))
    for height in range(1, layers + 1):
        if len(layer) == 1:
            break
        clusters = two_levels(torch.stack([nodes[i].vector for i in layer]), generator, most)
        if len(clusters) >= len(layer):
            clusters = [tuple(range(len(layer)))]
        members = [tuple(layer[i] for i in cluster) for cluster in clusters]
        summaries = summarise([tuple(nodes[i].text for i in children) for children in members])
        vectors = embed(summaries)
        layer = list(range(len(nodes), len(nodes) + len(members)))
        nodes += [Node(s, v, height, children) for s, v, children in zip(summaries, vectors, members)]
    return nodes


def collapsed(similarity: Sequence[float], lengths: Sequence[int], budget: int) -> list[int]:
    """The nodes to read: most similar first, until one does not fit. Raises ValueError when not even the first fits."""
    order = sorted(range(len(similarity)), key=lambda i: -similarity[i])
    taken, left = [], budget
    for i in order:
        if lengths[i] > left:
            break
        taken.append(i)
        left -= lengths[i]
    if order and not taken:
        raise ValueError(f"The best node has {lengths[order[0]]} tokens, the budget is {budget}. Raise the budget.")
    return taken


def traversed(nodes: Sequence[Node], similarity: Sequence[float], k: int) -> list[int]:
    """The nodes to read: the best k of the highest layer, the best k of their children, and so on to the leaves."""
    top = max(node.layer for node in nodes)
    layer, taken = [i for i, node in enumerate(nodes) if node.layer == top], []
    while layer:
        best = sorted(layer, key=lambda i: -similarity[i])[:k]
        taken += best
        layer = list(dict.fromkeys(child for i in best for child in nodes[i].children))
    return list(dict.fromkeys(taken))


def answer(
    question: str,
    corpus: Sequence[str],
    tools: Tools,
    nodes: Sequence[Node],
    budget: int = 200,
    k: int = 0,
) -> Trace:
    """Collapsed search under a budget, or tree traversal with `k` nodes a layer. Needs `embed` and `read`.

    The trace says how many of the nodes that are read are summaries.
    """
    trace = Trace("RAPTOR", question, corpus, tools)
    q = torch.tensor(trace.call("embed", [question])[0])
    similarity = [float(q @ node.vector) for node in nodes]
    if k:
        found = traversed(nodes, similarity, k)
    else:
        found = collapsed(similarity, [tools.length(node.text) for node in nodes], budget)
    summaries = sum(nodes[i].layer > 0 for i in found)
    trace.decide(f"read {len(found) - summaries} passages and {summaries} summaries", similarity[found[0]])
    return trace.finish(trace.read([nodes[i].text for i in found]))
