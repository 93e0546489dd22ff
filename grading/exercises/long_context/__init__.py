"""Lab 11, "Does a long context work?": the private halves of its exercises."""
