"""Learning from preferences: ratings and rewards from comparisons.

bradley_terry  ratings of players: MM (which is EM), Newton, gradient; standard errors; when there is no maximum
ties           Davidson's model
linear         the same model as a logistic regression: home advantage, features, a linear reward
games          ten thousand players and a million games
arena          Elo's scale, battles, bootstrap, ranges of ranks
segments       a reward learned from comparisons of behaviour
control        a pole to balance, and a search for a policy
shaping        rewards that help, and rewards that mislead
experiments    a policy from a few hundred answers; frozen answers; shaping
"""

from .arena import leaderboard, online_elo, rank_range, to_elo
from .bradley_terry import mm, newton
from .segments import RewardEnsemble, preference_loss
from .ties import davidson

__all__ = [
    "RewardEnsemble",
    "davidson",
    "leaderboard",
    "mm",
    "newton",
    "online_elo",
    "preference_loss",
    "rank_range",
    "to_elo",
]
