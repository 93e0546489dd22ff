"""The EM view of a model that teaches itself, exact for outputs that can be enumerated.

    x        a question; here one row                y        an answer, one of Y
    log_p    (..., Y)   log p_theta(y | x)           r        (..., Y)   p(O = 1 | x, y), f(reward), in [0, 1]
    q        (..., Y)   any distribution over y      q_star   (..., Y)   p(O = 1 | x, y) p_theta(y | x), not normalised
    Z        (...)      p(O = 1 | x), the sum of q_star

    log Z  =  L(p, q) + KL(q || q_star / Z),    L(p, q) = E_q[log r] - KL(q || p) = -"KL"(q || q_star)

The last "KL" is in quotation marks: q_star does not sum to one, so it may be negative, and at its minimum it is -log Z
instead of 0. Singh et al. 2024, section 3; Neal and Hinton 1998 for both steps as ascent on one function.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def log_evidence(log_p: Tensor, r: Tensor) -> Tensor:
    """log p(O = 1 | x), (...): the definition, by the sum over all y."""
    return (log_p.exp() * r).sum(-1).log()


def divergence(q: Tensor, log_target: Tensor) -> Tensor:
    """sum_y q log(q / target), (...), where 0 log 0 = 0: KL(q || target) when the target sums to one."""
    inside = torch.where(q > 0, q.log() - log_target, 0.0)  # q log q has no slope at 0, so it is not evaluated there
    return (q * inside).sum(-1)


def elbo(log_p: Tensor, r: Tensor, q: Tensor) -> Tensor:
    """L(p, q) = E_q[log r] - KL(q || p), (...). Minus infinity where q allows what r excludes."""
    return torch.where(q > 0, q * r.log(), 0.0).sum(-1) - divergence(q, log_p)


def e_step(log_p: Tensor, r: Tensor) -> Tensor:
    """The q (..., Y) with the largest L: q_star divided by its sum. Raises ValueError where nothing has a reward."""
    q_star = log_p.exp() * r
    Z = q_star.sum(-1, keepdim=True)
    if (Z == 0).any():
        raise ValueError(
            "For some question, no answer with a reward has any probability, so there is nothing to reweight. "
            "Leave the question out, or make r small there instead of zero."
        )
    return q_star / Z


def gap(log_p: Tensor, r: Tensor, q: Tensor) -> Tensor:
    """log Z - L(p, q) = KL(q || q_star / Z), (...), computed as the KL."""
    return divergence(q, log_p + r.log() - log_evidence(log_p, r)[..., None])


def weighted_nll(log_p: Tensor, q: Tensor) -> Tensor:
    """What the M-step minimises: the mean over x of -sum_y q(y | x) log p_theta(y | x)."""
    return -torch.where(q > 0, q * log_p, 0.0).sum(-1).mean()


def sample_weights(r: Tensor) -> Tensor:
    """The E-step on N samples of each question, y ~ p_theta: r (..., N) to weights that sum to one in each question.

    p_theta does not appear again: it is already in how often each y was drawn. Zeros where no sample has a reward.
    """
    return r / r.sum(-1, keepdim=True).clamp(min=torch.finfo(r.dtype).tiny)


def threshold(tau: float) -> Callable[[Tensor], Tensor]:
    """f for "good enough": 1 for rewards above tau, else 0."""
    return lambda reward: (reward > tau).to(reward.dtype)


def ascend(
    log_p: Callable[[], Tensor], parameters: list[Tensor], r: Tensor, rounds: int, m_steps: int, lr: float,
    by_question: bool = True,
) -> list[dict]:  # fmt: skip
    """EM for a model with parameters: an exact E-step, then gradient steps on the weighted likelihood.

    log_p        computes (X, Y) from the parameters, which are changed in place
    by_question  q is normalised for each question: L is a bound on mean_x log Z(x). False: by one number for all, as
                 in J(theta) of Algorithm 1: a bound on log mean_x Z(x), the logarithm of the mean reward

    Returns a row for each half step: {"step", "bound", "evidence"}.
    """
    optimizer, path = torch.optim.Adam(parameters, lr=lr), []

    def note(step: str, q: Tensor) -> None:
        now = log_p().detach()
        path.append({"step": step, "bound": _bound(now, r, q, by_question), "evidence": _evidence(now, r, by_question)})

    for _ in range(rounds):
        q = _posterior(log_p().detach(), r, by_question)
        note("E", q)
        for _ in range(m_steps):
            optimizer.zero_grad()
            weighted_nll(log_p(), q).backward()
            optimizer.step()
        note("M", q)
    return path


def _posterior(log_p: Tensor, r: Tensor, by_question: bool) -> Tensor:
    q_star = log_p.exp() * r
    return q_star / q_star.sum(-1, keepdim=True) if by_question else q_star / q_star.sum() * len(q_star)


def _evidence(log_p: Tensor, r: Tensor, by_question: bool) -> float:
    return (log_evidence(log_p, r).mean() if by_question else (log_p.exp() * r).sum(-1).mean().log()).item()


def _bound(log_p: Tensor, r: Tensor, q: Tensor, by_question: bool) -> float:
    """Mean over questions of sum_y q log(q_star / q). With one normaliser for all, q sums to one over x and y together
    (times X), and the bound is one on the mean reward."""
    return elbo(log_p, r, q).mean().item()
