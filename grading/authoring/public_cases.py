"""python -m grading visible [--check]: the visible cases of every lab, written beside its public exercises."""

import sys
from pathlib import Path

import llmcourse.checks
from llmcourse.checks import Lab, labs
from llmcourse.checks.answer import Reply
from llmcourse.checks.compare import same
from llmcourse.checks.visible import Case, Visible, dump, file_name, parse

from ..running.score import _generator, mistakes, solved

FOLDER = Path(llmcourse.checks.__file__).parent
LARGEST = 200_000  # bytes a lab


def build(lab: Lab) -> dict[str, Visible]:
    """The visible cases of a lab, computed anew."""
    return {
        exercise.name: Visible(
            tuple(
                solved(exercise, title, make(_generator(exercise.name, title, seed=0)))
                for title, make in exercise.cases.items()
            ),
            mistakes(exercise.name),
        )
        for exercise in lab.exercises
    }


def difference(lab: Lab, have: dict[str, Visible], want: dict[str, Visible]) -> str:
    """The first difference between two files of visible cases, by tolerance and not by bits; "" for none."""
    if have.keys() != want.keys():
        return "other exercises"
    for name, new in want.items():
        old, exercise = have[name], lab[name]
        if old.mistakes != new.mistakes or [c.title for c in old.cases] != [c.title for c in new.cases]:
            return f"{name}: other cases or other misconceptions"
        for a, b in zip(old.cases, new.cases):
            if not _same(a, b, exercise.tolerance):
                return f"{name}: other numbers in the case “{a.title}”"
    return ""


def _same(a: Case, b: Case, tolerance: float) -> bool:
    pairs = [(Reply(a.inputs), Reply(b.inputs)), (Reply(a.expected), Reply(b.expected))]
    pairs += [(a.mistaken[m], b.mistaken[m]) for m in b.mistaken]
    return all(same(x, y, b.expected, tolerance) for x, y in pairs)


def main(argv: list[str]) -> int:
    failed = 0
    for lab in labs():
        path, want = FOLDER / file_name(lab), build(lab)
        data = dump(want)
        if len(data) > LARGEST:
            print(f"{path.name}: {len(data)} bytes; a lab may have {LARGEST}. Make its visible cases smaller.")
            failed = 1
        elif "--check" in argv:
            why = difference(lab, parse(path.read_bytes()), want) if path.exists() else "the file is missing"
            if why:
                print(f"{path.name}: {why}. Run `python -m grading visible`.", file=sys.stderr)
                failed = 1
        else:
            path.write_bytes(data)
            print(f"wrote {path.name}: {len(data) / 1000:.0f} kB")
    return failed
