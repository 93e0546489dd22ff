"""A bridge between retriever and reader: a small seq2seq model that picks passages and puts them in order.

    q (d,), p (k, d)   vectors of question and retrieved passages      z_1 z_2 ...   places of passages, then "end"
    h_t                decoder's state after t picks

Retrievers rank for people, but what helps a language model to the answer is another matter: which passages, in which
order, how many. So learn it from the reader, in two steps:

    supervised   silver sequences by greedy search: add the passage with which the reader's score grows most, while any
                 does; then -log p(silver | q, p)
    reward       sampled sequences, weighted by the reader's score minus a baseline: REINFORCE

Ke et al. 2024, "Bridging the Preference Gap between Retrievers and LLMs" (BGM), section 3. Departs from the paper: a
pointer over passage vectors (Vinyals et al. 2015) with a GRU, small enough to train in seconds, and plain REINFORCE for
the reward.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations

import torch
from torch import Generator, Tensor, nn

from .trace import Tools, Trace

Score = Callable[[tuple[int, ...]], float]  # what reading these passages, in this order, is worth


def greedy_silver(score: Score, k: int, most: int = 5, least_gain: float = 0.0) -> tuple[int, ...]:
    """A good sequence of places 0 ... k - 1, one at a time: append the best one as long as the score grows by more
    than `least_gain`. At most 1 + k `most` scores are asked for, where all sequences would be about k!."""
    chosen: tuple[int, ...] = ()
    value = score(chosen)
    while len(chosen) < min(most, k):
        options = [(*chosen, i) for i in range(k) if i not in chosen]
        values = [score(option) for option in options]
        best = max(range(len(options)), key=lambda i: values[i])
        if values[best] <= value + least_gain:
            break
        chosen, value = options[best], values[best]
    return chosen


def exhaustive(score: Score, k: int, most: int = 5) -> tuple[int, ...]:
    """The best of all sequences, the shortest of equals: for small k, to see what greedy search misses."""
    sequences = (s for n in range(min(most, k) + 1) for s in permutations(range(k), n))
    return max(sequences, key=lambda s: (score(s), -len(s)))


class Bridge(nn.Module):
    """A pointer network: a GRU that reads what was picked, and points at the next passage or at "end".

    Every passage is picked at most once. d: size of the vectors; width: of the state.
    """

    def __init__(self, d: int, width: int = 64):
        super().__init__()
        self.begin, self.key = nn.Linear(d, width), nn.Linear(2 * d, width)
        self.cell, self.query = nn.GRUCell(d, width), nn.Linear(width, width)
        self.end = nn.Parameter(torch.zeros(width))

    def _start(self, q: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
        """The decoder's first state (width,), and the keys to point at (k + 1, width), of which the last is "end"."""
        keys = torch.cat([self.key(torch.cat([p, p * q], -1)), self.end[None]])
        return self.begin(q).tanh(), keys

    def _next(self, h: Tensor, keys: Tensor, picked: Sequence[int]) -> Tensor:
        """log-probabilities of the next pick, (k + 1,): of each passage that is left, and last of "end"."""
        logits = keys @ self.query(h) / len(h) ** 0.5
        taken = torch.zeros(len(keys), dtype=torch.bool, device=keys.device)
        taken[list(picked)] = True
        return logits.masked_fill(taken, float("-inf")).log_softmax(-1)

    def log_prob(self, q: Tensor, p: Tensor, sequence: Sequence[int], ended: bool = True) -> Tensor:
        """log p(sequence), and of "end" after it unless it was cut off: a scalar."""
        h, keys = self._start(q, p)
        total = keys.new_zeros(())
        for t, i in enumerate(sequence):
            total = total + self._next(h, keys, sequence[:t])[i]
            h = self.cell(p[i], h)
        return total + self._next(h, keys, sequence)[-1] if ended else total

    @torch.no_grad()
    def pick(self, q: Tensor, p: Tensor, most: int = 5, generator: Generator | None = None) -> tuple[int, ...]:
        """A sequence: the likeliest pick each time, or drawn with `generator`."""
        (h, keys), picked = self._start(q, p), ()
        while len(picked) < min(most, len(p)):
            log_p = self._next(h, keys, picked)
            i = int(log_p.argmax() if generator is None else torch.multinomial(log_p.exp(), 1, generator=generator))
            if i == len(p):
                break
            h, picked = self.cell(p[i], h), (*picked, i)
        return picked


Example = tuple[Tensor, Tensor, tuple[int, ...]]  # q (d,), p (k, d), silver sequence


def supervised(bridge: Bridge, examples: Sequence[Example], steps: int, lr: float = 3e-3, batch: int = 16) -> list:
    """Train on silver sequences in turn; the mean loss of each step."""
    optimizer, losses = torch.optim.Adam(bridge.parameters(), lr=lr), []
    for part in _batches(examples, batch, steps):
        loss = -sum(bridge.log_prob(*example) for example in part) / len(part)
        _step(optimizer, loss)
        losses.append(loss.item())
    return losses


def reinforced(
    bridge: Bridge,
    examples: Sequence[tuple[Tensor, Tensor, Score]],
    steps: int,
    generator: Generator,
    lr: float = 1e-3,
    batch: int = 16,
    most: int = 5,
) -> list[float]:
    """Train on the reader's score of sampled sequences, with the batch's mean as baseline; the mean score of each step.

    The sequence that ends because `most` are picked has no "end" to learn, so its last factor is left out.
    """
    optimizer, means = torch.optim.Adam(bridge.parameters(), lr=lr), []
    for part in _batches(examples, batch, steps):
        drawn = [bridge.pick(q, p, most, generator) for q, p, _ in part]
        rewards = torch.tensor([score(z) for (_, _, score), z in zip(part, drawn)])
        ended = [len(z) < min(most, len(p)) for (_, p, _), z in zip(part, drawn)]
        log_p = torch.stack([bridge.log_prob(q, p, z, end) for (q, p, _), z, end in zip(part, drawn, ended)])
        _step(optimizer, -((rewards - rewards.mean()) * log_p).mean())
        means.append(rewards.mean().item())
    return means


def _batches(examples: Sequence, size: int, steps: int) -> Iterator[list]:
    """`steps` batches, in the order of the examples, round and round."""
    for step in range(steps):
        yield [examples[(step * size + i) % len(examples)] for i in range(min(size, len(examples)))]


def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def answer(question: str, corpus: Sequence[str], tools: Tools, k: int = 10) -> Trace:
    """Search widely, let the bridge choose and order, read what is left. Needs `search`, `choose` and `read`.

    When the bridge refuses all passages, the reader answers by heart, and the trace says so.
    """
    trace = Trace("bridge", question, corpus, tools)
    passages = trace.find(question, k)
    chosen = trace.call("choose", [(question, passages)])[0] if passages else ()
    trace.decide(f"read {len(chosen)} of {len(passages)} passages" if chosen else "no passage is worth reading")
    return trace.finish(trace.read([passages[i] for i in chosen]))
