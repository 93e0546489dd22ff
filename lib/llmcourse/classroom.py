"""One class, as class.toml describes it: its modules, what they weigh, when they are due, and what lateness costs.

The file is at the course's root, or where LLMCOURSE_CLASS points. `python -m grading class` writes one with a comment
on every line. Without the file a class takes the whole course, nothing is due, and every lab weighs the same.
"""

import difflib
import functools
import math
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from . import course
from .slugs import label, parse_slug

NAME = "class.toml"
KEYS = ("title", "timezone", "modules", "labs", "weights", "due", "late")
LATE = ("free", "per_day", "most")


class ClassError(ValueError):
    """class.toml can't be used. The message names the key, what is wrong with it, and what is expected."""


@dataclass(frozen=True)
class Late:
    """What lateness costs: nothing for the free days, then a share of the points for each day begun, up to the most."""

    free: float = 0.0
    per_day: float = 0.0
    most: float = 1.0

    def penalty(self, score: float, seconds: float) -> float:
        """Points to take off a score when a submission is so many seconds late."""
        days = math.ceil(max(0.0, seconds / (24 * 60 * 60) - self.free))
        return round(score * min(self.most, days * self.per_day), 2)


@dataclass(frozen=True)
class Classroom:
    """What class.toml says; labs are known by their slugs.

    path     the file; None where there is none
    modules  slugs of the modules, in the order of the course
    own      labs of the instructor's: slug -> folder
    weights  of a lab in the total; a lab that is not named weighs 1
    due      when a lab is due, with its time zone
    late     None where nothing is said about it
    zone     the class's time zone; None where nothing is said about it
    """

    path: Path | None = None
    title: str = ""
    modules: tuple[str, ...] = tuple(module.slug for module in course.MODULES)
    own: Mapping[str, Path] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    due: Mapping[str, datetime] = field(default_factory=dict)
    late: Late | None = None
    zone: ZoneInfo | None = None

    def has(self, slug: str) -> bool:
        """Whether the class has a lab or module. Without a file it has whatever there is. The capstone is for those who
        have the modules that it builds on."""
        if self.path and slug == course.CAPSTONE.slug:
            return all(course.module(number).slug in self.modules for number in course.CAPSTONE.after)
        return self.path is None or slug in self.modules or slug in self.own

    def only(self, labs: Iterable) -> list:
        """Those of labs or modules (whatever has a slug) that the class has."""
        return [lab for lab in labs if self.has(lab.slug)]

    def weight(self, slug: str) -> float:
        return self.weights.get(slug, 1.0)

    def gaps(self, root: Path) -> list[str]:
        """A sentence for each module that is left out although one that the class has builds on it, and for each that
        is not written yet."""
        chosen, said = [course.module(slug) for slug in self.modules] if self.path else [], []
        for module in chosen:
            if not module.built(root):
                said.append(f"Module {module.number:02} ({module.title}) is not written yet.")
            for before in (course.module(number) for number in module.after):
                if before not in chosen and before.built(root):
                    said.append(
                        f"Module {before.number:02} ({before.title}) is left out, and module {module.number:02} "
                        f"({module.title}) builds on it."
                    )
        return said


def place(root: Path) -> Path:
    """Where the class of the course in `root` is described."""
    return Path(os.environ.get("LLMCOURSE_CLASS") or root / NAME)


def read(root: Path) -> Classroom:
    """The class of the course in `root`; raises ClassError."""
    path = place(root)
    try:
        changed = path.stat()
    except OSError:
        if os.environ.get("LLMCOURSE_CLASS"):
            raise ClassError(f"LLMCOURSE_CLASS names {path}, and there is no such file.") from None
        return Classroom()
    return _read(path, changed.st_mtime_ns, changed.st_size)


@functools.lru_cache(maxsize=16)
def _read(path: Path, changed: int, size: int) -> Classroom:
    """`changed` and `size` say that the file is still the same."""
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ClassError(f"{path} is not TOML: {error}") from None


def parse(text: str, path: Path) -> Classroom:
    """What a class.toml says; raises ClassError, and tomllib's error for a text that is not TOML."""
    said = _Reader(path, tomllib.loads(text))
    said.known("", said.table, KEYS)
    modules, own, zone = said.modules(), said.own(), said.zone()
    slugs = (*modules, *own)
    return Classroom(
        path=path,
        title=said.value("title", str, lambda x: True, "a text in quotes", ""),
        modules=modules,
        own=own,
        weights=said.by_lab("weights", slugs, lambda key, x: float(said.number(key, x, math.inf))),
        due=said.by_lab("due", slugs, lambda key, x: said.moment(key, x, zone)),
        late=said.late(),
        zone=zone,
    )


@dataclass(frozen=True)
class _Reader:
    """The table of a class.toml, whose parts are checked when they are taken out."""

    path: Path
    table: dict

    def wrong(self, key: str, found: object, expected: str) -> ClassError:
        shown = found.isoformat() if isinstance(found, date | time) else repr(found)
        return ClassError(f"{self.path}: `{key}` is {shown}; expected {expected}.")

    def known(self, where: str, table: dict, keys: Iterable[str]) -> None:
        """Raises ClassError for a key that means nothing."""
        for key in table:
            if key not in keys:
                near = difflib.get_close_matches(key, keys, n=1, cutoff=0.6)
                advice = f"did you mean `{where}{near[0]}`?" if near else f"expected one of {', '.join(keys)}."
                raise ClassError(f"{self.path}: the key `{where}{key}` means nothing here; {advice}")

    def value(self, key: str, kind: type, good: Callable, expected: str, otherwise: object) -> object:
        found = self.table.get(key, otherwise)
        if key in self.table and not (isinstance(found, kind) and good(found)):
            raise self.wrong(key, found, expected)
        return found

    def number(self, key: str, found: object, most: float) -> float:
        expected = (
            "a number that is not negative, such as 2 or 0.5" if most == math.inf else f"a number from 0 to {most:g}"
        )
        if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= most or found == math.inf:
            raise self.wrong(key, found, expected)
        return found

    def modules(self) -> tuple[str, ...]:
        """Slugs, in the order of the course."""
        every = tuple(module.slug for module in course.MODULES)
        given = self.value("modules", list, lambda x: x, "a list of modules, such as [8, 9]", list(every))
        found = [self.lab(f"modules[{n}]", entry, every) for n, entry in enumerate(given)]
        if twice := next((slug for slug in found if found.count(slug) > 1), ""):
            raise ClassError(f"{self.path}: `modules` names {label(twice)} twice; expected each module once.")
        return tuple(slug for slug in every if slug in found)

    def own(self) -> dict[str, Path]:
        """Labs of the instructor's: slug -> folder. A folder is named as seen from that of the class.toml."""
        expected = (
            "a folder below that of this file, such as my_labs/heat, with a folder public and an __init__.py in it"
        )
        found = {}
        for n, name in enumerate(self.value("labs", list, lambda x: True, 'a list, such as ["my_labs/heat"]', [])):
            if not isinstance(name, str) or Path(name).is_absolute() or ".." in Path(name).parts:
                raise self.wrong(f"labs[{n}]", name, expected)
            folder = self.path.parent.absolute() / name
            if not (folder / "public" / "__init__.py").is_file():
                raise self.wrong(f"labs[{n}]", name, expected)
            if folder.name in found or folder.name in {module.slug for module in course.MODULES}:
                raise self.wrong(f"labs[{n}]", name, "a folder with a name that no other lab has")
            found[folder.name] = folder
        return found

    def lab(self, key: str, name: object, slugs: Iterable[str]) -> str:
        """The slug of a lab that is named by number, slug or name."""
        for slug in slugs:
            number, rest = parse_slug(slug)
            if name in (slug, rest) or (str(name).isdecimal() and number and int(name) == int(number)):
                return slug
        expected = f"one of {', '.join(map(label, slugs))}"
        raise ClassError(f"{self.path}: `{key}` names {name!r}, which the class does not have; expected {expected}.")

    def by_lab(self, key: str, slugs: tuple[str, ...], take: Callable[[str, object], object]) -> dict:
        """A table with a value for some labs: slug -> what `take` makes of it."""
        table = self.value(
            key, dict, lambda x: True, f"a table: a line [{key}], and below it lines that begin with `08 = `", {}
        )
        found = {}
        for name, entry in table.items():
            slug = self.lab(f"{key}.{name}", name, slugs)
            if slug in found:
                raise ClassError(f"{self.path}: `{key}.{name}` names {label(slug)} twice; expected each lab once.")
            found[slug] = take(f"{key}.{name}", entry)
        return found

    def zone(self) -> ZoneInfo | None:
        name = self.value("timezone", str, lambda x: True, 'the name of a time zone, such as "Europe/Berlin"', None)
        try:
            return ZoneInfo(name) if name is not None else None
        except (KeyError, ValueError, OSError):
            raise self.wrong("timezone", name, 'the name of a time zone, such as "Europe/Berlin"') from None

    def moment(self, key: str, found: object, zone: ZoneInfo | None) -> datetime:
        """A date is the end of that day. Without an offset of its own it is in the class's time zone."""
        if isinstance(found, date) and not isinstance(found, datetime):
            found = datetime.combine(found, time(23, 59, 59))
        if not isinstance(found, datetime):
            raise self.wrong(key, found, "a date, such as 2026-10-12, or a date and time, such as 2026-10-12T18:00:00")
        if found.tzinfo is None and zone is None:
            raise self.wrong(
                key, found, 'a time zone: either `timezone = "Europe/Berlin"` at the top, or an offset such as +02:00'
            )
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)

    def late(self) -> Late | None:
        if "late" not in self.table:
            return None
        table = self.value("late", dict, lambda x: True, "a table: a line [late], and below it free, per_day, most", {})
        self.known("late.", table, LATE)
        most = {"free": math.inf, "per_day": 1, "most": 1}
        return Late(**{name: float(self.number(f"late.{name}", x, most[name])) for name, x in table.items()})
