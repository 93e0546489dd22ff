"""The private half of backward-question."""

from llmcourse.checks.labs.instructions.backward_question import comma, decimal, plain, questions
from llmcourse.instructions import metamath

from grading.exercises import misconception, reference, variant

CASES = {
    "many numbers": questions(((plain,) * 5, True), ((comma, decimal) * 3, False), ((plain, plain, comma), False)),
    "many questions": questions(
        ((plain, plain), True),
        ((comma, decimal, comma), True),
        ((decimal, plain, comma), False),
        ((comma, comma), False),
    ),
}


@reference
def backward(question, answer, which):
    asked = metamath.backward(question, answer, which)
    return asked.question, asked.answer


@variant
def by_pieces(question, answer, which):
    import re

    pieces = re.split(r"((?<!\w)\d[\d,.]*\d(?!\w)|(?<!\w)\d(?!\w))", question)
    number = pieces[2 * which + 1]
    pieces[2 * which + 1] = "x"
    told = f" If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return "".join(pieces) + told, "".join(c for c in number if c != ",")


@variant
def word_by_word(question, answer, which):
    words, seen = question.split(" "), -1
    for i, word in enumerate(words):
        bare = word.strip(".,?!$()")
        if bare and all(c in "0123456789.," for c in bare):
            seen += 1
            if seen == which:
                words[i], number = word.replace(bare, "x"), bare.replace(",", "")
    asked = " ".join(words)
    told = "If we know the answer to the above question is " + answer + ", what is the value of unknown variable x?"
    return [asked + " " + told, number]


@misconception(
    says="a question in which every place of this number has become x",
    hint="The same number may stand for something else: cut the text at one place.",
)
def everywhere(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = re.sub(r"(?<![A-Za-z0-9,.])" + re.escape(place[0]) + r"(?![A-Za-z0-9])", "x", question)
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0].replace(",", "")


@misconception(
    says="a question in which the first place of this number has become x",
    hint="The number may come twice, and the second place may be meant: use the place of the match.",
)
def first_place(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = re.sub(r"(?<![A-Za-z0-9,.])" + re.escape(place[0]) + r"(?![A-Za-z0-9])", "x", question, count=1)
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0].replace(",", "")


@misconception(
    says="a question in which all numbers have become x",
    hint="One number is unknown; all others stay.",
)
def all_numbers(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = re.sub(number, "x", question)
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0].replace(",", "")


@misconception(
    says="numbers counted from 1",
    hint="`which` counts from 0.",
)
def from_one(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which - 1]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0].replace(",", "")


@misconception(
    says="numbers counted from the end",
    hint="The first number in the text is number 0.",
)
def from_the_end(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[-1 - which]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0].replace(",", "")


@misconception(
    says="numbers that include the digits of names, such as B2",
    hint="No letter may stand next to a number: look behind and ahead.",
)
def digits_in_names(question, answer, which):
    import re

    number = r"\d+(?:[.,]\d+)*"
    place = list(re.finditer(number, question))[which]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0].replace(",", "")


@misconception(
    says="numbers torn at commas and decimal points",
    hint="1,200 and 30.5 are one number each: `(?:[.,]\\d+)*` in the pattern.",
)
def torn_at_marks(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0].replace(",", "")


@misconception(
    says="numbers with the full stop of the sentence",
    hint="A point belongs to a number if a digit follows.",
)
def with_the_full_stop(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d[\d.,]*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0].replace(",", "")


@misconception(
    says="the number as it stands in the text, with its comma",
    hint="Take the comma out of the answer: 1200, and not 1,200.",
)
def with_the_comma(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0]


@misconception(
    says="the old answer in place of the number",
    hint="What is asked for is x, the number that was taken out.",
)
def old_answer(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", answer


@misconception(
    says="a question that does not tell the answer",
    hint="Without the answer, x cannot be found: put it into the last sentence.",
)
def answer_not_told(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = question[: place.start()] + "x" + question[place.end() :]
    return asked, place[0].replace(",", "")


@misconception(
    says="a sentence that tells the number in place of the answer",
    hint="The sentence tells the answer of the old question.",
)
def tells_the_number(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {place[0]}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0].replace(",", "")


@misconception(
    says="the last sentence without the question",
    hint="First the question with x in it, then the sentence.",
)
def sentence_alone(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return told, place[0].replace(",", "")


@misconception(
    says="numbers torn at commas and points, and taken out of names",
    hint="B2 has no number in it, and 1,200 and 30.5 are one number each: `\\d+` alone is not enough.",
)
def digits_alone(question, answer, which):
    import re

    number = r"\d+"
    place = list(re.finditer(number, question))[which]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0].replace(",", "")


@misconception(
    says="numbers that end at their decimal point",
    hint="30.5 is one number: a point belongs to it if a digit follows.",
)
def up_to_the_point(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:,\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0].replace(",", "")


@misconception(
    says="a number where a text is asked for",
    hint='The answer is the number as *text*, without commas: "1200".',
)
def as_a_number(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", float(place[0].replace(",", ""))


@misconception(
    says="the answer as a decimal number",
    hint='The answer is the number as it was written, without commas: "36" and not "36.0".',
)
def as_a_decimal(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", str(float(place[0].replace(",", "")))


@misconception(
    says="a sentence that follows without a space",
    hint="One space stands between the question and the sentence.",
)
def without_a_space(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked}{told}", place[0].replace(",", "")


@misconception(
    says="a question in which the mark behind the number has gone with it",
    hint="Cut out the number alone: the full stop, comma or question mark behind it stays.",
)
def mark_taken(question, answer, which):
    import re

    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = question[: place.start()] + "x" + question[place.end() :].lstrip(".,?!)")
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0].replace(",", "")


@misconception(
    says="numbers that have spaces on both sides, or a mark of punctuation behind them",
    hint="A sign such as $ or a bracket may stand before a number: no letter or digit may.",
)
def between_spaces(question, answer, which):
    import re

    number = r"(?<!\S)\d+(?:[.,]\d+)*(?=[.,?!]*(?:\s|$))"
    places = list(re.finditer(number, question))
    place = places[min(which, len(places) - 1)]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0].replace(",", "")


EQUIVALENT = {}
