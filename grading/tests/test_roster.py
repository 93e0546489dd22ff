"""Names of a class, from the tables that learning platforms write."""

import json
import shutil

import pytest
from llmcourse.checks import lab as find_lab
from nbgrader.api import Gradebook

from grading import grade, paths
from grading.commands import main
from grading.gradebook import gradebook, roster, tables
from grading.gradebook.people import Person
from grading.intake.collection import RECORD, safe_id

from .classes import LAB, SLUG, gradebook_in, hand_in, without_kernels

MOODLE = "First name,Surname,ID number,Email address\nAda,Lovelace,,ada@x.org\nБорис,Белый,b2,b@x.org\n"
CANVAS = 'Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"Lovelace, Ada",17,s1,ada,A\n'


def people(text, encoding="utf-8"):
    return [tuple(person)[:4] for person in roster.read(text.encode(encoding))]


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
        (MOODLE.replace("ada@x.org", ""), "line 2: no id for Ada Lovelace"),
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


ANNA, BERT, NINA = safe_id("Anna Schmidt_1234"), safe_id("Bert Old_1235"), "novaknina_55555"
EXPORTS = {
    "Anna Schmidt_1234_assignsubmission_file/lab.ipynb": ANNA,
    "Bert Old_1235_assignsubmission_file_/lab.ipynb": BERT,
    "Participant_77_assignsubmission_file/lab.ipynb": "Participant_77",
    "novaknina_LATE_55555_777777_lab-1.ipynb": NINA,
    "ottoolga_55556_777778_lab (1).ipynb": "ottoolga_55556",
}
TABLES = {  # what platforms write of people -> who is named by it
    "Moodle": (
        "First name,Last name,ID number,Email address\nAnna,Schmidt,s1,a@x.org\nBert,Old,s2,b@x.org\n",
        {ANNA, BERT},
    ),
    "Moodle without ids": ("First name,Last name,Email address,Groups\nAnna,Schmidt,a@x.org,\n", {ANNA}),
    "Moodle with an empty id": ("First name,Last name,ID number,Email address\nAnna,Schmidt,,a@x.org\n", {ANNA}),
    "Moodle in German": ("Vorname;Nachname;ID-Nummer;E-Mail-Adresse\r\nAnna;Schmidt;s1;a@x.org\r\n", {ANNA}),
    "Moodle's worksheet": (
        "Identifier,Full name,Email address,Status,Grade\nParticipant 1234,Anna Schmidt,a@x.org,,\n"
        "Participant 1235,Bert Old,,,\n",
        {ANNA, BERT},
    ),
    "Canvas": (
        "Student,ID,SIS User ID,SIS Login ID,Section,Lab 08 (123)\n    Points Possible,,,,,25\n"
        '"Novak, Nina",55555,u77,nnovak,A,\n"Otto, Olga",55556,u78,ootto,A,\n"Student, Test",99,,,A,\n',
        {NINA, "ottoolga_55556"},
    ),
}


def export(place, *files):
    for file in files or EXPORTS:
        (place / "submitted" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.released(SLUG), place / "submitted" / file)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("what", TABLES)
def test_who_was_exported_by_a_platform_is_recognised(place, what, encoding, capsys):
    text, named = TABLES[what]
    export(place)
    (place / "class.csv").write_bytes(text.encode(encoding))
    assert main(["roster", str(place / "class.csv")]) == 0
    assert set(names()) == named and all(all(name) for name in names().values())
    assert f"{len(named)} of them were in the gradebook or had submitted" in capsys.readouterr().out


@pytest.mark.parametrize("called", ["Anna Schmidt", "Anna Schmidt_1234_assignsubmission_file"])
def test_nobody_stands_twice_and_what_was_given_by_hand_stays(place, monkeypatch, called):
    without_kernels(monkeypatch)
    export(place, *list(EXPORTS)[:2])
    with gradebook.ClassGradebook() as book:  # as an earlier version entered the table
        book.enroll({"s1": ("Anna", "Schmidt", ""), "s3": ("Cem", "Demir", "")})
    hand_in([ANNA], place / "submitted")
    (place / "submitted" / ANNA / RECORD).write_text(json.dumps({"name": called, "labs": {}}))
    shutil.rmtree(place / "submitted" / "Anna Schmidt_1234_assignsubmission_file")
    assert main(["grade"]) == 0
    with Gradebook(paths.config().CourseDirectory.db_url) as book:
        book.find_grade("open-task", "lab", SLUG, ANNA).manual_score = 3
        book.db.commit()
    (place / "class.csv").write_text(TABLES["Moodle"][0])
    assert main(["roster", str(place / "class.csv")]) == 0
    assert names() == {ANNA: ("Anna", "Schmidt"), BERT: ("Bert", "Old"), "s3": ("Cem", "Demir")}
    with Gradebook(paths.config().CourseDirectory.db_url) as book:
        assert book.find_grade("open-task", "lab", SLUG, ANNA).manual_score == 3


def test_namesakes_are_said_and_not_guessed(place, capsys):
    export(place, "Anna Schmidt_1_assignsubmission_file_/lab.ipynb", "Anna Schmidt_2_assignsubmission_file_/lab.ipynb")
    rows = "Anna,Schmidt,s1,a@x.org\nAnna,Schmidt,s2,b@x.org\nCem,Demir,s3,\n"
    (place / "class.csv").write_text(f"First name,Last name,ID number,Email address\n{rows}")
    assert main(["roster", str(place / "class.csv")]) == 0
    said = capsys.readouterr().out
    assert set(names()) == {"s3"} and "Anna Schmidt (s1) was not entered" in said and "(s2) was not entered" in said
    worksheet = (
        "Identifier,Full name,Email address\nParticipant 1,Anna Schmidt,a@x.org\nParticipant 2,Anna Schmidt,b@x.org\n"
    )
    (place / "worksheet.csv").write_text(worksheet)
    assert main(["roster", str(place / "worksheet.csv")]) == 0
    assert main(["roster", str(place / "class.csv")]) == 0  # the emails tell them apart now
    assert set(names()) == {safe_id("Anna Schmidt_1"), safe_id("Anna Schmidt_2"), "s3"}
    assert "not entered" not in capsys.readouterr().out


def test_a_class_that_was_entered_first_is_recognised_in_every_lab(place):
    people = [Person("s1", "Anna", "Schmidt", ""), Person("s2", "Nina", "Novák", "")]
    export(place, "Anna Schmidt_1234_assignsubmission_file/lab.ipynb", "novaknina_55555_7_lab.ipynb")
    unpack = lambda lab=LAB: grade.unpack(place / "submitted", [lab], None, people)
    for _ in range(2):
        assert set(unpack().given[SLUG]) == {"s1", "s2"} and unpack().said == []
    other = find_lab("09_state_space")  # where Moodle gives everybody another number
    file = place / "submitted" / "Anna Schmidt_77_assignsubmission_file" / other.slug / "lab.ipynb"
    file.parent.mkdir(parents=True)
    shutil.copy(paths.released(other.slug), file)
    for _ in range(2):
        assert set(unpack(other).given[other.slug]) == {"s1"} and set(unpack().given[SLUG]) == {"s1", "s2"}


def test_a_namesake_who_submits_too_is_a_student_of_their_own(place):
    people = [Person("s1", "Anna", "Schmidt", "")]
    export(place, "Anna Schmidt_1_assignsubmission_file/lab.ipynb")
    assert set(grade.unpack(place / "submitted", [LAB], None, people).given[SLUG]) == {"s1"}
    export(place, "Anna Schmidt_2_assignsubmission_file/lab.ipynb")
    for _ in range(2):
        found = grade.unpack(place / "submitted", [LAB], None, people)
        assert set(found.given[SLUG]) == {"s1", safe_id("Anna Schmidt_2")}
    shutil.rmtree(place / "submitted" / "s1")
    shutil.rmtree(place / "submitted" / safe_id("Anna Schmidt_2"))
    found = grade.unpack(place / "submitted", [LAB], None, people)
    assert set(found.given[SLUG]) == {safe_id("Anna Schmidt_1"), safe_id("Anna Schmidt_2")}
    assert "Anna Schmidt (s1) may be" in found.said[0]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16-le"])
def test_a_table_that_is_not_utf_8_is_refused_with_advice(place, capsys, encoding):
    (place / "class.csv").write_bytes("id,first_name,last_name\nx1,José,Nuñez\n".encode(encoding))
    assert main(["roster", str(place / "class.csv")]) == 1 and names() == {}
    said = capsys.readouterr().err
    assert "class.csv: " in said and ("CSV UTF-8" in said or "it contains zeros" in said)


def test_tables_are_written_as_they_were_read():
    text = 'a;"b";c\r\n1;"two\nlines; and ""more""";ä\r\n'
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        table = tables.parse(text.encode(encoding))
        assert table.rows[0][1] == {"a": "1", "b": 'two\nlines; and "more"', "c": "ä"}
        assert tables.parse(table.dumps()) == table and table.dumps().decode(encoding) == text.replace('"b"', "b")


def test_a_table_with_a_fault_enters_nobody(place, capsys):
    (place / "class.csv").write_text("id,name\na,Ada L\n,Ben K\n")
    assert main(["roster", str(place / "class.csv")]) == 1 and names() == {}
    assert main(["roster", str(place / "none.csv")]) == 1
    assert "line 3: no id for Ben K" in capsys.readouterr().err


def test_the_exchange_is_no_student(place):
    assert roster.submitted() == [] and paths.runtime() == place
