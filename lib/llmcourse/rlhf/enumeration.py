"""A world so small that the best policy is known: every text of L letters, and the exact optimum over all of them.

    A, L         letters of the alphabet, letters of a text; there are A^L texts, in lexicographic order
    log_pi       (A^L,)  log-probability of each text under a policy; log_ref under the reference policy
    r            (A^L,)  reward of each text
    beta         what a nat of KL costs
    J(pi)        E_pi[r] - beta KL(pi || pi_ref), what all methods of this module maximise

pi*(y) = pi_ref(y) exp(r(y) / beta) / Z maximises J, and J(pi*) - J(pi) = beta KL(pi || pi*): Ziebart 2010; Rafailov et
al. 2023, "Direct preference optimization", appendix A.1. With a billion texts Z is out of reach; with 625 it is a sum.
"""

import torch
from torch import Generator, Tensor, nn


def all_texts(A: int, L: int) -> Tensor:
    """Every text, (A^L, L), in lexicographic order."""
    if A**L > 100_000:
        raise ValueError(f"There are {A}^{L} = {A**L:,} texts, too many to list. Take fewer letters or shorter texts.")
    return torch.cartesian_prod(*[torch.arange(A)] * L).view(-1, L)


class TablePolicy(nn.Module):
    """A policy that can be any distribution over texts: a row of logits for each prefix.

    logits  ((A^L - 1) / (A - 1), A)  for the empty prefix, those of one letter, of two, ...
    texts, prefixes  (A^L, L)  letters of every text, and the row that each letter is drawn from
    """

    def __init__(self, A: int, L: int, logits: Tensor | None = None):
        super().__init__()
        self.A, self.L = A, L
        self.register_buffer("texts", all_texts(A, L))
        before = torch.zeros(len(self.texts), dtype=torch.long)
        rows, first = [], 0
        for t in range(L):
            rows.append(first + before)
            before, first = A * before + self.texts[:, t], first + A**t
        self.register_buffer("prefixes", torch.stack(rows, dim=1))
        self.logits = nn.Parameter(torch.zeros(first, A) if logits is None else logits.detach().clone())
        if self.logits.shape != (first, A):
            raise ValueError(
                f"The logits have shape {tuple(self.logits.shape)}; {(first, A)} is one row for each prefix."
            )

    def token_log_probs(self) -> Tensor:
        """log pi of every letter of every text given the letters before it, (A^L, L)."""
        return self.logits.log_softmax(-1)[self.prefixes, self.texts]

    def log_probs(self) -> Tensor:
        """log pi of every text, (A^L,)."""
        return self.token_log_probs().sum(-1)

    @torch.no_grad()
    def sample(self, n: int, generator: Generator) -> Tensor:
        """Indices of n texts, drawn from the policy, (n,)."""
        return torch.multinomial(self.log_probs().exp(), n, replacement=True, generator=generator)


# ------------------------------------------------------------------ what is exact


def optimum(log_ref: Tensor, r: Tensor, beta: float) -> Tensor:
    """log pi*, the policy that maximises J: (..., texts) to (..., texts).

    Raises ValueError where beta is not positive, or a reward not finite.
    """
    if not beta > 0:
        raise ValueError(f"beta is {beta}: the optimum needs a positive one. At 0 it would be the best text alone.")
    finite(r)
    return (log_ref + r / beta).log_softmax(-1)  # log_softmax subtracts log Z


def kl(log_p: Tensor, log_q: Tensor) -> Tensor:
    """KL(p || q) = sum p (log p - log q), (..., texts) to (...). 0 log 0 counts as 0."""
    terms = log_p.exp() * (log_p - log_q)
    return terms.masked_fill(log_p == -torch.inf, 0.0).sum(-1)


def objective(log_pi: Tensor, log_ref: Tensor, r: Tensor, beta: float) -> Tensor:
    """J(pi), the expected reward less beta times the KL to the reference: (..., texts) to (...)."""
    return (log_pi.exp() * r).sum(-1) - beta * kl(log_pi, log_ref)


def finite(r: Tensor) -> None:
    """Raises ValueError unless every reward is a finite number."""
    if not r.isfinite().all():
        raise ValueError(
            f"{int((~r.isfinite()).sum())} of {r.numel()} rewards are infinite or not a number, and one is enough to "
            "spoil every weight. Look at what the reward model was given."
        )
