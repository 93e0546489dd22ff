"""e-step: The E-step."""

import torch

from llmcourse.checks import Exercise

from .cases import normal, uniform


def rewarded(B, Y, threshold=False, hopeless=False, most=3.0):
    """Rewards up to `most`, not negative; f is the identity, or a threshold. `hopeless`: one question has none."""

    def make(generator):
        r = most * uniform(generator, B, Y)
        if hopeless:
            r[-1] = 0.0
        tau = torch.tensor(1.2 if threshold else -1.0)
        return {"log_p": (1.5 * normal(generator, B, Y)).log_softmax(-1), "r": r, "tau": tau}

    return make


def probe(answer, inputs):
    tau = inputs["tau"].item()
    f = (lambda r: (r > tau).to(r.dtype)) if tau >= 0 else (lambda r: r)
    return {"q": answer(inputs["log_p"], inputs["r"], f)}


EXERCISE = Exercise(
    name="e-step",
    title="The E-step",
    answer="e_step",
    parameters=("log_p", "r", "f"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "f is the identity": rewarded(2, 5),
        "f is a threshold": rewarded(3, 6, threshold=True),
        "a question without any reward": rewarded(3, 4, hopeless=True),
        "rewards that are very small": rewarded(2, 4, most=4e-6),
    },
    probe=probe,
    hints=(
        "q is proportional to f(r) times p: first the product, then the normaliser.",
        "Every question has its own normaliser: `sum(-1, keepdim=True)`.",
        "Where that sum is 0, divide by 1 in its place: `torch.where(Z > 0, Z, 1.0)`.",
    ),
)
