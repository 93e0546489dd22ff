"""What lecture 05 needs besides the topic: only its notebook imports it."""
