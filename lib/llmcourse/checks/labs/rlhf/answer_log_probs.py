"""answer-log-probs: How likely was this answer?"""

import torch

from llmcourse.checks import Exercise

from .cases import normal


def written(spans, L, V, spread=2.0):
    """For each row, where its answer begins and ends, in texts of L tokens; logits that vary by `spread`."""

    def make(generator):
        places = torch.arange(L)
        first, last = torch.tensor(spans).T
        return {
            "logits": spread * normal(generator, len(spans), L, V),
            "tokens": torch.randint(V, (len(spans), L), generator=generator),
            "mask": ((places >= first[:, None]) & (places < last[:, None])).float(),
        }

    return make


def probe(answer, inputs):
    return {"log-probabilities": answer(inputs["logits"], inputs["tokens"], inputs["mask"])}


EXERCISE = Exercise(
    name="answer-log-probs",
    title="How likely was this answer?",
    answer="answer_log_probs",
    parameters=("logits", "tokens", "mask"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "one answer, to the end of the text": written([(2, 5)], 5, 4),
        "answers of one token, and of many": written([(1, 2), (3, 4), (1, 7)], 8, 5),
        "prompts and padding of any length": written([(2, 6), (4, 5), (1, 3)], 7, 6),
        "many words": written([(3, 9), (5, 9)], 9, 30),
        "words that nobody expects: no probability may underflow": written([(2, 5), (3, 6)], 6, 20, spread=80.0),
    },
    probe=probe,
    gradients=("logits",),
    hints=(
        "Logits at position t predict token t + 1: drop the last position of the logits, the first of tokens and mask.",
        "`logits[:, :-1].log_softmax(-1)` has log-probabilities of all words; `gather` picks those that were written.",
        "`.gather(-1, tokens[:, 1:, None])[..., 0]` is (B, L - 1).",
        "Multiply by `mask[:, 1:]` and sum over the last axis: a product of probabilities, so a sum of logarithms.",
    ),
)
