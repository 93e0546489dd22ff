"""The claims of lecture 01, each put to the test.

Returns are of 200 steps. Differences are paired: two arms with the same seed. What counts was fixed before the runs:
"""

CLOSE = 20  # steps: a policy whose return is less than a tenth of 200 below another's is as good
WORTH = 20  # steps: the smallest difference of returns worth seeing
FALL = 0.3  # gamed: the true return ends by this share below its best, and the learned reward above what it was then
OFTEN = 0.25  # share of the seeds in which a frozen reward is gamed: less would be an accident
SOONER = 5  # episodes: the smallest gain worth seeing on the grid
MOST = 0.5  # share of the seeds, or of the boards, for "it does so"
COVERED = 0.95  # share of the models whose true rank lies within the range
SLOPE = (-0.55, -0.45)  # of log width by log votes; the root is -0.5
