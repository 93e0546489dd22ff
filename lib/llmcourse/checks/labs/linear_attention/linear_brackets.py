"""linear-brackets: Attention with the brackets moved."""

import torch

from llmcourse.checks import Exercise
from llmcourse.checks.probes import LONG, LargestTensor

from .cases import attention


def probe(answer, inputs):
    length = inputs["phi_q"].shape[-2]
    with LargestTensor() as largest:
        z = answer(inputs["phi_q"], inputs["phi_k"], inputs["v"])
    outputs = {"z": z}
    if length >= LONG:
        pairs = inputs["phi_q"].shape[:-1].numel() * length
        outputs["an L x L matrix is made"] = torch.tensor(largest.entries >= length * length)
        outputs["something is computed for every pair"] = torch.tensor(largest.made >= pairs)
    return outputs


EXERCISE = Exercise(
    name="linear-brackets",
    title="Attention with the brackets moved",
    answer="linear_attention",
    parameters=("phi_q", "phi_k", "v"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "a short sequence": attention(L=5, d_k=3, d_v=2),
        "as many value as key channels": attention(L=4, d_k=3, d_v=3),
        "batch and heads": attention(2, 2, L=4, d_k=2, d_v=3),
        "a long sequence, in linear memory": attention(L=48, d_k=2, d_v=1),
    },
    probe=probe,
    gradients=("phi_q", "phi_k", "v"),
    hints=(
        "Write the sum over j for one query, and pull `phi_q` out of it. What is left does not depend on i.",
        "Two sums over the keys remain: S, a matrix of shape (d_v, d_k), and u, a vector of length d_k.",
        "`S = v.mT @ phi_k`, and `u = phi_k.sum(-2)`. Every query reads both.",
        "The numerator is `phi_q @ S.mT`; the denominator is `phi_q @ u`, one number per query, kept as a column: "
        "`(phi_q @ u[..., None])`.",
    ),
)
