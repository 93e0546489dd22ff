"""Makes `attention.safetensors`: what other people's code returns for Linformer, GAU, FLASH and MEGA.

    pip install --no-deps --target FOLDER linformer flash-pytorch mega-pytorch einops rotary-embedding-torch
    cp exponential_moving_average.py moving_average_gated_attention.py FOLDER
    python lib/tests/references/make_attention.py FOLDER

It was made with linformer 0.2.3, flash-pytorch 0.1.9 and mega-pytorch 0.1.0 (MIT) and the two files in
fairseq/modules of facebookresearch/mega (MIT), run here, not copied: of these, training on whole texts without padding,
with softmax. What the authors' files import from fairseq is replaced by stand-ins: no dropout, LayerNorm, a bias by
distance that is zero. The file has the weights of each layer, its input x, and what it returns.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import torch
from safetensors.torch import save_file
from torch import nn

B, L, D, HEADS, PLACES, S, E, AVERAGES, CHUNK = 2, 24, 8, 2, 5, 6, 12, 4, 8


def authors(folder: Path) -> SimpleNamespace:
    """The two files of MEGA's authors, without the rest of fairseq."""
    as_it_is = lambda cls: cls
    stand_ins = {
        "fairseq": {},
        "fairseq.utils": {
            "get_activation_fn": lambda activation: getattr(nn.functional, activation),
            "softmax": lambda x, dim, onnx_trace=False: x.softmax(dim),
        },
        "fairseq.incremental_decoding_utils": {"with_incremental_state": as_it_is},
        "fairseq.modules": {},
        "fairseq.modules.fairseq_dropout": dict.fromkeys(("FairseqDropout", "FairseqFeatureDropout"), NoDropout),
        "fairseq.modules.relative_positional_bias": dict.fromkeys(
            ("SimpleRelativePositionalBias", "RotaryRelativePositionalBias"), NoBias
        ),
        "fairseq.modules.sequence_norm": {"SequenceNorm": Norm},
    }
    for name, content in stand_ins.items():
        module = ModuleType(name)
        vars(module).update(content)
        sys.modules[name] = module
    sys.modules["fairseq"].utils = sys.modules["fairseq.utils"]
    found = {}
    for name in ("exponential_moving_average", "moving_average_gated_attention"):
        spec = importlib.util.spec_from_file_location(f"fairseq.modules.{name}", folder / f"{name}.py")
        found[name] = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found[name])
    return SimpleNamespace(**found)


class NoDropout(nn.Identity):
    def forward(self, x, *ignored, **also):
        return x


class NoBias(nn.Module):
    def __init__(self, *ignored):
        super().__init__()

    def forward(self, L):
        return torch.zeros(L, L)


class Norm(nn.LayerNorm):
    def __init__(self, kind, d, affine=True, export=False):
        super().__init__(d, elementwise_affine=affine)


def layers(folder: Path):
    """Name -> a layer and how it is called with x (B, L, D). No bias by distance in the packages either."""
    from flash_pytorch import FLASH, GAU
    from linformer import LinformerSelfAttention
    from mega_pytorch.mega_pytorch import MultiHeadedEMA

    def without_bias(layer):
        nn.init.zeros_(layer.rel_pos_bias.relative_attention_bias.weight)
        return layer

    ours = authors(folder)
    average = ours.exponential_moving_average.MultiHeadEMA
    mega = ours.moving_average_gated_attention.MovingAverageGatedAttention
    by_length = lambda layer: lambda x: layer(x.transpose(0, 1)).transpose(0, 1)

    def by_mega(layer, C):
        mask = torch.full((C, C), -torch.inf).triu(1)
        return lambda x: layer(x.transpose(0, 1), attn_mask=mask)[0].transpose(0, 1)

    for name, kw in {"linformer": {}, "linformer, shared": {"share_kv": True}}.items():
        layer = LinformerSelfAttention(D, L, k=PLACES, heads=HEADS, **kw)
        yield name, layer, layer
    for causal in (False, True):
        kw = {"dim": D, "query_key_dim": S, "expansion_factor": E / D, "causal": causal}
        layer = without_bias(GAU(**kw))
        yield "gau" + ", causal" * causal, layer, layer
        layer = without_bias(FLASH(group_size=CHUNK, **kw))
        yield "flash" + ", causal" * causal, layer, layer
    layer = MultiHeadedEMA(dim=D, heads=AVERAGES)
    yield "ema of mega-pytorch", layer, layer
    layer = average(D, AVERAGES)
    yield "ema of the authors", layer, by_length(layer)
    for C in (L, CHUNK):
        layer = mega(D, S, E, AVERAGES, chunk_size=-1 if C == L else C)
        yield "mega" + ", chunks" * (C == CHUNK), layer, by_mega(layer, C)


def main(folder: str) -> None:
    sys.path.append(folder)
    torch.manual_seed(0)
    x, tensors = torch.randn(B, L, D), {}
    for name, layer, call in layers(Path(folder)):
        with torch.no_grad():
            for parameter in layer.parameters():  # away from where they start: many would be nearly zero
                parameter.copy_(0.5 * torch.randn_like(parameter))
            if hasattr(layer, "rel_pos_bias") and hasattr(layer.rel_pos_bias, "relative_attention_bias"):
                layer.rel_pos_bias.relative_attention_bias.weight.zero_()
            tensors[f"{name}/y"] = call(x)
        tensors |= {f"{name}/weights/{n}": p.detach() for n, p in layer.named_parameters()}
    path = Path(__file__).with_name("attention.safetensors")
    save_file({"x": x} | {n: t.contiguous().clone() for n, t in tensors.items()}, path)
    print(f"wrote {path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1])
