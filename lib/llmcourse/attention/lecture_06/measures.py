"""What lecture 06 measures while it is read: costs, receptive fields, the way from a ring to a random graph."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ... import runtime
from ...checks.probes import LargestTensor
from .. import graphs
from ..engine import attend, dense
from ..patterns import Pattern, bigbird, window
from ..rolling import RollingCache
from ..wavenet import DilatedCausalConvolution, WaveNet


def apart(named: Mapping[str, Pattern], L: int) -> dict[str, float]:
    """By pattern: how far output and gradients of the engine are from torch's own attention under the mask, at most."""
    g = torch.Generator().manual_seed(0)
    inputs = [torch.randn(2, L, 16, generator=g, dtype=torch.float64) for _ in range(3)]

    def everything(form: Callable) -> list[Tensor]:
        leaves = [x.clone().requires_grad_() for x in inputs]
        o = form(*leaves)
        return [o, *torch.autograd.grad(o.cos().sum(), leaves)]

    def furthest(pattern: Pattern) -> float:
        mask = pattern.mask(L)
        by_torch = everything(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, mask).nan_to_num(0.0))
        ours = everything(lambda q, k, v: attend(q, k, v, pattern))
        return max((a - b).abs().max().item() for a, b in zip(ours, by_torch))

    return {name: furthest(pattern) for name, pattern in named.items()}


# --- cost


def there_and_back(form: Callable, L: int) -> Callable[[], object]:
    """A call of attention forward and backward, on one head's q, k, v (1, L, 64)."""
    g = torch.Generator().manual_seed(0)
    leaves = [torch.randn(1, 1, L, 64, generator=g).requires_grad_() for _ in range(3)]
    return lambda: torch.autograd.grad(form(*leaves).sum(), leaves)


def costs(lengths: Sequence[int], w: int, shorter: int) -> tuple[dict[str, list[float]], dict[str, list[int]]]:
    """Seconds, and entries of the largest tensor, of full attention and of a window; the former in `shorter` lengths.

    The mask is only asked for its largest tensor, which is the same in any program that makes a matrix of scores.
    """
    form = {
        "full": lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        f"window {w}": lambda q, k, v: attend(q, k, v, window(w, causal=True)),
    }
    masked = lambda q, k, v: dense(q, k, v, window(w, causal=True))
    seconds: dict[str, list[float]] = {name: [] for name in form}
    largest: dict[str, list[int]] = {"window under a mask": [], f"window {w}": []}
    for L in lengths:
        for name, one in form.items():
            if name in largest or shorter >= L:
                seconds[name].append(_seconds(there_and_back(one, L)))
        for name, one in zip(largest, (masked, form[f"window {w}"])):
            if one is not masked or shorter // 2 >= L:
                largest[name].append(_largest(there_and_back(one, L)))
    return seconds, largest


def _seconds(call: Callable[[], object], repeat: int = 3) -> float:
    """Processor time of the quickest of some calls: what else the machine does is left out."""
    call()
    times = []
    for _ in range(repeat):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def _largest(call: Callable[[], object]) -> int:
    with LargestTensor() as largest:
        call()
    return largest.entries


def growth(w: int, L: int, rounds: int) -> list[float]:
    """By how much a window's time grows from L to 4 L tokens, over 4: 1 is linear. One number per round."""
    ratio = []
    calls = [there_and_back(lambda q, k, v: attend(q, k, v, window(w, causal=True)), n) for n in (L, 4 * L)]
    for _ in range(rounds):
        short, long = (_seconds(call, 2) for call in calls)
        ratio.append(long / short / 4)
    return ratio


@torch.no_grad()
def decoding(contexts: Sequence[int], sinks: int, w: int) -> dict[str, list[float]]:
    """Microseconds of one more token of 4 heads: over a cache of everything, and over a rolling one."""
    g = torch.Generator().manual_seed(0)
    one, micro = torch.randn(4, 64, generator=g), {"all keys kept": [], f"{sinks} sinks and the last {w}": []}
    for L in contexts:
        k, v = (torch.randn(4, L, 64, generator=g) for _ in range(2))
        rolling = RollingCache(sinks, w, (4,), 64)
        rolling.k.copy_(k[:, : sinks + w]), rolling.v.copy_(v[:, : sinks + w])
        rolling.seen = L
        calls = (
            lambda k=k, v=v: F.scaled_dot_product_attention(one[:, None], k, v),
            lambda rolling=rolling: rolling.step(one, one, one),
        )
        for name, call in zip(micro, calls):
            micro[name].append(_seconds(lambda call=call: [call() for _ in range(20)]) / 20 * 1e6)
    return micro


# --- reach


def fields(depths: Sequence[int], L: int) -> tuple[dict[int, Tensor], dict[int, Tensor]]:
    """Receptive fields of the last of L outputs, by the gradient: of WaveNets, and of stacks without dilation."""

    def plain(n: int) -> torch.nn.Module:
        convolution = lambda: (DilatedCausalConvolution(4, 4, 1), torch.nn.Tanh())
        return torch.nn.Sequential(*(layer for _ in range(n) for layer in convolution()))

    x = torch.randn(L, 4, generator=runtime.seed(0), dtype=torch.float64)
    measured = lambda network: graphs.receptive_field(network.double(), x, L - 1)
    return {n: measured(WaveNet(4, n)) for n in depths}, {n: measured(plain(n)) for n in depths}


def digits(L: int, p: int) -> list[Pattern]:
    """p patterns, one a layer, that reach all L tokens before with as few keys as possible: b keys each at distances
    0, b^m, 2 b^m, ..., the digits of the distance in base b = L^(1/p), rounded up."""
    b = graphs.fewest(L, p)
    return [window(b, causal=True, dilation=b**m) for m in range(p)]


# --- small worlds


def undirected(A: Tensor) -> Tensor:
    """Links in both directions, none to oneself."""
    return (A | A.mT).fill_diagonal_(False)


def rewired(L: int, neighbours: int, chances: Sequence[float], seeds: int) -> dict[float, tuple[float, float]]:
    """Probability -> path length and clustering, as shares of the ring's; means over seeds."""
    ring = graphs.ring(L, neighbours)
    path, cluster = graphs.path_length(ring), graphs.clustering(ring)
    found = {}
    for p in chances:
        drawn = [graphs.watts_strogatz(L, neighbours, p, torch.Generator().manual_seed(s)) for s in range(seeds)]
        both = torch.tensor([[graphs.path_length(A) / path, graphs.clustering(A) / cluster] for A in drawn])
        found[p] = tuple(both.mean(0).tolist())
    return found


class World(NamedTuple):
    """A pattern as a graph: the share of its links that are random; its mean path and its clustering, as shares of
    those of a ring of as many links; its mean path as a multiple of a random graph's; and links of a token."""

    random: float
    path: float
    clustering: float
    path_by_random: float
    degree: int


def bigbird_world(L: int, block: int, ends: int, seed: int) -> World:
    """BigBird with windows of three blocks and three random ones, and with or without its global ends."""
    A = undirected(bigbird(L, block, random=3, window=3, ends=ends, seed=seed).mask(L))
    near = undirected(bigbird(L, block, random=0, window=3, ends=ends).mask(L))
    degree = round(A.sum().item() / L / 2) * 2
    ring = graphs.ring(L, degree)
    chance = graphs.watts_strogatz(L, degree, 1.0, torch.Generator().manual_seed(seed))
    path, cluster = graphs.path_length(A), graphs.clustering(A)
    return World(
        1 - near.sum().item() / A.sum().item(),
        path / graphs.path_length(ring),
        cluster / graphs.clustering(ring),
        path / graphs.path_length(chance),
        degree,
    )
