"""Lab 06, "Sparse attention": the private halves of its exercises."""
