"""What a call costs: seconds, bytes in use at the peak, and the arithmetic that it cannot avoid."""

import ctypes
import gc
import os
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode


def seconds(call: Callable[[], object], repeat: int = 1) -> float:
    """Mean time of `repeat` calls.

    On a CPU this is processor time: with one thread it equals the wall-clock time of an idle machine, and on a busy one
    it leaves out the time spent waiting for a turn, which can be more than half. On a GPU it is wall-clock time, until
    the last call is done.
    """
    clock = time.perf_counter if torch.cuda.is_available() else time.process_time
    _wait()
    start = clock()
    for _ in range(repeat):
        call()
    _wait()
    return (clock() - start) / repeat


def peak_bytes(call: Callable[[], object]) -> int | None:
    """The most bytes in use at once because of the call; what was there before does not count. None: not measurable.

    On a GPU torch's allocator keeps track. On Linux the call runs in a forked process, whose peak of resident memory
    the kernel records from a reset just before. That includes temporaries inside operators, and takes no time. Pages of
    files do not count: at first a forked process has no code in memory, and loads what the call runs, which takes many
    megabytes with some builds of torch. A few hundred kB are noise.
    """
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call()
        _wait()
        return torch.cuda.max_memory_allocated() - before
    if not os.path.exists("/proc/self/clear_refs"):
        return None
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, str(_resident_peak(call)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        peak = answer.read()
    os.waitpid(child, 0)
    return int(peak) if peak else None


def _resident_peak(call: Callable[[], object]) -> int:
    torch.set_num_threads(1)  # threads do not survive a fork, and waiting for them would never end
    _take_what_is_free()
    with open("/proc/self/clear_refs", "w") as reset:
        reset.write("5")
    before, files = _status("VmRSS"), _status("RssFile")
    call()
    return _status("VmHWM") - before - (_status("RssFile") - files)


class _Mallinfo2(ctypes.Structure):
    _names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in _names.split()]


def _take_what_is_free(least: int = 2**16) -> None:
    """Allocate all blocks of at least so many bytes that the C library has free and the kernel counts as resident: a
    call would reuse them unnoticed. `malloc_trim` is not enough, since it leaves the end of a heap that could not grow
    in place. From then on such blocks come from the kernel, and go back to it at once."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallinfo2"):  # glibc before 2.33, or another C library
        return libc.malloc_trim(0) if hasattr(libc, "malloc_trim") else None
    libc.mallinfo2.restype, libc.malloc.restype, libc.malloc.argtypes = _Mallinfo2, ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    M_MMAP_THRESHOLD = -3
    libc.mallopt(M_MMAP_THRESHOLD, least)
    size = 2**30
    while size >= least:
        from_kernel = libc.mallinfo2().hblkhd
        block = libc.malloc(size)
        if block is None or libc.mallinfo2().hblkhd > from_kernel:
            libc.free(block)
            size //= 2


def _status(name: str) -> int:
    with open("/proc/self/status") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(name))


class _Exponentials(TorchDispatchMode):
    """Counts the elements that `exp` is applied to."""

    total = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if function.overloadpacket in (torch.ops.aten.exp, torch.ops.aten.exp_):
            self.total += result.numel()
        return result


def arithmetic(call: Callable[[], Tensor]) -> tuple[int, int]:
    """Floating-point operations of matrix products, and exponentials. Triangular systems are not counted."""
    with FlopCounterMode(display=False) as products, _Exponentials() as exponentials:
        call()
    return products.get_total_flops(), exponentials.total


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
