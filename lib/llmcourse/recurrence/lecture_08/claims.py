"""The claims of lecture 08, each put to the test.

Differences are paired: the same seed, so the same start and the same batches. The thresholds, and the smallest effects
worth seeing: losses in nats per character, recall as a share of the keys that are asked for.
"""

LOSS = 0.02  # a worse loss by less is no price
SOLVED, AHEAD = 0.9, 0.1  # recall of a model that solves the task, and its lead that is worth seeing
EXACT, SINGLE = 1e-9, 1e-5  # rounding in float64 and in float32, in units of the result
