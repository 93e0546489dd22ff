"""Lab 02, "From human feedback to a policy": the private halves of its exercises."""
