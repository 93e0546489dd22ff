"""Characters as tokens: the alphabet is the text's own."""

import torch
from torch import Tensor


class CharTokenizer:
    """Numbers for the characters of a text, in their order in Unicode."""

    def __init__(self, text: str):
        self.alphabet = sorted(set(text))
        self.number = {c: i for i, c in enumerate(self.alphabet)}

    def __len__(self) -> int:
        return len(self.alphabet)

    def encode(self, text: str) -> Tensor:
        """Tokens (L,). Raises ValueError, which names the characters that are not in the alphabet."""
        unknown = sorted(set(text) - self.number.keys())
        if unknown:
            raise ValueError(
                f"These characters are not in the alphabet: {' '.join(map(repr, unknown))}. Leave them out."
            )
        return torch.tensor([self.number[c] for c in text], dtype=torch.long)

    def decode(self, tokens: Tensor) -> str:
        """The text of tokens (L,)."""
        return "".join(self.alphabet[i] for i in tokens.tolist())
