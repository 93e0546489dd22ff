"""Lab 05, bootstrapping: the private halves of its exercises."""
