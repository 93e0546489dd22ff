"""The private half of register-lines."""

from llmcourse.checks.labs.long_context.register_lines import lines
from llmcourse.long_context import little_retrieval

from grading.exercises import misconception, reference, variant

CASES = {"twenty lines": lines(20), "one line": lines(1), "eight lines": lines(8, 5)}
ORDER = (
    "[EXECUTE THIS]: Go to line {} and report only REGISTER_CONTENT, without any context or additional text, "
    "just the number, then EXIT"
)


@reference
def build(contents, asked, place):
    return little_retrieval.write(dict(enumerate(contents, 1)), asked, place)


@variant
def with_insert(contents, asked, place):
    lines = [f"line {i + 1}: REGISTER_CONTENT is <{content}>" for i, content in enumerate(contents)]
    lines.insert(place, ORDER.format(asked))
    return "\n".join(lines)


@variant
def line_by_line(contents, asked, place):
    text = ""
    for i in range(len(contents) + 1):
        if i == place:
            text += ORDER.format(asked) + "\n"
        if i < len(contents):
            text += "line " + str(i + 1) + ": REGISTER_CONTENT is <" + str(contents[i]) + ">\n"
    return text[:-1]


@misconception(
    says="lines that are counted from 0",
    hint="The first line is line 1: `enumerate(contents, 1)`.",
)
def from_zero(contents, asked, place):
    lines = [f"line {i}: REGISTER_CONTENT is <{content}>" for i, content in enumerate(contents)]
    lines.insert(place, ORDER.format(asked))
    return "\n".join(lines)


@misconception(
    says="the order at the end of the text, wherever it should stand",
    hint="That it stands among the lines makes the test hard: put it after the first `place` lines.",
)
def order_last(contents, asked, place):
    lines = [f"line {i}: REGISTER_CONTENT is <{content}>" for i, content in enumerate(contents, 1)]
    return "\n".join([*lines, ORDER.format(asked)])


@misconception(
    says="the order at the beginning of the text, wherever it should stand",
    hint="Put the order after the first `place` lines: `lines.insert(place, order)`.",
)
def order_first(contents, asked, place):
    lines = [f"line {i}: REGISTER_CONTENT is <{content}>" for i, content in enumerate(contents, 1)]
    return "\n".join([ORDER.format(asked), *lines])


@misconception(
    says="the order one line too late: after `place` + 1 lines",
    hint="`place` lines stand before the order; 0 puts it at the very beginning.",
)
def one_late(contents, asked, place):
    lines = [f"line {i}: REGISTER_CONTENT is <{content}>" for i, content in enumerate(contents, 1)]
    lines.insert(place + 1, ORDER.format(asked))
    return "\n".join(lines)


@misconception(
    says="the order right before the line that it asks for, instead of after the first `place` lines",
    hint="Where the order stands has nothing to do with the line that it asks for: `lines.insert(place, order)`.",
)
def before_the_asked(contents, asked, place):
    lines = [f"line {i}: REGISTER_CONTENT is <{content}>" for i, content in enumerate(contents, 1)]
    lines.insert(asked - 1, ORDER.format(asked))
    return "\n".join(lines)


@misconception(
    says="a text with a line break at its end",
    hint="Line breaks stand between the lines: join them instead of adding one to each.",
)
def break_at_the_end(contents, asked, place):
    lines = [f"line {i}: REGISTER_CONTENT is <{content}>" for i, content in enumerate(contents, 1)]
    lines.insert(place, ORDER.format(asked))
    return "\n".join(lines) + "\n"


@misconception(
    says="contents that are filled up to four digits with zeros",
    hint="The contents are numbers, written as they are: <431>, not <0431>.",
)
def four_digits(contents, asked, place):
    lines = [f"line {i}: REGISTER_CONTENT is <{content:04}>" for i, content in enumerate(contents, 1)]
    lines.insert(place, ORDER.format(asked))
    return "\n".join(lines)


@misconception(
    says="contents without the angle brackets",
    hint="The brackets belong to the line: `<{content}>`.",
)
def without_brackets(contents, asked, place):
    lines = [f"line {i}: REGISTER_CONTENT is {content}" for i, content in enumerate(contents, 1)]
    lines.insert(place, ORDER.format(asked))
    return "\n".join(lines)


@misconception(
    says="an order that tells the content in the place of the line's number",
    hint="The order names a line, `asked`; its content is what is to be found.",
)
def tells_the_answer(contents, asked, place):
    lines = [f"line {i}: REGISTER_CONTENT is <{content}>" for i, content in enumerate(contents, 1)]
    lines.insert(place, ORDER.format(contents[asked - 1]))
    return "\n".join(lines)


EQUIVALENT = {}
