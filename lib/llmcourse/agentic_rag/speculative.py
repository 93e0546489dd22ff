"""Speculative RAG: a small specialist drafts from several small sets of passages, a generalist picks the best draft.

    Q   question      d_1 ... d_k   a set of passages      alpha   answer draft      beta   rationale

    sets     cluster the passages found into k groups, draw one from each: different views, and no view is redundant
    drafts   rho_draft = P(beta | Q, d) + P(alpha | Q, d, beta)               by the drafter, all sets in one batch
    verify   rho_SC = P(alpha, beta | Q)        self-containment              by the verifier, who sees no passage
             rho_SR = P("Yes" | Q, alpha, beta, R)    self-reflection         R asks: does the rationale support it?
    choose   the alpha with the largest rho_draft rho_SC rho_SR

Wang et al. 2024, "Speculative RAG", section 3, algorithm 1. rho_SC and rho_SR are products over tokens, from one pass
over [Q, alpha, beta, R, "Yes"]. Departs from the paper: probabilities are per token (geometric means) where `per_token`
says so, since a product over a long rationale only measures its length.
"""

import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from .trace import Tools, Trace


def k_means(x: Tensor, k: int, generator: Generator, steps: int = 50) -> Tensor:
    """Clusters 0 ... k - 1 of points (N, d), by Lloyd's iteration from points drawn at random; none is empty.

    Raises ValueError for more clusters than points.
    """
    if not 1 <= k <= len(x):
        raise ValueError(f"{k} clusters of {len(x)} passages: choose k from 1 to {len(x)}.")
    centres = x[torch.randperm(len(x), generator=generator)[:k]]
    for _ in range(steps):
        distance = torch.cdist(x, centres)
        label = distance.argmin(1)
        for empty in set(range(k)) - set(label.tolist()):  # take the point that is worst off, from a larger cluster
            size = torch.bincount(label, minlength=k)
            worst = torch.where(size[label] > 1, distance.gather(1, label[:, None])[:, 0], -1.0).argmax()
            label[worst] = empty
        new = torch.stack([x[label == j].mean(0) for j in range(k)])
        if torch.equal(new, centres):
            break
        centres = new
    return label


def subsets(labels: Sequence[int], m: int, generator: Generator) -> list[tuple[int, ...]]:
    """At most m different sets of places, each with one place of every cluster; fewer if there are no more.

    A passage is drawn again only when its cluster has been used up, so that the sets share as little as can be.
    """
    groups = [[i for i, label in enumerate(labels) if label == j] for j in sorted(set(labels))]
    possible = math.prod(map(len, groups))
    shuffle = lambda group: [group[i] for i in torch.randperm(len(group), generator=generator).tolist()]
    queues: list[list[int]] = [[] for _ in groups]
    found: dict[tuple[int, ...], None] = {}
    while len(found) < min(m, possible):
        for queue, group in zip(queues, groups):
            queue += [] if queue else shuffle(group)
        found[tuple(queue.pop() for queue in queues)] = None
    return list(found)


def probability(log_probs: Sequence[float], per_token: bool = False) -> float:
    """Of a text from the log-probabilities of its tokens: their product, or their geometric mean."""
    total = sum(log_probs)
    return math.exp(total / max(len(log_probs), 1) if per_token else total)


def draft_score(rationale: float, draft: float) -> float:
    """rho_draft = P(beta | Q, d) + P(alpha | Q, d, beta): a sum, as in the paper."""
    return rationale + draft


def final_score(draft: float, containment: float, reflection: float) -> float:
    """rho = rho_draft rho_SC rho_SR."""
    return draft * containment * reflection


def verifier_scores(
    log_probs: Sequence[float], draft: slice, rationale: slice, yes: slice, per_token: bool = False
) -> tuple[float, float]:
    """(rho_SC, rho_SR) from the log-probabilities of all tokens of [Q, alpha, beta, R, "Yes"], and where parts are."""
    contained = [*log_probs[draft], *log_probs[rationale]]
    return probability(contained, per_token), probability(log_probs[yes], per_token)


def answer(
    question: str,
    corpus: Sequence[str],
    tools: Tools,
    generator: Generator,
    k: int = 6,
    clusters: int = 2,
    m: int = 3,
) -> Trace:
    """Search, split, draft in one batch, verify, choose. Needs `search`, `embed`, `draft` and `verify`."""
    trace = Trace("speculative RAG", question, corpus, tools)
    passages = trace.find(question, k)
    if not passages:
        return trace.give_up("nothing was found")
    x = torch.tensor(trace.call("embed", passages))
    sets = subsets(k_means(x, min(clusters, len(x)), generator).tolist(), m, generator)
    drafts = trace.call("draft", [(question, tuple(passages[i] for i in chosen)) for chosen in sets])
    checks = trace.call("verify", [(question, alpha, beta) for beta, alpha, *_ in drafts])
    scores = [final_score(draft_score(b, a), *check) for (_, _, b, a), check in zip(drafts, checks)]
    best = max(range(len(scores)), key=lambda i: scores[i])
    trace.decide(f"draft {best + 1} of {len(drafts)}, from passages {', '.join(map(str, sets[best]))}", scores[best])
    return trace.finish(drafts[best][1])
