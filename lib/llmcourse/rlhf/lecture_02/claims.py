"""The claims of lecture 02, each with its bounds, and what became of them: not written."""
