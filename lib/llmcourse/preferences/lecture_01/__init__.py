"""What lecture 01 needs besides the topic: only its notebook imports it."""
