"""Fine-tuning a real language model on prompts with answers: prompts are read, answers are learned.

    pairs    (prompt, answer) as texts, tokenised separately
    tokens   (B, L)   prompt and answer, padded on the right, where a causal model does not see it
    targets  (B, L)   the next token where it belongs to the answer, else IGNORED

`training.train` runs the loop: `train(lm.model, answer_batches(lm, pairs, 16, generator), steps, loss=answer_loss)`.
"""

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from .pretrained import TextModel
from .training import Batch

IGNORED = -100  # cross_entropy's own mark for targets that do not count


def answer_batch(lm: TextModel, pairs: Sequence[tuple[str, str]]) -> Batch:
    """Tokens and targets (B, L) of some pairs, where the model is. Raises ValueError for an empty prompt or answer."""
    encoded = [(lm.encode(prompt), lm.encode(answer)) for prompt, answer in pairs]
    if any(not prompt or not answer for prompt, answer in encoded):
        raise ValueError("A prompt or an answer is empty: there is nothing to ask, or nothing to learn.")
    width = max(len(prompt) + len(answer) for prompt, answer in encoded)
    tokens = torch.full((len(pairs), width), lm.tokenizer.pad_token_id)
    targets = torch.full((len(pairs), width), IGNORED)
    for row, (prompt, answer) in enumerate(encoded):
        end = len(prompt) + len(answer)
        tokens[row, :end] = torch.tensor(prompt + answer)
        targets[row, len(prompt) - 1 : end - 1] = torch.tensor(answer)
    return tokens.to(lm.device), targets.to(lm.device)


def answer_batches(
    lm: TextModel, pairs: Sequence[tuple[str, str]], batch: int, generator: Generator
) -> Iterator[Batch]:
    """An endless stream of batches, each drawn afresh from all pairs, without repetition within a batch."""
    while True:
        chosen = torch.randperm(len(pairs), generator=generator)[:batch]
        yield answer_batch(lm, [pairs[i] for i in chosen.tolist()])


def answer_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Mean negative log-likelihood of the answers' tokens, in nats.

    The head, a quarter of a small model's work, is evaluated only at the answers' tokens.
    """
    tokens, targets = batch
    hidden = model.base_model(tokens, use_cache=False).last_hidden_state  # (B, L, d)
    counted = targets != IGNORED
    logits = model.get_output_embeddings()(hidden[counted])  # (answers' tokens, V)
    return F.cross_entropy(logits.float(), targets[counted])


def answered(lm: TextModel, pairs: Sequence[tuple[str, str]], batch: int = 32) -> float:
    """The share of pairs whose answer the model would write token for token under greedy decoding."""
    return sum(score.greedy for score in lm.score(pairs, batch=batch)) / len(pairs)
