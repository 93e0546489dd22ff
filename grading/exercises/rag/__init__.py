"""Lab 12, retrieval-augmented generation: the private halves of its exercises."""
