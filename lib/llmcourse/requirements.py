"""The packages that a list of requirements leads to, as they are installed here."""

import contextlib
from collections.abc import Iterable
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement


def needed(wanted: Iterable["Requirement"], absent: bool = False) -> set[str]:
    """The names (as PyPA normalises them) of these packages and of all their dependencies on this machine.

    absent  whether some may be missing: what those need is unknown then

    Raises PackageNotFoundError for the first that is missing if none may be.
    """
    from packaging.requirements import InvalidRequirement, Requirement  # comes with matplotlib
    from packaging.utils import canonicalize_name

    found: set[tuple[str, str]] = set()
    waiting = [(requirement, "") for requirement in wanted]
    while waiting:
        requirement, of = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": of}):
            continue
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras} - {extra for seen, extra in found if seen == name}:
            found.add((name, extra))
            skipped = (metadata.PackageNotFoundError, InvalidRequirement) if absent else ()
            with contextlib.suppress(*skipped):
                waiting += [(Requirement(line), extra) for line in metadata.distribution(name).requires or ()]
    return {name for name, _ in found}
