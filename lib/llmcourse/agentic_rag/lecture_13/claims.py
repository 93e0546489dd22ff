"""The claims of lecture 13, each with its bounds, and what became of them: not written."""
