"""Adapters as files: a folder with adapter_config.json and adapter_model.safetensors, as `peft` writes them.

LoRA, DoRA and AdaLoRA work both ways: `peft` loads what is saved here, and what `peft` saves is loaded here. For the
other methods the files have the same layout and a `peft_type` of their own, which `peft` refuses.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .adalora import AdaLoRA
from .adapter import Adapter, by_path, linears, put
from .alora import ALoRA
from .bottleneck import Bottleneck
from .dora import DoRA
from .dylora import DyLoRA
from .lora import LoRA
from .sora import SoRA

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PREFIX = "base_model.model."  # what peft puts before a layer's path


class Format(NamedTuple):
    """How a method is stored in a file.

    parts     parameter -> its name in the file; the first has a row for each rank
    settings  what the config says about an adapter
    make      an adapter from a layer, the config, and the rank that the file has for this layer
    """

    type: str
    parts: dict[str, str]
    settings: Callable[[Adapter], dict]
    make: Callable[[nn.Linear, dict, int], Adapter]


LORA = {"A": "lora_A.weight", "B": "lora_B.weight"}
OWN = {"A": "A", "B": "B"}
FORMATS = {
    LoRA: Format(
        "LORA",
        LORA,
        lambda a: {"r": a.r, "lora_alpha": a.alpha, "use_rslora": a.rs, "use_dora": False},
        lambda base, c, r: LoRA(base, r, c["lora_alpha"], c.get("use_rslora", False)),
    ),
    DoRA: Format(
        "LORA",
        LORA | {"m": "lora_magnitude_vector"},
        lambda a: {"r": a.r, "lora_alpha": a.alpha, "use_rslora": False, "use_dora": True},
        lambda base, c, r: DoRA(base, r, c["lora_alpha"]),
    ),
    AdaLoRA: Format(
        "ADALORA",
        {"Q": "lora_A", "P": "lora_B", "Lambda": "lora_E"},
        # peft insists on a schedule; it is used in training only.
        lambda a: {"init_r": a.r, "target_r": a.r, "lora_alpha": a.alpha, "total_step": 1, "rank_pattern": None},
        lambda base, c, r: AdaLoRA(base, c["init_r"], c["lora_alpha"]),
    ),
    SoRA: Format("LLMCOURSE_SORA", OWN | {"g": "g"}, lambda a: {}, lambda base, c, r: SoRA(base, r)),
    ALoRA: Format(
        "LLMCOURSE_ALORA",
        OWN | {"g": "g"},
        lambda a: {"scale": a.scale},
        lambda base, c, r: ALoRA(base, r, c["scale"] * r),
    ),
    DyLoRA: Format(
        "LLMCOURSE_DYLORA",
        OWN,
        lambda a: {"lora_alpha": a.alpha, "b": a.b, "frozen": a.frozen},
        lambda base, c, r: DyLoRA(base, r, c["lora_alpha"], c["frozen"], c["b"]),
    ),
    Bottleneck: Format(
        "LLMCOURSE_BOTTLENECK",
        {name: name for name in ("down.weight", "down.bias", "up.weight", "up.bias")},
        lambda a: {"parallel": a.parallel},
        lambda base, c, r: Bottleneck(base, r, c["parallel"]),
    ),
}
# Settings of peft's adapters that ours do not have: key of the config -> what it must be.
PLAIN = {"bias": "none", "modules_to_save": None, "fan_in_fan_out": False, "alpha_pattern": {}, "lora_bias": False}


def save(model: nn.Module, name: str, folder: str | Path) -> Path:
    """Write the adapter `name` into a folder; returns the folder. The base is not saved.

    Raises ValueError when there is no such adapter.
    """
    from safetensors.torch import save_file

    adapters = by_path(model, name)
    if not adapters:
        raise ValueError(f"There is no adapter {name!r} to save.")
    first = next(iter(adapters.values()))
    form = FORMATS[type(first)]
    tensors = {
        f"{PREFIX}{path}.{stored}": _stored(form, part, adapter).cpu().contiguous()
        for path, adapter in adapters.items()
        for part, stored in form.parts.items()
    }
    config = {"peft_type": form.type, "target_modules": sorted(adapters), "inference_mode": True}
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps(PLAIN | config | form.settings(first), indent=2) + "\n", "utf-8")
    return folder


def load(model: nn.Module, folder: str | Path, name: str) -> dict[str, Adapter]:
    """Attach what `save`, or `peft`, wrote into a folder, and switch it on; returns path -> adapter.

    Raises FileNotFoundError, and ValueError when it was made for another model or is of a kind that is not supported.
    """
    from safetensors.torch import load_file

    folder = Path(folder)
    missing = [file for file in (CONFIG, WEIGHTS) if not (folder / file).is_file()]
    if missing:
        raise FileNotFoundError(f"There is no {missing[0]} in {folder}: pass the folder that `save` wrote.")
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    form = _form(config)
    layers, adapters = dict(linears(model)), {}
    for path, parts in _by_layer(load_file(folder / WEIGHTS), form).items():
        if path not in layers:
            raise ValueError(f"This adapter was made for another model: this one has no linear layer {path!r}.")
        base = getattr(layers[path], "base", layers[path])
        rank = next(iter(parts.values())).shape[0]
        adapters[path] = form.make(base, config, rank)
        _fill(adapters[path], path, parts)
    return put(model, name, adapters)


def size(folder: str | Path) -> int:
    """Bytes of an adapter on disk."""
    return sum(path.stat().st_size for path in Path(folder).iterdir())


def _form(config: dict) -> Format:
    """The format of a config. Raises ValueError for what is not supported."""
    for key, plain in PLAIN.items():
        if config.get(key, plain) not in (plain, None, [], {}):
            raise ValueError(f"This adapter has {key} = {config[key]!r}, which the course's adapters do not support.")
    if config.get("use_dora"):
        return FORMATS[DoRA]
    for form in FORMATS.values():
        if form.type == config.get("peft_type"):
            return form
    known = sorted({form.type for form in FORMATS.values()})
    raise ValueError(f"The adapter's type is {config.get('peft_type')!r}; the known types are {', '.join(known)}.")


def _stored(form: Format, part: str, adapter: Adapter) -> Tensor:
    tensor = adapter.state_dict()[part]
    return tensor[:, None] if form.parts[part] == "lora_E" else tensor  # peft keeps Lambda as a column


def _by_layer(tensors: dict[str, Tensor], form: Format) -> dict[str, dict[str, Tensor]]:
    """Path -> parameter -> tensor, the parameters in the order of the format."""
    layers: dict[str, dict[str, Tensor]] = {}
    for part, stored in form.parts.items():
        for key, tensor in tensors.items():
            if key.startswith(PREFIX) and key.endswith(f".{stored}"):
                layers.setdefault(key[len(PREFIX) : -len(stored) - 1], {})[part] = tensor
    return layers


@torch.no_grad()
def _fill(adapter: Adapter, path: str, parts: dict[str, Tensor]) -> None:
    state = adapter.state_dict(keep_vars=True)
    for part, tensor in parts.items():
        own = state[part]
        tensor = tensor.squeeze(-1) if own.dim() == 1 else tensor
        if isinstance(adapter, AdaLoRA):  # what peft has cut is not in its file; here it is zero
            whole = torch.zeros_like(own)
            whole[tuple(slice(0, n) for n in tensor.shape)] = tensor
            tensor = whole
        if tensor.shape != own.shape:
            raise ValueError(
                f"This adapter was made for another model: {part} of {path!r} has shape {tuple(tensor.shape)} in the "
                f"file and {tuple(own.shape)} here."
            )
        own.copy_(tensor)
