"""Lab 07, "Compressed and chunked attention": the private halves of its exercises."""
