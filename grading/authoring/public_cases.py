"""python -m grading public-cases [--check] [EXERCISE ...]: the public cases of every exercise, or of these.

They are written next to its public half. Exercises that are not written yet have theirs too.
"""

import itertools
import math
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import resources

import torch
from llmcourse.checks import Exercise, answer, drafts, labs
from llmcourse.checks.answer import Reply, returned
from llmcourse.checks.compare import distance, same, without_gradients
from llmcourse.checks.diagnosis.dependence import traits
from llmcourse.checks.public_cases import Case, PublicCases, dump, file_name, parse
from llmcourse.checks.values import Value, Values, on_tensors, tensors_in
from torch import Tensor

from ..exercises import private
from ..running.score import misconceptions, solved
from ..running.seeds import generator

LARGEST = 200_000  # bytes per lab


def build(exercise: Exercise) -> PublicCases:
    """The public cases of an exercise, computed from its two halves."""
    inputs = {title: make(generator(exercise.name, title, seed=0)) for title, make in exercise.cases.items()}
    cases = tuple(_with_stages(exercise, solved(exercise, title, given)) for title, given in inputs.items())
    found = traits(exercise, private(exercise.name).reference, list(inputs.values()))
    return PublicCases(cases, misconceptions(exercise.name), found, _exchanged(exercise, cases))


def _with_stages(exercise: Exercise, case: Case) -> Case:
    """The case with what the reference returns at its first call, and what a right answer computes before that."""
    half, calls = private(exercise.name), []

    def first(*arguments):
        result = half.reference(*arguments)
        stages = half.stages(*map(_differentiable, arguments)) if half.stages else {}
        detached = {name: on_tensors(Tensor.detach, x) for name, x in stages.items()}
        calls.append((detached, returned(result), _follow(stages)))
        return result

    answer.run(exercise, answer.at_first(half.reference, first), case.inputs)
    return replace(case, stages=calls[0][0], returns=calls[0][1], follow=calls[0][2]) if calls else case


def _differentiable(x: Value) -> Value:
    return on_tensors(lambda y: y.detach().clone().requires_grad_(y.is_floating_point()), x)


def _follow(stages: Values) -> dict[str, list[str]]:
    """For each stage the later ones that are computed from it, or may be: where no gradient flows nobody knows."""
    first = {name: next(tensors_in(x)) for name, x in stages.items()}
    pairs = [(a, b) for a, b in itertools.combinations(first, 2) if _follows(first[a], first[b])]
    return {name: [b for a, b in pairs if a == name] for name in first}


def _follows(earlier: Tensor, later: Tensor) -> bool:
    if not earlier.requires_grad or not later.requires_grad:
        return True
    return torch.autograd.grad(later.abs().sum(), earlier, retain_graph=True, allow_unused=True)[0] is not None


def _exchanged(exercise: Exercise, cases: Sequence[Case]) -> dict[tuple[str, str], tuple[Reply, ...]]:
    """Two parameters -> the reference's replies with these arguments exchanged, if they look like right ones."""
    found = {}
    for i, j in itertools.combinations(range(len(exercise.parameters)), 2):
        replies = [answer.run(exercise, _exchanging(private(exercise.name).reference, i, j), c.inputs) for c in cases]
        values = tuple(without_gradients(r) for r in replies)
        wanted = [without_gradients(Reply(c.expected)) for c in cases]
        far = [distance(x, y, c.expected) for x, y, c in zip(values, wanted, cases)]
        if not any(r.error or r.changed for r in replies) and exercise.tolerance < max(far) < math.inf:
            found[exercise.parameters[i], exercise.parameters[j]] = values
    return found


def _exchanging(reference: Callable, i: int, j: int) -> Callable:
    def call(*arguments):
        arguments = list(arguments)
        arguments[i], arguments[j] = arguments[j], arguments[i]
        return reference(*arguments)

    return call


def difference(exercise: Exercise, have: PublicCases, want: PublicCases) -> str:
    """The first difference between two files of public cases, by tolerance and not by bits; "" for none."""
    if have.misconceptions != want.misconceptions or [c.title for c in have.cases] != [c.title for c in want.cases]:
        return "The cases or the misconceptions differ."
    if have.traits != want.traits or have.exchanged.keys() != want.exchanged.keys():
        return "What the reference depends on differs."
    for a, b in zip(have.cases, want.cases):
        if a.follow != b.follow:
            return f"The stages of the case “{a.title}” depend on others."
        if not _same(a, b, exercise.tolerance):
            return f"The numbers of the case “{a.title}” differ."
    return ""


def _same(a: Case, b: Case, tolerance: float) -> bool:
    pairs = [(Reply(a.inputs), Reply(b.inputs)), (Reply(a.expected), Reply(b.expected))]
    pairs += [(a.misconceived[m], b.misconceived[m]) for m in b.misconceived] + [(Reply(a.stages), Reply(b.stages))]
    return all(same(x, y, b.expected, tolerance) for x, y in pairs)


def run(options: Namespace) -> int:
    failed = 0
    unknown = set(options.names) - {exercise.name for lab in (*labs(), *drafts()) for exercise in lab.listed}
    if unknown:
        print(f"There is no exercise called {', '.join(sorted(unknown))}.", file=sys.stderr)
        return 2
    for lab in (*labs(), *drafts()):
        folder = resources.files(lab.package)
        built = {e.name: build(e) for e in lab.listed if not options.names or e.name in options.names}
        data = {name: dump(public) for name, public in built.items()}
        size = sum(map(len, data.values()))
        if size > LARGEST:
            print(f"{lab.slug}: The public cases have {size} bytes; a lab may have {LARGEST}. Make them smaller.")
            failed = 1
        elif options.check:
            for name, want in built.items():
                path = folder / file_name(lab[name])
                have = parse(path.read_bytes()) if path.is_file() else None
                why = difference(lab[name], have, want) if have else "The file is missing."
                if why:
                    print(f"{lab.name}/{path.name}: {why} Run `python -m grading public-cases`.", file=sys.stderr)
                    failed = 1
        elif built:
            for name, content in data.items():
                (folder / file_name(lab[name])).write_bytes(content)
            print(f"wrote the public cases of {lab.slug}: {size / 1000:.0f} kB")
    return failed
