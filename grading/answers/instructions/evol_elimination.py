"""Answers to evol-elimination by people who have not seen its private half."""

import re

from grading.answers import answer

RULES = ("same", "refusal", "hollow", "leak")


def rules(before, after, response, similarity, stop_words, at=0.9, most=80, word=True, lower=True, phrases=None):
    said = re.findall(r"[a-z0-9]+", response.lower())
    text = after.lower() if lower else after
    return {
        "same": similarity(before, after) >= at,
        "refusal": ("sorry" in said if word else "sorry" in response.lower()) and len(response.split()) < most,
        "hollow": all(one in stop_words for one in said),
        "leak": any(phrase in text for phrase in phrases or ("given prompt", "rewritten prompt")),
    }


def first(found, order=RULES):
    return next((name for name in order if found[name]), "")


def varied(what, order=RULES, **changes):
    answer("evol-elimination", what, "wrong")(lambda *given: first(rules(*given, **changes), order))


varied("a similarity of exactly 0.9 passes", at=0.9000001)
varied("the limit of Self-Instruct, 0.7", at=0.7)
varied("80 words still count as short", most=81)
varied("a long answer that says sorry is a refusal", most=10**9)
varied("sorry within another word", word=False)
varied("leaks in small letters alone", lower=False)
varied("given prompt alone", phrases=("given prompt",))
varied("rewritten prompt alone", phrases=("rewritten prompt",))
varied("the word prompt is a leak", phrases=("prompt",))
varied("leak is asked first", order=("leak", "same", "refusal", "hollow"))
varied("hollow before refusal", order=("same", "hollow", "refusal", "leak"))
varied("refusal before same", order=("refusal", "same", "hollow", "leak"))
varied("no rule against refusals", order=("same", "hollow", "leak"))
varied("no rule against hollow answers", order=("same", "refusal", "leak"))


@answer("evol-elimination", "the last rule that applies", "wrong")
def _(*given):
    return first(rules(*given), RULES[::-1])


@answer("evol-elimination", "leaks are looked for in the response", "wrong")
def _(before, after, response, similarity, stop_words):
    found = rules(before, after, response, similarity, stop_words)
    return first(found | {"leak": "given prompt" in response.lower() or "rewritten prompt" in response.lower()})


@answer("evol-elimination", "sorry in the instruction", "wrong")
def _(before, after, response, similarity, stop_words):
    found = rules(before, after, response, similarity, stop_words)
    return first(found | {"refusal": "sorry" in after.lower() and len(response.split()) < 80})


@answer("evol-elimination", "Sorry with a capital is not seen", "wrong")
def _(before, after, response, similarity, stop_words):
    found = rules(before, after, response, similarity, stop_words)
    return first(found | {"refusal": "sorry" in re.findall(r"[A-Za-z0-9]+", response) and len(response.split()) < 80})


@answer("evol-elimination", "any stop word makes it hollow", "wrong")
def _(before, after, response, similarity, stop_words):
    found = rules(before, after, response, similarity, stop_words)
    said = re.findall(r"[a-z0-9]+", response.lower())
    return first(found | {"hollow": any(word in stop_words for word in said)})


@answer("evol-elimination", "an empty answer is not hollow", "wrong")
def _(before, after, response, similarity, stop_words):
    found = rules(before, after, response, similarity, stop_words)
    said = re.findall(r"[a-z0-9]+", response.lower())
    return first(found | {"hollow": bool(said) and all(word in stop_words for word in said)})


@answer("evol-elimination", "words by split: punctuation sticks to them", "wrong")
def _(before, after, response, similarity, stop_words):
    found = rules(before, after, response, similarity, stop_words)
    said = response.lower().split()
    refusal = "sorry" in said and len(said) < 80
    return first(found | {"refusal": refusal, "hollow": all(word in stop_words for word in said)})


@answer("evol-elimination", "stop words compared with capitals", "wrong")
def _(before, after, response, similarity, stop_words):
    found = rules(before, after, response, similarity, stop_words)
    return first(found | {"hollow": all(word in stop_words for word in re.findall(r"[A-Za-z0-9]+", response))})


@answer("evol-elimination", "80 letters in place of words", "wrong")
def _(before, after, response, similarity, stop_words):
    found = rules(before, after, response, similarity, stop_words)
    return first(found | {"refusal": "sorry" in response.lower() and len(response) < 80})


@answer("evol-elimination", "response compared with the instruction", "wrong")
def _(before, after, response, similarity, stop_words):
    found = rules(before, after, response, similarity, stop_words)
    return first(found | {"same": similarity(after, response) >= 0.9})


@answer("evol-elimination", "a dict of rules", "right")
def _(*given):
    return first(rules(*given))


@answer("evol-elimination", "regular expressions", "right")
def _(before, after, response, similarity, stop_words):
    if similarity(before, after) >= 0.9:
        return "same"
    if re.search(r"(?<![a-z0-9])sorry(?![a-z0-9])", response.lower()) and len(response.split()) < 80:
        return "refusal"
    if not set(re.findall(r"[a-z0-9]+", response.lower())) - set(stop_words):
        return "hollow"
    return "leak" if re.search("(given|rewritten) prompt", after, re.IGNORECASE) else ""
