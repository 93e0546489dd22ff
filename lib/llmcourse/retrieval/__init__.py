"""Retrieval-augmented generation: find passages, rank them, put them before the question, and measure what that gains.

    texts       cutting texts into words, as a retriever counts them, and into overlapping passages with their places
    lexical     tf-idf and BM25: the formulas, and the index
    dense       the nearest vectors, exactly, in bounded memory
    store       vectors kept by content, for each version of a model
    fuse        reciprocal rank fusion
    rerank      query likelihood, pointwise mutual information, cross-scoring: a language model reads the candidates
    prompt      packing passages into a budget of tokens, their order, citations
    reader      a language model that answers from passages
    ralm        in-context RALM: perplexity with retrieval every few tokens
    position    Lost in the Middle: does the position of the answer matter?
    evaluate    recall, MRR, nDCG; exact match, F1, containment, groundedness; tables with intervals

`experiments` holds what the lecture and its records run.
"""

from .dense import Dense, nearest
from .fuse import fused_scores, reciprocal_rank_fusion
from .lexical import BM25, bm25, index, tf_idf
from .prompt import arrange, citations, cited, pack
from .rerank import cross_score, pmi, query_likelihood, reordered
from .store import Mixed, Store
from .texts import Chunk, chunks, words

__all__ = [
    "BM25",
    "Chunk",
    "Dense",
    "Mixed",
    "Store",
    "arrange",
    "bm25",
    "chunks",
    "citations",
    "cited",
    "cross_score",
    "fused_scores",
    "index",
    "nearest",
    "pack",
    "pmi",
    "query_likelihood",
    "reciprocal_rank_fusion",
    "reordered",
    "tf_idf",
    "words",
]
