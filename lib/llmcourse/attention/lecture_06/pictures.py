"""The pictures of lecture 06: not written. Each takes what was measured and draws it; none measures anything."""
