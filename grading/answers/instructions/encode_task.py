"""Answers to encode-task by people who have not seen its private half."""

import string

from grading.answers import answer


def build(
    definition, positive, negative, question, n_positive, n_negative, explain,
    line=None, space=" ", blank="\n\n", restart=True, tail="Output: ", first=1, negative_first=False, head="Positive",
):  # fmt: skip
    def plain(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    line = line or plain
    prompt = line("Definition: ", definition) + "\n\n"
    kinds = [("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])]
    number = first - 1
    for kind, examples in reversed(kinds) if negative_first else kinds:
        number = first - 1 if restart else number
        for given, output, reason in examples:
            number += 1
            rows = [f"{space}{kind} Example {number} -", line("Input: ", given), line(f"{space}Output: ", output)]
            if explain:
                rows.append(line(f"{space}Explanation: ", reason))
            prompt += "\n".join(rows) + blank
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\n" + tail


def varied(what, **changes):
    answer("encode-task", what, "wrong")(lambda *given: build(*given, **changes))


def always(name, text):
    return name + text.strip() + "."


def never(name, text):
    return name + text.strip()


def some(name, text):
    row = name + text.strip()
    return row if row[-1] in ".!?" else row + "."


def unstripped(name, text):
    row = name + text
    return row if row[-1] in string.punctuation else row + "."


def stop_taken(name, text):
    return name + text.strip().rstrip(".") + "."


varied("a full stop always", line=always)
varied("never a full stop", line=never)
varied("only . ! ? count as punctuation", line=some)
varied("texts are not stripped", line=unstripped)
varied("other marks replaced by a full stop", line=stop_taken)
varied("no space before the names", space="")
varied("one line break between examples", blank="\n")
varied("numbers go on in the negative ones", restart=False)
varied("counted from 0", first=0)
varied("negative examples first", negative_first=True)
varied("the prompt ends with Output:", tail="Output:")
varied("a space before the last Output", tail=" Output: ")


@answer("encode-task", "all examples shown", "wrong")
def _(definition, positive, negative, question, n_positive, n_negative, explain):
    return build(definition, positive, negative, question, len(positive), len(negative), explain)


@answer("encode-task", "the last examples", "wrong")
def _(definition, positive, negative, question, n_positive, n_negative, explain):
    last = lambda rows, n: rows[len(rows) - min(n, len(rows)) :]
    return build(definition, last(positive, n_positive), last(negative, n_negative), question, 99, 99, explain)


@answer("encode-task", "explanations always", "wrong")
def _(definition, positive, negative, question, n_positive, n_negative, explain):
    return build(definition, positive, negative, question, n_positive, n_negative, True)


@answer("encode-task", "explanations never", "wrong")
def _(definition, positive, negative, question, n_positive, n_negative, explain):
    return build(definition, positive, negative, question, n_positive, n_negative, False)


@answer("encode-task", "n_positive for both kinds", "wrong")
def _(definition, positive, negative, question, n_positive, n_negative, explain):
    return build(definition, positive, negative, question, n_positive, n_positive, explain)


@answer("encode-task", "the counts exchanged", "wrong")
def _(definition, positive, negative, question, n_positive, n_negative, explain):
    return build(definition, positive, negative, question, n_negative, n_positive, explain)


@answer("encode-task", "stripped at the end", "wrong")
def _(*given):
    return build(*given).strip()


@answer("encode-task", "without the line Now complete", "wrong")
def _(*given):
    return build(*given).replace("Now complete the following example -\n", "")


@answer("encode-task", "an empty line behind the definition forgotten", "wrong")
def _(*given):
    return build(*given).replace("\n\n", "\n", 1)


@answer("encode-task", "negative examples called positive", "wrong")
def _(*given):
    return build(*given).replace(" Negative Example", " Positive Example")


@answer("encode-task", "a list of lines, joined once", "right")
def _(definition, positive, negative, question, n_positive, n_negative, explain):
    dot = lambda text: text if text.endswith(tuple(string.punctuation)) else text + "."
    rows = [dot(f"Definition: {definition.strip()}"), ""]
    for kind, those, most in (("Positive", positive, n_positive), ("Negative", negative, n_negative)):
        for i in range(min(most, len(those))):
            given, output, reason = those[i]
            rows += [f" {kind} Example {i + 1} -", dot(f"Input: {given.strip()}"), dot(f" Output: {output.strip()}")]
            rows += [dot(f" Explanation: {reason.strip()}")] if explain else []
            rows.append("")
    rows += ["Now complete the following example -", dot(f"Input: {question.strip()}"), "Output: "]
    return "\n".join(rows)


@answer("encode-task", "a function for one example", "right")
def _(definition, positive, negative, question, n_positive, n_negative, explain):
    def closed(text):
        text = text.strip()
        return text + "" * 1 if text and text[-1] in set(string.punctuation) else text + "."

    def one(kind, number, example):
        text = f" {kind} Example {number} -\nInput: {closed(example[0])}\n Output: {closed(example[1])}\n"
        return text + (f" Explanation: {closed(example[2])}\n\n" if explain else "\n")

    shown = "".join(one("Positive", i, x) for i, x in enumerate(positive[:n_positive], start=1))
    shown += "".join(one("Negative", i, x) for i, x in enumerate(negative[:n_negative], start=1))
    asked = f"Now complete the following example -\nInput: {closed(question)}\nOutput: "
    return f"Definition: {closed(definition)}\n\n{shown}{asked}"
