"""The instructor's report shows whatever students have written as text."""

from llmcourse.checks import lab

from grading.exercises import solutions
from grading.reporting import class_report, marks
from grading.running import score

LAB = lab("08_linear_attention")
FORGED = "<script>alert(1)</script>"


def mark(student, share, answer="x = 1", **what):
    points = {e.name: share * e.points for e in LAB.exercises}
    answers = dict.fromkeys(points, answer)
    found = {"open_task": None, "mistakes": {}, "repaired": (), "stopped": (), "lost": ""} | what
    return marks.Mark(student, first=student, last="", points=points, answers=answers, seconds=1.0, **found)


def test_nothing_that_students_write_is_html():
    name = LAB.exercises[0].name
    known = score.misconceptions(name)[0].name
    long = "def f(x):\n    " + "\n    ".join(f"y{i} = x ** {i} + {i}" for i in range(30))
    parts = dict(repaired=(FORGED,), stopped=(FORGED,), lost=FORGED, mistakes={name: known})
    page = class_report.section(LAB, [mark(f"{FORGED}{n}", 0.5, long, **parts) for n in range(3)])
    assert "<script" not in page and "onload" not in page
    assert page.count("&lt;script&gt;") > 10
    for title in ("Commonest misconceptions", "Stopped and repaired", "Nearly the same answers", "Students"):
        assert f"<h3>{title}</h3>" in page


def test_the_page_stands_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    monkeypatch.setattr(class_report, "read", lambda lab: [mark("ada", 1.0)] if lab is LAB else [])
    page = class_report.write().read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and page.count("<h2>") == 1 and page.rstrip().endswith("</html>")
    assert "--ink:" in page and "prefers-color-scheme:dark" in page and "&lt;figure" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_without_grades_the_page_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    monkeypatch.setattr(class_report, "read", lambda lab: [])
    assert "Nothing has been graded yet: <code>make grade</code>." in class_report.write().read_text(encoding="utf-8")


def test_an_untouched_answer_is_not_begun():
    name = LAB.exercises[0].name
    stub = mark("kim", 0, solutions.stub(LAB, name))
    assert class_report.outcome(LAB, stub, name) == "not begun"


DEEP = {
    "brackets": "x = " + "[" * 9_000 + "]" * 9_000,
    "signs": "x = " + "-" * 19_000 + "1",
    "names": "x = a" + ".a" * 9_000,
    "calls": "x = f" + "()" * 9_000,
    "sums": "x = 1" + "+1" * 9_000,
    "blocks": "\n".join(" " * n + "if x:" for n in range(95)),
    "lines": "x = 1\n" * 3_000_000,
    "nothing valid": "\0",
}


def test_answers_that_no_parser_likes_are_not_compared():
    class_ = [mark(f"{name} {n}", 0.5, source) for name, source in DEEP.items() for n in range(2)]
    page = class_report.section(LAB, class_)
    assert "<h3>Nearly the same answers</h3>" in page and "could not be compared" not in page


def test_where_answers_cannot_be_compared_the_rest_of_the_report_is_written(monkeypatch):
    monkeypatch.setattr(class_report, "PATIENCE", 0.2)
    monkeypatch.setattr(class_report, "compared", endless)
    page = class_report.section(LAB, [mark("ada", 1.0), mark("ben", 0.5)])
    assert "could not be compared. It takes more than 0.2 seconds" in page and "<h3>Students</h3>" in page


def endless(*_):
    while True:
        pass
