"""The claims of lecture 06, each with its bounds, and what became of them: not written."""
