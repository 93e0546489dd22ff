"""python -m grading roster FILE: enter the names of a class into the gradebook.

FILE is a table (CSV, UTF-8) with a line of headings, as Moodle, Canvas or a person writes it. Whoever has submitted
something is recognised by the platform's number, by id, by email or by name; others get the id of the table. Where two
people have the same name, neither is guessed: a table that tells them apart, such as Moodle's grading worksheet, does
it. Names that stand in the gradebook are replaced, and nobody who has submitted is removed.

    id            id, username, login id, sis login id, id number, student id, sis user id, identifier, or ID-Nummer;
                  without one, the email
    name          first name and last name (or surname, Vorname, Nachname), or student, name, full name or
                  Vollständiger Name ("Last, First" or "First Last")
    email         email, email address, E-Mail-Adresse
"""

import re
import sys
from argparse import Namespace

from sqlalchemy.exc import SQLAlchemyError

from .. import paths
from ..intake.collection import Identity, identities, safe_id
from . import tables
from .gradebook import CannotGrade, ClassGradebook, alone
from .people import Person, match

IDS = ("id", "username", "login id", "sis login id", "id number", "student id", "sis user id", "id-nummer")
IDS += ("anmeldename", "matrikelnummer")
FIRST = ("first name", "first_name", "firstname", "vorname")
LAST = ("last name", "last_name", "lastname", "surname", "nachname")
WHOLE = ("student", "name", "full name", "vollständiger name")
EMAIL = ("email", "email address", "e-mail", "e-mail-adresse")
IDENTIFIER = ("identifier",)  # of Moodle's grading worksheet: Participant 77
NOBODY = ("points possible", "student, test")  # lines of Canvas that are not students


def run(options: Namespace) -> int:
    path = options.file
    try:
        people = read(path.read_bytes())
        with alone(), ClassGradebook() as gradebook:
            report = enter(people, gradebook)
    except (OSError, ValueError, CannotGrade, SQLAlchemyError) as error:
        print(f"{path}: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    print(*report, sep="\n")
    return 0


def enter(people: list[Person], gradebook: ClassGradebook) -> list[str]:
    """Enter people into the gradebook, under the ids of what they have submitted; returns what is to be said.

    Somebody whom an earlier table entered under another id, without a submission, does not stay there twice.
    """
    active, idle = _known(gradebook)
    pairs, unclear = match(people, active.values())
    rest = [person for person in people if person not in pairs.values() and person not in unclear]
    more, unclear_too = match(rest, idle.values())
    pairs, unclear = pairs | more, unclear | unclear_too
    met = len(pairs)
    pairs |= {safe_id(p.id): p for p in people if p not in pairs.values() and p not in unclear}
    there = active.keys() | idle.keys()
    named = {who: p for who, p in pairs.items() if p.first or p.last or who not in there}  # blind marking has no names
    gradebook.enroll({student: (p.first, p.last, p.email) for student, p in named.items()})
    ids = {safe_id(each) for p in people if p not in unclear for each in (p.id, *p.ids) if each}
    gradebook.remove(sorted((ids & idle.keys()) - pairs.keys()))
    said = [f"{len(people)} students are in the table; {met} of them were in the gradebook or had submitted."]
    said += [_unclear(person, students) for person, students in unclear.items()]
    strangers = sorted(there - ids - pairs.keys() - {student for each in unclear.values() for student in each})
    return said + ([f"These students are not in the table: {', '.join(strangers)}."] if strangers else [])


def _known(gradebook: ClassGradebook) -> tuple[dict[str, Identity], dict[str, Identity]]:
    """Student -> identity: of those who have submitted something, and of the others in the gradebook."""
    there, active = {}, {}
    for who, first, last, email, has in gradebook.people():
        there[who] = Identity(who, f"{first} {last}".strip(), "", email)
        active |= {who: there[who]} if has else {}
    for one in submitted():
        known = there.get(one.student, one)
        name = one.name if one.name != one.student else known.name
        active[one.student] = one._replace(name=name, email=known.email)
    return active, {who: one for who, one in there.items() if who not in active}


def _unclear(person: Person, students: list[str]) -> str:
    return (
        f"{person.name} ({person.id}) was not entered: the name fits {', '.join(students)}, and more than one person "
        "has it. A table with a column Identifier, ID or email that tells them apart does it."
    )


def submitted() -> list[Identity]:
    """Everybody who has something among the submissions."""
    return identities(paths.runtime() / "submitted")


def read(data: bytes) -> list[Person]:
    """The people of a table; raises ValueError, naming the line, where it can't be understood."""
    return list(people(tables.parse(data)).values())


def people(table: tables.Table) -> dict[int, Person]:
    """Row -> the person in it; raises ValueError as `read` does."""
    ids, first, last, whole, email, identifier = map(table.column, (IDS, FIRST, LAST, WHOLE, EMAIL, IDENTIFIER))
    if not identifier and table.column(("bewertung kann geändert werden",)):  # Moodle's grading worksheet in German
        ids, identifier = None, table.column(("id",))
    if not identifier and (not (ids or email) or not (whole or (first and last)) or not (ids or first)):
        found = ", ".join(table.headings) or "none"
        raise ValueError(f"expected columns for an id and a name (see --help), found {found}")
    canvas, every = is_canvas(table), [table.column([name]) for name in IDS]
    found: dict[int, Person] = {}
    for index, (line, row) in enumerate(table.rows):
        get = lambda column, row=row: row.get(column, "").strip() if column else ""
        if not any(map(get, (ids, first, last, whole, identifier))) or get(whole).lower() in NOBODY:
            continue
        one = (get(first), get(last)) if get(first) or get(last) else _parts(get(whole))
        moodle = participant(get(identifier))
        number = f"canvas {get(ids)}" if canvas else f"moodle {moodle}" if moodle else ""
        id = get(ids) or (f"{get(whole) or 'Participant'}_{moodle}" if moodle else get(email))  # as Moodle exports it
        if not id:
            raise ValueError(f"line {line}: no id for {get(whole) or ' '.join(one).strip()}")
        if id in (person.id for person in found.values()):
            raise ValueError(f"line {line}: the id {id} is there twice")
        others = tuple(filter(None, (get(column) for column in every if column != identifier)))
        found[index] = Person(id, *one, get(email), others, number)
    return found


def is_canvas(table: tables.Table) -> bool:
    """Whether this is the gradebook of Canvas, or its beginning."""
    return all(table.column([name]) for name in ("student", "id", "section"))


def participant(identifier: str) -> str:
    """The number in Moodle's "Participant 77", in any language."""
    return (re.findall(r"\d+", identifier) or [""])[-1]


def _parts(name: str) -> tuple[str, str]:
    """First and last name."""
    if "," in name:
        last, _, first = name.partition(",")
    else:
        first, _, last = name.rpartition(" ")
    return first.strip(), last.strip()
