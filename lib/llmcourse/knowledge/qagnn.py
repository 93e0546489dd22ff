"""QA-GNN: the question becomes a node of the graph, and language and knowledge reason together.

    working graph  the entities on short paths from the question's topic to an answer choice, and a node z for the
                   question, joined to the topic and to the choices
    u_t            type of a node: the question, a topic, a choice, any other     (TYPES)
    rho_t          relevance of a node: what a language model says of question and node together
    r_st           what an edge is: its relation with the types of both ends      f_r(e_st, u_s, u_t)
    m_st           message                                                        f_m(h_s, u_s, r_st)
    alpha_st       attention: q_s = f_q(h_s, u_s, rho_s), k_t = f_k(h_t, u_t, rho_t, r_st), softmax of
                   q_s . k_t / sqrt(d) over the neighbours t of s: a node shares its voice out among its listeners
    h'_t           f_n(sum_s alpha_st m_st) + h_t

Yasunaga et al. 2021, sections 3.1 to 3.4; names and the softmax over a sender's edges are those of the authors' code.
Departs from the paper: one graph for all choices of a question, read out at each of them, where the paper builds a
graph for each; relevance and texts come from a frozen sentence encoder. With `graph=False` the same network sees no
edge, with `relevance=False` no relevance: the controls.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .gat import gather, share
from .graph import AGAINST, Graph, between

TYPES = ("question", "topic", "choice", "other")
QUESTION, TOPIC, CHOICE, OTHER = range(4)
ASKS, OFFERS, ITSELF = "asks about", "offers", "itself"  # relations that a working graph adds


class Working(NamedTuple):
    """Working graphs side by side, as one; node 0 of each is the question.

    x, relevance    (N, d) vectors and (N,) relevance of all nodes        types (N,) numbers in TYPES
    source, target  (E,) edges      relation (E,) numbers in `edge_kinds`
    questions       (B,) the question nodes      choices (B, C) the nodes to choose from
    """

    x: Tensor
    relevance: Tensor
    types: Tensor
    source: Tensor
    target: Tensor
    relation: Tensor
    questions: Tensor
    choices: Tensor


def edge_kinds(graph: Graph) -> dict[str, int]:
    """Relation -> number: those of the graph in both directions, those that a working graph adds, and self-loops."""
    both = [name for r in graph.schema or graph.relations for name in (r, AGAINST + r)]
    return {name: i for i, name in enumerate([*both, ASKS, AGAINST + ASKS, OFFERS, AGAINST + OFFERS, ITSELF])}


def on_paths(graph: Graph, topic: str, choices: Sequence[str], hops: int) -> list[str]:
    """Entities on a path of at most `hops` steps from the topic to any choice, after topic and choices themselves.

    The rule is the same for all choices, so that the subgraph does not tell which is right by its form alone.
    """
    from_topic, from_choices = _distances(graph, [topic], hops), _distances(graph, choices, hops)
    near = [e for e, d in from_topic.items() if d + from_choices.get(e, hops + 1) <= hops]
    return list(dict.fromkeys([topic, *choices, *near]))


def _distances(graph: Graph, start: Iterable[str], most: int) -> dict[str, int]:
    found = dict.fromkeys(start, 0)
    edge = list(found)
    for d in range(1, most + 1):
        edge = [n for e in edge for n in graph.neighbours(e) if n not in found and not found.update({n: d})]
    return found


def pruned(entities: Sequence[str], always: int, relevance: Callable[[Sequence[str]], Tensor], most: int) -> list[str]:
    """The first `always` entities and the most relevant others, `most` in all, in their order."""
    others = entities[always:]
    if len(entities) <= most:
        return list(entities)
    best = relevance(others).topk(max(most - always, 0)).indices.sort().values.tolist()
    return [*entities[:always], *(others[i] for i in best)]


def working(
    graph: Graph,
    topic: str,
    choices: Sequence[str],
    entities: Sequence[str],
    vectors: Callable[[Sequence[str]], Tensor],
    question: Tensor,
    kinds: dict[str, int] | None = None,
) -> Working:
    """The working graph of one question.

    entities  topic first, then the choices, then others
    vectors   entities -> (n, d), of length 1      question (d,), of length 1: the product is the relevance
    kinds     `edge_kinds` of the graph with which the network was built, if that is another one

    An empty subgraph is one: topic and choices are joined to the question whatever the graph says.
    """
    kinds = kinds or edge_kinds(graph)
    nodes = {e: i for i, e in enumerate(entities, 1)}
    x = torch.cat([question[None], vectors(list(nodes))])  # (1 + n, d)
    types = torch.full((len(x),), OTHER)
    types[0], types[1], types[[nodes[c] for c in choices]] = QUESTION, TOPIC, CHOICE
    arrows = [(nodes[h], nodes[t], r) for h, r, t in between(graph, nodes)]
    arrows += [(0, nodes[topic], ASKS), *((0, nodes[c], OFFERS) for c in choices)]
    edges = [edge for s, t, r in arrows for edge in ((s, t, kinds[r]), (t, s, kinds[AGAINST + r]))]
    edges += [(i, i, kinds[ITSELF]) for i in range(len(x))]
    source, target, relation = torch.tensor(edges).T
    places = torch.tensor([[nodes[c] for c in choices]])
    return Working(x, x @ question, types, source, target, relation, torch.zeros(1, dtype=torch.long), places)


def side_by_side(graphs: Sequence[Working]) -> Working:
    """A batch: graphs without an edge between them."""
    starts = torch.tensor([0, *(len(g.x) for g in graphs)]).cumsum(0)[:-1].tolist()
    moved = {"source", "target", "questions", "choices"}
    joined = lambda name: torch.cat([getattr(g, name) + (s if name in moved else 0) for g, s in zip(graphs, starts)])
    return Working(*(joined(name) for name in Working._fields))


class Layer(nn.Module):
    """One round of messages, (N, d) -> (N, d). A message goes one step; the share that it gets depends on the sender's
    other listeners, which may be two steps away."""

    def __init__(self, d: int, kinds: int):
        super().__init__()
        t = len(TYPES)
        mlp = lambda d_in: nn.Sequential(nn.Linear(d_in, d), nn.ReLU(), nn.Linear(d, d))
        self.kinds = kinds
        self.f_r, self.f_n, self.f_rho = mlp(kinds + 2 * t), mlp(d), mlp(1)
        self.f_m, self.f_q, self.f_k = nn.Linear(t + 2 * d, d), nn.Linear(t + 2 * d, d), nn.Linear(t + 3 * d, d)

    def attention(self, h: Tensor, u: Tensor, rho: Tensor, r: Tensor, source: Tensor, target: Tensor) -> Tensor:
        """alpha (E,): of each node, 1 in sum over the edges that leave it."""
        q = self.f_q(torch.cat([h, u, rho], -1))[source]  # (E, d)
        k = self.f_k(torch.cat([h[target], u[target], rho[target], r], -1))  # (E, d)
        return share((q * k).sum(-1) / h.shape[-1] ** 0.5, source, len(h))

    def forward(self, h: Tensor, u: Tensor, relevance: Tensor, edges: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        relation, source, target = edges  # (E,) each
        r = self.f_r(torch.cat([F.one_hot(relation, self.kinds).to(h.dtype), u[source], u[target]], -1))  # (E, d)
        alpha = self.attention(h, u, self.f_rho(relevance[:, None]), r, source, target)
        m = self.f_m(torch.cat([h[source], u[source], r], -1))  # (E, d)
        return self.f_n(gather(alpha[:, None] * m, target, len(h))) + h


class QAGNN(nn.Module):
    """Scores of the choices: Working -> (B, C).

    d_in       of the vectors        kinds  number of kinds of edges
    layers     rounds of messages; what is k steps away needs k of them
    graph      False: the network without any edge, and with the same number of parameters
    relevance  False: every node is as relevant as any other
    """

    def __init__(self, d_in: int, kinds: int, d: int = 64, layers: int = 3, graph: bool = True, relevance: bool = True):
        super().__init__()
        self.graph, self.relevance = graph, relevance
        self.text = nn.Linear(d_in, d)
        self.layers = nn.ModuleList(Layer(d, kinds) for _ in range(layers))
        self.out = nn.Sequential(nn.Linear(4 * d, d), nn.ReLU(), nn.Linear(d, 1))

    def forward(self, w: Working) -> Tensor:
        x = self.text(w.x)  # (N, d)
        u = F.one_hot(w.types, len(TYPES)).to(x.dtype)  # (N, T)
        rho = w.relevance if self.relevance else torch.zeros_like(w.relevance)
        edges = (w.relation, w.source, w.target)
        if not self.graph:
            loops = torch.arange(len(x), device=x.device)
            edges = (w.relation[-1:].expand(len(x)), loops, loops)  # the last edge is a self-loop
        h = x
        for layer in self.layers:
            h = layer(h, u, rho, edges)
        z = w.questions[:, None].expand_as(w.choices)  # (B, C)
        return self.out(torch.cat([h[w.choices], x[w.choices], h[z], x[z]], -1)).squeeze(-1)
