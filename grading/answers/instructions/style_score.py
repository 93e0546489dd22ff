"""Answers to style-score by people who have not seen its private half."""

import re

from grading.answers import answer


def parts(text, marks, pattern=r"[a-z0-9]+", lower=True):
    words = re.findall(pattern, text.lower() if lower else text)
    return words, [w for w in words if w in marks], [w for w in words if w not in marks]


def scored(text, marks, share=None, variety=None, room=None, **how):
    words, found, rest = parts(text, marks, **how)
    if not set(found) or not rest:
        return 0.0
    f, m, n, d = len(set(found)), len(marks), len(rest), len(set(rest))
    values = {"f": f, "m": m, "n": n, "d": d, "hits": len(found), "all": len(words), "kinds": len(set(words))}
    share = share(values) if share else f / m
    variety = variety(values) if variety else d / n
    return share * variety * (room(values) if room else min(1.0, n / (5 * f)))


def varied(what, **changes):
    answer("style-score", what, "wrong")(lambda text, marks: scored(text, marks, **changes))


varied("marks counted as often as they come", share=lambda v: v["hits"] / v["m"])
varied("the share of marks among the words", share=lambda v: v["hits"] / v["all"])
varied("different marks among all words", share=lambda v: v["f"] / v["all"])
varied("variety of all words", variety=lambda v: v["kinds"] / v["all"])
varied("different words of the rest among all words", variety=lambda v: v["d"] / v["all"])
varied("no variety", variety=lambda v: 1.0)
varied("variety upside down", variety=lambda v: v["n"] / v["d"])
varied("no room", room=lambda v: 1.0)
varied("room without the upper limit", room=lambda v: v["n"] / (5 * v["f"]))
varied("room by max", room=lambda v: max(1.0, v["n"] / (5 * v["f"])))
varied("room with all words", room=lambda v: min(1.0, v["all"] / (5 * v["f"])))
varied("room for every mark that comes", room=lambda v: min(1.0, v["n"] / (5 * v["hits"])))
varied("room for all marks, found or not", room=lambda v: min(1.0, v["n"] / (5 * v["m"])))
varied("room of different words", room=lambda v: min(1.0, v["d"] / (5 * v["f"])))
varied("one other word for each mark", room=lambda v: min(1.0, v["n"] / v["f"]))
varied("room divided before it is multiplied", room=lambda v: min(1.0, v["n"] / 5 * v["f"]))
varied("capitals are other words", lower=False, pattern=r"[A-Za-z0-9]+")
varied("digits are no words", pattern=r"[a-z]+")
varied("words by spaces", pattern=r"\S+")


@answer("style-score", "the sum of the factors", "wrong")
def _(text, marks):
    _, found, rest = parts(text, marks)
    if not found or not rest:
        return 0.0
    f, n = len(set(found)), len(rest)
    return (f / len(marks) + len(set(rest)) / n + min(1.0, n / (5 * f))) / 3


@answer("style-score", "only the first factor", "wrong")
def _(text, marks):
    return len(set(parts(text, marks)[1])) / len(marks)


@answer("style-score", "1.0 where nothing else was said", "wrong")
def _(text, marks):
    _, found, rest = parts(text, marks)
    if not found:
        return 0.0
    return scored(text, marks) if rest else len(set(found)) / len(marks)


@answer("style-score", "marks found inside of words", "wrong")
def _(text, marks):
    _, _, rest = parts(text, marks)
    f = sum(mark in text.lower() for mark in marks)
    if not f or not rest:
        return 0.0
    return f / len(marks) * len(set(rest)) / len(rest) * min(1.0, len(rest) / (5 * f))


@answer("style-score", "a set of the rest, marks first", "right")
def _(text, marks):
    words = re.findall("[0-9a-z]+", text.lower())
    f = sum(1 for mark in set(marks) if mark in words)
    rest = [w for w in words if w not in set(marks)]
    if f == 0 or len(rest) == 0:
        return 0.0
    score = f * len(set(rest)) / (len(marks) * len(rest))
    return score if len(rest) >= 5 * f else score * len(rest) / (5 * f)


@answer("style-score", "one pass, letter by letter", "right")
def _(text, marks):
    words, word = [], ""
    for c in text.lower() + " ":
        if c in "abcdefghijklmnopqrstuvwxyz0123456789":
            word += c
        elif word:
            words.append(word)
            word = ""
    rest = [w for w in words if w not in marks]
    found = {w for w in words if w in marks}
    if not (rest and found):
        return 0.0
    return len(found) / len(marks) * (len(set(rest)) / len(rest)) * min(1, len(rest) / 5 / len(found))
