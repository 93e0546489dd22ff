"""The pictures of lecture 11: not written. Each takes what was measured and draws it; none measures anything."""
