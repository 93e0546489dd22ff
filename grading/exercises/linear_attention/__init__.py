"""Lab 08, linear attention: the private halves of its exercises."""
