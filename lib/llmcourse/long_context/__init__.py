"""Does a long context work?: not written."""
