"""generate-and-improve: Algorithm 1."""

import torch

from llmcourse.checks import Exercise

from .cases import normal, uniform


def rounds(X, Y, T, N, right=2):
    """A first policy, `right` right answers to each question, and random numbers for T rounds of N draws."""

    def make(generator):
        base = normal(generator, X, Y).softmax(-1)
        r = torch.zeros(X, Y).scatter(1, uniform(generator, X, Y).argsort(-1)[:, :right], 1.0)
        return {"base": base, "r": r, "draws": uniform(generator, T, X, N)}

    return make


def sample(p, u):
    """Answers (X, N) from probabilities p (X, Y), by random numbers u (X, N) in [0, 1]."""
    return (u[..., None] > p.cumsum(-1)[:, None, :-1]).sum(-1)


def probe(answer, inputs):
    policy, sampled = answer(inputs["base"], inputs["r"], inputs["draws"], sample)
    return {"policy": policy, "sampled": sampled}


EXERCISE = Exercise(
    name="generate-and-improve",
    title="Algorithm 1",
    answer="rest_em",
    parameters=("base", "r", "draws", "sample"),
    points=4,
    difficulty=3,
    minutes=18,
    cases={
        "one round": rounds(3, 5, 1, 6),
        "four rounds": rounds(4, 6, 4, 8),
        "few draws: some questions get nothing": rounds(5, 8, 2, 2, right=1),
        "found in one round, and not in the next": rounds(6, 4, 3, 1, right=1),
    },
    probe=probe,
    hints=(
        "A loop over `draws`: one (X, N) of random numbers for each round. Generate with the *newest* policy.",
        "The reward of a draw is `r.gather(1, y)`. Its mean is what `sampled` keeps, before the improvement.",
        "Counts of rewarded answers: `torch.zeros_like(base).scatter_add(1, y, reward)`.",
        "Improve from `base`: `(base + counts) / (1 + counts.sum(-1, keepdim=True))`, counts of this round.",
    ),
)
