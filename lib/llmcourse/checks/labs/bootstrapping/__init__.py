"""Lab 05, bootstrapping: the public half of its exercises.

log_p, r, q  (B, Y)   log p(y | x), rewards, and a distribution, for B questions with Y possible answers each
y            (B, N)   N answers drawn to each question, as numbers
first, told  (B, S)   rationales as tokens, the answer last; gold (B,) the right answers
paths        (B, N, S)  N rationales to each question, as numbers of their S steps
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "bound-and-gap",
        "e-step",
        "weighted-gradient",
        "generate-and-improve",
        "rationalisation",
        "distinct-paths",
        "rouge-l",
    ),
    open_task=6,
    deny=("nltk", "rapidfuzz", "rouge_score"),
)
