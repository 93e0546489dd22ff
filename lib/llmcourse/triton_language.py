"""Triton, the language of the course's GPU kernels: `triton, tl = language()`.

Torch for CUDA brings it. On a machine without a GPU the kernels run through Triton's interpreter, which executes each
program with NumPy, one after another: slow, and the same arithmetic.
"""

import importlib.util
import os
import sys
from types import ModuleType

import torch

MISSING = (
    "This needs Triton, which torch for CUDA brings along. Elsewhere, on Linux, `pip install triton` (300 MB, and 1 GB "
    "on the disk) lets the kernels run through its interpreter; then restart the kernel of the notebook."
)


def installed() -> bool:
    """Whether Triton can be imported here."""
    return importlib.util.find_spec("triton") is not None


def language() -> tuple[ModuleType, ModuleType]:
    """The modules `triton` and `triton.language`, interpreted where torch sees no GPU.

    Raises ImportError, which says what to install, where there is no Triton.
    """
    if not installed():
        raise ImportError(MISSING)
    if not torch.cuda.is_available() and os.environ.get("TRITON_INTERPRET") != "1":
        os.environ["TRITON_INTERPRET"] = "1"  # read when triton is imported, and when a kernel is defined
        _forget()
    import triton
    import triton.language

    return triton, triton.language


def _forget() -> None:
    """Have Triton imported again if some of torch has imported it to compile: its own functions are kernels too."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "triton"]:
        if not name.startswith("triton._C"):  # the library in C++, which can be loaded once
            del sys.modules[name]
