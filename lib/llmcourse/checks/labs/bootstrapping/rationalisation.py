"""rationalisation: STaR's training set."""

import torch

from llmcourse.checks import Exercise


def tries(B, Q, S, slip=False, early=False, hopeless=False):
    """Plain and hinted questions, rationales to both, right answers: a third right at once, some after a hint.

    `slip`: what is wrong after the hint is the wrong answer of the first try again. `early`: wrong rationales name the
    right answer before the end. `hopeless`: nothing is right.
    """

    def make(generator):
        ints = lambda *shape: torch.randint(10, 60, shape, generator=generator)
        plain, first, told, gold = ints(B, Q), ints(B, S), ints(B, S), ints(B)
        hinted = plain.clone()
        hinted[:, -1] = gold
        first[::3, -1] = gold[::3]  # right at once
        told[::2, -1] = gold[::2]  # right with the hint
        first[1::3, -1] = gold[1::3] + 1  # and surely wrong
        first[2::3, -1] = gold[2::3] + 2
        told[1::2, -1] = gold[1::2] + 3
        if slip:
            told[1::2, -1] = torch.where(first[1::2, -1] == gold[1::2], gold[1::2] + 3, first[1::2, -1])
        if early:
            for z in (first, told):
                z[:, 0] = torch.where(z[:, -1] == gold, z[:, 0], gold)
        if hopeless:
            first[:, -1], told[:, -1] = gold + 1, gold + 2
        return {"plain": plain, "hinted": hinted, "first": first, "told": told, "gold": gold}

    return make


def probe(answer, inputs):
    tokens, targets = answer(*(inputs[name] for name in ("plain", "hinted", "first", "told", "gold")))
    return {"targets": targets, "tokens": tokens}


EXERCISE = Exercise(
    name="rationalisation",
    title="STaR's training set",
    answer="training_set",
    parameters=("plain", "hinted", "first", "told", "gold"),
    points=3,
    difficulty=3,
    minutes=14,
    cases={
        "six questions": tries(6, 4, 3),
        "one question, right at once": tries(1, 3, 2),
        "twelve questions": tries(12, 2, 5),
        "the same wrong answer twice": tries(6, 2, 3, slip=True),
        "the right answer on the way, and not at the end": tries(6, 2, 4, early=True),
        "nothing is right: no rows": tries(2, 3, 2, hopeless=True),
    },
    probe=probe,
    hints=(
        "The answer of a rationale is its last token: `first[:, -1] == gold`.",
        "A question enters when its first try is right, or else when the rationale after the hint is.",
        "`torch.where(right[:, None], first, told)` takes the first try where it is right. In front stands `plain`: at "
        "test time nobody tells the answer.",
        "Targets are the tokens, with -100 at the first Q places; then take the rows that enter.",
    ),
)
