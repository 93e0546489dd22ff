"""fill-template: One row, many questions."""

from llmcourse.checks import Exercise

from .cases import choice, number, phrase, shuffled, words

CHOICES = ["climate", "terrain", "religion", "industry"]


def plain(generator):
    """A template whose input names one field twice, with spaces at the ends."""
    a, b = words(generator, 2)
    row = {"text": phrase(generator, 4), "title": phrase(generator, 2).title(), "label": number(generator, 1, 3)}
    template = f" {a} {{{{title}}}}: {{{{text}}}} {b} {{{{title}}}}?\n|||  {{{{choice}}}} "
    return template, row


def odd(generator):
    """Texts that look like parts of a template."""
    a = choice(generator, words(generator, 3))
    row = {
        "label": number(generator, 1, 3),
        "text": f"{phrase(generator, 2)} ||| {{{{title}}}}  {a}",
        "title": f"{a} |||",
    }
    return f"{{{{text}}}}  {a} {{{{title}}}} ||| {{{{choice}}}} {{{{title}}}}", row


def empty(generator):
    """A target or an input that comes out empty."""
    a, b = words(generator, 2)
    row = {"text": a, "title": " ", "label": number(generator, 1, 3)}
    return choice(generator, [f"{b} {{{{text}}}} ||| {{{{title}}}}", "{{title}} ||| {{choice}}"]), row


def partly_empty(generator):
    """A field that is empty, between texts that are not."""
    a, b = words(generator, 2)
    row = {"text": phrase(generator, 3), "title": "", "label": number(generator, 1, 3)}
    return f"{a} {{{{title}}}} {{{{text}}}} |||{b} {{{{choice}}}}", row


def rows(*kinds):
    def make(generator):
        made = [kind(generator) for kind in kinds]
        templates, given = zip(*shuffled(generator, made))
        return {"templates": list(templates), "choices": CHOICES, "rows": list(given)}

    return make


def probe(answer, inputs):
    pairs = zip(inputs["templates"], inputs["rows"])
    return {"filled": [answer(template, list(inputs["choices"]), row) for template, row in pairs]}


EXERCISE = Exercise(
    name="fill-template",
    title="One row, many questions",
    answer="fill",
    parameters=("template", "choices", "row"),
    points=3,
    difficulty=2,
    minutes=12,
    cases={
        "ordinary rows": rows(plain, plain, partly_empty),
        "texts that look like templates": rows(plain, odd, odd),
        "something comes out empty": rows(plain, empty, partly_empty, empty),
        "all kinds of rows": rows(plain, odd, empty, partly_empty, odd, empty),
    },
    probe=probe,
    hints=(
        'Divide the template first: `template.split("|||")` gives two halves. Only then fill each of them.',
        'What stands in the braces is a field of the row, or "choice", which is `choices[row["label"]]`.',
        "`re.sub(pattern, function, text)` goes through a text once, and does not look at what it has inserted.",
        'With `values = {**row, "choice": choices[row["label"]]}`: `re.sub(r"\\{\\{(\\w+)\\}\\}", lambda m: '
        "str(values[m[1]]), half).strip()` for both halves; None if one of them is empty.",
    ),
)
