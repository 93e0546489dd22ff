"""What more than one lab needs in order to exercise an answer."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

LONG = 48  # from this length on, an L x L matrix is larger than anything that a linear method needs


class LargestTensor(TorchDispatchMode):
    """Counts the entries of the largest tensor that is created in the block."""

    entries = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here. Otherwise torch would import its compiler, which takes seconds in each process."""
        return False

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for x in result if isinstance(result, tuple | list) else (result,):
            self.entries = max(self.entries, x.numel() if isinstance(x, torch.Tensor) else 0)
        return result
