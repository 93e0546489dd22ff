"""Lab 04, "Instruction tuning": the public half of its exercises.

template, row      a text with {{fields}} and one "|||"; a dict from fields to texts
example            (input, output, reason), texts
tokens (B, L)      conversations, padded on the right
texts, pool        lists of texts
difficulty, cost   (N,) of each example: how hard it is for the student, and how many tokens it has
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "fill-template",
        "encode-task",
        "loss-mask",
        "similarity-filter",
        "evol-elimination",
        "backward-question",
        "curriculum-budget",
        "style-score",
    ),
    open_task=6,
    deny=("datasets", "jinja2", "nltk", "rapidfuzz", "rouge_score", "sklearn", "transformers", "trl"),
)
