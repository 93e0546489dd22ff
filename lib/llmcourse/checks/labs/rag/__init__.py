"""Lab 12, retrieval-augmented generation: the public half of its exercises.

f (N, W), n (W,)        counts of the query's words in each document; documents with each word
q (Q, d), x (N, d)      vectors of queries and passages, of any length
rankings (R, m)         numbers of documents, best first; -1 where a ranking has ended
logits (B, L, V)        of a language model; tokens (B, L); asked (B, L) 1 where a token belongs to the question
gains (B, N)            how useful each passage is, in the order found
log_p (P, L)            log-probability of each token of a text with passage p in front
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "bm25-scores",
        "nearest-blocks",
        "rank-fusion",
        "query-likelihood",
        "ndcg",
        "pack-budget",
        "gold-places",
        "ralm-perplexity",
    ),
    open_task=6,
    deny=("bm25s", "faiss", "rank_bm25", "ranx", "scipy", "sentence_transformers", "sklearn"),
)
