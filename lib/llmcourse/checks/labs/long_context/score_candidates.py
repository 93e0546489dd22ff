"""score-candidates: Many answers, one reading."""

import torch

from llmcourse.checks import Exercise


def candidates(lengths, V):
    """Candidates of these lengths after one context."""

    def make(generator):
        C, T = len(lengths), max(lengths)
        return {
            "first": 2 * torch.randn(V, generator=generator),
            "logits": 2 * torch.randn(C, T, V, generator=generator),
            "tokens": torch.randint(V, (C, T), generator=generator),
            "mask": (torch.arange(T) < torch.tensor(lengths)[:, None]).float(),
        }

    return make


def probe(answer, inputs):
    return {"per token": answer(*(inputs[name] for name in EXERCISE.parameters))}


EXERCISE = Exercise(
    name="score-candidates",
    title="Many answers, one reading",
    answer="score_candidates",
    parameters=("first", "logits", "tokens", "mask"),
    points=4,
    difficulty=3,
    minutes=12,
    cases={
        "three answers of equal length": candidates([3, 3, 3], 6),
        "answers of one token, and of two": candidates([1, 2], 5),
        "short and long answers": candidates([1, 4, 2, 5], 7),
        "many words": candidates([2, 6, 3], 40),
    },
    probe=probe,
    gradients=("first", "logits"),
    hints=(
        "The first token of every candidate is predicted by `first`, the same for all: it comes from the context.",
        "The logits at position t of a candidate predict its token t + 1, so the last ones predict nothing here.",
        "Put `first` before them: `torch.cat([first.expand(C, 1, V), logits[:, :-1]], 1)` is (C, T, V).",
        "`log_softmax(-1)`, `gather` the tokens, multiply by the mask, and divide the sum by the number of tokens.",
    ),
)
