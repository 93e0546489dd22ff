"""The cases: rows and forms of the zoo, softmax attention, and other people's code for the same mathematics.

    q, k, v  (B, H, L, d)   as everywhere in the library; peers get their own layout, made before the clock starts
    o        (B, H, L, d)   or a peer's (B, L, H, d)

A row is timed from its pre-activations, so its time includes gates, maps and normalisations. Peers are given finished
gates.
"""

import importlib
import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from llmcourse import triton_language
from llmcourse.recurrence import agreement
from llmcourse.recurrence.engine import chunkwise, parallel, recurrent, step
from llmcourse.recurrence.zoo import ZOO
from torch import Tensor

B, H, D = 1, 4, 64
ROUNDS = {1024: 5, 4096: 4, 16384: 3, 65536: 2}  # length -> how often each method is timed
SIZES = tuple(ROUNDS)
CHUNKWISE = [
    "linear",
    "norm",
    "retnet",
    "mamba2",
    "mlstm",
    "deltanet",
    "gated_deltanet",
    "gla",
    "rwkv6",
    "hgrn2",
    "dfw",
]  # all rows but the channelwise ones, whose scan is another module's, and two that cost what `norm` and `mlstm` do
FUSED = ("linear", "norm", "mamba2", "gla")  # also as a kernel
RECURRENT, PARALLEL = ("linear", "gla"), ("linear", "retnet", "gla")
DECODED = ("linear", "norm", "mamba2", "deltanet", "gated_deltanet", "gla", "rwkv6")
PEERS = Path(__file__).resolve().parents[2] / ".cache" / "peers"
INSTALL = "pip install --no-deps --target .cache/peers fla-core einops"
NO_KERNEL = "not run: a kernel takes a GPU, with Triton; others' also fla-core"


@dataclass(frozen=True)
class Case:
    """One method. `prepare` turns a row's inputs into what `run` takes; only `run` is timed."""

    name: str
    row: str  # the row of the zoo that has the same answer
    run: Callable[..., Tensor] | None  # None if not installed
    prepare: Callable[[dict], dict] = lambda inputs: inputs
    quadratic: bool = False
    largest: int = SIZES[-1]
    peer: bool = False
    lacks: str = f"not installed: `{INSTALL}`"  # what the page says where `run` is None


def draw(row: str, L: int, seed: int = 0, device: str = "cpu") -> dict[str, Tensor]:
    """Random inputs of a row, float32."""
    return {n: x.to(device) for n, x in agreement.draw(row, L, seed, B, H, D).items()}


def cases() -> list[Case]:
    """All cases, softmax attention first: the others are compared with it."""
    sdpa = lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True)
    own = [Case(f"{row}, chunkwise", row, _form(row, chunkwise)) for row in CHUNKWISE]
    own += [Case(f"{row}, kernel", row, _kernel(row), lacks=NO_KERNEL) for row in FUSED]
    own += [Case(f"{row}, recurrent", row, _form(row, recurrent), largest=16384) for row in RECURRENT]
    own += [Case(f"{row}, parallel", row, _form(row, parallel), quadratic=True, largest=4096) for row in PARALLEL]
    return [Case("SDPA, causal", "linear", sdpa, quadratic=True), *own, *_fla(), _transformers()]


def _kernel(row: str) -> Callable[..., Tensor] | None:
    """The row's chunks as GPU kernels; None without a GPU, where Triton could only interpret them."""
    if not (torch.cuda.is_available() and triton_language.installed()):
        return None
    from llmcourse.recurrence import fused

    return _form(row, fused.chunkwise)


def _form(row: str, form) -> Callable[..., Tensor]:
    return lambda **inputs: form(ZOO[row](**inputs))[0]


# ------------------------------------------------------------------ one token


def decoders(L: int, device: str = "cpu") -> dict[str, Callable[[], Tensor]]:
    """Name -> a call that decodes one token after L - 1 others: attention over a cache, or a step of a row."""
    q, k, v = draw("linear", 1, device=device).values()
    keys, values = torch.randn(2, B, H, L, D, device=device).unbind(0)

    def attend():
        keys[..., L - 1 :, :], values[..., L - 1 :, :] = k, v
        return F.scaled_dot_product_attention(q, keys, values)

    return {"SDPA over a cache": attend} | {f"{row}, step": _stepper(row, device) for row in DECODED}


def _stepper(row: str, device: str) -> Callable[[], Tensor]:
    token, before = draw(row, 1, device=device), chunkwise(ZOO[row](**draw(row, 64, device=device)))[1]
    return lambda: step(ZOO[row](**token), before)[0]


# ------------------------------------------------------------------ other people's code


def _fla() -> list[Case]:
    """The naive files of flash-linear-attention, loaded one by one, since the package itself needs triton."""
    turn = lambda p: {n: x.transpose(1, 2).contiguous() for n, x in p.items()}  # (B, L, H, d)
    linear, simple, delta, gla = (_naive(n) for n in ("linear_attn", "simple_gla", "delta_rule", "gla"))
    root = D**0.5  # they divide q by it

    def scalar(p):
        dt = F.softplus(p["a"])
        p = turn({"q": p["q"], "k": p["k"], "v": dt * p["v"], "g": -dt * p["A"].exp()})
        return p | {"g": p["g"].squeeze(-1)}

    unit = lambda x: F.normalize(F.silu(x), dim=-1)
    prepared = lambda p: {
        "q": root * unit(p["q"]), "k": unit(p["k"]), "v": F.silu(p["v"]), "beta": p["b"].sigmoid().squeeze(-1)
    }  # fmt: skip
    channel = lambda p: turn({"q": root * p["q"], "k": p["k"], "v": p["v"], "gk": F.logsigmoid(p["a_k"]) / 16})
    found = [
        ("fla naive recurrent linear attention", "linear", turn, linear, "naive_recurrent_linear_attn", {"scale": 1.0}),
        ("fla naive chunk linear attention", "linear", turn, linear, "naive_chunk_linear_attn", {"scale": 1.0}),
        ("fla naive chunk simple_gla", "mamba2", scalar, simple, "naive_chunk_simple_gla", {"scale": 1.0}),
        ("fla naive chunkwise delta rule", "deltanet", prepared, delta, "delta_rule_chunkwise", {}),
        ("fla naive recurrent gla", "gla", channel, gla, "naive_recurrent_gla", {}),
    ]
    naive = [
        Case(name, row, module and _first(getattr(module, function), options), prepare, peer=True)
        for name, row, prepare, module, function, options in found
    ]
    gates = lambda p: turn({"q": p["q"], "k": p["k"], "v": p["v"], "g": F.logsigmoid(p["a_k"]) / 16})
    kernels = [
        ("fla kernel linear attention", "linear", turn, "linear_attn", {"scale": 1.0, "normalize": False}),
        ("fla kernel simple_gla", "mamba2", scalar, "simple_gla", {"scale": 1.0}),
        ("fla kernel gla", "gla", gates, "gla", {"scale": 1.0}),
    ]
    return naive + [
        Case(name, row, _fla_kernel(folder, options), prepare, peer=True, lacks=NO_KERNEL)
        for name, row, prepare, folder, options in kernels
    ]


def _fla_kernel(folder: str, options: dict) -> Callable[..., Tensor] | None:
    """`chunk_FOLDER` of `fla.ops`; None without a GPU, Triton or fla-core."""
    if not (torch.cuda.is_available() and triton_language.installed() and _naive(folder)):
        return None
    return _first(getattr(importlib.import_module(f"fla.ops.{folder}"), f"chunk_{folder}"), options)


def _transformers() -> Case:
    name = "transformers torch_chunk_gated_delta_rule"
    try:
        from transformers.models.qwen3_next.modeling_qwen3_next import torch_chunk_gated_delta_rule as function
    except ImportError:
        return Case(name, "gated_deltanet", None, peer=True)

    def prepare(p):
        turn = lambda x: x.transpose(1, 2).contiguous()
        q, k = (F.normalize(F.silu(p[n]), dim=-1) for n in ("q", "k"))
        gates = {"g": F.logsigmoid(p["a"]), "beta": p["b"].sigmoid()}
        wide = {"query": turn(D**0.5 * q), "key": turn(k), "value": turn(F.silu(p["v"]))}
        return wide | {n: turn(x).squeeze(-1) for n, x in gates.items()}

    plain = inspect.unwrap(function)  # where fla is installed, the name stands for fla's kernel
    return Case(name, "gated_deltanet", _first(plain, {}), prepare, peer=True)


def _first(function, options: dict) -> Callable[..., Tensor]:
    """Peers return o, or o and a state."""

    def run(**inputs):
        result = function(**inputs, **options)
        return result[0] if isinstance(result, tuple) else result

    return run


def _naive(name: str):
    """`fla/ops/NAME/naive.py`, or None if fla-core or einops is not installed."""
    import sys

    if PEERS.is_dir() and str(PEERS) not in sys.path:
        sys.path.append(str(PEERS))
    package = importlib.util.find_spec("fla")
    if package is None or importlib.util.find_spec("einops") is None:
        return None
    path = Path(package.submodule_search_locations[0]) / "ops" / name / "naive.py"
    spec = importlib.util.spec_from_file_location(f"fla_naive_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
