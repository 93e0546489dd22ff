"""ralm-perplexity: Perplexity with a passage in front."""

import torch

from llmcourse.checks import Exercise


def strided(P, L, stride):
    def make(generator):
        log_p = -0.2 - 4 * torch.rand(P, L, generator=generator)
        chosen = torch.randint(0, P, (-(-L // stride),), generator=generator)
        return {"log_p": log_p, "chosen": chosen, "stride": torch.tensor(stride)}

    return make


def probe(answer, inputs):
    perplexity = answer(inputs["log_p"], inputs["chosen"], int(inputs["stride"]))
    return {"perplexity": torch.tensor(perplexity) if type(perplexity) is float else perplexity}


EXERCISE = Exercise(
    name="ralm-perplexity",
    title="Perplexity with a passage in front",
    answer="ralm_perplexity",
    parameters=("log_p", "chosen", "stride"),
    points=3,
    difficulty=2,
    minutes=7,
    cases={
        "three strides of four": strided(3, 12, 4),
        "the last stride is shorter": strided(4, 11, 4),
        "the last stride is one token": strided(4, 9, 4),
        "a new passage for every token": strided(3, 6, 1),
        "one stride": strided(2, 5, 8),
    },
    probe=probe,
    hints=(
        "Token t lies in stride t // stride; that stride has read the passage chosen[t // stride].",
        "Pick for every token its passage's row: `log_p[chosen[t // stride], t]` with `t = torch.arange(L)`.",
        "Perplexity is e to the power of minus the mean log-probability of a token.",
    ),
)
