"""Answers: drawn in batches, with their log-probabilities, and with a mask that ends where the answer ends.

    tokens   (B, L)     prompts and answers, padded on the right
    logits   (B, L, V)  logits at position t predict token t + 1
    answers  (B, T)     what the policy wrote after its prompt
    mask     (B, T)     1.0 up to and including the end token, 0.0 after it
    end                 the token that ends an answer; None: every answer has T tokens

Everything is a function of logits, so that it fits the small GPT as well as a pretrained model.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from llmcourse.models import LanguageModel


class Rollout(NamedTuple):
    """Answers (B, T) with the log-probability of each token when it was drawn, (B, T), 0 after the end, and mask."""

    answers: Tensor
    log_probs: Tensor
    mask: Tensor


class Packed(NamedTuple):
    """Tokens (B, L), and a mask (B, L) that is 1.0 on the answers' tokens."""

    tokens: Tensor
    mask: Tensor


def pack(
    prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]], pad: int, context: int | None = None
) -> Packed:
    """Prompts with their answers as one batch, padded on the right, where a causal model does not see it.

    Raises ValueError for an empty prompt or answer, and for a text that is longer than the context.
    """
    for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        if not len(prompt) or not len(answer):
            what = "answer" if len(prompt) else "prompt"
            raise ValueError(f"The {what} of row {row} is empty: there is no token to score.")
        if context and len(prompt) + len(answer) > context:
            raise ValueError(
                f"Row {row} has {len(prompt)} + {len(answer)} tokens, and the context holds {context}. Cut the prompt, "
                "or leave the pair out: half an answer has another reward."
            )
    width = max(len(p) + len(a) for p, a in zip(prompts, answers))
    tokens, mask = torch.full((len(prompts), width), pad), torch.zeros(len(prompts), width)
    for row, (prompt, answer) in enumerate(zip(prompts, answers)):
        end = len(prompt) + len(answer)
        tokens[row, :end] = torch.tensor([*prompt, *answer])
        mask[row, len(prompt) : end] = 1.0
    return Packed(tokens, mask)


def token_log_probs(logits: Tensor, tokens: Tensor) -> Tensor:
    """log pi of every token but the first given those before it: (..., L, V) and (..., L) to (..., L - 1)."""
    dtype = torch.promote_types(logits.dtype, torch.float32)  # in bfloat16 a likely word's log-probability would be 0
    of_next = logits[..., :-1, :].log_softmax(-1, dtype=dtype)  # the last position predicts what nobody wrote
    return of_next.gather(-1, tokens[..., 1:, None])[..., 0]


def answer_log_probs(logits: Tensor, tokens: Tensor, mask: Tensor) -> Tensor:
    """log pi(answer | prompt), a sum over the tokens that the mask marks: logits (..., L, V) to (...).

    Raises ValueError for an empty answer, and where an answer begins with the first token, which nothing predicts.
    """
    not_empty(mask)
    if mask[..., 0].any():
        raise ValueError("An answer begins at position 0, and no logits predict that token. Put a prompt before it.")
    return torch.where(mask[..., 1:] > 0, token_log_probs(logits, tokens), 0.0).sum(-1)


def log_ratio(logits: Tensor, ref_logits: Tensor, tokens: Tensor) -> Tensor:
    """log pi - log pi_ref of every token but the first, (..., L - 1). Raises ValueError for unequal vocabularies."""
    if logits.shape[-1] != ref_logits.shape[-1]:
        raise ValueError(
            f"The policy knows {logits.shape[-1]} tokens and the reference {ref_logits.shape[-1]}: token 7 of one is "
            "not token 7 of the other. The reference has to be the model that the policy began as."
        )
    return token_log_probs(logits, tokens) - token_log_probs(ref_logits, tokens)


def until_end(answers: Tensor, end: int | None) -> Tensor:
    """The mask of answers (..., T): 1.0 up to and including the first end token."""
    if end is None:
        return torch.ones(answers.shape, device=answers.device)
    ended = (answers == end).cumsum(-1)
    return (ended - (answers == end).long() == 0).float()  # ends before this token: none


def is_last(mask: Tensor) -> Tensor:
    """1.0 at the last token that the mask marks, else 0.0: (..., T) to (..., T)."""
    after = mask.flip(-1).cumsum(-1).flip(-1)  # how many are marked from here on
    return ((mask > 0) & (after == 1)).to(mask.dtype)


@torch.no_grad()
def rollout(
    policy: LanguageModel, prompts: Tensor, length: int, generator: Generator, end: int | None = None,
    temperature: float = 1.0,
) -> Rollout:  # fmt: skip
    """Answers of at most `length` tokens to prompts (B, L) of equal length, one token at a time for the whole batch.

    log_probs are those of the policy at temperature 1, which a later update compares with, whatever they were drawn at.
    Raises ValueError for an empty prompt, and for a length or temperature that is not positive.
    """
    if not prompts.shape[1] or length < 1 or not temperature > 0:
        raise ValueError("A rollout needs a prompt of one token at least, a length of 1 and a positive temperature.")
    logits, state = policy(prompts)
    drawn, log_probs = [], []
    alive = torch.ones(len(prompts), dtype=torch.bool, device=prompts.device)
    for _ in range(length):
        last = logits[:, -1].float()
        token = torch.multinomial((last / temperature).softmax(-1).cpu(), 1, generator=generator).to(prompts.device)
        drawn.append(token)
        log_probs.append(last.log_softmax(-1).gather(-1, token))
        alive = alive & (token[:, 0] != end) if end is not None else alive
        if not alive.any():
            break
        logits, state = policy(token, state)
    answers = torch.cat(drawn, dim=1)
    mask = until_end(answers, end)
    return Rollout(answers, torch.cat(log_probs, dim=1) * mask, mask)


def not_empty(mask: Tensor) -> None:
    """Raises ValueError where a row of a mask (..., T) marks no token."""
    empty = (mask > 0).sum(-1) == 0
    if empty.any():
        raise ValueError(f"{int(empty.sum())} of {empty.numel()} answers are empty: their masks mark no token.")
