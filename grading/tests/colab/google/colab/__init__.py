"""A stand-in for what Colab adds to a notebook: only what the course calls."""
