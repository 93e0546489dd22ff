"""Lab 14, retrieval inside the model: the public half of its exercises.

s (B, K)                       relevance of K documents for each question, before any softmax
log_py (B, K)                  log-probability of the answer for a reader of each document
tokens, tags (B, L)            texts, and where their spans are: 0 outside, 1 the first token of a span, 2 the rest
chunk (N, m), document (N,)    RETRO's database: chunks of m tokens, and the text that each is from
q (..., L, d)                  queries; k, v (..., U, N, d) what the neighbours of each of U chunks say
logits (K, L, V)               of readers of K passages, for the next token at L places
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "document-marginal",
        "document-reward",
        "salient-mask",
        "chunk-neighbours",
        "chunked-cross-attention",
        "retriever-loss",
        "mixture-of-readers",
    ),
    open_task=6,
    deny=("faiss", "peft", "transformers"),
)
