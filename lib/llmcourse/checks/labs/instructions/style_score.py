"""style-score: Style that cannot be faked."""

from llmcourse.checks import Exercise

from .cases import WORDS, choice, number, shuffled, words

MARKS = ["firstly", "however", "overall", "therefore"]


def sentence(generator, count):
    """Words, some of which come twice, and two figures, with a capital and a full stop."""
    found = [*(choice(generator, WORDS) for _ in range(count - 2)), "7", str(number(generator, 10, 99))]
    return " ".join(found).capitalize() + "."


def honest(generator):
    """Several marks, each once or twice, and enough words."""
    marks = words(generator, number(generator, 2, 3), MARKS)
    rows = [f"{mark.capitalize()}, {sentence(generator, 7)}" for mark in marks]
    return " ".join([*rows, f"{marks[0].capitalize()}: {sentence(generator, 5)}"])


def spam(generator):
    """The marks over and over, hardly anything else."""
    marks = [choice(generator, MARKS).upper() for _ in range(12)]
    return f"{' '.join(marks)} {phrase_of(generator, 3)}"


def bare(generator):
    """All the marks and nothing else; or no words at all."""
    return choice(generator, [" ".join(shuffled(generator, MARKS)), "Overall. Overall!", "...", ""])


def parrot(generator):
    """Two marks, and one sentence that is repeated."""
    a, b = words(generator, 2, MARKS)
    return f"{a.capitalize()}, {b}: " + " ".join([phrase_of(generator, 2)] * 8)


def without(generator):
    """Words that contain marks, and are none."""
    return f"overalls {sentence(generator, 6)} howevermore"


def short(generator):
    """More marks than its few words allow."""
    a, b = words(generator, 2, MARKS)
    return f"{a} {phrase_of(generator, 4)}; {b}, {phrase_of(generator, 2)}"


def phrase_of(generator, count):
    return " ".join(words(generator, count))


ALL = (honest, spam, bare, parrot, without, short)


def written(*kinds):
    def make(generator):
        return {"texts": [kind(generator) for kind in shuffled(generator, kinds)], "marks": MARKS}

    return make


def probe(answer, inputs):
    return {"score": [answer(text, list(inputs["marks"])) for text in inputs["texts"]]}


EXERCISE = Exercise(
    name="style-score",
    title="Style that cannot be faked",
    answer="style_score",
    parameters=("text", "marks"),
    points=3,
    difficulty=3,
    minutes=14,
    cases={
        "honest texts": written(honest, honest, short),
        "texts that try to fool it": written(spam, bare, parrot, honest),
        "marks inside other words": written(without, short, honest, parrot),
        "all kinds": written(*ALL, *ALL),
    },
    probe=probe,
    hints=(
        'The words of a text: `re.findall(r"[a-z0-9]+", text.lower())`. Two lists come from them: marks and the rest.',
        "`found = set(words) & set(marks)` counts each mark once, however often it comes.",
        "The variety and the room are those of the rest, the words that are no marks. If there are none of them, or no "
        "mark was found, the score is 0.0.",
        "`len(found) / len(marks) * len(set(rest)) / len(rest) * min(1.0, len(rest) / (5 * len(found)))`.",
    ),
)
