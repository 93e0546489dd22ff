"""What lecture 08 needs besides the topic: only its notebook imports it."""
