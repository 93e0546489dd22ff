"""Small students of lecture 04: what they read and learn, and the programs that teach them."""

import re
from random import Random

import pytest
import torch
from llmcourse import runtime
from llmcourse.instructions import imitation_experiments, small_experiments, students, word_problems
from llmcourse.instructions.lecture_04 import pictures
from llmcourse.instructions.students import ALL_TASKS, CHAINS, FORMS, LETTER_WORDS, LETTERS, LetterTask
from llmcourse.models.tuning import IGNORED

SOME = [word_problems.draw(Random(i), 1 + i % 5, largest=9) for i in range(60)]


def calculated(chain: str) -> int:
    """The last digit of a chain, read word by word: an independent way to its answer."""
    words = chain.removesuffix("=").split()
    value, i = int(words[0]), 1
    while i < len(words):
        if words[i] == "tripled":
            value, i = value * 3, i + 1
        else:
            value, i = value + int(words[i + 1]) * (1 if words[i] == "+" else -1), i + 2
    return value % 10


@pytest.mark.parametrize("problem", SOME, ids=lambda p: f"{p.level} steps")
def test_a_chain_leads_to_its_answer(problem):
    (asked, last), (_, steps) = students.answer(problem), students.trace(problem)
    assert int(last) == calculated(asked) and steps.split()[-1] == last and len(steps.split()) == problem.level


def test_without_products_a_chain_is_the_problem_s_last_digit():
    plain = [p for p in SOME if all(kind != "*" for kind, _ in p.steps)]
    assert len(plain) > 5 and all(int(students.answer(p)[1]) == p.answer % 10 for p in plain)


def test_every_notation_says_the_same():
    for n, other in enumerate(students.NOTATIONS):
        back = {word: students.NOTATIONS[0][kind] for kind, word in other.items()}
        for problem in SOME[:10]:
            words = [back.get(word, word) for word in students.chain(problem, n).split()]
            assert " ".join(words) == students.chain(problem)


def test_a_number_asked_backwards_is_the_only_one_that_fits():
    for problem in SOME[:20]:
        for asked, number in students.backward(problem):
            question, told = asked.removesuffix(" ;").split(" = ")
            fitting = [d for d in range(10) if calculated(question.replace(students.UNKNOWN, str(d))) == int(told)]
            assert fitting == [int(number)]


def test_tasks_on_letters_do_what_they_say():
    given = list("cafeb")
    assert LetterTask("all", "sorted", "plain").output(given) == "a b c e f"
    assert LetterTask("last-three", "backwards", "capitals").output(given) == "B E F"
    assert LetterTask("odd-places", "first-to-end", "doubled").output(given) == "f f b b c c"
    assert LetterTask("all-but-first", "forwards", "dashed").output(given) == "a - f - e - b"
    assert len(set(ALL_TASKS)) == 96


def test_the_tasks_of_a_world_are_different_functions():
    outputs = {tuple(task.output(given) for given in ("cafeb", "jihgd", "bdacj")) for task in ALL_TASKS}
    assert len(outputs) == len(ALL_TASKS)


def test_the_first_six_tasks_have_every_word_and_unseen_ones_are_apart():
    for seed in range(20):
        seen, unseen = students.split_tasks(Random(seed))
        assert len(seen) == 80 and len(unseen) == 16 and not set(seen) & set(unseen)
        assert {word for task in seen[:6] for word in task} == {word for task in ALL_TASKS for word in task}


def test_a_form_changes_the_places_of_words_alone():
    task = LetterTask("first-three", "backwards", "dashed")
    asked = [students.letter_pair(task, "cafeb", form) for form in range(len(FORMS))]
    assert len({prompt for prompt, _ in asked}) == 12 and len({answer for _, answer in asked}) == 1
    assert len({tuple(sorted(prompt.split())) for prompt, _ in asked}) == 1


def test_only_answers_and_one_end_are_learned():
    pairs = [("7 + 5 =", "2"), ("7 + 5 tripled =", "2 6")]
    inputs, targets = students.encode(CHAINS, pairs)
    for row, (prompt, answer) in enumerate(pairs):
        learned = targets[row][targets[row] != IGNORED]
        assert [CHAINS.words[i] for i in learned] == [*answer.split(), students.END]
        assert (targets[row] != IGNORED).nonzero()[0].item() == len(prompt.split()) - 1
    assert inputs.shape == targets.shape


def test_words_that_nobody_knows_are_refused():
    with pytest.raises(KeyError, match="twelve"):
        CHAINS.encode("7 + twelve =")


def test_in_order_every_pair_comes_once():
    encoded = students.encode(CHAINS, [students.trace(p) for p in SOME])
    batches = list(students.in_order(encoded, 7))
    assert torch.equal(torch.cat([inputs for inputs, _ in batches]), encoded[0])


def test_right_is_what_a_student_would_write():
    """Share of answers by one forward pass, against those that are generated word by word."""
    model = students.small(LETTER_WORDS, 0, d=16, layers=1)
    pairs = students.letter_pairs(Random(0), ALL_TASKS[:3], 60)
    encoded = students.encode(LETTER_WORDS, pairs)
    students.learn(model, students.shuffled(encoded, 32, runtime.seed(0)), 150, 1e-2)
    said = students.written(model, LETTER_WORDS, [prompt for prompt, _ in pairs], 12)
    shares = sum(text == answer for text, (_, answer) in zip(said, pairs)) / len(pairs)
    assert students.right(model, encoded) == pytest.approx(shares)


def test_all_arms_of_a_seed_are_tested_on_the_same_unseen_tasks():
    worlds = [students.split_tasks(Random("letters 0"))[1] for _ in range(2)]
    assert worlds[0] == worlds[1] and set(LETTERS) == set("abcdefghij")


def test_at_equal_words_traces_have_fewer_steps():
    runs = {
        arm: small_experiments.explained(arm, 4, 0, 5e-3) for arm in ("traces words small", "answers examples small")
    }
    assert runs["traces words small"]["steps"] < runs["answers examples small"]["steps"] == 4
    assert set(runs["traces words small"]["tests"]) == set("12345")


def test_a_teacher_s_answer_has_the_fact_in_it():
    facts = imitation_experiments.capitals()
    assert len(facts) > 200 and ("Peru", "Lima") in facts
    assert all(capital in imitation_experiments.teachers(country, capital).split() for country, capital in facts)
    assert len({imitation_experiments.teachers(*fact).split(" The ")[0] for fact in facts}) == 4


def test_a_shaded_text_loses_no_letter():
    parts = [("Definition: a few words, and more of them.\n\nInput: x.\nOutput:", False), (" y\n", True)]
    rows = pictures.lines(parts, wide=20)
    shown = "".join(text for runs in rows for _, text, _ in runs)
    plain = lambda text: re.sub(r"[\s↵]", "", text)
    assert plain(shown) == plain("".join(text for text, _ in parts))
    assert plain("".join(text for runs in rows for _, text, learned in runs if learned)) == "y"
    assert all(column + len(text) <= 20 for runs in rows for column, text, _ in runs)


def test_traces_and_answers_are_judged_by_their_last_word(monkeypatch):
    """What stands before it may be wrong, or missing, in a trace: an answer alone has nothing that could be."""
    said = {"1 + 1 =": "2", "1 + 1 tripled =": "9 6", "2 + 1 tripled =": "9", "3 + 1 tripled =": "4", "4 =": ""}
    monkeypatch.setattr(students, "written", lambda model, words, prompts, length: [said[p] for p in prompts])
    right = lambda *pairs: students.right_at_last(None, students.CHAINS, pairs)
    assert right(("1 + 1 =", "2"), ("1 + 1 tripled =", "2 6"), ("2 + 1 tripled =", "3 9")) == 1
    assert right(("3 + 1 tripled =", "4 2"), ("4 =", "4")) == 0
