"""What more than one lab needs in order to exercise an answer."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

LONG = 48  # from this length on, an L x L matrix is larger than anything that a linear method needs


class LargestTensor(TorchDispatchMode):
    """Counts the entries of the largest tensor that is created in the block.

    made   entries of all tensors together, without views
    calls  how many operations there were
    """

    entries = made = calls = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here. Otherwise torch would import its compiler, which takes seconds in each process."""
        return False

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        self.calls += 1
        view = any(x.alias_info is not None for x in function._schema.returns)
        for x in result if isinstance(result, tuple | list) else (result,):
            size = x.numel() if isinstance(x, torch.Tensor) else 0
            self.entries = max(self.entries, size)
            self.made += 0 if view else size
        return result
