"""decay-parallel: A memory that fades: the matrix of decays."""

import torch

from llmcourse.checks import Exercise


def decayed(*lead, L, d_k, d_v, strongest=1.0):
    """Inputs of attention with a decay: log decays between 0 and -strongest."""

    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator)
        g = -strongest * torch.rand(*lead, L, generator=generator)
        return {"q": draw(L, d_k), "k": draw(L, d_k), "v": draw(L, d_v), "g": g}

    return make


def loud(L, d, times=20.0):
    """A first token that is loud, and all but forgotten when the second is read: what is left of it must be little."""

    def make(generator):
        inputs = decayed(L=L, d_k=d, d_v=d)(generator)
        first = torch.zeros(L, 1)
        first[0] = 1.0
        q = inputs["q"] * times * (1 - first)
        k = torch.where(first > 0, inputs["k"] * times, inputs["k"] / times)
        return inputs | {"q": q, "k": k, "g": -15 + 15 * inputs["g"]}

    return make


def probe(answer, inputs):
    return {"o": answer(inputs["q"], inputs["k"], inputs["v"], inputs["g"])}


EXERCISE = Exercise(
    name="decay-parallel",
    title="A memory that fades: the matrix of decays",
    answer="retention",
    parameters=("q", "k", "v", "g"),
    points=3,
    difficulty=3,
    minutes=15,
    cases={
        "a short sequence": decayed(L=5, d_k=3, d_v=2),
        "as many value as key channels": decayed(L=4, d_k=3, d_v=3),
        "batch and heads": decayed(2, 2, L=4, d_k=2, d_v=3),
        "a strong decay": decayed(L=12, d_k=2, d_v=2, strongest=60.0),
        "a loud beginning, soon forgotten": loud(L=5, d=2),
    },
    probe=probe,
    tolerance=1e-3,  # a difference of two float32 sums of a few hundred is off by 1e-4 in the right answer too
    gradients=("q", "k", "v", "g"),
    hints=(
        "Follow one write: v_s k_s^T is multiplied by the decays of tokens s+1 to t before token t reads it.",
        "The logarithm of that product is `G_t - G_s`, where `G = g.cumsum(-1)`.",
        "The matrix of `G_t - G_s` is `G[..., :, None] - G[..., None, :]`. Above the diagonal it is positive, and its "
        "exponential may overflow: mask it with `-inf` before the exponential, not after.",
        "`future = torch.ones(L, L, dtype=torch.bool).triu(1)`, then `D = difference.masked_fill(future, "
        "-torch.inf).exp()`, then `((q @ k.mT) * D) @ v`.",
    ),
)
