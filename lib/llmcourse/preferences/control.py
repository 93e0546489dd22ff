"""A pole on a cart, and a search for a policy that balances it: small enough for any laptop.

    s       (..., 4)  state: position x, speed, angle theta, angular speed
    a       (...)     action in [-1, 1]: the force on the cart is 10 a newtons
    o       (..., 4)  what the policy sees: s in convenient units
    P, E    policies, episodes per policy

Equations and constants are CartPole-v1's in gymnasium (after Barto, Sutton and Anderson 1983). Three departures: the
force is continuous; an episode has 200 steps whatever happens, since one that ended early would give the reward away
by its length; the reward is 1 for each step after which the pole is upright and the cart is on its track.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor

STEPS = 200
TRACK, LEAN = 2.4, 12 * np.pi / 180  # metres from the middle, radians from upright
HIDDEN = 4
WEIGHTS = 4 * HIDDEN + HIDDEN + HIDDEN + 1
UNITS = np.array([TRACK, 3.0, LEAN, 3.0])


def step(s: np.ndarray, a: np.ndarray) -> np.ndarray:
    """0.02 s later: (..., 4) and (...) to (..., 4)."""
    speed, theta, turn = (s[..., k] for k in (1, 2, 3))
    cos, sin = np.cos(theta), np.sin(theta)
    push = (10 * a + 0.05 * turn * turn * sin) / 1.1
    turning = (9.8 * sin - cos * push) / (0.5 * (4 / 3 - 0.1 * cos * cos / 1.1))
    moving = push - 0.05 * turning * cos / 1.1
    return s + 0.02 * np.stack([speed, moving, turn, turning], axis=-1)


def reward(s: np.ndarray, width: float = 1.0) -> np.ndarray:
    """The true reward: 1 where the pole is upright and the cart is on the track, else 0. (..., 4) to (...).

    width  share of the track and of the lean that pays; a small one makes the reward sparse
    """
    return ((np.abs(s[..., 0]) < width * TRACK) & (np.abs(s[..., 2]) < width * LEAN)).astype(s.dtype)


def closeness(inputs: Tensor) -> Tensor:
    """A smooth reward, by hand: minus the squared distance from the middle and from upright. (..., 5) to (...)."""
    return -inputs[..., 0].square() - inputs[..., 2].square()


def observe(s: np.ndarray) -> np.ndarray:
    """The state in units of what is allowed, clipped at five of them: (..., 4)."""
    return np.clip(s / UNITS, -5, 5)


def act(weights: np.ndarray, o: np.ndarray) -> np.ndarray:
    """Policies of 4 tanh units: weights (P, 25), o (P, E, 4) to actions (P, E) in [-1, 1]."""
    first, bias, second, last = np.split(weights, np.cumsum([4 * HIDDEN, HIDDEN, HIDDEN]), axis=1)
    h = np.tanh(o @ first.reshape(-1, 4, HIDDEN) + bias[:, None])  # (P, E, 4)
    return np.tanh((h @ second[..., None])[..., 0] + last)


@dataclass(frozen=True)
class Behaviour:
    """What policies did: inputs (STEPS, P, E, 5) of observations with the action, true rewards (STEPS, P, E)."""

    inputs: Tensor
    rewards: Tensor

    @property
    def returns(self) -> Tensor:
        """True return of each policy, its mean episode: (P,)."""
        return self.rewards.sum(0).mean(-1)


def rollout(weights: Tensor, episodes: int, generator: Generator, width: float = 1.0) -> Behaviour:
    """Let policies (P, 25) balance in `episodes` episodes each, from states near the middle.

    In numpy: the arrays are small, and a numpy call costs a fraction of a torch call.
    """
    w = weights.double().numpy()
    s = 0.1 * torch.rand(len(w), episodes, 4, generator=generator).double().numpy() - 0.05
    seen, done, after = [], [], []
    for _ in range(STEPS):
        o = observe(s)
        a = act(w, o)
        s = step(s, a)
        seen.append(o)
        done.append(a)
        after.append(s)
        s = np.clip(s, -20, 20)  # the state of a whirling pole would overflow
    inputs = np.concatenate([np.stack(seen), np.stack(done)[..., None]], axis=-1)
    return Behaviour(torch.from_numpy(inputs).float(), torch.from_numpy(reward(np.stack(after), width)).float())


POPULATION, ELITE, SPREAD = 64, 10, 2.0


def search(score: Callable[[Tensor, int], Tensor], iterations: int, generator: Generator) -> Tensor:
    """The cross-entropy method: draw 64 policies from a Gaussian, keep the 10 best, fit the Gaussian to them, repeat.

    score    (weights (64, 25), iteration) to (64,), larger is better
    returns  the mean of the last Gaussian, (25,)

    Some spread is added back in the first four fifths of the iterations; without it the search would settle on the
    first thing that works.
    """
    mean, spread = torch.zeros(WEIGHTS), torch.full((WEIGHTS,), SPREAD)
    for iteration in range(iterations):
        weights = mean + spread * torch.randn(POPULATION, WEIGHTS, generator=generator)
        best = weights[score(weights, iteration).topk(ELITE).indices]
        mean = best.mean(0)
        spread = best.std(0, correction=0) + 0.1 * SPREAD * max(0.0, 1 - iteration / (0.8 * iterations))
    return mean
