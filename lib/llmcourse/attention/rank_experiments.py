"""Linformer's premise on a trained model: is the attention of SmolLM2 of low rank, and does a projection keep it?

    P  (H, L, L)  causal attention of the heads of one layer on one text
    E  (k, L)     a projection of the keys, with orthonormal rows; P E^T E is what is left of P

Wang et al. 2020, "Linformer", section 3 (the cumulative spectrum of RoBERTa's attention) and theorem 1 (a random
projection is enough). SmolLM2 is causal, and Linformer is not: what is tested is whether a few mixtures of the tokens
are enough to rebuild what each head has read, not a Linformer that was trained.
"""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from llmcourse import models, records
from llmcourse.adapters import low_rank

from .pretrained_experiments import attending, full, texts, tokens, weights

SHARE = 0.9  # of the sum of squares of P, that a rank is to keep
HEADS = (1, 5)  # of the nine in each layer
LENGTHS = (128, 256, 512)
RANKS = (4, 16, 64)


def without_sink(P: Tensor) -> Tensor:
    """P without the first token: its row and column are dropped, and each row is normalised again."""
    rest = P[..., 1:, 1:]
    return rest / rest.sum(-1, keepdim=True).clamp(min=1e-12)


def shuffled(P: Tensor, generator: Generator) -> Tensor:
    """A control: the weights of each row in random order among the keys that it sees. As sparse, without structure."""
    L = P.shape[-1]
    unseen = torch.ones(L, L, dtype=torch.bool).triu(1)
    order = torch.rand(P.shape, generator=generator).masked_fill(unseen, 2.0).argsort(-1)
    return P.gather(-1, order).tril()


def layers(model: models.TextModel, x: Tensor, heads: Sequence[int] = HEADS) -> list[tuple[Tensor, Tensor]]:
    """(P, V) of some heads of every layer on a text x (1, L): (heads, L, L) and (heads, L, d)."""
    found, heads = [], list(heads)

    def form(q, k, v, scale, layer):
        found.append((weights(q[:, heads], k[:, heads], scale, 0).cpu(), v[0, heads].cpu()))
        return full(q, k, v, scale, layer)

    with torch.no_grad(), attending(model, form):
        model.model.model(x, use_cache=False)
    return found


def ranks(P: Tensor, seed: int = 0) -> dict[str, float]:
    """Mean over the heads of the rank that keeps SHARE: of P, without its sink, and of P shuffled."""
    kinds = {"as it is": P, "without the first token": without_sink(P)}
    kinds["shuffled"] = shuffled(P, torch.Generator().manual_seed(seed))
    mean = lambda X: sum(low_rank.rank_for(one, SHARE) for one in X) / len(X)
    return {name: round(mean(X), 2) for name, X in kinds.items()}


@records.record("07_rank")
def record_rank(count: int = 4, lengths: tuple[int, ...] = LENGTHS) -> dict:
    """The rank that is needed, by length, text and layer: does it grow with the text?"""
    model, found = models.load(dtype=torch.float32), {}
    for text in texts(count, 8 * max(lengths)):
        for L in lengths:
            each = [ranks(P) for P, _ in layers(model, tokens(model, text, L))]
            for kind in each[0]:
                found.setdefault(kind, {}).setdefault(str(L), []).append([layer[kind] for layer in each])
    return {"share": SHARE, "heads": list(HEADS), "ranks": found}  # kind -> L -> text -> layer


# --- what is lost by a projection?


def best(P: Tensor, k: int) -> Tensor:
    """For each P the E that loses least, which no Linformer has: it would have to know P. (H, k, L)."""
    return torch.linalg.svd(P, full_matrices=False).Vh[:, :k]


def fixed(seen: Sequence[Tensor], k: int) -> Tensor:
    """One E for all texts, and the best one for those that were seen: the first k eigenvectors of the sum of P^T P."""
    gram = sum(P.mT @ P for P in seen)
    return torch.linalg.eigh(gram).eigenvectors[..., -k:].mT  # eigenvalues ascend


def random(like: Tensor, k: int, generator: Generator) -> Tensor:
    """Orthonormal rows in random directions: (H, k, L)."""
    H, L = like.shape[0], like.shape[-1]
    return torch.linalg.qr(torch.randn(H, L, k, generator=generator)).Q.mT


def error(P: Tensor, V: Tensor, E: Tensor) -> float:
    """||P E^T E V - P V|| / ||P V||, mean over the heads; 0 in place of the output would score 1."""
    o = P @ V
    return ((P @ E.mT @ (E @ V) - o).norm(dim=(-2, -1)) / o.norm(dim=(-2, -1))).mean().item()


@records.record("07_projection")
def record_projection(count: int = 4, L: int = 128, ks: tuple[int, ...] = RANKS) -> dict:
    """The error in a head's output, by kind of projection, rank and text; each text is left out once."""
    model = models.load(dtype=torch.float32)
    each = [layers(model, tokens(model, text, L)) for text in texts(count, 8 * L)]
    found: dict[str, dict[str, list[float]]] = {}
    for out, held in enumerate(each):
        for k in ks:
            generator = torch.Generator().manual_seed(out)
            errors: dict[str, list[float]] = {}
            for layer, (P, V) in enumerate(held):
                seen = [other[layer][0] for n, other in enumerate(each) if n != out]
                projections = {"best": best(P, k), "fixed": fixed(seen, k), "random": random(P, k, generator)}
                for kind, E in projections.items():
                    errors.setdefault(kind, []).append(error(P, V, E))
            for kind, values in errors.items():
                found.setdefault(kind, {}).setdefault(str(k), []).append(round(sum(values) / len(values), 4))
    return {"L": L, "heads": list(HEADS), "errors": found}  # kind -> k -> text
