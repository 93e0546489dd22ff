"""Every method against the exact optimum: who arrives, how fast, and who goes somewhere else.

World      texts of a few letters, a reference policy, a reward, and beta: pi* is known
learn      trains a policy by one of METHODS, with samples as it would have them, and measures it exactly
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from llmcourse import records

from .direct import dpo_loss
from .enumeration import TablePolicy, kl, objective, optimum
from .group import group_advantages, grpo_loss, rloo_loss
from .penalty import token_rewards
from .ppo import gae, policy_loss, value_loss, whiten


class World(NamedTuple):
    """A reference policy over all texts of L letters, the reward of each text (A^L,), and beta."""

    reference: TablePolicy
    r: Tensor
    beta: float

    @property
    def log_ref(self) -> Tensor:
        return self.reference.log_probs().detach()

    @property
    def log_best(self) -> Tensor:
        return optimum(self.log_ref, self.r, self.beta)


def world(seed: int, A: int = 5, L: int = 4, beta: float = 0.5) -> World:
    """A random reference, and a reward that likes two letters, dislikes repetitions, and has whims."""
    generator = torch.Generator().manual_seed(seed)
    blank = TablePolicy(A, L)
    reference = TablePolicy(A, L, torch.randn(blank.logits.shape, generator=generator))
    y = blank.texts
    liked = (y == 1).sum(1) + 0.5 * (y == min(3, A - 1)).sum(1)
    repeated = (y[:, 1:] == y[:, :-1]).sum(1)
    return World(reference, liked - repeated + 0.5 * torch.randn(len(y), generator=generator), beta)


@dataclass(frozen=True)
class Measured:
    """A policy, measured exactly. missing = KL(pi || pi*), spent = KL(pi || pi_ref), and J."""

    step: int
    missing: float
    spent: float
    J: float


def measure(policy: TablePolicy, w: World, step: int) -> Measured:
    log_pi = policy.log_probs().detach()
    return Measured(
        step,
        kl(log_pi, w.log_best).item(),
        kl(log_pi, w.log_ref).item(),
        objective(log_pi, w.log_ref, w.r, w.beta).item(),
    )


# ------------------------------------------------------------------ losses, each from samples of its own


Method = Callable[[World, TablePolicy, Generator, int], Iterator[Tensor]]  # yields the loss of the policy as it is


def _drawn(w: World, policy: TablePolicy, generator: Generator, batch: int) -> tuple[Tensor, Tensor, Tensor]:
    """Texts, and log pi and log pi_ref of their letters: (batch,), (batch, L) twice."""
    y = policy.sample(batch, generator)
    return y, policy.token_log_probs()[y].detach(), w.reference.token_log_probs()[y].detach()


def _paid(w: World, y: Tensor, now: Tensor, ref: Tensor) -> Tensor:
    """The reward of texts with what their KL costs taken off: (batch,), without a gradient."""
    return w.r[y] - w.beta * (now - ref).sum(1)


def exact(w: World, policy: TablePolicy, generator: Generator, batch: int) -> Iterator[Tensor]:
    """The gradient of J itself, over all texts: what the others estimate."""
    while True:
        yield -objective(policy.log_probs(), w.log_ref, w.r, w.beta)


def reinforce(w: World, policy: TablePolicy, generator: Generator, batch: int) -> Iterator[Tensor]:
    """-R log pi, without a baseline; R has the KL in it."""
    while True:
        y, now, ref = _drawn(w, policy, generator, batch)
        yield -(_paid(w, y, now, ref) * policy.log_probs()[y]).mean()


def rloo(w: World, policy: TablePolicy, generator: Generator, batch: int) -> Iterator[Tensor]:
    """The same with the mean of the others as the baseline."""
    while True:
        y, now, ref = _drawn(w, policy, generator, batch)
        yield rloo_loss(policy.log_probs()[y], _paid(w, y, now, ref))


def grpo(kl_in: str, scale: bool) -> Method:
    """GRPO with the KL in the "reward" or, as published, as k3 in the "loss"; `scale`: divided by the deviation."""

    def losses(w: World, policy: TablePolicy, generator: Generator, batch: int) -> Iterator[Tensor]:
        while True:
            y, now, ref = _drawn(w, policy, generator, batch)
            R = _paid(w, y, now, ref) if kl_in == "reward" else w.r[y]
            A = group_advantages(R, scale)
            price = 0.0 if kl_in == "reward" else w.beta
            every = torch.ones_like(now)
            yield grpo_loss(policy.token_log_probs()[y], now, ref, A, every, price)

    return losses


def ppo(white: bool = False, epochs: int = 4) -> Method:
    """PPO: the KL at every letter, a critic that is a table as well, four epochs on each batch."""

    def losses(w: World, policy: TablePolicy, generator: Generator, batch: int) -> Iterator[Tensor]:
        critic = nn.Parameter(torch.zeros(len(policy.logits)))
        teacher = torch.optim.Adam([critic], lr=0.1)
        while True:
            y, now, ref = _drawn(w, policy, generator, batch)
            every, states = torch.ones_like(now), policy.prefixes[y]
            was = critic[states].detach()
            A, returns = gae(token_rewards(w.r[y], now, ref, every, w.beta), was, every)
            A = whiten(A, every) if white else A
            for _ in range(epochs):
                yield policy_loss(policy.token_log_probs()[y], now, A, every)
                teacher.zero_grad()
                value_loss(critic[states], was, returns, every, epsilon=torch.inf).backward()
                teacher.step()

    return losses


def dpo(pairs: int, certain: bool = False) -> Method:
    """DPO on a fixed set of pairs, labelled once by Bradley-Terry; `certain`: with probabilities for labels."""

    def losses(w: World, policy: TablePolicy, generator: Generator, batch: int) -> Iterator[Tensor]:
        first, second = w.reference.sample(pairs, generator), w.reference.sample(pairs, generator)
        p = torch.sigmoid(w.r[first] - w.r[second])
        mu = p if certain else (torch.rand(pairs, generator=generator) < p).float()
        log_ref = w.log_ref
        while True:
            k = torch.randint(pairs, (batch,), generator=generator)
            a, b, m = first[k], second[k], mu[k]
            log_pi = policy.log_probs()
            yield dpo_loss(log_pi[a], log_pi[b], log_ref[a], log_ref[b], w.beta, m)

    return losses


METHODS: dict[str, Method] = {
    "exact gradient": exact,
    "REINFORCE": reinforce,
    "RLOO": rloo,
    "GRPO, KL in the reward": grpo("reward", scale=True),
    "GRPO, KL in the reward, no scale": grpo("reward", scale=False),
    "GRPO, k3 in the loss": grpo("loss", scale=True),
    "GRPO, k3 in the loss, no scale": grpo("loss", scale=False),
    "PPO": ppo(),
    "PPO, whitened": ppo(white=True),
    "DPO, 500 pairs": dpo(500),
    "DPO, 2,000 pairs": dpo(2000),
    "DPO, 20,000 pairs": dpo(20_000),
    "DPO, 200,000 pairs": dpo(200_000),
    "DPO, 20,000 pairs, probabilities": dpo(20_000, certain=True),
}


def learn(
    method: Method, w: World, steps: int, seed: int, at: Sequence[int] = (), batch: int = 64, lr: float = 0.05
) -> list[Measured]:
    """Train a copy of the reference, and measure it before the first batch, after those in `at`, and after the last.

    steps  updates of the policy; the learning rate falls to 0 in a line
    """
    generator = torch.Generator().manual_seed(seed)
    policy = TablePolicy(w.reference.A, w.reference.L, w.reference.logits)
    optimiser = torch.optim.Adam(policy.parameters(), lr)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / steps)
    measured, losses = [measure(policy, w, 0)], method(w, policy, generator, batch)
    for step in range(1, steps + 1):
        loss = next(losses)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step in at or step == steps:
            measured.append(measure(policy, w, step))
    return measured


BATCHES, EPOCHS = 1000, 4


@records.record("02_optimum")
def record_optimum(seeds: int = 5) -> dict:
    """Every method for 1,000 batches in worlds of its own seed; PPO makes four steps on each. DPO's batches have 256
    pairs, so that its largest set is seen once, and the others' 64 texts."""
    runs = []
    for name, method in METHODS.items():
        each = EPOCHS if name.startswith("PPO") else 1
        at = [each * batches for batches in (50, 200)]
        size = 256 if name.startswith("DPO") else 64
        for seed in range(seeds):
            measured = learn(method, world(seed), each * BATCHES, seed, at, batch=size)
            kept = [[m.step // each, *(round(v, 4) for v in (m.missing, m.spent, m.J))] for m in measured]
            runs.append({"method": name, "seed": seed, "measured": kept})
    best = [measure_best(world(seed)) for seed in range(seeds)]
    return {"beta": world(0).beta, "columns": ["batches", "missing", "spent", "J"], "best": best, "runs": runs}


def measure_best(w: World) -> dict[str, float]:
    """The optimum's own KL from the reference, and J*."""
    spent, J = kl(w.log_best, w.log_ref), objective(w.log_best, w.log_ref, w.r, w.beta)
    return {"spent": round(spent.item(), 4), "J": round(J.item(), 4)}
