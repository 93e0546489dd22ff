"""Lost in the Middle: does it matter where in the context the answer is?

    n  entries in the context

`key_values` is the paper's synthetic task: only with nothing real in it is every entry as hard as every other.
`placed` is its other task, with real passages: the one with the answer is put at each position among others.

Liu et al. 2024, "Lost in the Middle", sections 2 and 3. Departs from the paper: keys and values are four-digit
numbers instead of 128-bit identifiers, which a model of 135 million parameters can't copy.
"""

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from ..models.pretrained import TextModel

TASK = "Extract the value corresponding to the specified key in the JSON object below.\n\n"


class Lists(NamedTuple):
    """How well each entry of each list is read back, (lists, n)."""

    log_prob: Tensor  # of the value, per token, in nats
    right: Tensor  # 1 where greedy decoding returns the value, else 0


def key_values(n: int, rng: random.Random) -> list[tuple[str, str]]:
    """n different keys with values, all of them four-digit numbers."""
    if not 1 <= n <= 9000:
        raise ValueError(f"n is {n}, but there are only 9,000 four-digit numbers. Choose n from 1 to 9000.")
    return [(str(key), str(rng.randrange(1000, 10000))) for key in rng.sample(range(1000, 10000), n)]


def as_json(entries: Sequence[tuple[str, str]]) -> str:
    """The prompt's context: the task and the entries, as one JSON object."""
    return TASK + "{" + ",\n ".join(f'"{key}": "{value}"' for key, value in entries) + "}\n\n"


def read_back(model: TextModel, n: int, lists: int, seed: int = 0, batch: int = 32) -> Lists:
    """Ask for every entry of `lists` lists of n entries. A list is read once for all of its n questions."""
    rng, log_prob, right = random.Random(seed), [], []
    for _ in range(lists):
        entries = key_values(n, rng)
        asked = [(f'Key: "{key}"\nCorresponding value: "', f'{value}"') for key, value in entries]
        scores = model.score(asked, prefix=as_json(entries), batch=batch)
        log_prob.append([score.per_token for score in scores])
        right.append([float(score.greedy) for score in scores])
    return Lists(torch.tensor(log_prob), torch.tensor(right))


def placed(gold: str, others: Sequence[str], at: int) -> list[str]:
    """The passages with `gold` at position `at`, counted from 0; the others keep their order.

    Raises ValueError when there is no such position.
    """
    if not 0 <= at <= len(others):
        raise ValueError(f"at is {at}, but among {len(others)} others the positions are 0 to {len(others)}.")
    return [*others[:at], gold, *others[at:]]


def by_part(values: Tensor, parts: int) -> Tensor:
    """Means of (..., n) over `parts` consecutive parts of the list: (..., parts).

    Raises ValueError when there are fewer entries than parts.
    """
    if values.shape[-1] < parts:
        raise ValueError(f"{values.shape[-1]} entries can't be cut into {parts} parts.")
    edges = torch.linspace(0, values.shape[-1], parts + 1).round().long().tolist()
    return torch.stack([values[..., a:b].mean(-1) for a, b in pairwise(edges)], -1)
