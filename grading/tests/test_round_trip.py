"""To a learning platform and back: times of submission come in, points and feedback go out under the same names."""

import csv
import io
import shutil
import zipfile
from datetime import datetime

import nbformat
import pytest
from nbgrader.api import Gradebook

from grading import paths
from grading.commands import main
from grading.gradebook import late, platforms, tables
from grading.intake.collection import safe_id
from grading.running import rounds

from .classes import LAB, SLUG, gradebook_in, hand_in, without_kernels

# The headings are those of Moodle's offline grading worksheet and of Canvas's gradebook.
MOODLE = "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission)"
MOODLE += ",Last modified (grade),Feedback comments"
GERMAN = "ID;Vollständiger Name;E-Mail-Adresse;Status;Bewertung;Bestwertung;Bewertung kann geändert werden"
GERMAN += ";Zuletzt geändert (Abgabe);Zuletzt geändert (Bewertung);Feedback als Kommentar"  # codespell:ignore
CANVAS = "Student,ID,SIS User ID,SIS Login ID,Section,Lab 07 (122),Lab 08 (123)"
FOLDER, LAST = "Anna Schmidt_1234_assignsubmission_file", "_feedback-08.html"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    without_kernels(monkeypatch)
    gradebook_in(tmp_path)
    with Gradebook(paths.config().CourseDirectory.db_url) as book:
        book.update_or_create_assignment(SLUG, duedate="2026-10-10 12:00")
    config = paths.config()
    config.LateDays.per_day = 0.5
    monkeypatch.setattr(paths, "config", lambda: config)
    return tmp_path


def export(place, *names):
    """Submissions as a platform exports them."""
    hand_in(["x"], place)
    for name in names:
        (place / "submitted" / name).parent.mkdir(parents=True, exist_ok=True)
        notebook = nbformat.read(place / "x" / SLUG / "lab.ipynb", 4)
        notebook.cells[-1].source = f"{name}: This is mine."
        nbformat.write(notebook, place / "submitted" / name)


def platform(place, text, *options, encoding="utf-8"):
    """The exit code, the rows of the table that came back, and the names in the zip."""
    (place / "table.csv").write_bytes(text.encode(encoding))
    code = main(["platform", "08", "--worksheet", str(place / "table.csv"), *options])
    if code:
        return code, [], []
    data = (place / "platform" / "table.csv").read_bytes()
    assert (place / "table.csv").read_bytes() == text.encode(encoding)
    with zipfile.ZipFile(place / "platform" / "feedback-08.zip") as archive:
        names = archive.namelist()
        assert all(b"</html>" in archive.read(name) for name in names)
    return code, [row for _, row in tables.parse(data).rows], names


def earned(student):
    """What stands in the gradebook, and the penalty in it."""
    with Gradebook(paths.config().CourseDirectory.db_url) as book:
        one = book.find_submission(SLUG, student)
        return one.score, one.late_submission_penalty


def test_moodle(place, capsys):
    export(place, f"{FOLDER}_/lab.ipynb", "Bert Old_1235_assignsubmission_file/lab.ipynb")
    rows = [
        'Participant 1234,Anna Schmidt,a@x.org,Sent,,100.00,Yes,"Sunday, 11 October 2026, 1:30 PM",-,"Said, ""so"""',
        'Participant 1235,Bert Old,b@x.org,Submitted,,100.00,Yes,"Saturday, 10 October 2026, 1:30 PM",-,',
        "Participant 1236,Cem Demir,c@x.org,No submission,,100.00,Yes,-,-,",
    ]
    text = "\r\n".join([MOODLE, *rows, ""])
    code, table, names = platform(place, text, "--timezone", "Europe/Berlin")
    anna, bert = safe_id("Anna Schmidt_1234"), safe_id("Bert Old_1235")
    assert code == 0 and late.noted(SLUG) == {
        anna: datetime(2026, 10, 11, 11, 30),
        bert: datetime(2026, 10, 10, 11, 30),
    }
    (score, penalty), (of_bert, none) = earned(anna), earned(bert)
    assert penalty == score / 2 and not none and score and of_bert
    most = sum(e.points for e in LAB.exercises) + LAB.open_task
    assert float(table[0]["Grade"]) == pytest.approx(100 * (score - penalty) / most, abs=0.01)
    assert float(table[1]["Grade"]) == pytest.approx(100 * of_bert / most, abs=0.01) and table[2]["Grade"] == ""
    before = list(csv.DictReader(io.StringIO(text)))
    assert [row | {"Grade": ""} for row in table] == before and table[0]["Feedback comments"] == 'Said, "so"'
    assert names == [f"{one}_assignsubmission_file{LAST}" for one in ("Anna Schmidt_1234", "Bert Old_1235")]
    said = capsys.readouterr().out
    assert "No submission: Cem Demir." in said and "Of 2 students something waits" in said
    assert rounds.current(SLUG) == 1  # students may have the pages now
    assert platform(place, text, "--timezone", "Europe/Berlin")[1] == table and rounds.current(SLUG) == 1
    with Gradebook(paths.config().CourseDirectory.db_url) as book:
        book.find_comment("chunkwise", "lab", SLUG, anna).manual_comment = "See me."
        book.db.commit()
    assert platform(place, text, "--timezone", "Europe/Berlin")[0] == 0 and rounds.current(SLUG) == 2


def test_moodle_in_german(place):
    export(place, f"{FOLDER}_/lab.ipynb")
    when = "Samstag, 10. Oktober 2026, 13:30"  # codespell:ignore
    row = f"Teilnehmer/in1234;Anna Schmidt;a@x.org;Abgegeben;;{{:d}},00;Ja;{when};-;"
    most = sum(e.points for e in LAB.exercises) + LAB.open_task
    code, [row], _ = platform(
        place, f"{GERMAN}\n{row.format(most)}\n", "--timezone=Europe/Berlin", encoding="utf-8-sig"
    )
    score, _ = earned(safe_id("Anna Schmidt_1234"))
    assert code == 0 and row["Bewertung"] == f"{score:g}".replace(".", ",")
    assert late.noted(SLUG) == {safe_id("Anna Schmidt_1234"): datetime(2026, 10, 10, 11, 30)}


def test_blind_marking_in_german(place):
    export(place, "Participant_77_assignsubmission_file_/lab.ipynb")
    code, [row], names = platform(place, f"{GERMAN}\nTeilnehmer/in 77;;;Abgegeben;;25,00;Ja;-;-;\n")
    assert code == 0 and row["Bewertung"] and len(names) == 1


@pytest.mark.parametrize("names", ["", "Full name,"])
def test_blind_marking(place, names):
    export(place, "Participant_77_assignsubmission_file_/lab.ipynb", "Participant_78_assignsubmission_file_/lab.ipynb")
    text = f"Identifier,{names}Status,Grade,Maximum Grade,Grade can be changed\n"
    for number, may_change in ((78, "Yes"), (77, "No")):
        text += f"Participant {number},{',' * bool(names)}Submitted,,25.00,{may_change}\n"
    code, rows, zipped = platform(place, text)
    assert code == 0 and [bool(row["Grade"]) for row in rows] == [True, False]
    assert zipped == [f"Participant_{n}_assignsubmission_file{LAST}" for n in (77, 78)]


def test_canvas(place):
    export(place, "novaknina_LATE_55555_777777_lab-1.ipynb", "ottoolga_55556_777778_lab (1).ipynb")
    text = f"{CANVAS}\n    Points Possible,,,,,10,25\n"
    text += '"Novak, Nina",55555,u77,nnovak,A,3,\n"Otto, Olga",55556,u78,ootto,A,4,\n"Student, Test",99,,,A,,\n'
    code, rows, names = platform(place, text)
    assert code == 0 and [row["Lab 07 (122)"] for row in rows] == ["10", "3", "4", ""]
    assert rows[0]["Lab 08 (123)"] == "25" and rows[3]["Lab 08 (123)"] == "" and rows[1]["Lab 08 (123)"]
    assert names == ["novaknina_LATE_55555_777777_lab-1.html", "ottoolga_55556_777778_lab (1).html"]


def test_a_class_that_was_entered_first(place):
    (place / "class.csv").write_text("id,first_name,last_name\ns1,Anna,Schmidt\n")
    assert main(["roster", str(place / "class.csv")]) == 0
    export(place, f"{FOLDER}/lab.ipynb")
    code, [row], names = platform(place, f"{MOODLE}\nParticipant 1234,Anna Schmidt,a@x.org,,,,Yes,-,-,\n")
    assert code == 0 and float(row["Grade"]) == earned("s1")[0]
    assert names == [f"Anna Schmidt_1234_assignsubmission_file{LAST}"]


@pytest.mark.parametrize(
    "text, options, said",
    [
        (f"{MOODLE}\nParticipant 1234,Somebody Else,,,,,Yes,-,-,\n", (), "Is it the table of another lab?"),
        (f"{CANVAS.replace('08', '09')}\n", (), "choose the column for the points with --column"),
        (f"{CANVAS}\n", ("--column", "Lab 10"), "there is no column 'Lab 10'"),
        (f"{MOODLE}\n", ("--timezone", "Berlin"), "not the name of a time zone"),
        ("id,name\nx,José\n", (), "CSV UTF-8"),
        ("", (), "expected columns"),
    ],
)
def test_what_is_wrong_is_said(place, capsys, text, options, said):
    export(place, f"{FOLDER}/lab.ipynb")
    encoding = "latin-1" if "José" in text else "utf-8"
    assert platform(place, text, *options, encoding=encoding)[0] == 2
    assert said in capsys.readouterr().err and not (place / "platform").exists() and late.noted(SLUG) == {}


@pytest.mark.parametrize("time", ["garbage", "10 October 2026, 13:30", "Δευτέρα, 12 Οκτωβρίου 2026"])
def test_a_time_that_is_not_clear_is_named(place, capsys, time):
    export(place, f"{FOLDER}/lab.ipynb")
    code, [row], _ = platform(place, f'{MOODLE}\nParticipant 1234,Anna Schmidt,,,,,Yes,"{time}",-,\n')
    assert code == 0 and row["Grade"] and late.noted(SLUG) == {}
    assert "line 2: it is not known when Anna-Schmidt-1234" in capsys.readouterr().out


def test_points_are_scaled_and_written_as_the_maximum_is():
    assert [platforms.scaled(12.5, 25, most) for most in ("25.00", "100,00", "", "-", "10")] == [
        "12.5",
        "50",
        "12.5",
        "12.5",
        "5",
    ]
    assert platforms.scaled(1, 3, "10,00") == "3,33"


def test_a_read_only_folder_of_submissions(place, tmp_path):
    export(place, f"{FOLDER}/lab.ipynb")
    shutil.move(place / "submitted", place / "exported")
    before = sorted((place / "exported").rglob("*"))
    table = f"{MOODLE}\nParticipant 1234,Anna Schmidt,,,,,Yes,-,-,\n"
    code, [row], names = platform(place, table, "--submissions", str(place / "exported"))
    assert code == 0 and row["Grade"] and len(names) == 1 and sorted((place / "exported").rglob("*")) == before
