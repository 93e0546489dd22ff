"""Retrieval inside the model: in its loss, in its layers, in its training.

realm            REALM: the document as a latent variable; the index that lags behind
masking          what REALM learns from: salient spans, inverse cloze
masked_model     its reader, small
chunks           RETRO: chunks with their continuations, and neighbours
cross_attention  RETRO: chunked cross-attention, token by token and at once
retro            RETRO: the model, from scratch or made of a trained GPT
radit            RA-DIT: examples with passages, the retriever's loss, the mixture of readers
"""

from .chunks import Chunks, chunked, neighbours
from .cross_attention import chunked_cross_attention, token_by_token
from .masked_model import MaskedReader
from .masking import in_batch_loss, inverse_cloze, mask_span, salient_spans
from .radit import lsr_loss, lsr_targets, mixture, mixture_log_prob, parallel
from .realm import NULL, Index, candidates, log_marginal, posterior, reward
from .retro import Retro, reading_layers

__all__ = [
    "NULL",
    "Chunks",
    "Index",
    "MaskedReader",
    "Retro",
    "candidates",
    "chunked",
    "chunked_cross_attention",
    "in_batch_loss",
    "inverse_cloze",
    "log_marginal",
    "lsr_loss",
    "lsr_targets",
    "mask_span",
    "mixture",
    "mixture_log_prob",
    "neighbours",
    "parallel",
    "posterior",
    "reading_layers",
    "reward",
    "salient_spans",
    "token_by_token",
]
