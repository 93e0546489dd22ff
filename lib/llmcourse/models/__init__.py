"""Models: a small GPT that takes its mixer as a factory, its training loop and its alphabet; and real models.

gpt         the model; it imports no topic: a topic passes its mixer in
attention   softmax attention, the mixer that everything is compared with
training    one training loop
tokenizers  characters as tokens
pretrained  real models: continue prompts, score given words, embed sentences
tuning      real models: learn answers to prompts
weights     where their weights come from
"""

from .attention import SoftmaxAttention
from .gpt import GPT, Block, LanguageModel
from .pretrained import Embedder, Past, Score, TextModel, embedder, load
from .tokenizers import CharTokenizer
from .training import History, cross_entropy, perplexity, random_batches, train
from .tuning import answer_batch, answer_batches, answer_loss, answered
from .weights import NoWeights

__all__ = [
    "GPT",
    "Block",
    "CharTokenizer",
    "Embedder",
    "History",
    "LanguageModel",
    "NoWeights",
    "Past",
    "Score",
    "SoftmaxAttention",
    "TextModel",
    "answer_batch",
    "answer_batches",
    "answer_loss",
    "answered",
    "cross_entropy",
    "embedder",
    "load",
    "perplexity",
    "random_batches",
    "train",
]
