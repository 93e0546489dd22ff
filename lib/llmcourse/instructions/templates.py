"""P3's templates: one row of a dataset, asked for in several ways.

    row       a dict, one example of a dataset: {"passage": ..., "label": 2}
    template  jinja: the input, "|||", and the target: "{{passage}} What is it about? ||| {{answer_choices[label]}}"
    choices   answer choices, jinja as well, with "|||" between them: "climate ||| terrain"

Bach et al. 2022, "PromptSource"; Sanh et al. 2022, section 4: several templates a dataset, of different wording and
sometimes of a different task. As there, a template of which the input or the target comes out empty skips the row.
Templates may come from strangers: they run in jinja's sandbox, in which they reach neither files nor Python's own
attributes, and a field that a row lacks is an error, not an empty text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from llmcourse.data import Passage

SEPARATOR = "|||"


class Prompted(NamedTuple):
    """An input, its target, and the choices, if the answer is one of a few."""

    input: str
    target: str
    choices: tuple[str, ...] = ()


class WrongTemplate(ValueError):
    """A template that cannot be filled. The text names the template and what is missing."""


@dataclass(frozen=True)
class Template:
    """A named template; `original`: it asks for the task that the dataset was made for, not for a turned one."""

    name: str
    jinja: str
    choices: str = ""
    original: bool = True

    def fill(self, row: Mapping) -> Prompted | None:
        """Input and target for a row; None where one of them is empty. Raises WrongTemplate."""
        if self.jinja.count(SEPARATOR) != 1:
            raise WrongTemplate(f"Template {self.name!r} needs one {SEPARATOR} between its input and its target.")
        given = dict(row)
        if self.choices:
            given["answer_choices"] = [x.strip() for x in _rendered(self.choices, row, self.name).split(SEPARATOR)]
        # The two halves are rendered apart: a row whose text contains the separator must not be torn.
        asked, target = (_rendered(half, given, self.name).strip() for half in self.jinja.split(SEPARATOR))
        if not asked or not target:
            return None
        return Prompted(asked, target, tuple(given.get("answer_choices", ())))


def _rendered(source: str, row: Mapping, name: str) -> str:
    """A jinja text filled with a row, in the sandbox."""
    import jinja2  # here, so that the rest works without it
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    environment.globals["range"] = _short_range
    try:
        return environment.from_string(source).render(dict(row))
    except jinja2.UndefinedError as error:
        raise WrongTemplate(f"Template {name!r}: {error.message}. The row has {', '.join(map(repr, row))}.") from None
    except jinja2.TemplateSyntaxError as error:
        raise WrongTemplate(f"Template {name!r} is not jinja: {error.message}, line {error.lineno}.") from None
    except jinja2.exceptions.SecurityError as error:
        raise WrongTemplate(f"Template {name!r} reaches for what a template must not use: {error}") from None
    except (TypeError, ValueError, IndexError, ArithmeticError) as error:
        raise WrongTemplate(f"Template {name!r} fails on this row: {error}.") from None


def _short_range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > 1000:
        raise ValueError("a range of more than 1,000 numbers")
    return found


# ------------------------------------------------------------------ two datasets of the Factbook, with templates

LABELS = ("climate", "terrain", "religion", "industry")
_TOPICS = ("Climate", "Terrain", "Religions", "Industries")
TOPIC = (  # row: passage, label
    Template("what about", "{{passage}}\nWhat is this about? ||| {{answer_choices[label]}}", " ||| ".join(LABELS)),
    Template(
        "choose",
        "Choose one of {{answer_choices | join(', ')}}.\nText: {{passage}}\nTopic: ||| {{answer_choices[label]}}",
        " ||| ".join(LABELS),
    ),
    Template(
        "headline",
        "In a reference book stands, under one of the headings {{answer_choices | join(' / ')}}: "
        '"{{passage}}". Which heading is it? ||| {{answer_choices[label]}}',
        " ||| ".join(LABELS),
    ),
    Template(
        "a friend",
        "A friend reads to you: {{passage}} You would say that it is about ||| {{answer_choices[label]}}",
        " ||| ".join(LABELS),
    ),
    Template(
        "climate or not",
        "Is this about the climate, yes or no? {{passage}} ||| {{'yes' if label == 0 else 'no'}}",
        original=False,
    ),
    Template(
        "write one",
        "Write a line that a reference book might have on the {{answer_choices[label]}} of a country. ||| {{passage}}",
        " ||| ".join(LABELS),
        original=False,
    ),
)
CAPITAL = (  # row: country, capital, passage
    Template("question", "What is the capital of {{country}}?\n{{passage}} ||| {{capital}}"),
    Template("find", "Find the capital in these lines: {{passage}}\nCapital: ||| {{capital}}"),
    Template("letter", "You address a letter to the government of {{country}}. {{passage}}\nCity: ||| {{capital}}"),
    Template("gap", "{{passage}}\nThe capital of {{country}} is ||| {{capital}}"),
    Template(
        "which country", "{{capital}} is the capital of which country? {{passage}} ||| {{country}}", original=False
    ),
)


def topic_rows(passages: Sequence[Passage]) -> list[dict]:
    """Rows for TOPIC from passages of the Factbook, without country and topic; other topics are left out."""
    return [
        {"passage": p.text.partition(": ")[2], "label": _TOPICS.index(p.topic)} for p in passages if p.topic in _TOPICS
    ]


def capital_rows(passages: Sequence[Passage]) -> list[dict]:
    """Rows for CAPITAL: the capital's passage with the country's location before or after it."""
    where = {p.title: p.text for p in passages if p.topic == "Location"}
    rows = []
    for p in passages:
        if p.topic == "Capital" and p.title in where:
            lines = [p.text, where[p.title]] if len(rows) % 2 else [where[p.title], p.text]
            capital = re.split(r"\s*[;(,:]|\s+-", p.text.partition(": ")[2])[0]
            rows.append({"country": p.title, "capital": capital, "passage": "\n".join(lines)})
    return rows


def prompted(templates: Sequence[Template], rows: Sequence[Mapping], rng: Random, per_row: int = 1) -> list[Prompted]:
    """The mixture: for each row `per_row` different templates, drawn; what a template skips is left out."""
    filled = (t.fill(row) for row in rows for t in rng.sample(list(templates), min(per_row, len(templates))))
    return [example for example in filled if example]
