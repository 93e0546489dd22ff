"""The claims of lecture 10, each put to the test on its record. Differences are paired: the same seed in two arms."""

# Smallest effects worth seeing: shares of right tokens or answers, of right digits, Dice, nats per character.
COPIED, RIGHT, DIGITS, DICE, NATS = 0.1, 0.1, 0.01, 0.01, 0.02
