"""What more than one lab needs in order to exercise an answer."""

from collections.abc import Callable

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

LONG = 48  # from this length on, an L x L matrix is larger than anything that a linear method needs


class Watch(TorchDispatchMode):
    """Lets `saw` know of every operation of torch in the block, and of the tensors that come out of it."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here. Otherwise torch would import its compiler, which takes seconds in each process."""
        return False

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        outcome = result if isinstance(result, tuple | list) else (result,)
        self.saw(function, args, [x for x in outcome if isinstance(x, Tensor)])
        return result

    def saw(self, function: Callable, args: tuple, tensors: list[Tensor]) -> None:
        raise NotImplementedError


class LargestTensor(Watch):
    """Counts the entries of the largest tensor that is created in the block.

    made   entries of all tensors together, without views
    calls  how many operations there were
    """

    entries = made = calls = 0

    def saw(self, function, args, tensors):
        self.calls += 1
        view = any(x.alias_info is not None for x in function._schema.returns)
        sizes = [x.numel() for x in tensors]
        self.entries = max([self.entries, *sizes])
        self.made += 0 if view else sum(sizes)
