"""The claims of lecture 14, each with its bounds, and what became of them: not written."""
