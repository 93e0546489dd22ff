"""Retrieval that decides for itself: whether to search, for what, what to believe of it, and when to stop.

    trace        the steps of a system for a question: calls with their cost, decisions; drawn, and replayed
    iterative    Shao et al.: what one round writes is part of the next round's query
    self_rag     Self-RAG: tokens that judge, a segment's score, the beam over segments
    crag         CRAG: three verdicts by two thresholds, strips, a second source
    adaptive     Adaptive-RAG: labels, the classifier, the frontier of cost and accuracy
    bridge       Ke et al.: a pointer network picks and orders passages; silver sequences, then the reader's reward
    raptor       RAPTOR: Gaussian mixtures, soft clusters in two levels, a tree of summaries, two ways to search it
    speculative  Speculative RAG: sets of passages by clusters, drafts, a verifier's scores
    specialists  heads that decide relevance, need and complexity
    questions    questions that need no, one or several passages; a corpus that gets worse
    real         the tools with SmolLM2 and MiniLM

Every system is `answer(question, corpus, tools, ...) -> Trace`, against functions that a test can replace.
"""

from .trace import TOOLS, Step, Tools, Trace

__all__ = ["TOOLS", "Step", "Tools", "Trace"]
