"""backward-question: The question turned round."""

from llmcourse.checks import Exercise

from .cases import WORDS, choice, number, shuffled, words

TOLD = " If we know the answer to the above question is {}, what is the value of unknown variable x?"


def plain(generator):
    return str(number(generator, 2, 99))


def comma(generator):
    return f"{number(generator, 1, 9)},{number(generator, 100, 999)}"


def decimal(generator):
    return f"{number(generator, 1, 99)}.{number(generator, 1, 9)}"


def question(generator, kinds, repeated):
    """Sentences with numbers of these kinds, some of them next to a sign, among names that contain digits; `repeated`:
    one number comes twice."""
    found = [kind(generator) for kind in kinds]
    if repeated:
        found[-1] = found[0]
    a, b = words(generator, 2)
    text = [f"Box B{number(generator, 2, 9)} and {number(generator, 2, 9)}A stand by the {a}."]
    forms = shuffled(generator, ("It gets {} {}.", "It costs ${} a {}.", "It gets some ({}) {}."))
    text += [form.format(n, choice(generator, WORDS)) for form, n in zip(forms * 2, found[:-1])]
    text += [f"The number of the {b} is {found[-1]}."]
    return " ".join([*text, "How many are there now?"]), found


def questions(*shapes):
    def make(generator):
        rows = []
        for kinds, repeated in shapes:
            text, found = question(generator, kinds, repeated)
            last = len(found) - 1
            which = last if repeated else number(generator, min(1, last), last)
            rows.append((text, str(number(generator, 100, 999)), which))
        texts, answers, which = zip(*shuffled(generator, rows))
        return {"questions": list(texts), "answers": list(answers), "which": list(which)}

    return make


def probe(answer, inputs):
    rows = zip(inputs["questions"], inputs["answers"], inputs["which"])
    return {"asked": [answer(*row) for row in rows]}


EXERCISE = Exercise(
    name="backward-question",
    title="The question turned round",
    answer="backward",
    parameters=("question", "answer", "which"),
    points=3,
    difficulty=3,
    minutes=12,
    cases={
        "whole numbers": questions(((plain, plain, plain), False), ((plain, plain), True)),
        "commas and decimals": questions(((comma, decimal, plain), False), ((decimal, comma), False)),
        "the same number twice": questions(((plain, decimal, plain), True), ((comma, plain, comma), True)),
        "all kinds": questions(
            ((plain, comma, decimal, plain), True), ((decimal, decimal), False), ((comma, comma, comma), False)
        ),
    },
    probe=probe,
    hints=(
        "Find all the numbers with their places first, then cut the text at the place of the one that is asked for.",
        "`re.finditer(pattern, question)` gives matches; `m.start()` and `m.end()` are places, `m[0]` is the text.",
        "A number begins and ends where no letter or digit stands next to it, and may have commas or a decimal point "
        "between its digits: `(?<![A-Za-z0-9])\\d+(?:[.,]\\d+)*(?![A-Za-z0-9])`.",
        'The new question is `question[: m.start()] + "x" + question[m.end() :]` and the sentence; the answer is '
        '`m[0].replace(",", "")`.',
    ),
)
