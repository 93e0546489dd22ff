"""The private half of block-step."""

import torch
import torch.nn.functional as F
from llmcourse.checks.labs.mamba.block_step import block_weights
from llmcourse.mamba import MambaBlock

from grading.exercises import misconception, reference, stages, variant

CASES = {"many tokens": block_weights(d=3, T=8), "another size": block_weights(2, 2, d=2, T=2, E=5, N=2, R=1)}


class _Block(torch.nn.Module):
    """`run` of the library's block as a forward pass, for functional_call: any weights, and gradients to them."""

    def __init__(self, N, R):
        super().__init__()
        self.block = MambaBlock(1, N, dt_rank=R)  # its own weights are never used

    def forward(self, x, last, h):
        y, (last, h) = self.block.run(x.unsqueeze(-2), (last, h))
        return y.squeeze(-2), last, h


@reference
def mamba_step(x, last, h, p):
    named = {"in_proj.weight": "in_proj", "conv1d.bias": "conv_bias", "x_proj.weight": "x_proj", "A_log": "A_log",
             "D": "D", "dt_proj.weight": "dt_proj", "dt_proj.bias": "dt_bias",
             "out_proj.weight": "out_proj"}  # fmt: skip
    weights = {f"block.{theirs}": p[mine] for theirs, mine in named.items()}
    weights["block.conv1d.weight"] = p["conv_weight"].unsqueeze(1)
    return torch.func.functional_call(_Block(h.shape[-1], p["dt_proj"].shape[-1]), weights, (x, last, h))


@variant
def written_out(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@variant
def by_einsum(x, last, h, p):
    E, N = p["A_log"].shape
    both = torch.einsum("...d,ed->...e", x, p["in_proj"])
    u, z = both[..., :E], both[..., E:]
    window = torch.cat([last, u.unsqueeze(-2)], dim=-2)
    u = torch.einsum("...we,ew->...e", window, p["conv_weight"]) + p["conv_bias"]
    u = u * torch.sigmoid(u)
    rest = torch.einsum("...e,fe->...f", u, p["x_proj"])
    R = rest.shape[-1] - 2 * N
    dt = torch.log1p(torch.exp(torch.einsum("...r,er->...e", rest[..., :R], p["dt_proj"]) + p["dt_bias"]))
    h = torch.exp(-torch.einsum("...e,en->...en", dt, p["A_log"].exp())) * h + torch.einsum(
        "...e,...e,...n->...en", dt, u, rest[..., R : R + N]
    )
    y = torch.einsum("...en,...n->...e", h, rest[..., R + N :]) + u * p["D"]
    return torch.einsum("...e,de->...d", y * z * torch.sigmoid(z), p["out_proj"]), window[..., 1:, :], h


@stages
def on_the_way(x, last, h, p):
    both = x @ p["in_proj"].mT
    window = torch.cat([last, both.chunk(2, -1)[0][..., None, :]], -2)
    summed = (window * p["conv_weight"].mT).sum(-2) + p["conv_bias"]
    c = F.silu(summed)
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    mixed = c @ p["x_proj"].mT
    dt, B, _ = mixed.split([R, N, N], -1)
    dt = dt @ p["dt_proj"].mT + p["dt_bias"]
    step = F.softplus(dt)
    write = (step * c)[..., None] * B[..., None, :]
    decay = (step[..., None] * -p["A_log"].exp()).exp()
    return {
        "x after in_proj": both,
        "the window of the convolution, the last tokens and this one": window,
        "the convolution with its bias": summed,
        "u after the SiLU": c,
        "x_proj of that u": mixed,
        "dt after dt_proj and its bias": dt,
        "the step size, the softplus of dt": step,
        "the decay exp(dt A), where A is -exp(A_log)": decay,
        "what is written, dt u B": write,
        "the new state h": decay * h + write,
    }


@misconception(
    says="the block without its gate",
    hint="What is read is multiplied by SiLU(z) before the last projection.",
)
def without_gate(x, last, h, p):
    u = (x @ p["in_proj"].mT).chunk(2, -1)[0]
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    return ((h * C[..., None, :]).sum(-1) + p["D"] * u) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block without the skip D u",
    hint="The token's own u, D times, is added to what is read.",
)
def without_skip(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    return ((h * C[..., None, :]).sum(-1) * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block without the SiLU after the convolution",
    hint="u goes through SiLU before anything is computed from it.",
)
def without_silu(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = (window * p["conv_weight"].mT).sum(-2) + p["conv_bias"]
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block that writes with C and reads with B",
    hint="x_proj gives dt, B and C, in this order.",
)
def B_and_C_swapped(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, C, B = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block with u and z swapped",
    hint="The first half of in_proj is scanned, the second half is the gate.",
)
def halves_swapped(x, last, h, p):
    z, u = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block with exp in place of softplus for the step",
    hint="dt is softplus(dt_proj dt + dt_bias): positive, and linear where it is large.",
)
def exponential_of_dt(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = (dt @ p["dt_proj"].mT + p["dt_bias"]).exp()
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block with a positive A: its state grows",
    hint="A is -exp(A_log).",
)
def A_positive(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block with -A_log for A, without the exponential",
    hint="A is -exp(A_log): negative, whatever A_log is.",
)
def A_is_minus_log(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"]).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block with exp(-A_log) for A",
    hint="The minus stands before the exponential: A is -exp(A_log).",
)
def A_of_minus_log(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * (-p["A_log"]).exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block whose convolution adds its bias after the SiLU",
    hint="The bias belongs to the convolution: SiLU of both together.",
)
def bias_after_silu(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2)) + p["conv_bias"]
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block whose convolution has no bias",
    hint="Add `conv_bias` before the SiLU.",
)
def without_conv_bias(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2))
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block whose convolution has its weights turned round",
    hint="`conv_weight[:, -1]` belongs to the token itself, which stands last in the window.",
)
def weights_reversed(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].flip(-1).mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block without the softplus of dt",
    hint="dt is softplus(dt_proj dt + dt_bias): a step is positive.",
)
def without_softplus(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = dt @ p["dt_proj"].mT + p["dt_bias"]
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block without dt_bias",
    hint="dt_bias is added to dt_proj dt, before the softplus.",
)
def without_dt_bias(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT)
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block that adds dt_bias after the softplus",
    hint="The bias belongs to dt_proj: softplus of both together.",
)
def dt_bias_after_softplus(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT) + p["dt_bias"]
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block that takes B, C and dt from x_proj, in this order",
    hint="x_proj gives dt first: R numbers, then N for B and N for C.",
)
def dt_last(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    B, C, dt = (u @ p["x_proj"].mT).split([N, N, R], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block whose dt, B and C come from u before the convolution",
    hint="From the SiLU on, u is the result of the convolution: x_proj of that.",
)
def raw_into_x_proj(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    raw, u = u, F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (raw @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block that writes u from before the convolution",
    hint="From the SiLU on, u is the result of the convolution: what is written is dt u B of that u.",
)
def raw_written(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    raw, u = u, F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * raw)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block whose skip is D times u from before the convolution",
    hint="From the SiLU on, u is the result of the convolution: the skip is D times that u.",
)
def raw_in_skip(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    raw, u = u, F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * raw
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block that adds D u after the gate",
    hint="In this order: read, add D u, multiply by SiLU(z), out_proj.",
)
def skip_of_x_after_gate(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1)
    return (y * F.silu(z) + p["D"] * u) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block with a sigmoid for its gate",
    hint="The gate is SiLU(z), which is z times its sigmoid.",
)
def sigmoid_gate(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * z.sigmoid()) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block with z itself for its gate",
    hint="The gate is SiLU(z).",
)
def gate_without_silu(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * z) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block that reads the state before it is updated",
    hint="One step of the scan first: the token sees itself. Then read with C.",
)
def reads_before_writing(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block whose write lacks the step dt",
    hint="What is written is dt u B.",
)
def write_without_dt(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + u[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the block with zero-order hold for B too",
    hint="Mamba simplifies here: what is written is dt u B.",
)
def full_hold(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    decay = (dt[..., None] * A).exp()
    h = decay * h + (decay - 1) / A * u[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@misconception(
    says="the right y and h, with u from after the SiLU in the memory of the convolution",
    hint="The convolution remembers its inputs: u as in_proj gives it, `window[..., 1:, :]`.",
)
def remembers_after_silu(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, torch.cat([last[..., 1:, :], u[..., None, :]], -2), h


@misconception(
    says="the right y and h of each call, with the memory of the convolution as it came",
    hint="Return the new one: the last three rows of the window, `window[..., 1:, :]`.",
)
def returns_the_old_memory(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, last, h
