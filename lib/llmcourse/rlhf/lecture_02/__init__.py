"""What lecture 02 needs besides the topic: only its notebook imports it."""
