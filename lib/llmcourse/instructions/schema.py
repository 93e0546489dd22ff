"""Natural Instructions' schema: a task is a definition, examples good and bad with the reasons, and instances.

    definition          what to do, in plain words              categories  what kind of task it is
    positive, negative  examples: input, output, and the reason why that output is right or wrong
    instances           inputs, each with every output that is accepted

Mishra et al. 2022 and Wang et al. 2022, "Super-NaturalInstructions"; the format is that of the project's files,
`tasks/task*.json`, the older ones included, in which a definition is one text and not a list. A field that is missing
or of another kind is refused with its name.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


class WrongField(ValueError):
    """A task that does not follow the schema. The text names the task, the field, and what is wrong with it."""


@dataclass(frozen=True)
class Example:
    """One input with a right or a wrong output, and the reason."""

    input: str
    output: str
    explanation: str = ""


@dataclass(frozen=True)
class Instance:
    """One input with the outputs that are accepted; the first is the one to learn."""

    input: str
    output: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """A task, as the schema has it. `category` is the first of its categories, by which tasks are split."""

    name: str
    definition: str
    categories: tuple[str, ...]
    positive: tuple[Example, ...]
    negative: tuple[Example, ...]
    instances: tuple[Instance, ...]

    @property
    def category(self) -> str:
        return self.categories[0]


# ------------------------------------------------------------------ reading


def load(path: str | Path) -> Task:
    """The task in a file of the project. Raises WrongField, and FileNotFoundError if there is no such file."""
    path = Path(path)
    try:
        data = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise WrongField(f"{path.name} is not JSON: {error}") from None
    return read(data, path.stem)


def read(data: object, name: str = "task") -> Task:
    """The task in a dict with the project's field names. Fields that nobody needs here are ignored."""
    if not isinstance(data, Mapping):
        raise WrongField(f"{name}: a task is an object with fields, and this is {_kind(data)}.")
    return Task(
        name,
        _definition(_field(data, "Definition", name), name),
        _texts(_field(data, "Categories", name), f"{name}: Categories"),
        tuple(_examples(data, "Positive Examples", name)),
        tuple(_examples(data, "Negative Examples", name)),
        tuple(_instances(data, name)),
    )


def write(task: Task) -> dict:
    """The task with the project's field names: `read(write(task), task.name) == task`."""
    examples = lambda those: [vars(example) for example in those]
    return {
        "Contributors": [],
        "Source": [],
        "Categories": list(task.categories),
        "Definition": [task.definition],
        "Input_language": ["English"],
        "Output_language": ["English"],
        "Instruction_language": ["English"],
        "Positive Examples": examples(task.positive),
        "Negative Examples": examples(task.negative),
        "Instances": [
            {"id": f"{task.name}-{i}", "input": instance.input, "output": list(instance.output)}
            for i, instance in enumerate(task.instances)
        ],
    }


def _definition(value: object, name: str) -> str:
    """One text; of a list, which is what newer files have, the first, as Tk-Instruct takes it."""
    definition = value if isinstance(value, str) else _texts(value, f"{name}: Definition")[0]
    if not definition.strip():
        raise WrongField(f"{name}: Definition is empty: nobody could know what to do.")
    return definition.strip()


def _examples(data: Mapping, field: str, name: str) -> Iterator[Example]:
    for i, row in enumerate(_list(_field(data, field, name), f"{name}: {field}")):
        place = f"{name}: {field}[{i}]"
        yield Example(*(_text(row, key, place) for key in ("input", "output", "explanation")))


def _instances(data: Mapping, name: str) -> Iterator[Instance]:
    rows = _list(_field(data, "Instances", name), f"{name}: Instances")
    if not rows:
        raise WrongField(f"{name}: Instances is empty: there is nothing to answer.")
    for i, row in enumerate(rows):
        place = f"{name}: Instances[{i}]"
        given = _text(row, "input", place)
        output = row.get("output")
        if output is None or output in ("", []):
            raise WrongField(f"{place} has no output. Every instance needs one accepted output at least.")
        yield Instance(given, (output,) if isinstance(output, str) else _texts(output, f"{place}.output"))


def _field(data: Mapping, field: str, name: str) -> object:
    if field not in data:
        near = next((f"; it has {key!r}" for key in data if str(key).lower() == field.lower()), "")
        raise WrongField(f"{name} has no field {field!r}{near}.")
    return data[field]


def _text(row: object, key: str, place: str) -> str:
    if not isinstance(row, Mapping):
        raise WrongField(f"{place} is {_kind(row)}, and should be an object with the field {key!r}.")
    if key not in row:
        raise WrongField(f"{place} has no {key}.")
    if not isinstance(row[key], str):
        raise WrongField(f"{place}.{key} is {_kind(row[key])}, and should be a text.")
    return row[key]


def _texts(value: object, place: str) -> tuple[str, ...]:
    rows = _list(value, place)
    if not rows:
        raise WrongField(f"{place} is empty.")
    for i, row in enumerate(rows):
        if not isinstance(row, str):
            raise WrongField(f"{place}[{i}] is {_kind(row)}, and should be a text.")
    return tuple(rows)


def _list(value: object, place: str) -> list:
    if not isinstance(value, list):
        raise WrongField(f"{place} is {_kind(value)}, and should be a list.")
    return value


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


# ------------------------------------------------------------------ judging


def right(instance: Instance, answer: str) -> bool:
    """Is this one of the accepted outputs? Case, spaces at the ends and a full stop do not count."""
    return _plain(answer) in map(_plain, instance.output)


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(".")
