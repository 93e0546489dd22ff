"""The private half of relation-attention."""

import torch
import torch.nn.functional as F
from llmcourse.checks.labs.knowledge.relation_attention import graph

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "a larger graph": graph(14, 60, d=6, c=5, K=4),
    "many nodes without edges": graph(9, 7, lonely=6, K=2),
    "all edges end at one node": graph(4, 9, lonely=3),
}


@reference
def relation_attention(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    score = F.leaky_relu(torch.cat([z[target], m], -1) @ a, 0.2)
    e = (score - score.max()).exp()
    alpha = e / torch.zeros(len(x), dtype=e.dtype).index_add(0, target, e)[target]
    return torch.zeros(len(x), z.shape[1], dtype=e.dtype).index_add(0, target, alpha[:, None] * m)


@variant
def node_by_node(x, source, target, relation, W, R, a):
    out = torch.zeros(len(x), W.shape[0], dtype=x.dtype)
    for node in range(len(x)):
        here = target == node
        if here.any():
            m = x[source[here]] @ W.mT + R[relation[here]]
            own = (W @ x[node]).expand(len(m), -1)
            out[node] = F.leaky_relu(torch.cat([own, m], 1) @ a, 0.2).softmax(0) @ m
    return out


@variant
def as_matrices(x, source, target, relation, W, R, a):
    c = W.shape[0]
    m = (W @ x[source].T).T + R[relation]
    s = F.leaky_relu((x[target] @ W.mT) @ a[:c] + m @ a[c:], 0.2)
    ends = F.one_hot(target, len(x)).T.bool()
    alpha = torch.where(ends, s, torch.full_like(s, -1e30)).softmax(1) * ends
    return alpha @ m


@stages
def on_the_way(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    score = F.leaky_relu(torch.cat([z[target], m], -1) @ a, 0.2)
    return {"the messages m": m, "the scores": score}


@misconception(
    says="attention whose softmax goes over all edges of the graph",
    hint="Each node shares out 1 among the edges that end at it: a softmax for each target.",
)
def over_all_edges(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    alpha = F.leaky_relu(torch.cat([z[target], m], -1) @ a, 0.2).softmax(0)
    return torch.zeros(len(x), z.shape[1], dtype=z.dtype).index_add(0, target, alpha[:, None] * m)


@misconception(
    says="attention whose softmax goes over the edges with the same source",
    hint="The weights of what *arrives* at a node sum to 1: group the edges by their target.",
)
def over_sources(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    e = F.leaky_relu(torch.cat([z[target], m], -1) @ a, 0.2).exp()
    alpha = e / torch.zeros(len(x), dtype=e.dtype).index_add(0, source, e)[source]
    return torch.zeros(len(x), z.shape[1], dtype=z.dtype).index_add(0, target, alpha[:, None] * m)


@misconception(
    says="attention without the relation",
    hint="The message of an edge is W x of its source plus R of its relation.",
)
def without_relation(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source]
    e = F.leaky_relu(torch.cat([z[target], m], -1) @ a, 0.2).exp()
    alpha = e / torch.zeros(len(x), dtype=e.dtype).index_add(0, target, e)[target]
    return torch.zeros(len(x), z.shape[1], dtype=z.dtype).index_add(0, target, alpha[:, None] * m)


@misconception(
    says="attention in which the relation decides the weight, and is not sent",
    hint="What arrives is alpha times the whole message m, with the relation in it.",
)
def relation_not_sent(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    e = F.leaky_relu(torch.cat([z[target], m], -1) @ a, 0.2).exp()
    alpha = e / torch.zeros(len(x), dtype=e.dtype).index_add(0, target, e)[target]
    return torch.zeros(len(x), z.shape[1], dtype=z.dtype).index_add(0, target, alpha[:, None] * z[source])


@misconception(
    says="attention in which the relation is sent, and does not decide the weight",
    hint="The score sees the message: concatenate W x of the target and m, not W x of the source.",
)
def relation_not_weighed(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    e = F.leaky_relu(torch.cat([z[target], z[source]], -1) @ a, 0.2).exp()
    alpha = e / torch.zeros(len(x), dtype=e.dtype).index_add(0, target, e)[target]
    return torch.zeros(len(x), z.shape[1], dtype=z.dtype).index_add(0, target, alpha[:, None] * m)


@misconception(
    says="messages that go against the arrows",
    hint="An edge leads from source to target: the message is made at the source, and arrives at the target.",
)
def against_the_arrows(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[target] + R[relation]
    e = F.leaky_relu(torch.cat([z[source], m], -1) @ a, 0.2).exp()
    alpha = e / torch.zeros(len(x), dtype=e.dtype).index_add(0, source, e)[source]
    return torch.zeros(len(x), z.shape[1], dtype=z.dtype).index_add(0, source, alpha[:, None] * m)


@misconception(
    says="attention that divides 0 by 0 at a node where no edge ends",
    hint="Divide in each edge, `e / total[target]`, and add up afterwards: a node at which nothing arrives keeps 0.",
)
def nothing_over_nothing(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    e = F.leaky_relu(torch.cat([z[target], m], -1) @ a, 0.2).exp()
    total = torch.zeros(len(x), dtype=e.dtype).index_add(0, target, e)
    return torch.zeros(len(x), z.shape[1], dtype=z.dtype).index_add(0, target, e[:, None] * m) / total[:, None]


@misconception(
    says="attention from a matrix of nodes, in which two edges between the same nodes share a place, and one is lost",
    hint="Work with the E edges and not with N x N pairs: `index_add` adds up what arrives.",
)
def one_edge_for_a_pair(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    e = F.leaky_relu(torch.cat([z[target], m], -1) @ a, 0.2).exp()
    last = {pair: i for i, pair in enumerate(zip(source.tolist(), target.tolist()))}
    keep = torch.tensor(sorted(last.values()))
    e, m, target = e[keep], m[keep], target[keep]
    alpha = e / torch.zeros(len(x), dtype=e.dtype).index_add(0, target, e)[target]
    return torch.zeros(len(x), z.shape[1], dtype=z.dtype).index_add(0, target, alpha[:, None] * m)


@misconception(
    says="the plain mean of what arrives",
    hint="The weights come from the scores: a softmax of them for each target.",
)
def plain_mean(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    count = torch.zeros(len(x), dtype=z.dtype).index_add(0, target, torch.ones(len(m), dtype=z.dtype))
    alpha = 1 / count[target]
    return torch.zeros(len(x), z.shape[1], dtype=z.dtype).index_add(0, target, alpha[:, None] * m)


@misconception(
    says="the weighted sum without the softmax's normaliser",
    hint="Divide each exp(score) by the sum of those that arrive at the same target.",
)
def not_normalised(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    e = F.leaky_relu(torch.cat([z[target], m], -1) @ a, 0.2).exp()
    return torch.zeros(len(x), z.shape[1], dtype=z.dtype).index_add(0, target, e[:, None] * m)


@misconception(
    says="attention with message and target exchanged in the score",
    hint="The first half of a is for W x of the target, the second for the message: cat([z[target], m]).",
)
def halves_exchanged(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    e = F.leaky_relu(torch.cat([m, z[target]], -1) @ a, 0.2).exp()
    alpha = e / torch.zeros(len(x), dtype=e.dtype).index_add(0, target, e)[target]
    return torch.zeros(len(x), z.shape[1], dtype=z.dtype).index_add(0, target, alpha[:, None] * m)


@misconception(
    says="attention with ReLU in place of LeakyReLU",
    hint="Below 0 the slope is 0.2: `F.leaky_relu(score, 0.2)`.",
)
def relu(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    e = F.relu(torch.cat([z[target], m], -1) @ a).exp()
    alpha = e / torch.zeros(len(x), dtype=e.dtype).index_add(0, target, e)[target]
    return torch.zeros(len(x), z.shape[1], dtype=z.dtype).index_add(0, target, alpha[:, None] * m)


@misconception(
    says="attention with LeakyReLU's usual slope, 0.01",
    hint="`F.leaky_relu(score, 0.2)`: the paper's slope is 0.2, torch's default 0.01.",
)
def slope_of_torch(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    e = F.leaky_relu(torch.cat([z[target], m], -1) @ a).exp()
    alpha = e / torch.zeros(len(x), dtype=e.dtype).index_add(0, target, e)[target]
    return torch.zeros(len(x), z.shape[1], dtype=z.dtype).index_add(0, target, alpha[:, None] * m)


@misconception(
    says="attention without LeakyReLU",
    hint="Before the softmax, the score goes through LeakyReLU with slope 0.2.",
)
def linear_score(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    e = (torch.cat([z[target], m], -1) @ a).exp()
    alpha = e / torch.zeros(len(x), dtype=e.dtype).index_add(0, target, e)[target]
    return torch.zeros(len(x), z.shape[1], dtype=z.dtype).index_add(0, target, alpha[:, None] * m)


@misconception(
    says="attention in which each node also keeps its own W x",
    hint="Only what arrives counts; a node at which nothing arrives has 0.",
)
def keeps_its_own(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    e = F.leaky_relu(torch.cat([z[target], m], -1) @ a, 0.2).exp()
    alpha = e / torch.zeros(len(x), dtype=e.dtype).index_add(0, target, e)[target]
    return z.index_add(0, target, alpha[:, None] * m)


@misconception(
    says="attention in which the last edge to a node overwrites the others",
    hint="`out[target] = ...` keeps one of several: `index_add` adds them.",
)
def overwritten(x, source, target, relation, W, R, a):
    z = x @ W.mT
    m = z[source] + R[relation]
    e = F.leaky_relu(torch.cat([z[target], m], -1) @ a, 0.2).exp()
    alpha = e / torch.zeros(len(x), dtype=e.dtype).index_add(0, target, e)[target]
    out = torch.zeros(len(x), z.shape[1], dtype=z.dtype)
    for i, t in enumerate(target.tolist()):
        out[t] = alpha[i] * m[i]
    return out
