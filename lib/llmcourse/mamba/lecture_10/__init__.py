"""What lecture 10 needs besides the topic: only its notebook imports it."""
