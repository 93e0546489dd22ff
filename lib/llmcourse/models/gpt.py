"""A small GPT whose mixer is an argument: `GPT(vocabulary, d, layers, mixer=SoftmaxAttention)`.

    tokens  (B, L)           x       (B, L, d)
    logits  (B, L, V)        state   one (last inputs, state of the mixer) per block

A mixer is a module `mixer(d)` with `forward(x, state=None) -> (y, state)`, x and y (B, L, d): the only place where
tokens meet. Everything else is the same for all, so that a comparison of two models compares their mixers.

Order comes from a causal convolution of width 4 before each mixer, and from the causal mask; there is no position code,
which would tie the model to the lengths it was trained on.

Radford et al. 2019 (pre-norm blocks); Zhang and Sennrich 2019 (RMSNorm). Departs from GPT-2: the convolution in place
of position embeddings, no biases in the mixers.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

WIDTH = 4  # of the convolution


class ShortConvolution(nn.Module):
    """Causal depthwise convolution: each channel sees its own last WIDTH values."""

    def __init__(self, d: int):
        super().__init__()
        # Initialised as in nn.Conv1d. From the identity, a model takes three times the steps to find its neighbours.
        self.weight = nn.Parameter(torch.empty(d, WIDTH).uniform_(-(WIDTH**-0.5), WIDTH**-0.5))

    def forward(self, x: Tensor, last: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """x (B, L, d) after the inputs `last` (B, WIDTH - 1, d) -> (B, L, d), and the last inputs now."""
        last = x.new_zeros(x.shape[0], WIDTH - 1, x.shape[-1]) if last is None else last
        padded = torch.cat([last, x], dim=1)  # (B, WIDTH - 1 + L, d)
        # Shifted products are several times faster on a CPU than conv1d with one channel per group.
        y = sum(padded[:, i : i + x.shape[1]] * self.weight[:, i] for i in range(WIDTH))
        return y, padded[:, -(WIDTH - 1) :]


class Block(nn.Module):
    """x + mixer(convolution(norm(x))), then x + MLP(norm(x)), whose hidden layer is `mlp` times as wide (0: none)."""

    def __init__(self, d: int, mixer: Callable[[int], nn.Module], mlp: int = 4):
        super().__init__()
        self.norm = nn.RMSNorm(d)
        self.convolution = ShortConvolution(d)
        self.mixer = mixer(d)
        wide = mlp * d
        layers = (nn.RMSNorm(d), nn.Linear(d, wide), nn.GELU(), nn.Linear(wide, d)) if mlp else ()
        self.mlp = nn.Sequential(*layers)

    def forward(self, x: Tensor, state=None):
        last, memory = state or (None, None)
        y, last = self.convolution(self.norm(x), last)
        y, memory = self.mixer(y, memory)
        x = x + y
        return x + self.mlp(x) if len(self.mlp) else x, (last, memory)


class LanguageModel(nn.Module):
    """A model `logits, state = model(tokens, state)`, and what can be done with any such model."""

    @torch.no_grad()
    def generate(self, tokens: Tensor, length: int, generator: Generator, temperature: float = 1.0) -> Tensor:
        """`length` tokens after a prompt (B, L), one at a time -> (B, length). The prompt is read once."""
        if not tokens.shape[1]:
            raise ValueError("The prompt is empty, but a model only continues texts. Give it at least one character.")
        logits, state = self(tokens)
        out = []
        for _ in range(length):
            weights = F.softmax(logits[:, -1].float() / max(temperature, 1e-4), dim=-1).cpu()
            out.append(torch.multinomial(weights, 1, generator=generator).to(tokens.device))
            logits, state = self(out[-1], state)
        return torch.cat(out, dim=1)

    @property
    def parameters_count(self) -> int:
        return sum(p.numel() for p in self.parameters())


class GPT(LanguageModel):
    """Tokens in, logits out; given a state, from the middle of a text."""

    def __init__(self, vocabulary: int, d: int, layers: int, mixer: Callable[[int], nn.Module], mlp: int = 4):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, d)
        self.blocks = nn.ModuleList(Block(d, mixer, mlp) for _ in range(layers))
        self.norm = nn.RMSNorm(d)
        self.head = nn.Linear(d, vocabulary, bias=False)
        nn.init.normal_(self.embedding.weight, std=0.02)

    def forward(self, tokens: Tensor, state: list | None = None) -> tuple[Tensor, list]:
        """tokens (B, L) after `state` -> logits (B, L, V) of the next token, and the state after them."""
        x, after = self.embedding(tokens), []
        for block, memory in zip(self.blocks, state or [None] * len(self.blocks)):
            x, memory = block(x, memory)
            after.append(memory)
        return self.head(self.norm(x)), after
