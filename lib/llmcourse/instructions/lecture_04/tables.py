"""The tables of lecture 04: what was measured, in rows."""

from collections import Counter
from collections.abc import Mapping, Sequence

from ...figures import Shown, table
from ..metamath import Asked
from ..schema import Task
from ..templates import Template


def cut(text: str, longest: int = 110) -> str:
    """The beginning of a text, cut between words, on one line."""
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[:longest].rpartition(' ')[0]} ..."


def templates(those: Sequence[Template], row: Mapping) -> Shown:
    """One row of a dataset in each template."""
    filled = [(template, template.fill(row)) for template in those]
    rows = [
        (template.name, cut(asked.input, 150), cut(asked.target, 60), "" if template.original else "another task")
        for template, asked in filled
        if asked
    ]
    return table(rows, ["template", "what the model reads", "what it is to write", "note"])


def task(one: Task) -> Shown:
    """A task in the schema, field by field."""
    example = lambda x: f"{x.input} -> {x.output}. {x.explanation}"
    rows = [
        ("Definition", one.definition),
        ("Categories", ", ".join(one.categories)),
        ("Positive Examples", example(one.positive[0])),
        ("Negative Examples", example(one.negative[0])),
        ("Instances", f"{one.instances[0].input} -> {one.instances[0].output[0]}, and {len(one.instances) - 1} others"),
    ]
    return table(rows, ["field", "of the task " + one.name])


def chats(conversations: Sequence[Sequence[Mapping]], structure: Mapping[str, float]) -> Shown:
    """The first conversation that SmolLM2 had with itself, and what all look like."""
    rows = [(message["role"], cut(message["content"], 160)) for message in conversations[0]]
    told = ", ".join(f"{name} {value:.1f}" for name, value in structure.items())
    return table(rows, ["speaker", "text"], f"on average: {told}")


def fourths(record: Mapping, shown: int = 4) -> Shown:
    """Examples that SmolLM2 wrote after three others, and why the rest was left out."""
    rows = [(cut(x["instruction"], 90), cut(x["input"], 60), cut(x["constraints"], 40)) for x in record["kept"][:shown]]
    why = Counter(reason or "kept" for reason in record["why"])
    told = ", ".join(f"{count} {reason}" for reason, count in why.most_common())
    return table(rows, ["instruction", "input", "constraints"], f"of {len(record['why'])} calls: {told}")


def inspired(record: Mapping, shown: int = 4) -> Shown:
    """Code from the standard library, the problem that SmolLM2 made of it, and what the discriminator says."""
    rows = [
        (snippet["name"], cut(problem, 140), why or "kept")
        for snippet, problem, why in zip(record["snippets"], record["problems"]["with code"], record["why"])
    ]
    told = ", ".join(f"{count} {reason}" for reason, count in Counter(why or "kept" for why in record["why"]).items())
    return table(rows[:shown], ["seed", "problem", "the discriminator"], f"of {len(rows)} calls: {told}")


def bootstrapped(asked: Sequence[Asked]) -> Shown:
    """All questions that one problem gives."""
    return table([(one.kind, one.question, one.answer) for one in asked], ["kind", "question", "answer"])


def imitated(runs: Sequence[Mapping], base: str) -> Shown:
    """What a student says about a country of which the teacher has told nothing, by the amount of imitation."""
    rows = [run for run in runs if run["base"] == base and run["seed"] == runs[0]["seed"]]
    fact = rows[0]["example"][0]
    return table(
        [(run["amount"], run["example"][1]) for run in rows],
        ["teacher's answers seen", "what it says"],
        f"a base that {base}; asked for {fact.split()[0]}, whose capital is {fact.split()[-1]}",
    )
