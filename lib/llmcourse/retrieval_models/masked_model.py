"""The reader of REALM in miniature: a bidirectional model that reads a text with gaps together with a document.

    x  (B, L)       text with gaps            z  (B, K, M)     documents, padded with PAD
    log_py (B, K)   log p(y | z, x): the sum over the gaps, which are filled independently of each other

Guu et al. 2020, eq. 2; Devlin et al. 2019. Departs from BERT: pre-norm blocks, small sizes.
"""

import torch
from torch import Tensor, nn

from ..models.tuning import IGNORED

PAD = 0


class MaskedReader(nn.Module):
    """log p(y | z, x) for each of K documents. Every pair of text and document is a row of its own."""

    def __init__(self, vocabulary: int, d: int, layers: int = 2, heads: int = 4, longest: int = 256):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, d, padding_idx=PAD)
        self.position = nn.Embedding(longest, d)
        self.side = nn.Embedding(2, d)  # text or document
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(d, heads, 4 * d, dropout=0.0, batch_first=True, norm_first=True)
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(d)
        self.head = nn.Linear(d, vocabulary)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        """Logits (B, K, L, V) of the text's tokens, after reading each document. An empty document is all PAD."""
        (B, L), (_, K, M) = x.shape, z.shape
        tokens = torch.cat([x[:, None].expand(B, K, L), z], dim=-1).flatten(0, 1)  # (B K, L + M)
        side = torch.arange(L + M, device=x.device) >= L
        h = self.embedding(tokens) + self.position(torch.arange(L + M, device=x.device)) + self.side(side.long())
        for block in self.blocks:
            h = block(h, src_key_padding_mask=tokens == PAD)
        return self.head(self.norm(h[:, :L])).unflatten(0, (B, K))

    def log_likelihood(self, x: Tensor, z: Tensor, targets: Tensor) -> Tensor:
        """log p(y | z, x), (B, K): of the targets (B, L) that are not IGNORED."""
        log_p = self(x, z).log_softmax(-1)  # (B, K, L, V)
        gap = targets != IGNORED
        y = targets.masked_fill(~gap, 0)[:, None, :, None].expand(-1, z.shape[1], -1, 1)
        return (log_p.gather(-1, y)[..., 0] * gap[:, None]).sum(-1)
