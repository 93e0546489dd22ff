"""A class of one's own: graded cells that the course does not know, and class.toml."""


import pytest
from llmcourse.checks import lab
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.utils import determine_grade

from grading.intake import repair
from grading.running import own_cells, sandbox, session

SLUG = "08_linear_attention"
LAB = lab(SLUG)
sandboxed = pytest.mark.skipif(sandbox.kind() == "none", reason="no sandbox here")


def graded(text, name, points=5, **kind):
    """A graded cell of the instructor's."""
    given = {"grade": True, "grade_id": name, "locked": True, "points": points, "schema_version": 3}
    given |= {"solution": False, "task": False, **kind}
    return new_code_cell(text, id=name, metadata={"nbgrader": given})


# --- graded cells that the course does not know


def run(*cells, **settings):
    """The notebook of these cells, run and scored as a submission of lab 08."""
    step = session.Score(**settings, extra_arguments=["--log-level=ERROR"], shutdown_kernel="immediate")
    resources = {"nbgrader": {"student": "ada", "assignment": SLUG}, "unique_key": "lab", "metadata": {}}
    return step.preprocess(new_notebook(cells=list(cells)), resources)[0]


TESTS = {  # source of a test of five points -> what nbgrader gives for it, and what the card says
    "assert area(2) == 12": (5, ""),
    "print('fine')": (5, ""),
    "'a word'": (5, ""),
    "assert area(2) == 13, 'not pi'": (0, "AssertionError: not pi"),
    "raise SystemError": (0, "SystemError"),
    "area(2) / 8": (1.5, "It returned 1.5."),
    "2 / 3": (2 / 3, "It returned 0.666667."),
    "import sys; print('hm', file=sys.stderr)": (0, "stderr"),
    "area(2)": (0, "It returned more than its 5 points"),
}


@sandboxed
def test_an_nbgrader_test_is_run_and_scored_as_nbgrader_does(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    cells = [graded(text, f"own-{number}") for number, text in enumerate(TESTS)]
    done = run(new_code_cell("def area(r):\n    return 3 * r * r"), *cells)
    for cell, (points, said) in zip(done.cells[1:], TESTS.values()):
        card = cell.outputs[0].data["text/plain"]
        assert determine_grade(cell)[0] == pytest.approx(points, abs=1e-9), cell.source
        assert said in card and own_cells.WHAT in card and f"{points:g} of 5 points" in card
        assert cell.metadata.llmcourse.test == "the instructor's"
    assert not done.metadata.llmcourse.lost and not done.metadata.llmcourse.stopped


@sandboxed
def test_a_test_that_is_not_run_to_its_end_earns_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    cells = [graded("while True: pass", "slow"), graded("1", "good"), graded("import os; os._exit(0)", "last")]
    done = run(*cells, graded("", "after"), timeout=1)
    assert [determine_grade(cell)[0] for cell in done.cells] == [0, 1, 0, 0]
    said = [cell.outputs[0].data["text/plain"] for cell in done.cells]
    assert "took too long" in said[0] and "ended its own kernel" in said[2] and "ended its own kernel" in said[3]
    assert done.metadata.llmcourse.stopped == ["slow"] and "own kernel" in done.metadata.llmcourse.lost


@sandboxed
def test_an_answer_that_a_person_marks_is_run_and_left_to_them(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    done = run(graded("x = 7", "essay", solution=True, locked=False), graded("assert x == 7", "own"))
    assert determine_grade(done.cells[0])[0] is None and determine_grade(done.cells[1])[0] == 5


def skeleton():
    """A released lab with a question of the instructor's own."""
    given = {"solution": True, "grade": False, "locked": False}
    return new_notebook(
        cells=[
            graded("def area(r):\n    raise NotImplementedError()", "circle", **given),
            graded("assert area(1) == 3", "circle-check"),
            graded("assert area(0) == 0", "zero"),
        ]
    )


@pytest.mark.parametrize("strip", [False, True])
def test_a_submission_with_unknown_cells_is_repaired(strip):
    mine = skeleton()
    mine.cells[0].source = "def area(r):\n    return 3 * r * r"
    mine.cells[1].source = "assert True"
    if strip:
        for number, cell in enumerate(mine.cells):
            cell.metadata, cell.id = {}, f"colab-{number}"
    found = repair.repair(mine, skeleton())
    by_name = {cell.metadata.nbgrader.grade_id: cell for cell in found.cells if "nbgrader" in cell.metadata}
    assert by_name["circle"].source == "def area(r):\n    return 3 * r * r"
    assert by_name["circle-check"].source == "assert area(1) == 3" and by_name["zero"].source == "assert area(0) == 0"


def test_an_answer_in_another_cell_makes_its_unknown_stub_way():
    mine = skeleton()
    mine.cells = [
        new_markdown_cell("# Mine"),
        new_code_cell("import math\n\ndef area(r):\n    return 3"),
        *mine.cells[1:],
    ]
    found = repair.repair(mine, skeleton())
    [stub] = [cell for cell in found.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "circle"]
    texts = [cell.source for cell in found.cells]
    assert stub.source in ("# `area` is defined in another cell.", "import math\n\ndef area(r):\n    return 3"), texts
    assert sum("def area" in text for text in texts) == 1
