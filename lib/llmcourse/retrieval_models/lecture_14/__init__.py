"""What lecture 14 needs besides the topic: only its notebook imports it."""
