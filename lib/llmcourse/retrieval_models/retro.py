"""RETRO in miniature: a GPT that, in some of its layers, reads the neighbours of what it has written.

    tokens      (B, L)          in U = L // m complete chunks of m
    neighbours  (B, U, k, 2 m)  of each chunk, with their continuations; PAD where there is none
    E           (B, U, N, d)    the neighbours, encoded: N = 2 k m tokens
    h           (B, L, d)       activations of the GPT

Borgeaud et al. 2022, sections 2.4 and 4.3, listing 1. A neighbour is encoded by a bidirectional model that attends to
the chunk whose neighbour it is, as the GPT sees it at the first layer that reads. Departs from the paper: the outputs
of all that is new begin at 0, so that a model begins as the GPT it was made of; positions come from the GPT's
convolutions, and from an embedding in the encoder.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..models.gpt import GPT, Block, ShortConvolution
from .chunks import PAD
from .cross_attention import chunked_cross_attention


def reading_layers(layers: int) -> tuple[int, ...]:
    """Every third layer, from 0, the last one among them; of a shallow model only the last."""
    return tuple(range((layers - 1) % 3, layers, 3))


class CrossAttention(nn.Module):
    """Multi-head attention of x (..., L, d) to what another sequence says; its output begins at 0."""

    def __init__(self, d: int, heads: int = 4):
        super().__init__()
        self.heads, self.norm = heads, nn.RMSNorm(d)
        self.q, self.kv = nn.Linear(d, d, bias=False), nn.Linear(d, 2 * d, bias=False)
        self.out = nn.Linear(d, d, bias=False)
        nn.init.zeros_(self.out.weight)

    def split(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values by head: (..., heads, L, d / heads)."""
        k, v = self.kv(context).chunk(2, -1)
        heads = lambda y: y.unflatten(-1, (self.heads, -1)).transpose(-3, -2)
        return heads(self.q(self.norm(x))), heads(k), heads(v)

    def merge(self, z: Tensor) -> Tensor:
        return self.out(z.transpose(-3, -2).flatten(-2))

    def forward(self, x: Tensor, context: Tensor, there: Tensor | None = None) -> Tensor:
        """x (R, L, d), context (R, N, d), there (R, N): what of the context exists, at least a token of each row."""
        mask = None if there is None else there[:, None, None]
        return self.merge(F.scaled_dot_product_attention(*self.split(x, context), attn_mask=mask))


class ChunkedCrossAttention(CrossAttention):
    """h (B, L, d) and encoded neighbours E (B, U, N, d), there (B, U, N) -> what is added to h."""

    def __init__(self, d: int, m: int, heads: int = 4):
        super().__init__(d, heads)
        self.m = m

    def forward(self, h: Tensor, E: Tensor, there: Tensor) -> Tensor:
        q, k, v = self.split(h, E)  # (B, H, L, c), and (B, U, H, N, c) twice
        k, v = k.transpose(1, 2), v.transpose(1, 2)  # (B, H, U, N, c)
        return self.merge(chunked_cross_attention(q, k, v, self.m, there[:, None]))


class NeighbourEncoder(nn.Module):
    """Neighbours to vectors, in both directions, with a look at the chunk whose neighbours they are."""

    def __init__(self, d: int, m: int, heads: int = 4):
        super().__init__()
        self.position = nn.Parameter(0.02 * torch.randn(2 * m, d))
        self.norm, self.convolution = nn.RMSNorm(d), ShortConvolution(d)
        self.own, self.chunk, self.seen = CrossAttention(d, heads), CrossAttention(d, heads), nn.RMSNorm(d)
        self.mlp = nn.Sequential(nn.RMSNorm(d), nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d))
        self.last = nn.RMSNorm(d)

    def forward(self, e: Tensor, h: Tensor, there: Tensor) -> Tensor:
        """Embedded neighbours e (R, 2 m, d), their chunks h (R, m, d), there (R, 2 m) -> (R, 2 m, d)."""
        e = e + self.position
        e = e + self.convolution(self.norm(e))[0]
        e = e + self.own(e, self.own.norm(e), there | ~there.any(-1, keepdim=True))
        e = e + self.chunk(e, self.seen(h))
        return self.last(e + self.mlp(e))


class Retro(nn.Module):
    """A GPT that reads neighbours: `logits, None = model(tokens, neighbours)`. Without any it is that GPT.

    layers  which blocks read, from 0; every third if nothing is said
    """

    def __init__(self, gpt: GPT, m: int, heads: int = 4, layers: tuple[int, ...] | None = None):
        super().__init__()
        d = gpt.embedding.embedding_dim
        layers = reading_layers(len(gpt.blocks)) if layers is None else layers
        self.gpt, self.m = gpt, m
        self.encoder = NeighbourEncoder(d, m, heads)
        self.readers = nn.ModuleDict({str(i): ChunkedCrossAttention(d, m, heads) for i in layers})

    def forward(self, tokens: Tensor, neighbours: Tensor | None = None) -> tuple[Tensor, None]:
        """Logits (B, L, V) of the next token. Raises ValueError for neighbours of other than the complete chunks."""
        h, E = self.gpt.embedding(tokens), None
        for i, block in enumerate(self.gpt.blocks):
            h = attended(block, h)
            if neighbours is not None and str(i) in self.readers:
                E = self.encoded(h, neighbours) if E is None else E
                h = h + self.readers[str(i)](h, E, (neighbours != PAD).flatten(2))
            h = h + block.mlp(h) if len(block.mlp) else h
        return self.gpt.head(self.gpt.norm(h)), None

    def encoded(self, h: Tensor, neighbours: Tensor) -> Tensor:
        """E (B, U, 2 k m, d): every neighbour by itself, each with its chunk of h."""
        B, U, k, width = neighbours.shape
        complete = h.shape[1] // self.m
        if (U, width) != (complete, 2 * self.m):
            raise ValueError(
                f"{h.shape[1]} tokens have {complete} complete chunks of {self.m}, so neighbours are "
                f"({B}, {complete}, k, {2 * self.m}); these are {tuple(neighbours.shape)}."
            )
        own = h[:, : U * self.m].unflatten(1, (U, 1, self.m)).expand(-1, -1, k, -1, -1)  # (B, U, k, m, d)
        rows = neighbours.flatten(0, 2)
        E = self.encoder(self.gpt.embedding(rows), own.flatten(0, 2), rows != PAD)
        return E.unflatten(0, (B, U, k)).flatten(2, 3)

    @property
    def new(self) -> list[nn.Parameter]:
        """What the GPT did not have."""
        return [*self.encoder.parameters(), *self.readers.parameters()]

    def fit(self) -> "Retro":
        """RETRO-fitting (section 4.3): the GPT stays as it is, and only what is new learns."""
        self.gpt.requires_grad_(False)
        return self


def attended(block: Block, h: Tensor) -> Tensor:
    """The first half of a block of the GPT: where tokens meet."""
    return h + block.mixer(block.convolution(block.norm(h))[0])[0]
