"""The bank of answers, `python -m grading try`, and the stages that long exercises name."""

import pytest
import torch
from llmcourse.checks import find, labs
from llmcourse.checks.diagnosis import trace
from llmcourse.checks.public_cases import public_cases

from grading import answers
from grading.authoring import trying
from grading.commands import main
from grading.exercises import private, solutions

STAGED = [e.name for lab in labs() for e in lab.exercises if private(e.name).stages]
FILE = """
from grading.answers import answer

@answer("quadratic-map", "every product once", "wrong")
def _(x):
    i, j = (m.flatten() for m in (x.shape[-1], x.shape[-1]) for m in [__import__("torch").arange(m)])
    return x

@answer("quadratic-map", "nothing at all", "wrong")
def _(x):
    return None

@answer("elo-scale", "right, by its rule refused", "right", rule="same dtype")
def _(r, anchor, at):
    return r.double()
"""


def near(x, y):
    return torch.allclose(x, y, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", STAGED)
def test_a_right_answer_computes_the_stages(name):
    """Each of them in one of the right answers: they are written in different ways."""
    lab, exercise = find(name)
    case = public_cases(lab, name).cases[0]
    half = private(name)
    right = (half.reference, *half.variants, solutions.answer(lab, name))
    known = [trace.computed(exercise, answer, case.inputs) for answer in right]
    assert case.stages
    for words, stage in case.stages.items():
        assert any(trace.holds(tensors, stage, near) for tensors in known), words


def test_a_file_of_answers_is_tried(tmp_path, capsys):
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    assert [answer.kind for answer in answers.read(path)] == ["wrong", "wrong", "right"]
    assert main(["try", str(path), "--all"]) == 0
    said = capsys.readouterr().out
    assert "told      quadratic-map: nothing at all" in said and "by rule   elo-scale" in said
    assert "\nper cent" in said


def test_a_file_that_names_no_exercise_is_refused(tmp_path, capsys):
    path = tmp_path / "mine.py"
    path.write_text(FILE.replace("elo-scale", "elo-scal"))
    assert main(["try", str(path)]) == 2
    assert 'Did you mean "elo-scale"' in capsys.readouterr().err


def test_an_answer_is_right_or_wrong():
    with pytest.raises(ValueError, match="right, wrong"):
        answers.answer("quadratic-map", "x", "maybe")


def test_outcomes_are_those_of_the_table():
    assert set(trying.LISTED) <= {*trying.WRONG, *trying.RIGHT}


@pytest.mark.parametrize(
    "name, what, outcome",
    [
        ("reconstruct", "polynomials as a table up to P_4", trying.WRONG),
        ("cross-scan", "square pictures only: transposes", trying.WRONG),
        ("gold-places", "floats instead of integers", trying.WRONG),
        ("delta-step", "keys normalised once more", ["passes"]),
        ("ralm-perplexity", "a Python float", ["passes"]),
        ("causal-convolution-state", "the last W - 1 rows counted from the end", ["passes"]),
    ],
)
def test_what_was_accepted_is_not_and_what_was_refused_passes(name, what, outcome):
    file = f"{find(name)[0].name}/{name.replace('-', '_')}.py"
    one = next(a for a in answers.read(trying.BANK / file) if a.what.startswith(what))
    assert trying.tried_out(one).outcome in set(outcome) - {"accepted"}
