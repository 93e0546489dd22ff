"""python -m grading roster FILE: enter the names of a class into the gradebook.

FILE is a table (CSV, UTF-8) with a line of headings, as Moodle, Canvas or a person writes it. Whoever handed something
in already is recognised by id or by name; others get the id of the table. Names that stand in the gradebook are
replaced, and nobody is removed.

    id            id, username, login id, sis login id, id number, student id, sis user id
    name          first name and last name (or surname), or student, name or full name ("Last, First" or "First Last")
    email         email, email address
"""

import csv
import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import NamedTuple

from charset_normalizer import from_bytes
from sqlalchemy.exc import SQLAlchemyError

from .. import paths
from ..intake.collection import safe_id
from .gradebook import CannotGrade, ClassGradebook, alone

IDS = ("id", "username", "login id", "sis login id", "id number", "student id", "sis user id")
FIRST, LAST = ("first name", "first_name", "firstname"), ("last name", "last_name", "lastname", "surname")
WHOLE, EMAIL = ("student", "name", "full name"), ("email", "email address", "e-mail")
NOBODY = ("points possible", "student, test")  # lines of Canvas that are not students


class Person(NamedTuple):
    """One line of the table."""

    id: str
    first: str
    last: str
    email: str

    def known_as(self) -> Iterator[str]:
        """The ids under which a submission of this person may stand."""
        for name in (self.id, f"{self.first} {self.last}", f"{self.last} {self.first}", f"{self.last}, {self.first}"):
            if name.strip(" ,"):
                yield safe_id(name.strip(" ,"))


def run(options: Namespace) -> int:
    path = options.file
    try:
        people = read(path.read_bytes())
        with alone(), ClassGradebook() as gradebook:
            known = handed_in() | set(gradebook.names())
            entered = {
                next((i for i in person.known_as() if i in known), safe_id(person.id)): person for person in people
            }
            gradebook.enroll({student: (p.first, p.last, p.email) for student, p in entered.items()})
    except (OSError, ValueError, CannotGrade, SQLAlchemyError) as error:
        print(f"{path}: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    met = len(known & set(entered))
    print(f"{len(entered)} students are in the table; {met} of them were in the gradebook or had submitted.")
    if strangers := sorted(known - set(entered)):
        print(f"These students are not in the table: {', '.join(strangers)}.")
    return 0


def handed_in() -> set[str]:
    """Everybody with a folder among the submissions."""
    place = paths.runtime() / "submitted"
    return {path.name for path in place.iterdir() if path.is_dir()} if place.is_dir() else set()


def read(data: bytes) -> list[Person]:
    """The people of a table; raises ValueError, naming the line, where it can't be understood."""
    text = str(from_bytes(data).best() or data.decode(errors="replace")).lstrip("\ufeff")
    first = text.partition("\n")[0]
    rows = csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=first.count))
    headings = {heading.strip().lower(): heading for heading in rows.fieldnames or () if heading}
    find = lambda names: next((headings[name] for name in names if name in headings), None)
    columns = [find(names) for names in (IDS, FIRST, LAST, WHOLE, EMAIL)]
    if columns[0] is None or (columns[3] is None and None in columns[1:3]):
        raise ValueError(f"expected columns for an id and a name (see --help), found {', '.join(headings) or 'none'}")
    people = {}
    for line in rows:
        id, first, last, whole, email = ((line.get(column) or "").strip() if column else "" for column in columns)
        if not any((id, first, last, whole)) or whole.lower() in NOBODY:
            continue
        if not id:
            raise ValueError(f"line {rows.line_num}: no id for {whole or f'{first} {last}'}")
        if id in people:
            raise ValueError(f"line {rows.line_num}: the id {id} is there twice")
        people[id] = Person(id, *((first, last) if first or last else _parts(whole)), email)
    return list(people.values())


def _parts(name: str) -> tuple[str, str]:
    """First and last name."""
    if "," in name:
        last, _, first = name.partition(",")
    else:
        first, _, last = name.rpartition(" ")
    return first.strip(), last.strip()
