"""Makes `recurrence.safetensors`: what other people's code returns for inputs of the zoo's rows.

    pip install --no-deps --target FOLDER fla-core mlstm_kernels einops
    python lib/tests/references/make_recurrence.py FOLDER

It was made with fla-core 0.6.0 (MIT), mlstm_kernels 2.0.6 (run here, not copied) and transformers 5.23 (Apache 2.0).
For every row, the file contains the row's inputs as the zoo takes them, the output, the final state if the other code
returns one, and the gradients of `mixture(output)`. Their conventions differ: layouts (B, T, H, D) and (B, H, T, D),
a scale d_k^-1/2 inside, transposed states.
"""

import importlib.util
import sys
import types
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from transformers.models.mamba.modeling_mamba import mamba_selective_scan
from transformers.models.qwen3_next.modeling_qwen3_next import torch_recurrent_gated_delta_rule

B, H, L, K, V = 2, 3, 37, 6, 5


def module(folder: Path, path: str):
    """One file of a package, without importing the package (which needs triton)."""
    spec = importlib.util.spec_from_file_location(path.replace("/", "_"), folder / path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def mixture(x: torch.Tensor) -> torch.Tensor:
    return (x * torch.cos(torch.arange(x.numel(), dtype=x.dtype)).view(x.shape)).sum()


def draw(seed: int) -> types.SimpleNamespace:
    g = torch.Generator().manual_seed(seed)
    r = lambda *shape: torch.randn(*shape, generator=g)
    gate = lambda: r(B, H, L, 1)
    return types.SimpleNamespace(
        q=r(B, H, L, K), k=r(B, H, L, K), v=r(B, H, L, V), a=gate(), b=gate(), i=3 * gate(), f=gate() + 2,
        a_k=r(B, H, L, K), bonus=r(H, 1, K), A=r(1, 1), wide_A=r(V, K), D=r(1, V), B=r(V, K), C=r(V, K),
        dt=F.softplus(r(B, L, V)), step=F.softplus(r(1, V)), flat_q=r(B, L, K), flat_k=r(B, L, K), flat_v=r(B, L, V),
    )  # fmt: skip


def references(folder: Path):
    """Row -> (inputs of the row, a function of them that returns o (B, H, L, V), and S (B, H, V, K) or None)."""
    fla = {
        n: module(folder, f"fla/ops/{n}/naive.py")
        for n in ("linear_attn", "retention", "gla", "delta_rule", "simple_gla")
    }
    rwkv = module(folder, "fla/ops/rwkv6/recurrent_naive.py")
    mlstm = module(folder, "mlstm_kernels/torch/parallel/native/fw.py").mlstm_parallel_fw
    p, t, root, phi = draw(0), lambda x: x.transpose(1, 2), K**0.5, lambda x: F.elu(x) + 1
    unit, log_gate = lambda x: x / x.norm(dim=-1, keepdim=True), F.logsigmoid

    def linear(q, k, v, **kw):
        o, S = fla["linear_attn"].naive_recurrent_linear_attn(t(q), t(k), t(v), 1.0, None, True, **kw)
        return t(o), S.mT if torch.is_tensor(S) else None

    def gla(q, k, v, g):
        o, S = fla["gla"].naive_recurrent_gla(t(q) * root, t(k), t(v), t(g), None, True)
        return t(o), S.mT

    def mamba2(q, k, v, a, A):
        dt = F.softplus(a)
        o, S = fla["simple_gla"].naive_recurrent_simple_gla(t(q), t(k), t(dt * v), t(-dt * A.exp())[..., 0], 1.0)
        return t(o), S.mT

    def delta(q, k, v, b):
        o, S = fla["delta_rule"].delta_rule_recurrence(q * root, unit(k), v, b.sigmoid())
        return o, S.mT

    def gated(q, k, v, a, b):
        g, beta = log_gate(a)[..., 0], b.sigmoid()[..., 0]
        o, S = torch_recurrent_gated_delta_rule(t(q) * root, t(unit(k)), t(v), t(g), t(beta), None, True)
        return t(o), S.mT

    def rwkv6(q, k, v, a_k, bonus):
        o, S = rwkv.naive_recurrent_rwkv6(q, k, v, -a_k.exp(), bonus[:, 0], 1.0, None, True)
        return o, S.mT

    def scan(q, k, v, dt, A, D):
        o, S = mamba_selective_scan(v.mT, dt.mT, -A.exp(), k.mT, q.mT, D[0], return_last_state=True)
        return o.mT, S

    def s4(v, dt, A, B, C, D):
        """Constant weights: B * v is what a scan with step dt and input v / dt writes. C differs by channel, so each
        channel is scanned alone."""
        o = []
        for c in range(V):
            ones, one = torch.ones(v.shape[0], 1, v.shape[1]), slice(c, c + 1)
            k, q = (x[one].T[None].expand(v.shape[0], -1, v.shape[1]) for x in (B, C))
            o.append(mamba_selective_scan(v[..., one].mT / dt[0, c], ones * dt[0, c], -A[one].exp(), k, q, None))
        return torch.cat(o, 1).mT + D * v, None

    return {
        "linear": (dict(q=p.q, k=p.k, v=p.v), linear),
        "kernel": (dict(q=p.q, k=p.k, v=p.v), lambda q, k, v: linear(phi(q), phi(k), v)),
        "norm": (dict(q=p.q, k=p.k, v=p.v), lambda q, k, v: linear(phi(q), phi(k), v, normalize=True)),
        "retnet": (dict(q=p.q, k=p.k, v=p.v), lambda q, k, v: (fla["retention"].naive_retention(q * root, k, v), None)),
        "gla": (dict(q=p.q, k=p.k, v=p.v, a_k=p.a_k), lambda q, k, v, a_k: gla(q, k, v, log_gate(a_k) / 16)),
        "hgrn2": (dict(q=p.q, v=p.v, a_k=p.a_k), lambda q, v, a_k: gla(q, 1 - a_k.sigmoid(), v, log_gate(a_k))),
        "rwkv6": (dict(q=p.q, k=p.k, v=p.v, a_k=p.a_k, bonus=p.bonus), rwkv6),
        "mamba2": (dict(q=p.q, k=p.k, v=p.v, a=p.a, A=p.A), mamba2),
        "deltanet": (dict(q=p.q, k=p.k, v=p.v, b=p.b), delta),
        "gated_deltanet": (dict(q=p.q, k=p.k, v=p.v, a=p.a, b=p.b), gated),
        "mlstm": (
            dict(q=p.q, k=p.k, v=p.v, i=p.i, f=p.f),
            lambda q, k, v, i, f: (mlstm(q * root, k, v, i[..., 0], f[..., 0], eps=0.0)[0], None),
        ),
        "mamba": (dict(q=p.flat_q, k=p.flat_k, v=p.flat_v, dt=p.dt, A=p.wide_A, D=p.D), scan),
        "s4": (dict(v=p.flat_v, dt=p.step, A=p.wide_A, B=p.B, C=p.C, D=p.D), s4),
    }  # fmt: skip


def main(folder: str) -> None:
    sys.path.insert(0, folder)
    tensors = {}
    for name, (inputs, reference) in references(Path(folder)).items():
        dtype = (
            torch.float64 if name == "mlstm" else torch.float32
        )  # the others compute in float32, whatever they are given
        leaves = {n: x.to(dtype, copy=True).requires_grad_() for n, x in inputs.items()}
        o, S = reference(**leaves)
        gradients = torch.autograd.grad(mixture(o), list(leaves.values()))
        tensors |= {f"{name}/in/{n}": x for n, x in inputs.items()}
        tensors |= {f"{name}/o": o.detach().float()} | ({f"{name}/S": S.detach()} if S is not None else {})
        tensors |= {f"{name}/gradient/{n}": g.float() for n, g in zip(leaves, gradients)}
    path = Path(__file__).with_name("recurrence.safetensors")
    save_file({n: x.contiguous().clone() for n, x in tensors.items()}, path)
    print(f"wrote {path.name}: {path.stat().st_size / 1000:.0f} kB, {len({n.split('/')[0] for n in tensors})} rows")


if __name__ == "__main__":
    main(sys.argv[1])
