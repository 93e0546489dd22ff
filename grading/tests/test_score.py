"""The score, and the test of the tests."""

import dataclasses
import re
import types
from pathlib import Path

import pytest
import torch
from llmcourse.checks import find, labs
from llmcourse.checks.answer import Reply, read_reply, reply_bytes, run
from llmcourse.checks.exercise import Exercise
from llmcourse.checks.values import load, save

from grading import exercises
from grading.authoring import mutation_test
from grading.authoring.mutants import mutants
from grading.commands import main
from grading.exercises import private, solutions
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
    """Hard-coded outputs belong to other inputs."""
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


@pytest.mark.parametrize("name", EXERCISES)
def test_constants_earn_nothing(name):
    for what, constant in score.constants(name).items():
        assert judge(name, 3, replies(name, constant, 3)).points == 0, what


@pytest.mark.parametrize("name", EXERCISES)
def test_a_table_of_earlier_answers_earns_nothing(name):
    """Even with everything that was expected in another round, or of another student."""
    table = {case.title: Reply(case.expected) for case in score.expected(name, 1)}
    assert judge(name, 1, table).points == find(name)[1].points and judge(name, 2, table).points == 0


def test_a_case_that_zeros_pass_counts_together_with_another():
    name, seed = "soft-threshold", 0
    right = replies(name, private(name).reference, seed)
    easy = [case.title for case in score.expected(name, seed) if score.is_easy(find(name)[1], case)]
    hard = next(case.title for case in score.expected(name, seed) if score.carries(find(name)[1], case, seed))
    each = find(name)[1].points / len(right)
    result = judge(name, seed, {title: right[title] for title in easy})
    assert easy and result.points == 0 and score.ALONE in result.text
    assert judge(name, seed, {title: right[title] for title in [*easy, hard]}).points == round(2 * each, 2)
    assert judge(name, seed, {hard: right[hard]}).points == round(each, 2)


def test_the_mutation_test_refuses_an_exercise_that_constants_pass(monkeypatch):
    name = "soft-threshold"
    lab, exercise = find(name)
    closed = {"everything closes": {**exercise.cases, **private(name).cases}["everything closes"]}
    only = dataclasses.replace(exercise, cases=closed)
    half = dataclasses.replace(private(name), cases={})
    for module in (score, mutation_test):
        monkeypatch.setattr(module, "find", lambda name: (lab, only))
        monkeypatch.setattr(module, "private", lambda name: half)
    score.expected.cache_clear()
    faults = list(mutation_test._constants(only, [0]))
    score.expected.cache_clear()
    assert faults[0] == "zeros, a constant, gets full marks (seed 0)"
    assert faults[-1] == "constants pass every case, or its inputs are not drawn (seed 0)"


SAID = r"""(
NAME\ is\ not\ (right|of\ the\ kind\ that\ is\ expected)\. |
NAME\ does\ not\ have\ as\ many\ entries\ as\ expected,\ or\ has\ others\. |
NAME\ has\ the\ right\ entries\ in\ the\ wrong\ order\. |
The\ shape\ of\ NAME\ is\ not\ right\. |
The\ dtype\ of\ NAME\ is\ not\ right:\ expected\ torch\.\w+(,\ like\ the\ inputs)?\. |
\d+\ of\ \d+\ entries\ of\ NAME\ (differ|are\ nan\ or\ infinite)\. |
There\ is\ no\ NAME:\ something\ on\ the\ way\ cuts\ the\ graph\D* |
Your\ code\ changes\ the\ argument\ NAME\ in\ place\.\D* |
It\ returns\ something\ of\ another\ kind\ than\ the\ task\ asks\ for\. |
A\ gradient\ must\ flow\ through\ your\ answer,\D* |
(Line\ \d+\ of\ its\ cell|Calling\ it,\ or\ reading\ what\ it\ returns,)\ raises\ [A-Z]\w+\. )"""


def given_away(*args, **kwargs):
    raise ValueError(repr((args, kwargs)))


def given_back(*args, **kwargs):
    return args[0] if len(args) == 1 else args


@pytest.mark.parametrize("name", EXERCISES)
def test_a_private_card_holds_nothing_of_a_case(name):
    """Every word on it is the course's: titles, names of outputs and arguments, wordings; and numbers of entries."""
    exercise, known = find(name)[1], score.expected(name, 7)
    wrong = [given_away, given_back, score.constants(name)["zeros"], *private(name).misconceptions]
    told = {m.says: m.hint for m in score.misconceptions(name)}
    for answer in wrong:
        sent = {c.title: read_reply(reply_bytes(exercise, answer, c.inputs)) for c in known}
        card = judge(name, 7, sent).card
        assert not card.ok and card.name == name and card.warning in ("", score.ALONE)
        if card.misconception:
            assert card.hint == told[card.misconception.removeprefix("This equals ").removesuffix(".")]
        for row, case in zip(card.rows, known):
            assert row.title == case.title and not row.maps and not row.texts
            names = "|".join(map(re.escape, {*case.expected, *case.inputs, *exercise.parameters}))
            said = SAID.replace("NAME", f"({names})")
            assert not row.why or re.fullmatch(said, row.why, re.VERBOSE), row.why


@pytest.mark.parametrize("secret", ["x_17_23", "ValueError: 17", "17", "stub 17"])
def test_the_name_of_an_exception_says_nothing_of_a_case(secret):
    name = "quadratic-map"

    def answer(x):
        raise type(secret, (Exception,), {})(secret)

    sent = {t: read_reply(reply_bytes(find(name)[1], answer, x)) for t, x in cases(name, 0).items()}
    forged = Reply({}, ("17",))
    for replies in (sent, dict.fromkeys(sent, forged)):
        assert "17" not in judge(name, 0, replies).text


def test_the_mutation_test_reports_what_it_should(monkeypatch):
    """A test that cannot fail is a defect: give it a right misconception, a wrong variant and a stale excuse."""
    _, exercise = find("linear-brackets")
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
    outcome = mutation_test.examine(exercise.name, range(1))
    score.expected.cache_clear()
    said = str(outcome)
    assert "no_mistake passes the public cases" in said
    assert "without_normaliser is right and fails the public cases" in said
    assert "without_normaliser is right and loses points (seed 0)" in said
    assert "excused as equivalent, but killed or gone: nothing -> nothing" in said and "SURVIVORS" in said


def test_a_mutant_is_killed_by_every_seed_or_not_at_all(monkeypatch):
    """A student is graded with one seed: a mutant that loses points on nine of ten gets full marks on the tenth."""
    name, seeds = "quadratic-map", range(4)
    assert not mutation_test.examine(name, seeds).faults
    inner = mutation_test.loses
    monkeypatch.setattr(mutation_test, "loses", lambda e, f, seed: inner(e, f, seed) if seed != 2 else "")
    outcome = mutation_test.examine(name, seeds)
    mutants_alive = [fault for fault in outcome.faults if fault.startswith("a mutant")]
    assert outcome.private == 0 < outcome.public and len(mutants_alive) == outcome.mutants - outcome.excused
    assert all("caught by the public cases alone (seed 2 of 4" in fault for fault in mutants_alive)
    assert "zeros, a constant, gets full marks (seed 2)" in outcome.faults
    monkeypatch.setattr(mutation_test, "feedback", lambda lab, exercise, answer: exercise_passes)
    assert all(fault.startswith("a mutant survives") for fault in mutation_test.examine(name, seeds).faults[-3:])


exercise_passes = types.SimpleNamespace(ok=True, misconception="", line=str)


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


@pytest.mark.parametrize(
    "line, slips",
    [
        ("x < y", {"x < y -> x <= y"}),
        ("x >= y", {"x >= y -> x > y"}),
        ("x == y", {"x == y -> x != y"}),
        ("x not in y", {"x not in y -> x in y"}),
        ("x is None", {"x is None -> x is not None"}),
        ("x < y < z", {"x < y < z -> x <= y < z"}),
        ("x and y", {"x and y -> x or y"}),
        ("x or y", {"x or y -> x and y"}),
        ("not x", {"not x -> not not x"}),
        ("x + 'a'", {"'a' -> 'ax'"}),
        ("sorted(x)", {"sorted(x) -> list(x)", "sorted(x) -> sorted(x, reverse=True)"}),
        ("sorted(x, key=y)", {"sorted(x, key=y) -> list(x)", "sorted(x, key=y) -> sorted(x, key=y, reverse=True)"}),
        ("sorted(x, reverse=True)", {"sorted(x, reverse=True) -> list(x)", "True -> False"}),
        ("x.sort()", {"x.sort() -> x.sort(reverse=True)"}),
        ("x.sort(descending=True)", {"True -> False"}),
        ("set(x)", {"set(x) -> list(x)"}),
        ("any(x)", {"any(x) -> all(x)"}),
        ("max(x)", {"max(x) -> min(x)"}),
        ("sum(x)", {"sum(x) -> max(x)"}),
        ("x.startswith(y)", {"x.startswith -> x.endswith"}),
        ("x.union(y)", {"x.union -> x.intersection"}),
    ],
)
def test_slips_of_the_pen_outside_of_tensors(line, slips):
    made = dict(mutants(f"def f(x, y, z):\n    'What it is.'\n    return {line}"))
    assert slips <= set(made)
    assert not any("What it is" in what for what in made), "a docstring is not code"
    assert all(text.splitlines()[-1].strip() != f"return {line}" for text in made.values())


@pytest.fixture
def on_words(monkeypatch):
    """An exercise on strings, lists and mappings, with tensors among them, under the name "fake"."""

    def count(texts, weights):
        found = {word for text in texts for word in text.split()}
        scores = {word: sum(w for w, text in zip(weights, texts) if word in text.split()) for word in found}
        return sorted(found), scores, [torch.stack([scores[word] for word in sorted(found)]), len(found)]

    @exercises.misconception(says="the words of every text, repeated", hint="Keep each word once.")
    def twice(texts, weights):
        return sorted(word for text in texts for word in text.split()), *count(texts, weights)[1:]

    def make(generator):
        letters = lambda n: "".join(chr(97 + i) for i in torch.randint(0, 5, (n,), generator=generator).tolist())
        texts = [" ".join(letters(1) for _ in range(4)) for _ in range(3)]
        return {"texts": texts, "weights": list(torch.rand(3, generator=generator))}

    def probe(answer, inputs):
        return dict(zip(("words", "scores", "vector"), answer(inputs["texts"], inputs["weights"])))

    texts = {"name": "fake", "title": "", "answer": "count", "parameters": ("texts", "weights"), "hints": ()}
    exercise = Exercise(**texts, points=2, difficulty=1, minutes=1, cases={"three texts": make}, probe=probe)
    half = exercises.Private(count, (count, count), (twice,), {"three more": make})
    monkeypatch.setattr(score, "find", lambda name: (None, exercise))
    monkeypatch.setattr(score, "private", lambda name: half)
    score.expected.cache_clear()
    yield exercise, half
    score.expected.cache_clear()


def test_answers_made_of_values_are_scored_as_tensors_are(on_words):
    exercise, half = on_words
    sent = {title: load(save(inputs))[0] for title, inputs in cases("fake", 5).items()}
    told = lambda answer: {title: read_reply(reply_bytes(exercise, answer, sent[title])) for title in sent}
    assert judge("fake", 5, told(half.reference)).points == 2
    assert judge("fake", 6, told(half.reference)).points == 0
    wrong = judge("fake", 5, told(half.misconceptions[0]))
    assert wrong.misconception == "twice" and wrong.points <= 1 and "as many entries as" in wrong.text


def test_the_reference_is_exact_inside_values_and_keeps_its_dtypes(on_words):
    case = score.expected("fake", 5)[0]
    vector, number = case.expected["vector"]
    assert vector.dtype == torch.float32 and isinstance(number, int)
    doubles = [w.double() for w in case.inputs["weights"]]
    assert torch.equal(vector, on_words[1].reference(case.inputs["texts"], doubles)[2][0].float())
    assert {x.dtype for x in case.expected["scores"].values()} == {torch.float32}


@pytest.mark.parametrize("name", EXERCISES)
def test_stub_keeps_signature_and_docstring_and_no_solution(name):
    lab, exercise = find(name)
    text = solutions.stub(lab, name)
    assert f"def {exercise.answer}(" in text and '"""' in text and "raise NotImplementedError()" in text
    assert "SOLUTION" not in text and "return" not in text.split('"""')[2]


def test_a_clean_exercise_is_recorded_until_something_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(mutation_test, "RECORDS", tmp_path)
    name, other = EXERCISES[:2]
    assert not mutation_test.is_recorded(name)
    mutation_test.note(name, fingerprint=mutation_test.depends_on(name))
    assert mutation_test.is_recorded(name) and not mutation_test.is_recorded(other)
    with monkeypatch.context() as patch:
        patch.setattr(fingerprint, "scores", lambda name: "another")
        assert not mutation_test.is_recorded(name)
    with monkeypatch.context() as patch:
        patch.setattr(solutions, "source", lambda lab, name: "def f(x):\n    return x")
        assert not mutation_test.is_recorded(name)
    public = tmp_path / "other.safetensors.gz"
    public.write_bytes(b"other cases")
    monkeypatch.setattr(mutation_test.resources, "files", lambda package: tmp_path)
    monkeypatch.setattr(mutation_test, "file_name", lambda exercise: public.name)
    monkeypatch.setattr(mutation_test.paths, "ROOT", Path("/"))
    assert not mutation_test.is_recorded(name)


def test_right_answers_on_many_seeds_go_on_where_they_were(tmp_path, monkeypatch):
    monkeypatch.setattr(mutation_test, "RECORDS", tmp_path)
    monkeypatch.setattr(mutation_test, "STEP", 3)
    tried = []
    monkeypatch.setattr(mutation_test, "right_answers", lambda lab, exercise: {"the solution": None})
    loses = lambda exercise, answer, seed, share: tried.append(seed) or (seed == 4 and share == 0.5)
    monkeypatch.setattr(mutation_test, "loses", loses)
    assert mutation_test.try_right_answers("quadratic-map", 5)["lost"] == {"the solution": [4]}
    found = mutation_test.try_right_answers("quadratic-map", 8)
    assert tried == list(range(8)) and found["seeds"] == 8 and found["lost"] == {"the solution": [4]}
    monkeypatch.setattr(mutation_test, "depends_on", lambda name: "corrected")
    assert mutation_test.try_right_answers("quadratic-map", 2)["seeds"] == 2


def test_exercises_and_labs_are_chosen_by_name():
    assert mutation_test.chosen(["decode-step", "12"])[:2] == ["decode-step", "bm25-scores"]
    assert mutation_test.chosen([]) == EXERCISES
    assert main(["mutation-test", "nonsense"]) == 2
