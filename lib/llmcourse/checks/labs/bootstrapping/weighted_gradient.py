"""weighted-gradient: The gradient of the M-step."""

import torch

from llmcourse.checks import Exercise

from .cases import normal, uniform


def drawn(B, Y, N, zeros=False):
    """Logits, N answers to each question (with repetitions), and their rewards."""

    def make(generator):
        y = torch.randint(0, Y, (B, N), generator=generator)
        r = uniform(generator, B, N) * (0.0 if zeros else 2.0)
        return {"logits": normal(generator, B, Y), "y": y, "r": r}

    return make


def probe(answer, inputs):
    return {"gradient": answer(inputs["logits"], inputs["y"], inputs["r"])}


EXERCISE = Exercise(
    name="weighted-gradient",
    title="The gradient of the M-step",
    answer="weighted_gradient",
    parameters=("logits", "y", "r"),
    points=3,
    difficulty=3,
    minutes=12,
    cases={
        "one question, one answer": drawn(1, 4, 1),
        "the same answer several times": drawn(2, 3, 6),
        "many answers": drawn(3, 8, 5),
        "nothing was right": drawn(2, 4, 3, zeros=True),
    },
    probe=probe,
    hints=(
        "The gradient of log softmax(z)_y is onehot(y) - softmax(z). It is multiplied by r, and averaged.",
        "Sum over the N answers: `one_hot(y, Y)` is (B, N, Y). From each, r times the softmax is subtracted.",
        "The mean is over all B N answers: divide by `y.numel()`, and not by the sum of r.",
        "`(r[..., None] * (F.one_hot(y, Y) - p[:, None])).sum(1) / y.numel()`, with p = softmax of the logits.",
    ),
)
