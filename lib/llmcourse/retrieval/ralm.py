"""In-context RALM: the language model is unchanged, and reads what was retrieved before it continues.

    x_1 ... x_n  tokens of a text           R(q)  the passage that a retriever finds for a query q
    s            stride: a new passage every s tokens
    l            length of the query: the last l tokens before a stride
    p_j          log-probability of the j-th token

    log p(x) = sum over strides j of  log p(x_{sj+1} ... x_{sj+s} | [R(q_j); x_1 ... x_{sj}]),
    q_j = x_{sj-l+1} ... x_{sj}

Ram et al. 2023, "In-Context Retrieval-Augmented Language Models", eqs. 3 and 4. Departs from the paper: the passage
and the text before are cut to a context of `context` tokens, the passage at its end, the text at its start.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ..models.pretrained import TextModel

Retrieve = Callable[[list[str]], list[str]]  # queries -> one passage each, or "" for none


class Stride(NamedTuple):
    """One step: the query, the tokens before the stride, and the tokens to predict."""

    query: str
    before: list[int]
    target: list[int]


def strides(model: TextModel, text: str, stride: int, length: int = 32) -> Iterator[Stride]:
    """The steps of a text. The first `stride` tokens are given, since nothing before them could be a query.

    Raises ValueError for a stride or a query length below 1.
    """
    if stride < 1 or length < 1:
        raise ValueError(f"stride is {stride} and length is {length}: both count tokens and must be at least 1.")
    tokens = model.encode(text)
    for start in range(stride, len(tokens), stride):
        query = model.tokenizer.decode(tokens[max(0, start - length) : start])
        yield Stride(query, tokens[:start], tokens[start : start + stride])


def log_probs(
    model: TextModel,
    texts: Sequence[str],
    retrieve: Retrieve,
    stride: int = 16,
    length: int = 32,
    context: int = 256,
    skip: int = 0,
    batch: int = 16,
) -> list[tuple[float, int]]:
    """For each text, the sum of log p over its tokens in nats, and how many tokens these are.

    skip  number of tokens at the start of a text that are not counted: the same for strides that are compared
    """
    steps = [(i, step) for i, text in enumerate(texts) for step in strides(model, text, stride, length)]
    steps = [(i, step) for i, step in steps if len(step.before) >= skip]
    passages = retrieve([step.query for _, step in steps])
    rows = []
    for (_, step), passage in zip(steps, passages):
        read = model.encode(passage + "\n\n")[: context // 2] if passage else []
        room = context - len(read) - len(step.target)
        rows.append((read + step.before[-room:], step.target))
    sums = [[0.0, 0] for _ in texts]
    for (i, _), score in zip(steps, model.score_tokens(rows, batch=batch)):
        sums[i][0] += score.log_prob
        sums[i][1] += score.tokens
    return [(total, count) for total, count in sums]
