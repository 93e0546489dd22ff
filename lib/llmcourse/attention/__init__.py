"""Attention that leaves most pairs out: which keys a query may see, and how to compute no others.

patterns    a pattern, written once: windows, dilation, global tokens, strided, fixed, BigBird
engine      attention with any pattern, exact, in O(pairs) and in memory linear in the length
graphs      the pattern as a graph: reach, paths, clustering; receptive fields by gradients
longformer  global tokens with projections of their own
rolling     decoding with a window and attention sinks, in constant memory
wavenet     dilated causal convolutions, the ancestors of dilated windows
agreement   what must be the same on CPU and GPU
"""

from .engine import attend, dense
from .patterns import Pattern, bigbird, fixed, global_tokens, longformer_heads, strided, window
from .rolling import RollingCache

__all__ = [
    "Pattern", "RollingCache", "attend", "bigbird", "dense", "fixed", "global_tokens", "longformer_heads", "strided",
    "window",
]  # fmt: skip
