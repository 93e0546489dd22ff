"""Lab 13, retrieval that decides for itself: the public half of its exercises.

search(query), read(question, passages)   functions: a list of passages, best first; a text
log_p (B, T)                    log-probabilities of the tokens of B texts
relevance, support, utility     (B, 2), (B, 3), (B, 5) log-probabilities of reflection tokens
scores                          of passages, a list of numbers; strips, a list of (text, score)
right (n, 3), several (n,)      whether no, one, several retrievals were right; whether a question has several hops
x (N, d), pi (K,), mu (K, d), Sigma (K, d, d)   points, and a mixture of Gaussians
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "second-query",
        "segment-score",
        "corrective-verdict",
        "complexity-labels",
        "cost-frontier",
        "mixture-step",
        "collapsed-search",
        "speculative-scores",
    ),
    open_task=6,
    deny=("scipy", "sklearn"),
)
