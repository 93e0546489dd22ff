"""The claims of lecture 07, each with its bounds, and what became of them: not written."""
