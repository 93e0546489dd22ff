"""What leaving the reference costs: the KL as a reward for every token, estimates of it, and a beta that follows it.

    log_probs, ref_log_probs  (B, T)  of the tokens of answers, under the policy that drew them and under the reference
    mask     (B, T)   1.0 on the answers' tokens
    score    (B,)     the reward model's verdict on whole answers
    u        (...)    log pi(y) - log pi_ref(y), for y drawn from pi

Stiennon et al. 2020, section 3.4: R(x, y) = r(x, y) - beta log(pi(y | x) / pi_ref(y | x)), which is a sum over tokens.
Ziegler et al. 2019, "Fine-tuning language models from human preferences", section 2.2, has the controller; Schulman
2020, "Approximating KL divergence" (joschu.net/blog/kl-approx.html), the estimators.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from .answers import is_last, not_empty
from .enumeration import finite


def token_rewards(score: Tensor, log_probs: Tensor, ref_log_probs: Tensor, mask: Tensor, beta: float) -> Tensor:
    """-beta (log pi - log pi_ref) at every token of the answer, and the score at its last: (B, T).

    Raises ValueError for an empty answer and for a score that is not finite.
    """
    not_empty(mask)
    finite(score)
    rewards = torch.where(mask > 0, -beta * (log_probs - ref_log_probs), 0.0)
    return rewards + score[..., None] * is_last(mask)


@dataclass
class AdaptiveBeta:
    """A beta that holds the KL near a target: it grows by at most 2 % a batch where the KL is too large.

    beta_{t+1} = beta_t (1 + K_beta clip(KL / target - 1, -0.2, 0.2)), K_beta = 0.1. Ziegler et al. 2019, eq. 3.
    """

    beta: float
    target: float
    rate: float = 0.1

    def __post_init__(self):
        if not self.beta > 0 or not self.target > 0:
            raise ValueError(f"beta ({self.beta}) and the target ({self.target}) have to be positive.")

    def update(self, KL: float) -> float:
        """The next beta, after a batch with this mean KL of an answer, in nats."""
        self.beta *= 1 + self.rate * min(max(KL / self.target - 1, -0.2), 0.2)
        return self.beta


# ------------------------------------------------------------------ estimators of KL(pi || pi_ref) from samples of pi


def k1(u: Tensor) -> Tensor:
    """log(pi / pi_ref): right on average, noisy, and negative for half of the samples."""
    return u


def k2(u: Tensor) -> Tensor:
    """u^2 / 2: biased, and never negative. Its gradient is right on average: E[u grad log pi] = grad KL."""
    return u.square() / 2


def k3(u: Tensor) -> Tensor:
    """exp(-u) - 1 + u: right on average, as E[exp(-u)] = 1, and never negative.

    The gradient of this value, GRPO's penalty, is another matter. With samples held fixed and u of whole answers,
    E[grad k3] = grad KL(pi_ref || pi), the KL the other way round. (With u of single tokens it is a sum over prefixes,
    which are drawn from pi: those KLs are turned round as well.)
    """
    return torch.expm1(-u) + u
