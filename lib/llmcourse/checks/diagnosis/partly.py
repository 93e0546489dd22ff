"""Is a wrong answer a known misconception in part: in some of the cases, or in one of the outputs?

Then something else is wrong besides, and the sentence says so. It is said of one misconception only: where several fit
as well, nobody knows which it is. A misconception counts where its value differs from the right one, and nowhere else.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from ..answer import Reply
from ..compare import is_gradient, same, scales, without_gradients
from ..exercise import Exercise
from ..public_cases import Case, Misconception, PublicCases

FEW = 3  # cases, whose titles a sentence can hold
EVIDENCE = 4  # different numbers, right in neither


def partly(exercise: Exercise, public: PublicCases, replies: Sequence[Reply]) -> Iterator[str]:
    """Sentences, the strongest first."""
    names = [name for name in public.cases[0].expected if not is_gradient(name)]
    yield from _in_cases(exercise, public, replies, names)
    if len(names) > 1:
        for name in names:
            yield from _in_output(exercise, public, replies, name, names)


def in_cases(titles: Sequence[str]) -> str:
    """The beginning of a sentence on a few cases; "" for more than anybody would read."""
    named = ", ".join(f"“{title}”" for title in titles)
    return f"In the case{'s' if len(titles) > 1 else ''} {named}" if 0 < len(titles) <= FEW else ""


def _in_cases(exercise, public: PublicCases, replies, names: list[str]) -> Iterator[str]:
    """All outputs as in a misconception, in all or most of the cases that fail."""
    rows = list(zip(public.cases, replies))
    failed = [i for i, (case, reply) in enumerate(rows) if _off(exercise, case, reply, names)]
    if not failed:
        return
    found = []
    for misconception in public.misconceptions:
        fitting = [i for i in failed if _fits(exercise, *rows[i], misconception, names)]
        if fitting and _evidence(exercise, [rows[i] for i in fitting], misconception, names) >= EVIDENCE:
            found.append((len(fitting), fitting, misconception))
    most = max((n for n, *_ in found), default=0)
    best = [(fitting, misconception) for n, fitting, misconception in found if n == most]
    if len(best) != 1:
        return
    fitting, misconception = best[0]
    if len(fitting) == len(failed):
        yield f"Wherever its values are wrong, this equals {misconception.says}. {misconception.hint}"
    elif any(set(other) - set(fitting) for _, other, _ in found):
        return  # another one elsewhere
    else:
        if 2 * len(fitting) < len(failed):
            return  # where little differs, much is equal
        where = in_cases([public.cases[i].title for i in fitting]) or "In most cases"
        yield (f"{where} this equals {misconception.says}; that does not explain the other cases. {misconception.hint}")


def _in_output(exercise, public: PublicCases, replies, name: str, names: list[str]) -> Iterator[str]:
    """One output as in a misconception, in all cases in which it is wrong."""
    rows = [(c, r) for c, r in zip(public.cases, replies) if name in c.expected]
    failed = [(case, reply) for case, reply in rows if _off(exercise, case, reply, [name])]
    if not failed:
        return
    fitting = [
        misconception
        for misconception in public.misconceptions
        if all(_fits(exercise, case, reply, misconception, [name]) for case, reply in failed)
        and _evidence(exercise, failed, misconception, [name]) >= EVIDENCE
    ]
    if len(fitting) != 1:
        return
    also = [n for n in names if n != name and any(_off(exercise, c, r, [n]) for c, r in rows if n in c.expected)]
    besides = f" Something else is wrong with {' and '.join(f'`{n}`' for n in also[:3])}." if also else ""
    yield f"`{name}` is what it is in this mistake: {fitting[0].says}. {fitting[0].hint}{besides}"


def _part(reply: Reply, names: list[str]) -> Reply:
    return Reply({name: x for name, x in reply.outputs.items() if name in names})


def _off(exercise: Exercise, case: Case, reply: Reply, names: list[str]) -> bool:
    return not same(_part(reply, names), _part(Reply(case.expected), names), case.expected, exercise.tolerance)


def _fits(exercise: Exercise, case: Case, reply: Reply, misconception: Misconception, names: list[str]) -> bool:
    """Whether these outputs are those of the misconception, which are wrong."""
    theirs = case.misconceived[misconception.name]
    if theirs.error or theirs.changed or not set(names) & theirs.outputs.keys():
        return False
    return same(_part(reply, names), _part(theirs, names), case.expected, exercise.tolerance) and _off(
        exercise, case, without_gradients(theirs), names
    )


def _evidence(exercise: Exercise, rows, misconception: Misconception, names: list[str]) -> float:
    """How many different numbers are the misconception's and not the right ones. Zeros and ones count for half."""
    numbers, few = set(), 0
    for case, _ in rows:
        units = scales(case.expected)
        for name in names:
            x, y = case.misconceived[misconception.name].outputs.get(name), case.expected.get(name)
            for a, b in _pairs(x, y):
                if abs(a - b) > exercise.tolerance * units[name]:
                    few += a in (0.0, 1.0)
                    numbers.add(round(a, 6))
    return len(numbers - {0.0, 1.0}) + few / 2


def _pairs(x, y) -> list[tuple[float, float]]:
    """The finite numbers in the same places of two outputs of one shape."""
    try:
        x, y = (z.detach().double() if isinstance(z, Tensor) else torch.tensor(z, dtype=torch.float64) for z in (x, y))
    except (TypeError, ValueError, RuntimeError):
        return []
    if x.shape != y.shape:
        return []
    finite = x.isfinite() & y.isfinite()
    return list(zip(x[finite].tolist(), y[finite].tolist()))
