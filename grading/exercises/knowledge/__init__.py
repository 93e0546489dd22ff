"""Lab 15, knowledge graphs: the private halves of its exercises."""
