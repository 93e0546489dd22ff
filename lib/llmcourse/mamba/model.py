"""Language models made of Mamba blocks: memory is constant, however long the context.

    tokens  (B, L)        logits  (B, L, V)        state  one (last inputs, state of the scan) per layer

MambaLM    norm, Mamba block, residual, repeated: no attention, MLP or position encoding (Gu and Dao 2024, sec. 3.4)
MoE-Mamba  a layer of experts after every Mamba layer; each token uses one expert (Pióro et al. 2024, sec. 3; the router
           and its loss are those of Fedus et al. 2022, "Switch transformers", eqs. 2 and 4)
"""

from collections.abc import Callable, Mapping
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmcourse.models import LanguageModel

from .block import MambaBlock


class Layer(nn.Module):
    """x + block(norm(x)), then x + rest(norm(x)) if there is a rest."""

    def __init__(self, d: int, block: Callable[[int], nn.Module], rest: Callable[[int], nn.Module] | None):
        super().__init__()
        self.norm, self.mixer = nn.RMSNorm(d, eps=1e-5), block(d)
        self.rest = nn.Sequential(nn.RMSNorm(d, eps=1e-5), rest(d)) if rest else None

    def forward(self, x: Tensor, state, mask: Tensor | None) -> tuple[Tensor, tuple]:
        y, state = self.mixer.run(self.norm(x), state, mask)
        x = x + y
        return (x if self.rest is None else x + self.rest(x)), state


class MambaLM(LanguageModel):
    """Tokens in, logits out; given a state, it continues from the middle of a text.

    block  a function from a width to a Mamba or Mamba-2 block
    rest   a function from a width to what follows each block (default: nothing; `SwitchMLP` makes it MoE-Mamba)
    tied   the head shares the embedding's weights, as in the published models
    """

    def __init__(
        self,
        vocabulary: int,
        d: int,
        layers: int,
        block: Callable[[int], nn.Module] = MambaBlock,
        rest: Callable[[int], nn.Module] | None = None,
        tied: bool = False,
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, d)
        self.layers = nn.ModuleList(Layer(d, block, rest) for _ in range(layers))
        self.norm = nn.RMSNorm(d, eps=1e-5)
        self.head = nn.Linear(d, vocabulary, bias=False)
        nn.init.normal_(self.embedding.weight, std=0.02)
        if tied:
            self.head.weight = self.embedding.weight

    def forward(self, tokens: Tensor, state: list | None = None, mask: Tensor | None = None) -> tuple[Tensor, list]:
        """tokens (B, L) after `state` -> logits (B, L, V), and the state; `mask` (B, L) is 0 at leading padding."""
        x, after = self.embedding(tokens), []
        for layer, memory in zip(self.layers, state or [None] * len(self.layers)):
            x, memory = layer(x, memory, mask)
            after.append(memory)
        return self.head(self.norm(x)), after


def load_transformers(model: MambaLM, weights: Mapping[str, Tensor]) -> MambaLM:
    """Fill `model` with the weights of transformers' MambaForCausalLM or Mamba2ForCausalLM of the same sizes.

    Raises RuntimeError when weights are missing, unexpected, or of another shape; the message names them.
    """
    renamed = {}
    for name, x in weights.items():
        name = name.removeprefix("backbone.").replace("embeddings.", "embedding.").replace("norm_f.", "norm.")
        renamed[name.replace("lm_head.", "head.")] = x
    renamed.setdefault("head.weight", renamed["embedding.weight"])
    model.load_state_dict(renamed)
    return model


# ------------------------------------------------------------------ experts


class SwitchMLP(nn.Module):
    """E experts, each an MLP; a router sends every token to one of them. After a call, `balance` is the loss that keeps
    the experts equally busy: E sum_i (share of tokens of i) (mean probability of i), 1 at best."""

    def __init__(self, d: int, experts: int = 8, hidden: int | None = None):
        super().__init__()
        hidden = hidden or 4 * d
        self.router = nn.Linear(d, experts, bias=False)
        self.up = nn.Parameter(torch.randn(experts, hidden, d) * d**-0.5)
        self.down = nn.Parameter(torch.randn(experts, d, hidden) * hidden**-0.5)
        self.balance = torch.zeros(())

    def forward(self, x: Tensor) -> Tensor:
        """x (..., d) to the same shape."""
        probability = self.router(x).float().softmax(-1)  # (..., E)
        weight, chosen = probability.max(-1)
        share = F.one_hot(chosen, len(self.up)).float().flatten(0, -2).mean(0)
        self.balance = len(self.up) * (share * probability.flatten(0, -2).mean(0)).sum()
        y = torch.zeros_like(x)
        for i, (up, down) in enumerate(zip(self.up, self.down)):
            here = chosen == i
            y = y.index_put((here,), F.gelu(x[here] @ up.mT) @ down.mT)
        return y * weight.unsqueeze(-1).to(x.dtype)


moe_mamba = partial(MambaLM, rest=SwitchMLP)


def balance(model: nn.Module) -> Tensor:
    """The sum of the load-balancing losses of the last call, over all layers of experts."""
    return sum((m.balance for m in model.modules() if isinstance(m, SwitchMLP)), torch.zeros(()))


def active_parameters(model: nn.Module) -> int:
    """The number of parameters that one token uses: in every layer of experts, one expert."""
    idle = sum(
        (len(m.up) - 1) * (m.up[0].numel() + m.down[0].numel()) for m in model.modules() if isinstance(m, SwitchMLP)
    )
    return sum(p.numel() for p in model.parameters()) - idle
