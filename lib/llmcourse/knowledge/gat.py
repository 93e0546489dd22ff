"""Graph attention: each node gathers from its neighbours, weighted by how well they fit.

    x (N, d)            nodes                        H  heads
    source, target (E,) an edge leads from node source[e] to node target[e]
    z = W x (N, H, c)   what a node sends
    e_st = LeakyReLU(a_s . z_s + a_t . z_t)          fit of source s and target t
    alpha_st            softmax of e_st over the edges that end at t
    x'_t = sum_s alpha_st z_s + b

Veličković et al. 2018, "Graph Attention Networks", eqs. 1 to 5. Self-loops are edges like others: `with_loops` adds
them. Rows are taken with `index_select`, whose gradient is cheaper than that of an index in brackets.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def share(scores: Tensor, group: Tensor, groups: int) -> Tensor:
    """Softmax within groups: scores (E, ...), each in one of `groups` by its number in group (E,) -> (E, ...)."""
    if not len(scores):
        return scores
    at = group.view(-1, *[1] * (scores.dim() - 1)).expand_as(scores)
    # The largest of each group is subtracted, as in every softmax: exp(89) overflows in float32.
    largest = scores.new_full((groups, *scores.shape[1:]), -torch.inf).scatter_reduce(0, at, scores.detach(), "amax")
    exp = (scores - largest.index_select(0, group)).exp()
    return exp / exp.new_zeros(largest.shape).index_add(0, group, exp).index_select(0, group)


def gather(messages: Tensor, target: Tensor, nodes: int) -> Tensor:
    """The sum of what arrives at each node: messages (E, ...) -> (N, ...); 0 where nothing arrives."""
    return messages.new_zeros(nodes, *messages.shape[1:]).index_add(0, target, messages)


def with_loops(source: Tensor, target: Tensor, nodes: int) -> tuple[Tensor, Tensor]:
    """The edges between different nodes, and one from every node to itself behind them."""
    loops, between = torch.arange(nodes, device=source.device), source != target
    return torch.cat([source[between], loops]), torch.cat([target[between], loops])


class GraphAttention(nn.Module):
    """One layer, (N, d_in) -> (N, H c): the heads side by side, as torch_geometric's GATConv(d_in, c, H).

    A node at which no edge ends gives the bias.
    """

    def __init__(self, d_in: int, c: int, heads: int = 1, slope: float = 0.2):
        super().__init__()
        self.heads, self.slope = heads, slope
        self.lin = nn.Linear(d_in, heads * c, bias=False)
        self.att_source = nn.Parameter(torch.empty(heads, c))
        self.att_target = nn.Parameter(torch.empty(heads, c))
        self.bias = nn.Parameter(torch.zeros(heads * c))
        for parameter in (self.lin.weight, self.att_source, self.att_target):
            nn.init.xavier_uniform_(parameter)

    def weights(self, x: Tensor, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """What nodes send (N, H, c), and the attention alpha (E, H)."""
        z = self.lin(x).unflatten(-1, (self.heads, -1))  # (N, H, c)
        from_source, at_target = (z * self.att_source).sum(-1), (z * self.att_target).sum(-1)  # (N, H)
        fit = from_source.index_select(0, source) + at_target.index_select(0, target)  # (E, H)
        return z, share(F.leaky_relu(fit, self.slope), target, len(x))

    def forward(self, x: Tensor, source: Tensor, target: Tensor) -> Tensor:
        z, alpha = self.weights(x, source, target)
        messages = alpha[..., None] * z.index_select(0, source)  # (E, H, c)
        return gather(messages.flatten(1), target, len(x)) + self.bias
