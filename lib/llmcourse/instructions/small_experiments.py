"""What lecture 04 measures with small students, trained here from nothing; the teachers are programs.

tasks       unseen tasks and unseen templates, by the number of those that were trained
traces      Orca's question: traces against answers, at equal examples and at equal words, for two sizes
pools       a few problems augmented, or as many fresh ones; the same problems in other orders

An experiment names its arms; `trials.compare` gives each the same search for a learning rate, and paired seeds.
"""

from collections.abc import Callable, Sequence
from random import Random

import torch

from llmcourse import records, runtime
from llmcourse.records import trials

from . import curriculum, students
from .students import CHAINS, LETTER_WORDS, Pair, Words

RATES = (2e-3, 5e-3, 1.2e-2)
SEEDS = (0, 1, 2)
TASKS = (6, 24, 80)
FORMS = (1, 9)  # templates in training; three are unseen
LEVELS = range(1, 6)


def score(words: Words, tests: dict[str, list[Pair]]) -> Callable:
    """A function that measures a student on each of these tests, and the mean of them."""
    encoded = {name: students.encode(words, pairs) for name, pairs in tests.items()}
    return lambda model: {name: students.right(model, part) for name, part in encoded.items()}


def score_last(words: Words, tests: dict[str, list[Pair]]) -> Callable:
    """The same by the last word alone: a trace and an answer are then judged alike."""
    return lambda model: {name: students.right_at_last(model, words, part) for name, part in tests.items()}


def run(
    words: Words, pairs: Sequence[Pair], tests: dict[str, list[Pair]], judged: str, steps: int, seed: int, rate: float,
    size: tuple[int, int] = (64, 2), batch: int = 32, ordered: bool = False, by: Callable = score,
) -> dict:  # fmt: skip
    """A student trained on pairs and tested on all tests; the curve is that of the test `judged`, or of their mean."""
    measure, model = by(words, tests), students.small(words, seed, *size)
    encoded = students.encode(words, pairs)
    drawn = students.in_order(encoded, batch) if ordered else students.shuffled(encoded, batch, runtime.seed(seed))

    found: dict[str, float] = {}

    def validate(model) -> float:
        found.update(measure(model))
        return found[judged] if judged else sum(found.values()) / len(found)

    history = students.learn(model, drawn, steps, rate, validate, every=max(1, steps // 2))
    return {"seed": seed, "rate": rate, "tests": found, "validation": history.validation}


def compared(run: Callable, arms: Sequence[str], steps: int, seeds: Sequence[int] = SEEDS) -> dict:
    """All arms, as `trials.compare` does it, as it is written into a record."""
    found = trials.compare(run, arms, steps, seeds, RATES)
    names = [arm for _ in seeds for arm in arms]
    return {
        "steps": steps,
        "tried": found.tried,
        "rates": found.rates,
        "runs": [{"arm": arm, **result} for arm, result in zip(names, found.runs)],
    }


# ------------------------------------------------------------------ tasks and templates


def letters(arm: str, steps: int, seed: int, rate: float) -> dict:
    """Arm "24 tasks": a student of so many tasks, on fresh letters: tasks that it has seen, and 16 that it has not.
    Arm "9 forms": 24 tasks in so many of 12 templates, and three templates that it has not seen."""
    rng = Random(f"letters {seed}")
    seen, unseen = students.split_tasks(rng)
    forms = rng.sample(range(len(students.FORMS)), len(students.FORMS))
    number, kind = arm.split()
    if kind == "tasks":
        pairs = students.letter_pairs(rng, seen[: int(number)], 32 * steps)
        tests = {
            "seen": students.letter_pairs(rng, seen[: int(number)], 200),
            "unseen": students.letter_pairs(rng, unseen, 600),
        }
    else:
        trained = forms[3 : 3 + int(number)]
        pairs = students.letter_pairs(rng, seen[:24], 32 * steps, trained)
        tests = {
            "seen": students.letter_pairs(rng, seen[:24], 200, trained),
            "unseen": students.letter_pairs(rng, seen[:24], 400, forms[:3]),
        }
    return run(LETTER_WORDS, pairs, tests, "", steps, seed, rate)


@records.record("04_tasks")
def record_tasks(steps: int = 800, seeds: Sequence[int] = SEEDS) -> dict:
    return {
        "tasks": compared(letters, [f"{n} tasks" for n in TASKS], steps, seeds),
        "forms": compared(letters, [f"{n} forms" for n in FORMS], steps // 2, seeds),
    }


# ------------------------------------------------------------------ traces


SIZES = {"large": (64, 2), "small": (32, 1)}


def chain_tests(rng: Random, write: Callable, levels: Sequence[int] = LEVELS, count: int = 150) -> dict[str, list]:
    return {str(level): [write(p) for p in students.problems(rng, count, [level])] for level in levels}


def explained(arm: str, steps: int, seed: int, rate: float) -> dict:
    """Arm "traces words small": what is learned, at equal "examples" or "words" as answers alone, and by which student.

    Equal words: as many steps fewer as a batch of traces has more words, question and response together.
    """
    what, equal, size = arm.split()
    rng = Random(f"traces {seed}")
    pool = students.problems(rng, 32 * steps, LEVELS)
    write = students.trace if what == "traces" else students.answer
    length = lambda write: sum(len(" ".join(write(p)).split()) + 1 for p in pool)
    steps = steps if equal == "examples" else round(steps * length(students.answer) / length(write))
    tests = chain_tests(rng, write)
    pairs = [write(p) for p in pool]
    return run(CHAINS, pairs, tests, "", steps, seed, rate, SIZES[size], by=score_last) | {"steps": steps}


@records.record("04_traces")
def record_traces(steps: int = 600, seeds: Sequence[int] = SEEDS) -> dict:
    arms = [f"{arm} {size}" for size in SIZES for arm in ("answers examples", "traces examples", "traces words")]
    return compared(explained, arms, steps, seeds)


# ------------------------------------------------------------------ pools


def augmented(arm: str, steps: int, seed: int, rate: float, count: int = 100) -> dict:
    """A few problems of three steps: "plain"; "augmented" by other notations and backward questions; or "fresh", as
    many new problems as the augmentation made. Tested on new problems, as they are asked and backwards."""
    rng = Random(f"augmented {seed}")
    pool, tested = students.problems(rng, count, [3]), students.problems(rng, 400, [3])
    more = [[students.trace(p, n) for n in (1, 2)] + students.backward(p) for p in pool]
    pairs = [students.trace(p) for p in pool]
    if arm == "augmented":
        pairs += [pair for row in more for pair in row]
    elif arm == "fresh":
        pairs += [students.trace(p) for p in students.problems(rng, sum(map(len, more)), [3])]
    tests = {"forward": [students.trace(p) for p in tested]}
    return run(CHAINS, pairs, tests, "forward", steps, seed, rate) | {"examples": len(pairs)}


def orders(arm: str, steps: int, seed: int, rate: float) -> dict:
    """The same problems of one to five steps, each seen once, in an order of curriculum.ORDERS; or "planned": as many
    examples from the same pool in TAPIR's four rounds, hard ones more often from round to round."""
    rng, generator = Random(f"orders {seed}"), runtime.seed(seed)
    pool = students.problems(rng, 32 * steps, LEVELS)
    difficulty = torch.tensor([float(p.level) for p in pool])
    if arm == "planned":
        rounds = curriculum.plan(difficulty, 2.5, 4, len(pool) // 4, alpha=0.3, step=0.2, generator=generator)
        chosen = torch.cat(rounds)
    else:
        chosen = curriculum.order(difficulty, arm, generator)
    pairs = [students.trace(pool[i]) for i in chosen.tolist()]
    return run(CHAINS, pairs, chain_tests(rng, students.trace), "", steps, seed, rate, ordered=True)


@records.record("04_pools")
def record_pools(steps: int = 500, seeds: Sequence[int] = SEEDS) -> dict:
    return {
        "augmented": compared(augmented, ("plain", "augmented", "fresh"), steps, seeds),
        "orders": compared(orders, (*curriculum.ORDERS, "planned"), steps, seeds),
    }
