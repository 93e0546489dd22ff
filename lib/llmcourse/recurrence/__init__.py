"""Linear attention and everything that grew from it: recurrent networks with a matrix for a state.

kernels       the kernel trick: an explicit quadratic map and its kernel
feature_maps  what takes the place of the exponential in attention
linear        linear attention, from all pairs to one step, written out in full
engine        the same, and thirteen relatives, as one recurrence with four forms
zoo           the table of models, a row each
mixer         a row of the table as a mixer for `models.GPT`
"""

from .engine import Recurrence, State, chunkwise, parallel, recurrent, step
from .mixer import LinearAttention, Mixer
from .zoo import ZOO

__all__ = ["ZOO", "LinearAttention", "Mixer", "Recurrence", "State", "chunkwise", "parallel", "recurrent", "step"]
