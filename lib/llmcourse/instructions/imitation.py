"""The imitation critique: a student that imitates learns how a teacher sounds, and not what it knows.

    style    a classifier of *form*, between texts of the teacher and of the student before it imitated
    facts    the share of held-out questions that are answered right

Gudibande et al. 2023, "The False Promise of Imitating Proprietary LLMs": raters like imitation models as much as
ChatGPT, while their factuality does not rise with the amount of imitation data (sections 4.2 and 4.3). Departs from it:
a classifier stands for the raters, and facts are from the Factbook.
"""

import math
import re
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .rouge import words
from .schema import Instance, right

MARKS = {  # form, not content: what stands where, and how long things are
    "words": lambda text: math.log1p(len(text.split())),
    "words a sentence": lambda text: math.log1p(len(text.split()) / max(1, len(re.findall(r"[.!?](?:\s|$)", text)))),
    "lines": lambda text: math.log1p(text.strip().count("\n")),
    "list items": lambda text: math.log1p(len(re.findall(r"(?m)^\s*(?:[-*]|\d+[.)])\s+\S", text))),
    "begins with a capital": lambda text: float(bool(re.match(r"\s*[A-Z]", text))),
    "ends a sentence": lambda text: float(bool(re.search(r"[.!?][\"')]?\s*$", text))),
    "colons": lambda text: text.count(":") / max(1, len(text.split())),
    "commas": lambda text: text.count(",") / max(1, len(text.split())),
    "figures": lambda text: len(re.findall(r"\d+", text)) / max(1, len(text.split())),
    "different words": lambda text: len(set(words(text))) / max(1, len(words(text))),
    "longest run": lambda text: repetition(words(text)),
}


def repetition(tokens: Sequence[str]) -> float:
    """The share of words that repeat the word before them, or the pair before them: what empty text is full of."""
    if len(tokens) < 2:
        return 0.0
    pairs = {i for i in range(2, len(tokens) - 1) if tokens[i - 2 : i] == tokens[i : i + 2]}
    again = pairs | {i for i in range(1, len(tokens)) if tokens[i] == tokens[i - 1]}
    return len(again) / (len(tokens) - 1)


def features(texts: Sequence[str]) -> Tensor:
    """(N, features), float64, as they come. Raises ValueError for an empty text."""
    if any(not text.strip() for text in texts):
        raise ValueError("A text is empty: it has no style.")
    return torch.tensor([[mark(text) for mark in MARKS.values()] for text in texts], dtype=torch.float64)


class Style:
    """Logistic regression on standardised marks: P(the text is the teacher's)."""

    def __init__(self, weight: Tensor, bias: Tensor, mean: Tensor, scale: Tensor):
        self.weight, self.bias, self.mean, self.scale = weight, bias, mean, scale

    @classmethod
    def fit(cls, teacher: Sequence[str], others: Sequence[str], ridge: float = 1.0, steps: int = 30) -> "Style":
        """By Newton's method, to convergence: the optimum is unique with ridge > 0. Raises ValueError for a side with
        fewer than two texts."""
        if min(len(teacher), len(others)) < 2:
            raise ValueError(f"There are {len(teacher)} texts of the teacher and {len(others)} others; two each.")
        x = features([*teacher, *others])
        y = torch.cat([torch.ones(len(teacher)), torch.zeros(len(others))]).double()
        mean, scale = x.mean(0), x.std(0).clamp(min=1e-6)
        z = torch.cat([(x - mean) / scale, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
        penalty = ridge * torch.eye(z.shape[1], dtype=x.dtype)
        penalty[-1, -1] = 0.0  # the bias is free
        w = torch.zeros(z.shape[1], dtype=x.dtype)
        for _ in range(steps):
            p = (z @ w).sigmoid()
            gradient = z.T @ (p - y) + penalty @ w
            hessian = (z * (p * (1 - p))[:, None]).T @ z + penalty + 1e-9 * torch.eye(len(w), dtype=x.dtype)
            w = w - torch.linalg.solve(hessian, gradient)
        return cls(w[:-1], w[-1], mean, scale)

    def score(self, texts: Sequence[str]) -> Tensor:
        """(N,) the probability that each is the teacher's."""
        return (((features(texts) - self.mean) / self.scale) @ self.weight + self.bias).sigmoid()

    def loss(self, texts: Sequence[str], teachers: Sequence[bool]) -> float:
        """Mean negative log-likelihood, in nats."""
        return F.binary_cross_entropy(self.score(texts), torch.tensor(teachers, dtype=torch.float64)).item()


def facts(questions: Sequence[Instance], answers: Sequence[str]) -> float:
    """The share of answers that are right, or contain an accepted output as whole words."""
    if len(questions) != len(answers) or not questions:
        raise ValueError(f"There are {len(questions)} questions and {len(answers)} answers.")
    return sum(right(q, a) or _contains(q, a) for q, a in zip(questions, answers)) / len(questions)


def _contains(question: Instance, answer: str) -> bool:
    said = f" {' '.join(words(answer))} "
    return any(f" {' '.join(words(y))} " in said for y in question.output if words(y))
