"""The score, and the test of the tests."""

import types

import pytest
import torch
from llmcourse.checks import find, labs
from llmcourse.checks.answer import Reply, run

from grading import exercises, solutions
from grading.authoring import mutation_test
from grading.authoring.mutants import mutants
from grading.exercises import private
from grading.running import fingerprint, score
from grading.running.score import cases, judge

EXERCISES = [e.name for lab in labs() for e in lab.exercises]


def replies(name, answer, seed=0):
    return {title: run(find(name)[1], answer, inputs) for title, inputs in cases(name, seed).items()}


@pytest.mark.parametrize("name", EXERCISES)
def test_solution_gets_full_marks_and_silence_none(name):
    lab, exercise = find(name)
    assert judge(name, 1, replies(name, solutions.answer(lab, name), 1)).points == exercise.points
    assert judge(name, 1, {}).points == 0
    assert judge(name, 1, replies(name, solutions.answer(lab, name, solutions.stub(lab, name)), 1)).points == 0


def test_inputs_are_reproducible_and_differ_by_seed():
    one, again, other = cases("linear-brackets", 1), cases("linear-brackets", 1), cases("linear-brackets", 2)
    for title in one:
        assert all(torch.equal(one[title][k], again[title][k]) for k in one[title])
        assert not torch.equal(one[title]["v"], other[title]["v"])


def test_replies_to_another_seed_earn_nothing():
    """Hard-coded outputs are outputs for other inputs."""
    name = "linear-brackets"
    lab, _ = find(name)
    assert judge(name, 2, replies(name, solutions.answer(lab, name), 1)).points == 0


def test_partial_credit_goes_by_case():
    name = "linear-brackets"
    lab, exercise = find(name)
    whole = replies(name, solutions.answer(lab, name))
    titles = list(whole)
    half = {t: whole[t] for t in titles[::2]} | {t: Reply(error="E", message="lost") for t in titles[1::2]}
    assert judge(name, 0, half).points == round(exercise.points * len(titles[::2]) / len(titles), 2)


def test_misconception_is_named_and_gets_half_at_most():
    name = "linear-brackets"
    result = judge(name, 0, replies(name, private(name).misconceptions[0]))  # right values, an L x L matrix
    assert result.misconception == "all_pairs"
    assert 0 < result.points <= 1.5
    assert "all pairs" in result.text and "all pairs" in result.html


def test_hidden_expectations_are_not_shown():
    name = "linear-brackets"
    result = judge(name, 0, replies(name, private(name).misconceptions[1]))
    assert "<svg" not in result.html


def test_kill_matrix_reports_what_it_should(monkeypatch):
    """A test that cannot fail is a defect: give it a right misconception, a wrong variant and a stale excuse."""
    lab, exercise = find("linear-brackets")
    half = private(exercise.name)

    @exercises.misconception(says="a right answer in disguise", hint="There is nothing to try.")
    def no_mistake(phi_q, phi_k, v):
        return phi_q @ (phi_k.mT @ v) / (phi_q @ phi_k.sum(-2)[..., None])

    broken = exercises.Private(
        reference=half.reference,
        variants=(half.variants[0], half.misconceptions[1]),
        misconceptions=(no_mistake,),
        cases=half.cases,
        equivalent={"nothing -> nothing": "stale"},
    )
    for module in (score, mutation_test):
        monkeypatch.setattr(module, "private", {exercise.name: broken}.__getitem__)
    score.expected.cache_clear()
    said = "\n".join(mutation_test.survivors(lab, exercise, range(1)))
    score.expected.cache_clear()
    assert "no_mistake passes at home" in said
    assert "without_normaliser is right and fails at home" in said
    assert "listed as equivalent, but caught or gone: nothing -> nothing" in said


def test_a_private_half_is_what_is_marked_in_a_module_in_its_order():
    def module(*marked, **more):
        made = types.ModuleType("an_exercise")
        vars(made).update({f.__name__: f for f in marked}, CASES={"one": None}, helper=len, **more)
        return made

    @exercises.reference
    def right(x):
        return x

    @exercises.variant
    def also_right(x):
        return +x

    @exercises.misconception(says="x with its sign turned", hint="Leave out the minus.")
    def negative(x):
        return -x

    @exercises.misconception(says="nothing", hint="Return x.")
    def absent(x):
        return None

    half = exercises.collect(module(negative, right, absent, also_right, EQUIVALENT={"a -> b": "why"}))
    assert half.reference is right and half.variants == (also_right,) and half.misconceptions == (negative, absent)
    assert half.cases == {"one": None} and half.equivalent == {"a -> b": "why"}
    said = negative.misconception
    assert (said.name, said.says, said.hint) == ("negative", "x with its sign turned", "Leave out the minus.")
    assert exercises.collect(module(right)).equivalent == {}
    for wrong in ((), (right, exercises.reference(lambda x: x))):
        with pytest.raises(LookupError, match=f"an_exercise needs one @reference and has {len(wrong)}"):
            exercises.collect(module(*wrong))
    with pytest.raises(ValueError, match="absent needs both"):
        exercises.misconception(says="nothing", hint="")(absent)


@pytest.mark.parametrize("name", EXERCISES)
def test_answers_made_from_a_private_half_have_no_decorators(name):
    half = private(name)
    for function in (*half.variants, *half.misconceptions):
        text = solutions.as_answer(name, function)
        assert text.startswith(f"def {find(name)[1].answer}(")
        assert "misconception" not in text and "says=" not in text
        compile(text, name, "exec")


def test_mutants_are_many_small_and_different():
    made = dict(mutants("def f(x):\n    y = x.mT @ x\n    return y.sum(-1, keepdim=True) + 1"))
    assert {"x.mT -> x.real", "y.sum -> y.mean", "True -> False"} <= set(made)
    assert any(what.startswith("without `y = ") for what in made)
    assert len(set(made.values())) == len(made)


@pytest.mark.parametrize("name", EXERCISES)
def test_stub_keeps_signature_and_docstring_and_no_solution(name):
    lab, exercise = find(name)
    text = solutions.stub(lab, name)
    assert f"def {exercise.answer}(" in text and '"""' in text and "raise NotImplementedError()" in text
    assert "SOLUTION" not in text and "return" not in text.split('"""')[2]


def test_a_clean_lab_is_recorded_until_something_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(mutation_test, "RECORD", tmp_path / "kill.json")
    lab = labs()[0]
    assert not mutation_test.is_recorded(lab, 1)
    mutation_test.note(lab, 30)
    assert mutation_test.is_recorded(lab, 3) and mutation_test.is_recorded(lab, 30)
    assert not mutation_test.is_recorded(lab, 31) and not mutation_test.is_recorded(labs()[1], 1)
    for what in ("version", "name"):
        with monkeypatch.context() as patch:
            patch.setattr(mutation_test, what, lambda lab: "another")
            assert not mutation_test.is_recorded(lab, 1) and not mutation_test.is_recorded(lab, 30)


def test_what_is_recorded_is_named_by_nothing_that_recording_changes():
    files = fingerprint._modules({"grading.running.autograde"} | fingerprint._configured())
    assert mutation_test.RECORD.exists() and mutation_test.RECORD not in {
        data for file in files for data in fingerprint._data(file)
    }
