"""Answers to soft-threshold by people who have not seen its private half."""

import math

import torch
import torch.nn.functional as F

from grading.answers import answer


@answer("soft-threshold", "threshold is the penalty alone", "wrong", means="penalty_alone")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - penalty).clamp(min=0)


@answer("soft-threshold", "threshold is lr alone", "wrong", means="rate_alone")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - lr).clamp(min=0)


@answer("soft-threshold", "penalty / lr", "wrong", means="divided_by_the_rate")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - penalty / lr).clamp(min=0)


@answer("soft-threshold", "half the threshold", "wrong", means="half_the_threshold")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - lr * penalty / 2).clamp(min=0)


@answer("soft-threshold", "up the gradient", "wrong", means="uphill")
def _(g, dg, lr, penalty):
    z = g + lr * dg
    return z.sign() * (z.abs() - lr * penalty).clamp(min=0)


@answer("soft-threshold", "gradient without lr", "wrong", means="gradient_without_the_rate")
def _(g, dg, lr, penalty):
    z = g - dg
    return z.sign() * (z.abs() - lr * penalty).clamp(min=0)


@answer("soft-threshold", "no gradient step: shrinks g", "wrong", means="without_a_step")
def _(g, dg, lr, penalty):
    return g.sign() * (g.abs() - lr * penalty).clamp(min=0)


@answer("soft-threshold", "no shrinking: plain step", "wrong", means="no_threshold")
def _(g, dg, lr, penalty):
    return g - lr * dg


@answer("soft-threshold", "shrinks first, then goes down", "wrong", means="before_the_step")
def _(g, dg, lr, penalty):
    z = g.sign() * (g.abs() - lr * penalty).clamp(min=0)
    return z - lr * dg


@answer("soft-threshold", "subgradient step: crosses zero", "wrong", means="slope_of_the_old")
def _(g, dg, lr, penalty):
    return g - lr * (dg + penalty * g.sign())


@answer("soft-threshold", "max with 0 forgotten", "wrong", means="subgradient")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - lr * penalty)


@answer("soft-threshold", "sign forgotten", "wrong", means="loses_the_sign")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return (z.abs() - lr * penalty).clamp(min=0)


@answer("soft-threshold", "sign of the old gate", "wrong", means="sign_of_the_old")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return g.sign() * (z.abs() - lr * penalty).clamp(min=0)


@answer("soft-threshold", "sign of the gradient", "wrong", means="sign_of_the_slope")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return -dg.sign() * (z.abs() - lr * penalty).clamp(min=0)


@answer("soft-threshold", "|z| of the old gate", "wrong", means="threshold_of_the_old")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (g.abs() - lr * penalty).clamp(min=0)


@answer("soft-threshold", "abs forgotten: only positive gates live", "wrong", means="negative_gates_close")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z - lr * penalty).clamp(min=0)


@answer("soft-threshold", "hard threshold: large ones not shrunk", "wrong", means="hard_threshold")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return torch.where(z.abs() > lr * penalty, z, 0)


@answer("soft-threshold", "min in place of max", "wrong", means="smaller_for_larger")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - lr * penalty).clamp(max=0)


@answer("soft-threshold", "clamp of z itself to the threshold", "wrong", means="clamped")
def _(g, dg, lr, penalty):
    t = lr * penalty
    return (g - lr * dg).clamp(-t, t)


@answer("soft-threshold", "plus the threshold", "wrong", means="grows")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() + lr * penalty).clamp(min=0)


@answer("soft-threshold", "weight decay: L2", "wrong", means="weight_decay")
def _(g, dg, lr, penalty):
    return (g - lr * dg) * (1 - lr * penalty)


@answer("soft-threshold", "proximal step of the squared penalty", "wrong", means="squared_penalty")
def _(g, dg, lr, penalty):
    return (g - lr * dg) / (1 + lr * penalty)


@answer("soft-threshold", "block threshold: norm of all gates", "wrong", means="all_gates_together")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return z * (1 - lr * penalty / z.norm()).clamp(min=0)


@answer("soft-threshold", "gate and step shrunk apart", "wrong", means="parts_shrunk_apart")
def _(g, dg, lr, penalty):
    return F.softshrink(g, lr * float(penalty)) - F.softshrink(lr * dg, lr * float(penalty))


@answer(
    "soft-threshold", "threshold grows with the gates: penalty times the sum of |g|", "wrong", means="times_all_sizes"
)
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * (z.abs() - lr * penalty * g.abs().sum()).clamp(min=0)


@answer("soft-threshold", "closed gates stay closed", "wrong", means="closed_for_ever")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return torch.where(g == 0, 0, z.sign() * (z.abs() - lr * penalty).clamp(min=0))


@answer("soft-threshold", "gates that change their sign are closed", "wrong", means="closed_on_crossing")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    new = z.sign() * (z.abs() - lr * penalty).clamp(min=0)
    return torch.where(new * g < 0, 0, new)


@answer("soft-threshold", "in place on g", "wrong")
def _(g, dg, lr, penalty):
    g -= lr * dg
    return g.sign() * (g.abs() - lr * penalty).clamp(min=0)


@answer("soft-threshold", "math.copysign over one axis", "wrong")
def _(g, dg, lr, penalty):
    z = (g - lr * dg).tolist()
    return torch.tensor([math.copysign(max(abs(v) - lr * penalty, 0.0), v) for v in z], dtype=g.dtype)


@answer("soft-threshold", "a mask of open gates returned", "wrong")
def _(g, dg, lr, penalty):
    return ((g - lr * dg).abs() > lr * penalty).to(g.dtype)


@answer("soft-threshold", "Python's max", "wrong")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return torch.sign(z) * max(z.abs() - lr * penalty, 0)


@answer("soft-threshold", "lr * penalty on the slope and the threshold", "wrong", means="penalty_in_the_step")
def _(g, dg, lr, penalty):
    z = g - lr * penalty * dg
    return z.sign() * (z.abs() - lr * penalty).clamp(min=0)


@answer("soft-threshold", "softshrink", "right")
def _(g, dg, lr, penalty):
    return F.softshrink(g - lr * dg, float(lr * penalty))


@answer("soft-threshold", "two ReLUs", "right")
def _(g, dg, lr, penalty):
    z, t = g - lr * dg, lr * penalty
    return torch.relu(z - t) - torch.relu(-z - t)


@answer("soft-threshold", "z minus its clamp", "right")
def _(g, dg, lr, penalty):
    z, t = g - lr * dg, lr * penalty
    return z - z.clamp(-t, t)


@answer("soft-threshold", "three cases by where", "right")
def _(g, dg, lr, penalty):
    z, t = g - lr * dg, lr * penalty
    return torch.where(z > t, z - t, torch.where(z < -t, z + t, torch.zeros_like(z)))


@answer("soft-threshold", "own copy, in place", "right")
def _(g, dg, lr, penalty):
    z = g.clone()
    z.sub_(dg, alpha=lr)
    closed = z.abs() <= lr * penalty
    z -= lr * penalty * z.sign()
    z[closed] = 0
    return z


@answer("soft-threshold", "shrink factor", "right")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    size = z.abs().clamp(min=1e-30)
    return z * (1 - lr * penalty / size).clamp(min=0)


@answer("soft-threshold", "loop over flattened gates", "right")
def _(g, dg, lr, penalty):
    new = []
    for a, b in zip(g.flatten(), dg.flatten()):
        z = a - lr * b
        size = z.abs() - lr * penalty
        new.append(z.sign() * size if size > 0 else z * 0)
    return torch.stack(new).view(g.shape) if new else g.clone()


@answer("soft-threshold", "subgradient step: g - lr (dg + penalty sign(g))", "wrong", means="slope_of_the_old")
def _(g, dg, lr, penalty):
    return g - lr * (dg + penalty * torch.sign(g))


@answer("soft-threshold", "hard threshold: large ones are not shrunk", "wrong", means="hard_threshold")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return torch.where(z.abs() > lr * penalty, z, torch.zeros_like(z))


@answer("soft-threshold", "shrinks g first, then the gradient step", "wrong", means="before_the_step")
def _(g, dg, lr, penalty):
    s = torch.sign(g) * (g.abs() - lr * penalty).clamp(min=0)
    return s - lr * dg


@answer("soft-threshold", "sign as z / |z|: nan where z is zero", "wrong", means="sign_by_division")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return z / z.abs() * torch.relu(z.abs() - lr * penalty)


@answer("soft-threshold", "group lasso: one factor from the norm of all gates", "wrong", means="all_gates_together")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    n = z.norm()
    return z * torch.clamp(1 - lr * penalty / n, min=0)


@answer(
    "soft-threshold", "relu(z - t) + relu(-z - t): the sign of negative gates lost", "wrong", means="loses_the_sign"
)
def _(g, dg, lr, penalty):
    z = g - lr * dg
    t = lr * penalty
    return F.relu(z - t) + F.relu(-z - t)


@answer("soft-threshold", "the gates updated in place: g -= lr * dg", "wrong")
def _(g, dg, lr, penalty):
    g -= lr * dg
    return g.sign() * (g.abs() - lr * penalty).clamp_min(0)


@answer("soft-threshold", "torch.max without dimension", "wrong", means="one_size_for_all")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    return z.sign() * torch.max(z.abs() - lr * penalty).clamp(min=0)


@answer("soft-threshold", "negative gates closed: max(z - t, 0)", "wrong", means="negative_gates_close")
def _(g, dg, lr, penalty):
    return (g - lr * dg - lr * penalty).clamp(min=0)


@answer("soft-threshold", "z minus z cut to [-t, t]", "right")
def _(g, dg, lr, penalty):
    z = g - lr * dg
    t = lr * penalty
    return z - z.clamp(-t, t)


@answer("soft-threshold", "F.softshrink", "right")
def _(g, dg, lr, penalty):
    return F.softshrink(torch.sub(g, dg, alpha=lr), lambd=lr * penalty)


@answer("soft-threshold", "three cases, gate by gate", "right")
def _(g, dg, lr, penalty):
    out = []
    for a, b in zip(g.flatten().tolist(), dg.flatten().tolist()):
        z, t = a - lr * b, lr * penalty
        out.append(z - t if z > t else z + t if z < -t else 0.0)
    return torch.tensor(out, dtype=g.dtype).reshape(g.shape)
