"""What the capstone needs besides the topics: only its notebook imports it."""
