"""ReST-EM: a policy draws answers, the right ones are kept, the policy is trained on them, and the new one draws.

    x_j   a question of D           y  an answer        r(x, y)  its reward, non-negative
    p_t   the policy after t rounds                     N  answers to each question

    Generate (E-step)  D_t = {(x, y): y ~ p_t(y | x)}, with r(x, y)
    Improve  (M-step)  J(theta) = E_{D_t} [ r(x, y) log p_theta(y | x) ], while the reward on D_val improves

Singh et al. 2024, "Beyond Human Data", Algorithm 1. As there, each M-step starts from the first policy and not from the
last. Departs from it: "while the reward improves" is a fixed number of steps, and the best weights among them are kept.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Generator

from llmcourse.models import LanguageModel

from .writer import Pair, draw, fine_tune, write

Reward = Callable[[str, str], float]


@dataclass(frozen=True)
class Round:
    """One round: the policy it ended with, the pairs that were kept, and how good the samples were.

    sampled   mean reward of a sample     coverage  share of the questions with at least one right answer
    """

    policy: LanguageModel
    pairs: list[Pair]
    sampled: float
    coverage: float


def generate(
    policy: LanguageModel, questions: Sequence[str], N: int, reward: Reward, generator: Generator, length: int,
    temperature: float = 1.0,
) -> list[tuple[str, str, float]]:  # fmt: skip
    """The E-step: N answers to each question, each with its reward."""
    answers = draw(policy, questions, N, generator, length, temperature)
    return [(x, y, float(reward(x, y))) for x, drawn in zip(questions, answers) for y in drawn]


def accepted(samples: Sequence[tuple[str, str, float]], most: int | None = None) -> tuple[list[Pair], list[float]]:
    """What the M-step trains on: samples with a reward, at most `most` per question, and their weights."""
    taken: dict[str, int] = {}
    kept, weights = [], []
    for x, y, r in samples:
        if r > 0 and (most is None or taken.get(x, 0) < most):
            taken[x] = taken.get(x, 0) + 1
            kept.append((x, y))
            weights.append(r)
    return kept, weights


def rest_em(
    base: LanguageModel, questions: Sequence[str], reward: Reward, rounds: int, N: int, steps: int,
    generator: Generator, length: int, validation: Sequence[str] = (), most: int | None = None,
    temperature: float = 1.0,
) -> Iterator[Round]:  # fmt: skip
    """Algorithm 1, one round at a time."""
    policy = base
    check = (lambda model: mean_reward(model, validation, reward, generator, length)) if validation else None
    for t in range(rounds):
        samples = generate(policy, questions, N, reward, generator, length, temperature)
        pairs, weights = accepted(samples, most)
        policy, _ = fine_tune(
            base, pairs, steps, generator, weights, check, every=max(1, steps // 4), name=f"round {t + 1}"
        )
        covered = len({x for x, _, r in samples if r > 0}) / len(set(questions))
        yield Round(policy, pairs, sum(r for *_, r in samples) / len(samples), covered)


def mean_reward(
    policy: LanguageModel, questions: Sequence[str], reward: Reward, generator: Generator, length: int
) -> float:
    """The reward of greedy answers: accuracy, where the reward is 0 or 1."""
    answers = write(policy, questions, generator, length, temperature=0.0)
    return sum(reward(x, y) for x, y in zip(questions, answers)) / len(questions)
