"""Linear attention and everything that grew from it: recurrent networks whose state is a matrix.

kernels       the kernel trick: an explicit quadratic map and its kernel
feature_maps  what takes the place of the exponential in attention
linear        linear attention, from all pairs to one step, written out in full
engine        the same, and all its relatives, as one recurrence with four forms
zoo           the table of models, one row each
mixer         a row of the table as a mixer for `models.GPT`
agreement     what must be the same on CPU and GPU
experiments   what the lecture runs, and its record
"""

from .engine import Recurrence, State, chunkwise, parallel, recurrent, step
from .mixer import LinearAttention, Mixer
from .zoo import ZOO

__all__ = ["ZOO", "LinearAttention", "Mixer", "Recurrence", "State", "chunkwise", "parallel", "recurrent", "step"]
