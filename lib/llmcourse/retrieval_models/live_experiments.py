"""What lecture 14 measures while you read: a small world of REALM, targets of RA-DIT, and what a RETRO attends to."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .. import models
from ..data.passages import Passage, Question
from ..retrieval.dense import Dense
from . import experiments
from .experiments import Facts, Retriever, World
from .radit import lsr_targets
from .realm import posterior
from .retro import Retro, attended


def few(every: int = 4) -> tuple[World, list[Passage], list[Question]]:
    """A world of every so many countries: encoding all passages takes a minute. And its passages and test questions."""
    passages, questions = experiments.edition()
    kept = set(sorted({p.title for p in passages})[::every])
    passages = [p for p in passages if p.title in kept]
    number = {p.key: i for i, p in enumerate(passages)}
    questions = [one for one in questions if one.gold[0] in number and one.relation not in experiments.NEW]
    vectors = lambda texts: Dense(models.embedder(), texts).x
    q, gold = vectors([one.text for one in questions]), torch.tensor([number[one.gold[0]] for one in questions])
    log_py = experiments.copying([p.text for p in passages], [one.answers[0] for one in questions])
    parts = {part: [i for i, one in enumerate(questions) if one.split == part] for part in ("dev", "test")}
    train, test = (Facts(q[rows], gold[rows], log_py[rows]) for rows in parts.values())
    return (
        World(vectors([p.text for p in passages]), train, test, test, test),
        passages,
        [questions[i] for i in parts["test"]],
    )


Frames = dict[int, tuple[Tensor, Tensor]]


def watched(
    w: World, which: Callable[[Retriever], int], steps: int, lr: float = 3e-3, frames: int = 10
) -> tuple[int, Frames]:
    """A "latent" retriever learns; step -> p(z | x) and p(z | x, y), (N,) each, of one question of the test.

    which  says which question, given the retriever at the start
    """
    seen: Frames = {}
    asked = which(Retriever(w.x.shape[1], torch.Generator().manual_seed(0)))

    @torch.no_grad()
    def watch(step: int, net: Retriever) -> None:
        log_pz = net(w.test.q[asked : asked + 1], w.x).log_softmax(-1)
        seen[step] = log_pz[0].exp(), posterior(log_pz, w.test.log_py[asked : asked + 1])[0]

    every = max(1, steps // frames)
    run = experiments.learn(
        w, "latent", 0, lr, steps, lambda step, net: watch(step, net) if step % every == 0 else None
    )
    watch(steps, run.retriever)
    return asked, seen


def first_missed(w: World) -> Callable[[Retriever], int]:
    """The first question of the test whose gold passage a retriever does not put first."""

    @torch.no_grad()
    def which(net: Retriever) -> int:
        return int((net(w.test.q, w.x).argmax(1) != w.test.gold).nonzero()[0])

    return which


# ------------------------------------------------------------------ what RA-DIT's retriever is told


@torch.no_grad()
def targets(w: World, k: int = experiments.TOP) -> dict[str, Tensor]:
    """What the reader tells about the k passages that an untrained retriever finds: name -> (Q, k), each sums to 1."""
    s, found = Retriever(w.x.shape[1], torch.Generator().manual_seed(0))(w.train.q, w.x).topk(k, -1)
    log_py = w.train.log_py.gather(1, found)
    return {
        "softmax of p / 0.01": lsr_targets(log_py, 0.01),
        "softmax of p / 0.001": lsr_targets(log_py, 0.001),
        "softmax of log p": log_py.softmax(-1),
        "what the retriever thinks": s.softmax(-1),
    }


def spread(p: Tensor) -> Tensor:
    """Over how many passages a distribution (..., K) is spread, (...,): exp of its entropy, 1 to K."""
    return torch.special.entr(p).sum(-1).exp()


# ------------------------------------------------------------------ what RETRO attends to


@torch.no_grad()
def attention(net: Retro, tokens: Tensor, near: Tensor) -> Tensor:
    """How the tokens of one text (1, L) attend to its neighbours (1, U, k, 2 m): (U, m, 2 k m), the mean of the heads.

    Row i of chunk u is token u m + m - 1 + i, in the first layer that reads. Padding is not masked: give texts without.
    """
    h = net.gpt.embedding(tokens)
    for i, block in enumerate(net.gpt.blocks):
        h = attended(block, h)
        if str(i) in net.readers:
            q, keys, _ = net.readers[str(i)].split(h, net.encoded(h, near))  # (1, H, L, c), (1, U, H, N, c)
            break
        h = h + block.mlp(h)
    U, m = near.shape[1], net.m
    q = F.pad(q[..., m - 1 :, :], (0, 0, 0, U * m - (q.shape[-2] - m + 1))).unflatten(-2, (U, m))  # (1, H, U, m, c)
    scores = q @ keys.transpose(1, 2).mT * q.shape[-1] ** -0.5
    return scores.softmax(-1).mean(1)[0]
