"""JointLK: tokens and nodes attend to each other, and nodes that nobody attends to are pruned.

    t (B, L, d), g (B, N, d)   tokens of the question, nodes of the working graph
    S_ij = w . [t_i; g_j; t_i * g_j]                 affinity of token and node: dense, every pair
    t^_i = sum_j softmax_j(S_ij) g_j                 what a token reads in the graph
    g^_j = sum_i softmax_i(S_ij) t_i                 what a node reads in the question
    t~_i = sum_j softmax_j(S_ij) g^_j                what comes back to a token from the nodes that it reads; g~ alike
    W [x; x^; x * x^; x * x~]                        both sides fused, x for t or g
    a_j  = mean_i softmax_j(S_ij)                    attention that a node receives
    keep                                             share of nodes that stays after a layer, those of largest a_j

Sun et al. 2022, "JointLK: Joint Reasoning with Language Models and Knowledge Graphs", section 3; affinity, fusion and
pruning are those of the authors' code (CQAttention, SAGPooling). Departs from it: one affinity for both directions, a
residual around the fusion, what stays is not multiplied by tanh of its attention; a graph for all choices of a question
and messages as in QA-GNN (qagnn.py), tokens from a frozen encoder. Question, topic and choices are never pruned.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .qagnn import OTHER, TYPES, Layer, Working


class Dense(NamedTuple):
    """Which place of (B, N) each node of a batch has: graph and column, (nodes,) each; and the shape."""

    graph: Tensor
    column: Tensor
    shape: tuple[int, int]

    @classmethod
    def of(cls, w: Working) -> "Dense":
        starts = w.questions
        sizes = torch.diff(starts, append=torch.tensor([len(w.x)], device=starts.device))
        graph = torch.repeat_interleave(torch.arange(len(starts), device=starts.device), sizes)
        return cls(graph, torch.arange(len(w.x), device=starts.device) - starts[graph], (len(starts), int(sizes.max())))

    def pad(self, x: Tensor, fill: float = 0.0) -> Tensor:
        """(nodes, ...) -> (B, N, ...)."""
        return x.new_full((*self.shape, *x.shape[1:]), fill).index_put((self.graph, self.column), x)

    def flat(self, x: Tensor) -> Tensor:
        """(B, N, ...) -> (nodes, ...)."""
        return x[self.graph, self.column]


class JointAttention(nn.Module):
    """Dense attention in both directions: tokens (B, L, d) and nodes (B, N, d) -> both, and what each node receives (B,
    N)."""

    def __init__(self, d: int):
        super().__init__()
        self.affinity = nn.Linear(3 * d, 1, bias=False)
        self.to_tokens, self.to_nodes = nn.Linear(4 * d, d, bias=False), nn.Linear(4 * d, d, bias=False)

    def scores(self, t: Tensor, g: Tensor) -> Tensor:
        """S (B, L, N), without ever holding (B, L, N, 3 d)."""
        w_t, w_g, w_both = self.affinity.weight[0].chunk(3)
        return (t @ w_t)[..., None] + (g @ w_g)[:, None] + (t * w_both) @ g.mT

    def forward(self, t: Tensor, g: Tensor, words: Tensor, live: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """words (B, L) and live (B, N) are True where there is a token, a node; each row needs one of both."""
        s = self.scores(t, g)
        over_nodes = s.masked_fill(~live[:, None], -torch.inf).softmax(-1)  # (B, L, N)
        over_words = s.masked_fill(~words[..., None], -torch.inf).softmax(1)  # (B, L, N)
        read_t, read_g = over_nodes @ g, over_words.mT @ t
        back_t, back_g = over_nodes @ read_g, over_words.mT @ read_t
        received = (over_nodes * words[..., None]).sum(1) / words.sum(1, keepdim=True)  # (B, N)
        fused = lambda layer, x, read, back: x + torch.relu(layer(torch.cat([x, read, x * read, x * back], -1)))
        return fused(self.to_tokens, t, read_t, back_t), fused(self.to_nodes, g, read_g, back_g), received


def prune(received: Tensor, live: Tensor, always: Tensor, keep: float) -> Tensor:
    """Which nodes stay, (B, N): of the live ones the share `keep` that receives most, rounded up; and all in `always`.

    Raises ValueError for a share outside (0, 1].
    """
    if not 0 < keep <= 1:
        raise ValueError(f"keep is {keep}: give the share of nodes that stays, above 0 and at most 1.")
    order = received.masked_fill(~live, -torch.inf).argsort(dim=1, descending=True, stable=True)
    rank = order.argsort(dim=1)  # (B, N), 0 for the node that receives most
    wanted = (live.sum(1, keepdim=True) * keep).ceil()
    return live & ((rank < wanted) | always)


class JointLK(nn.Module):
    """Scores of the choices (B, C), and for every layer the share of nodes that is still there.

    d_in  of the vectors of nodes and tokens      kinds  of edges (qagnn.edge_kinds)      keep  1.0 for no pruning
    """

    def __init__(self, d_in: int, kinds: int, d: int = 64, layers: int = 3, keep: float = 0.7):
        super().__init__()
        if not 0 < keep <= 1:
            raise ValueError(f"keep is {keep}: give the share of nodes that stays, above 0 and at most 1.")
        self.keep = keep
        self.text, self.word = nn.Linear(d_in, d), nn.Linear(d_in, d)
        self.layers = nn.ModuleList(Layer(d, kinds) for _ in range(layers))
        self.joint = nn.ModuleList(JointAttention(d) for _ in range(layers))
        self.out = nn.Sequential(nn.Linear(3 * d, d), nn.ReLU(), nn.Linear(d, 1))

    def forward(self, w: Working, tokens: Tensor, words: Tensor) -> tuple[Tensor, list[float]]:
        """tokens (B, L, d_in) of the questions, words (B, L) True where there is one."""
        place, t, h = Dense.of(w), self.word(tokens), self.text(w.x)
        x, u = h, F.one_hot(w.types, len(TYPES)).to(h.dtype)
        live, always = place.pad(torch.ones_like(w.types, dtype=torch.bool)), place.pad(w.types != OTHER)
        there, shares = place.flat(live), []
        for layer, joint in zip(self.layers, self.joint):
            kept = there[w.source] & there[w.target]
            h = layer(h, u, w.relevance, (w.relation[kept], w.source[kept], w.target[kept]))
            t, g, received = joint(t, place.pad(h), words, live)
            h, live = place.flat(g), prune(received, live, always, self.keep)
            there = place.flat(live)
            shares.append(there.float().mean().item())
        pooled = (t * words[..., None]).sum(1) / words.sum(1, keepdim=True)  # (B, d)
        z = pooled[:, None].expand(-1, w.choices.shape[1], -1)
        return self.out(torch.cat([h[w.choices], x[w.choices], z], -1)).squeeze(-1), shares
