"""python -m grading kill [--seeds N] [--lab SLUG] [--record | --unless-recorded]: the test of the tests.

For every exercise: the reference, the solution and all variants get full marks; every misconception is caught and
named, at home and in the hidden cases, and loses at least half; the stub gets nothing; every automatic mutant of the
solution is caught, or stands in `equivalent` with the reason why it is no mistake.

Many seeds take minutes a lab. `--record` notes in grading/kill.json which labs were clean, under a name that changes
with everything the outcome depends on; `--unless-recorded` leaves those out that are noted there for as many seeds.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from importlib import resources

import torch
from llmcourse.checks import Exercise, Lab, labs
from llmcourse.checks.answer import fits, run
from llmcourse.checks.check import feedback
from llmcourse.checks.compare import distance
from llmcourse.checks.public_cases import file_name, public_cases

from .. import solutions
from ..exercises import private
from ..running.fingerprint import HOMES, version
from ..running.score import Result, cases, judge, misconceptions
from .mutants import mutants

RECORD = HOMES["grading"] / "kill.json"


def graded(exercise: Exercise, answer: Callable, seed: int) -> Result:
    """What an answer earns in the hidden cases of `seed`."""
    name = exercise.name
    if fits(exercise, answer):
        return judge(name, seed, {})
    return judge(name, seed, {title: run(exercise, answer, inputs) for title, inputs in cases(name, seed).items()})


def survivors(lab: Lab, exercise: Exercise, seeds: range) -> Iterator[str]:
    """Everything that is wrong with the exercise's tests, one sentence each."""
    yield from _right_answers(lab, exercise, seeds)
    yield from _misconceptions(lab, exercise, seeds)
    yield from _apart(lab, exercise)
    stub = solutions.answer(lab, exercise.name, solutions.stub(lab, exercise.name))
    if feedback(lab, exercise, stub).ok or graded(exercise, stub, 0).points:
        yield "the stub earns points"
    yield from _mutants(lab, exercise, seeds)


def _right_answers(lab: Lab, exercise: Exercise, seeds: range) -> Iterator[str]:
    half = private(exercise.name)
    right = {f.__name__: f for f in (half.reference, *half.variants)}
    if len(half.variants) < 2:
        yield "fewer than two variants"
    for name, answer in {**right, "the solution": solutions.answer(lab, exercise.name)}.items():
        card = feedback(lab, exercise, answer)
        if not card.ok:
            yield f"{name} is right and fails at home: {card.line()}"
        for seed in seeds:
            result = graded(exercise, answer, seed)
            if result.points != exercise.points:
                yield f"{name} is right and loses points (seed {seed}): {result.card.line()}"


def _misconceptions(lab: Lab, exercise: Exercise, seeds: range) -> Iterator[str]:
    for wrong in private(exercise.name).misconceptions:
        card = feedback(lab, exercise, wrong)
        if card.ok:
            yield f"{wrong.__name__} passes at home"
        elif card.misconception != f"This equals {wrong.misconception.says}.":
            yield f"{wrong.__name__} is caught at home but not named: {card.line()}"
        for seed in seeds:
            result = graded(exercise, wrong, seed)
            if result.points > exercise.points / 2:
                yield f"{wrong.__name__} loses less than half (seed {seed})"
            elif result.misconception != wrong.__name__:
                yield f"{wrong.__name__} is not named when graded (seed {seed})"


def _apart(lab: Lab, exercise: Exercise) -> Iterator[str]:
    """Two misconceptions that no public case tells apart could not be named."""
    public, names = public_cases(lab, exercise.name), [m.name for m in misconceptions(exercise.name)]
    for i, a in enumerate(names):
        for b in names[:i]:
            apart = max(distance(c.misconceived[a], c.misconceived[b], c.expected) for c in public.cases)
            if apart < 10 * exercise.tolerance:
                yield f"{a} and {b} are only {apart:.1g} apart"


def _mutants(lab: Lab, exercise: Exercise, seeds: range) -> Iterator[str]:
    excused, used = private(exercise.name).equivalent, set()
    for what, text in mutants(solutions.source(lab, exercise.name)):
        if not _killed(lab, exercise, text, seeds):
            used.add(what)
            if what not in excused:
                yield f"a mutant survives: {what}"
    for what in excused.keys() - used:
        yield f"listed as equivalent, but caught or gone: {what}"


def _killed(lab: Lab, exercise: Exercise, text: str, seeds: range) -> bool:
    try:
        answer = solutions.answer(lab, exercise.name, text)
    except Exception:
        return True
    return not feedback(lab, exercise, answer).ok or any(
        graded(exercise, answer, seed).points < exercise.points for seed in seeds
    )


def slowest(exercise: Exercise) -> float:
    """Milliseconds of the slowest probe of the reference."""
    times = []
    for inputs in cases(exercise.name, 0).values():
        run(exercise, private(exercise.name).reference, inputs)
        start = time.perf_counter()
        run(exercise, private(exercise.name).reference, inputs)
        times.append(1e3 * (time.perf_counter() - start))
    return max(times)


def name(lab: Lab) -> str:
    """Names all that the outcome depends on: what scores do, public cases, and the modules of this test."""
    digest = hashlib.sha256(version(lab.slug).encode())
    for file in ("authoring/mutation_test.py", "authoring/mutants.py", "solutions.py"):
        digest.update((HOMES["grading"] / file).read_bytes())
    for exercise in lab.exercises:
        digest.update(resources.files(lab.package).joinpath(file_name(exercise)).read_bytes())
    return digest.hexdigest()[:16]


def recorded() -> dict[str, dict]:
    """Lab -> name and seeds of its last clean run that was noted."""
    return json.loads(RECORD.read_text()) if RECORD.exists() else {}


def note(lab: Lab, seeds: int) -> None:
    found = recorded() | {lab.slug: {"name": name(lab), "seeds": seeds, "date": time.strftime("%Y-%m-%d")}}
    RECORD.write_text(json.dumps(dict(sorted(found.items())), indent=1) + "\n")


def is_recorded(lab: Lab, seeds: int) -> bool:
    found = recorded().get(lab.slug, {})
    return found.get("name") == name(lab) and found["seeds"] >= seeds


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m grading kill", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--lab")
    parser.add_argument("--record", action="store_true", help="note labs that are clean in grading/kill.json")
    parser.add_argument("--unless-recorded", action="store_true", help="leave out labs that are noted there")
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    failed = 0
    for lab in labs():
        if options.lab not in (None, lab.slug):
            continue
        if options.unless_recorded and is_recorded(lab, options.seeds):
            print(f"{lab.slug}  recorded as clean on {recorded()[lab.slug]['date']}, and nothing has changed since")
            continue
        before = failed
        print(f"{lab.slug}  ({options.seeds} seeds)")
        print(f"  {'exercise':20} {'right':>6} {'wrong':>9} {'mutants':>8} {'excused':>8} {'probe ms':>9}")
        for exercise in lab.exercises:
            half, bad = private(exercise.name), list(survivors(lab, exercise, range(options.seeds)))
            number = sum(1 for _ in mutants(solutions.source(lab, exercise.name)))
            print(
                f"  {exercise.name:20} {len(half.variants) + 2:6} {len(half.misconceptions):9} {number:8} "
                f"{len(half.equivalent):8} {slowest(exercise):9.1f}  {'all caught' if not bad else 'SURVIVORS'}"
            )
            for sentence in bad:
                print(f"      {sentence}")
            failed += len(bad)
        if options.record and failed == before:
            note(lab, options.seeds)
    print("The kill matrix is clean." if not failed else f"{failed} survivors: see above.")
    return int(bool(failed))
