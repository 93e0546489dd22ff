"""STaR: a model writes rationales, keeps those that lead to the right answer, and learns from them.

    x   a question       z   a rationale with its answer at the end       y   the right answer

    1  z ~ p_t(z | x); keep (x, z) where the answer of z is y
    2  rationalisation, for the others: z ~ p_t(z | x with the hint y); keep (x, z), without the hint, where z ends in y
    3  p_{t+1}: the first model, trained on what was kept

Zelikman et al. 2022, Algorithm 1. As there, training starts from the first model in every round. Departs from it: every
round has the same number of steps, where theirs grows by a fifth.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Generator

from llmcourse.models import LanguageModel

from .writer import Pair, fine_tune, write


@dataclass(frozen=True)
class Round:
    """One round: the model, what was kept after a first try and after a hint, and out of how many questions."""

    model: LanguageModel
    tried: list[Pair]
    told: list[Pair]
    asked: int


def select(
    questions: Sequence[str], first: Sequence[str], told: Sequence[str], right: Callable[[str, str], bool]
) -> tuple[list[Pair], list[Pair]]:
    """Pairs from first tries, and from rationalisation where the first try was wrong; both with the plain question."""
    tried = [(x, z) for x, z in zip(questions, first) if right(x, z)]
    solved = {x for x, _ in tried}
    return tried, [(x, z) for x, z in zip(questions, told) if x not in solved and right(x, z)]


def star(
    base: LanguageModel, questions: Sequence[str], right: Callable[[str, str], bool], hint: Callable[[str], str] | None,
    rounds: int, steps: int, generator: Generator, length: int, seeds: Sequence[Pair] = (),
) -> Iterator[Round]:  # fmt: skip
    """Algorithm 1, one round at a time. hint(x) is the question with its answer as a hint; None: no rationalisation.

    seeds  pairs that the first model was trained on: they stay in the training set, as the few-shot prompt does in the
           paper. Hinted ones among them keep alive the skill of using a hint.
    """
    model = base
    for t in range(rounds):
        first = write(model, questions, generator, length, temperature=0.0)
        failed = [x for x, z in zip(questions, first) if not right(x, z)] if hint else []
        again = dict(zip(failed, write(model, [hint(x) for x in failed], generator, length, temperature=0.0)))
        tried, told = select(questions, first, [again.get(x, "") for x in questions], right)
        model, _ = fine_tune(base, [*seeds, *tried, *told], steps, generator, batch=64, name=f"round {t + 1}")
        yield Round(model, tried, told, len(questions))
