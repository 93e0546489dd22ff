"""Lab 01, learning from preferences: the public half of its exercises.

W (n, n)       wins: W_ij times i beat j; the diagonal does not count      gamma, r (n,)  ratings, log-ratings
first, second  (B, L)  predicted rewards of the steps of two segments      mu (B,)  1, 0 or 0.5: who was preferred
samples (B, n) scores of B bootstraps                                      Phi  a potential, before and after a step
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "bt-likelihood",
        "mm-update",
        "davidson-ties",
        "preference-gradient",
        "elo-scale",
        "rank-ranges",
        "potential-shaping",
    ),
    open_task=6,
    deny=("choix", "scipy", "statsmodels"),
)
