"""Lab 09, state space models: the private halves of its exercises."""
