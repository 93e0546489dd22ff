"""register-lines: Ten lines and an order among them."""

from llmcourse.checks import Exercise

from .cases import integer, numbers


def lines(n, place=None):
    """n lines; the order stands after `place` of them, or anywhere. Some contents have one digit or two."""

    def make(generator):
        contents = [content // 10 ** integer(generator, 0, 4) for content in numbers(generator, n)]
        at = integer(generator, 0, n + 1) if place is None else place
        return {"contents": contents, "asked": integer(generator, 1, n + 1), "place": at}

    return make


def probe(answer, inputs):
    return {"text": answer(list(inputs["contents"]), inputs["asked"], inputs["place"])}


EXERCISE = Exercise(
    name="register-lines",
    title="Ten lines and an order among them",
    answer="build",
    parameters=("contents", "asked", "place"),
    points=3,
    difficulty=1,
    minutes=8,
    cases={
        "an order among the lines": lines(5, 2),
        "an order before all lines": lines(4, 0),
        "an order after all lines": lines(3, 3),
        "ten lines": lines(10),
    },
    probe=probe,
    hints=(
        "Make the list of lines first; lines count from 1.",
        "`lines.insert(place, order)` puts the order after the first `place` lines.",
        'Join with line breaks between the lines, and none at the end: `"\\n".join(lines)`.',
    ),
)
