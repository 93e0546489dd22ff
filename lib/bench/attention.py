"""`python -m lib.bench.attention`: sparse attention against torch's full attention and transformers' sparse layers.

B = 1, H = 4, d = 64, float32, one thread. The layers have the same weights, with the products before and after. In
every round each method takes its turn.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # read when torch is imported
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

import torch
import torch.nn.functional as F
from llmcourse.attention import Pattern, RollingCache, attend, bigbird, window
from llmcourse.attention.longformer import LongformerAttention
from torch import Tensor, nn

from . import machine, measure, report

H, D, W, BLOCK, ROUNDS = 4, 64, 256, 64, 3
LENGTHS, LONG, CONTEXTS = (1024, 4096, 16384), 131_072, (1024, 4096, 16384, 65536)
PAGE = Path(__file__).resolve().parents[1] / "BENCHMARKS-attention.md"
FULL, OURS, LONGFORMER, THEIR_LONGFORMER = (
    "SDPA, causal",
    "window 256, causal",
    "Longformer",
    "transformers, Longformer",
)
BIGBIRD, THEIR_BIGBIRD = "BigBird", "transformers, BigBird"
MB = 2**20

Calls = dict[str, Callable[[], object]]
Measured = dict[tuple[str, int, str], list[float]]  # method, L, "forward" or "both" -> seconds, one a round


class BigBirdAttention(nn.Module):
    """BigBird's layer with the block pattern of each head, to hold the weights of transformers'."""

    def __init__(self, d: int, heads: list[Pattern]):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(d, d) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        split = lambda y: y.unflatten(-1, (len(self.heads), -1)).transpose(1, 2)
        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        one = self.heads[0] if len(set(self.heads)) == 1 else self.heads
        return attend(q, k, v, one).transpose(1, 2).flatten(-2)


def their_longformer(w: int = W) -> nn.Module:
    from transformers import LongformerConfig
    from transformers.models.longformer.modeling_longformer import LongformerSelfAttention

    config = LongformerConfig(
        hidden_size=H * D, num_attention_heads=H, attention_window=[w], attention_probs_dropout_prob=0.0
    )
    return LongformerSelfAttention(config, 0)


def longformer_call(layer: nn.Module, x: Tensor) -> Tensor:
    mask = torch.zeros(x.shape[:2])
    state = {"is_index_masked": mask < 0, "is_index_global_attn": mask > 0, "is_global_attn": False}
    return layer(x, attention_mask=mask, **state)[0]


def their_bigbird() -> nn.Module:
    from transformers import BigBirdConfig
    from transformers.models.big_bird.modeling_big_bird import BigBirdBlockSparseAttention

    sizes = {"hidden_size": H * D, "num_attention_heads": H, "block_size": BLOCK, "num_random_blocks": 3}
    # In eval it draws no random blocks.
    return BigBirdBlockSparseAttention(BigBirdConfig(**sizes, attention_probs_dropout_prob=0.0), seed=3).train()


def bigbird_call(layer: nn.Module, x: Tensor) -> Tensor:
    L = x.shape[1]
    ones = torch.ones(1, L)
    blocked = ones.view(1, L // BLOCK, BLOCK)
    three = torch.cat([blocked[:, 1:-3], blocked[:, 2:-2], blocked[:, 3:-1]], dim=2)
    band = torch.einsum("blq,blk->blqk", blocked[:, 2:-2], three)[:, None]
    return layer(x, band, ones.view(1, 1, L, 1), ones.view(1, 1, 1, L), blocked, blocked)[0]


def there(form: Callable, *inputs: Tensor) -> Callable[[], object]:
    def run():
        with torch.no_grad():
            return form(*inputs)

    return run


def and_back(form: Callable, *inputs: Tensor, parameters: tuple = ()) -> Callable[[], object]:
    leaves = [x.detach().requires_grad_() for x in inputs]

    def run():
        return torch.autograd.grad(form(*leaves).sum(), [*leaves, *parameters], allow_unused=True)

    return run


def forms(L: int) -> dict[str, tuple[Callable, list[Tensor]]]:
    """Name -> what is called, and its inputs."""
    g = torch.Generator().manual_seed(0)
    qkv = [torch.randn(1, H, L, D, generator=g) for _ in range(3)]
    x = torch.randn(1, L, H * D, generator=g)
    torch.manual_seed(0)
    theirs, ours = their_longformer(), LongformerAttention(H * D, H, W)
    ours.load_state_dict(theirs.state_dict())
    big, mine = their_bigbird(), BigBirdAttention(H * D, [bigbird(L, BLOCK, seed=h) for h in range(H)])
    mine.load_state_dict(big.state_dict(), strict=False)
    causal = window(W, causal=True)
    return {
        FULL: (lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), qkv),
        OURS: (lambda q, k, v: attend(q, k, v, causal), qkv),
        LONGFORMER: (ours, [x]),
        THEIR_LONGFORMER: (lambda x: longformer_call(theirs, x), [x]),
        BIGBIRD: (mine, [x]),
        THEIR_BIGBIRD: (lambda x: bigbird_call(big, x), [x]),
    }


def run(lengths: tuple[int, ...] = LENGTHS, rounds: int = ROUNDS) -> Measured:
    found: Measured = {}
    for L in lengths:
        ready = {name: {"forward": there(f, *x), "both": and_back(f, *x)} for name, (f, x) in forms(L).items()}
        for turn in range(rounds + 1):
            for name, calls in ready.items():
                for which, call in calls.items():
                    seconds = measure.seconds(call)
                    if turn:  # the first makes the plans
                        found.setdefault((name, L, which), []).append(seconds)
        print(f"L = {L}: done", flush=True)
    return found


def long_memory(L: int = LONG) -> int | None:
    """The most bytes that attention in a window adds to its inputs, forward and backward."""
    qkv = [torch.randn(1, H, L, D) for _ in range(3)]
    return measure.peak_bytes(and_back(lambda q, k, v: attend(q, k, v, window(W, causal=True)), *qkv))


@torch.no_grad()
def decoding(contexts: tuple[int, ...] = CONTEXTS) -> dict[int, dict[str, float]]:
    """Context -> microseconds of one more token, over a rolling cache of 4 and W, and over all keys."""
    found = {}
    for L in contexts:
        k, v, one = torch.randn(H, L, D), torch.randn(H, L, D), torch.randn(H, D)
        cache = RollingCache(4, W, (H,), D)
        for t in range(min(L, 2 * W)):
            cache.step(one, k[:, t], v[:, t])
        cache.seen = L  # where a token is kept depends on nothing else
        calls = {
            "rolling cache": lambda cache=cache, one=one: cache.step(one, one, one),
            "all keys": lambda one=one, k=k, v=v: F.scaled_dot_product_attention(one[:, None], k, v),
        }
        found[L] = {name: 1e6 * min(measure.seconds(call, 50) for _ in range(5)) for name, call in calls.items()}
    return found


def limit(L: int, limits: machine.Limits) -> float:
    """Seconds that the products of a causal window take at the machine's limit: 4 d operations a pair, forward."""
    return 4 * D * H * window(W, causal=True).pairs(L) / limits.matmul


def page(found: Measured, memory: int | None, tokens: dict, limits: machine.Limits, took: float, load: str) -> str:
    best = {key: min(times) for key, times in found.items()}
    lengths = list(dict.fromkeys(L for _, L, _ in found))
    head = [
        "# Sparse attention",
        "",
        "Written by `make bench`.",
        "",
        *__doc__.partition("\n\n")[2].strip().splitlines(),
        "",
        f"- Machine: {machine.describe('cpu')}.",
        f"- {time.strftime('%Y-%m-%d')}; {took:.0f} s; {load}.",
        f"- Limits measured in the same run: matrix product {limits.matmul / 1e9:.0f} GFLOP/s, exp "
        f"{limits.exp / 1e9:.1f} G/s.",
        f"- Processor time, minimum over {ROUNDS} rounds. A window of {W}; blocks of {BLOCK}, three of them random.",
    ]
    cell = lambda name, L: f"{1e3 * best[name, L, 'forward']:.1f} ({1e3 * best[name, L, 'both']:.1f})"
    names = dict.fromkeys(name for name, *_ in found)
    times = _table("ms, forward (and backward)", lengths, {name: [cell(name, L) for L in lengths] for name in names})
    by_name = {name: [f"{tokens[L][name]:.0f}" for L in tokens] for name in tokens[min(tokens)]}
    parts = [head, _targets(best, lengths[-1], memory, tokens, limits), times, _table("us a token", tokens, by_name)]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _table(corner: str, lengths, rows: dict[str, list[str]]) -> list[str]:
    lines = [f"| {corner} | {' | '.join(f'{L:,}' for L in lengths)} |", "|---" * (len(lengths) + 1) + "|"]
    return lines + [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]


def _targets(best: dict, L: int, memory: int | None, tokens: dict, limits: machine.Limits) -> list[str]:
    """The table of targets; times are those of L tokens."""
    lines = ["| target | measured | |", "|---|---|---|"]
    row = lambda what, got, ok: lines.append(f"| {what} | {got} | {'reached' if ok else '**not reached**'} |")
    compared = [
        (f"window {W} at {L:,}: 8 x SDPA", FULL, OURS, 8),
        ("3 x transformers' Longformer", THEIR_LONGFORMER, LONGFORMER, 3),
        ("2 x transformers' BigBird", THEIR_BIGBIRD, BIGBIRD, 2),
    ]
    for what, slow, fast, least in compared:
        for which, how in {"forward": "forward", "both": "forward and backward"}.items():
            ratio = best[slow, L, which] / best[fast, L, which]
            row(f"{what}, {how}", f"{ratio:.1f} x", ratio >= least)
    share = limit(L, limits) / best[OURS, L, "forward"]
    row("a third of what the matrix product allows, forward", f"{share:.0%}", share >= 1 / 3)
    if memory is not None:
        row(f"{LONG:,} tokens forward and backward in under 4 GB", f"{memory / MB:,.0f} MB", memory < 4e9)
    first, last = (tokens[n]["rolling cache"] for n in (min(tokens), max(tokens)))
    row(f"decoding flat from {min(tokens):,} to {max(tokens):,}", f"{first:.0f} to {last:.0f} us", last < 1.3 * first)
    return lines


def main() -> int:
    torch.set_num_threads(1)
    start, load = time.time(), report.load()
    limits = machine.limits()
    found, memory, tokens = run(), long_memory(), decoding()
    PAGE.write_text(
        page(found, memory, tokens, limits, time.time() - start, f"load average {load} before"), encoding="utf-8"
    )
    print(f"wrote lib/{PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
