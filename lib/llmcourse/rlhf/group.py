"""Policy gradients without a critic: the other answers to the same prompt say what was to be expected.

    r            (..., n)     rewards of n answers to one prompt
    log_prob     (..., n)     log pi of whole answers
    log_probs    (B, T)       log pi of their tokens; mask (B, T) is 1.0 on them

RLOO: Kool et al. 2019, "Buy 4 REINFORCE samples, get a baseline for free!"; Ahmadian et al. 2024, "Back to basics".
GRPO: Shao et al. 2024, "DeepSeekMath", eqs. 3 and 4.
"""

import torch
from torch import Tensor

from .answers import not_empty
from .enumeration import finite
from .penalty import k3
from .ppo import clipped_gain


def leave_one_out(r: Tensor) -> Tensor:
    """RLOO's advantages: each reward less the mean of the *others*, (..., n) to (..., n).

    A baseline may not depend on the answer it is subtracted from; then the gradient stays right on average.
    """
    _comparable(r)
    return r - (r.sum(-1, keepdim=True) - r) / (r.shape[-1] - 1)


def group_advantages(r: Tensor, scale: bool = True, eps: float = 1e-4) -> Tensor:
    """GRPO's advantages: (r - mean) / (std + eps) within each group, (..., n) to (..., n).

    std has n - 1 below the line. Dividing by it makes a group of near-equal answers as loud as one that differs, so
    the gradient is no longer that of the expected reward; `scale=False` leaves it out (Liu et al. 2025).
    """
    _comparable(r)
    centred = r - r.mean(-1, keepdim=True)
    return centred / (r.std(-1, keepdim=True) + eps) if scale else centred


def rloo_loss(log_prob: Tensor, r: Tensor) -> Tensor:
    """-mean A log pi(y), over prompts and answers: a number, whose gradient is a policy gradient.

    The KL is part of r here: r(y) - beta (log pi(y) - log pi_ref(y)), without a gradient.
    """
    return -(leave_one_out(r.detach()) * log_prob).mean()


def grpo_loss(
    log_probs: Tensor, old_log_probs: Tensor, ref_log_probs: Tensor, advantages: Tensor, mask: Tensor, beta: float,
    epsilon: float = 0.2,
) -> Tensor:  # fmt: skip
    """GRPO's loss, a number: PPO's clipped objective, and beta k3 at every token.

    advantages (B,), one for each answer. Tokens are averaged within an answer, then answers (eq. 3), so that a token of
    a long answer weighs less.
    """
    not_empty(mask)
    gain = clipped_gain(log_probs, old_log_probs, advantages[:, None], mask, epsilon)
    token_loss = beta * k3(torch.where(mask > 0, log_probs - ref_log_probs, 0.0)) - gain
    return (torch.where(mask > 0, token_loss, 0.0).sum(-1) / (mask > 0).sum(-1)).mean()


def _comparable(r: Tensor) -> None:
    if r.shape[-1] < 2:
        raise ValueError("There is one answer to each prompt, and no other to compare with. Draw two or more.")
    finite(r)
