"""A stand-in for what Colab gives a notebook: only what the course calls."""
