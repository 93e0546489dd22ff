"""WaveNet's stack of dilated causal convolutions: the receptive field doubles with every layer.

    x  (..., L, d)  input; convolutions run over L

van den Oord et al. 2016, "WaveNet", section 2.1 (dilation 1, 2, 4, ...), eq. 2 (gated units) and figure 4 (residual
and skip). A convolution of two taps with dilation s reads what `window(2, causal=True, dilation=s)` sees.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .patterns import Pattern, window


class DilatedCausalConvolution(nn.Module):
    """o_t = W_0 x_(t - s) + W_1 x_t + b with dilation s; before the first token there are zeros."""

    def __init__(self, d_in: int, d_out: int, dilation: int):
        super().__init__()
        if dilation < 1:
            raise ValueError(f"The dilation must be at least 1, not {dilation}.")
        self.dilation = dilation
        self.convolution = nn.Conv1d(d_in, d_out, kernel_size=2, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        past = F.pad(x, (0, 0, self.dilation, 0)).reshape(-1, x.shape[-2] + self.dilation, x.shape[-1])
        return self.convolution(past.mT).mT.reshape(*x.shape[:-1], -1)  # (..., L, d_out)


class WaveNet(nn.Module):
    """`layers` gated convolutions with dilations 1, 2, 4, ...: o_t depends on the last 2^layers inputs."""

    def __init__(self, d: int, layers: int):
        super().__init__()
        self.gates = nn.ModuleList(DilatedCausalConvolution(d, 2 * d, 2**n) for n in range(layers))
        self.out = nn.ModuleList(nn.Linear(d, 2 * d) for _ in range(layers))

    def forward(self, x: Tensor) -> Tensor:
        """The sum of what the layers skip, (..., L, d)."""
        skipped = torch.zeros_like(x)
        for gates, out in zip(self.gates, self.out):
            filtered, gate = gates(x).chunk(2, dim=-1)
            residual, skip = out(filtered.tanh() * gate.sigmoid()).chunk(2, dim=-1)
            x, skipped = x + residual, skipped + skip
        return skipped

    def patterns(self) -> list[Pattern]:
        """What each layer sees, as attention."""
        return [window(2, causal=True, dilation=layer.dilation) for layer in self.gates]
