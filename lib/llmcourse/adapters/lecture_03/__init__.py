"""What lecture 03 needs besides the topic: only its notebook imports it."""
