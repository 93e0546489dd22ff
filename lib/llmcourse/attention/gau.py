"""The gated attention unit, and FLASH: quadratic within chunks, linear between them.

    x        (..., L, d)    input, output
    u, v     (..., L, e)    gate and values
    z        (..., L, s)    one head's shared representation; queries and keys are scales and offsets of it
    q, k     (..., L, s)    queries and keys; FLASH has a second pair for the linear part
    A        (..., L, L)    weights, squared ReLU: not negative, and they do not sum to one
    C                       tokens in a chunk

    u = silu(x W_u)   v = silu(x W_v)   z = silu(x W_z)   o = (u * A v) W_o   A = relu^2(q k^T / n + b)

A gated linear unit is (u * v) W_o: attention joins it where u and v meet, so a unit does the work of attention and of
MLP together. (The deck calls it a variant of the GRU; it builds on the GLU.)

Hua et al. 2022, "Transformer Quality in Linear Time", sections 2.2 and 3.2, figures 2 and 4.

n is L in GAU, C in FLASH: with n = L the beginning of a text depends on how long the text is, even under a causal mask.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def squared_relu(
    q: Tensor, k: Tensor, v: Tensor, causal: bool = False, n: int | None = None, bias: Tensor | float = 0.0
) -> Tensor:
    """Attention with relu^2 for softmax: relu^2(q k^T / n + bias) v, (..., L, e). `n` is L unless given."""
    A = F.relu(q @ k.mT / (n or q.shape[-2]) + bias).square()  # (..., L, L)
    return (A.tril() if causal else A) @ v


def flash_pairs(q, k, q_lin, k_lin, v, C: int, causal: bool = False, bias: Tensor | float = 0.0) -> Tensor:
    """The definition of FLASH's two halves, with all pairs computed: O(L^2). Slow on purpose."""
    L = v.shape[-2]
    chunk = torch.arange(L, device=v.device) // C
    same, before = chunk[:, None] == chunk, chunk[:, None] > chunk
    near = q @ k.mT / C  # (..., L, L)
    if torch.is_tensor(bias):
        place = torch.arange(L, device=v.device) % C
        near = near + bias[place[:, None], place]
    near = F.relu(near).square() * (same.tril() if causal else same)
    far = q_lin @ k_lin.mT / (C if causal else L)
    return (near + (far * before if causal else far)) @ v


def flash(q, k, q_lin, k_lin, v, C: int, causal: bool = False, bias: Tensor | float = 0.0) -> Tensor:
    """The same in O(L C): q, k, q_lin, k_lin (..., L, s), v (..., L, e) -> (..., L, e).

    Causal: the linear half reads the chunks before its own. Not causal: it reads all chunks, its own as well. The last
    chunk may be shorter. bias: (C, C). ValueError for C < 1.
    """
    L = v.shape[-2]
    q, k, q_lin, k_lin, v = (chunks(x, C) for x in (q, k, q_lin, k_lin, v))  # (..., L / C, C, .)
    near = squared_relu(q, k, v, causal, C, bias)
    S = v.mT @ k_lin  # (..., L / C, e, s): what each chunk writes
    before = F.pad(S.cumsum(-3)[..., :-1, :, :], (0, 0, 0, 0, 1, 0))
    S = before / C if causal else S.sum(-3, keepdim=True) / L
    return (near + q_lin @ S.mT).flatten(-3, -2)[..., :L, :]


def chunks(x: Tensor, C: int) -> Tensor:
    """(..., L, d) -> (..., ceil(L / C), C, d), with zeros after the end."""
    if C < 1:
        raise ValueError(f"A chunk has at least one token, not {C}.")
    return F.pad(x, (0, 0, 0, -x.shape[-2] % C)).unflatten(-2, (-1, C))


class GAU(nn.Module):
    """A gated attention unit of width d, without norm and residual. With `chunk` it is FLASH, in time linear in L.

    e        width of gate and values, twice d in the paper
    s        width of the one head
    n        what scores are divided by; None: L, or the chunk
    """

    def __init__(
        self, d: int, e: int | None = None, s: int = 128, chunk: int | None = None, causal: bool = True,
        n: int | None = None,
    ):  # fmt: skip
        super().__init__()
        self.e, self.s, self.chunk, self.causal, self.n = e or 2 * d, s, chunk, causal, n
        pairs = 1 if chunk is None else 2
        self.into = nn.Linear(d, 2 * self.e + s)
        # The paper starts scales near 0, with std 0.02: then all weights are 0, and relu^2 has no gradient there.
        self.scale = nn.Parameter(torch.ones(2 * pairs, s) + 0.02 * torch.randn(2 * pairs, s))
        self.offset = nn.Parameter(torch.zeros(2 * pairs, s))
        self.out = nn.Linear(self.e, d)

    def forward(self, x: Tensor, state: None = None) -> tuple[Tensor, None]:
        """x (..., L, d) -> (..., L, d). A mixer that reads whole sequences: there is no state."""
        u, v, z = F.silu(self.into(x)).split([self.e, self.e, self.s], dim=-1)
        heads = (z.unsqueeze(-2) * self.scale + self.offset).unbind(-2)  # q, k or q, k, q_lin, k_lin: (..., L, s)
        o = squared_relu(*heads, v, self.causal, self.n) if self.chunk is None else self._flash(heads, v)
        return self.out(u * o), None

    def _flash(self, heads, v):
        return flash(*heads, v, self.chunk, self.causal)
