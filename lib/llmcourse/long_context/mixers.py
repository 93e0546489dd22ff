"""The mixers of part II at equal size, for `models.GPT`, and what each keeps of the past.

    x      (B, L, d)           inputs, outputs
    k, v   (B, H, L, d / H)    keys, values
    w      tokens that a window sees, the present one included

Softmax attention keeps every key and value; the others keep as much after a thousand lines as after ten. Mamba is here
as Mamba-2: a Mamba block of this size learned nothing of the lines in 400 steps, in two trials (rates 3e-3 and 1e-2,
with different starts); no search was made for it.
"""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmcourse.models import SoftmaxAttention
from llmcourse.recurrence import LinearAttention, Mixer, zoo

WINDOW, HEADS = 32, 2


class WindowAttention(SoftmaxAttention):
    """Softmax attention to the last `w` tokens; its state is their keys and values (Beltagy et al. 2020, sec. 3.1)."""

    def __init__(self, d: int, heads: int = HEADS, w: int = WINDOW):
        super().__init__(d, heads)
        self.w = w

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor] | None = None):
        """x (B, L, d) after `state` -> (B, L, d), and the last w - 1 keys and values."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)  # (B, H, L, d / H)
        if state:
            k, v = (torch.cat(both, -2) for both in zip(state, (k, v)))
        L, past = q.shape[-2], k.shape[-2] - q.shape[-2]
        back = torch.arange(past, past + L, device=x.device)[:, None] - torch.arange(past + L, device=x.device)
        z = F.scaled_dot_product_attention(q, k, v, attn_mask=(back >= 0) & (back < self.w))
        kept = max(k.shape[-2] - self.w + 1, 0)
        return self.out(z.transpose(1, 2).flatten(-2)), (k[..., kept:, :], v[..., kept:, :])


MIXERS: dict[str, Callable[[int], nn.Module]] = {
    "softmax": partial(SoftmaxAttention, heads=HEADS),
    "window": WindowAttention,
    "linear": partial(LinearAttention, heads=HEADS),
    "DeltaNet": partial(Mixer, row=zoo.deltanet, heads=HEADS),
    "GLA": partial(Mixer, row=zoo.gla, heads=HEADS),
    "Mamba-2": partial(Mixer, row=zoo.mamba2, heads=HEADS),
}
