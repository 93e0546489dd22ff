"""Values: what cases and replies hold, tensors or not, and how they travel between processes.

A value is None, a bool, an int, a float, a string or a tensor, or a list, tuple, set or dict of values, nested as JSON
is. Elements of sets and keys of dicts are what Python can hash: no tensors, lists or dicts.

    plain       a student's result in these types, or an error that explains what it is instead
    save, load  to bytes and back: tensors as safetensors, everything else as JSON in their metadata; never code
    text        one string for all spellings of a value, to compare values without hashing what a stranger sends
    shown       a value as a person reads it, shortened

`load` reads bytes from an untrusted process. It takes time linear in their number and raises ValueError for anything
that `save` does not write.
"""

import json
import math
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, KeysView, ValuesView
from collections.abc import ItemsView as PairsView
from itertools import chain
from pathlib import PurePath

from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

Value = Tensor | None | bool | int | float | str | list | tuple | set | frozenset | dict
Values = dict[str, Value]

DEPTH = 32  # levels of nesting
ENTRIES = 100_000  # nested values in total
DIGITS = 1_000  # of an int: the time to read one grows with the square of their number
TEXT = 2_000_000  # characters of all values but tensors, as JSON
PILE = 20  # keys with the same hash: the time to build a set grows with the square of their number
SETS = 2  # levels of sets in sets, for the same reason
INNER = "#"  # begins the names of tensors inside values: "#0", "#1", ...


class TooLarge(ValueError):
    """The values are too large to be read back. The text is a sentence for the student."""


# ------------------------------------------------------------------ what a student's code returned


def plain(name: str, x) -> Value:
    """A copy of `x` in the types of a value. Raises TypeError, which says what to return instead, or TooLarge.

    Subclasses become what they derive from (Counter and defaultdict a dict, a named tuple a tuple), and NumPy's numbers
    become Python's. A NumPy array is refused: only the student knows whether a list or a tensor is meant.
    """
    return x if isinstance(x, Tensor) else _Copier(name).value(x, ())


class _Copier:
    """Copies what a student's code returned as `name`; steps lead from there to an entry, as in `place`."""

    def __init__(self, name: str):
        self.name, self.left = name, ENTRIES

    def value(self, x, steps: tuple) -> Value:
        self.left -= 1
        if self.left < 0:
            raise TooLarge(f"`{self.name}` holds more than {ENTRIES:,} entries.")
        if len(steps) > DEPTH:
            raise TooLarge(f"`{self.name}` is nested more than {DEPTH} levels deep.")
        match _pythons(x):
            case (None | bool() | Tensor()) as same:
                return same
            case int() as number:
                return _bounded(int.__int__(number), self.name)
            case float() as number:
                return float.__float__(number)
            case str() as words:
                return str.__str__(words)
            case list() as entries:
                return [self.value(y, (*steps, i)) for i, y in enumerate(entries)]
            case tuple() as entries:
                return tuple(self.value(y, (*steps, i)) for i, y in enumerate(entries))
            case (set() | frozenset()) as entries:
                made = set if isinstance(x, set) else frozenset
                return made(self._key(y, steps, "element") for y in entries)
            case dict() as entries:
                return {self._key(k, steps, "key"): self.value(y, (*steps, k)) for k, y in entries.items()}
        raise TypeError(f"`{place(self.name, steps)}` is {kind(x)}. {_advice(x)}")

    def _key(self, x, steps: tuple, what: str) -> Value:
        """An element of a set or a key of a dict. To Python, two tensors are different keys whatever they contain."""
        key = self.value(x, (*steps, x))
        if any(True for _ in tensors_in(key)):
            at = f"`{place(self.name, steps)}`"
            raise TypeError(
                f"{at} has a tensor as {what}: `.item()` turns it into a number, `tuple(x.tolist())` into a tuple."
            )
        return key


def _pythons(x):
    """NumPy's numbers as Python's; anything else as it is."""
    numpy = sys.modules.get("numpy")
    return x.item() if numpy and isinstance(x, numpy.generic) else x


def _bounded(x: int, name: str) -> int:
    if x.bit_length() > DIGITS * math.log2(10):
        raise TooLarge(f"`{name}` holds a number of more than {DIGITS:,} digits.")
    return x


def _advice(x) -> str:
    """A sentence: what to return instead of x."""
    numpy = sys.modules.get("numpy")
    if numpy and isinstance(x, numpy.ndarray):
        return "`.tolist()` turns it into a list, `torch.from_numpy(...)` into a tensor."
    if isinstance(x, Iterator | KeysView | ValuesView | PairsView | range | deque):
        return "Wrap it in `list(...)`."
    if isinstance(x, bytes | bytearray):
        return "`.decode()` turns it into a string."
    if isinstance(x, PurePath):
        return "`str(...)` turns it into a string."
    if callable(x):
        return "Call it, and return its result."
    return "Return numbers, strings, tensors, or lists, tuples, sets and dicts of them."


# ------------------------------------------------------------------ words


def place(name: str, steps: tuple) -> str:
    """Where an entry is, in Python's own notation: `answer["score"][2]`."""
    return name + "".join(f"[{_quoted(step) if isinstance(step, str) else shown(step, 40)}]" for step in steps)


def _quoted(key: str) -> str:
    key = key if len(key) <= 40 else key[:39] + "…"
    return repr(key) if '"' in key or "'" in key else f'"{repr(key)[1:-1]}"'


def kind(x) -> str:
    """What x is, with an article: "a list", "an int", "None"."""
    name = {"NoneType": "None", "str": "string", "ndarray": "NumPy array"}.get(type(x).__name__, type(x).__name__)
    if isinstance(x, Tensor):
        name = "tensor"
    return name if x is None else f"a{'n' if name[0].lower() in 'aeiou' else ''} {name}"


def shown(x: Value, most: int = 200) -> str:
    """x as Python would write it, in at most `most` characters; floats have six digits, sets a fixed order."""
    whole = "".join(_pieces(x, most))
    return whole if len(whole) <= most else whole[: most - 1] + "…"


def _pieces(x: Value, most: int) -> Iterator[str]:
    match x:
        case Tensor():
            yield f"tensor({_list(x)})" if x.numel() <= 8 else f"tensor of shape {tuple(x.shape)}"
        case float():
            short = f"{x:.6g}"
            yield f"{short}.0" if short.removeprefix("-").isdigit() else short
        case str():
            yield repr(x[: most + 1])
        case list():
            yield from ("[", *_joined((_pieces(y, most) for y in x), most), "]")
        case tuple():
            yield from ("(", *_joined((_pieces(y, most) for y in x), most), ",)" if len(x) == 1 else ")")
        case set() | frozenset() if not x:
            yield "set()"
        case set() | frozenset():
            yield from ("{", *_joined((_pieces(y, most) for y in sorted(x, key=text)), most), "}")
        case dict():
            pairs = (chain(_pieces(k, most), [": "], _pieces(y, most)) for k, y in x.items())
            yield from ("{", *_joined(pairs, most), "}")
        case _:
            yield repr(x)


def _joined(entries: Iterator[Iterator[str]], most: int) -> Iterator[str]:
    """Entries separated by commas, up to `most` characters: nobody would see the rest."""
    for i, entry in enumerate(entries):
        if most <= 0:
            return
        for piece in chain([", "] if i else [], entry):
            most -= len(piece)
            yield piece


def _list(x: Tensor) -> str:
    return shown(x.tolist(), 80)


def text(x: Value, digits: int = 0) -> str:
    """The same string for equal values: 1 and 1.0, lists and tuples, dicts and sets in any order.

    True is not 1. If `digits` is given, floats are rounded to that many. A tensor is cut after a thousand entries.
    """
    match x:
        case float() if digits and math.isfinite(x):
            return text(float(f"{x:.{digits}g}"))
        case float() if x.is_integer():
            return repr(int(x))
        case list() | tuple():
            return f"[{','.join([text(y, digits) for y in x])}]"
        case set() | frozenset():
            return f"set({','.join(sorted([text(y, digits) for y in x]))})"
        case dict():
            return f"{{{','.join(sorted([f'{text(k)}:{text(y, digits)}' for k, y in x.items()]))}}}"
        case Tensor():
            return f"{x.dtype}{tuple(x.shape)}{text(x.flatten()[:1000].tolist(), digits)}"
    return repr(x)


# ------------------------------------------------------------------ the tensors in a value


def on_tensors(change: Callable[[Tensor], Tensor], x: Value) -> Value:
    """A deep copy of x with `change` applied to every tensor in it."""
    match x:
        case Tensor():
            return change(x)
        case list() | tuple():
            return type(x)(on_tensors(change, y) for y in x)
        case dict():
            return {k: on_tensors(change, y) for k, y in x.items()}
        case set():
            return set(x)
    return x


def tensors_in(x: Value) -> Iterator[Tensor]:
    """The tensors in x, in the order of `on_tensors`."""
    match x:
        case Tensor():
            yield x
        case list() | tuple():
            yield from chain.from_iterable(map(tensors_in, x))
        case dict():
            yield from chain.from_iterable(map(tensors_in, x.values()))


# ------------------------------------------------------------------ bytes


def save(values: Values, **texts: str) -> bytes:
    """Values, and texts that go with them, as bytes. Raises TooLarge if `load` would refuse them."""
    tensors = {name: x for name, x in values.items() if isinstance(x, Tensor)}
    others = {name: x for name, x in values.items() if name not in tensors}
    if others:
        inner: list[Tensor] = []
        texts["values"] = json.dumps(_tagged(others, inner))
        tensors |= {f"{INNER}{i}": x for i, x in enumerate(inner)}
        if len(texts["values"]) > TEXT:
            raise TooLarge(f"It returns more than {TEXT:,} characters, far more than expected.")
    return save_tensors({name: x.contiguous().clone() for name, x in tensors.items()}, metadata=texts or None)


def _tagged(x: Value, inner: list[Tensor]):
    """x as JSON, where an object has one name: the type of what it holds. Tensors move to `inner`."""
    match x:
        case Tensor():
            inner.append(x)
            return {"tensor": len(inner) - 1}
        case list():
            return [_tagged(y, inner) for y in x]
        case tuple():
            return {"tuple": [_tagged(y, inner) for y in x]}
        case set() | frozenset():  # sorted: the same value gives the same bytes
            return {type(x).__name__: [_tagged(y, inner) for y in sorted(x, key=text)]}
        case dict():
            return {"dict": [[_tagged(k, inner), _tagged(y, inner)] for k, y in x.items()]}
    return x


def load(data: bytes) -> tuple[Values, dict[str, str]]:
    """The values and the texts that `save` wrote. Raises ValueError for anything else."""
    try:
        size = int.from_bytes(data[:8], "little")
        texts = json.loads(data[8 : 8 + size]).get("__metadata__", {})
        values, written = load_tensors(data), texts.pop("values", "")
        return (_Reader(values).read(written) if written else values), texts
    except Exception as error:  # whatever a stranger's bytes do to a parser
        raise ValueError(f"no readable values ({type(error).__name__})") from error


class _Reader:
    """Reads values from JSON; `tensors` are those that come with it, each of which is used once."""

    def __init__(self, tensors: dict[str, Tensor]):
        self.tensors, self.left = tensors, ENTRIES

    def read(self, written: str) -> Values:
        if len(written) > TEXT:
            raise ValueError("too long")
        others = self._value(json.loads(written, object_pairs_hook=_one), 0)
        if not isinstance(others, dict) or not all(isinstance(name, str) for name in others):
            raise ValueError("values have no names")
        return {name: x for name, x in self.tensors.items() if not name.startswith(INNER)} | others

    def _value(self, x, depth: int, key: int = 0) -> Value:
        """A value. `key`: how many sets it is inside, or 1 for a key of a dict; if not 0, it must be hashable."""
        self.left -= 1
        if depth > DEPTH + 1 or self.left < 0:
            raise ValueError("too deep, or too many entries")
        match x:
            case None | bool() | float() | str():
                return x
            case int():
                return _bounded(x, "it")
            case list() if not key:
                return [self._value(y, depth + 1) for y in x]
            case ("tuple", list(entries)):
                return tuple(self._value(y, depth + 1, key) for y in entries)
            case ("set", list(entries)) if not key:
                return set(_hashed([self._value(y, depth + 1, 1) for y in entries]))
            case ("frozenset", list(entries)) if key < SETS:
                return frozenset(_hashed([self._value(y, depth + 1, key + 1) for y in entries]))
            case ("dict", list(pairs)) if not key:
                names = _hashed([self._value(k, depth + 1, 1) for k, _ in pairs])
                return dict(zip(names, [self._value(y, depth + 1) for _, y in pairs]))
            case ("tensor", int(number)) if not key:
                return self.tensors.pop(f"{INNER}{number}")
        raise ValueError("no value")


def _one(pairs: list[tuple[str, object]]) -> tuple[str, object]:
    """A JSON object with its one name, as a pair: JSON itself never produces tuples."""
    if len(pairs) != 1:
        raise ValueError("an object that does not have exactly one name")
    return pairs[0]


def _hashed(keys: list) -> list:
    """`keys`, if they are all different and not too many share a hash."""
    if len(keys) > PILE and max(Counter(map(hash, keys)).values()) > PILE:
        raise ValueError("keys chosen to be slow")
    if len(set(keys)) != len(keys):
        raise ValueError("a duplicate key")
    return keys
