"""place-needle: After a sentence, not in one."""

import torch

from llmcourse.checks import Exercise

from .cases import integer

END = 7  # the token at which a sentence ends


def haystack(tokens, needle, depth, length, ends=(END,), every=6):
    """A text whose sentences have 1 to 2 `every` - 1 tokens; the needle is made of other tokens."""

    def make(generator):
        text = []
        while len(text) < tokens:
            text += torch.randint(10, 90, (integer(generator, 0, 2 * every - 1),), generator=generator).tolist()
            text.append(ends[integer(generator, 0, len(ends))])
        if depth == 1:
            text[length - needle - 1] = 90  # the haystack breaks off in a sentence
        planted = torch.randint(100, 1000, (needle,), generator=generator).tolist()
        return {"haystack": text[:tokens], "needle": planted, "depth": depth, "length": length, "ends": set(ends)}

    return make


def probe(answer, inputs):
    given = [list(inputs[name]) for name in ("haystack", "needle")]
    return {"context": answer(*given, inputs["depth"], inputs["length"], set(inputs["ends"]))}


EXERCISE = Exercise(
    name="place-needle",
    title="After a sentence, not in one",
    answer="place",
    parameters=("haystack", "needle", "depth", "length", "ends"),
    points=4,
    difficulty=2,
    minutes=12,
    cases={
        "in the middle": haystack(60, 4, 0.5, 40),
        "a quarter of the way": haystack(80, 5, 0.25, 48),
        "near the end": haystack(50, 3, 0.9, 40),
        "at the very beginning": haystack(40, 3, 0.0, 30),
        "at the very end": haystack(50, 6, 1.0, 33),
        "two kinds of sentence ends": haystack(90, 4, 0.6, 70, ends=(7, 8), every=9),
        "a first sentence that is long": haystack(60, 3, 0.15, 50, every=40),
    },
    probe=probe,
    hints=(
        "Both must fit: `hay = haystack[: length - len(needle)]`. The depth counts in what is left of the haystack.",
        "Begin at `at = int(depth * len(hay))`, and go back while the token before, `hay[at - 1]`, ends no sentence.",
        "Stop at 0: before the first sentence the needle may stand as well. At depth 1 do not go back at all.",
        "`return hay[:at] + needle + hay[at:]`.",
    ),
)
