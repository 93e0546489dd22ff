"""What lecture 08 times and counts: one generated token after a context, what must be kept for it, and what a form of
the engine writes to memory."""

import statistics
import time
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ... import models, runtime
from ...models.attention import Cache
from ..engine import chunkwise
from ..mixer import LinearAttention
from ..zoo import ZOO, draw

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


def bytes_written(L: int, row: str) -> tuple[int, int]:
    """Bytes of float32 that L tokens of one head of 64 channels take to memory, forward: all that the operations of the
    engine's chunks return, and what has to be written in any case if scores and decays stay on the chip: outputs, and
    the state of each chunk of 64 tokens."""
    inputs = draw(ZOO[row], (1,), L, 64, 64, torch.Generator().manual_seed(0), torch.float32)
    with torch.no_grad(), _Written() as written:
        chunkwise(ZOO[row](**inputs), chunk=64)
    return written.total, 4 * (L * 64 + (L // 64 + 1) * 64 * 64)


class _Written(TorchDispatchMode):
    """Counts the bytes of tensors that operations return, but for views of what they are given."""

    total = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        tensors = lambda tree: [x for x in tree_leaves(tree) if isinstance(x, Tensor)]
        given = {x.untyped_storage().data_ptr() for x in tensors((args, kwargs))}
        self.total += sum(x.nbytes for x in tensors(result) if x.untyped_storage().data_ptr() not in given)
        return result


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
