"""relation-attention: Attention that knows the relation."""

import torch

from llmcourse.checks import Exercise


def graph(N, E, d=4, c=3, K=3, lonely=0, scale=1.0):
    """A random graph; at the last `lonely` nodes no edge ends."""

    def make(generator):
        normal = lambda *shape: torch.randn(*shape, generator=generator)
        ints = lambda most, n: torch.randint(0, most, (n,), generator=generator)
        return {
            "x": normal(N, d),
            "source": ints(N, E),
            "target": ints(N - lonely, E),
            "relation": ints(K, E),
            "W": normal(c, d) / d**0.5,
            "R": normal(K, c),
            "a": scale * normal(2 * c),
        }

    return make


def probe(answer, inputs):
    return {"out": answer(*(inputs[name] for name in ("x", "source", "target", "relation", "W", "R", "a")))}


EXERCISE = Exercise(
    name="relation-attention",
    title="Attention that knows the relation",
    answer="relation_attention",
    parameters=("x", "source", "target", "relation", "W", "R", "a"),
    points=4,
    difficulty=4,
    minutes=16,
    cases={
        "five nodes": graph(5, 9),
        "two edges between the same nodes": graph(3, 12, K=2),
        "nodes at which nothing arrives": graph(6, 8, lonely=2),
        "attention that is sharp": graph(5, 12, scale=4.0),
        "one edge": graph(3, 1, lonely=1),
        "one kind of edges": graph(4, 8, K=1, d=6, c=2),
    },
    probe=probe,
    hints=(
        "The message of an edge: m = x[source] @ W.mT + R[relation], (E, c).",
        "Its score: leaky_relu(cat([x[target] @ W.mT, m], -1) @ a, 0.2), (E,).",
        "The softmax goes over the edges with one target. `torch.zeros(N).index_add(0, target, e)` sums e for each.",
        "With e = score.exp(), alpha is e / zeros(N).index_add(0, target, e)[target], and the output zeros(N, c)."
        "index_add(0, target, alpha[:, None] * m): a node at which nothing arrives keeps 0.",
    ),
)
