"""Lab 01, learning from preferences: the private halves of its exercises."""
