"""The private half of place-needle."""

from llmcourse.checks.labs.long_context.place_needle import haystack
from llmcourse.long_context import needle as library

from grading.exercises import misconception, reference, variant

CASES = {
    "long sentences": haystack(300, 9, 0.7, 250, every=30),
    "two thirds": haystack(100, 5, 0.66, 90),
    "everything fits exactly": haystack(30, 5, 0.4, 35),
    "the end, once more": haystack(70, 2, 1.0, 51),
    "three kinds of sentence ends": haystack(90, 4, 0.35, 70, ends=(7, 8, 9), every=12),
}


@reference
def place(haystack, needle, depth, length, ends):
    return library.place(haystack, needle, depth, length, ends)


@variant
def by_candidates(haystack, needle, depth, length, ends):
    hay = haystack[: length - len(needle)]
    allowed = [0] + [i + 1 for i, token in enumerate(hay) if token in ends]
    at = len(hay) if depth == 1 else max(i for i in allowed if i <= depth * len(hay))
    return hay[:at] + needle + hay[at:]


@variant
def going_back(haystack, needle, depth, length, ends):
    left = length - len(needle)
    hay, at = list(haystack[:left]), int(left * depth)
    if depth < 1:
        while at > 0 and hay[at - 1] not in ends:
            at = at - 1
    hay[at:at] = needle
    return hay


@misconception(
    says="a needle in the middle of a sentence: exactly at the depth",
    hint="Go back to the end of a sentence: while `hay[at - 1]` is not in `ends`, take one off.",
)
def mid_sentence(haystack, needle, depth, length, ends):
    hay = haystack[: length - len(needle)]
    at = int(depth * len(hay))
    return hay[:at] + needle + hay[at:]


@misconception(
    says="a context that is longer than asked, by the needle",
    hint="`length` is the whole context: the haystack is cut to `length - len(needle)` tokens.",
)
def too_long(haystack, needle, depth, length, ends):
    hay = haystack[:length]
    at = len(hay) if depth == 1 else int(depth * len(hay))
    while depth < 1 and at and hay[at - 1] not in ends:
        at -= 1
    return hay[:at] + needle + hay[at:]


@misconception(
    says="a needle whose depth is counted in the whole haystack, before it is cut",
    hint="Cut first, then go to the depth: what is cut off is not read.",
)
def depth_of_all(haystack, needle, depth, length, ends):
    hay = haystack[: length - len(needle)]
    at = len(hay) if depth == 1 else min(int(depth * len(haystack)), len(hay))
    while depth < 1 and at and hay[at - 1] not in ends:
        at -= 1
    return hay[:at] + needle + hay[at:]


@misconception(
    says="a needle before the sentence's last token: one token too early",
    hint="The needle stands after the token that ends a sentence: look at `hay[at - 1]`, not at `hay[at]`.",
)
def before_the_end(haystack, needle, depth, length, ends):
    hay = haystack[: length - len(needle)]
    at = len(hay) if depth == 1 else int(depth * len(hay))
    while depth < 1 and at and (at == len(hay) or hay[at] not in ends):
        at -= 1
    return hay[:at] + needle + hay[at:]


@misconception(
    says="a needle after the next sentence's end, not after the last one",
    hint="Go back, not forward: the needle is never deeper than asked.",
)
def forward(haystack, needle, depth, length, ends):
    hay = haystack[: length - len(needle)]
    at = len(hay) if depth == 1 else int(depth * len(hay))
    while 0 < at < len(hay) and hay[at - 1] not in ends:
        at += 1
    return hay[:at] + needle + hay[at:]


@misconception(
    says="a needle that is moved back from depth 1 as well",
    hint="At depth 1 the needle is the last thing in the context, even if the haystack breaks off in a sentence.",
)
def back_from_the_end(haystack, needle, depth, length, ends):
    hay = haystack[: length - len(needle)]
    at = int(depth * len(hay))
    while at and hay[at - 1] not in ends:
        at -= 1
    return hay[:at] + needle + hay[at:]


@misconception(
    says="a needle that replaces as many tokens of the haystack as it has",
    hint="Nothing of the haystack is lost in the middle: `hay[:at] + needle + hay[at:]`.",
)
def overwrites(haystack, needle, depth, length, ends):
    hay = haystack[: length - len(needle)]
    at = len(hay) if depth == 1 else int(depth * len(hay))
    while depth < 1 and at and hay[at - 1] not in ends:
        at -= 1
    return hay[:at] + needle + hay[at + len(needle) :]


@misconception(
    says="a depth that is counted from the end",
    hint="0 is the beginning and 1 the end.",
)
def from_the_end(haystack, needle, depth, length, ends):
    hay = haystack[: length - len(needle)]
    depth = 1 - depth
    at = len(hay) if depth == 1 else int(depth * len(hay))
    while depth < 1 and at and hay[at - 1] not in ends:
        at -= 1
    return hay[:at] + needle + hay[at:]


@misconception(
    says="the end of the haystack, cut off at its beginning",
    hint="Keep the beginning of the haystack: `haystack[: length - len(needle)]`.",
)
def end_of_the_haystack(haystack, needle, depth, length, ends):
    hay = haystack[len(haystack) - (length - len(needle)) :]
    at = len(hay) if depth == 1 else int(depth * len(hay))
    while depth < 1 and at and hay[at - 1] not in ends:
        at -= 1
    return hay[:at] + needle + hay[at:]


EQUIVALENT = {}
