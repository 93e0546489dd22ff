"""Attention that leaves most pairs out, or summarises what it leaves out.

patterns    a pattern, written once: windows, dilation, global tokens, strided, fixed, BigBird
engine      attention with any pattern, exact, in O(pairs) and in memory linear in the length
graphs      the pattern as a graph: reach, paths, clustering; receptive fields by gradients
longformer  global tokens with projections of their own
rolling     decoding with a window and attention sinks, in constant memory
wavenet     dilated causal convolutions, the ancestors of dilated windows
linformer   keys and values projected along the length
gau         the gated attention unit; FLASH, quadratic within chunks and linear between them
ema, mega   the damped moving average; attention whose queries and keys come from it, whole and in chunks
agreement   what must be the same on CPU and GPU
"""

from .engine import attend, dense
from .patterns import Pattern, bigbird, fixed, global_tokens, longformer_heads, strided, window
from .rolling import RollingCache

__all__ = [
    "Pattern", "RollingCache", "attend", "bigbird", "dense", "fixed", "global_tokens", "longformer_heads", "strided",
    "window",
]  # fmt: skip
