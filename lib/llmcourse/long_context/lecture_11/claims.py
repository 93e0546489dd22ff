"""The claims of lecture 11, each with its bounds, and what became of them: not written."""
