"""Lab 10, Mamba: the private halves of its exercises."""
