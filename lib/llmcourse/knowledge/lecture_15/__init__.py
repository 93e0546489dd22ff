"""What lecture 15 needs besides the topic: only its notebook imports it."""
