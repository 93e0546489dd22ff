"""Models: a small GPT that takes its mixer as a factory, how to train it, and its alphabet.

gpt         the model; it imports no topic room: a room hands its mixer in
attention   softmax attention, the mixer that everything is compared with
training    one training loop
tokenizers  characters as tokens
"""

from .attention import SoftmaxAttention
from .gpt import GPT, Block, LanguageModel
from .tokenizers import CharTokenizer
from .training import History, cross_entropy, perplexity, random_batches, train

__all__ = [
    "GPT",
    "Block",
    "CharTokenizer",
    "History",
    "LanguageModel",
    "SoftmaxAttention",
    "cross_entropy",
    "perplexity",
    "random_batches",
    "train",
]
