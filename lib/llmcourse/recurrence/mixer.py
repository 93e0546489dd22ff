"""Linear attention as a mixer for `models.GPT`.

x     (B, L, d)        q, k, v  (B, H, L, d / H)
"""

from collections.abc import Callable

from torch import Tensor, nn

from . import engine, zoo
from .feature_maps import elu_plus_one


class LinearAttention(nn.Module):
    """Causal multi-head linear attention with state in and out. Without the normaliser, the output is normalised
    instead, head by head, or it would grow with the length (Sun et al. 2023)."""

    def __init__(self, d: int, heads: int = 4, phi: Callable[[Tensor], Tensor] = elu_plus_one, normalise: bool = True):
        super().__init__()
        self.heads, self.phi, self.normalise = heads, phi, normalise
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.out = nn.Linear(d, d, bias=False)
        self.norm = nn.Identity() if normalise else nn.RMSNorm(d // heads)

    def forward(self, x: Tensor, state: engine.State | None = None) -> tuple[Tensor, engine.State]:
        """x (B, L, d) -> (B, L, d), and the state after the last token."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = self.phi(q), self.phi(k)
        r = engine.normalised(q, k, v, eps=zoo.EPS) if self.normalise else engine.Recurrence(q, k, v)
        form = engine.step if x.shape[1] == 1 else engine.chunkwise
        z, state = form(r, state)
        return self.out(self.norm(z).transpose(1, 2).flatten(-2)), state
