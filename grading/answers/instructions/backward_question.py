"""Answers to backward-question by people who have not seen its private half."""

import re

from grading.answers import answer

NUMBER = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
TOLD = "If we know the answer to the above question is {answer}, what is the value of unknown variable x?"


def turned(question, answer, which, pattern=NUMBER, told=TOLD, x="x", gap=" ", plain=True):
    place = list(re.finditer(pattern, question))[which]
    asked = question[: place.start()] + x + question[place.end() :]
    number = place[0].replace(",", "") if plain else place[0]
    return f"{asked}{gap}{told.format(answer=answer)}", number


def varied(what, **changes):
    answer("backward-question", what, "wrong")(lambda *given: turned(*given, **changes))


varied("digits alone: 1,200 is two numbers", pattern=r"\d+")
varied("digits of a name are numbers", pattern=r"\d+(?:[.,]\d+)*")
varied("word boundaries: a name's digits are safe, but not 30.5", pattern=r"\b\d+\b")
varied("the full stop belongs to the number", pattern=r"(?<![A-Za-z0-9])\d[\d.,]*(?![A-Za-z0-9])")
varied("no decimals", pattern=r"(?<![A-Za-z0-9])\d+(?:,\d+)*(?![A-Za-z0-9])")
varied("no commas", pattern=r"(?<![A-Za-z0-9])\d+(?:\.\d+)?(?![A-Za-z0-9])")
varied("only a letter before it is looked at", pattern=r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*")
varied("only a letter behind it is looked at", pattern=r"\d+(?:[.,]\d+)*(?![A-Za-z0-9])")
varied("one digit", pattern=r"(?<![A-Za-z0-9])\d")
varied("commas stay in the answer", plain=False)
varied("a capital X", x="X")
varied("no space before the sentence", gap="")
varied("a line break before the sentence", gap="\n")
varied("the sentence without its question mark", told=TOLD.rstrip("?"))
varied(
    "numbers of four digits with a comma only in threes", pattern=r"(?<![A-Za-z0-9])\d{1,3}(?:,\d{3})*(?![A-Za-z0-9])"
)


@answer("backward-question", "every place of the number is replaced", "wrong")
def _(question, answer, which):
    found = re.findall(NUMBER, question)[which]
    return f"{question.replace(found, 'x')} {TOLD.format(answer=answer)}", found.replace(",", "")


@answer("backward-question", "the first place of the number is replaced", "wrong")
def _(question, answer, which):
    found = re.findall(NUMBER, question)[which]
    return f"{question.replace(found, 'x', 1)} {TOLD.format(answer=answer)}", found.replace(",", "")


@answer("backward-question", "counted from 1", "wrong")
def _(question, answer, which):
    return turned(question, answer, which - 1)


@answer("backward-question", "counted from the end", "wrong")
def _(question, answer, which):
    return turned(question, answer, -1 - which)


@answer("backward-question", "the first number always", "wrong")
def _(question, answer, which):
    return turned(question, answer, 0)


@answer("backward-question", "the old answer is the answer", "wrong")
def _(question, answer, which):
    return turned(question, answer, which)[0], answer


@answer("backward-question", "answer and number exchanged", "wrong")
def _(question, answer, which):
    number = turned(question, answer, which)[1]
    return turned(question, number, which)[0], answer


@answer("backward-question", "an int as the answer", "wrong")
def _(question, answer, which):
    asked, number = turned(question, answer, which)
    return asked, str(int(float(number)))


@answer("backward-question", "without the sentence", "wrong")
def _(question, answer, which):
    asked, number = turned(question, answer, which, told="", gap="")
    return asked, number


@answer("backward-question", "re.sub with a counter", "right")
def _(question, answer, which):
    seen = []

    def change(found):
        seen.append(found[0])
        return "x" if len(seen) == which + 1 else found[0]

    asked = re.sub(NUMBER, change, question)
    return f"{asked} {TOLD.format(answer=answer)}", seen[which].replace(",", "")


@answer("backward-question", "letters one by one", "right")
def _(question, answer, which):
    spans, i = [], 0
    while i < len(question):
        if question[i].isdigit() and (i == 0 or not (question[i - 1].isascii() and question[i - 1].isalnum())):
            j = i
            while j < len(question) and (
                question[j].isdigit() or (question[j] in ".," and j + 1 < len(question) and question[j + 1].isdigit())
            ):
                j += 1
            if j == len(question) or not (question[j].isascii() and question[j].isalnum()):
                spans.append((i, j))
            i = j
        else:
            i += 1
    a, z = spans[which]
    return f"{question[:a]}x{question[z:]} {TOLD.format(answer=answer)}", question[a:z].replace(",", "")
