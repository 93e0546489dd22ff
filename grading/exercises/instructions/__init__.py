"""Lab 04, "Instruction tuning": the private halves of its exercises."""
