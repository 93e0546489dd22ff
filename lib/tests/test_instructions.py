"""Instruction tuning: encodings against Tk-Instruct's own, chat templates and masks against transformers', templates
against strangers, and every way to make data with teachers that are programs."""

import json
import random
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from llmcourse import data, models
from llmcourse.instructions import (
    chat,
    curriculum,
    distillation,
    diversity,
    encodings,
    evolve,
    experiments,
    imitation,
    metamath,
    mixture,
    oss,
    rouge,
    schema,
    self_chat,
    teachers,
    templates,
    traces,
    unnatural,
    word_problems,
)
from llmcourse.instructions.encodings import Encoding

REFERENCES = Path(__file__).parent / "references"


def rng(seed=0):
    return random.Random(seed)


# ------------------------------------------------------------------ the schema

TASK = {
    "Contributors": ["Somebody"],
    "Categories": ["Text Modification"],
    "Definition": ["Write the word backwards."],
    "Positive Examples": [{"input": "ab", "output": "ba", "explanation": "From its end."}],
    "Negative Examples": [{"input": "ab", "output": "ab", "explanation": "Copied."}],
    "Instances": [{"id": "x-0", "input": "cd", "output": ["dc", "DC"]}],
}


def test_a_file_of_the_project_loads_in_its_new_and_in_its_old_form(tmp_path):
    (tmp_path / "task001_new.json").write_text(json.dumps(TASK))
    new = schema.load(tmp_path / "task001_new.json")
    assert (
        new.name == "task001_new"
        and new.definition == "Write the word backwards."
        and new.category == "Text Modification"
    )
    assert new.instances == (schema.Instance("cd", ("dc", "DC")),)
    old = TASK | {"Definition": TASK["Definition"][0], "Instances": [{"input": "cd", "output": "dc"}]}
    assert schema.read(old, "task001_new").definition == new.definition
    assert schema.read(schema.write(new), new.name) == new


def without(*path, put=None):
    """TASK with one field gone, or replaced."""
    changed = json.loads(json.dumps(TASK))
    place = changed
    for step in path[:-1]:
        place = place[step]
    if put is None:
        del place[path[-1]]
    else:
        place[path[-1]] = put
    return changed


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (without("Definition"), "t has no field 'Definition'."),
        ({**without("Definition"), "definition": ["x"]}, "t has no field 'Definition'; it has 'definition'."),
        (without("Definition", put=[]), "t: Definition is empty."),
        (without("Definition", put=[" "]), "t: Definition is empty: nobody could know what to do."),
        (without("Definition", put=[3]), "t: Definition[0] is a number, and should be a text."),
        (without("Categories", put="x"), "t: Categories is a text, and should be a list."),
        (without("Positive Examples", 0, "explanation"), "t: Positive Examples[0] has no explanation."),
        (without("Negative Examples", 0, put="x"), "t: Negative Examples[0] is a text, and should be an object with"),
        (without("Negative Examples", 0, "output", put=[]), "t: Negative Examples[0].output is a list, and should be"),
        (without("Instances", put=[]), "t: Instances is empty: there is nothing to answer."),
        (without("Instances", 0, "output"), "t: Instances[0] has no output. Every instance needs one accepted output"),
        (without("Instances", 0, "output", put=[]), "t: Instances[0] has no output."),
        (without("Instances", 0, "output", 1, put=None) | {"x": 1}, None),
        (without("Instances", 0, "output", put=[1]), "t: Instances[0].output[0] is a number, and should be a text."),
        (without("Instances", 0, "input"), "t: Instances[0] has no input."),
        ([], "t: a task is an object with fields, and this is a list."),
    ],
)
def test_what_is_wrong_with_a_task_is_said_with_its_field(task, said):
    if said is None:
        assert schema.read(task, "t").instances[0].output == ("dc",)
        return
    with pytest.raises(schema.WrongField) as error:
        schema.read(task, "t")
    assert str(error.value).startswith(said)


def test_a_file_that_is_no_json_says_so(tmp_path):
    (tmp_path / "task.json").write_text("{")
    with pytest.raises(schema.WrongField, match=r"task\.json is not JSON"):
        schema.load(tmp_path / "task.json")


def test_an_answer_is_judged_without_case_spaces_and_full_stop():
    instance = schema.Instance("cd", ("dc", "Two words"))
    assert schema.right(instance, " DC.\n") and schema.right(instance, "two  words")
    assert not schema.right(instance, "d c") and not schema.right(instance, "")


# ------------------------------------------------------------------ encodings

FROZEN = json.loads((REFERENCES / "encodings.json").read_text("utf-8"))
NAMES = {"num_pos_examples": "positive", "num_neg_examples": "negative", "add_explanation": "explanation"}
NAMES |= {"add_task_definition": "definition"}


@pytest.mark.parametrize("row", FROZEN["prompts"])
def test_encodings_are_those_of_tk_instruct_letter_by_letter(row):
    task = schema.read(FROZEN["tasks"][row["task"]])
    encoding = Encoding(**{NAMES[name]: value for name, value in row["form"].items()})
    fits = lambda prompt: len(prompt.split()) <= row["most"]
    assert encodings.encode(task, task.instances[0], encoding, fits) == row["prompt"]


def test_pairs_end_where_the_answer_begins():
    task = schema.read(TASK)
    ((prompt, answer),) = encodings.pairs(task, rng(), encodings=(encodings.EXPLAINED,))
    assert prompt.endswith("Output:") and answer in (" dc\n", " DC\n") and "From its end." in prompt


# ------------------------------------------------------------------ templates


def test_a_template_gives_input_target_and_choices():
    row = {"passage": "hot and dry", "label": 0}
    for template in templates.TOPIC:
        filled = template.fill(row)
        assert "hot and dry" in filled.input + filled.target
        if template.original:
            assert filled.target == "climate" and filled.choices == templates.LABELS
    assert len({t.fill(row).input for t in templates.TOPIC}) == len(templates.TOPIC)


def test_rows_of_the_factbook_fill_every_template():
    passages = [p for p in data.countries(2025) if p.title < "C"]
    for rows, those in (
        (templates.topic_rows(passages), templates.TOPIC),
        (templates.capital_rows(passages), templates.CAPITAL),
    ):
        made = templates.prompted(those, rows, rng(), per_row=len(those))
        assert len(made) == len(rows) * len(those) > 100
        assert all(x.target in x.choices for x in made if x.choices and x.target in templates.LABELS)
    capitals = {row["country"]: row["capital"] for row in templates.capital_rows(passages)}
    assert capitals["Albania"] == "Tirana" and capitals["Algeria"] == "Algiers"


def test_text_with_the_separator_in_it_is_not_torn():
    filled = templates.Template("t", "{{x}} ||| {{y}}").fill({"x": "a ||| b", "y": "c"})
    assert filled == templates.Prompted("a ||| b", "c")


def test_a_template_that_comes_out_empty_skips_the_row():
    template = templates.Template("t", "{{x}} ||| {% if y %}{{y}}{% endif %}")
    assert template.fill({"x": "a", "y": ""}) is None
    assert templates.prompted([template], [{"x": "a", "y": ""}, {"x": "a", "y": "b"}], rng()) == [("a", "b", ())]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{tilte}} ||| {{y}}", "Template 't': 'tilte' is undefined. The row has 'x', 'y'."),
        ("{{x}}", "Template 't' needs one ||| between its input and its target."),
        ("{{x}} ||| {{x}} ||| {{y}}", "Template 't' needs one |||"),
        ("{{x ||| {{y}}", "Template 't' is not jinja"),
        ("{{x.__class__.__mro__}} ||| {{y}}", "Template 't' reaches for what a template must not use"),
        ("{{cycler.__init__.__globals__.os}} ||| {{y}}", "Template 't' reaches for what a template must not use"),
        ("{% for i in range(10**9) %}{% endfor %}{{x}} ||| {{y}}", "Template 't' fails on this row: a range of more"),
        ("{{x + 1}} ||| {{y}}", "Template 't' fails on this row"),
    ],
)
def test_a_wrong_or_hostile_template_is_refused_in_one_sentence(source, said):
    with pytest.raises(templates.WrongTemplate) as error:
        templates.Template("t", source).fill({"x": "a", "y": "b"})
    assert str(error.value).startswith(said)


# ------------------------------------------------------------------ chat

SYSTEM = {"role": "system", "content": "Be brief."}
TALK = [
    {"role": "user", "content": "Hello!"},
    {"role": "assistant", "content": "\nHello, what can I do for you?\n"},
    {"role": "user", "content": "Say <b>it</b> twice:  it  "},
    {"role": "assistant", "content": "It, it."},
]
GENERATION = (  # SmolLM2's template with transformers' marks around what an assistant writes
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n"
    + chat.CHATML.system
    + "<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n'}}{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}{% else %}"
    "{{ message['content'] + '<|im_end|>' }}{% endif %}{{ '\n' }}{% endfor %}"
)


@pytest.fixture(scope="module")
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(models.weights.find("smollm2-135m-instruct", models.weights.LANGUAGE_MODELS))


@pytest.mark.parametrize("reply", [False, True])
@pytest.mark.parametrize("messages", [TALK, [SYSTEM, *TALK], TALK[:1], TALK[:3], [SYSTEM, *TALK[:2]]])
def test_the_template_is_smollm2s_own_byte_for_byte(tokenizer, messages, reply):
    theirs = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=reply)
    assert chat.CHATML.render(messages, reply) == theirs
    assert chat.template_of(tokenizer) is chat.CHATML


@pytest.mark.parametrize("messages", [TALK, [SYSTEM, *TALK], TALK[:1], TALK[:3], [SYSTEM, *TALK[:2]]])
def test_the_mask_is_the_one_that_transformers_makes(tokenizer, messages):
    theirs = tokenizer.apply_chat_template(
        messages, chat_template=GENERATION, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
    )
    tokens, mask = chat.tokens_and_mask(tokenizer, messages)
    assert tokens == theirs["input_ids"] and mask == theirs["assistant_masks"]
    learned = tokenizer.decode([t for t, m in zip(tokens, mask) if m])
    if len(messages) >= len(TALK):
        assert learned.count("<|im_end|>") == 2 and "it  " not in learned


def test_targets_are_the_next_tokens_of_the_assistant_alone(tokenizer):
    conversations = [TALK, TALK[:2]]
    tokens, targets = chat.conversation_batch(tokenizer, conversations)
    for row, messages in enumerate(conversations):
        ids, mask = chat.tokens_and_mask(tokenizer, messages)
        kept = targets[row] != chat.IGNORED
        assert targets[row][kept].tolist() == [t for t, m in zip(ids, mask) if m]
        assert (tokens[row, 1:][kept[:-1]] == targets[row][kept]).all()


def test_vicunas_template_is_the_published_one():
    text = chat.VICUNA.render([*TALK[:1], {"role": "assistant", "content": "Hi."}, *TALK[2:3]], reply=True)
    assert text == chat.VICUNA.system + " USER: Hello! ASSISTANT: Hi.</s>USER: Say <b>it</b> twice:  it   ASSISTANT: "


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([], "The conversation has no messages."),
        ([SYSTEM], "The conversation has a system message and no turn."),
        (TALK[1:], "The conversation starts with the assistant. The first turn is the user's."),
        ([SYSTEM, *TALK[1:]], "The conversation starts with the assistant."),
        ([TALK[0], TALK[2]], "Message 1 is a second turn of the user in a row."),
        ([*TALK, TALK[1]], "Message 4 is a second turn of the assistant in a row."),
        ([TALK[0], SYSTEM], "Message 1 is a system message, which can only be the first."),
        ([{"role": "human", "content": "x"}], "Message 0 has the role 'human'. There are system, user and assistant."),
        ([{"role": "user", "content": " "}], "Message 0, by the user, is empty."),
        ([{"role": "user"}], "Message 0, by the user, is empty."),
    ],
)
def test_what_is_no_conversation_is_said(messages, said):
    with pytest.raises(chat.NoConversation) as error:
        chat.CHATML.render(messages)
    assert str(error.value).startswith(said)


def test_a_tokenizer_without_a_template_or_with_another_says_so(tokenizer, monkeypatch):
    monkeypatch.setattr(tokenizer, "chat_template", None)
    with pytest.raises(ValueError, match="This tokenizer has no chat template"):
        chat.tokens_and_mask(tokenizer, TALK)
    assert chat.tokens_and_mask(tokenizer, TALK, chat.CHATML)[1]
    monkeypatch.setattr(tokenizer, "chat_template", "{% for m in messages %}{{ m['content'] }}{% endfor %}")
    with pytest.raises(ValueError, match="not the one of SmolLM2"):
        chat.template_of(tokenizer)


# ------------------------------------------------------------------ distillation


def echo(prompts):
    """A teacher that is a program."""
    return [prompt.upper() for prompt in prompts]


def test_alpacas_prompt_has_an_input_only_where_there_is_one():
    made = distillation.distil(echo, [("Add.", "1 and 2"), ("Sing.", "")])
    assert [x.output for x in made] == ["ADD.\n\n1 AND 2", "SING."]
    assert "### Input:\n1 and 2\n\n### Response:" in made[0].prompt and "### Input" not in made[1].prompt
    assert made[1].pair == (made[1].prompt, "\nSING.\n")
    assert distillation.distil(lambda p: ["", "x"], [("a", ""), ("b", "")])[0].instruction == "b"
    with pytest.raises(ValueError, match="instruction is empty"):
        distillation.alpaca_prompt(" ")
    with pytest.raises(ValueError, match="gave 1 answers to 2 prompts"):
        teachers.ask(lambda p: ["x"], ["a", "b"])


def test_in_a_conversation_the_teacher_sees_all_that_was_said():
    messages = distillation.converse(lambda said: str(len(said)), ["a", "b", "c"])
    assert [m["content"] for m in messages] == ["a", "1", "b", "3", "c", "5"]
    chat.check(messages)


def test_a_long_conversation_is_cut_between_answer_and_question():
    talk = [SYSTEM] + [
        {"role": r, "content": "w " * n} for r, n in zip(["user", "assistant"] * 4, (2, 3, 9, 9, 1, 1, 2, 2))
    ]
    length = lambda text: len(text.split())
    pieces = list(distillation.cut(talk, 10, length))
    assert [[length(m["content"]) for m in piece] for piece in pieces] == [[2, 2, 3], [2, 1, 1, 2, 2]]
    for piece in pieces:
        chat.check(piece)


# ------------------------------------------------------------------ word problems, and Orca


@pytest.mark.parametrize("wording", range(len(word_problems.WORDINGS)))
@pytest.mark.parametrize("seed", range(10))
def test_a_problem_is_read_back_from_its_text(seed, wording):
    problem = word_problems.draw(rng(seed), 1 + seed % 4, (wording,))
    assert word_problems.read(problem.text) == problem
    assert problem.answer == eval_steps(problem)
    assert word_problems.right(problem, problem.trace) and word_problems.trace_holds(problem, problem.trace)
    for left, value in (row.split(" = ") for row in problem.trace.split(". ")[:-1]):
        assert eval(left) == int(value)


def eval_steps(problem):
    expression = str(problem.start)
    for kind, n in problem.steps:
        expression = f"({expression}){kind}{n}"
    return eval(expression)


def test_another_text_is_no_problem():
    assert word_problems.read("Ann has 3 apples.") is None and word_problems.read("") is None
    text = word_problems.draw(rng(), 2).text
    assert word_problems.read(text + " Or not?") is None and word_problems.read("Well. " + text) is None
    with pytest.raises(ValueError, match="one step at least"):
        word_problems.draw(rng(), 0)


def test_changes_keep_the_answer_known_and_go_the_right_way():
    problem = word_problems.draw(rng(1), 2)
    deep, large, other = (
        f(problem, rng(2)) for f in (word_problems.deeper, word_problems.larger, word_problems.other_story)
    )
    assert deep.level == 3 and deep.text.startswith(problem.text.rpartition(" How")[0])
    assert large.level == 2 and large.start > problem.start
    assert other.level == 2 and (other.name, other.things) != (problem.name, problem.things)
    for made in (deep, large, other, word_problems.reworded(problem, 2)):
        assert word_problems.read(made.text) == made and made.possible
    assert word_problems.reworded(problem, 2).answer == problem.answer
    with pytest.raises(ValueError, match="no wording 3"):
        word_problems.reworded(problem, 3)


@pytest.mark.parametrize("system", traces.SYSTEM)
def test_under_every_system_message_the_teacher_is_right(system):
    problem = word_problems.draw(rng(3), 3)
    example = traces.teach(problem, system)
    assert str(problem.answer) in example.response
    chat.check(example.messages)
    assert example.erased.messages[0]["role"] == "user" and example.erased.response == example.response
    with pytest.raises(KeyError, match="no system message"):
        traces.teach(problem, "Sing.")


def test_a_budget_of_tokens_buys_fewer_traces_than_answers():
    problems = [word_problems.draw(rng(i), 3) for i in range(50)]
    length = lambda text: len(text.split())
    for system in (traces.ANSWER, traces.TRACE):
        chosen = traces.under_budget(problems, system, 600, length)
        used = sum(length(x.question) + length(x.response) for x in chosen)
        assert used <= 600 < used + 80
    counts = [len(traces.under_budget(problems, system, 600, length)) for system in (traces.ANSWER, traces.TRACE)]
    assert counts[0] > counts[1] > 0
    assert len({x.system for x in traces.mixed(problems, rng())}) == len(traces.SYSTEM)


# ------------------------------------------------------------------ Unnatural Instructions, diversity

SEEDS = [unnatural.Unnatural(f"Do thing {i}.", f"input {i}") for i in range(5)]


def test_the_fourth_example_is_read_up_to_the_fifth():
    text = " Name the colour.\nInput: grass\nis long\nConstraints: None.\n\nExample 5\nInstruction: x"
    assert unnatural.parse(text) == unnatural.Unnatural("Name the colour.", "grass\nis long", "None.")
    assert unnatural.parse(" Name it.\nConstraints: None.") is None and unnatural.parse("") is None
    assert unnatural.parse(" Name it.\nInput:\nConstraints: None.") is None


def test_generation_shows_three_seeds_and_leaves_out_copies_and_repetitions():
    answers = iter(
        [
            " New one.\nInput: a\nConstraints: None.",
            " new one.\nInput: A\nConstraints: None.",
            " broken",
            None,
        ]
    )

    def teacher(prompts):
        assert all(p.count("Constraints:") == 3 and p.endswith("Example 4\nInstruction:") for p in prompts)
        copied = prompts[3].split("Example 2")[0].split("Example 1\nInstruction:")[1]
        return [next(answers) or copied for _ in prompts]

    kept, refused = unnatural.generate(teacher, SEEDS, 4, rng())
    assert [x.instruction for x in kept] == ["New one."]
    assert refused == {"repeated": 1, "fields are missing": 1, "copied from the prompt": 1}
    assert unnatural.answered(echo, kept)[0].output == "NEW ONE.\nA"
    with pytest.raises(ValueError, match="pool has 2 examples"):
        unnatural.generate(teacher, SEEDS[:2], 1, rng())


def test_seeds_from_tasks_name_the_labels_of_a_classification():
    made = schema.read(TASK | {"Instances": [{"input": x, "output": [y]} for x, y in ("ay", "bn")]})
    assert unnatural.seeds([made], rng())[0].constraints == "The output should be one of 'n', 'y'."


def test_diversity_in_cases_that_can_be_counted():
    assert diversity.distinct_n(["a b a", "b a"], 1) == 2 / 5 and diversity.distinct_n(["a b a", "b a"], 2) == 2 / 3
    assert diversity.distinct_n([""], 1) == 0
    x = torch.nn.functional.normalize(torch.randn(7, 5, generator=torch.Generator().manual_seed(0)), dim=-1)
    pairs = [1 - x[i] @ x[j] for i in range(7) for j in range(7) if i != j]
    assert diversity.spread(x) == pytest.approx(float(sum(pairs) / len(pairs)), abs=1e-5)
    assert diversity.spread(x[:1].expand(3, 5)) == pytest.approx(0, abs=1e-6)
    assert diversity.novel(["write a poem now", "write a poem", "sing a song", "b"], pool=["b"]) == [
        True,
        False,
        True,
        False,
    ]
    assert diversity.coverage(x[:3], x[:3]) == 1 and diversity.coverage(x[:0], x) == 0
    with pytest.raises(ValueError, match="a distance is between two"):
        diversity.spread(x[:1])
    with pytest.raises(ValueError, match="a similarity is between 0 and 1"):
        diversity.novel(["a"], limit=1.5)
    assert set(diversity.summary(["a b", "c d"], vectors=x[:2])) == {"distinct-1", "distinct-2", "new", "spread"}


# ------------------------------------------------------------------ Baize and Dolly


def test_a_transcript_becomes_turns_that_end_with_an_answer():
    text = " What is it?\n[AI] A stone.\n[Human] And that?\n[AI] Another.\nReally.\n[Human] Oh."
    messages = self_chat.parse(text)
    assert [m["content"] for m in messages] == ["What is it?", "A stone.", "And that?", "Another.\nReally."]
    chat.check(messages)
    assert self_chat.parse(" a\n[Human] b\n[AI] c") == [] and self_chat.parse("") == []
    assert len(self_chat.parse(" a\n[AI] b\n[AI] c")) == 2 and len(self_chat.parse(" a\n[AI] b\n[Human]\n[AI] c")) == 2


def test_self_chat_keeps_what_has_an_answer():
    teacher = lambda prompts: [" Why?\n[AI] So." if "stones" in p else " Why?" for p in prompts]
    talks = self_chat.self_chat(teacher, ["stones", "birds"])
    assert len(talks) == 1
    assert self_chat.structure(talks)["turns"] == 1 and self_chat.structure(talks)["questions with ?"] == 1
    with pytest.raises(ValueError, match="seed is empty"):
        self_chat.prompt(" ")
    with pytest.raises(chat.NoConversation, match="no conversations"):
        self_chat.structure([])


def test_dollys_records_are_read_and_a_wrong_row_is_named():
    row = {"instruction": "Sum up.", "response": "Short.", "context": "Long.", "category": "summarization"}
    (record,) = self_chat.dolly([row])
    assert record.prompt == distillation.alpaca_prompt("Sum up.", "Long.")
    with pytest.raises(ValueError, match=r"Row 1 has no response\."):
        self_chat.dolly([row, row | {"response": " "}])
    with pytest.raises(ValueError, match="Row 0 has the category 'poems'"):
        self_chat.dolly([row | {"category": "poems"}])


# ------------------------------------------------------------------ Evol-Instruct


@pytest.mark.parametrize(
    ("after", "response", "why"),
    [
        ("Write a poem on the sea in four lines.", "Here are four lines.", ""),
        ("Write a poem on the sea!", "Here is one.", "nothing new"),
        ("Write a poem on the sea in Latin.", "I'm sorry, I cannot do this.", "the teacher refuses"),
        ("Write a poem on the sea in Latin.", "I am sorry to begin so late. " + "The waves roll. " * 40, ""),
        ("Write a poem on the sea in Latin.", "It is as it was, so be it.", "nothing but stop words"),
        ("Write a poem on the sea in Latin.", " ... ", "nothing but stop words"),
        ("Rewritten prompt: write an ode on the sea.", "An ode.", "the prompt leaks"),
    ],
)
def test_the_four_rules_of_elimination(after, response, why):
    assert evolve.why_not("Write a poem on the sea.", after, response) == why


def test_what_is_eliminated_goes_back_as_it_was():
    writer = lambda prompts: [
        p.partition("Given prompt: ")[2].partition("\n")[0] + (" Use rhymes, and no letter e." if "cats" in p else "")
        for p in prompts
    ]
    pool = ["Write about cats.", "Write about dogs."]
    done = evolve.evolve(pool, writer, lambda prompts: ["Good words."] * len(prompts), 1, rng(), breadth=0.0)
    assert done.pools == [pool, ["Write about cats. Use rhymes, and no letter e.", "Write about dogs."]]
    assert done.eliminated == {"nothing new": 1} and list(done.responses) == done.pools[1][:1]
    with pytest.raises(ValueError, match="The pool is empty"):
        evolve.evolve([], writer, writer, 1, rng())
    with pytest.raises(KeyError, match="no method 'longer'"):
        evolve.depth_prompt("x", "longer")


def test_problems_get_harder_over_rounds_in_depth_and_not_in_breadth():
    pool = [word_problems.draw(rng(i), 1) for i in range(30)]
    level = lambda pools: [sum(p.level for p in pool) / len(pool) for pool in pools]
    deep = level(evolve.evolve_problems(pool, 3, rng(), breadth=0.0))
    assert all(a < b for a, b in pairwise(deep)) and set(
        level(evolve.evolve_problems(pool, 3, rng(), breadth=1.0))
    ) == {1.0}
    assert evolve.downward(word_problems.draw(rng(), 3)).level == 2 and evolve.downward(pool[0]) == pool[0]
    with pytest.raises(ValueError, match="The pool is empty"):
        evolve.evolve_problems([], 1, rng())


# ------------------------------------------------------------------ OSS-Instruct


def test_snippets_are_real_functions_without_their_docstrings():
    found = oss.snippets()
    assert len(found) > 80 and len({s.name for s in found}) == len(found)
    for snippet in found:
        assert (
            3 <= len(snippet.code.splitlines()) <= 15 and snippet.code.startswith("def ") and '"""' not in snippet.code
        )
        compile(snippet.code, snippet.name, "exec")


SNIPPET = oss.Snippet("m.f", "def f(a, b):\n    if a:\n        return b\n    return a")
GOOD = " Reverse a list.\n[Solution]\n```python\ndef turn(rows):\n    return rows[::-1]\n```"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GOOD, ""),
        (" Reverse a list.", "there are not two parts"),
        (" Reverse.\n[Solution]\n```python\ndef turn(rows:\n```", "the solution is not Python"),
        (" Reverse.\n[Solution]\nprint(1)", "the solution defines no function"),
        (" Reverse.\n[Solution]\ndef turn(rows):\n    pass", "the solution does nothing"),
        (f" Reverse.\n[Solution]\n{SNIPPET.code}", "the solution is the snippet"),
        (GOOD.replace("a list", "what this code turns"), "the problem speaks of code that nobody sees"),
    ],
)
def test_the_discriminator_says_why(text, why):
    assert oss.why_not(oss.parse(text, SNIPPET)) == why


def test_good_and_bad_cases_are_shown_in_the_next_round():
    seen = []

    def teacher(prompts):
        seen.extend(prompts)
        return [GOOD if i % 2 == 0 else " x.\n[Solution]\nprint(1)" for i, _ in enumerate(prompts)]

    kept, left_out = oss.generate(teacher, [SNIPPET] * 4, rng(), rounds=2)
    assert len(kept) == 2 and left_out == {"the solution defines no function": 2}
    assert not any("A good one" in p for p in seen[:2])
    assert all("A good one" in p and "A bad one, since the solution defines no function" in p for p in seen[2:])
    with pytest.raises(ValueError, match="no snippets"):
        oss.generate(teacher, [], rng())


# ------------------------------------------------------------------ MetaMath

QUESTION = "Ann has 1,200 coins. Then Ann gets 30.5 more, and Bob x-rays B2. How many coins does Ann have now?"


def test_numbers_in_digits_are_found_and_masked():
    assert [m[0] for m in metamath.numbers(QUESTION)] == ["1,200", "30.5"]
    plain = QUESTION.replace("x-rays", "scans")
    assert metamath.masked(plain, 0) == (plain.replace("1,200", "x"), "1200")
    with pytest.raises(ValueError, match="speaks of x already"):
        metamath.masked(QUESTION, 0)
    with pytest.raises(ValueError, match="has 2 numbers in digits, and none with the index 2"):
        metamath.masked(plain, 2)


@pytest.mark.parametrize("seed", range(12))
def test_every_backward_question_has_one_answer(seed):
    problem = word_problems.draw(rng(seed), 1 + seed % 3, (seed % 3,))
    made = metamath.bootstrap(problem)
    count = len(metamath.numbers(problem.text))
    assert count == problem.level + 1
    assert [x.kind for x in made].count("backward") == [x.kind for x in made].count("self-verification") == count
    for which in range(count):
        found = [x for x in range(1, 300) if metamath.solves(problem, which, x)]
        assert found == [int(metamath.backward(problem.text, problem.answer, which).answer)]
    for x in made:
        if x.kind == "rephrased":
            assert str(word_problems.read(x.question).answer) == x.answer == str(problem.answer)
            assert metamath.keeps_numbers(problem.text, x.question)


def test_the_two_kinds_of_backward_questions_read_as_published():
    text = "Ann has 5 apples. Then Ann gets 3 more. How many apples does Ann have now?"
    assert metamath.backward(text, 8, 1).question == (
        "Ann has 5 apples. Then Ann gets x more. How many apples does Ann have now? If we know the answer to the above "
        "question is 8, what is the value of unknown variable x?"
    )
    assert metamath.self_verification(text, 8, 0).question == (
        "Ann has x apples. Then Ann gets 3 more. Ann has 8 apples now. What is x?"
    )
    with pytest.raises(ValueError, match="no question 'How many"):
        metamath.self_verification("There are 3 of 5. Why so?", 8, 0)
    assert metamath.rephrase(echo, ["Is 3 odd?"])[0].startswith("WRITE THIS")
    assert not metamath.keeps_numbers("3 and 4", "4 and 5")


# ------------------------------------------------------------------ curriculum


def g(seed=0):
    return torch.Generator().manual_seed(seed)


def test_orders_are_permutations_and_budgets_beginnings():
    difficulty = torch.tensor([0.5, 0.1, 0.9, 0.1, 0.5])
    up = curriculum.order(difficulty, "easy to hard", g())
    down = curriculum.order(difficulty, "hard to easy", g())
    for indices in (up, down, curriculum.order(difficulty, "shuffled", g())):
        assert indices.sort().values.tolist() == [0, 1, 2, 3, 4]
    assert difficulty[up].diff().min() >= 0 >= difficulty[down].diff().max()
    cost = torch.tensor([3, 2, 4, 2, 3])
    assert curriculum.within(up, cost, 7).tolist() == up[:3].tolist() and not len(curriculum.within(up, cost, 1))
    assert len(curriculum.within(up, cost, 100)) == 5
    with pytest.raises(ValueError, match="no order 'random'"):
        curriculum.order(difficulty, "random", g())
    with pytest.raises(ValueError, match="every example costs something"):
        curriculum.within(up, cost * 0, 7)


@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_apportioned_numbers_add_up_and_are_within_one_of_the_share(count):
    shares = [0.5, 0.3, 0.15, 0.05]
    found = curriculum.apportion(shares, count)
    assert sum(found) == count and all(abs(n - s * count) < 1 for n, s in zip(found, shares))


def test_tasks_are_drawn_by_their_shares_and_repeat_only_where_they_must():
    task = torch.tensor([0] * 10 + [1] * 2)
    drawn = curriculum.balanced(task, [0.5, 0.5], 10, g())
    assert (task[drawn] == 0).sum() == 5 and len(drawn[task[drawn] == 0].unique()) == 5
    assert drawn[task[drawn] == 1].bincount().tolist()[10:] in ([3, 2], [2, 3])
    with pytest.raises(ValueError, match=r"The shares add up to 0\.9"):
        curriculum.balanced(task, [0.5, 0.4], 10, g())
    with pytest.raises(ValueError, match=r"Task 2 has a share of 0\.5 and no examples"):
        curriculum.balanced(task, [0.5, 0.0, 0.5], 10, g())


def test_each_round_has_more_hard_examples():
    difficulty = curriculum.fitting_difficulty(torch.full((20,), 9.0), torch.arange(20.0))
    rounds = curriculum.plan(difficulty, threshold=0.0, rounds=4, size=10, alpha=0.3, step=0.3, generator=g())
    assert [int(curriculum.is_hard(difficulty, 0.0)[r].sum()) for r in rounds] == [3, 6, 9, 10]
    for said, change in {"alpha is 2": {"alpha": 2}, "divides nothing: 0 of 20": {"threshold": 99.0}}.items():
        with pytest.raises(ValueError, match=said):
            arguments = {"threshold": 0.0, "rounds": 1, "size": 4, "alpha": 0.5, "step": 0.1, "generator": g()} | change
            curriculum.plan(difficulty, **arguments)
    with pytest.raises(ValueError, match="2 scores of the teacher and 3"):
        curriculum.fitting_difficulty(torch.zeros(2), torch.zeros(3))


# ------------------------------------------------------------------ the imitation critique

TEACHER = [
    f"{name} is a country with several regions. Its main points are:\n\n1. It lies in {place}, near the sea.\n"
    f"2. Its people speak {n} languages.\n\nOverall, {name} is known for its {what}."
    for name, place, n, what in [
        ("Peru", "the south", 3, "mountains"),
        ("Chad", "the middle", 9, "lake"),
        ("Fiji", "the east", 4, "islands, and for its reefs"),
        ("Mali", "the west", 7, "gold"),
        ("Oman", "the south-east of Arabia", 2, "coast"),
        ("Laos", "Asia", 5, "rivers and forests"),
    ]
]
OTHERS = [
    "peru",
    "a lake in chad",
    "it is there it is there",
    "no",
    "Gold is found in mali and in other places",
    "12 12 12",
]


def test_style_tells_the_teacher_from_others_and_is_the_optimum():
    style = imitation.Style.fit(TEACHER, OTHERS)
    assert style.score(TEACHER).min() > 0.8 and style.score(OTHERS).max() < 0.2
    texts, labels = [*TEACHER, *OTHERS], [True] * 6 + [False] * 6
    at_best = 12 * style.loss(texts, labels) + 0.5 * float((style.weight**2).sum())
    for i in range(len(style.weight)):
        for shift in (-0.05, 0.05):
            weight = style.weight.clone()
            weight[i] += shift
            other = imitation.Style(weight, style.bias, style.mean, style.scale)
            assert 12 * other.loss(texts, labels) + 0.5 * float((weight**2).sum()) > at_best


def test_style_is_that_of_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    style = imitation.Style.fit(TEACHER, OTHERS, ridge=0.5)
    x = (imitation.features([*TEACHER, *OTHERS]) - style.mean) / style.scale
    theirs = linear_model.LogisticRegression(C=2.0, tol=1e-10, max_iter=10_000).fit(x.numpy(), [1] * 6 + [0] * 6)
    assert torch.allclose(style.weight, torch.tensor(theirs.coef_[0]), atol=1e-4)


def test_repetition_and_empty_texts():
    assert imitation.repetition(["the", "the", "the", "the"]) == 1 and imitation.repetition(["a", "b", "c", "d"]) == 0
    assert imitation.repetition(["a", "b", "a", "b", "a", "b"]) > 0.4 and imitation.repetition([]) == 0
    with pytest.raises(ValueError, match="it has no style"):
        imitation.features([" "])
    with pytest.raises(ValueError, match="There are 1 texts of the teacher"):
        imitation.Style.fit(TEACHER[:1], OTHERS)


def test_facts_count_answers_that_contain_an_accepted_output():
    questions = [schema.Instance("capital of Peru?", ("Lima",)), schema.Instance("of Chad?", ("N'Djamena",))]
    assert imitation.facts(questions, ["It is Lima, of course.", "N'Djamena."]) == 1.0
    assert imitation.facts(questions, ["Limassol", ""]) == 0.0
    with pytest.raises(ValueError, match="2 questions and 1 answers"):
        imitation.facts(questions, ["Lima"])


# ------------------------------------------------------------------ ROUGE-L


def test_the_nearest_of_an_empty_pool_is_at_zero():
    assert rouge.nearest("a b", []) == 0 and rouge.nearest("a b", ["b", "a b"]) == 1


# ------------------------------------------------------------------ the experiments


def test_arms_lie_within_each_other_and_have_several_categories():
    found = experiments.arms((4, 16, 48), seed=1)
    assert [len(tasks) for tasks in found.values()] == [4, 16, 48]
    assert found[48][:16] == found[16] and found[16][:4] == found[4]
    assert len({task.category for task in found[4]}) == 4 and len({task.category for task in found[16]}) == 8
    assert found[4] != experiments.arms((4,), seed=2)[4]
    with pytest.raises(ValueError, match="There are 48 training tasks, and an arm asks for 49"):
        experiments.arms((49,), seed=0)


def test_guessing_and_copying_earn_what_can_be_counted():
    rows = {row["task"]: row for row in experiments.described(mixture.tasks())}
    assert rows["first_word"]["copied"] == 1 and rows["doubled"]["copied"] == 0
    assert rows["above_fifty"]["commonest"] <= 0.55 and rows["letter_count"]["outputs"] < 8
    assert sum(row["unseen"] for row in rows.values()) == 18
    for row in rows.values():
        assert row["words"]["definition"] < row["words"]["+ 2 positive"] < row["words"]["+ 2 negative"]


# ------------------------------------------------------------------ with the real teacher


@pytest.mark.slow
def test_smollm2_teaches_talks_with_itself_and_is_tuned():
    lm = models.load()
    (made,) = distillation.distil(teachers.of_model(lm, tokens=12), [("What is the capital of France?", "")])
    assert made.output and "### Response:" in made.prompt
    writer = teachers.of_model(lm, tokens=40, temperature=0.7, generator=g(), chat=False)
    for messages in self_chat.self_chat(writer, ["the sea", "old trains"]):
        chat.check(messages)
    kept, refused = unnatural.generate(writer, SEEDS, 2, rng())
    assert len(kept) + sum(refused.values()) == 2
    tasks = [task for task in mixture.tasks() if task.name in ("capitals", "hyphens")]
    before = experiments.asked(lm, tasks, per_task=2)
    off = experiments.tune(lm, tasks, steps=4, lr=1e-3, seed=0, batch=2)
    tuned = experiments.asked(lm, tasks, per_task=2)
    assert sum(x.log_prob for x in tuned) > sum(x.log_prob for x in before)
    off()
    after = experiments.asked(lm, tasks, per_task=2)
    assert [x.log_prob for x in after] == pytest.approx([x.log_prob for x in before], abs=1e-4)
