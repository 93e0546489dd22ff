"""Lab 02, from human feedback to a policy: the public half of its exercises.

r, rank (B, K)      rewards of K answers to each prompt, and their places, 1 the best
mask (B, T)         1.0 on the tokens of an answer, which come first; 0.0 on the padding after them
log_probs (B, T)    of those tokens under a policy
advantages (B, T)   how much better a token was than expected
log_ref, r (Y,)     of all Y texts there are: log-probability under the reference, and reward
"""

from llmcourse.checks import Lab

LAB = Lab.of(
    __name__,
    exercises=(
        "ranked-loss",
        "answer-log-probs",
        "optimal-policy",
        "token-rewards",
        "advantage-estimate",
        "clipped-objective",
        "best-of-n",
        "dpo-loss",
    ),
    open_task=6,
    deny=("trl", "torchrl", "stable_baselines3"),
)
