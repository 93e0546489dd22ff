"""The private half of fill-template."""

import re

from llmcourse.checks.labs.instructions.fill_template import empty, odd, partly_empty, plain, rows

from grading.exercises import misconception, reference, variant

CASES = {
    "many rows": rows(plain, odd, empty, partly_empty, odd, empty, plain, partly_empty),
    "odd and empty ones": rows(odd, empty, odd, empty, plain),
}


@reference
def fill(template, choices, row):
    values = {**row, "choice": choices[row["label"]]}
    halves = [re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), half).strip() for half in template.split("|||")]
    return tuple(halves) if all(halves) else None


@variant
def piece_by_piece(template, choices, row):
    done = []
    for half in template.split("|||"):
        pieces = half.split("{{")
        text = pieces[0]
        for piece in pieces[1:]:
            name, rest = piece.split("}}", 1)
            text += (choices[row["label"]] if name == "choice" else str(row[name])) + rest
        done.append(text.strip())
    if "" in done:
        return None
    return done[0], done[1]


@variant
def by_positions(template, choices, row):
    import re

    def filled(text):
        out, last = [], 0
        for found in re.finditer("{{([a-z]+)}}", text):
            out.append(text[last : found.start()])
            out.append(choices[row["label"]] if found.group(1) == "choice" else row[found.group(1)])
            last = found.end()
        return ("".join(out) + text[last:]).strip()

    asked, _, target = template.partition("|||")
    asked, target = filled(asked), filled(target)
    return [asked, target] if asked and target else None


@misconception(
    says="the template filled first and divided afterwards: a text with ||| in it is torn",
    hint='Divide the template before anything is filled in: `template.split("|||")`.',
)
def divided_last(template, choices, row):
    import re

    values = {**row, "choice": choices[row["label"]]}
    halves = re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), template).split("|||")
    halves = [half.strip() for half in halves[:2]]
    return tuple(halves) if all(halves) else None


@misconception(
    says="a template in which inserted texts are filled once more",
    hint="Braces that come from a text stay as they are: go through the template once, with `re.sub`, and not once for "
    "each field.",
)
def filled_again(template, choices, row):
    values = {**row, "choice": choices[row["label"]]}
    halves = template.split("|||")
    for name in ("text", "title", "choice"):
        halves = [half.replace("{{" + name + "}}", str(values[name])) for half in halves]
    halves = [half.strip() for half in halves]
    return tuple(halves) if all(halves) else None


@misconception(
    says="input and target with the spaces at their ends",
    hint="Strip both halves once they are filled.",
)
def unstripped(template, choices, row):
    import re

    values = {**row, "choice": choices[row["label"]]}
    halves = [re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), half) for half in template.split("|||")]
    return tuple(halves) if all(half.strip() for half in halves) else None


@misconception(
    says="a pair also where input or target is empty",
    hint="Such a row teaches nothing: return None.",
)
def empty_pairs(template, choices, row):
    import re

    values = {**row, "choice": choices[row["label"]]}
    halves = [re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), half).strip() for half in template.split("|||")]
    return tuple(halves)


@misconception(
    says="None wherever any field is empty, though input and target are not",
    hint="Look at the two halves once they are filled, and not at the fields.",
)
def any_field_empty(template, choices, row):
    import re

    values = {**row, "choice": choices[row["label"]]}
    halves = [re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), half).strip() for half in template.split("|||")]
    return tuple(halves) if all(halves) and all(str(x).strip() for x in row.values()) else None


@misconception(
    says="choices counted from 1",
    hint="Labels count from 0, as Python's lists do: `choices[label]`.",
)
def choices_from_one(template, choices, row):
    import re

    values = {**row, "choice": choices[row["label"] - 1]}
    halves = [re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), half).strip() for half in template.split("|||")]
    return tuple(halves) if all(halves) else None


@misconception(
    says="the label's number where the choice should stand",
    hint="{{choice}} is a word: the one that the label points to.",
)
def label_for_choice(template, choices, row):
    import re

    values = {**row, "choice": row["label"]}
    halves = [re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), half).strip() for half in template.split("|||")]
    return tuple(halves) if all(halves) else None


@misconception(
    says="target and input, in this order",
    hint="What stands before ||| is the input, and comes first.",
)
def exchanged(template, choices, row):
    import re

    values = {**row, "choice": choices[row["label"]]}
    halves = [re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), half).strip() for half in template.split("|||")]
    return tuple(reversed(halves)) if all(halves) else None


@misconception(
    says="a template in which each field is filled at its first place alone",
    hint="A field may stand in a template several times; all places are filled.",
)
def first_place_alone(template, choices, row):
    import re

    seen = set()
    values = {**row, "choice": choices[row["label"]]}

    def put(found):
        if found[1] in seen:
            return found[0]
        seen.add(found[1])
        return str(values[found[1]])

    halves = [re.sub(r"\{\{(\w+)\}\}", put, half).strip() for half in template.split("|||")]
    return tuple(halves) if all(halves) else None


@misconception(
    says="the input filled, and the target with its braces",
    hint="The target is a template as well: fill both halves.",
)
def target_unfilled(template, choices, row):
    import re

    values = {**row, "choice": choices[row["label"]]}
    asked, target = template.split("|||")
    asked = re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), asked).strip()
    return (asked, target.strip()) if asked and target.strip() else None


@misconception(
    says="texts in which every run of spaces and line breaks has become one space",
    hint="Strip the ends, and leave the inside as the template has it.",
)
def one_space(template, choices, row):
    import re

    values = {**row, "choice": choices[row["label"]]}
    halves = [re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), half) for half in template.split("|||")]
    halves = [" ".join(half.split()) for half in halves]
    return tuple(halves) if all(halves) else None


@misconception(
    says="input and target with the spaces at their ends, so that a space is not empty",
    hint="Strip both halves once they are filled, and ask afterwards whether one is empty.",
)
def never_stripped(template, choices, row):
    import re

    values = {**row, "choice": choices[row["label"]]}
    halves = [re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), half) for half in template.split("|||")]
    return tuple(halves) if all(halves) else None


@misconception(
    says="a pair also where the input is empty",
    hint="Either may come out empty: an answer without a question teaches nothing as well.",
)
def empty_inputs(template, choices, row):
    import re

    values = {**row, "choice": choices[row["label"]]}
    halves = [re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), half).strip() for half in template.split("|||")]
    return tuple(halves) if halves[1] else None


EQUIVALENT = {}
