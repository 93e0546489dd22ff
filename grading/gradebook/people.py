"""Who is who: the people of a table or of the gradebook, and those that submissions are from.

Both are matched by a platform's number, else by id, else by email, else by name. Where a name is there more than once,
nobody is matched by it: that is said, and never guessed.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from ..intake.collection import Identity, safe_id


class Person(NamedTuple):
    """Somebody in a table or in the gradebook.

    id      what the student is called in the gradebook, unless something submitted shows another id
    ids     all ids in the table
    number  of an Identity, or ""
    """

    id: str
    first: str
    last: str
    email: str
    ids: tuple[str, ...] = ()
    number: str = ""

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}".strip() or self.id


def match(people: Iterable[Person], known: Iterable[Identity]) -> tuple[dict[str, Person], dict[Person, list[str]]]:
    """Student -> the person that this is; and person -> the students that it may be, where more than one fits, or
    where one fits several people."""
    people, known, pairs = list(people), list(known), {}
    ways: list[tuple[Callable[[Person], Iterable[str]], Callable[[Identity], Iterable[str]]]] = [
        (lambda person: [person.number], lambda one: [one.number]),
        (lambda person: map(safe_id, filter(None, (person.id, *person.ids))), lambda one: [one.student]),
        (lambda person: [person.email.casefold()], lambda one: [one.email.casefold()]),
        (_names, lambda one: [_letters(one.name), one.student]),
    ]
    unclear: dict[Person, list[str]] = {}
    for of_person, of_one in ways:
        fits = _fits(people, known, of_person, of_one)
        taken = defaultdict(list)
        for person, students in fits.items():
            for student in students:
                taken[student].append(person)
        sure = {students[0]: p for p, students in fits.items() if len(students) == 1 == len(taken[students[0]])}
        unclear = {person: students for person, students in fits.items() if person not in sure.values()}
        pairs |= sure
        people = [person for person in people if person not in sure.values()]
        known = [one for one in known if one.student not in sure]
    return pairs, unclear


def _fits(
    people: list[Person], known: list[Identity], of_person: Callable, of_one: Callable
) -> dict[Person, list[str]]:
    """Person -> the students with one of the person's keys."""
    there = defaultdict(list)
    for one in known:
        for key in {*of_one(one)} - {""}:
            there[key].append(one.student)
    found = {p: list(dict.fromkeys(s for key in sorted({*of_person(p)} - {""}) for s in there[key])) for p in people}
    return {person: students for person, students in found.items() if students}


def _names(person: Person) -> Iterable[str]:
    """How a folder may be called after somebody."""
    written = (f"{person.first} {person.last}", f"{person.last} {person.first}", f"{person.last}, {person.first}")
    plain = [name.strip(" ,") for name in written]
    return {key for name in plain if name for key in (_letters(name), safe_id(name))}


def _letters(name: str) -> str:
    """A name without accents, capitals, blanks and signs: Canvas calls Nina Novák novaknina."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in plain if c.isalnum())
