"""What lecture 12 needs besides the topic: only its notebook imports it."""
