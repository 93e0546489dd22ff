"""The pictures of lecture 02: not written. Each takes what was measured and draws it; none measures anything."""
