"""Answers to fill-template by people who have not seen its private half."""

import re

from grading.answers import answer

FIELD = r"\{\{(\w+)\}\}"


def values(row, choices):
    return {**row, "choice": choices[row["label"]]}


def filled(half, known):
    return re.sub(FIELD, lambda m: str(known[m[1]]), half)


@answer("fill-template", "filled first, divided after", "wrong")
def _(template, choices, row):
    parts = filled(template, values(row, choices)).split("|||")
    asked, target = parts[0].strip(), parts[1].strip()
    return (asked, target) if asked and target else None


@answer("fill-template", "filled first, divided at the last bar", "wrong")
def _(template, choices, row):
    asked, _, target = filled(template, values(row, choices)).rpartition("|||")
    return (asked.strip(), target.strip()) if asked.strip() and target.strip() else None


@answer("fill-template", "not stripped", "wrong")
def _(template, choices, row):
    asked, target = (filled(half, values(row, choices)) for half in template.split("|||"))
    return (asked, target) if asked.strip() and target.strip() else None


@answer("fill-template", "empty rows kept", "wrong")
def _(template, choices, row):
    return tuple(filled(half, values(row, choices)).strip() for half in template.split("|||"))


@answer("fill-template", "only an empty input is left out", "wrong")
def _(template, choices, row):
    asked, target = (filled(half, values(row, choices)).strip() for half in template.split("|||"))
    return (asked, target) if asked else None


@answer("fill-template", "only an empty target is left out", "wrong")
def _(template, choices, row):
    asked, target = (filled(half, values(row, choices)).strip() for half in template.split("|||"))
    return (asked, target) if target else None


@answer("fill-template", "the label in place of the choice", "wrong")
def _(template, choices, row):
    known = {**row, "choice": row["label"]}
    asked, target = (filled(half, known).strip() for half in template.split("|||"))
    return (asked, target) if asked and target else None


@answer("fill-template", "the first choice always", "wrong")
def _(template, choices, row):
    known = {**row, "choice": choices[0]}
    asked, target = (filled(half, known).strip() for half in template.split("|||"))
    return (asked, target) if asked and target else None


@answer("fill-template", "labels counted from 1", "wrong")
def _(template, choices, row):
    known = {**row, "choice": choices[row["label"] - 1]}
    asked, target = (filled(half, known).strip() for half in template.split("|||"))
    return (asked, target) if asked and target else None


@answer("fill-template", "replace in a loop: what is inserted is filled again", "wrong")
def _(template, choices, row):
    halves = []
    for half in template.split("|||"):
        for name, value in values(row, choices).items():
            half = half.replace("{{" + name + "}}", str(value))
        halves.append(half.strip())
    return tuple(halves) if all(halves) else None


@answer("fill-template", "a choice that is replaced before the text", "wrong")
def _(template, choices, row):
    halves = []
    for half in template.split("|||"):
        half = half.replace("{{choice}}", choices[row["label"]])
        for name, value in row.items():
            half = half.replace("{{" + name + "}}", str(value))
        halves.append(half.strip())
    return tuple(halves) if all(halves) else None


@answer("fill-template", "target and input exchanged", "wrong")
def _(template, choices, row):
    target, asked = (filled(half, values(row, choices)).strip() for half in template.split("|||"))
    return (asked, target) if asked and target else None


@answer("fill-template", "each field once", "wrong")
def _(template, choices, row):
    known = values(row, choices)
    asked, target = (re.sub(FIELD, lambda m: str(known[m[1]]), half, count=1).strip() for half in template.split("|||"))
    return (asked, target) if asked and target else None


@answer("fill-template", "lower case", "wrong")
def _(template, choices, row):
    asked, target = (filled(half, values(row, choices)).strip().lower() for half in template.split("|||"))
    return (asked, target) if asked and target else None


@answer("fill-template", "None in place of an empty half", "wrong")
def _(template, choices, row):
    return tuple(filled(half, values(row, choices)).strip() or None for half in template.split("|||"))


@answer("fill-template", "spaces inside of a text joined", "wrong")
def _(template, choices, row):
    asked, target = (" ".join(filled(half, values(row, choices)).split()) for half in template.split("|||"))
    return (asked, target) if asked and target else None


@answer("fill-template", "the choice is left standing", "wrong")
def _(template, choices, row):
    asked, target = (filled(half, {**row, "choice": "{{choice}}"}).strip() for half in template.split("|||"))
    return (asked, target) if asked and target else None


@answer("fill-template", "bars of the text taken out", "wrong")
def _(template, choices, row):
    known = {k: str(v).replace("|||", "") for k, v in values(row, choices).items()}
    asked, target = (filled(half, known).strip() for half in template.split("|||"))
    return (asked, target) if asked and target else None


@answer("fill-template", "braces of the text taken out", "wrong")
def _(template, choices, row):
    known = {k: str(v).replace("{", "").replace("}", "") for k, v in values(row, choices).items()}
    asked, target = (filled(half, known).strip() for half in template.split("|||"))
    return (asked, target) if asked and target else None


@answer("fill-template", "re.split into text and fields", "right")
def _(template, choices, row):
    known, halves = values(row, choices), []
    for half in template.split("|||"):
        pieces = re.split(FIELD, half)
        halves.append("".join(p if i % 2 == 0 else str(known[p]) for i, p in enumerate(pieces)).strip())
    return tuple(halves) if all(halves) else None


@answer("fill-template", "goes from brace to brace with find", "right")
def _(template, choices, row):
    known, halves = values(row, choices), []
    for half in template.split("|||"):
        out, at = "", 0
        while (start := half.find("{{", at)) >= 0:
            end = half.find("}}", start)
            out += half[at:start] + str(known[half[start + 2 : end]])
            at = end + 2
        halves.append((out + half[at:]).strip())
    return (halves[0], halves[1]) if halves[0] and halves[1] else None


@answer("fill-template", "partition", "right")
def _(template, choices, row):
    first, _, second = template.partition("|||")
    asked, target = filled(first, values(row, choices)).strip(), filled(second, values(row, choices)).strip()
    if not asked or not target:
        return None
    return asked, target
