"""What lecture 04 needs besides the topic: only its notebook imports it."""
