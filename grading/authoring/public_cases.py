"""python -m grading public-cases [--check] [EXERCISE ...]: the public cases of every exercise, or of these.

They are written next to its public half. Exercises that are not written yet have theirs too.
"""

import sys
from argparse import Namespace
from importlib import resources

from llmcourse.checks import Exercise, drafts, labs
from llmcourse.checks.answer import Reply
from llmcourse.checks.compare import same
from llmcourse.checks.public_cases import Case, PublicCases, dump, file_name, parse

from ..running.score import misconceptions, solved
from ..running.seeds import generator

LARGEST = 200_000  # bytes per lab


def build(exercise: Exercise) -> PublicCases:
    """The public cases of an exercise, computed from its two halves."""
    return PublicCases(
        tuple(
            solved(exercise, title, make(generator(exercise.name, title, seed=0)))
            for title, make in exercise.cases.items()
        ),
        misconceptions(exercise.name),
    )


def difference(exercise: Exercise, have: PublicCases, want: PublicCases) -> str:
    """The first difference between two files of public cases, by tolerance and not by bits; "" for none."""
    if have.misconceptions != want.misconceptions or [c.title for c in have.cases] != [c.title for c in want.cases]:
        return "The cases or the misconceptions differ."
    for a, b in zip(have.cases, want.cases):
        if not _same(a, b, exercise.tolerance):
            return f"The numbers of the case “{a.title}” differ."
    return ""


def _same(a: Case, b: Case, tolerance: float) -> bool:
    pairs = [(Reply(a.inputs), Reply(b.inputs)), (Reply(a.expected), Reply(b.expected))]
    pairs += [(a.misconceived[m], b.misconceived[m]) for m in b.misconceived]
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
        data = {name: dump({name: public}) for name, public in built.items()}
        size = sum(map(len, data.values()))
        if size > LARGEST:
            print(f"{lab.slug}: The public cases have {size} bytes; a lab may have {LARGEST}. Make them smaller.")
            failed = 1
        elif options.check:
            for name, want in built.items():
                path = folder / file_name(lab[name])
                have = parse(path.read_bytes()).get(name) if path.is_file() else None
                why = difference(lab[name], have, want) if have else "The file is missing."
                if why:
                    print(f"{lab.name}/{path.name}: {why} Run `python -m grading public-cases`.", file=sys.stderr)
                    failed = 1
        elif built:
            for name, content in data.items():
                (folder / file_name(lab[name])).write_bytes(content)
            print(f"wrote the public cases of {lab.slug}: {size / 1000:.0f} kB")
    return failed
