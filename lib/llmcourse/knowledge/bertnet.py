"""BertNet: a relation's pairs from a language model alone: paraphrased prompts, weights by consistency, a search.

    p_1 ... p_k     prompts for one relation, paraphrases of a first one: "{h} is the capital of {t}"
    (h, t)          an entity pair
    f(h, t, p)      = alpha log P(h, t | p) + (1 - alpha) min(log P(h | p), log P(t | p, h))       compatibility
    w_i             = softmax_i( mean over the seed pairs of f(h, t, p_i) / tau )                  weight of a prompt
    consistency     = sum_i w_i f(h, t, p_i)

Hao et al. 2022, "BertNet: Harvesting Knowledge Graphs with Arbitrary Relations from Pretrained Language Models". The
authors' code has the mean of both log-probabilities in place of their sum. Departs from the paper: pairs are sought
among given candidates, for each of which a model says log P, so that the search can be exact: no pair scores more than
its head alone, sum_i w_i log P(h | p_i), since log P(t | p, h) is at most 0.
"""

import heapq
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

ALPHA = 2 / 3


def compatibility(log_h: Tensor, log_t: Tensor, alpha: float = ALPHA) -> Tensor:
    """f from log P(h | p) and log P(t | p, h), any shapes that broadcast. The minimum punishes a pair with one weak
    half.

    Raises ValueError for an alpha outside [0, 1].
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}: it weighs the joint likelihood against the weaker half, between 0 and 1.")
    return alpha * (log_h + log_t) + (1 - alpha) * torch.minimum(log_h, log_t)


def prompt_weights(log_h: Tensor, log_t: Tensor, alpha: float = ALPHA, tau: float = 1.0) -> Tensor:
    """w (k,) from the log-probabilities of S seed pairs under k prompts, (k, S) each.

    Raises ValueError without seed pairs.
    """
    if not log_h.shape[-1]:
        raise ValueError("Without seed pairs, nothing says which prompt is better.")
    return (compatibility(log_h, log_t, alpha).mean(-1) / tau).softmax(0)


def consistency(log_h: Tensor, log_t: Tensor, weights: Tensor, alpha: float = ALPHA) -> Tensor:
    """(k, ...) under k prompts with weights (k,) -> (...): how well all prompts agree on a pair."""
    return torch.tensordot(weights, compatibility(log_h, log_t, alpha), dims=1)


class Found(NamedTuple):
    """The best pairs (head, tail, consistency), best first, and for how many heads the tails had to be asked."""

    pairs: list[tuple[int, int, float]]
    asked: int


def search(log_h: Tensor, tails: Callable[[int], Tensor], weights: Tensor, count: int, alpha: float = ALPHA) -> Found:
    """The `count` most consistent pairs of all, without looking at most of them.

    log_h  (k, H) log P(h | p) of the candidate heads
    tails  head -> (k, T) log P(t | p, h): what costs a model's time

    Heads are taken by their bound, sum_i w_i log P(h | p_i). When the next bound is below the worst pair found, no head
    that is left can do better. Raises ValueError for probabilities above 1.
    """
    if (log_h > 0).any():
        raise ValueError("log_h has values above 0, which are no log-probabilities.")
    bound = weights @ log_h  # (H,)
    best: list[tuple[float, int, int]] = []
    asked = 0
    for h in bound.argsort(descending=True, stable=True).tolist():
        if len(best) == count and bound[h] <= best[0][0]:
            break
        scores = consistency(log_h[:, h, None], tails(h), weights, alpha)  # (T,)
        asked += 1
        top = scores.topk(min(count, len(scores)))
        for s, t in zip(top.values.tolist(), top.indices.tolist()):
            heapq.heappush(best, (s, -h, -t))
            if len(best) > count:
                heapq.heappop(best)
    return Found([(-h, -t, s) for s, h, t in sorted(best, reverse=True)], asked)


def kept(prompts: Sequence[str], least: float, similarity: Callable[[str, str], float]) -> list[str]:
    """Paraphrases that say something new: each is kept if it is not too like one before it. The first one always is.

    similarity  two texts -> a number, such as the share of equal words; `least` is the difference that is wanted
    """
    found: list[str] = []
    for p in prompts:
        if all(1 - similarity(p, other) >= least for other in found):
            found.append(p)
    return found
