"""HiPPO in a recurrent network: a cell that passes a summary of its own past to its next step.

    x  (B, L, d_in)   inputs              h  (B, d)   hidden state, gated as in a minimal GRU
    f  (B, 1)         what is remembered: one number read from h
    c  (B, N)         LegS coefficients of every f so far

    h_t = (1 - g) h_{t-1} + g tanh(W [x_t, h_{t-1}, c_{t-1}]),   f_t = w h_t,   c_t = A_t c_{t-1} + B_t f_t

Gu et al. 2020 (HiPPO), sec. 2.5 and appendix E.3: only the gated cell is trained; A_t and B_t never are.
"""

import torch
from torch import Tensor, nn

from .hippo import legs

State = tuple[Tensor, Tensor, int]


class HippoRNN(nn.Module):
    """The network of the formulas above. The matrices of `longest` steps are computed in advance, in float64."""

    def __init__(self, d_in: int, d: int = 64, N: int = 32, longest: int = 2000):
        super().__init__()
        self.d, self.N = d, N
        A, B = legs(N)
        k = torch.arange(1, longest + 1, dtype=torch.float64)[:, None, None]
        identity = torch.eye(N, dtype=torch.float64)
        step = torch.linalg.solve(identity + A / (2 * k), torch.cat([identity - A / (2 * k), B[:, None] / k], dim=2))
        self.register_buffer("A", step[..., :N].float(), persistent=False)  # (longest, N, N)
        self.register_buffer("B", step[..., N].float(), persistent=False)  # (longest, N)
        self.cell = nn.Linear(d_in + d + N, 2 * d)
        self.write = nn.Linear(d, 1)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """x (B, L, d_in) after `state` -> all hidden states (B, L, d), and the state after the last step.

        Raises ValueError when this takes the network past `longest` steps.
        """
        h, c, k = state or (x.new_zeros(len(x), self.d), x.new_zeros(len(x), self.N), 0)
        if k + x.shape[1] > len(self.A):
            raise ValueError(
                f"This network has matrices for {len(self.A)} steps, but {k + x.shape[1]} are needed. "
                f"Create it with longest={k + x.shape[1]}."
            )
        out = []
        for x_t, A_t, B_t in zip(x.unbind(1), self.A[k:], self.B[k:]):
            new, gate = self.cell(torch.cat([x_t, h, c], dim=1)).chunk(2, dim=1)
            h = h + gate.sigmoid() * (new.tanh() - h)
            c = c @ A_t.mT + self.write(h) * B_t
            out.append(h)
        return torch.stack(out, dim=1) if out else x.new_zeros(len(x), 0, self.d), (h, c, k + x.shape[1])
