"""adalora-prune: Which triplets may stay."""

import torch

from llmcourse.checks import Exercise


def triplets(d_in, d_out, r, keep):
    def make(generator):
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        sizes = {"P": (d_out, r), "lam": (r,), "Q": (r, d_in)}
        values = {name: draw(*size) for name, size in sizes.items()}
        return values | {f"d{name}": draw(*size) for name, size in sizes.items()} | {"keep": keep}

    return make


def probe(answer, inputs):
    names = ("P", "lam", "Q", "dP", "dlam", "dQ")
    S, lam = answer(*(inputs[name] for name in names), inputs["keep"])
    return {"S": S, "lam": lam}


EXERCISE = Exercise(
    name="adalora-prune",
    title="Which triplets may stay",
    answer="prune",
    parameters=("P", "lam", "Q", "dP", "dlam", "dQ", "keep"),
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "three of five": triplets(4, 3, 5, 3),
        "one of three": triplets(5, 6, 3, 1),
        "all stay": triplets(3, 4, 3, 3),
    },
    probe=probe,
    hints=(
        "I(w) = |w dw| for every number: the product of value and gradient, its absolute value.",
        "A triplet's score has three parts: I(lam_k), the mean of I over the column P[:, k], and the mean over the row "
        "Q[k].",
        "`S.topk(keep).indices` are the triplets that stay. Write their lam into a vector of zeros.",
    ),
)
