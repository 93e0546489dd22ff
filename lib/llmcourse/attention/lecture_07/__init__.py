"""What lecture 07 needs besides the topic: only its notebook imports it."""
