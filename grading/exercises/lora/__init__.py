"""Lab 03, LoRA and other adapters: the private halves of its exercises."""
