"""What an answer may use: torch, numpy, Python's standard library, what the lab names, and the student's own modules.

Packages that hold an answer (`Lab.deny`, and the topics of `llmcourse`) are absent while a submission is graded, so
nothing gets around that. For all others this file is the rule: it reads the answer's code, and what that calls, before
it runs. It sees what is written as code, not what a program finds out by tricks.
"""

import dis
import importlib.util
import sys
from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial
from itertools import chain
from types import CellType, CodeType, FunctionType, ModuleType

from ..course import topics
from .exercise import Lab

ALLOWED = {"einops", "jaxtyping", "llmcourse", "numpy", "torch", "tqdm", "typing_extensions"}


def refused(lab: Lab, answer: Callable) -> list[str]:
    """The packages that `answer` uses and that answers of the lab may not use: "scipy", or "llmcourse.TOPIC"."""
    names = {_package(name) for name in _used(answer, set())}
    return sorted(name for name in names if not _may_use(lab, name))


def _package(module: str) -> str:
    """The package of a module, or the package in `llmcourse`."""
    return ".".join(module.split(".")[: 2 if module.startswith("llmcourse.") else 1])


def _may_use(lab: Lab, name: str) -> bool:
    package, _, topic = name.partition(".")
    if package in lab.deny or (topic in topics() and topic not in lab.allow):
        return False
    return package in ALLOWED or package in lab.allow or not _is_installed(package)


@cache
def _is_installed(package: str) -> bool:
    """Whether it is neither Python's own nor a module next to the notebook."""
    if package in sys.stdlib_module_names:
        return False
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return False
    places = [spec.origin or "", *(spec.submodule_search_locations or ())] if spec else []
    return any("site-packages" in place or "dist-packages" in place for place in places)


def _used(value, seen: set[int]) -> Iterator[str]:
    """The module that a value is or comes from. If it is the student's own code, also what that imports and names."""
    if value is None or id(value) in seen:
        return
    seen.add(id(value))
    home = _home(value)
    yield home
    if home.startswith("llmcourse.") or _is_installed(home.partition(".")[0]):
        return  # what a library uses is its own affair
    match value:
        case partial():
            yield from _used(value.func, seen)
        case type():
            yield from chain.from_iterable(_used(x, seen) for x in vars(value).values() if isinstance(x, FunctionType))
        case FunctionType():
            yield from _imported(value.__code__)
            closed = [cell.cell_contents for cell in value.__closure__ or () if cell != CellType()]
            named = [value.__globals__.get(name) for name in _names(value.__code__)]
            for x in (*closed, *named, getattr(value, "__wrapped__", None)):
                yield from _used(x, seen)


def _home(value) -> str:
    home = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return home if isinstance(home, str) else type(value).__module__


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A function's code, and that of the functions and comprehensions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


@lru_cache(1024)  # an answer is asked for several cases, and its code is the same
def _names(code: CodeType) -> frozenset[str]:
    """The global names that code reads."""
    read = ("LOAD_GLOBAL", "LOAD_NAME")
    return frozenset(step.argval for each in _codes(code) for step in dis.get_instructions(each) if step.opname in read)


@lru_cache(1024)
def _imported(code: CodeType) -> tuple[str, ...]:
    """The modules that code imports, and everything that it takes from them, since that may be a module, too."""
    found = []
    for each in _codes(code):
        module = ""
        for step in dis.get_instructions(each):
            if step.opname == "IMPORT_NAME":
                module = step.argval
                found.append(module)
            elif step.opname == "IMPORT_FROM":
                found.append(f"{module}.{step.argval}")
    return tuple(found)
