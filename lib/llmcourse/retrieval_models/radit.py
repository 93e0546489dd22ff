"""RA-DIT: a language model learns to read what was retrieved, and the retriever learns what it likes to read.

    x, y    question and answer               c   a passage, put before the question
    s       (..., K)     relevance of K passages: p_R(c | x) = softmax(s)
    log_py  (..., K)     log p_LM(y | c, x)
    logits  (..., K, L, V)   of the next token, one row for each passage

Lin et al. 2024, "RA-DIT", eqs. 1 to 5, after Shi et al. 2023, "REPLUG".
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def prompt(question: str, passage: str) -> str:
    """What the reader is given: one passage. Raises ValueError for an empty one."""
    if not passage.strip():
        raise ValueError("The passage is empty. To ask without one, leave the line out: there is nothing to read.")
    return f"Background: {passage}\n\nQuestion: {question}\nAnswer:"


def parallel(question: str, answer: str, passages: Sequence[str]) -> list[tuple[str, str]]:
    """An example for every passage (eq. 2): each is read by itself, and wrong ones teach not to trust them blindly.

    Pairs (prompt, answer) for `models.answer_batch`, whose loss is at the answer alone.
    """
    return [(prompt(question, passage), f" {answer}\n") for passage in passages]


def lsr_targets(log_py: Tensor, tau: float) -> Tensor:
    """p_LSR(c | x, y), (..., K) = softmax(p_LM(y | c, x) / tau): eq. 4, of probabilities, not of their logarithms."""
    return (log_py.exp() / tau).softmax(-1)


def lsr_loss(s: Tensor, log_py: Tensor, tau: float) -> Tensor:
    """KL(p_R || p_LSR), (...,), eq. 5: the retriever's choice moves to passages with which the answer is likely.

    The language model is the teacher: no gradient reaches log_py.
    """
    log_target = (log_py.detach().exp() / tau).log_softmax(-1)
    log_pr = s.log_softmax(-1)
    return (log_pr.exp() * (log_pr - log_target)).sum(-1)


def mixture(s: Tensor, logits: Tensor) -> Tensor:
    """log p(next token | x), (..., L, V): readers of K passages, weighted by p_R(c | x): eq. 1, token by token.

    The probabilities are mixed, not the logits: a reader that is sure is heard even if the others disagree.
    """
    return (s.log_softmax(-1)[..., None, None] + logits.log_softmax(-1)).logsumexp(-3)


def mixture_log_prob(s: Tensor, log_py: Tensor) -> Tensor:
    """log p(y | x), (...,), of a whole answer: eq. 1. Not what `mixture` gives token by token: here a reader that
    predicted the first words well has more weight in the next ones."""
    return (s.log_softmax(-1) + log_py).logsumexp(-1)


@torch.no_grad()
def answer(lm, question: str, passages: Sequence[str], s: Tensor, tokens: int = 16) -> str:
    """Greedy decoding by the mixture: every passage is read by a copy of the model, and all write the same word.

    lm is a `models.TextModel`. Ends before a line break. Raises ValueError unless there is a score for each passage.
    """
    if len(passages) != len(s) or not len(passages):
        raise ValueError(f"There are {len(passages)} passages and {len(s)} scores. Give one score for each passage.")
    x = lm.tokenizer([prompt(question, c) for c in passages], return_tensors="pt", padding=True).to(lm.device)
    rows, mask, written = x["input_ids"], x["attention_mask"], []
    for _ in range(tokens):
        logits = lm.model(rows, attention_mask=mask, use_cache=False, logits_to_keep=1).logits.float()  # (K, 1, V)
        token = mixture(s.to(logits), logits).argmax(-1)  # (1,)
        if token.item() == lm.tokenizer.eos_token_id or "\n" in lm.tokenizer.decode(token):
            break
        written.append(token.item())
        rows = torch.cat([rows, token.expand(len(rows), 1)], 1)
        mask = torch.cat([mask, torch.ones_like(mask[:, :1])], 1)
    return lm.tokenizer.decode(written).strip()
