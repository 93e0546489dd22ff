"""Names of a class, from the tables that learning platforms write."""

import pytest

from grading import paths
from grading.commands import main
from grading.gradebook import gradebook, roster
from grading.intake.collection import safe_id

from .classes import gradebook_in

MOODLE = "First name,Surname,ID number,Email address\nAda,Lovelace,,ada@x.org\nБорис,Белый,b2,b@x.org\n"
CANVAS = 'Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"Lovelace, Ada",17,s1,ada,A\n'


def people(text, encoding="utf-8"):
    return [tuple(person) for person in roster.read(text.encode(encoding))]


def test_tables_of_people_and_platforms():
    plain = "id,first_name,last_name,email\nada,Ada,Lovelace,ada@x.org\n"
    assert (
        people(plain)
        == people(plain, "utf-8-sig")
        == people(plain.replace(",", ";"))
        == [("ada", "Ada", "Lovelace", "ada@x.org")]
    )
    assert people(plain.replace("\n", "\r\n")) == people(plain)
    assert people(CANVAS) == [("17", "Ada", "Lovelace", "")]
    assert people("username,name\nada,Augusta Ada King\n") == [("ada", "Augusta Ada", "King", "")]
    assert people("id,name\nada,Ada\n\n") == [("ada", "", "Ada", "")]


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "expected columns for an id and a name"),
        ("a,b\n1,2\n", "found a, b"),
        ("id,email\n1,2\n", "expected columns"),
        (MOODLE, "line 2: no id for Ada Lovelace"),
        ("id,name\na,Ada L\na,Ada K\n", "line 3: the id a is there twice"),
    ],
)
def test_what_is_wrong_is_said(text, said):
    with pytest.raises(ValueError, match=said):
        roster.read(text.encode())


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    gradebook_in(tmp_path)
    return tmp_path


def names():
    with gradebook.ClassGradebook() as book:
        return book.names()


def test_who_has_handed_in_is_recognised_by_name_or_id(place, capsys):
    for student in (safe_id("Ada Lovelace"), "b2", "stranger"):
        (place / "submitted" / student).mkdir(parents=True)
    (place / "class.csv").write_text(MOODLE.replace("Lovelace,,", "Lovelace,a1,") + "Cem,Demir,c3,\n", encoding="utf-8")
    assert main(["roster", str(place / "class.csv")]) == 0
    assert names() == {safe_id("Ada Lovelace"): ("Ada", "Lovelace"), "b2": ("Борис", "Белый"), "c3": ("Cem", "Demir")}
    first, second = capsys.readouterr().out.splitlines()
    assert first == "3 students are in the table; 2 of them were in the gradebook or had submitted."
    assert second == "These students are not in the table: stranger."
    (place / "class.csv").write_text("id,name\nc3,Cem Kaya\n")
    assert main(["roster", str(place / "class.csv")]) == 0
    assert names()["c3"] == ("Cem", "Kaya") and len(names()) == 3


def test_a_table_with_a_fault_enters_nobody(place, capsys):
    (place / "class.csv").write_text("id,name\na,Ada L\n,Ben K\n")
    assert main(["roster", str(place / "class.csv")]) == 1 and names() == {}
    assert main(["roster", str(place / "none.csv")]) == 1
    assert "line 3: no id for Ben K" in capsys.readouterr().err


def test_the_exchange_is_no_student(place):
    assert roster.handed_in() == set() and paths.runtime() == place
