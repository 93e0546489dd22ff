"""python -m grading mutation-test [LAB or EXERCISE ...]: are the tests of the exercises any good?

For every exercise, the reference, the solution and all variants must get full marks; every misconception must be caught
and named by the public cases and by the private ones, and lose at least half the points; the stub must get nothing, nor
must constants (zeros, ones, nan, an argument), and some case must not be passed by any of them. A mutant is a solution
with one small change. It is killed if it loses points on every one of 20 seeds, since a student is graded with one. A
mutant that survives must be in EQUIVALENT, with the reason why it is a right answer. What the public cases catch is
counted separately. Exercises that are not written yet are listed as such; they are tested like any other if they, or
their lab, are named. For an exercise of an instructor's own lab, only the right answers and the stub must be as they
should; everything else is a warning.

--record notes what is clean in grading/records/mutation, one file per exercise, with a fingerprint of all that the
outcome depends on; --unless-recorded skips those exercises. --right SEEDS asks a different question: do right answers
lose points on rare seeds, or come near it (half the tolerance is allowed)? It continues where it stopped, and is too
long for CI: 1,000 seeds take an hour for all labs.
"""

import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import torch
from llmcourse import dependencies
from llmcourse.checks import CheckFailed, Exercise, Lab, drafts, find, labs
from llmcourse.checks.answer import fits
from llmcourse.checks.answer import run as ask
from llmcourse.checks.check import feedback
from llmcourse.checks.compare import distance, wrong
from llmcourse.checks.public_cases import file_name, public_cases
from llmcourse.files import write
from llmcourse.slugs import label
from llmcourse.work import WorkError
from llmcourse.work.folder import find as find_lab

from .. import paths
from ..exercises import Private, is_own, private, solutions
from ..running import fingerprint
from ..running.score import Result, carries, cases, constants, expected, judge, misconceptions
from .mutants import mutants

RECORDS = paths.ROOT / "grading" / "records" / "mutation"
SEEDS = range(20)
MARGIN = 0.5  # of the tolerance is allowed to right answers by --right: another processor rounds differently
STEP = 50  # seeds between two records of how far --right has come
HEADER = f"  {'exercise':24} right wrong mutants public private excused probe ms"


@dataclass(frozen=True)
class Outcome:
    """What the mutation test of one exercise found.

    right, wrong     answers that were tried: reference, solution and variants; misconceptions
    mutants          how many, and of these
    public, private  killed by the public cases; by private cases on every seed
    excused          in EQUIVALENT
    faults           what is wrong with the tests, in sentences
    warnings         what would be a fault in the course, and is none in an instructor's own lab
    slowest          milliseconds of the reference's slowest case
    """

    exercise: str
    right: int
    wrong: int
    mutants: int
    public: int
    private: int
    excused: int
    faults: tuple[str, ...]
    slowest: float
    warnings: tuple[str, ...] = ()

    def __str__(self):
        counts = f"{self.right:5} {self.wrong:5} {self.mutants:7} {self.public:6} {self.private:7} {self.excused:7}"
        verdict = "SURVIVORS" if self.faults else "clean" if _written(self.exercise) else "not written"
        verdict = "warnings" if verdict == "clean" and self.warnings else verdict
        said = (*self.faults, *(f"warning: {warning}" for warning in self.warnings))
        return "\n      ".join([f"  {self.exercise:24} {counts} {self.slowest:8.1f}  {verdict}", *said])


def examine(name: str, seeds: Iterable[int] = SEEDS) -> Outcome:
    """The mutation test of one exercise."""
    torch.set_num_threads(1)
    lab, exercise = find(name)
    half, light = private(name), is_own(lab)
    killed = [(what, *_killed(lab, exercise, text, seeds)) for what, text in mutants(solutions.source(lab, name))]
    faults = [*_right_answers(lab, exercise, seeds)]
    faults += [*_constants(exercise, seeds)]
    wished = [*_variants(half), *_misconceptions(lab, exercise, seeds), *_apart(lab, exercise)]
    stub = solutions.answer(lab, name, solutions.stub(lab, name))
    if feedback(lab, exercise, stub).ok or earned(exercise, stub, 0).points:
        faults.append("the stub earns points")
    wished += _survivors(killed, half.equivalent, len(list(seeds)))
    return Outcome(
        exercise=name,
        right=len(half.variants) + 2,
        wrong=len(half.misconceptions),
        mutants=len(killed),
        public=sum(by_public for _, by_public, _ in killed),
        private=sum(on == len(list(seeds)) for _, _, on in killed),
        excused=len(half.equivalent),
        faults=tuple(faults if light else faults + wished),
        warnings=tuple(wished + ["there is no misconception"] * (not half.misconceptions) if light else ()),
        slowest=round(_slowest(exercise), 1),
    )


def earned(exercise: Exercise, answer: Callable, seed: int) -> Result:
    """What an answer earns with the private cases of `seed`."""
    if fits(exercise, answer):
        return judge(exercise.name, seed, {})
    inputs = cases(exercise.name, seed)
    return judge(exercise.name, seed, {title: ask(exercise, answer, given) for title, given in inputs.items()})


def loses(exercise: Exercise, answer: Callable, seed: int, share: float = 1.0) -> str:
    """Why an answer does not get full marks with the private cases of `seed`, by the first that fails, or "".

    With less than a `share` of 1 only that share of the tolerance is allowed."""
    for case in expected(exercise.name, seed):
        why, _ = wrong(ask(exercise, answer, case.inputs), case.expected, share * exercise.tolerance)
        if why:
            return f"{case.title}: {why}"
    return ""


def right_answers(lab: Lab, exercise: Exercise) -> dict[str, Callable]:
    half = private(exercise.name)
    named = {answer.__name__: answer for answer in half.variants}
    return {"the reference": half.reference, "the solution": solutions.answer(lab, exercise.name), **named}


def _variants(half: Private) -> Iterator[str]:
    if len(half.variants) < 2:
        yield "there are fewer than two variants"


def _right_answers(lab: Lab, exercise: Exercise, seeds: Iterable[int]) -> Iterator[str]:
    for name, answer in right_answers(lab, exercise).items():
        card = feedback(lab, exercise, answer)
        if not card.ok:
            yield f"{name} is right and fails the public cases: {card.line()}"
        for seed in seeds:
            why = loses(exercise, answer, seed)
            if why:
                yield f"{name} is right and loses points (seed {seed}): {why}"


def _constants(exercise: Exercise, seeds: Iterable[int]) -> Iterator[str]:
    """What a constant passes counts, for `judge`, only together with another case: there must be one."""
    for seed in seeds:
        for name, answer in constants(exercise.name).items():
            if not loses(exercise, answer, seed):
                yield f"{name}, a constant, gets full marks (seed {seed})"
        if not any(carries(exercise, case, seed) for case in expected(exercise.name, seed)):
            yield f"constants pass every case, or its inputs are not drawn (seed {seed})"


def _misconceptions(lab: Lab, exercise: Exercise, seeds: Iterable[int]) -> Iterator[str]:
    for answer, known in zip(private(exercise.name).misconceptions, misconceptions(exercise.name)):
        card = feedback(lab, exercise, answer)
        if card.ok:
            yield f"{known.name} passes the public cases"
        elif card.misconception != f"This equals {known.says}.":
            yield f"{known.name} fails the public cases but is not named: {card.line()}"
        for seed in seeds:
            result = earned(exercise, answer, seed)
            if result.points > exercise.points / 2:
                yield f"{known.name} loses less than half (seed {seed})"
            elif result.misconception != known.name:
                yield f"{known.name} is not named when graded (seed {seed})"


def _apart(lab: Lab, exercise: Exercise) -> Iterator[str]:
    """Misconceptions that no public case tells apart: neither could be named."""
    shown, names = public_cases(lab, exercise.name), [m.name for m in misconceptions(exercise.name)]
    for i, a in enumerate(names):
        for b in names[:i]:
            apart = max(distance(c.misconceived[a], c.misconceived[b], c.expected) for c in shown.cases)
            if apart < 10 * exercise.tolerance:
                yield f"{a} and {b} are only {apart:.1g} apart"


def _killed(lab: Lab, exercise: Exercise, text: str, seeds: Iterable[int]) -> tuple[bool, int]:
    """Whether the public cases kill a mutant, and on how many seeds private ones do, before the first it survives."""
    try:
        answer = solutions.answer(lab, exercise.name, text)
    except Exception:  # it can't even be defined
        return True, len(list(seeds))
    public, private_ = not feedback(lab, exercise, answer).ok, 0
    for seed in seeds:
        if not loses(exercise, answer, seed):
            break
        private_ += 1
    return public, private_


def _survivors(killed: list[tuple[str, bool, int]], excused: dict[str, str], seeds: int) -> Iterator[str]:
    """Mutants may have the same name: a slip in one line, and the same slip in another."""
    alive = [(what, public, on) for what, public, on in killed if on < seeds]
    for what, public, on in alive:
        if what not in excused:
            where = "is caught by the public cases alone" if public else "survives"
            yield f"a mutant {where} (seed {on} of {seeds} does not kill it): {what}"
    for what in excused.keys() - {what for what, _, _ in alive}:
        yield f"excused as equivalent, but killed or gone: {what}"


def _slowest(exercise: Exercise) -> float:
    times = []
    for inputs in cases(exercise.name, 0).values():
        ask(exercise, private(exercise.name).reference, inputs)
        start = time.perf_counter()
        ask(exercise, private(exercise.name).reference, inputs)
        times.append(1e3 * (time.perf_counter() - start))
    return max(times)


# --- records


def record_of(name: str) -> Path:
    lab, exercise = find(name)
    return RECORDS / lab.name / f"{exercise.module}.json"


def depends_on(name: str) -> str:
    """A fingerprint of all that the outcome depends on: what scores need, the solution, public cases and this test."""
    lab, exercise = find(name)
    files = {Path(__file__), Path(__file__).with_name("mutants.py"), Path(solutions.__file__)}
    files |= {Path(str(resources.files(lab.package) / file_name(exercise)))}
    parts = [fingerprint.scores(name), dependencies.meaning(solutions.source(lab, name))]
    return dependencies.fingerprint(files, packages=(), root=paths.ROOT, more=parts)


def recorded(name: str) -> dict:
    """The record of an exercise; {} if there is none."""
    path = record_of(name)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def is_recorded(name: str) -> bool:
    """Whether the mutation test was clean, and nothing that it depends on has changed since."""
    return recorded(name).get("fingerprint") == depends_on(name)


def note(exercise: str, **more: object) -> None:
    """Add to an exercise's record."""
    found = recorded(exercise) | more
    write(record_of(exercise), json.dumps(dict(sorted(found.items())), indent=1) + "\n")


def _note_clean(outcome: Outcome) -> None:
    counts = {what: getattr(outcome, what) for what in ("right", "wrong", "mutants", "public", "private", "excused")}
    name, date = outcome.exercise, time.strftime("%Y-%m-%d")
    note(name, fingerprint=depends_on(name), seeds=len(SEEDS), date=date, **counts)


# --- right answers on many seeds


def try_right_answers(name: str, most: int) -> dict:
    """How often each right answer loses points, over seeds 0 to `most`: {"seeds": n, "lost": {answer: seeds}}.

    Continues where the record ends, and keeps the record up to date.
    """
    torch.set_num_threads(1)
    lab, exercise = find(name)
    found = recorded(name).get("right_answers", {})
    if found.get("fingerprint") != depends_on(name):
        found = {"fingerprint": depends_on(name), "seeds": 0, "lost": {}}
    while found["seeds"] < most:
        end = min(most, found["seeds"] + STEP)
        for seed in range(found["seeds"], end):
            for answer, function in right_answers(lab, exercise).items():
                if loses(exercise, function, seed, MARGIN):
                    found["lost"].setdefault(answer, []).append(seed)
        found["seeds"] = end
        note(name, right_answers=found)
    return found


# --- the command


def chosen(names: Iterable[str]) -> list[str]:
    """The exercises of these names or of labs of these names; all of them if no name is given. Raises WorkError."""
    found = []
    for name in names:
        try:
            found.append(find(name)[1].name)
        except CheckFailed:
            begun = [e.name for lab in drafts() if name in (lab.slug, lab.name, label(lab.slug)) for e in lab.listed]
            slug = "" if begun else find_lab(name)
            found += begun or [e.name for lab in labs() if lab.slug == slug for e in lab.exercises]
    return found or [e.name for lab in labs() for e in lab.exercises]


def unwritten() -> list[str]:
    """The exercises that are drafts, or in the lab of a module that is one."""
    return [e.name for lab in labs() for e in lab.drafts] + [e.name for lab in drafts() for e in lab.listed]


def _written(name: str) -> bool:
    return name not in unwritten()


def run(options: Namespace) -> int:
    try:
        names = chosen(options.names)
    except WorkError as error:
        print(error, file=sys.stderr)
        return 2
    for name in [] if options.names else unwritten():
        print(f"  {name:24} not written")
    if options.unless_recorded:
        left_out = [name for name in names if is_recorded(name)]
        names = [name for name in names if name not in left_out]
        print(f"{len(left_out)} exercises are recorded as clean, and nothing has changed since; {len(names)} to test")
    with ProcessPoolExecutor(max(1, min(len(names), os.cpu_count() or 1))) as pool:
        if options.right:
            lost = [_tell_right(name, found) for name, found in _each(pool, try_right_answers, names, options.right)]
            return int(any(lost))
        print(HEADER if names else "", end="\n" if names else "")
        faults = 0
        for _, outcome in _each(pool, examine, names):
            print(outcome, flush=True)
            faults += len(outcome.faults)
            if options.record and not outcome.faults and _written(outcome.exercise):
                _note_clean(outcome)
    print("Every wrong answer is caught." if not faults else f"{faults} faults: see above.")
    return int(bool(faults))


def _each(pool: ProcessPoolExecutor, function: Callable, names: list[str], *arguments) -> Iterator[tuple]:
    """Name and result of each call, in the order of completion."""
    futures = {pool.submit(function, name, *arguments): name for name in names}
    yield from ((futures[future], future.result()) for future in as_completed(futures))


def _tell_right(name: str, found: dict) -> bool:
    lost = "; ".join(f"{answer} loses points on {len(seeds)}: {seeds[:5]}" for answer, seeds in found["lost"].items())
    print(f"  {name:24} {found['seeds']} seeds  {lost or 'no right answer loses a point'}", flush=True)
    return bool(lost)
