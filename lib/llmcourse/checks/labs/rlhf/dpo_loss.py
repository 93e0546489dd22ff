"""dpo-loss: Preferences without a reward model."""

import torch

from llmcourse.checks import Exercise

from .cases import normal


def pairs(B, beta, spread=1.0):
    """Log-probabilities of answers of some ten tokens, under a policy that has left the reference."""

    def make(generator):
        ref_chosen, ref_rejected = -12 + 3 * normal(generator, 2, B)
        moved, other = spread * normal(generator, 2, B)
        return {
            "chosen": ref_chosen + moved,
            "rejected": ref_rejected + other,
            "ref_chosen": ref_chosen,
            "ref_rejected": ref_rejected,
            "beta": beta,
        }

    return make


def far(generator):
    """One pair that the policy has wrong by hundreds of nats."""
    moved = torch.tensor([-300.0, 2.0, 1.0]) + normal(generator, 3)
    ref = -310 + normal(generator, 3)
    return {
        "chosen": ref + moved,
        "rejected": ref + normal(generator, 3),
        "ref_chosen": ref,
        "ref_rejected": ref + 1,
        "beta": 1.0,
    }


def probe(answer, inputs):
    return {"loss": answer(*(inputs[name] for name in EXERCISE.parameters))}


EXERCISE = Exercise(
    name="dpo-loss",
    title="Preferences without a reward model",
    answer="dpo_loss",
    parameters=("chosen", "rejected", "ref_chosen", "ref_rejected", "beta"),
    points=3,
    difficulty=2,
    minutes=8,
    cases={
        "one pair": pairs(1, 0.5),
        "eight pairs": pairs(8, 0.3),
        "a policy that has gone far": pairs(5, 1.0, spread=4.0),
        "a pair that is wrong by hundreds of nats": far,
    },
    probe=probe,
    gradients=("chosen", "rejected"),
    hints=(
        "The policy's own reward of an answer is beta (log pi - log pi_ref).",
        "d is the reward of the chosen answer less that of the rejected one.",
        "Bradley and Terry say that the chosen one is preferred with probability sigmoid(d).",
        "`-torch.nn.functional.logsigmoid(d).mean()`: no probability is rounded to 0 on the way.",
    ),
)
