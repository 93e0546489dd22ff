"""The claims of lecture 03, each put to the test on its records.

Differences are paired by seed. The smallest effects worth seeing: 0.05 of the answers between two methods, half of the
squares of a change in its first eight directions, and 0.3 between two correlations.
"""

WORTH, HALF, APART = 0.05, 0.5, 0.3  # smallest effects worth seeing
