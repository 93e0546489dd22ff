"""What lecture 06 needs besides the topic: only its notebook imports it."""
