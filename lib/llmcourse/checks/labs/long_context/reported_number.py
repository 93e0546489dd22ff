"""reported-number: What did it report?"""

from llmcourse.checks import Exercise

from .cases import integer, phrase

FORMS = {
    "bare": "{a}",
    "closed": "{a}>",
    "bracketed": "<{a}>",
    "sentence": "{w} {a}.",
    "two": "{w} {a}, {v} {b}",
    "glued": "{w}{a}{v}",
    "comma": "{a},{b}",
    "minus": "{w}-{a}",
    "none": "{w} {v}",
    "empty": "",
    "lines": "{w}\n{a}\n{b}",
    "zeros": "00{a}",
}


def answers(*kinds):
    """Answers of these kinds, with drawn numbers and words."""

    def make(generator):
        made = []
        for kind in kinds:
            a, b = (integer(generator, 10, 10_000) for _ in range(2))
            words = {"w": phrase(generator, 2), "v": phrase(generator, 1)}
            made.append(FORMS[kind].format(a=a, b=b, **words))
        return {"answers": made}

    return make


def probe(answer, inputs):
    return {"reported": [answer(text) for text in inputs["answers"]]}


EXERCISE = Exercise(
    name="reported-number",
    title="What did it report?",
    answer="reported",
    parameters=("written",),
    points=2,
    difficulty=1,
    minutes=6,
    cases={
        "numbers alone, and in brackets": answers("bare", "bracketed", "closed", "bare"),
        "numbers in sentences": answers("sentence", "glued", "minus", "sentence"),
        "more than one number": answers("two", "lines", "comma", "two"),
        "no number at all": answers("none", "sentence", "empty", "two"),
        "zeros in front": answers("zeros", "bare", "zeros"),
    },
    probe=probe,
    hints=(
        "`re.search` finds the first place where a pattern fits, or None.",
        "A number is a run of digits, `\\d+`: a comma, a minus sign or a bracket is no part of it.",
        '`found = re.search(r"\\d+", written)`, and `int(found[0])` if there is one.',
    ),
)
