"""A reward model: a language model whose head says one number, learned from comparisons.

    r        (..., K)  rewards of K answers to one prompt
    rank     (..., K)  their places, 1 is the best; equal places are ties
    tokens, mask  (..., L)  prompt and answer, and 1.0 on the answer's tokens

Stiennon et al. 2020, "Learning to summarize from human feedback", section 3.4: loss = -log sigmoid(r_j - r_k), j the
preferred; Ouyang et al. 2022, "Training language models to follow instructions with human feedback", eq. 1: the mean
over all K (K - 1) / 2 pairs of one prompt, in one forward pass over its K answers.
"""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmcourse.models import GPT

from .answers import is_last, not_empty
from .enumeration import finite


class RewardModel(nn.Module):
    """A backbone `tokens (B, L) -> hidden (B, L, d)`, and a linear head that reads it at the answer's last token.

    offset  what is subtracted: comparisons determine differences of rewards only, and `centre` fixes the rest
    """

    def __init__(self, backbone: nn.Module, d: int):
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(d, 1, bias=False)
        nn.init.normal_(self.head.weight, std=(d + 1) ** -0.5)  # as Stiennon et al. have it
        self.register_buffer("offset", torch.zeros(()))

    @classmethod
    def of(cls, model: nn.Module) -> "RewardModel":
        """One that begins as a copy of `model`, a GPT of this course or a causal model of transformers."""
        model = copy.deepcopy(model)
        if isinstance(model, GPT):
            d, model.head = model.head.in_features, nn.Identity()
        else:
            d = model.config.hidden_size
        return cls(_Hidden(model), d)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Rewards (...) of texts (..., L), all in one pass. Raises ValueError for an empty answer."""
        not_empty(mask)
        flat = tokens.flatten(0, -2)
        hidden = self.backbone(flat)  # (B, L, d)
        last = is_last(mask.flatten(0, -2)).argmax(-1)
        score = self.head(hidden[torch.arange(len(flat), device=flat.device), last].float())[:, 0]
        return (score - self.offset).view(tokens.shape[:-1])

    @torch.no_grad()
    def centre(self, tokens: Tensor, mask: Tensor) -> None:
        """From now on, the mean reward of these texts is 0; Stiennon et al. take the reference summaries."""
        self.offset += self(tokens, mask).mean()


class _Hidden(nn.Module):
    """What a model knows at each token, before its head has turned that into logits."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor) -> Tensor:
        if isinstance(self.model, GPT):
            return self.model(tokens)[0]  # its head is the identity
        return self.model.base_model(tokens, use_cache=False).last_hidden_state


# ------------------------------------------------------------------ losses


def pairwise_loss(better: Tensor, worse: Tensor) -> Tensor:
    """The mean of -log sigmoid(r_j - r_k) over pairs, r_j the preferred: (...) and (...) to a number."""
    finite(better), finite(worse)
    return -F.logsigmoid(better - worse).mean()


def ranked_loss(r: Tensor, rank: Tensor) -> Tensor:
    """-log sigmoid(r_j - r_k), averaged over the pairs of each prompt in which j ranks above k, then over prompts.

    r (..., K) and rank (..., K) to a number. Ties say nothing and do not count. Each prompt weighs the same: its pairs
    share answers, so they are far from independent.
    Raises ValueError for K = 1, for a prompt whose answers are all tied, and for rewards that are not finite.
    """
    if r.shape[-1] < 2:
        raise ValueError(
            "There is one answer to each prompt (K = 1), and nothing to compare it with. Rank two or more."
        )
    finite(r)
    above = (rank[..., :, None] < rank[..., None, :]).to(r.dtype)  # (..., K, K): row ranks above column
    pairs = above.sum((-2, -1))
    if not pairs.all():
        raise ValueError(f"{int((pairs == 0).sum())} of {pairs.numel()} prompts have only ties: leave them out.")
    losses = -F.logsigmoid(r[..., :, None] - r[..., None, :])
    return ((above * losses).sum((-2, -1)) / pairs).mean()


def accuracy(better: Tensor, worse: Tensor) -> float:
    """The share of pairs in which the preferred answer has the higher reward; equal rewards count half."""
    return ((better > worse).double() + 0.5 * (better == worse).double()).mean().item()
