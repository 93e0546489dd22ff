"""Where nan and infinity come from: what is special in the inputs exactly where they appear, and nowhere else."""

import itertools
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from ..public_cases import Case

LARGE = 80.0  # e to the 89 is infinite in float32

SPECIAL: dict[str, Callable[[Tensor], Tensor]] = {
    "zero": lambda x: x == 0,
    "negative": lambda x: x < 0,
    "positive": lambda x: x > 0,
    f"above {LARGE:g}": lambda x: x > LARGE,
    f"below -{LARGE:g}": lambda x: x < -LARGE,
}
HAS = {"zero": "a zero", "negative": "a negative entry", "positive": "a positive entry"}


def not_numbers(name: str, cases: Sequence[Case], outputs: Sequence[Tensor | None]) -> Iterator[str]:
    """Sentences on where the output `name` is nan or infinite, though a number is expected: one for what is special in
    the inputs exactly there.

    outputs  what was returned under this name in each case
    """
    found = [(case, _bad(got, case.expected.get(name))) for case, got in zip(cases, outputs)]
    found = [(case, bad) for case, bad in found if bad is not None]
    if not any(bad.any() for _, bad in found):
        return
    what = f"`{name}`" if name.startswith("gradient of") else f"The output `{name}`"
    for level, sentence in ((_entries, "exactly where {}"), (_rows, "exactly in the rows in which {}")):
        reasons = _reasons(level, found)
        if reasons:
            yield f"{what} is nan or infinite {sentence.format(' and '.join(reasons))}."
            return
    reasons = _reasons(_cases, found)
    if reasons:
        yield f"{what} is nan or infinite exactly in the cases in which {' and '.join(reasons)}."


def only_in(name: str, cases: Sequence[Case], outputs: Sequence[Tensor | None]) -> Iterator[str]:
    """A sentence, if an output is nan or infinite in one case alone."""
    found = [(case, _bad(got, case.expected.get(name))) for case, got in zip(cases, outputs)]
    bad = [case for case, off in found if off is not None and off.any()]
    if len(bad) == 1 < len(found):
        yield f"`{name}` is nan or infinite in the case “{bad[0].title}” alone."


def _bad(got: Tensor | None, want: Tensor | None) -> Tensor | None:
    if not isinstance(got, Tensor) or not isinstance(want, Tensor) or got.shape != want.shape:
        return None
    return ~got.isfinite() & want.isfinite()


def _reasons(level: Callable, found: Sequence[tuple[Case, Tensor]]) -> list[str]:
    """What holds of the inputs exactly where numbers are missing, if there is such a place and another one."""
    tensors = [n for n, x in found[0][0].inputs.items() if isinstance(x, Tensor) and x.is_floating_point()]
    single = [((n, kind),) for n in tensors for kind in SPECIAL]
    pairs = [((a, "zero"), (b, "not zero")) for a, b in itertools.permutations(tensors, 2)]
    for conditions in (single, pairs):
        held = [c for c in conditions if _holds(level, found, c)]
        kinds = {c[0][1] for c in held}
        if held and (len(held) == 1 or (len(kinds) == 1 and conditions is single)):
            return [" and ".join(_words(level, *part, _whole(level, found, *part)) for part in c) for c in held][:3]
    return []


def _words(level: Callable, name: str, kind: str, whole: bool) -> str:
    """`whole`: wherever one entry is so, all are."""
    return (
        f"the argument `{name}` {'is ' + kind if whole or level is _entries or kind not in HAS else 'has ' + HAS[kind]}"
    )


def _whole(level: Callable, found, name: str, kind: str) -> bool:
    """Whether all entries of an input have what one of them has, in each row or case."""
    is_so = lambda x: x != 0 if kind == "not zero" else SPECIAL[kind](x)
    images = [(is_so(case.inputs[name]), bad) for case, bad in found]
    pairs = [(level(x, bad), level(~x, bad)) for x, bad in images]
    return not any(bool((a[0] & b[0]).any()) for a, b in pairs if a is not None and b is not None)


def _holds(level: Callable, found, conditions: tuple[tuple[str, str], ...]) -> bool:
    places, seen = [], []
    for case, bad in found:
        special = None
        for name, kind in conditions:
            x = case.inputs.get(name)
            if not isinstance(x, Tensor):
                return False
            its = x != 0 if kind == "not zero" else SPECIAL[kind](x)
            if special is not None and special.shape != its.shape:
                return False
            special = its if special is None else special & its
        pair = level(special, bad)
        if pair is None or not torch.equal(*pair):
            return False
        places.append(pair[1].flatten())
        seen.append(pair[1].any())
    whole = torch.cat(places)
    return bool(whole.any()) and not bool(whole.all())


def _entries(special: Tensor, bad: Tensor) -> tuple[Tensor, Tensor] | None:
    return (special, bad) if special.shape == bad.shape and special.dim() else None


def _rows(special: Tensor, bad: Tensor) -> tuple[Tensor, Tensor] | None:
    """Both, brought to the axes that they share, the first ones."""
    axes = min(special.dim(), bad.dim())
    if special.dim() == bad.dim() > 1:
        axes -= 1
    if not axes or special.shape[:axes] != bad.shape[:axes] or special.dim() <= axes:
        return None
    per_row = lambda x: x.flatten(axes).any(-1) if x.dim() > axes else x
    return per_row(special), per_row(bad)


def _cases(special: Tensor, bad: Tensor) -> tuple[Tensor, Tensor] | None:
    return special.any()[None], bad.any()[None]
