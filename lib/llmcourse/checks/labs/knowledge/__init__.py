"""Lab 15, knowledge graphs: the public half of its exercises.

triples           a list of tuples (head, relation, tail), all of them strings; "^r" is the relation r walked backwards
x (N, d)          nodes; source, target, relation (E,) numbers: an edge of a kind leads from node to node
received (B, N)   attention that nodes get from tokens; live, always (B, N) 1 where there is a node, a protected one
log_h, log_t (k, S)  log P(h | p) and log P(t | p, h) of S seed pairs under k prompts
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "triple-query",
        "two-hop-join",
        "linked-subgraph",
        "reasoning-paths",
        "entity-mask",
        "relation-attention",
        "node-pruning",
        "f2-verification",
        "prompt-weights",
    ),
    open_task=6,
    deny=("networkx", "pyoxigraph", "rdflib", "torch_geometric"),
)
