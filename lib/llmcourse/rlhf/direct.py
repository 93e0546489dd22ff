"""Direct preference optimisation: the policy is its own reward model, so preferences train it without any rollout.

    chosen, rejected          (B,)  log pi(y | x) of the answers that were preferred and that were not
    ref_chosen, ref_rejected  (B,)  the same under the reference
    h = beta log(pi / pi_ref)       the implicit reward, up to a term that depends on the prompt alone

pi* = pi_ref exp(r / beta) / Z gives r = beta log(pi* / pi_ref) + beta log Z. In Bradley-Terry, Z cancels: it is the
same for both answers to one prompt. Rafailov et al. 2023, "Direct preference optimization", eq. 7.
"""

import torch.nn.functional as F
from torch import Tensor

from .enumeration import finite


def implicit_reward(log_prob: Tensor, ref_log_prob: Tensor, beta: float) -> Tensor:
    """beta log(pi / pi_ref) of whole answers, (...) to (...): the reward whose optimum is pi, DPO's whole idea.

    Of all those rewards it is the one for which the mean of exp(r / beta) under pi_ref is 1.
    """
    return beta * (log_prob - ref_log_prob)


def dpo_loss(
    chosen: Tensor, rejected: Tensor, ref_chosen: Tensor, ref_rejected: Tensor, beta: float, mu: Tensor | float = 1.0
) -> Tensor:
    """The mean of -mu log sigmoid(d) - (1 - mu) log sigmoid(-d), d the difference of implicit rewards: a number.

    mu  (B,) or a number: how much of the preference goes to `chosen`. 1: all of it, as in the paper; a probability,
        where many people were asked
    Raises ValueError for log-probabilities that are not finite, and where beta is not positive.
    """
    if not beta > 0:
        raise ValueError(f"beta is {beta}: DPO needs a positive one, for it divides the reward by it.")
    for log_prob in (chosen, rejected, ref_chosen, ref_rejected):
        finite(log_prob)
    d = implicit_reward(chosen, ref_chosen, beta) - implicit_reward(rejected, ref_rejected, beta)
    return -(mu * F.logsigmoid(d) + (1 - mu) * F.logsigmoid(-d)).mean()
