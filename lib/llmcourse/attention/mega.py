"""MEGA: attention of one head whose queries, keys and gates come from a moving average; and in chunks, MEGA-chunk.

    x        (..., L, d)   input, output
    m        (..., L, d)   the moving average of x: what carries order, and news from chunk to chunk
    z        (..., L, s)   shared representation; q and k are scales and offsets of it, as in a gated attention unit
    v        (..., L, e)   values, of x itself
    g        (..., L, e)   gate on what attention reads
    f        (..., L, d)   gate between the new and the old, as in a GRU

    z = silu(m W_z)   v = silu(x W_v)   o = softmax(q k^T / sqrt(s)) v   g = silu(m W_g)   f = sigmoid(m W_f)
    y = f * silu(m W_h + (g * o) U_h) + (1 - f) * x

Ma et al. 2022, "Mega", eqs. 5-14 and section 3.4. As in the authors' code, what follows reads m = silu(EMA(x) + w * x)
in place of the bare average. There is no position code at all; the authors' code adds a bias by distance.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .ema import DampedEMA
from .gau import chunks


def in_chunks(q: Tensor, k: Tensor, v: Tensor, C: int | None, causal: bool = True) -> Tensor:
    """Softmax attention inside chunks of C tokens, and none between them: (..., L, e). None: one chunk.

    The last chunk may be shorter. ValueError for C < 1.
    """
    L = q.shape[-2]
    if C is None or C >= L:
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    q, k, v = (chunks(x, C) for x in (q, k, v))  # (..., L / C, C, .)
    mask = None
    if not causal and L % C:  # nobody sees the padding; a causal mask hides it already
        mask = chunks(torch.ones(L, 1, dtype=torch.bool, device=q.device), C).mT
    return F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal).flatten(-3, -2)[..., :L, :]


class MegaAttention(nn.Module):
    """One layer of MEGA without its norm, causal.

    h        numbers in each channel's moving average; 0: no average, m is x (an ablation)
    s, e     widths of queries and keys, and of values
    chunk    tokens in a chunk; None: attention over all
    """

    def __init__(
        self, d: int, h: int = 16, s: int = 64, e: int | None = None, chunk: int | None = None, damped: bool = True
    ):  # fmt: skip
        super().__init__()
        if chunk is not None and chunk < 1:
            raise ValueError(f"A chunk has at least one token, not {chunk}.")
        self.s, self.e, self.d, self.chunk = s, e or 2 * d, d, chunk
        self.average = DampedEMA(d, h, damped) if h else None
        self.own = nn.Parameter(torch.randn(d))
        self.value = nn.Linear(d, self.e)
        self.mixed = nn.Linear(d, d + s + self.e + d)  # f, z, g, and what goes into the candidate
        self.scale = nn.Parameter(torch.ones(2, s) + 0.02 * torch.randn(2, s))  # the authors' code: without the 1
        self.offset = nn.Parameter(torch.zeros(2, s))
        self.candidate = nn.Linear(self.e, d)

    def forward(self, x: Tensor, normalised: Tensor | None = None) -> Tensor:
        """x (..., L, d), and what attention reads in its place if there is a norm before it -> (..., L, d)."""
        into = x if normalised is None else normalised
        v = F.silu(self.value(into))
        m = into if self.average is None else F.silu(self.average(into) + self.own * into)
        f, zg, candidate = self.mixed(m).split([self.d, self.s + self.e, self.d], dim=-1)
        z, g = F.silu(zg).split([self.s, self.e], dim=-1)
        q, k = (z.unsqueeze(-2) * self.scale + self.offset).unbind(-2)  # (..., L, s)
        o = in_chunks(q, k, v, self.chunk)
        y = F.silu(candidate + self.candidate(g * o))
        return torch.lerp(x, y, f.sigmoid())
