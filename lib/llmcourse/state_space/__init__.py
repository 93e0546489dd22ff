"""State space models: memory as a differential equation.

system       the equation, four ways to make it a recurrence, and the recurrence as a convolution
hippo        matrices whose state is the best polynomial for the whole past
s4           the kernel of a long memory, and a layer to train
memory       HiPPO inside a recurrent network
experiments  compressing a real signal, reading the past back, digits that have to be remembered
"""

from .hippo import MEASURES, compress, reconstruct
from .memory import HippoRNN
from .s4 import S4D, diagonal_kernel, nplr_kernel
from .system import METHODS, convolve, kernel, recurrent

__all__ = [
    "MEASURES",
    "METHODS",
    "S4D",
    "HippoRNN",
    "compress",
    "convolve",
    "diagonal_kernel",
    "kernel",
    "nplr_kernel",
    "reconstruct",
    "recurrent",
]
