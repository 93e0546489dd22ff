"""The mixture of tasks: every answer checked by a second program, the rules of Natural Instructions kept, no leaks."""

import json
import math
import re
from collections import Counter
from datetime import date
from itertools import combinations

import pytest
from llmcourse.data import country_questions
from llmcourse.data.passages import split as half_of
from llmcourse.instructions import mixture, rouge, schema
from llmcourse.instructions.mixture.program import build

TASKS = mixture.tasks()
NAMES = {task.name: task for task in TASKS}
PROGRAMS = {program.name: program for program in mixture.programs()}


def rows(task):
    """All inputs of a task with their right outputs."""
    return [(x.input, x.output[0]) for x in task.instances] + [(x.input, x.output) for x in task.positive]


# ------------------------------------------------------------------ a second derivation of every answer


def calculation(x, y, sign):
    a, b = (int(n) for n in x.split(" and "))
    return int(y) - a == sign * b


def of_country(relation):
    """The answer is one of those of the corpus's own question on that country."""
    known = {(q.gold[0].split("/")[1], q.relation): q.answers for q in country_questions()}
    return lambda x, y: y in known[x.split(". ")[0], relation]


def ranked(x):
    return sorted(x.split(", "))


def ran(x, y):
    """What Python itself prints."""
    printed = []
    exec(x, {"print": lambda text: printed.append(str(text))})
    return printed == [y]


def figures(x, pattern):
    """What stands for each country's number, by country."""
    found = [(line.split(". ")[0], re.findall(pattern, line)[0]) for line in x.splitlines()]
    return {name: int(number.replace(",", "")) for name, number in found}


def picked(choose, pattern):
    return lambda x, y: y == choose(figures(x, pattern).items(), key=lambda row: row[1])[0]


def yes_if(fact):
    return lambda x, y: (y == "yes") == fact(x) and y in ("yes", "no")


def number_words(y):
    names = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    first, _, second = y.partition("-")
    return 10 * (tens.index(first) + 2) + (names.index(second) + 1 if second else 0)


def header(x):
    return re.findall(r"\w+", x.splitlines()[0])


CHECKS = {
    "first_letter": lambda x, y: x.startswith(y) and len(y) == 1,
    "last_letter": lambda x, y: x.endswith(y) and len(y) == 1,
    "letter_count": lambda x, y: x.isalpha() and sum(1 for _ in x) == int(y),
    "without_vowels": lambda x, y: y == x.translate(dict.fromkeys(map(ord, "aeiou"))),
    "vowel_count": lambda x, y: int(y) == sum(map(x.count, "aeiou")),
    "spelled_backwards": lambda x, y: all(a == b for a, b in zip(x, reversed(y))) and len(x) == len(y),
    "first_word": lambda x, y: x.startswith(y + ","),
    "last_word": lambda x, y: x.endswith(", " + y),
    "second_word": lambda x, y: re.match(r"\w+, (\w+)", x)[1] == y,
    "longest_word": lambda x, y: all(len(w) < len(y) for w in x.split(", ") if w != y) and y in x.split(", "),
    "shortest_word": lambda x, y: all(len(w) > len(y) for w in x.split(", ") if w != y) and y in x.split(", "),
    "word_with_the_letter": lambda x, y: [w for w in re.findall(r"\w+", x)[:-2] if x[-1] in w] == [y],
    "sum": lambda x, y: calculation(x, y, 1),
    "difference": lambda x, y: calculation(x, y, -1),
    "doubled": lambda x, y: int(y) / 2 == int(x),
    "ten_more": lambda x, y: int(y) - int(x) == 10,
    "one_less": lambda x, y: int(x) - int(y) == 1,
    "half": lambda x, y: int(x) == int(y) + int(y),
    "larger_number": lambda x, y: y in x.split(" and ") and all(int(n) <= int(y) for n in x.split(" and ")),
    "smaller_number": lambda x, y: y in x.split(" and ") and all(int(n) >= int(y) for n in x.split(" and ")),
    "largest_of_three": lambda x, y: all(int(n) <= int(y) for n in re.findall(r"\d+", x)) and y in x,
    "even_or_odd": lambda x, y: y == ("even" if x[-1] in "02468" else "odd"),
    "above_fifty": yes_if(lambda x: int(x) >= 51),
    "equal_numbers": yes_if(lambda x: len(set(x.split(" and "))) == 1),
    "capital": of_country("Capital"),
    "currency": of_country("Currency"),
    "holiday": of_country("National holiday"),
    "mountain": of_country("Highest point"),
    "customer": of_country("Export partners"),
    "symbol": of_country("National symbol"),
    "topic": lambda x, y: (y == "religion") == bool(re.search("Christian|Muslim|Catholic|Buddhis|Hindu|Protest|NA", x)),
    "part_of_the_world": lambda x, y: set(re.findall("Africa|Asia|Europe|America|Oceania|Caribbean", x)) == {y},
    "farm_or_factory": lambda x, y: y == "farming" or not re.search(r"\((20\d\d)\)$", x),
    "names_a_year": yes_if(lambda x: any(1500 <= int(n) < 2100 for n in re.findall(r"(?<![\d,])\d{4}(?!\d)", x))),
    "tropical_or_temperate": lambda x, y: y in x and "tropicaltemperate".replace(y, "") not in x,
    "monarchy_or_republic": lambda x, y: y in x and {"monarchy": "republic", "republic": "monarchy"}[y] not in x,
    "function_name": lambda x, y: header(x)[1] == y,
    "parameter_count": lambda x, y: len(header(x)) - 2 == int(y),
    "value_printed": ran,
    "text_printed": ran,
    "item_printed": ran,
    "loop_count": lambda x, y: (lambda a, b: b - a == int(y))(*map(int, re.findall(r"\d+", x))),
    "capitals": lambda x, y: y.isupper() and y.lower() == x,
    "hyphens": lambda x, y: y.split("-") == x.split(" "),
    "initials": lambda x, y: re.sub(r"(\w)\w* ?", r"\1", x) == y,
    "ends_swapped": lambda x, y: re.sub(r"^(\w+) (.*) (\w+)$", r"\3 \2 \1", x) == y,
    "date_in_numbers": lambda x, y: date.fromisoformat(y).strftime("%d %B %Y").lstrip("0") == x,
    "number_in_words": lambda x, y: number_words(y) == int(x),
    "first_in_a_dictionary": lambda x, y: ranked(x)[0] == y,
    "last_in_a_dictionary": lambda x, y: ranked(x)[-1] == y,
    "turned_round": lambda x, y: re.findall(r"\w+", y)[::-1] == re.findall(r"\w+", x),
    "rising_numbers": lambda x, y: all(int(a) < int(b) for a, b in zip(y.split(", "), y.split(", ")[1:]))
    and Counter(x.split(", ")) == Counter(y.split(", ")),
    "without_the_repeated": lambda x, y: set(x.split(", ")) == set(y.split(", "))
    and max(Counter(y.split(", ")).values()) == 1
    and x.index(y.split(", ")[1]) > 0,
    "alphabetical_or_not": yes_if(lambda x: all(a <= b for a, b in zip(x.split(", "), x.split(", ")[1:]))),
    "more_people": picked(max, r"Population: ([\d,]+)"),
    "fewer_people": picked(min, r"Population: ([\d,]+)"),
    "independent_earlier": picked(min, r"\b((?:1[5-9]|20)\d\d)\b"),
    "higher_mountain": picked(max, r"(-?[\d,]+) m\b"),
    "same_continent": yes_if(lambda x: len(set(re.findall("Africa|Asia|Europe|America|Oceania", x))) == 1),
    "neighbours": yes_if(lambda x: re.search(rf"[:;] {re.escape(x.split('Country: ')[1])} [\d,]+", x) is not None),
    "default_value": lambda x, y: f"Default: {y}" in x,
    "argument_name": lambda x, y: f". Argument {y}:" in x,
    "class_name": lambda x, y: re.match(rf"{y}\. (Argument|Description)", x) is not None,
    "has_a_default": yes_if(lambda x: "default" in x.lower()),
    "argument_or_description": lambda x, y: x.split(". ")[1].lower().startswith(y),
    "loss_or_not": yes_if(lambda x: re.match(r"\w+Loss\.", x) is not None),
}  # fmt: skip


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_second_program_finds_every_answer_right_and_every_negative_example_wrong(task):
    check = CHECKS[task.name]
    assert not [(x, y) for x, y in rows(task) if not check(x, y)]
    for example in task.negative:
        assert mixture.solve(task, example.input) != example.output
        assert check(example.input, mixture.solve(task, example.input))


# ------------------------------------------------------------------ the rules of natural-instructions/src/test_all.py


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_rules_of_natural_instructions_are_kept(task):
    inputs = [x.input for x in task.instances]
    assert len(inputs) > 25 and len(set(inputs)) == len(inputs)
    assert len(task.positive) == len(task.negative) == 2 and task.positive[0].output != task.positive[1].output
    assert not {x.input for x in (*task.positive, *task.negative)} & set(inputs)
    outputs = Counter(x.output[0] for x in task.instances)
    assert len(outputs) > 1
    if len(outputs) < 15:  # their rule against skew: a normalised entropy above 0.8
        shares = [n / len(inputs) for n in outputs.values()]
        assert -sum(p * math.log(p, len(outputs)) for p in shares) > 0.8
    for example in (*task.positive, *task.negative):
        assert example.explanation.strip() and "{" not in example.explanation.replace('{"', "")
    assert task.definition[-1] in ".?"


@pytest.mark.parametrize("task", TASKS[::7], ids=lambda task: task.name)
def test_a_task_survives_its_file(task, tmp_path):
    (tmp_path / f"{task.name}.json").write_text(json.dumps(schema.write(task)))
    assert schema.load(tmp_path / f"{task.name}.json") == task


# ------------------------------------------------------------------ no test task leaks


def test_there_are_sixty_six_tasks_of_which_eighteen_in_categories_of_their_own():
    training, test = mixture.split(TASKS)
    assert (len(training), len(test), len(NAMES)) == (48, 18, 66)
    assert not {t.category for t in training} & {t.category for t in test}
    assert {t.category for t in training} == set(mixture.TRAINING) and {t.category for t in test} == set(mixture.TEST)


def test_no_test_input_is_seen_in_training_and_no_country_or_class_either():
    training, test = ({x for task in part for x, _ in rows(task)} for part in mixture.split(TASKS))
    assert not training & test
    for task in mixture.split(TASKS)[1]:
        if task.category in ("countries", "manual"):
            titles = {line.split(". ")[0] for x, _ in rows(task) for line in x.splitlines() if "Country: " not in line}
            assert {half_of(title) for title in titles} == {"test"}, task.name


def test_no_definition_of_a_test_task_is_near_one_of_training():
    training, test = mixture.split(TASKS)
    known = [task.definition for task in training]
    assert max(rouge.nearest(task.definition, known) for task in test) < 0.7


def agreement(program, task):
    """The share of a task's inputs for which a program gives the task's answer."""
    right = 0
    for x, y in rows(task):
        try:
            right += program.solve(x) == y
        except Exception:  # the input is not one for this program
            right += 0
    return right / len(rows(task))


def test_no_program_of_one_part_solves_a_task_of_the_other():
    """The same task under another name would be no unseen task."""
    training, test = mixture.split(TASKS)
    for a, b in ((training, test), (test, training)):
        shares = {(p.name, t.name): agreement(PROGRAMS[p.name], t) for p in a for t in b}
        worst = max(shares, key=shares.get)
        assert shares[worst] < 0.7, (worst, shares[worst])


def test_no_two_tasks_are_the_same():
    """Three tasks ask what a program prints: their inputs are different kinds of programs."""
    for a, b in combinations(TASKS, 2):
        if a.name.endswith("_printed") and b.name.endswith("_printed"):
            continue
        assert min(agreement(PROGRAMS[a.name], b), agreement(PROGRAMS[b.name], a)) < 0.9, (a.name, b.name)


def test_the_same_seed_gives_the_same_tasks_and_another_gives_others():
    program = PROGRAMS["sum"]
    assert build(program, 40, 0) == NAMES["sum"] != build(program, 40, 1)


def test_asking_for_too_many_instances_says_how_many_there_are():
    with pytest.raises(ValueError, match=r"half draws \d+ different inputs, and 504 are wanted"):
        build(PROGRAMS["half"], 500, 0)
    with pytest.raises(ValueError, match="no half 'train'"):
        mixture.Source("train")
