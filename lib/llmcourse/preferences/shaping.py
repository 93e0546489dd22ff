"""Reward shaping on a grid: help that leaves the best policy alone, and help that does not.

    s          cells of a size x size grid, numbered row by row; start in one corner, goal in the other
    a          right, left, down, up; a step into the wall stays put
    R          1 for the step that reaches the goal, else 0
    Phi        (S,)  a potential: how promising a cell is; 0 at the goal, where nothing follows
    discount   gamma of reinforcement learning (the deck uses gamma for ratings)

Ng, Harada and Russell 1999: R + discount Phi(s') - Phi(s) has the same best policies as R. Wiewiora 2003, 2010:
learning with it from Q = 0 is, step for step, learning without it from Q = Phi.
"""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

Extra = Callable[[int, int], float]  # what is paid on top, for a step from cell s to cell s'
MOVES = ((0, 1), (0, -1), (1, 0), (-1, 0))


def grid(size: int) -> tuple[Tensor, Tensor]:
    """Where each action leads, (S, 4), and how many steps each cell is from the goal, (S,)."""
    cells = torch.arange(size * size)
    row, column = cells // size, cells % size
    ends = [(row + d).clamp(0, size - 1) * size + (column + e).clamp(0, size - 1) for d, e in MOVES]
    return torch.stack(ends, dim=1), 2 * (size - 1) - row - column


def potential(size: int) -> Tensor:
    """1 - distance / (2 size - 1), and 0 at the goal, where the episode ends: (S,)."""
    far = grid(size)[1].double()
    return torch.where(far == 0, 0.0, 1 - far / (2 * size - 1))


def shaped(Phi: Tensor, discount: float) -> Extra:
    """Potential-based shaping: discount Phi(s') - Phi(s)."""
    values = Phi.tolist()
    return lambda s, t: discount * values[t] - values[s]


def bonus(far: Tensor, pay: float = 0.05) -> Extra:
    """Pays for each step closer to the goal, and charges nothing for a step back. It looks harmless."""
    values = far.tolist()
    return lambda s, t: pay * (values[t] < values[s])


def plain(s: int, t: int) -> float:
    """Nothing on top."""
    return 0.0


def best_values(size: int, discount: float, extra: Extra = plain, sweeps: int = 3000) -> Tensor:
    """The exact Q (S, 4) of the best policy, by value iteration. The goal ends an episode: Q is 0 there."""
    ends, far = grid(size)
    paid = [[float(far[t] == 0) + extra(s, t) for t in row] for s, row in enumerate(ends.tolist())]
    pay = torch.tensor(paid, dtype=torch.float64)  # (S, 4)
    Q = torch.zeros(size * size, 4, dtype=torch.float64)
    for _ in range(sweeps):
        new = pay + discount * Q.amax(1)[ends]
        new[far == 0] = 0
        if (new - Q).abs().max() < 1e-13:
            break
        Q = new
    return Q


def learn(
    size: int, episodes: int, generator: Generator, extra: Extra = plain, start: Tensor | None = None,
    discount: float = 0.99, rate: float = 0.5, explore: float = 0.1, most: int = 2000,
) -> tuple[list[int], Tensor]:  # fmt: skip
    """Q-learning: steps of each episode, and Q (S, 4) at the end.

    extra  what is paid on top of the reward
    start  values (S,) that Q starts from, or 0
    most   steps after which an episode is abandoned

    The generator is used in the same way whatever is paid, so two learners that choose alike stay alike.
    """
    ends, goal = grid(size)[0].tolist(), size * size - 1
    Q = [[v] * 4 for v in (start.tolist() if start is not None else [0.0] * (size * size))]
    steps = []
    for _ in range(episodes):
        s, t = 0, 0
        chances = iter(torch.rand(2 * most, generator=generator, dtype=torch.float64).tolist())
        while s != goal and t < most:
            best = max(Q[s])
            good = [a for a in range(4) if Q[s][a] > best - 1e-9]  # ties, up to rounding, are broken at random
            wild, which = next(chances) < explore, next(chances)
            a = int(4 * which) if wild else good[int(len(good) * which)]
            new = ends[s][a]
            target = float(new == goal) + extra(s, new) + (0.0 if new == goal else discount * max(Q[new]))
            Q[s][a] += rate * (target - Q[s][a])
            s, t = new, t + 1
        steps.append(t)
    return steps, torch.tensor(Q, dtype=torch.float64)


def walk(Q: Tensor, size: int, most: int = 500) -> list[int]:
    """The cells of the greedy policy from the start, to the goal or to `most` steps."""
    ends, best = grid(size)[0].tolist(), Q.argmax(1).tolist()
    cells = [0]
    while cells[-1] != size * size - 1 and len(cells) <= most:
        cells.append(ends[cells[-1]][best[cells[-1]]])
    return cells
