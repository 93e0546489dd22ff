"""chrf-score: How near is a translation?"""

from llmcourse.checks import Exercise

from .cases import integer, phrase, word


def changed(generator, text):
    """The text with a word exchanged, left out, or moved."""
    words = text.split()
    at, how = integer(generator, 0, len(words)), integer(generator, 0, 3)
    words[at : at + 1] = [[word(generator)], [], words[at : at + 1] * 2][how]
    return " ".join(words) or word(generator)


def near(n):
    """A sentence of n words and one that differs in a word or two."""

    def make(generator):
        reference = phrase(generator, n)
        hypothesis = changed(generator, changed(generator, reference + " " + word(generator)))
        return {"hypotheses": [hypothesis], "references": [reference]}

    return make


def far(hypothesis, reference):
    """Sentences that share what words share by chance, of so many words."""

    def make(generator):
        return {"hypotheses": [phrase(generator, hypothesis)], "references": [phrase(generator, reference)]}

    return make


def short(hypothesis, reference):
    """Beginnings of one word, with so many characters."""

    def make(generator):
        text = word(generator) + word(generator) + word(generator)
        return {"hypotheses": [text[:hypothesis]], "references": [text[:reference]]}

    return make


def repeated(generator):
    """A hypothesis that says one word of the reference again and again."""
    reference = phrase(generator, 4)
    return {"hypotheses": [" ".join([reference.split()[integer(generator, 0, 4)]] * 5)], "references": [reference]}


def nothing(n):
    """A sentence without a character of the reference, and one that is near."""

    def make(generator):
        some = near(n)(generator)
        strange = " ".join("xyzwq"[: integer(generator, 2, 6)] for _ in range(n))
        return {"hypotheses": [strange, *some["hypotheses"]], "references": some["references"] * 2}

    return make


def probe(answer, inputs):
    return {"chrF": [answer(*pair) for pair in zip(inputs["hypotheses"], inputs["references"])]}


EXERCISE = Exercise(
    name="chrf-score",
    title="How near is a translation?",
    answer="chrf",
    parameters=("hypothesis", "reference"),
    points=5,
    difficulty=4,
    minutes=18,
    cases={
        "a word or two are wrong": near(6),
        "a longer sentence": near(12),
        "few characters in common": far(5, 4),
        "nothing in common": nothing(5),
        "a word again and again": repeated,
        "only short n-grams": short(4, 5),
        "shorter than six characters": short(2, 9),
        "the same text": short(9, 9),
    },
    probe=probe,
    hints=(
        "Leave white space out first: `''.join(text.split())`. Then count the n-grams, for each n from 1 to 6.",
        "`Counter(a) & Counter(b)` keeps what is in both, each as often as in the one that has less of it.",
        "Precision is matches over the hypothesis's n-grams, recall over the reference's. Take the means over n first, "
        "over those n for which both texts have n-grams; then one F-score.",
        "`100 * 5 * P * R / (4 * P + R)` with beta = 2, and 0 if nothing matches.",
    ),
)
