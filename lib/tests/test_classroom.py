"""class.toml: what it may say, and what is said of a file that says something else."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from llmcourse import classroom, work
from llmcourse.classroom import ClassError, Classroom, Late
from llmcourse.course import MODULES, module
from llmcourse.work import WorkError, folder

ROOT = Path(__file__).parents[2]
GOOD = """
title = "Autumn"
timezone = "Europe/Berlin"
modules = ["mamba", 8, "12_rag"]
[weights]
8 = 2
rag = 0
[due]
08 = 2026-10-12
10 = 2026-10-12T18:00:00
12 = 2026-10-12T18:00:00-05:00
[late]
free = 2
per_day = 0.1
"""


def parsed(text):
    return classroom.parse(text, Path("class.toml"))


def test_a_file_is_understood():
    room = parsed(GOOD)
    assert room.title == "Autumn" and room.modules == ("08_linear_attention", "10_mamba", "12_rag")
    assert [room.weight(slug) for slug in room.modules] == [2, 1, 0]
    assert room.due == {
        "08_linear_attention": datetime(2026, 10, 12, 21, 59, 59, tzinfo=UTC),
        "10_mamba": datetime(2026, 10, 12, 16, tzinfo=UTC),
        "12_rag": datetime(2026, 10, 12, 23, tzinfo=UTC),
    }
    assert room.late == Late(free=2, per_day=0.1, most=1)
    assert room.has("10_mamba") and not room.has("09_state_space") and room.only(MODULES)[0].number == 8


def test_an_empty_file_takes_the_whole_course():
    room = parsed("")
    assert room.only(MODULES) == list(MODULES) and room.late is None and not room.due and room.weight("12_rag") == 1


def test_what_lateness_costs():
    late, day = Late(free=1, per_day=0.1, most=0.25), 24 * 60 * 60
    assert [late.penalty(10, days * day) for days in (0, 1, 1.1, 2.5, 9)] == [0, 0, 1, 2, 2.5]


@pytest.mark.parametrize(
    "text, said",
    [
        ("titles = 'x'", "the key `titles` means nothing here; did you mean `title`?"),
        ("title = 1", "`title` is 1; expected a text"),
        ("timezone = 'Mars'", "`timezone` is 'Mars'; expected the name of a time zone"),
        ("modules = 8", "`modules` is 8; expected a list"),
        ("modules = []", "`modules` is []; expected a list"),
        ("modules = [8, 99]", "`modules[1]` names 99, which the class does not have; expected one of 01, 02"),
        ("modules = [true]", "`modules[0]` names True"),
        ("modules = [8, 'linear_attention']", "`modules` names 08 twice"),
        ("weights = 2", "`weights` is 2; expected a table"),
        ("[weights]\n08 = 'two'", "`weights.08` is 'two'; expected a number that is not negative"),
        ("[weights]\n08 = -1", "`weights.08` is -1"),
        ("[weights]\n08 = inf", "`weights.08` is inf"),
        ("[weights]\n08 = true", "`weights.08` is True"),
        ("[weights]\n08 = 1\n8 = 2", "`weights.8` names 08 twice"),
        (
            "modules = [8]\n[weights]\n09 = 1",
            "`weights.09` names '09', which the class does not have",
        ),
        ("[due]\n08 = 'Monday'", "`due.08` is 'Monday'; expected a date, such as 2026-10-12"),
        ("[due]\n08 = 2026-10-12", "expected a time zone: either `timezone"),
        ("[late]\nfree_days = 1", "the key `late.free_days` means nothing here"),
        ("[late]\nper_day = 10", "`late.per_day` is 10; expected a number from 0 to 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_key_and_what_is_expected(text, said):
    with pytest.raises(ClassError) as error:
        parsed(text)
    assert said in str(error.value) and str(error.value).startswith("class.toml: ")


def test_a_module_that_is_left_out_and_needed_is_said():
    assert parsed("modules = [8, 10]").gaps(ROOT) == [
        "Module 09 (State space models) is left out, and module 10 (Mamba and its family) builds on it."
    ]
    assert parsed("modules = [8, 9, 10]").gaps(ROOT) == [] == Classroom().gaps(ROOT)
    assert all(module(n).built(ROOT) for n in (8, 9, 10))


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with three labs."""
    (tmp_path / "lectures").mkdir()
    (tmp_path / "pyproject.toml").touch()
    for slug in ("08_linear_attention", "09_state_space", "12_rag"):
        folder.write(tmp_path / "labs" / slug / "lab.ipynb", {"cells": [], "metadata": {}})
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LLMCOURSE_CLASS", raising=False)
    return tmp_path


def test_without_a_file_work_has_every_lab(course):
    work.prepare()
    assert {path.parent.name for path in course.glob("work/*/*_lab.ipynb")} == set(folder.labs())
    assert "09 State space models" in str(work.progress())


def test_work_has_the_labs_of_the_class_alone(course):
    (course / "class.toml").write_text("modules = [8, 12]")
    assert "08_linear_attention/08_lab.ipynb, 12_rag/12_lab.ipynb" in work.prepare()
    assert {path.parent.name for path in course.glob("work/*/*_lab.ipynb")} == {"08_linear_attention", "12_rag"}
    assert "09" not in {line[:2] for line in str(work.progress()).splitlines()}
    assert {"08", "12"} <= {line[:2] for line in str(work.progress()).splitlines()}
    with pytest.raises(WorkError, match="no lab called '09'"):
        work.submit("09")


def test_a_file_elsewhere_counts(course, monkeypatch):
    (course / "mine.toml").write_text("modules = [9]")
    monkeypatch.setenv("LLMCOURSE_CLASS", str(course / "mine.toml"))
    assert list(folder.labs()) == ["09_state_space"]
    monkeypatch.setenv("LLMCOURSE_CLASS", str(course / "none.toml"))
    with pytest.raises(WorkError, match=r"LLMCOURSE_CLASS names .*none.toml, and there is no such file"):
        work.prepare()


def test_what_is_wrong_with_the_file_is_said_to_the_student_too(course):
    (course / "class.toml").write_text("modules = [8")
    with pytest.raises(WorkError, match="is not TOML"):
        work.prepare()
    (course / "class.toml").write_text("modules = [2]")
    with pytest.raises(WorkError, match="None of the modules"):
        work.prepare()
