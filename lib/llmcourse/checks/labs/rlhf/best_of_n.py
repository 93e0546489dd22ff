"""best-of-n: The best of n, and what it costs."""

import torch

from llmcourse.checks import Exercise

from .cases import in_dtype_of, normal, texts


def draws(Y, n):
    """No text is so rare that F^n underflows in float32."""

    def make(generator):
        return {"p_ref": texts(generator, Y, spread=0.5).exp(), "r": normal(generator, Y), "n": n}

    return make


def tied(n, *rewards):
    """Texts with these rewards."""

    def make(generator):
        return {"p_ref": texts(generator, len(rewards)).exp(), "r": torch.tensor(rewards), "n": n}

    return make


def probe(answer, inputs):
    p, KL = answer(inputs["p_ref"], inputs["r"], inputs["n"])
    return {"p": in_dtype_of(inputs["p_ref"], p), "KL": in_dtype_of(inputs["p_ref"], KL)}


EXERCISE = Exercise(
    name="best-of-n",
    title="The best of n, and what it costs",
    answer="best_of_n",
    parameters=("p_ref", "r", "n"),
    points=4,
    difficulty=4,
    minutes=15,
    cases={
        "the better of two": draws(3, 2),
        "the best of four": draws(8, 4),
        "the best of sixteen": draws(6, 16),
        "texts with equal rewards": tied(3, 1.0, 0.0, 1.0, 2.0, 0.0),
    },
    probe=probe,
    hints=(
        "The best of n has a reward of at most x exactly when all n have: F(x)^n, where F(x) is the probability that "
        "one draw has a reward of at most x.",
        "So the best has reward x with probability F(x)^n - F_below(x)^n; F_below counts smaller rewards only.",
        "`p_ref @ (r[:, None] <= r).to(p_ref.dtype)` is F of every text's reward; with `<` it is F_below.",
        "Texts of equal reward share as the reference has it: p = p_ref (F^n - F_below^n) / (F - F_below). "
        "KL = sum p log(p / p_ref).",
    ),
)
