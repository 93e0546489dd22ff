"""What lecture 08 times: one generated token after a context, and what must be kept for it."""

import statistics
import time
from collections.abc import Sequence

import torch
from torch import Tensor

from ... import models, runtime
from ...models.attention import Cache
from ..mixer import LinearAttention

WIDTH, HEADS = 128, 4


@torch.no_grad()
def tokens(contexts: Sequence[int], rounds: int = 8, repeat: int = 12) -> dict[str, Tensor]:
    """Microseconds of one token after each context, (rounds, contexts), by softmax and by linear attention.

    Each number is the median of `repeat` tokens, one after the other. One thread: a single token leaves nothing to
    share. The cache is preallocated, so that nothing is copied, and a round before the first is thrown away.
    """
    runtime.seed(0)
    softmax, linear = models.SoftmaxAttention(WIDTH, HEADS), LinearAttention(WIDTH, HEADS)
    _, state = linear(torch.randn(1, 300, WIDTH))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    found = {"softmax": [], "linear": []}
    for _ in range(rounds + 1):
        found["softmax"].append([_token(softmax, _cache(context, repeat), repeat) for context in contexts])
        found["linear"].append([_token(linear, state, repeat) for _ in contexts])
    torch.set_num_threads(threads)
    return {name: torch.tensor(times[1:]) for name, times in found.items()}


def bytes_kept(context: int) -> dict[str, int]:
    """What each must keep of a context, in bytes of float32."""
    head = WIDTH // HEADS
    return {"softmax": 4 * 2 * WIDTH * context, "linear": 4 * HEADS * head * (head + 1)}


def _token(mixer, state, repeat: int) -> float:
    x, times = torch.randn(1, 1, WIDTH), []
    for _ in range(repeat):
        start = time.perf_counter()
        _, state = mixer(x, state)
        times.append(1e6 * (time.perf_counter() - start))
    return statistics.median(times)


def _cache(context: int, more: int) -> Cache:
    room = (1, HEADS, context + more, WIDTH // HEADS)
    return Cache(torch.randn(room), torch.randn(room), context, [context])
