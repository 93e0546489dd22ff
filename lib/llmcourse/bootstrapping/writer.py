"""A small model that writes: questions in, answers out; pairs in, a fine-tuned model out.

    question  a text such as "47+85="          answer  what is written after it, up to a line break
    pairs     (question, answer)                weight  of a pair in the loss: how often it counts

ReST-EM, STaR and RFT do two things with a model, `write` and `fine_tune`, and know nothing else about it.
"""

import copy
from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from llmcourse import models, runtime
from llmcourse.models import CharTokenizer, LanguageModel

ALPHABET = CharTokenizer("0123456789+=:,()\n")
END, IGNORE = "\n", -100
Pair = tuple[str, str]


def small(seed: int, d: int = 64, layers: int = 2) -> LanguageModel:
    """A GPT of 0.1 million parameters that has learned nothing yet."""
    torch.manual_seed(seed)
    return models.GPT(len(ALPHABET), d, layers, models.SoftmaxAttention).to(runtime.device())


@torch.no_grad()
def write(
    model: LanguageModel, questions: Sequence[str], generator: Generator, length: int, temperature: float = 1.0
) -> list[str]:
    """One answer to each question: drawn, or greedy at temperature 0; at most `length` characters, up to a line break.

    Questions of the same length are read together: a batch without padding.
    """
    device, written = next(model.parameters()).device, [""] * len(questions)
    for size in sorted({len(question) for question in questions}):
        same = [i for i, question in enumerate(questions) if len(question) == size]
        for part in (same[a : a + 2048] for a in range(0, len(same), 2048)):
            tokens = torch.stack([ALPHABET.encode(questions[i]) for i in part]).to(device)  # (B, size)
            out = model.generate(tokens, length, generator, temperature)  # (B, length)
            for i, row in zip(part, out.cpu()):
                written[i] = ALPHABET.decode(row).partition(END)[0]
    return written


def draw(
    model: LanguageModel, questions: Sequence[str], N: int, generator: Generator, length: int, temperature: float = 1.0
) -> list[list[str]]:
    """N answers to each question."""
    flat = write(model, [question for question in questions for _ in range(N)], generator, length, temperature)
    return [flat[i : i + N] for i in range(0, len(flat), N)]


def encode(pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:
    """Inputs and targets (B, L): the answer and its line break are targets, the question and the padding are not."""
    rows = [ALPHABET.encode(question + answer + END) for question, answer in pairs]
    tokens = torch.full((len(rows), max(map(len, rows), default=1)), ALPHABET.number[END])
    targets = torch.full_like(tokens, IGNORE)
    for i, (row, (question, _)) in enumerate(zip(rows, pairs)):
        tokens[i, : len(row)] = row
        targets[i, len(question) : len(row)] = row[len(question) :]
    return tokens[:, :-1], targets[:, 1:]


def log_likelihood(model: LanguageModel, inputs: Tensor, targets: Tensor) -> Tensor:
    """log p(answer | question), (B,), of encoded pairs (B, L), on the model's device."""
    device = next(model.parameters()).device
    logits, _ = model(inputs.to(device))
    return -F.cross_entropy(logits.mT, targets.to(device), ignore_index=IGNORE, reduction="none").sum(-1)


def weighted_loss(model: LanguageModel, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """-J of Algorithm 1, in nats per token: the weighted mean of -log p(y | x) over a batch."""
    inputs, targets, weight = batch
    tokens = (targets != IGNORE).sum(-1)
    return -(weight * log_likelihood(model, inputs, targets)).sum() / (weight * tokens).sum()


def fine_tune(
    model: LanguageModel,
    pairs: Sequence[Pair],
    steps: int,
    generator: Generator,
    weights: Sequence[float] | None = None,
    reward: Callable[[LanguageModel], float] | None = None,
    every: int = 100,
    lr: float = 2e-3,
    batch: int = 96,
    name: str = "",
) -> tuple[LanguageModel, models.History]:
    """A copy of the model, trained on the pairs. With `reward`, the weights that had the highest one on the way.

    Raises ValueError when there is nothing to learn from.
    """
    if not pairs:
        raise ValueError("There are no pairs to train on: no sample was accepted. Draw more, or use a better model.")
    tuned, best = copy.deepcopy(model), {"reward": -1.0, "state": None}

    def validate(model: LanguageModel) -> float:
        value = reward(model)
        if value > best["reward"]:
            best.update(reward=value, state=copy.deepcopy(model.state_dict()))
        return value

    history = models.train(
        tuned, _batches(encode(pairs), weights, batch, generator), steps, lr=lr, warm_up=min(50, steps // 4 + 1),
        loss=weighted_loss, validate=validate if reward else None, every=every, name=name,
    )  # fmt: skip
    if best["state"]:
        tuned.load_state_dict(best["state"])
    return tuned, history


def _batches(encoded, weights, size: int, generator: Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    inputs, targets = encoded
    weights = torch.ones(len(inputs)) if weights is None else torch.as_tensor(weights, dtype=torch.float32)
    while True:
        chosen = torch.randint(0, len(inputs), (size,), generator=generator)
        yield inputs[chosen], targets[chosen], weights[chosen]
