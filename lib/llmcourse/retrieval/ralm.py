"""In-context RALM: the language model stays as it is, and reads what was found before it goes on.

    x_1 ... x_n  tokens of a text           R(q)  the passage that a retriever finds for a query q
    s            stride: a new passage every s tokens
    l            length of the query: the last l tokens before a stride
    p_j          log-probability of the j-th token

    log p(x) = sum over strides j of  log p(x_{sj+1} ... x_{sj+s} | [R(q_j); x_1 ... x_{sj}]),
    q_j = x_{sj-l+1} ... x_{sj}

Ram et al. 2023, "In-Context Retrieval-Augmented Language Models", eqs. 3 and 4. Departs from the paper: the passage
and the text before are cut to a context of `context` tokens, the passage from its end, the text from its start.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ..models.pretrained import TextModel

Retrieve = Callable[[list[str]], list[str]]  # queries -> one passage each, or "" for none


class Stride(NamedTuple):
    """One step: what is asked for, what stands before in tokens, and the tokens to predict."""

    query: str
    before: list[int]
    target: list[int]


def strides(model: TextModel, text: str, stride: int, length: int = 32) -> Iterator[Stride]:
    """The steps of a text. The first `stride` tokens have nothing before them that could be a query: they are given.

    Raises ValueError for a stride or a query length below 1.
    """
    if stride < 1 or length < 1:
        raise ValueError(f"stride is {stride} and length is {length}: both are numbers of tokens, 1 or more.")
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
    """For each text, the sum of log p over its tokens in nats, and how many they are.

    skip  tokens at a text's start that are not counted: with the same number, strides can be compared
    """
    steps = [(i, step) for i, text in enumerate(texts) for step in strides(model, text, stride, length)]
    steps = [(i, step) for i, step in steps if len(step.before) >= skip]
    passages = retrieve([step.query for _, step in steps])
    rows = []
    for (_, step), passage in zip(steps, passages):
        found = model.encode(passage + "\n\n")[: context // 2] if passage else []
        room = context - len(found) - len(step.target)
        rows.append((found + step.before[-room:], step.target))
    sums = [[0.0, 0] for _ in texts]
    for (i, _), score in zip(steps, model.score_tokens(rows, batch=batch)):
        sums[i][0] += score.log_prob
        sums[i][1] += score.tokens
    return [(total, count) for total, count in sums]
