"""The private half of projected-attention."""

import torch
from llmcourse.attention.linformer import linformer
from llmcourse.checks.labs.compressed_attention.projected_attention import projected

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer text": projected(2, L=130, places=6, d=3, d_v=2),
    "one place": projected(L=5, places=1, d=3, d_v=2),
    "one channel": projected(3, L=9, places=4, d=1, d_v=2),
}


@reference
def projected_attention(q, k, v, E, F):
    return linformer(q, k, v, E, F)


@variant
def by_sdpa(q, k, v, E, F):
    places = torch.einsum("pl,...ld->...pd", E, k), torch.einsum("pl,...ld->...pd", F, v)
    return torch.nn.functional.scaled_dot_product_attention(q, *places)


@variant
def by_exponentials(q, k, v, E, F):
    scores = (q / q.shape[-1] ** 0.5) @ (k.mT @ E.mT)
    weights = (scores - scores.amax(-1, keepdim=True)).exp()
    return (weights / weights.sum(-1, keepdim=True)) @ (F @ v)


@misconception(
    says="the answer without the scale 1 / sqrt(d)",
    hint="Divide the scores by the square root of the number of channels.",
)
def without_scale(q, k, v, E, F):
    return (q @ (E @ k).mT).softmax(-1) @ (F @ v)


@misconception(
    says="the answer that divides by d, and not by its root",
    hint="The scale is 1 / sqrt(d): `q.shape[-1] ** 0.5`.",
)
def divided_by_channels(q, k, v, E, F):
    return (q @ (E @ k).mT / q.shape[-1]).softmax(-1) @ (F @ v)


@misconception(
    says="the answer with a causal mask over the places",
    hint="A place is a mixture of all tokens, and has no position among them: nothing is masked here.",
)
def masked(q, k, v, E, F):
    scores = q @ (E @ k).mT / q.shape[-1] ** 0.5
    return scores.masked_fill(torch.ones_like(scores).triu(1).bool(), -torch.inf).softmax(-1) @ (F @ v)


@misconception(
    says="the answer that divides by the root of the number of places",
    hint="The scale belongs to the channels that a score sums over: `q.shape[-1] ** 0.5`.",
)
def scaled_by_places(q, k, v, E, F):
    return (q @ (E @ k).mT / E.shape[0] ** 0.5).softmax(-1) @ (F @ v)


@misconception(
    says="the answer with E and F exchanged",
    hint="E shortens the keys, F the values.",
)
def exchanged(q, k, v, E, F):
    return (q @ (F @ k).mT / q.shape[-1] ** 0.5).softmax(-1) @ (E @ v)


@misconception(
    says="the answer with E for the values as well",
    hint="The values have a projection of their own, F. (Sharing E is an option of Linformer, not the formula.)",
)
def one_projection(q, k, v, E, F):
    return (q @ (E @ k).mT / q.shape[-1] ** 0.5).softmax(-1) @ (E @ v)


@misconception(
    says="the answer whose softmax runs over the queries",
    hint="Each query distributes its weight over the places: softmax over the last axis.",
)
def softmax_over_queries(q, k, v, E, F):
    return (q @ (E @ k).mT / q.shape[-1] ** 0.5).softmax(-2) @ (F @ v)


@misconception(
    says="the answer that takes the softmax over all tokens and projects afterwards: an L × L matrix is made, and "
    "nothing is saved",
    hint="Project the keys first: the scores are then (..., L, places).",
)
def projects_late(q, k, v, E, F):
    return (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) @ E.mT @ (F @ v)


@misconception(
    says="the right values, by way of an L × L matrix",
    hint="`E @ k` first, (..., places, d), then the scores: (..., L, places).",
)
def by_all_pairs(q, k, v, E, F):
    return (q @ k.mT @ E.mT / q.shape[-1] ** 0.5).softmax(-1) @ (F @ v)


@misconception(
    says="the answer with queries that are projected too, and read back by E",
    hint="Each of the L queries asks: only keys and values are shortened.",
)
def queries_projected(q, k, v, E, F):
    return E.mT @ (((E @ q) @ (E @ k).mT / q.shape[-1] ** 0.5).softmax(-1) @ (F @ v))


@misconception(
    says="attention over all tokens, without the projections",
    hint="`E @ k` and `F @ v` take the places of keys and values.",
)
def full(q, k, v, E, F):
    return (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) @ v
