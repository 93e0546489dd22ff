"""Lab 14, "Retrieval inside the model": the private halves of its exercises."""
