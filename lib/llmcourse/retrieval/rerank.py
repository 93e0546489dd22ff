"""Reranking: a language model reads the few passages that a retriever returned, and reorders them.

    x  question              d  passage
    p  a language model's probability of one text after another

Three scores, none of which needs training:

    query_likelihood   log p(x | d) per token: would this passage lead to that question?
                       (Ponte and Croft 1998; with large models Sachan et al. 2022, "UPR", eq. 3)
    pmi                (log p(x | d) - log p(x)) per token: pointwise mutual information. For one question, its order
                       is that of the likelihood, since log p(x) is the same; across questions, one threshold fits all
    cross_score        log p(yes) - log p(no) after a prompt with both: cross-scoring by words (Nogueira et al. 2020;
                       Ma et al. 2023 and Peng et al. 2023 ask larger models for a verdict or an order)

The first two read the passage and predict the question; the last reads both and predicts a verdict.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..models.pretrained import TextModel

ASKS = "Passage: {passage}\nQuestion:"
JUDGE = (
    "Does the passage answer the question? Reply yes or no.\n\n"
    "Passage: {passage}\nQuestion: {question}\nDoes the passage answer the question? Reply:"
)
Pairs = Sequence[tuple[str, str]]  # (question, passage)


def query_likelihood(model: TextModel, pairs: Pairs, batch: int = 16) -> Tensor:
    """log p(x | d) per token of the question, (n,), in nats."""
    before = [(ASKS.format(passage=passage), " " + question) for question, passage in pairs]
    return torch.tensor([score.per_token for score in model.score(before, batch=batch)])


def pmi(model: TextModel, pairs: Pairs, batch: int = 16) -> Tensor:
    """(log p(x | d) - log p(x)) per token of the question, (n,) float64, in nats: above 0 if the passage helps."""
    alone = {}
    asked = list(dict.fromkeys(question for question, _ in pairs))
    for question, score in zip(asked, model.score([("Question:", " " + q) for q in asked], batch=batch)):
        alone[question] = score.per_token
    before = torch.tensor([alone[question] for question, _ in pairs], dtype=torch.float64)
    return query_likelihood(model, pairs, batch) - before


def cross_score(model: TextModel, pairs: Pairs, batch: int = 16) -> Tensor:
    """log p(yes) - log p(no) after a prompt with question and passage, (n,), in nats."""
    prompts = [JUDGE.format(passage=passage, question=question) for question, passage in pairs]
    verdicts = [(prompt, word) for prompt in prompts for word in (" yes", " no")]
    log_prob = torch.tensor([score.log_prob for score in model.score(verdicts, batch=batch)])
    return log_prob[0::2] - log_prob[1::2]


def reordered(ranking: Sequence[int], scores: Sequence[float]) -> list[int]:
    """The ranking by descending score; ties keep the retriever's order.

    Raises ValueError when there is not one score for each passage.
    """
    if len(ranking) != len(scores):
        raise ValueError(f"There are {len(ranking)} passages and {len(scores)} scores. Give one score per passage.")
    order = sorted(range(len(ranking)), key=lambda i: -float(scores[i]))
    return [ranking[i] for i in order]
