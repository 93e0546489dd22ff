"""The private half of encode-task."""

import string

from llmcourse.checks.labs.instructions.encode_task import task

from grading.exercises import misconception, reference, variant

CASES = {
    "three of each, explained": task(4, 4, 3, 3, True),
    "two of each, and one more": task(3, 4, 2, 3, True),
}


@reference
def encode(definition, positive, negative, question, n_positive, n_negative, explain):
    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@variant
def in_a_list(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def ended(text):
        text = text.strip()
        return text + "." * (text[-1] not in string.punctuation)

    out = [f"Definition: {ended(definition)}\n\n"]
    for i in range(min(n_positive, len(positive))):
        x, y, why = positive[i]
        out.append(f" Positive Example {i + 1} -\nInput: {ended(x)}\n Output: {ended(y)}\n")
        out.append(f" Explanation: {ended(why)}\n\n" if explain else "\n")
    for i in range(min(n_negative, len(negative))):
        x, y, why = negative[i]
        out.append(f" Negative Example {i + 1} -\nInput: {ended(x)}\n Output: {ended(y)}\n")
        out.append(f" Explanation: {ended(why)}\n\n" if explain else "\n")
    out.append(f"Now complete the following example -\nInput: {ended(question)}\nOutput: ")
    return "".join(out)


@variant
def with_regular_expressions(definition, positive, negative, question, n_positive, n_negative, explain):
    import re

    end = lambda text: re.sub(r"([A-Za-z0-9])$", r"\1.", text.strip())
    names = ("Input: ", " Output: ", " Explanation: ")[: 3 if explain else 2]
    blocks = []
    for kind, some in {"Positive": positive[:n_positive], "Negative": negative[:n_negative]}.items():
        for i, parts in enumerate(some):
            body = "".join(f"{name}{end(part)}\n" for name, part in zip(names, parts))
            blocks.append(f" {kind} Example {i + 1} -\n{body}\n")
    last = f"Now complete the following example -\nInput: {end(question)}\nOutput: "
    return f"Definition: {end(definition)}\n\n" + "".join(blocks) + last


@misconception(
    says="the prompt without the full stops that should be added",
    hint="A line whose text ends in a letter or digit gets a full stop.",
)
def no_full_stops(definition, positive, negative, question, n_positive, n_negative, explain):
    def line(name, text):
        row = name + text.strip()
        return row

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="a full stop after every line, also where a mark stands already",
    hint="Look at the last character: `row[-1] in string.punctuation`.",
)
def always_full_stops(definition, positive, negative, question, n_positive, n_negative, explain):
    def line(name, text):
        row = name + text.strip()
        return row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="full stops after quotes and brackets too: only . ! and ? count as marks",
    hint="All of `string.punctuation` are marks here, as in the released code.",
)
def three_marks(definition, positive, negative, question, n_positive, n_negative, explain):
    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in ".!?" else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="texts with the spaces at their ends, and full stops after the spaces",
    hint="Strip a text before you look at its last character.",
)
def unstripped(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="explanations whatever `explain` says",
    hint="The explanations are shown only if `explain` is true.",
)
def always_explained(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)]
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="the prompt without explanations, whatever `explain` says",
    hint="If `explain` is true, each example has a third line.",
)
def never_explained(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, _) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="examples numbered from 0",
    hint="The first example has the number 1.",
)
def from_zero(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 0):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="the negative examples before the positive ones",
    hint="First what is right, then what is wrong.",
)
def negative_first(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Negative", negative[:n_negative]), ("Positive", positive[:n_positive])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="the last examples in place of the first",
    hint="`positive[:n_positive]` are the first ones.",
)
def last_examples(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[-n_positive:]), ("Negative", negative[len(negative) - n_negative :])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="all examples, whatever the numbers say",
    hint="Only the first n_positive and n_negative are shown.",
)
def all_examples(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive), ("Negative", negative)):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="the positive examples alone",
    hint="Negative examples follow in the same form, with a head of their own.",
)
def positive_alone(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]),):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="the prompt without the space at its end",
    hint='The prompt ends with "Output: ": the answer comes right after it.',
)
def no_last_space(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput:"


@misconception(
    says="the prompt without the spaces that some lines begin with",
    hint='" Positive Example 1 -", " Output: " and " Explanation: " begin with a space; "Input: " does not.',
)
def no_spaces_before(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f"{kind} Example {number} -", line("Input: ", given), line("Output: ", output)]
            rows += [line("Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="one line break after each example",
    hint="An empty line stands between examples: two line breaks.",
)
def one_line_break(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="the prompt without the definition",
    hint="The definition stands in front, with an empty line after it.",
)
def without_definition(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = ""
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="negative examples whose numbers go on from the positive ones",
    hint="Each kind is counted from 1.",
)
def numbers_go_on(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(
            examples, 1 if kind == "Positive" else 1 + len(positive[:n_positive])
        ):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="full stops after every mark but a full stop",
    hint="A question mark, a quote or a bracket ends a line as well: all of `string.punctuation`.",
)
def full_stops_alone(definition, positive, negative, question, n_positive, n_negative, explain):

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] == "." else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="the prompt with a line break at its end",
    hint='The prompt ends with "Output: ", and nothing behind the space.',
)
def line_break_at_the_end(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: \n"


@misconception(
    says='the prompt whose last "Output: " has a space before it',
    hint='Only "Output" of examples has a space before it: the last line begins with its O.',
)
def last_output_like_the_others(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\n Output: "


@misconception(
    says="no empty line behind the definition",
    hint="An empty line follows the definition: two line breaks.",
)
def no_line_behind_the_definition(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


@misconception(
    says="the question without a full stop",
    hint="The question is a text as well: a full stop is added where its line ends in no mark.",
)
def question_as_it_is(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + "Input: " + question.strip() + "\nOutput: "


@misconception(
    says="outputs without full stops",
    hint='Outputs are texts as well: "enots" becomes "enots.".',
)
def outputs_as_they_are(definition, positive, negative, question, n_positive, n_negative, explain):
    import string

    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), " Output: " + output.strip()]
            rows += [line(" Explanation: ", reason)] if explain else []
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "


EQUIVALENT = {}
