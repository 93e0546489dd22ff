"""What lecture 09 needs besides the topic: only its notebook imports it."""
