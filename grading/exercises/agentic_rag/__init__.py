"""Lab 13, "Retrieval that decides for itself": the private halves of its exercises."""
