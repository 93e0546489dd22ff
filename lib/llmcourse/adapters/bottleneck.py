"""The bottleneck adapter: a small network with a residual connection, which starts as the identity.

    y + up(act(down(y)))      down (m, d_out), up (d_out, m)       after the layer (Houlsby et al. 2019, figure 2)
    y + up(act(down(x)))      down (m, d_in)                       parallel to it (He et al. 2021, "parallel adapter")

It does not amount to a change of a weight: it can't be merged, and it costs time at every token.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from .adapter import Adapter


class Bottleneck(Adapter):
    """m (d_in + d_out) weights, and biases."""

    def __init__(self, base: nn.Linear, m: int = 8, parallel: bool = True):
        super().__init__()
        self.parallel = parallel
        self.down = nn.Linear(base.in_features if parallel else base.out_features, m)
        self.up = nn.Linear(m, base.out_features)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor, y: Tensor, base: nn.Linear) -> Tensor:
        hidden = self.down((x if self.parallel else y).to(self.down.weight.dtype))  # (..., m)
        return self.up(F.gelu(hidden))
