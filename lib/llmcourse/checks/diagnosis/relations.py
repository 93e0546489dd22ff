"""How a wrong tensor relates to the right one, from the two alone.

`relations(got, want, near)` yields phrases that complete "`y` is ...", the most specific first. Each is literally true
of the two tensors, whatever the exercise is. `places` says where they differ if most of it is right.

A phrase that would be true of many pairs by accident says nothing, so tensors of fewer than three entries, constant
ones, and axes of length one are passed over.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

import torch
from torch import Tensor

LEAST = 3  # entries; two numbers are always in some relation
MANY = 8  # slices whose order is looked at, at most
MOSTLY = 0.8  # of the entries in places that have errors
AXES = 5  # tensors with more axes are not permuted: 120 orders are enough

EXACT = 1e-4  # relative error of a factor that is recognised
CONSTANTS = {"the square root of 2": 2**0.5, "ln 2": math.log(2), "ln 10": math.log(10), "pi": math.pi, "e": math.e}

Near = Callable[[Tensor, Tensor], bool]

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "the negative of what is expected": lambda x: -x,
    "the absolute value of what is expected": torch.abs,
    "one minus what is expected": lambda x: 1 - x,
    "the reciprocal of what is expected": lambda x: 1 / x,
    "the square of what is expected": torch.square,
    "the square root of what is expected": torch.sqrt,
    "the exponential of what is expected": torch.exp,
    "the logarithm of what is expected": torch.log,
    "the negative logarithm of what is expected": lambda x: -torch.log(x),
    "the sigmoid of what is expected": torch.sigmoid,
    "what is expected, with everything below zero cut off": torch.relu,
}


def relations(got: Tensor, want: Tensor, near: Near, sizes: Mapping[str, int] | None = None) -> Iterator[str]:
    """Phrases for what `got` is, seen from `want`; `near` tells whether two tensors of one shape are equal.

    sizes  what a factor may be made of, in words: "the number of tokens" -> 12
    """
    got, want = got.detach().double(), want.detach().double()
    if want.numel() < LEAST or not varied(want) or (got.shape == want.shape and near(got, want)):
        return
    if got.shape == want.shape:
        yield from _entrywise(got, want, near)
        yield from _moved(got, want, near)
        yield from _summed_up(got, want, near)
        yield from _scaled(got, want, near, sizes or {})
    else:
        yield from _reshaped(got, want, near)


def varied(x: Tensor) -> bool:
    """Whether there are different numbers in x."""
    return bool((x != x.flatten()[0]).any())


def _entrywise(got: Tensor, want: Tensor, near: Near) -> Iterator[str]:
    for phrase, function in FUNCTIONS.items():
        image = function(want)
        if image.isfinite().all() and varied(image) and not near(image, want) and near(got, image):
            yield phrase
    for words, end, image in (
        ("below", got.min(), want.clamp(min=got.min())),
        ("above", got.max(), want.clamp(max=got.max())),
    ):
        cut = (want - image).abs() > 0.01 * want.abs()
        if want[cut].unique().numel() > 1 and (~cut).sum() > 1 and near(got, image):  # one wrong entry is its own end
            yield f"what is expected, with everything {words} {end:.4g} cut off"


def _moved(got: Tensor, want: Tensor, near: Near) -> Iterator[str]:
    """Axes exchanged, reversed, rolled or shifted."""
    for order in itertools.permutations(range(want.dim())) if want.dim() <= AXES else ():
        image = want.permute(order)
        if list(order) != sorted(order) and image.shape == got.shape and not near(image, want) and near(got, image):
            yield _permuted(order)
    for axis in _axes(want):
        if near(got, want.flip(axis)) and not near(want.flip(axis), want):
            yield f"what is expected in reverse order along {_axis(axis, want)}"
        for step, way in ((1, "later"), (-1, "earlier")):
            if want.shape[axis] > 2 and near(got, want.roll(step, axis)) and not near(want.roll(step, axis), want):
                yield f"what is expected, rolled by one along {_axis(axis, want)}"
            elif want.shape[axis] > 2 and _shifted(got, want, axis, step, near):
                yield f"what is expected, one place {way} along {_axis(axis, want)}"
    for axis in _axes(want):
        order = _order(got, want, axis, near)
        if order and order != sorted(order):
            yield f"what is expected with its entries along {_axis(axis, want)} in the order {order}"


def _order(got: Tensor, want: Tensor, axis: int, near: Near) -> list[int]:
    """Which slice of `want` each slice of `got` is, if it is each of them once; [] otherwise."""
    n = want.shape[axis]
    if n > MANY or want.numel() < 2 * n:
        return []
    pairs = itertools.product(range(n), range(n))
    found = [j for i, j in pairs if near(got.select(axis, i), want.select(axis, j))]
    return found if sorted(found) == list(range(n)) else []


def _shifted(got: Tensor, want: Tensor, axis: int, step: int, near: Near) -> bool:
    """Whether got[i + step] is want[i] wherever both exist."""
    n = want.shape[axis]
    here, there = want.narrow(axis, max(0, -step), n - 1), got.narrow(axis, max(0, step), n - 1)
    return varied(here) and near(there, here) and not near(want.narrow(axis, max(0, step), n - 1), here)


def _summed_up(got: Tensor, want: Tensor, near: Near) -> Iterator[str]:
    for axis in _axes(want):
        along = f"along {_axis(axis, want)}"
        if near(got, want.cumsum(axis)):
            yield f"the running sum of what is expected, {along}"
        elif near(got, want.flip(axis).cumsum(axis).flip(axis)):
            yield f"the running sum of what is expected, from the end, {along}"
        elif near(got.cumsum(axis), want):
            yield f"the step from entry to entry of what is expected, {along}: a running sum is missing"
        elif near(got.flip(axis).cumsum(axis).flip(axis), want):
            yield f"the step from entry to entry of what is expected, {along}: a running sum from the end is missing"


def _scaled(got: Tensor, want: Tensor, near: Near, sizes: Mapping[str, int]) -> Iterator[str]:
    """A factor or an offset, for all entries or for each row."""
    factor = ((got * want).sum() / want.square().sum()).item()
    if factor and factor != 1 and near(got / factor, want) and near(got, want * factor):
        yield from (f"{words} what is expected" for words in _factors(factor, sizes))
        if _exactly(got, want * factor, want):
            yield f"{factor:.5g} times what is expected"
        return
    offset = (got - want).mean().item()
    if near(got - offset, want) and (got - want - offset).abs().max() < 0.01 * abs(offset):
        yield f"what is expected {'plus' if offset > 0 else 'minus'} {abs(offset):.4g} in every entry"
        return
    yield from _stretched(got, want, near, sizes)
    for axis in _axes(want):
        if want.numel() == want.shape[axis]:
            continue
        squares = want.square().sum(axis, keepdim=True)
        each = torch.where(squares > 0, (got * want).sum(axis, keepdim=True) / squares, 1.0)  # a row of zeros has any
        if each.isfinite().all() and (each != 0).all() and near(want * each, got) and near(got / each, want):
            about = ", near 1," if (each - 1).abs().max() < 0.1 else ""
            yield f"right up to a factor{about} of its own for each slice along {_axis(axis, want)}"


def _stretched(got: Tensor, want: Tensor, near: Near, sizes: Mapping[str, int]) -> Iterator[str]:
    """A factor and an offset: what differs is how far entries are apart."""
    if want.numel() <= LEAST:
        return
    apart, expected = got - got.mean(), want - want.mean()
    factor = ((apart * expected).sum() / expected.square().sum()).item()
    image = got.mean() + factor * expected
    if factor and math.isfinite(factor) and factor != 1 and near(got, image) and _exactly(got, image, want):
        for words in (*_factors(factor, sizes), f"{factor:.5g} times"):
            yield f"right up to a shift and a factor: its entries are {words} as far apart as expected"


def _exactly(got: Tensor, image: Tensor, want: Tensor) -> bool:
    """Whether `image` leaves hardly anything of the difference to explain."""
    return bool((got - image).abs().max() < 0.02 * (got - want).abs().max())


def _factors(factor: float, sizes: Mapping[str, int]) -> Iterator[str]:
    """A factor in words; one that nobody would recognise is most likely a coincidence, and has none."""
    for what, n in sizes.items():
        for power, value in {"": n, "the square root of ": n**0.5, "the square of ": n**2}.items() if n > 1 else ():
            if abs(factor / value - 1) < EXACT:
                yield f"{power}{what} times"
            if abs(factor * value - 1) < EXACT:
                yield f"one over {power}{what} times"
    near = Fraction(factor).limit_denominator(4)
    if near and abs(factor / float(near) - 1) < EXACT:
        yield {2: "twice", Fraction(1, 2): "half", -2: "minus twice"}.get(near, f"{near} times")
    for words, value in CONSTANTS.items():
        if abs(factor / value - 1) < EXACT:
            yield f"{words} times"
        if abs(factor * value - 1) < EXACT:
            yield f"one over {words} times"


def _reshaped(got: Tensor, want: Tensor, near: Near) -> Iterator[str]:
    """Another shape: an axis too many or too few, or in another order."""
    for order in itertools.permutations(range(want.dim())) if want.dim() <= AXES else ():
        if want.permute(order).shape == got.shape and near(got, want.permute(order)):
            yield _permuted(order)
    if got.squeeze().shape == want.squeeze().shape and near(got.squeeze(), want.squeeze()):
        yield f"right, but for axes of length one: its shape is {tuple(got.shape)}, not {tuple(want.shape)}"
    for axis in _axes(want):
        one = want.narrow(axis, 0, 1)
        if (
            near(one.expand_as(want), want)
            and got.squeeze().shape == one.squeeze().shape
            and near(got.squeeze(), one.squeeze())
        ):
            yield f"right, but {_axis(axis, want)} is missing, along which all entries are the same: expand it"
            return
    for axis in _axes(want):
        rest = [*want.shape[:axis], *want.shape[axis + 1 :]]
        for words, image in (("sum", want.sum(axis)), ("mean", want.mean(axis))):
            if list(got.squeeze().shape) == [n for n in rest if n > 1] and near(got.squeeze(), image.squeeze()):
                yield f"the {words} of what is expected over {_axis(axis, want)}"
        for words, i in (("first", 0), ("last", -1)):
            image = want.select(axis, i)
            if got.shape == image.shape and near(got, image):
                yield f"only the {words} entry of what is expected, along {_axis(axis, want)}"
    for axis in _axes(got) if got.dim() == want.dim() + 1 else ():
        for words, i in (("first", 0), ("last", -1)):
            if got.select(axis, i).shape == want.shape and near(got.select(axis, i), want):
                yield f"right in its {words} slice along {_axis(axis, got)}, and has the others besides"
        if got.sum(axis).shape == want.shape and near(got.sum(axis), want):
            yield f"not summed over {_axis(axis, got)}"
        if got.mean(axis).shape == want.shape and near(got.mean(axis), want):
            yield f"not averaged over {_axis(axis, got)}"


def _permuted(order: tuple[int, ...]) -> str:
    moved = [i for i, j in enumerate(order) if i != j]
    if moved == [len(order) - 2, len(order) - 1]:
        return "what is expected, transposed (its last two axes are exchanged)"
    return f"what is expected with its axes in the order {order}"


def _axes(x: Tensor) -> list[int]:
    """Axes with more than one entry, the last one first: that is where most happens."""
    return [axis for axis in reversed(range(x.dim())) if x.shape[axis] > 1]


def _axis(axis: int, x: Tensor) -> str:
    """The name of an axis; counted from the end, since leading axes are a batch."""
    return "its only axis" if x.dim() == 1 else f"axis {axis - x.dim()}"


# ------------------------------------------------------------------ where


def places(off: Tensor) -> str:
    """Where the True entries of `off` are, if they have a simple form: completes "It is wrong ...". "" if not."""
    return next(every_place(off), "")


def every_place(off: Tensor) -> Iterator[str]:
    """All phrases of `places`: one for each axis along which the form is simple, and for triangles."""
    if off.all() or not off.any() or off.numel() < LEAST:
        return
    for axis in _axes(off):
        rows = off.movedim(axis, 0).reshape(off.shape[axis], -1)
        some, whole = rows.any(1).tolist(), bool(rows.all(1).equal(rows.any(1)))
        found = _range(some, whole, _axis(axis, off))
        yield from [found] if found else _scattered(some, _axis(axis, off))
        start, mostly = some.index(True), off.sum() >= MOSTLY * sum(some) * rows.shape[1]
        if mostly and start and len(some) > 2 and all(some[start:]):  # a wrong entry may come near the right one
            yield f"only from index {start} of {_axis(axis, off)} on"
    yield from filter(None, [_triangle(off)])


def where_is(off: Tensor) -> str:
    """The indices along one axis that have all True entries of `off`, in words: "index 1 of axis -2"."""
    for axis in reversed(range(off.dim())):
        some = off.movedim(axis, 0).reshape(off.shape[axis], -1).any(1)
        found = some.nonzero().flatten().tolist()
        if off.shape[axis] > 1 and len(found) < off.shape[axis] and off.select(axis, found[0]).all():
            return f"ind{'ex' if len(found) == 1 else 'ices'} {', '.join(map(str, found[:8]))} along {_axis(axis, off)}"
    return ""


def _range(some: list[bool], whole: bool, axis: str) -> str:
    """Which indices of an axis have errors: the first, the last, all but one of these, or a few in a row.

    whole  where an index has errors, all its entries are wrong
    """
    n, wrong = len(some), [i for i, x in enumerate(some) if x]
    if len(wrong) == n or n < 3:
        return ""
    if wrong == [0]:
        return f"only in the first entry along {axis}"
    if wrong == [n - 1]:
        return f"only in the last entry along {axis}"
    if whole and wrong == list(range(1, n)):
        return f"everywhere but in the first entry along {axis}"
    if whole and wrong == list(range(n - 1)):
        return f"everywhere but in the last entry along {axis}"
    if len(wrong) == 1:
        return f"only at index {wrong[0]} of {axis}"
    if whole and wrong == list(range(wrong[0], n)):
        return f"from index {wrong[0]} of {axis} on"
    if whole and wrong == list(range(wrong[-1] + 1)):
        return f"up to index {wrong[-1]} of {axis}"
    return ""


def _scattered(some: list[bool], axis: str) -> Iterator[str]:
    """Which indices of an axis have errors, if they are few, or in equal steps."""
    n, wrong = len(some), [i for i, x in enumerate(some) if x]
    if n < 4 or not 1 < len(wrong) <= n / 2:
        return
    step = wrong[1] - wrong[0]
    if len(wrong) <= 4:
        yield f"only at indices {', '.join(map(str, wrong[:-1]))} and {wrong[-1]} of {axis}"
    if step > 1 and wrong == list(range(wrong[0], n, step)):
        yield f"only at index {wrong[0]} of {axis} and every {step} further on"


def _triangle(off: Tensor) -> str:
    """Errors on the diagonal, or on one side of it, of square matrices."""
    if off.dim() < 2 or off.shape[-1] != off.shape[-2] or off.shape[-1] < 3:
        return ""
    whole = torch.ones(off.shape[-2:], dtype=torch.bool)
    parts = {
        "only on the diagonal": whole.triu() & whole.tril(),
        "only above the diagonal": whole.triu(1),
        "only below the diagonal": whole.tril(-1),
        "only off the diagonal": ~(whole.triu() & whole.tril()),
        "only on and above the diagonal": whole.triu(),
        "only on and below the diagonal": whole.tril(),
    }
    return next((words for words, part in parts.items() if not (off & ~part).any()), "")
