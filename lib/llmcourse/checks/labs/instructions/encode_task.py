"""encode-task: A task in words."""

from llmcourse.checks import Exercise

from .cases import choice, number, phrase, words

ENDS = ("", ".", "?", '"', " ", ")", "!  ")


def example(generator):
    text = lambda n: phrase(generator, n) + choice(generator, ENDS)
    return (" " + text(2), text(1), text(3))


def task(positive, negative, shown_positive, shown_negative, explain):
    """A task with so many examples, of which so many are shown. Every kind of ending comes in each case."""

    def make(generator):
        those = lambda n: [example(generator) for _ in range(n)]
        good, bad = those(positive), those(negative)
        a, b, c = words(generator, 3)
        good[0] = (f"{a} (twice)", f"{b} ", f'it is "{c}"  ')  # no full stop; one after b, none after the quote
        if bad:
            bad[0] = (f" {b}", f"{c}?", f"{a} comes first")
        return {
            "definition": phrase(generator, number(generator, 3, 5)) + choice(generator, ("", ".", " ")),
            "positive": good,
            "negative": bad,
            "question": f" {phrase(generator, 2)}{choice(generator, ('', ' '))}",
            "n_positive": shown_positive,
            "n_negative": shown_negative,
            "explain": explain,
        }

    return make


def probe(answer, inputs):
    return {"prompt": answer(*(inputs[name] for name in EXERCISE.parameters))}


EXERCISE = Exercise(
    name="encode-task",
    title="A task in words",
    answer="encode",
    parameters=("definition", "positive", "negative", "question", "n_positive", "n_negative", "explain"),
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "definition and two of three positive examples": task(3, 3, 2, 0, False),
        "two positive, two negative": task(3, 3, 2, 2, False),
        "with explanations": task(3, 3, 2, 2, True),
        "more wanted than there are": task(2, 3, 4, 2, True),
    },
    probe=probe,
    hints=(
        "Write a function for one line first: name and text, the text stripped, and a full stop if the line ends in no "
        "punctuation mark.",
        "`string.punctuation` has all marks of ASCII; quotes and brackets are among them.",
        "An example is a head, two or three lines, and an empty line. `positive[:n_positive]` takes the first ones; "
        "`enumerate(..., 1)` counts them from 1, and the negative ones from 1 again.",
        'Only some names have a space before them: " Positive Example 1 -", "Input: ", " Output: ", " Explanation: ". '
        'The prompt ends with "Output: ", and nothing is stripped from it.',
    ),
)
