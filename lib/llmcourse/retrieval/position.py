"""Lost in the Middle: does it matter where in the context the answer stands?

    n  entries of the context       k, v  keys and values, numbers of four digits each

`key_values` is the paper's synthetic task (nothing in it is real: only so is every entry as hard as every other);
`placed` is its other one, with real passages: the one that answers is put at each place among those that do not.

Liu et al. 2024, "Lost in the Middle", sections 2 and 3. Departs from the paper: keys and values are numbers of four
digits, where theirs are 128-bit identifiers, which a model of 135 million parameters can't copy.
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
    right: Tensor  # 1 where greedy decoding writes the value, else 0


def key_values(n: int, rng: random.Random) -> list[tuple[str, str]]:
    """n different keys with values, numbers of four digits."""
    if not 1 <= n <= 9000:
        raise ValueError(f"n is {n}: there are 9,000 numbers of four digits, so take 1 to 9000 entries.")
    return [(str(key), str(rng.randrange(1000, 10000))) for key in rng.sample(range(1000, 10000), n)]


def as_json(entries: Sequence[tuple[str, str]]) -> str:
    """The prompt's context: the task and the entries, as one JSON object."""
    return TASK + "{" + ",\n ".join(f'"{key}": "{value}"' for key, value in entries) + "}\n\n"


def read_back(model: TextModel, n: int, lists: int, seed: int = 0, batch: int = 32) -> Lists:
    """Ask for every entry of `lists` lists of n entries. A list is read once; its n questions share that."""
    rng, log_prob, right = random.Random(seed), [], []
    for _ in range(lists):
        entries = key_values(n, rng)
        asked = [(f'Key: "{key}"\nCorresponding value: "', f'{value}"') for key, value in entries]
        scores = model.score(asked, prefix=as_json(entries), batch=batch)
        log_prob.append([score.per_token for score in scores])
        right.append([float(score.greedy) for score in scores])
    return Lists(torch.tensor(log_prob), torch.tensor(right))


def placed(gold: str, others: Sequence[str], at: int) -> list[str]:
    """The passages with `gold` at place `at`, from 0; the others keep their order.

    Raises ValueError when there is no such place.
    """
    if not 0 <= at <= len(others):
        raise ValueError(f"at is {at}: among {len(others)} others there are the places 0 to {len(others)}.")
    return [*others[:at], gold, *others[at:]]


def by_part(values: Tensor, parts: int) -> Tensor:
    """Means of (..., n) over `parts` stretches of the list, from its start to its end: (..., parts).

    Raises ValueError when there are fewer entries than parts.
    """
    if values.shape[-1] < parts:
        raise ValueError(f"{values.shape[-1]} entries can't be cut into {parts} parts.")
    edges = torch.linspace(0, values.shape[-1], parts + 1).round().long().tolist()
    return torch.stack([values[..., a:b].mean(-1) for a, b in pairwise(edges)], -1)
