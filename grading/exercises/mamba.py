"""Lab 10, Mamba: references, variants and misconceptions.

Every function here stands alone (torch and F apart), since sample submissions are made of their source.
"""

import torch
import torch.nn.functional as F
from llmcourse.checks.mamba import _block, _filtered, _image, _selective, _states, _stretches
from llmcourse.mamba import MambaBlock, causal_conv1d
from llmcourse.mamba import scan as library
from llmcourse.mamba.directions import cross_scan

from . import Private

# ------------------------------------------------------------------ selective-step


def discretise_reference(x, dt, A, B):
    return library._discrete(x, dt, A, B)


def discretise_by_einsum(x, dt, A, B):
    return torch.exp(torch.einsum("...ld,dn->...ldn", dt, A)), torch.einsum("...ld,...ld,...ln->...ldn", dt, x, B)


def discretise_with_unsqueeze(x, dt, A, B):
    wide = dt.unsqueeze(-1)
    return torch.exp(A * wide), B.unsqueeze(-2) * wide * x.unsqueeze(-1)


def discretise_without_dt_in_write(x, dt, A, B):
    """the right decay, with a write that lacks the step dt

    A long step writes more: dt x B.
    """
    return (dt[..., None] * A).exp(), x[..., None] * B[..., None, :]


def discretise_without_x(x, dt, A, B):
    """the right decay, with a write that lacks the input

    What is written is dt x B; without x it would be the same for every input.
    """
    return (dt[..., None] * A).exp(), dt[..., None] * B[..., None, :]


def discretise_decay_without_dt(x, dt, A, B):
    """the right write, with a decay exp(A) that does not depend on the step

    The step is what makes the model choose: exp(dt A).
    """
    return A.exp().expand(*dt.shape, A.shape[-1]), (dt * x)[..., None] * B[..., None, :]


def discretise_decay_grows(x, dt, A, B):
    """the right write, with a decay above 1: exp(-dt A)

    A is negative already.
    """
    return (-dt[..., None] * A).exp(), (dt * x)[..., None] * B[..., None, :]


def discretise_euler(x, dt, A, B):
    """the right write, with Euler's decay 1 + dt A

    Mamba holds A by zero-order hold, exp(dt A): below 1 and above 0 at any step.
    """
    return 1 + dt[..., None] * A, (dt * x)[..., None] * B[..., None, :]


def discretise_full_hold(x, dt, A, B):
    """zero-order hold for B too

    Mamba simplifies here: B_ = dt B.
    """
    decay = (dt[..., None] * A).exp()
    return decay, (decay - 1) / A * x[..., None] * B[..., None, :]


# ------------------------------------------------------------------ selective-scan


def scan_reference(decay, write, C, h):
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * h + b
        y.append((h @ c[..., None])[..., 0])
    return torch.stack(y, -2), h


def scan_from_all_states(decay, write, C, h):
    states = []
    for t in range(decay.shape[-3]):
        h = decay[..., t, :, :] * h + write[..., t, :, :]
        states.append(h)
    return torch.einsum("...ldn,...ln->...ld", torch.stack(states, -3), C), h


def scan_by_doubling(decay, write, C, h):
    a, b, back = decay, write, 1
    while back < decay.shape[-3]:
        ones, zeros = torch.ones_like(a[..., :back, :, :]), torch.zeros_like(b[..., :back, :, :])
        before_a = torch.cat([ones, a[..., :-back, :, :]], -3)
        before_b = torch.cat([zeros, b[..., :-back, :, :]], -3)
        a, b, back = a * before_a, a * before_b + b, 2 * back
    states = a * h[..., None, :, :] + b
    return (states * C[..., None, :]).sum(-1), states[..., -1, :, :]


def scan_reads_before_writing(decay, write, C, h):
    """the scan that reads before it writes

    A token sees itself: update the state first.
    """
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        y.append((h @ c[..., None])[..., 0])
        h = a * h + b
    return torch.stack(y, -2), h


def scan_ignores_state(decay, write, C, h):
    """the scan that starts from an empty state whatever it is given

    Start from the h in the arguments: a long text comes in pieces.
    """
    h, y = torch.zeros_like(h), []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * h + b
        y.append((h @ c[..., None])[..., 0])
    return torch.stack(y, -2), h


def scan_never_forgets(decay, write, C, h):
    """the scan without the decay

    The state fades first: a h + b.
    """
    y = []
    for b, c in zip(write.unbind(-3), C.unbind(-2)):
        h = h + b
        y.append((h @ c[..., None])[..., 0])
    return torch.stack(y, -2), h


def scan_decays_the_write(decay, write, C, h):
    """the scan whose new write fades at once: a (h + b)

    Only the past fades: a h + b.
    """
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * (h + b)
        y.append((h @ c[..., None])[..., 0])
    return torch.stack(y, -2), h


def scan_without_reading(decay, write, C, h):
    """the scan that sums the state in place of reading it with C

    C says how much of every state the token wants: (h * c).sum(-1).
    """
    y = []
    for a, b in zip(decay.unbind(-3), write.unbind(-3)):
        h = a * h + b
        y.append(h.sum(-1))
    return torch.stack(y, -2), h


def scan_reads_the_end(decay, write, C, h):
    """the scan whose every token reads the final state

    Read inside the loop: later tokens are the future.
    """
    for a, b in zip(decay.unbind(-3), write.unbind(-3)):
        h = a * h + b
    return torch.einsum("...dn,...ln->...ld", h, C), h


# ------------------------------------------------------------------ associative-law


def combine_written_out(first, second):
    (a1, b1), (a2, b2) = first, second
    return a2 * a1, a2 * b1 + b2


def combine_as_matrices(first, second):
    def matrix(a, b):
        top = torch.stack([a, b], -1)
        return torch.stack([top, torch.stack([torch.zeros_like(a), torch.ones_like(a)], -1)], -2)

    both = matrix(*second) @ matrix(*first)
    return both[..., 0, 0], both[..., 0, 1]


def combine_wrong_order(first, second):
    """the two stretches in the wrong order: the second one first

    The first stretch happens first: a2 (a1 h + b1) + b2.
    """
    return first[0] * second[0], first[0] * second[1] + first[1]


def combine_adds(first, second):
    """the stretches with their additions added up

    What the first has added fades during the second: a2 b1 + b2.
    """
    return first[0] * second[0], first[1] + second[1]


def combine_adds_decays(first, second):
    """the stretches with their decays added up

    What is left after both is a product: a2 a1.
    """
    return first[0] + second[0], second[0] * first[1] + second[1]


def combine_forgets_first(first, second):
    """the second stretch alone

    What the first has added is still there, faded by a2: a2 b1 + b2.
    """
    return first[0] * second[0], second[1] + 0 * first[1]


def combine_fades_all(first, second):
    """the stretches with both additions faded

    b2 is added at the end of the second stretch, and does not fade: a2 b1 + b2.
    """
    return first[0] * second[0], second[0] * (first[1] + second[1])


def combine_last_decay(first, second):
    """the right addition, with the decay of the second stretch alone

    The state before both has faded twice: a2 a1.
    """
    return second[0] + 0 * first[0], second[0] * first[1] + second[1]


# ------------------------------------------------------------------ chunked-scan


def chunks_reference(x, dt, A, B, C, h, chunk):
    found = []
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        y, h = library.sequential(x_p, dt_p, A, B_p, C_p, None, h)
        found.append(y)
    return torch.cat(found, -2), h


def chunks_token_by_token(x, dt, A, B, C, h, chunk):
    y = []
    for x_t, dt_t, b, c in zip(x.unbind(-2), dt.unbind(-2), B.unbind(-2), C.unbind(-2)):
        h = (dt_t[..., None] * A).exp() * h + (dt_t * x_t)[..., None] * b[..., None, :]
        y.append((h * c[..., None, :]).sum(-1))
    return torch.stack(y, -2), h


def chunks_by_slicing(x, dt, A, B, C, h, chunk):
    found, L = [], x.shape[-2]
    for start in range(0, L, chunk):
        end = min(start + chunk, L)
        states = []
        for t in range(start, end):
            step = dt[..., t, :].unsqueeze(-1)
            h = torch.exp(step * A) * h + step * x[..., t, :].unsqueeze(-1) * B[..., t, :].unsqueeze(-2)
            states.append(h)
        found.append((torch.stack(states, -3) @ C[..., start:end, :, None])[..., 0])
    return torch.cat(found, -2), h


def chunks_all_states(x, dt, A, B, C, h, chunk):
    """the right answer, with all L D N states in memory at once: its values are right, its memory is not small

    Discretise inside the loop over the pieces, not before it.
    """
    decay, write, y = (dt[..., None] * A).exp(), (dt * x)[..., None] * B[..., None, :], []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * h + b
        y.append((h * c[..., None, :]).sum(-1))
    return torch.stack(y, -2), h


def chunks_without_carry(x, dt, A, B, C, h, chunk):
    """the pieces without the state between them: each starts from the same h

    The state that one piece returns is where the next one starts.
    """
    found, start = [], h
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        h, y = start, []
        for x_t, dt_t, b, c in zip(x_p.unbind(-2), dt_p.unbind(-2), B_p.unbind(-2), C_p.unbind(-2)):
            h = (dt_t[..., None] * A).exp() * h + (dt_t * x_t)[..., None] * b[..., None, :]
            y.append((h * c[..., None, :]).sum(-1))
        found.append(torch.stack(y, -2))
    return torch.cat(found, -2), h


def chunks_from_zero(x, dt, A, B, C, h, chunk):
    """the pieces, each from an empty state

    The first starts from the h in the arguments, every other one from where the piece before it ended.
    """
    found = []
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        h, y = torch.zeros_like(h), []
        for x_t, dt_t, b, c in zip(x_p.unbind(-2), dt_p.unbind(-2), B_p.unbind(-2), C_p.unbind(-2)):
            h = (dt_t[..., None] * A).exp() * h + (dt_t * x_t)[..., None] * b[..., None, :]
            y.append((h * c[..., None, :]).sum(-1))
        found.append(torch.stack(y, -2))
    return torch.cat(found, -2), h


def chunks_ignore_state(x, dt, A, B, C, h, chunk):
    """the scan that carries its state from piece to piece, but starts from an empty one

    The first piece starts from the h in the arguments.
    """
    h, y = torch.zeros_like(h), []
    for x_t, dt_t, b, c in zip(x.unbind(-2), dt.unbind(-2), B.unbind(-2), C.unbind(-2)):
        h = (dt_t[..., None] * A).exp() * h + (dt_t * x_t)[..., None] * b[..., None, :]
        y.append((h * c[..., None, :]).sum(-1))
    return torch.stack(y, -2), h


def chunks_detached(x, dt, A, B, C, h, chunk):
    """the right values, but the state is detached between the pieces: no gradient flows across them

    Leave out `.detach()`: what a piece has written is trained by what later pieces read.
    """
    found = []
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        h, y = h.detach(), []
        for x_t, dt_t, b, c in zip(x_p.unbind(-2), dt_p.unbind(-2), B_p.unbind(-2), C_p.unbind(-2)):
            h = (dt_t[..., None] * A).exp() * h + (dt_t * x_t)[..., None] * b[..., None, :]
            y.append((h * c[..., None, :]).sum(-1))
        found.append(torch.stack(y, -2))
    return torch.cat(found, -2), h


# ------------------------------------------------------------------ causal-convolution-state


def convolution_by_unfold(x, weight, bias, last):
    padded = torch.cat((last, x), dim=-2)
    W = weight.shape[-1]
    windows = padded.unfold(-2, W, 1)  # (..., L, E, W)
    return (windows * weight).sum(-1) + bias, padded[..., padded.shape[-2] - W + 1 :, :]


def convolution_by_conv1d(x, weight, bias, last):
    padded = torch.cat([last, x], -2)
    flat = padded.reshape(-1, *padded.shape[-2:]).mT
    y = F.conv1d(flat, weight.unsqueeze(1), bias, groups=weight.shape[0]).mT
    return y.reshape(x.shape), padded[..., x.shape[-2] :, :]


def convolution_flipped(x, weight, bias, last):
    """the convolution with its weights turned round: the oldest token gets the newest's weight

    `weight[:, -1]` belongs to the token itself.
    """
    padded, L, W = torch.cat([last, x], -2), x.shape[-2], weight.shape[-1]
    y = sum(padded[..., i : i + L, :] * weight[:, W - 1 - i] for i in range(W))
    return y + bias, padded[..., L:, :]


def convolution_without_memory(x, weight, bias, last):
    """the convolution that starts from zeros whatever it is given

    Put the last inputs, not zeros, in front of x.
    """
    padded, L = torch.cat([torch.zeros_like(last), x], -2), x.shape[-2]
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(weight.shape[-1]))
    return y + bias, torch.cat([last, x], -2)[..., L:, :]


def convolution_without_bias(x, weight, bias, last):
    """the convolution without the bias

    Every channel adds its bias.
    """
    padded, L = torch.cat([last, x], -2), x.shape[-2]
    return sum(padded[..., i : i + L, :] * weight[:, i] for i in range(weight.shape[-1])), padded[..., L:, :]


def convolution_old_memory(x, weight, bias, last):
    """the right outputs, with the memory as it came

    Return the last W - 1 inputs now: the end of what you put together.
    """
    padded, L = torch.cat([last, x], -2), x.shape[-2]
    return sum(padded[..., i : i + L, :] * weight[:, i] for i in range(weight.shape[-1])) + bias, last * 1


def convolution_remembers_outputs(x, weight, bias, last):
    """the right outputs, with outputs in the memory

    What the next call needs are inputs: the end of `torch.cat([last, x], dim=-2)`.
    """
    padded, L = torch.cat([last, x], -2), x.shape[-2]
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(weight.shape[-1])) + bias
    return y, torch.cat([last, y], -2)[..., L:, :]


def convolution_one_late(x, weight, bias, last):
    """the convolution that does not see the token itself

    The window of token t ends with token t.
    """
    padded, L = torch.cat([last[..., :1, :] * 0, last, x], -2), x.shape[-2]
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(weight.shape[-1]))
    return y + bias, padded[..., L + 1 :, :]


# ------------------------------------------------------------------ block-step


class _Block(torch.nn.Module):
    """`run` of the library's block as a forward pass, for functional_call: any weights, and gradients to them."""

    def __init__(self, N, R):
        super().__init__()
        self.block = MambaBlock(1, N, dt_rank=R)  # its own weights are never used

    def forward(self, x, last, h):
        y, (last, h) = self.block.run(x.unsqueeze(-2), (last, h))
        return y.squeeze(-2), last, h


def step_reference(x, last, h, p):
    named = {"in_proj.weight": "in_proj", "conv1d.bias": "conv_bias", "x_proj.weight": "x_proj", "A_log": "A_log",
             "D": "D", "dt_proj.weight": "dt_proj", "dt_proj.bias": "dt_bias",
             "out_proj.weight": "out_proj"}  # fmt: skip
    weights = {f"block.{theirs}": p[mine] for theirs, mine in named.items()}
    weights["block.conv1d.weight"] = p["conv_weight"].unsqueeze(1)
    return torch.func.functional_call(_Block(h.shape[-1], p["dt_proj"].shape[-1]), weights, (x, last, h))


def step_written_out(x, last, h, p):
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


def step_by_einsum(x, last, h, p):
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


def step_without_gate(x, last, h, p):
    """the block without its gate

    What is read is multiplied by SiLU(z) before the last projection.
    """
    u = (x @ p["in_proj"].mT).chunk(2, -1)[0]
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    return ((h * C[..., None, :]).sum(-1) + p["D"] * u) @ p["out_proj"].mT, window[..., 1:, :], h


def step_without_skip(x, last, h, p):
    """the block without the skip D u

    The token's own u, D times, is added to what is read.
    """
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    return ((h * C[..., None, :]).sum(-1) * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


def step_without_silu(x, last, h, p):
    """the block without the SiLU after the convolution

    u goes through SiLU before anything is computed from it.
    """
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = (window * p["conv_weight"].mT).sum(-2) + p["conv_bias"]
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


def step_B_and_C_swapped(x, last, h, p):
    """the block that writes with C and reads with B

    x_proj gives dt, B and C, in this order.
    """
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, C, B = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


def step_halves_swapped(x, last, h, p):
    """the block with u and z swapped

    The first half of in_proj is scanned, the second half is the gate.
    """
    z, u = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = F.softplus(dt @ p["dt_proj"].mT + p["dt_bias"])
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


def step_exponential_of_dt(x, last, h, p):
    """the block with exp in place of softplus for the step

    dt is softplus(dt_proj dt + dt_bias): positive, and linear where it is large.
    """
    u, z = (x @ p["in_proj"].mT).chunk(2, -1)
    window = torch.cat([last, u[..., None, :]], -2)
    u = F.silu((window * p["conv_weight"].mT).sum(-2) + p["conv_bias"])
    R, N = p["dt_proj"].shape[-1], h.shape[-1]
    dt, B, C = (u @ p["x_proj"].mT).split([R, N, N], -1)
    dt = (dt @ p["dt_proj"].mT + p["dt_bias"]).exp()
    h = (dt[..., None] * -p["A_log"].exp()).exp() * h + (dt * u)[..., None] * B[..., None, :]
    y = (h * C[..., None, :]).sum(-1) + p["D"] * u
    return (y * F.silu(z)) @ p["out_proj"].mT, window[..., 1:, :], h


# ------------------------------------------------------------------ cross-scan


def cross_by_flips(image):
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.flip(-2), columns, columns.flip(-2)])


def cross_by_indices(image):
    H, W = image.shape[-3:-1]
    rows = torch.arange(H * W)
    columns = rows.view(H, W).T.flatten()
    line = image.reshape(*image.shape[:-3], H * W, image.shape[-1])
    return torch.stack([line[..., o, :] for o in (rows, rows.flip(0), columns, columns.flip(0))], 0)


def cross_only_rows(image):
    """rows only: forwards, backwards, and both again

    Two of the four lines go column by column: swap the first two axes of the picture before you flatten.
    """
    rows = image.flatten(-3, -2)
    return torch.stack([rows, rows.flip(-2), rows, rows.flip(-2)])


def cross_rows_reversed(image):
    """lines whose rows are turned round one by one

    Backwards is the whole line from its end: `.flip(-2)` after flattening.
    """
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack(
        [rows, image.flip(-2).flatten(-3, -2), columns, image.transpose(-3, -2).flip(-2).flatten(-3, -2)]
    )


def cross_channels_flipped(image):
    """lines with their channels turned round

    The last axis holds the channels; the line is the axis before it.
    """
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows.flip(-2).flip(-1), columns, columns.flip(-2).flip(-1)])


def cross_other_order(image):
    """the right four lines in another order

    The order is: rows, rows backwards, columns, columns backwards.
    """
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, columns, rows.flip(-2), columns.flip(-2)])


def cross_no_reverse(image):
    """rows and columns, both forwards twice

    The second and the fourth line go backwards.
    """
    rows, columns = image.flatten(-3, -2), image.transpose(-3, -2).flatten(-3, -2)
    return torch.stack([rows, rows, columns, columns])


PRIVATE = {
    "selective-step": Private(
        reference=discretise_reference,
        variants=(discretise_by_einsum, discretise_with_unsqueeze),
        misconceptions=(
            discretise_without_dt_in_write,
            discretise_without_x,
            discretise_decay_without_dt,
            discretise_decay_grows,
            discretise_euler,
            discretise_full_hold,
        ),
        hidden={"a longer sequence": _selective(L=20, D=4, N=5), "one channel": _selective(3, L=2, D=1, N=1)},
    ),
    "selective-scan": Private(
        reference=scan_reference,
        variants=(scan_from_all_states, scan_by_doubling),
        misconceptions=(
            scan_reads_before_writing,
            scan_ignores_state,
            scan_never_forgets,
            scan_decays_the_write,
            scan_without_reading,
            scan_reads_the_end,
        ),
        hidden={"a longer sequence": _states(L=40, D=3, N=4), "one state": _states(3, L=6, D=2, N=1)},
    ),
    "associative-law": Private(
        reference=library.combine,
        variants=(combine_written_out, combine_as_matrices),
        misconceptions=(
            combine_wrong_order,
            combine_adds,
            combine_adds_decays,
            combine_forgets_first,
            combine_fades_all,
            combine_last_decay,
        ),
        hidden={"many": _stretches(5, 4, 3), "a line": _stretches(7)},
    ),
    "chunked-scan": Private(
        reference=chunks_reference,
        variants=(chunks_token_by_token, chunks_by_slicing),
        misconceptions=(
            chunks_all_states,
            chunks_without_carry,
            chunks_from_zero,
            chunks_ignore_state,
            chunks_detached,
        ),
        hidden={
            "a longer sequence": _selective(2, L=80, D=3, N=4, chunk=16),
            "chunks of one token": _selective(L=50, D=2, N=3, chunk=1),
            "one channel": _selective(L=61, D=1, N=2, chunk=7),
            "long steps": _selective(L=64, D=2, N=2, dt=5.0, chunk=10),
            "short steps": _selective(2, L=50, D=2, N=2, dt=-5.0, chunk=9),
        },
    ),
    "causal-convolution-state": Private(
        reference=causal_conv1d,
        variants=(convolution_by_unfold, convolution_by_conv1d),
        misconceptions=(
            convolution_flipped,
            convolution_without_memory,
            convolution_without_bias,
            convolution_old_memory,
            convolution_remembers_outputs,
            convolution_one_late,
        ),
        hidden={"a longer sequence": _filtered(L=30, E=4, W=4), "a wide window": _filtered(3, L=2, E=2, W=6)},
    ),
    "block-step": Private(
        reference=step_reference,
        variants=(step_written_out, step_by_einsum),
        misconceptions=(
            step_without_gate,
            step_without_skip,
            step_without_silu,
            step_B_and_C_swapped,
            step_halves_swapped,
            step_exponential_of_dt,
        ),
        hidden={"many tokens": _block(d=3, T=8), "another size": _block(2, 2, d=2, T=2, E=5, N=2, R=1)},
    ),
    "cross-scan": Private(
        reference=cross_scan,
        variants=(cross_by_flips, cross_by_indices),
        misconceptions=(
            cross_only_rows,
            cross_rows_reversed,
            cross_channels_flipped,
            cross_other_order,
            cross_no_reverse,
        ),
        hidden={"a larger picture": _image(H=5, W=7, D=3), "a tall one": _image(2, H=6, W=2, D=1)},
    ),
}
