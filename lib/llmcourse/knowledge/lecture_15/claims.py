"""The claims of lecture 15, each with its bounds, and what became of them: not written."""
