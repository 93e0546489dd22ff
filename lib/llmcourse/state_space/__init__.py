"""State space models: memory as a differential equation.

system       the equation, four ways to turn it into a recurrence, and the recurrence as a convolution
hippo        matrices whose state is the best polynomial approximation of the whole past
s4           the kernel of a long memory, and a layer that can be trained
memory       HiPPO inside a recurrent network
experiments  compressing a real signal, reading the past back, and digits that have to be remembered
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
