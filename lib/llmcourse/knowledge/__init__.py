"""Knowledge graphs: facts as triples, and language models that read them, are trained on them and write them.

graph      triples with an index from either end, labels, aliases, types, a schema; subgraphs; wrong graphs as controls
query      patterns of triples, by hand and in SPARQL
paths      relation paths and the reasoning paths that follow them
formats    what Wikidata, DBpedia and ConceptNet publish, read as a stream; `samples` has a little of each
factbook   the World Factbook as a graph
questions  questions of one to three steps with their gold paths
linking    which entities a text mentions

gat        graph attention (Veličković et al.)
qagnn      QA-GNN: the question as a node, relevance, attention with types of edges and nodes
reasoning  reasoning on graphs: plans of relations, constrained retrieval, answers with their paths
masking    ERNIE's masks: basic, phrase, entity; tasks of its later versions
chain      chain-of-knowledge prompting: evidence triples, and F2-verification
triples    triples in the prompt: found around the linked entities, ranked, packed into a budget
jointlk    JointLK: tokens and nodes attend to each other, and nodes are pruned
comet      COMET: a language model completes triples; hits and novelty
bertnet    BertNet: pairs from a language model by weighted prompts, and the search for them
"""

from .graph import Graph, Relation, Triple, Unknown, around, between, distracted, shuffled, without
from .linking import Linker, Mention
from .paths import Path, distance, follow, reached, simple_paths
from .query import Sparql, iri, solve

__all__ = [
    "Graph",
    "Linker",
    "Mention",
    "Path",
    "Relation",
    "Sparql",
    "Triple",
    "Unknown",
    "around",
    "between",
    "distance",
    "distracted",
    "follow",
    "iri",
    "reached",
    "shuffled",
    "simple_paths",
    "solve",
    "without",
]
