"""The private half of damped-ema."""

import torch
from llmcourse.attention import ema
from llmcourse.checks.labs.compressed_attention.damped_ema import series

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer series": series(L=30, d=2, h=4),
    "one number per channel": series(2, L=6, d=3, h=1),
    "one channel": series(3, L=5, d=1, h=4),
}


@reference
def damped_ema(x, alpha, delta, beta, eta, H):
    return ema.recurrent(x, alpha, delta, beta, eta, H)


@variant
def in_einsums(x, alpha, delta, beta, eta, H):
    out = []
    for t in range(x.shape[-2]):
        H = torch.einsum("dh,...d->...dh", alpha * beta, x[..., t, :]) + H - alpha * delta * H
        out.append(torch.einsum("...dh,dh->...d", H, eta))
    return torch.stack(out, -2), H


@variant
def by_powers(x, alpha, delta, beta, eta, H):
    L, q = x.shape[-2], 1 - alpha * delta
    t = torch.arange(L)
    age = (t[:, None] - t).clamp(min=0)
    powers = q[..., None, None] ** age * (t[:, None] >= t)
    states = torch.einsum("...sd,dhts->...tdh", x, (alpha * beta)[..., None, None] * powers)
    left = (q[..., None] ** (t + 1)).movedim(-1, 0) * H[..., None, :, :]
    states = states + left
    return (states * eta).sum(-1), states[..., -1, :, :]


@misconception(
    says="the answer that keeps (1 - alpha) * delta of the old",
    hint="The deck and the paper keep `1 - alpha * delta`. (One well-known package departs here.)",
)
def damped_otherwise(x, alpha, delta, beta, eta, H):
    out = []
    for x_t in x.unbind(-2):
        H = alpha * (x_t[..., None] * beta) + (1 - alpha) * delta * H
        out.append((eta * H).sum(-1))
    return torch.stack(out, -2), H


@misconception(
    says="the undamped average, which keeps 1 - alpha of the old",
    hint="With damping the old is kept by `1 - alpha * delta`.",
)
def undamped(x, alpha, delta, beta, eta, H):
    out = []
    for x_t in x.unbind(-2):
        H = alpha * (x_t[..., None] * beta) + (1 - alpha) * H
        out.append((eta * H).sum(-1))
    return torch.stack(out, -2), H


@misconception(
    says="the answer that keeps 1 - delta of the old",
    hint="The old is kept by `1 - alpha * delta`: both numbers decide.",
)
def delta_only(x, alpha, delta, beta, eta, H):
    out = []
    for x_t in x.unbind(-2):
        H = alpha * (x_t[..., None] * beta) + (1 - delta) * H
        out.append((eta * H).sum(-1))
    return torch.stack(out, -2), H


@misconception(
    says="the answer that takes all of the new: alpha is missing there",
    hint="The new comes in by alpha: `alpha * u_t`.",
)
def new_without_alpha(x, alpha, delta, beta, eta, H):
    out = []
    for x_t in x.unbind(-2):
        H = x_t[..., None] * beta + (1 - alpha * delta) * H
        out.append((eta * H).sum(-1))
    return torch.stack(out, -2), H


@misconception(
    says="the answer with delta on the new as well",
    hint="delta damps what is kept of the old; the new comes in by alpha alone.",
)
def new_damped(x, alpha, delta, beta, eta, H):
    out = []
    for x_t in x.unbind(-2):
        H = alpha * delta * (x_t[..., None] * beta) + (1 - alpha * delta) * H
        out.append((eta * H).sum(-1))
    return torch.stack(out, -2), H


@misconception(
    says="the answer with the roles exchanged: alpha keeps the old and lets in the rest",
    hint="alpha is the share of the new: `alpha * u_t + (1 - alpha * delta) * H`.",
)
def roles_exchanged(x, alpha, delta, beta, eta, H):
    out = []
    for x_t in x.unbind(-2):
        H = (1 - alpha * delta) * (x_t[..., None] * beta) + alpha * H
        out.append((eta * H).sum(-1))
    return torch.stack(out, -2), H


@misconception(
    says="the answer without beta: every number sees the channel as it is",
    hint="First expand: u_t is `x_t[..., None] * beta`.",
)
def without_beta(x, alpha, delta, beta, eta, H):
    out = []
    for x_t in x.unbind(-2):
        H = alpha * x_t[..., None] + (1 - alpha * delta) * H
        out.append((eta * H).sum(-1))
    return torch.stack(out, -2), H


@misconception(
    says="the answer that reads the plain sum of the h numbers, without eta",
    hint="Reading is `(eta * H).sum(-1)`.",
)
def without_eta(x, alpha, delta, beta, eta, H):
    out = []
    for x_t in x.unbind(-2):
        H = alpha * (x_t[..., None] * beta) + (1 - alpha * delta) * H
        out.append(H.sum(-1))
    return torch.stack(out, -2), H


@misconception(
    says="the answer that reads before it writes: y_t knows nothing of x_t",
    hint="Update H first, then read it.",
)
def reads_before_writing(x, alpha, delta, beta, eta, H):
    out = []
    for x_t in x.unbind(-2):
        out.append((eta * H).sum(-1))
        H = alpha * (x_t[..., None] * beta) + (1 - alpha * delta) * H
    return torch.stack(out, -2), H


@misconception(
    says="the answer that begins with an empty H, whatever it is given",
    hint="Begin the loop with the H in the arguments.",
)
def ignores_state(x, alpha, delta, beta, eta, H):
    H, out = 0 * H, []
    for x_t in x.unbind(-2):
        H = alpha * (x_t[..., None] * beta) + (1 - alpha * delta) * H
        out.append((eta * H).sum(-1))
    return torch.stack(out, -2), H


@misconception(
    says="the right values, but the H that the caller passed in is changed in place",
    hint="Write `H = ...` with a new tensor: `H *= ...` changes the caller's.",
)
def changes_state_in_place(x, alpha, delta, beta, eta, H):
    out = []
    for x_t in x.unbind(-2):
        H *= 1 - alpha * delta
        H += alpha * (x_t[..., None] * beta)
        out.append((eta * H.clone()).sum(-1))
    return torch.stack(out, -2), H


@misconception(
    says="the right values, but H is detached at every step: nothing is learned from the past",
    hint="Leave out `.detach()`: the gradient has to flow through the state.",
)
def detached(x, alpha, delta, beta, eta, H):
    out = []
    for x_t in x.unbind(-2):
        H = (alpha * (x_t[..., None] * beta) + (1 - alpha * delta) * H).detach()
        out.append((eta * H).sum(-1))
    return torch.stack(out, -2), H
