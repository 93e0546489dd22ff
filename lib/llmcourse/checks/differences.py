"""Where two values differ, and how to tell a student so.

    apart       how far apart two values are; infinite if anything but floats differs
    first_place the first entry in which they differ
    count       how many entries differ, of how many
    sentence    the first place in words

Lists equal tuples, 1 equals 1.0, a number equals a tensor without axes that holds it, and sets equal frozen sets. True
is not 1. Dicts and sets have no order. nan equals nan.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from .values import Value, kind, place, shown, text

Place = tuple[tuple, Value, Value]  # steps to an entry, what was returned there, what was expected

MOST = 3  # missing or surplus entries that are listed
SHORT = 60  # characters of a value in a sentence
DIGITS = 6  # of floats, when they are looked for elsewhere


# ------------------------------------------------------------------ where


def first_place(got: Value, want: Value, allowed: float) -> Place | None:
    """The first place in which `got` differs from `want`, floats by more than `allowed`; None if there is none."""
    return next((found for found in _pairs(got, want) if not _apart(*found[1:]) <= allowed), None)


def count(got: Value, want: Value, allowed: float) -> tuple[int, int]:
    """How many entries differ, floats by more than `allowed`, and how many there are.

    A tensor counts its entries; a set, a string, or a part whose structure differs, counts as one.
    """
    found = [_count(x, y, allowed) for _, x, y in _pairs(got, want)]
    return sum(different for different, _ in found), sum(entries for _, entries in found)


def _count(x: Value, y: Value, allowed: float) -> tuple[int, int]:
    if isinstance(x, Tensor) and isinstance(y, Tensor) and x.shape == y.shape and x.dtype == y.dtype:
        off = (finite_numbers(x) - finite_numbers(y)).abs() > (allowed if y.is_floating_point() else 0)
        return int(off.sum()), y.numel()
    return int(not _apart(x, y) <= allowed), 1


def apart(a: Value, b: Value) -> float:
    """The largest difference between two floats in the same place; infinite if anything else differs."""
    return max((_apart(x, y) for _, x, y in _pairs(a, b)), default=0.0)


def root_mean_square(x: Value) -> float | None:
    """Of the finite floats in x; None if there are no floats."""
    floats = [y for y in _floats(x) if math.isfinite(y)]
    if floats:
        return math.hypot(*floats) / math.sqrt(len(floats))
    return None if next(_floats(x), None) is None else 0.0


def _floats(x: Value) -> Iterator[float]:
    match x:
        case float():
            yield x
        case Tensor() if x.is_floating_point():
            yield from x.flatten().tolist()
        case list() | tuple():
            for y in x:
                yield from _floats(y)
        case dict():
            for y in x.values():
                yield from _floats(y)


def _pairs(got: Value, want: Value, steps: tuple = ()) -> Iterator[Place]:
    """Pairs of entries in the same place, down to where the structures of the two differ."""
    got, want = _settled(got), _settled(want)
    if _family(got) == _family(want) == "sequence" and len(got) == len(want):
        for i, (x, y) in enumerate(zip(got, want)):
            yield from _pairs(x, y, (*steps, i))
    elif isinstance(got, dict) and isinstance(want, dict) and _keys(got).keys() == _keys(want).keys():
        mine = _keys(got)
        for k, y in want.items():
            yield from _pairs(got[mine[text(k)]], y, (*steps, k))
    else:
        yield steps, got, want


def _settled(x: Value) -> Value:
    """A tensor without axes as the number it holds; anything else as it is."""
    return x.item() if isinstance(x, Tensor) and x.dim() == 0 else x


def _keys(x: dict) -> dict[str, Value]:
    return {text(k): k for k in x}


def _family(x: Value) -> str:
    """Values of different families are never equal."""
    match x:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case list() | tuple():
            return "sequence"
        case set() | frozenset():
            return "set"
    return "tensor" if isinstance(x, Tensor) else type(x).__name__


def _apart(x: Value, y: Value) -> float:
    """`apart` for a pair from `_pairs`."""
    if _family(x) != _family(y):
        return math.inf
    match y:
        case Tensor():
            return _tensors_apart(x, y)
        case list() | tuple() | dict():  # their lengths or keys differ
            return math.inf
        case set() | frozenset():
            return 0.0 if set(map(text, x)) == set(map(text, y)) else math.inf
        case float() | int() if isinstance(x, float) or isinstance(y, float):
            return _floats_apart(x, y)
    return 0.0 if x == y else math.inf


def _floats_apart(x: float | int, y: float | int) -> float:
    try:
        if math.isfinite(x) and math.isfinite(y):
            return abs(x - y)
    except OverflowError:  # an int that no float can hold
        return math.inf
    return 0.0 if x == y or (math.isnan(x) and math.isnan(y)) else math.inf


def _tensors_apart(x: Tensor, y: Tensor) -> float:
    if x.shape != y.shape or x.dtype != y.dtype:
        return math.inf
    if not y.is_floating_point():
        return 0.0 if torch.equal(x, y) else math.inf
    return (finite_numbers(x) - finite_numbers(y)).abs().max().item() if y.numel() else 0.0


def finite_numbers(x: Tensor) -> Tensor:
    return torch.nan_to_num(x.double(), nan=1e30, posinf=1e30, neginf=-1e30)


# ------------------------------------------------------------------ in words


def of_another_kind(name: str, got: Value, want: Value) -> str:
    """A sentence if `got` as a whole is not of the same kind as `want`, else ""."""
    got, want = _settled(got), _settled(want)
    return "" if _family(got) == _family(want) else _sentence_here(name, got, want)


def of_another_size(name: str, got: Value, want: Value) -> str:
    """A sentence if two sequences have different lengths, or two dicts different keys; "" otherwise."""
    found = next(_pairs(got, want), ((0,),))
    return _sentence_here(name, *found[1:]) if not found[0] and _is_container(found[2]) else ""


def sentence(name: str, got: Value, want: Value, found: Place) -> str:
    """What differs in the place that `first_place` found in the output `name`."""
    steps, x, y = found
    at = place(name, steps)
    moved = _moved(name, got, want, steps)
    if moved:
        return f"`{moved}` has the right entries in the wrong order: `{at}` is {_code(x)}; expected {_code(y)}."
    return _sentence_here(at, x, y)


def has_moved(got: Value, want: Value, found: Place) -> bool:
    """Whether what differs there is in a sequence that has the right entries in the wrong order."""
    return bool(_moved("it", got, want, found[0]))


def _is_container(x: Value) -> bool:
    return isinstance(x, list | tuple | dict)


def _moved(name: str, got: Value, want: Value, steps: tuple) -> str:
    """The outermost sequence around a difference that has the right entries in the wrong order; "" if there is none."""
    for i, step in enumerate(steps):
        if isinstance(want, list | tuple) and _texts(got) == _texts(want):
            return place(name, steps[:i])
        got = got[step] if not isinstance(got, dict) else got[_keys(got)[text(step)]]
        want = want[step]
    return ""


def _texts(x: Sequence[Value]) -> Counter:
    return Counter(text(_settled(y), DIGITS) for y in x)


def _sentence_here(at: str, x: Value, y: Value) -> str:
    """How x, which is at the place `at`, differs from y."""
    if _family(x) != _family(y):
        return f"`{at}` is {kind(x)}; expected {kind(y)}."
    match y:
        case Tensor():
            return _about_tensors(at, x, y)
        case list() | tuple():
            return _about_lengths(at, x, y)
        case dict():
            return " ".join(_lacks(at, x, y, ("key", "keys")))
        case set() | frozenset():
            return " ".join(_lacks(at, x, y, ("element", "elements")))
        case str():
            return _about_strings(at, x, y)
    return f"`{at}` is {_code(x)}; expected {_code(y)}{_difference(x, y)}."


def _difference(x: Value, y: Value) -> str:
    """The difference, for numbers that look the same in six digits."""
    return f" (they differ by {abs(x - y):.3g})" if shown(x) == shown(y) and isinstance(y, float) else ""


def _about_tensors(at: str, x: Tensor, y: Tensor) -> str:
    if x.shape != y.shape:
        return f"The shape of `{at}` is {tuple(x.shape)}; expected {tuple(y.shape)}."
    if x.dtype != y.dtype:
        return f"The dtype of `{at}` is {x.dtype}; expected {y.dtype}."
    if not y.is_floating_point():
        return f"{int((x != y).sum())} of {y.numel()} entries of `{at}` differ."
    if (~x.isfinite() & y.isfinite()).any():
        return f"{int((~x.isfinite()).sum())} of {y.numel()} entries of `{at}` are nan or infinite."
    return f"Entries of `{at}` differ, the largest by {(x.double() - y.double()).abs().max():.3g}."


def _about_lengths(at: str, x: Sequence[Value], y: Sequence[Value]) -> str:
    entries = f"`{at}` has {len(x)} {'entry' if len(x) == 1 else 'entries'}"
    return " ".join([f"{entries}; expected {len(y)}.", *_lacks(at, x, y, ("entry", "entries"))])


def _lacks(at: str, x: Value, y: Value, words: tuple[str, str]) -> Iterator[str]:
    """What is missing from a collection, and what should not be in it."""
    missing, surplus = _without(y, x), _without(x, y)
    listed = lambda entries: f"the {words[len(entries) != 1]} {_listed(entries)}"
    if missing:
        yield f"`{at}` lacks {listed(missing)}."
    if surplus:
        yield f"{'It' if missing else f'`{at}`'} should not have {listed(surplus)}."


def _without(x: Value, y: Value) -> list[Value]:
    """The entries of x that y does not have, or has less often."""
    left = Counter(text(_settled(entry), DIGITS * isinstance(y, list | tuple)) for entry in y)
    found = []
    for entry in sorted(x, key=text) if isinstance(x, set | frozenset) else x:
        name = text(_settled(entry), DIGITS * isinstance(y, list | tuple))
        left[name] -= 1
        if left[name] < 0:
            found.append(entry)
    return found


def _listed(entries: list[Value]) -> str:
    more = len(entries) - MOST
    return ", ".join(_code(x) for x in entries[:MOST]) + (f" and {more} more" if more > 0 else "")


def _about_strings(at: str, x: str, y: str) -> str:
    same = next((i for i, (a, b) in enumerate(zip(x, y)) if a != b), min(len(x), len(y)))
    if max(len(x), len(y)) <= SHORT // 2:
        return f"`{at}` is {_code(x)}; expected {_code(y)}."
    return f"`{at}[{same}:]` is {_code(x[same:])}; expected {_code(y[same:])}."


def _code(x: Value) -> str:
    """x as code on a card, where a backtick would end it."""
    return f"`{shown(x, SHORT).replace('`', 'ˋ')}`"
