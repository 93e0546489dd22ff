"""What lecture 13 needs besides the topic: only its notebook imports it."""
