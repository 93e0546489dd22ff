"""ndcg: How good is a ranking?"""

import torch

from llmcourse.checks import Exercise


def judged(B, N, k, graded=False, empty=False):
    def make(generator):
        gains = torch.randint(0, 4 if graded else 2, (B, N), generator=generator).float()
        gains = gains * torch.randint(0, 2, (B, N), generator=generator)
        gains[:, N // 2] = 1.0
        gains = gains / 4 if graded else gains
        if empty:
            gains[0] = 0.0
        return {"gains": gains, "k": torch.tensor(k)}

    return make


def probe(answer, inputs):
    return {"nDCG": answer(inputs["gains"], int(inputs["k"]))}


EXERCISE = Exercise(
    name="ndcg",
    title="How good is a ranking?",
    answer="ndcg",
    parameters=("gains", "k"),
    points=3,
    difficulty=2,
    minutes=8,
    cases={
        "useful or not": judged(3, 9, 3),
        "graded": judged(4, 8, 3, graded=True),
        "nothing to find": judged(3, 9, 3, empty=True),
        "all places count": judged(2, 6, 6, graded=True),
    },
    probe=probe,
    hints=(
        "DCG@k is the sum over the first k places of gain / log2(1 + place), places from 1.",
        "The best possible order is that of falling gains, of *all* passages, not only of the first k found.",
        "Where a row has no gain at all, 0 / 0 is not a number: the nDCG is 0 there.",
    ),
)
