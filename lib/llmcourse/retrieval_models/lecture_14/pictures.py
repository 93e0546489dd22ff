"""The pictures of lecture 14: not written. Each takes what was measured and draws it; none measures anything."""
