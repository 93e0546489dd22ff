"""Something small and trainable next to a frozen layer: how it is attached, switched, merged and removed.

    x  (..., d_in)    input of a linear layer          y  (..., d_out)   its output
    W  (d_out, d_in)  its weight, frozen               Delta W           an adapter's change to it

`attach` replaces each chosen nn.Linear with an `Adapted`: the layer itself, untouched, and its adapters by name. Any
number of them, of any method, share one base; `use` chooses which are active. Detaching them puts the very same layers
back, so the base model is bit for bit what it was (but still frozen: call `requires_grad_` to unfreeze it).

Hu et al. 2021 ("LoRA"), sections 4.1 and 4.2: no latency once merged, and switching by subtracting.
"""

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatch

import torch
from torch import Tensor, nn


class Adapter(nn.Module):
    """What a method adds to the output of one linear layer. Its parameters are float32, whatever the layer's dtype."""

    def forward(self, x: Tensor, y: Tensor, base: nn.Linear) -> Tensor:
        """What is added to y = base(x); x (..., d_in), y and the result (..., d_out)."""
        raise NotImplementedError

    def delta(self, base: nn.Linear) -> Tensor:
        """Delta W (d_out, d_in), float32: the change of the weight that has the same effect; TypeError if none has."""
        raise TypeError(f"{type(self).__name__} is no change of a weight: it can't be merged.")


class Adapted(nn.Module):
    """A frozen linear layer with its adapters. It can be used like the layer: same attributes, same call."""

    def __init__(self, base: nn.Linear):
        super().__init__()
        self.base, self.adapters = base, nn.ModuleDict()
        self.active: tuple[str, ...] = ()
        self.kept: Tensor | None = None  # the base's weight, while adapters are merged into it

    @property
    def weight(self) -> Tensor:
        return self.base.weight

    @property
    def bias(self) -> Tensor | None:
        return self.base.bias

    @property
    def in_features(self) -> int:
        return self.base.in_features

    @property
    def out_features(self) -> int:
        return self.base.out_features

    def forward(self, x: Tensor) -> Tensor:
        """(..., d_in) -> (..., d_out): each active adapter adds to the output of the base alone."""
        y = self.base(x)
        if self.kept is not None or not self.active:
            return y
        return y + sum(self.adapters[name](x, y, self.base).to(y.dtype) for name in self.active)


def attach(
    model: nn.Module, name: str, make: Callable[[nn.Linear], Adapter], targets: str | Sequence[str] = "*"
) -> dict[str, Adapter]:
    """Freeze `model`, give an adapter to every linear layer that `targets` matches, and switch it on.

    make     builds the adapter of a layer, for example `functools.partial(LoRA, r=8)`
    targets  patterns for the layers' paths, or for the ends of paths: "q_proj", "layers.0.*", ["q_proj", "v_proj"]

    Returns path -> adapter. Raises ValueError when nothing matches, or when the name is taken.
    """
    patterns = [targets] if isinstance(targets, str) else list(targets)
    chosen = {path: layer for path, layer in linears(model) if any(_matches(path, pattern) for pattern in patterns)}
    if not chosen:
        ends = sorted({path.rpartition(".")[2] for path, _ in linears(model)})
        raise ValueError(f"No linear layer matches {patterns}. There are layers called {', '.join(ends)}.")
    return put(model, name, {path: make(getattr(layer, "base", layer)) for path, layer in chosen.items()})


def put(model: nn.Module, name: str, adapters: dict[str, Adapter]) -> dict[str, Adapter]:
    """`attach` for adapters that exist already, by path."""
    if name in names(model):
        raise ValueError(f"There is already an adapter {name!r}: remove it with `detach`, or use another name.")
    _refuse_merged(model)
    if not names(model):
        model.requires_grad_(False)
    layers = dict(linears(model))
    for path, adapter in adapters.items():
        layer = layers[path]
        if not isinstance(layer, Adapted):
            layer = _replace(model, path, Adapted(layer))
        layer.adapters[name] = adapter.to(layer.base.weight.device)
        layer.train(model.training)
    use(model, name)
    return adapters


def use(model: nn.Module, *chosen: str) -> None:
    """Activate these adapters and no others; their outputs are summed. No names: the base alone. Only they train."""
    missing = set(chosen) - names(model)
    if missing:
        raise ValueError(f"There is no adapter {sorted(missing)[0]!r}; there are {sorted(names(model)) or 'none'}.")
    _refuse_merged(model)
    for layer in _adapted(model).values():
        layer.active = tuple(name for name in chosen if name in layer.adapters)
        for name, adapter in layer.adapters.items():
            adapter.requires_grad_(name in chosen)


def detach(model: nn.Module, name: str | None = None) -> None:
    """Remove one adapter, or all of them. A layer that has none left is again the nn.Linear that it was."""
    unmerge(model)
    for path, layer in _adapted(model).items():
        for one in list(layer.adapters) if name is None else [name] * (name in layer.adapters):
            del layer.adapters[one]
            layer.active = tuple(other for other in layer.active if other != one)
        if not layer.adapters:
            _replace(model, path, layer.base)


@torch.no_grad()
def merge(model: nn.Module) -> None:
    """Add the active adapters' Delta W to the weights: then they cost nothing. `unmerge` brings the old weights back.

    The sum is computed in float32 and rounded once to the weight's dtype. Raises TypeError where there is no Delta W.
    """
    changed = {}
    for path, layer in _adapted(model).items():
        if layer.active and layer.kept is None:
            delta = sum(layer.adapters[name].delta(layer.base) for name in layer.active)
            changed[path] = (layer.base.weight.float() + delta).to(layer.base.weight.dtype)
    for path, weight in changed.items():  # only now, so that an adapter that can't be merged changes nothing
        layer = model.get_submodule(path)
        layer.kept, layer.base.weight.data = layer.base.weight.data, weight


def unmerge(model: nn.Module) -> None:
    """Put back the weights from before `merge`: the same numbers, not the sum minus Delta W."""
    for layer in _adapted(model).values():
        if layer.kept is not None:
            layer.base.weight.data, layer.kept = layer.kept, None


def bake(model: nn.Module) -> nn.Module:
    """Merge the active adapters for good: plain layers with the new weights, and no trace of adapters."""
    merge(model)
    for path, layer in _adapted(model).items():
        _replace(model, path, layer.base)
    return model


# --- layers and adapters of a model


def by_path(model: nn.Module, name: str) -> dict[str, Adapter]:
    """Path -> adapter of that name."""
    return {path: layer.adapters[name] for path, layer in _adapted(model).items() if name in layer.adapters}


def names(model: nn.Module) -> set[str]:
    """The names of a model's adapters."""
    return {name for layer in _adapted(model).values() for name in layer.adapters}


def trainable(model: nn.Module) -> int:
    """The number of parameters that training changes."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def linears(model: nn.Module) -> Iterator[tuple[str, nn.Linear | Adapted]]:
    """Path and layer of the linear layers, with adapters or without; not of those inside adapters."""
    inside = tuple(f"{path}." for path in _adapted(model))
    for path, module in model.named_modules():
        if isinstance(module, nn.Linear | Adapted) and not path.startswith(inside):
            yield path, module


def _refuse_merged(model: nn.Module) -> None:
    if any(layer.kept is not None for layer in _adapted(model).values()):
        raise ValueError("An adapter is merged into the base: call `unmerge(model)` first.")


def _adapted(model: nn.Module) -> dict[str, Adapted]:
    return {path: module for path, module in model.named_modules() if isinstance(module, Adapted)}


def _matches(path: str, pattern: str) -> bool:
    return fnmatch(path, pattern) or fnmatch(path, f"*.{pattern}")


def _replace(model: nn.Module, path: str, layer: nn.Module) -> nn.Module:
    parent, _, name = path.rpartition(".")
    if not path:
        raise ValueError("The model is a single linear layer: put it into a module, for example nn.Sequential(layer).")
    setattr(model.get_submodule(parent), name, layer)
    return layer
