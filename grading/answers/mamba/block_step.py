"""Answers to block-step by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


@answer("block-step", "z and u in the wrong order", "wrong")
def _(x, last, h, p):
    z, u = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "no SiLU after the convolution", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = (window * p["conv_weight"].mT).sum(-2) + p["conv_bias"]
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "no bias of the convolution", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2))
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "bias after the SiLU", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2)) + p["conv_bias"]
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "convolution weights reversed in time", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].flip(-1).mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "window with the token in front", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([u[..., None, :], last], dim=-2)
    last = window[..., :-1, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "last keeps the oldest: window[:-1]", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., :-1, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "last not moved on", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "last gets u after the convolution and SiLU", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    last = torch.cat([last[..., 1:, :], u[..., None, :]], dim=-2)
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "last is the whole window", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "no softplus", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = dt @ p["dt_proj"].mT + p["dt_bias"]
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "no bias in the step", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT)
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "bias of the step after the softplus", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT) + p["dt_bias"]
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "exp for softplus", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = torch.exp(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "A without its minus", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "A is -A_log", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"]
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "exp(-A_log)", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = (-p["A_log"]).exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "B and C exchanged", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, C, B = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "split in the order B, C, dt", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    B, C, dt = (u @ p["x_proj"].mT).split([N, N, R], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "no D u", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1)
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "D times the input of the convolution", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    skip = u
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * skip
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "D without u", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"]
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "D u after the gate", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1)
    y = (y * F.silu(z) + p["D"] * u) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "the gate without SiLU", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * z) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "sigmoid for SiLU in the gate", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * z.sigmoid()) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "no gate", "wrong")
def _(x, last, h, p):
    u, _z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = y @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "gate after out_proj of y and z", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y @ p["out_proj"].mT) * F.silu(z @ p["out_proj"].mT)
    return y, last, h


@answer("block-step", "reads the state before the update", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    before = h
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (before * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "no dt in the write", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + u[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "u before SiLU and convolution in the write", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    raw = u
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * raw)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "x_proj of u before the convolution", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    raw = u
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (raw @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "the residual added: x + y", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return x + y, last, h


@answer("block-step", "h in place", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h *= (dt[..., None] * A).exp()
    h += (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "last in place: rolled and overwritten", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last.copy_(window[..., 1:, :].clone())
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "y, h, last: the states in the wrong order", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, h, last


@answer("block-step", "the state not returned", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last


@answer("block-step", "weights not transposed", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"]).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "reads the mean over the states", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).mean(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "u not convolved: own weight only", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu(u * p["conv_weight"][:, -1] + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "N hard-coded to 16", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], 16
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "R and N from the wrong axes", "wrong")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last, u[..., None, :]], dim=-2)
    last = window[..., 1:, :]
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[0], p["A_log"].shape[0]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    A = -p["A_log"].exp()
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    y = (y * F.silu(z)) @ p["out_proj"].mT
    return y, last, h


@answer("block-step", "F.linear, einsum", "right")
def _(x, last, h, p):
    E, R, N = p["D"].shape[0], p["dt_proj"].shape[1], p["A_log"].shape[1]
    uz = F.linear(x, p["in_proj"])
    u, z = uz[..., :E], uz[..., E:]
    new = torch.cat([last[..., 1:, :], u.unsqueeze(-2)], dim=-2)
    u = torch.einsum("...we,ew->...e", torch.cat([last[..., :1, :], new], dim=-2), p["conv_weight"]) + p["conv_bias"]
    u = u * torch.sigmoid(u)
    dBC = F.linear(u, p["x_proj"])
    dt = F.softplus(F.linear(dBC[..., :R], p["dt_proj"], p["dt_bias"]))
    B, C = dBC[..., R : R + N], dBC[..., R + N :]
    decay = torch.exp(torch.einsum("...e,en->...en", dt, -torch.exp(p["A_log"])))
    h = decay * h + torch.einsum("...e,...e,...n->...en", dt, u, B)
    y = torch.einsum("...en,...n->...e", h, C) + p["D"] * u
    return F.linear(y * F.silu(z), p["out_proj"]), new, h


@answer("block-step", "float64 inside", "right")
def _(x, last, h, p):
    q = {k: w.double() for k, w in p.items()}
    u, z = (x.double() @ q["in_proj"].mT).chunk(2, dim=-1)
    window = torch.cat([last.double(), u[..., None, :]], dim=-2)
    u = F.silu((window * q["conv_weight"].mT).sum(-2) + q["conv_bias"])
    R, N = q["dt_proj"].shape[1], q["A_log"].shape[1]
    dt, B, C = (u @ q["x_proj"].mT).split([R, N, N], dim=-1)
    dt = F.softplus(dt @ q["dt_proj"].mT + q["dt_bias"])
    g = (-dt[..., None] * q["A_log"].exp()).exp() * h.double() + (dt * u)[..., None] * B[..., None, :]
    y = ((g @ C[..., None])[..., 0] + q["D"] * u) * F.silu(z) @ q["out_proj"].mT
    return y.to(x.dtype), window[..., 1:, :].to(x.dtype), g.to(h.dtype)


@answer("block-step", "weights split before the product", "right")
def _(x, last, h, p):
    E, N = p["A_log"].shape
    W_u, W_z = p["in_proj"].split(E)
    W_dt, W_B, W_C = p["x_proj"].split([p["dt_proj"].shape[1], N, N])
    token = x @ W_u.mT
    kernel = p["conv_weight"]
    mixed = token * kernel[:, -1] + (last * kernel[:, :-1].mT).sum(-2) + p["conv_bias"]
    u = F.silu(mixed)
    dt = F.softplus(u @ (p["dt_proj"] @ W_dt).mT + p["dt_bias"])
    h = h * torch.exp(-dt.unsqueeze(-1) * p["A_log"].exp()) + (dt * u).unsqueeze(-1) * (u @ W_B.mT).unsqueeze(-2)
    y = h.mul((u @ W_C.mT).unsqueeze(-2)).sum(-1).addcmul(p["D"].expand_as(u), u)
    gate = F.silu(x @ W_z.mT)
    return (y * gate) @ p["out_proj"].mT, torch.cat([last, token.unsqueeze(-2)], -2)[..., 1:, :], h


@answer("block-step", "convolution in a loop, softplus by logaddexp", "right")
def _(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, dim=-1)
    inputs = [*last.unbind(-2), u]
    total = p["conv_bias"]
    for i, value in enumerate(inputs):
        total = total + p["conv_weight"][:, i] * value
    u = total / (1 + (-total).exp())
    N = h.shape[-1]
    all3 = u @ p["x_proj"].mT
    raw = all3[..., : -2 * N] @ p["dt_proj"].mT + p["dt_bias"]
    dt = torch.logaddexp(raw, torch.zeros_like(raw))
    B, C = all3[..., -2 * N : -N], all3[..., -N:]
    states = []
    for n in range(N):
        decay = (-dt * p["A_log"][:, n].exp()).exp()
        states.append(decay * h[..., n] + dt * u * B[..., n : n + 1])
    y = sum(s * C[..., n : n + 1] for n, s in enumerate(states)) + p["D"] * u
    y = (y * z * z.sigmoid()) @ p["out_proj"].mT
    return y, torch.stack(inputs[1:], dim=-2), torch.stack(states, dim=-1)


@answer("block-step", "in place on own copies", "right")
def _(x, last, h, p):
    a, b, c = x, last.clone(), h.clone()
    u, z = (a @ p["in_proj"].mT).tensor_split(2, dim=-1)
    window = torch.cat([b, u[..., None, :]], dim=-2)
    u = F.silu((window.mT * p["conv_weight"]).sum(-1) + p["conv_bias"])
    R, N = p["dt_proj"].shape[1], p["A_log"].shape[1]
    dt, B, C = (u @ p["x_proj"].mT).split((R, N, N), dim=-1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])[..., None]
    c = c.mul((dt * -p["A_log"].exp()).exp()).add(dt * u[..., None] @ B[..., None, :])
    y = (c @ C[..., None]).squeeze(-1) + p["D"] * u
    return [(y * F.silu(z)) @ p["out_proj"].mT, window.narrow(-2, 1, window.shape[-2] - 1), c]


def block(x, last, h, p, **change):
    """The whole step, with one thing done differently."""
    E, N = p["A_log"].shape
    R = p["dt_proj"].shape[1]
    u, z = (x @ p["in_proj"].mT).split(E, -1)
    if "swap" in change:
        u, z = z, u
    window = torch.cat([last, u[..., None, :]], -2)
    u = (window * p["conv_weight"].mT).sum(-2) + p["conv_bias"]
    if "no_silu" not in change:
        u = F.silu(u)
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    if "BC" in change:
        B, C = C, B
    dt = change.get("dt", lambda d: F.softplus(d @ p["dt_proj"].mT + p["dt_bias"]))(dt)
    A = change.get("A", lambda a: -a.exp())(p["A_log"])
    h = (dt[..., None] * A).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1)
    return u, z, window, h, y


@answer("block-step", "z and u exchanged in the split of in_proj", "wrong")
def _(x, last, h, p):
    u, z, window, h, y = block(x, last, h, p, swap=1)
    y = y + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@answer("block-step", "no SiLU after the convolution", "wrong")
def _(x, last, h, p):
    u, z, window, h, y = block(x, last, h, p, no_silu=1)
    y = y + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@answer("block-step", "B and C exchanged in the split of x_proj", "wrong")
def _(x, last, h, p):
    u, z, window, h, y = block(x, last, h, p, BC=1)
    y = y + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@answer("block-step", "softplus before the bias: softplus(dt_proj dt) + dt_bias", "wrong")
def _(x, last, h, p):
    u, z, window, h, y = block(x, last, h, p, dt=lambda d: F.softplus(d @ p["dt_proj"].mT) + p["dt_bias"])
    y = y + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@answer("block-step", "skip added after the gate: y silu(z) + D u", "wrong")
def _(x, last, h, p):
    u, z, window, h, y = block(x, last, h, p)
    y = y * F.silu(z) + p["D"] * u
    return y @ p["out_proj"].mT, window[..., 1:, :], h


@answer("block-step", "remembers u after convolution and SiLU in last, instead of the raw u", "wrong")
def _(x, last, h, p):
    u, z, _, h, y = block(x, last, h, p)
    y = y + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, torch.cat([last[..., 1:, :], u[..., None, :]], -2), h


@answer("block-step", "gates with sigmoid(z) instead of SiLU(z)", "wrong")
def _(x, last, h, p):
    u, z, window, h, y = block(x, last, h, p)
    y = y + p["D"] * u
    return (y * torch.sigmoid(z)) @ p["out_proj"].mT, window[..., 1:, :], h


@answer("block-step", "F.linear, in float64", "right")
def _(x, last, h, p):
    dtype = x.dtype
    x, last, h = x.double(), last.double(), h.double()
    w = {name: t.double() for name, t in p.items()}
    E, N = w["A_log"].shape
    uz = F.linear(x, w["in_proj"])
    u0, z = uz[..., :E], uz[..., E:]
    window = torch.cat([last, u0.unsqueeze(-2)], -2)
    u = F.silu(torch.einsum("...we,ew->...e", window, w["conv_weight"]) + w["conv_bias"])
    dbc = F.linear(u, w["x_proj"])
    dt = torch.log1p(torch.exp(F.linear(dbc[..., : -2 * N], w["dt_proj"], w["dt_bias"])))
    B, C = dbc[..., -2 * N : -N], dbc[..., -N:]
    h = torch.exp(-dt.unsqueeze(-1) * w["A_log"].exp()) * h + torch.einsum("...e,...n->...en", dt * u, B)
    y = torch.einsum("...en,...n->...e", h, C) + w["D"] * u
    return F.linear(y * z * torch.sigmoid(z), w["out_proj"]).to(dtype), window[..., 1:, :].to(dtype), h.to(dtype)


@answer("block-step", "channel by channel", "right")
def _(x, last, h, p):
    E, N = p["A_log"].shape
    both = x @ p["in_proj"].mT
    raw = [both[..., e] for e in range(E)]
    u = torch.stack(
        [
            F.silu(
                sum(last[..., i, e] * p["conv_weight"][e, i] for i in range(last.shape[-2]))
                + raw[e] * p["conv_weight"][e, -1]
                + p["conv_bias"][e]
            )
            for e in range(E)
        ],
        -1,
    )
    mixed = u @ p["x_proj"].mT
    R = mixed.shape[-1] - 2 * N
    dt = F.softplus(mixed[..., :R] @ p["dt_proj"].mT + p["dt_bias"])
    B, C = mixed[..., R : R + N], mixed[..., R + N :]
    states, y = [], []
    for e in range(E):
        s = h[..., e, :] * torch.exp(-p["A_log"][e].exp() * dt[..., e, None]) + dt[..., e, None] * u[..., e, None] * B
        states.append(s)
        y.append(((s * C).sum(-1) + p["D"][e] * u[..., e]) * F.silu(both[..., E + e]))
    remembered = torch.cat([last, torch.stack(raw, -1)[..., None, :]], -2)[..., 1:, :]
    return torch.stack(y, -1) @ p["out_proj"].mT, remembered, torch.stack(states, -2)
