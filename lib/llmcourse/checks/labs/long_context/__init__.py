"""Lab 11, "Does a long context work?": the public half of its exercises.

contents            what stands in each register, in the order of the lines
haystack, needle    lists of tokens; `ends` are those after which a sentence ends
right (N, D, L)     1.0 where a needle was found: N draws at each of D depths and L lengths
d, s                channels that turn in pairs; how many times longer the text is than in training
first (V,)          logits after the context;  logits (C, T, V), tokens (C, T), mask (C, T) of C candidates after it
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "register-lines",
        "reported-number",
        "place-needle",
        "score-candidates",
        "heat-map",
        "chrf-score",
        "stretched-positions",
    ),
    open_task=6,
    deny=("sacrebleu", "nltk", "evaluate", "torchmetrics", "transformers", "scipy", "statsmodels"),
)
