"""Proximal policy optimisation for answers: advantages of tokens, and losses that do not follow them too far.

    rewards, values  (B, T)  of the tokens of answers; values are the critic's, before the token is written
    mask             (B, T)  1.0 on the answers' tokens
    advantages A     (B, T)  how much better a token was than the critic expected
    returns          (B, T)  A + values: what the critic should have said
    log_probs, old_log_probs  (B, T)  under the policy that is trained, and under the one that drew
    epsilon                  how far the ratio of the two may go

Schulman et al. 2016, "High-dimensional continuous control using generalized advantage estimation", eqs. 11-16; Schulman
et al. 2017, "Proximal policy optimization algorithms", eq. 7. An answer is one episode: after its last token nothing
follows, and the value there is 0, even where the length limit cut it. gamma is 1, as in RLHF: no token is worth less
for coming late.
"""

import torch
from torch import Tensor

from .answers import not_empty


def gae(rewards: Tensor, values: Tensor, mask: Tensor, lam: float = 0.95, gamma: float = 1.0) -> tuple[Tensor, Tensor]:
    """Generalised advantages and returns, (B, T) each, 0 outside of the answers.

    delta_t = r_t + gamma V_{t+1} - V_t, and A_t = delta_t + gamma lam A_{t+1}; V and A after the end are 0.
    """
    zero = torch.zeros_like(rewards[..., 0])
    after_A, after_V, found = zero, zero, []
    for r, V, m in zip(*(x.unbind(-1)[::-1] for x in (rewards, values, mask))):
        A = torch.where(m > 0, r + gamma * after_V - V + gamma * lam * after_A, 0.0)
        after_A, after_V = A, torch.where(m > 0, V, 0.0)
        found.append(A)
    advantages = torch.stack(found[::-1], dim=-1)
    return advantages, torch.where(mask > 0, advantages + values, 0.0)


def masked_mean(x: Tensor, mask: Tensor) -> Tensor:
    """The mean over the tokens that the mask marks, a number. Raises ValueError for an empty answer."""
    not_empty(mask)
    return torch.where(mask > 0, x, 0.0).sum() / (mask > 0).sum()


def whiten(advantages: Tensor, mask: Tensor, eps: float = 1e-8) -> Tensor:
    """Advantages of mean 0 and standard deviation 1 over all answers' tokens, (B, T); 0 outside of them."""
    mean = masked_mean(advantages, mask)
    spread = masked_mean((advantages - mean).square(), mask).sqrt()
    return torch.where(mask > 0, (advantages - mean) / (spread + eps), 0.0)


def clipped_gain(log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, mask: Tensor, epsilon: float) -> Tensor:
    """min(rho A, clip(rho, 1 - epsilon, 1 + epsilon) A) of every token, rho = pi / pi_old: (B, T).

    The minimum is pessimistic: it takes gains away that lie outside of the clip, and no losses.
    """
    ratio = torch.where(mask > 0, log_probs - old_log_probs, 0.0).exp()
    return torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)


def policy_loss(
    log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, mask: Tensor, epsilon: float = 0.2
) -> Tensor:
    """PPO's: minus the mean of the clipped gain over all answers' tokens, a number."""
    return -masked_mean(clipped_gain(log_probs, old_log_probs, advantages, mask, epsilon), mask)


def value_loss(values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, epsilon: float = 0.2) -> Tensor:
    """mean max((V - R)^2, (clip(V) - R)^2) / 2, where clip keeps V within epsilon of what it was: a number.

    Not in the paper, but in its authors' code (openai/baselines, ppo2) and in most that followed.
    """
    near = old_values + (values - old_values).clamp(-epsilon, epsilon)
    return masked_mean(torch.maximum((values - returns).square(), (near - returns).square()), mask) / 2


def clipped_share(
    log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, mask: Tensor, epsilon: float = 0.2
) -> float:
    """The share of tokens whose gradient the clip has taken away."""
    ratio = (log_probs - old_log_probs).exp()
    idle = torch.where(advantages > 0, ratio > 1 + epsilon, ratio < 1 - epsilon)
    return masked_mean(idle.float(), mask).item()


def ppo_ptx(ppo_loss: Tensor, pretraining_loss: Tensor, gamma: float = 27.8) -> Tensor:
    """PPO-ptx: the loss with gamma times the language model's own, on texts of pretraining. A number.

    Ouyang et al. 2022, eq. 2, with their gamma. It keeps what alignment would otherwise make the model forget.
    """
    return ppo_loss + gamma * pretraining_loss
