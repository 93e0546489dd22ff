"""The pictures of lecture 13: not written. Each takes what was measured and draws it; none measures anything."""
