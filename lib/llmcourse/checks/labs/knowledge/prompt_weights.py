"""prompt-weights: Which prompt says it best?"""

import torch

from llmcourse.checks import Exercise


def seeds(k, S, alpha, tau=1.0):
    """Log-probabilities of S seed pairs under k prompts; now the head is the weaker half, now the tail."""

    def make(generator):
        log = -0.2 - 2.5 * torch.rand(2, k, S, generator=generator)
        return {"log_h": log[0], "log_t": log[1], "alpha": alpha, "tau": tau}

    return make


def probe(answer, inputs):
    return {"w": answer(inputs["log_h"], inputs["log_t"], inputs["alpha"], inputs["tau"])}


EXERCISE = Exercise(
    name="prompt-weights",
    title="Which prompt says it best?",
    answer="prompt_weights",
    parameters=("log_h", "log_t", "alpha", "tau"),
    points=3,
    difficulty=2,
    minutes=9,
    cases={
        "three prompts, four pairs": seeds(3, 4, 0.6),
        "one pair": seeds(4, 1, 0.5),
        "only the joint likelihood": seeds(3, 5, 1.0),
        "only the weaker half": seeds(3, 5, 0.0),
        "a sharp choice": seeds(4, 3, 0.6, tau=0.3),
        "nearly equal weights": seeds(5, 4, 0.4, tau=2.5),
    },
    probe=probe,
    hints=(
        "First the compatibility of each pair with each prompt: f = alpha (log_h + log_t) + (1 - alpha) min(...).",
        "`torch.minimum(log_h, log_t)` takes the smaller one, pair by pair.",
        "The mean over the seed pairs is one number a prompt, (k,); divide it by tau.",
        "`.softmax(0)` over the prompts.",
    ),
)
