"""A stand-in for what Colab puts beside a notebook: only what the course calls."""
