"""`check`: is my answer right, and if not, which misconception is it?"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from torch import Tensor

from .. import progress
from ..html import show
from .answer import Reply, fits, run
from .card import Card, Row
from .compare import same, wrong
from .diagnosis import diagnose
from .exercise import Exercise, Lab, Tensors
from .imports import refused
from .public_cases import Case, Misconception, public_cases
from .registry import CheckFailed, find
from .values import Value, shown


def check(name: str, answer: Callable) -> None:
    """Check `answer`, the answer to the exercise `name`, and show the feedback card.

    Raises CheckFailed, with the card in one line, if something does not pass yet. Returns None: nbgrader would read
    any other value as a score.
    """
    lab, exercise = find(name)
    card = feedback(lab, exercise, answer)
    show(card)
    if card.ok:
        progress.passed(name)
        return
    # The Validate dialog shows nothing but the text of the exception, so there it is the whole card.
    raise CheckFailed(str(card) if os.environ.get("NBGRADER_EXECUTION") == "validate" else card.line())


def feedback(lab: Lab, exercise: Exercise, answer: Callable) -> Card:
    """The card for an answer, on the public cases."""
    public = public_cases(lab, exercise.name)
    misfit = fits(exercise, answer)
    if misfit:
        return _unchecked(exercise, public.cases, misfit)
    replies = [run(exercise, answer, case.inputs) for case in public.cases]
    card = report(exercise, public.cases, public.misconceptions, replies, show=True, warning=absent(lab, answer))
    if card.ok or card.cause:
        return card
    return replace(card, diagnosis=diagnose(exercise, answer, public, replies))


def report(
    exercise: Exercise,
    cases: Sequence[Case],
    misconceptions: Sequence[Misconception],
    replies: Sequence[Reply],
    show: bool,
    points: str = "",
    warning: str = "",
) -> Card:
    """The card for replies to cases. `show` puts the expected values next to the student's."""
    rows = tuple(_row(exercise, case, reply, show) for case, reply in zip(cases, replies))
    if any(reply.error == "stub" for reply in replies):
        return _unchecked(exercise, cases, "There is no answer yet: replace `raise NotImplementedError()`.", points)
    found = None if all(r.status == "pass" for r in rows) else recognise(exercise, cases, misconceptions, replies)
    full = all(row.status == "pass" for row in rows)
    return Card(
        exercise.name,
        rows,
        points or f"{exercise.points if full else 0} of {exercise.points} points",
        misconception=f"This equals {found.says}." if found else "",
        hint=found.hint if found else "",
        warning=warning,
    )


def _unchecked(exercise: Exercise, cases: Sequence[Case], why: str, points: str = "") -> Card:
    """The card of an answer that can't be asked."""
    rows = tuple(Row(case.title, "skip") for case in cases)
    return Card(exercise.name, rows, points or f"0 of {exercise.points} points", diagnosis=why)


def recognise(
    exercise: Exercise, cases: Sequence[Case], misconceptions: Sequence[Misconception], replies: Sequence[Reply]
) -> Misconception | None:
    """The one misconception that answers every case as these replies do; None if there is none, or several."""
    matching = [
        misconception
        for misconception in misconceptions
        if all(
            same(reply, case.misconceived[misconception.name], case.expected, exercise.tolerance)
            for case, reply in zip(cases, replies)
        )
    ]
    return matching[0] if len(matching) == 1 else None


def _row(exercise: Exercise, case: Case, reply: Reply, show: bool) -> Row:
    inputs = dict.fromkeys(exercise.parameters) | dict(case.inputs)
    why, about = wrong(reply, case.expected, exercise.tolerance, inputs, show)
    if not why:
        return Row(case.title, "pass")
    if reply.error == "returned" and case.returns:
        why = f"{why} Expected: {case.returns}."
    if not show or about not in reply.outputs:
        return Row(case.title, "fail", why)
    return Row(
        case.title,
        "fail",
        why,
        _maps(reply.outputs, case.expected, about),
        _texts(reply.outputs[about], case.expected[about]),
    )


def _maps(got: Tensors, expected: Tensors, about: str):
    x, y = got.get(about), expected.get(about)
    if (
        not isinstance(x, Tensor)
        or not isinstance(y, Tensor)
        or x.shape != y.shape
        or x.dtype != y.dtype
        or not x.numel()
        or not y.is_floating_point()
    ):
        return ()
    first = lambda z: z.reshape(-1, *z.shape[-2:])[0] if z.dim() > 2 else z  # one batch entry is enough to see it
    return (
        (f"{about}: yours", first(x)),
        ("expected", first(y)),
        ("yours - expected", first(x.double() - y.double())),
    )


def _texts(got: Value, expected: Value) -> tuple[tuple[str, str], ...]:
    """What a card shows of values that are not tensors."""
    return () if isinstance(expected, Tensor) else (("yours", shown(got)), ("expected", shown(expected)))


def absent(lab: Lab, answer: Callable) -> str:
    """A warning if the answer uses a package that answers may not use when they are graded."""
    packages = refused(lab, answer)
    if not packages:
        return ""
    return f"Grading refuses answers that use `{packages[0]}`: write it out here to earn the points."
