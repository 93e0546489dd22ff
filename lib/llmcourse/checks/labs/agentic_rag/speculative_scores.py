"""speculative-scores: Which draft is to be trusted?"""

import torch

from llmcourse.checks import Exercise

QUESTION, ANSWER, RATIONALE, ASKED, YES, PADDING = range(6)


def drafts(B, question=3, answer=2, rationale=4, low=0.1, high=1.5, yes=1):
    """B texts [question, answer, rationale, R, "Yes"] of different lengths, padded, as a verifier has read them."""

    def make(generator):
        draw = lambda most: int(torch.randint(1, most + 1, (), generator=generator))
        rows = []
        for b in range(B):
            lengths = (question, draw(answer), rationale if b == 0 else draw(rationale), 2, yes)
            rows.append([part for part, n in enumerate(lengths) for _ in range(n)])
        T = max(map(len, rows)) + 1
        part = torch.tensor([row + [PADDING] * (T - len(row)) for row in rows])
        log_p = -low - (high - low) * torch.rand(B, T, generator=generator)
        size = lambda n: -low - (high - low) * n * torch.rand(B, generator=generator)
        return {"log_p": log_p, "part": part, "log_rationale": size(rationale), "log_answer": size(answer)}

    return make


def probe(answer, inputs):
    scores, best = answer(*(inputs[name] for name in ("log_p", "part", "log_rationale", "log_answer")))
    return {"log rho": scores, "the best draft": int(best)}


EXERCISE = Exercise(
    name="speculative-scores",
    title="Which draft is to be trusted?",
    answer="speculative_scores",
    parameters=("log_p", "part", "log_rationale", "log_answer"),
    points=3,
    difficulty=3,
    minutes=12,
    cases={
        "four drafts": drafts(4),
        "two drafts of a token or two": drafts(2, answer=1, rationale=2),
        "long rationales: the product is too small for a number": drafts(3, answer=5, rationale=60, low=1.5, high=6.0),
        "yes takes two tokens": drafts(5, rationale=6, yes=2),
    },
    probe=probe,
    hints=(
        "A product of probabilities is a sum of log-probabilities: pick the tokens by a mask and add them up.",
        'rho_SC takes the tokens of answer and rationale (parts 1 and 2), rho_SR those of "Yes" (part 4). '
        "Question, R and "
        "padding are given, not judged.",
        "rho_draft is a *sum* of two probabilities: its logarithm is `torch.logaddexp(log_rationale, "
        "log_answer)`, without "
        "ever leaving logarithms.",
    ),
)
