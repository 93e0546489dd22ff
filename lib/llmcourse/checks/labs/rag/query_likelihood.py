"""query-likelihood: Would this passage make one ask that?"""

import torch

from llmcourse.checks import Exercise


def scored(B, L, V, asked, sure=2.0):
    """Logits for B texts; the question is `asked` tokens long, and ends where its row's padding begins."""

    def make(generator):
        logits = sure * torch.randn(B, L, V, generator=generator)
        tokens, mask = torch.randint(0, V, (B, L), generator=generator), torch.zeros(B, L)
        for row in range(B):
            end = L - row % 3
            mask[row, end - asked + row % 2 : end] = 1.0
        return {"logits": logits, "tokens": tokens, "asked": mask}

    return make


def probe(answer, inputs):
    return {"log-likelihood per token": answer(inputs["logits"], inputs["tokens"], inputs["asked"])}


EXERCISE = Exercise(
    name="query-likelihood",
    title="Would this passage make one ask that?",
    answer="query_likelihood",
    parameters=("logits", "tokens", "asked"),
    points=3,
    difficulty=3,
    minutes=10,
    cases={
        "three texts": scored(3, 9, 11, 4),
        "questions of one token or two": scored(2, 5, 7, 2),
        "hardly a passage": scored(2, 4, 7, 3),
        "a model that is very sure": scored(2, 7, 13, 3, sure=90.0),
    },
    probe=probe,
    hints=(
        "The logits at place t are about the token at place t + 1: shift one against the other.",
        "`log_softmax` over the vocabulary, then `gather` at the tokens that really came.",
        "Sum where the *predicted* token belongs to the question (asked[:, 1:]), and divide by how many those are.",
    ),
)
