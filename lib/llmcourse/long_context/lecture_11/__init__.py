"""What lecture 11 needs besides the topic: only its notebook imports it."""
