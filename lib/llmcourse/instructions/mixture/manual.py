"""Test tasks that read torch's documentation."""

import re
from random import Random

from .arithmetic import YES_NO
from .facts import cut
from .program import Program
from .source import Source

DEFAULT = re.compile(r"Default: ([\w.+-]*\w)")


def programs(source: Source) -> list[Program]:
    passages = source.manual()
    title = lambda x: x.split(". ")[0]
    default = lambda x: DEFAULT.search(x)[1]
    has_default = lambda x: "yes" if "efault" in x else "no"
    kind = lambda x: "argument" if re.match(r"\w+\. Argument ", x) else "description"
    argument = lambda x: re.match(r"\w+\. Argument (\w+):", x)[1]
    loss = lambda x: "yes" if title(x).endswith("Loss") else "no"

    def one(fits):
        """A passage that fits, cut if it is long."""
        found = [x for x in (cut(p.text) for p in passages) if fits(x)]

        def draw(rng: Random) -> str:
            return rng.choice(found)

        return draw

    is_argument = lambda x: kind(x) == "argument"
    make = lambda *rest: Program(rest[0], "manual", *rest[1:])
    return [
        make(
            "default_value",
            "From this line of a manual, extract the default of the argument.",
            one(lambda x: is_argument(x) and DEFAULT.search(x)),
            default,
            'After "Default:" stands {y}.',
            argument,
            "{wrong} is the argument's name. Its default is {y}.",
        ),
        make(
            "argument_name",
            "From this line of a manual, extract the name of the argument that is explained.",
            one(is_argument),
            argument,
            'After "Argument" stands the name, {y}.',
            title,
            "{wrong} is the class. The argument is {y}.",
        ),
        make(
            "class_name",
            "From this line of a manual, extract the name of the class that it belongs to.",
            one(lambda x: True),
            title,
            "The line begins with the name of the class, {y}.",
            lambda x: x.split()[1],
            "{wrong} is not the name of a class. The line begins with it: {y}.",
        ),
        make(
            "has_a_default",
            'Does this line of a manual say what the default is? Answer "yes" or "no".',
            one(is_argument),
            has_default,
            "Looking for a default in the line gives the answer {y}.",
            lambda x: YES_NO[has_default(x)],
            "Look for the word default once more: the answer is {y}.",
        ),
        make(
            "argument_or_description",
            'Does this line of a manual explain an "argument", or is it a "description" of the class? Answer with one.',
            one(lambda x: True),
            kind,
            "After the class, the line says what it is: {y}.",
            lambda x: "description" if kind(x) == "argument" else "argument",
            "After the class, the line says what it is: not {wrong}, but {y}.",
        ),
        make(
            "loss_or_not",
            'Does this line of a manual belong to a loss? Answer "yes" or "no".',
            one(lambda x: True),
            loss,
            "The name of the class tells that the answer is {y}.",
            lambda x: YES_NO[loss(x)],
            "Look at the name of the class: the answer is {y}.",
        ),
    ]
