"""The claims of lecture 04, each with its bounds, and what became of them: not written."""
