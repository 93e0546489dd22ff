"""A causal model of transformers with the interface of this course's own: `logits, state = model(tokens, state)`.

So `rollout` draws from SmolLM2 as it does from a small GPT, and returns the log-probabilities that an update needs.
"""

import inspect

from torch import Tensor, nn

from llmcourse.models import LanguageModel


class Pretrained(LanguageModel):
    """state is the cache of keys and values; it grows in place, so that a text is continued once.

    keep  for how many positions, counted from the end, there are logits; 0: for all. A rollout reads the last alone,
          and the head is a quarter of a small model's work
    """

    def __init__(self, model: nn.Module, keep: int = 0):
        super().__init__()
        self.model, self.keep = model, keep
        # Version 5.24 of transformers made the name shorter.
        self.cache = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"

    def forward(self, tokens: Tensor, state=None) -> tuple[Tensor, object]:
        """tokens (B, L) after `state` -> logits (B, L or keep, V), and the state after them."""
        out = self.model(tokens, use_cache=True, logits_to_keep=self.keep, **{self.cache: state})
        return out.logits, out[self.cache]
