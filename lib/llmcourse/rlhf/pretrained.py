"""A causal model of transformers with the interface of this course's own: `logits, state = model(tokens, state)`.

So `rollout` draws from SmolLM2 as it does from a small GPT, and returns the log-probabilities that an update needs.
"""

from torch import Tensor, nn

from llmcourse.models import LanguageModel


class Pretrained(LanguageModel):
    """state is the cache of keys and values; it grows in place, so that a text is continued once."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor, state=None) -> tuple[Tensor, object]:
        """tokens (B, L) after `state` -> logits (B, L, V), and the state after them."""
        out = self.model(tokens, past_key_values=state, use_cache=True)
        return out.logits, out.past_key_values
