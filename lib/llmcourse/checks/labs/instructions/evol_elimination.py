"""evol-elimination: What did not evolve."""

from llmcourse.checks import Exercise

from .cases import WORDS, choice, number, phrase, shuffled, words
from .similarity_filter import similarity

STOP = ["a", "and", "as", "for", "in", "is", "it", "of", "so", "sorry", "that", "the", "to"]


def said(generator, count):
    return [choice(generator, WORDS) for _ in range(count)]


def fine(generator):
    before = phrase(generator, 4)
    return before, f"{before.split()[0]} {phrase(generator, 5)}", " ".join(said(generator, 9)) + "."


def same(generator):
    """Ten words of which nine are those of before: just as similar as the limit; or the same words, turned."""
    before = words(generator, 10)
    after = [*before[:-1], "ocean"] if number(generator, 0, 1) else before
    return " ".join(before), " ".join(shuffled(generator, after)), " ".join(said(generator, 6))


def nearly_same(generator):
    before = words(generator, 9)
    return " ".join(before), " ".join([*before[:-1], "ocean"]), " ".join(said(generator, 6))


def refusal(generator, length=8):
    before, after, _ = fine(generator)
    response = said(generator, length - 2)
    response.insert(number(generator, 0, len(response)), choice(generator, ["Sorry,", "sorry", "SORRY!"]))
    return before, after, " ".join([*response, "I"])


def just_short(generator):
    return refusal(generator, 79)


def long_apology(generator):
    return refusal(generator, 95)


def exactly_eighty(generator):
    return refusal(generator, 80)


def joined(generator):
    """Fewer than 80 words, in more than 80 runs of letters; or 80 words, one of which has no letter."""
    before, after, response = refusal(generator, 60)
    if number(generator, 0, 1):
        return before, after, f"{response} {' '.join('-'.join(said(generator, 3)) for _ in range(12))}"
    before, after, response = refusal(generator, 79)
    return before, after, f"{response} ..."


def no_apology(generator):
    before, after, response = fine(generator)
    return before, after, f"{response} unsorry sorrys"


def hollow(generator):
    before, after, _ = fine(generator)
    response = choice(generator, [" ... ", "So it is, and so that is.", "The THE the; of it!"])
    return before, after, response


def plainly_hollow(generator):
    before, after, _ = fine(generator)
    return before, after, choice(generator, ["", "it is so", "and so that is that"])


def leak(generator):
    before, after, response = fine(generator)
    mark = choice(generator, ["given prompt", "Given Prompt", "rewritten prompt", "REWRITTEN PROMPT:"])
    return before, f"{after} {mark}", response


def answer_speaks_of_it(generator):
    before, after, response = fine(generator)
    return before, after, f"{response} The rewritten prompt is {phrase(generator, 2)}."


def was_there_before(generator):
    before, after, response = fine(generator)
    return f"{before} given prompt", after, response


def two_rules(generator):
    """Two rules apply: the first of them is the answer."""
    before, after, _ = leak(generator)
    return choice(
        generator,
        [
            (before, after, "Sorry, no."),
            (before, after, " ... "),
            (f"{before} given prompt", f"{before} given prompt", ""),
        ],
    )


def same_and_refused(generator):
    before, after, _ = same(generator)
    return before, after, "Sorry, no."


def refused_and_hollow(generator):
    before, after, _ = fine(generator)
    return before, after, "Sorry, so it is."


def speaks_of_prompts(generator):
    before, after, response = fine(generator)
    return before, f"{after} prompt", response


ALL = (
    fine, same, nearly_same, refusal, just_short, exactly_eighty, long_apology, no_apology, hollow, plainly_hollow,
    leak, answer_speaks_of_it, was_there_before, two_rules, same_and_refused, refused_and_hollow, speaks_of_prompts,
    joined,
)  # fmt: skip


def evolutions(*kinds):
    def make(generator):
        rows = shuffled(generator, [kind(generator) for kind in kinds])
        return {name: [row[i] for row in rows] for i, name in enumerate(("before", "after", "response"))}

    return make


def probe(answer, inputs):
    rows = zip(inputs["before"], inputs["after"], inputs["response"])
    return {"why": [answer(*row, similarity, frozenset(STOP)) for row in rows]}


EXERCISE = Exercise(
    name="evol-elimination",
    title="What did not evolve",
    answer="why_not",
    parameters=("before", "after", "response", "similarity", "stop_words"),
    points=4,
    difficulty=3,
    minutes=16,
    cases={
        "each rule once": evolutions(fine, same, refusal, hollow, leak),
        "on both sides of each rule": evolutions(*ALL),
        "two rules at once": evolutions(
            two_rules, two_rules, same_and_refused, refused_and_hollow, hollow, just_short, no_apology
        ),
        "and again": evolutions(*ALL, *ALL),
    },
    probe=probe,
    hints=(
        "Four questions in their order, and a `return` after each: the first rule that applies is the answer.",
        'Lower case first. `re.findall(r"[a-z0-9]+", response.lower())` are the words: "sorry" in that list is a whole '
        "word.",
        "Length: fewer than 80 words, `len(response.split()) < 80`. A long answer that says sorry is an answer.",
        "`all(word in stop_words for word in words)` is true for an empty list as well, which is what is wanted.",
    ),
)
