"""Answers to lora-forward by people who have not seen its private half."""

import math

import torch
import torch.nn.functional as F

from grading.answers import answer


@answer("lora-forward", "B A made as a matrix", "wrong", means="through_delta")
def _(x, y, A, B, alpha):
    return y + alpha / A.shape[0] * (x @ (B @ A).mT)


@answer("lora-forward", "r forgotten", "wrong", means="alpha_alone")
def _(x, y, A, B, alpha):
    return y + alpha * (x @ A.mT @ B.mT)


@answer("lora-forward", "multiplied by r", "wrong", means="times_the_rank")
def _(x, y, A, B, alpha):
    return y + alpha * A.shape[0] * (x @ A.mT @ B.mT)


@answer("lora-forward", "r / alpha", "wrong", means="upside_down")
def _(x, y, A, B, alpha):
    return y + A.shape[0] / alpha * (x @ A.mT @ B.mT)


@answer("lora-forward", "rsLoRA: alpha / sqrt(r)", "wrong", means="root_scale")
def _(x, y, A, B, alpha):
    return y + alpha / A.shape[0] ** 0.5 * (x @ A.mT @ B.mT)


@answer("lora-forward", "r is d_in: A.shape[1]", "wrong", means="divided_by_the_inputs")
def _(x, y, A, B, alpha):
    return y + alpha / A.shape[1] * (x @ A.mT @ B.mT)


@answer("lora-forward", "r is d_out: B.shape[0]", "wrong", means="divided_by_the_outputs")
def _(x, y, A, B, alpha):
    return y + alpha / B.shape[0] * (x @ A.mT @ B.mT)


@answer("lora-forward", "alpha forgotten: 1 / r", "wrong", means="without_alpha")
def _(x, y, A, B, alpha):
    return y + (x @ A.mT @ B.mT) / A.shape[0]


@answer("lora-forward", "scale forgotten", "wrong", means="no_scale")
def _(x, y, A, B, alpha):
    return y + x @ A.mT @ B.mT


@answer("lora-forward", "y left out", "wrong", means="without_the_base")
def _(x, y, A, B, alpha):
    return alpha / A.shape[0] * (x @ A.mT @ B.mT)


@answer("lora-forward", "subtracted", "wrong", means="subtracted")
def _(x, y, A, B, alpha):
    return y - alpha / A.shape[0] * (x @ A.mT @ B.mT)


@answer("lora-forward", "scale on y too", "wrong", means="scales_all")
def _(x, y, A, B, alpha):
    return alpha / A.shape[0] * (y + x @ A.mT @ B.mT)


@answer("lora-forward", "a mixture: (1 - s) y + s BAx", "wrong", means="mixture")
def _(x, y, A, B, alpha):
    s = alpha / A.shape[0]
    return (1 - s) * y + s * (x @ A.mT @ B.mT)


@answer("lora-forward", "integer division", "wrong", means="whole_division")
def _(x, y, A, B, alpha):
    return y + alpha // A.shape[0] * (x @ A.mT @ B.mT)


@answer("lora-forward", "A not transposed", "wrong")
def _(x, y, A, B, alpha):
    return y + alpha / A.shape[0] * (x @ A @ B)


@answer("lora-forward", "B before A", "wrong")
def _(x, y, A, B, alpha):
    return y + alpha / A.shape[0] * (x @ B @ A)


@answer("lora-forward", "the adapter gets y, not x", "wrong")
def _(x, y, A, B, alpha):
    return y + alpha / A.shape[0] * (y @ A.mT @ B.mT)


@answer("lora-forward", "x reshaped for one batch axis only", "wrong")
def _(x, y, A, B, alpha):
    n, d_in = x.shape
    return y + alpha / A.shape[0] * (B @ (A @ x.view(n, d_in).T)).T


@answer("lora-forward", "A @ x for a vector", "wrong")
def _(x, y, A, B, alpha):
    return y + alpha / A.shape[0] * (B @ (A @ x))


@answer("lora-forward", "y += in place", "wrong")
def _(x, y, A, B, alpha):
    y += alpha / A.shape[0] * (x @ A.mT @ B.mT)
    return y


@answer("lora-forward", "ReLU between A and B, as in an adapter", "wrong", means="with_relu")
def _(x, y, A, B, alpha):
    return y + alpha / A.shape[0] * (torch.relu(x @ A.mT) @ B.mT)


@answer("lora-forward", "A detached: taken for frozen", "wrong")
def _(x, y, A, B, alpha):
    return y + alpha / A.shape[0] * (x @ A.detach().mT @ B.mT)


@answer("lora-forward", "x detached", "wrong")
def _(x, y, A, B, alpha):
    return y + alpha / A.shape[0] * (x.detach() @ A.mT @ B.mT)


@answer("lora-forward", "y detached: the layer is frozen", "wrong", means="base_detached")
def _(x, y, A, B, alpha):
    return y.detach() + alpha / A.shape[0] * (x @ A.mT @ B.mT)


@answer("lora-forward", "no_grad around the adapter", "wrong")
def _(x, y, A, B, alpha):
    with torch.no_grad():
        change = x @ A.mT @ B.mT
    return y + alpha / A.shape[0] * change


@answer("lora-forward", "scale twice: once for A, once for B", "wrong", means="scaled_twice")
def _(x, y, A, B, alpha):
    s = alpha / A.shape[0]
    return y + s * (s * (x @ A.mT)) @ B.mT


@answer("lora-forward", "y + x added, as a residual", "wrong")
def _(x, y, A, B, alpha):
    change = alpha / A.shape[0] * (x @ A.mT @ B.mT)
    return y + x + change if x.shape == y.shape else y + x.mean(-1, keepdim=True) + change


@answer("lora-forward", "einsum that sums over the wrong letter", "wrong", means="sums_apart")
def _(x, y, A, B, alpha):
    low = torch.einsum("...d,rd->...r", x, A)
    return y + alpha / A.shape[0] * torch.einsum("...r,oq->...o", low, B)


@answer("lora-forward", "only the change's mean over r", "wrong", means="divided_twice")
def _(x, y, A, B, alpha):
    parts = (x @ A.mT)[..., None, :] * B
    return y + alpha / A.shape[0] * parts.mean(-1)


@answer("lora-forward", "loop over r leaves the last rank out", "wrong", means="last_rank_missing")
def _(x, y, A, B, alpha):
    h = y
    for k in range(A.shape[0] - 1):
        h = h + alpha / A.shape[0] * (x @ A[k])[..., None] * B[:, k]
    return h


@answer("lora-forward", "rank 4 hard-coded", "wrong")
def _(x, y, A, B, alpha):
    return y + alpha / 4 * (x @ A.mT @ B.mT)


@answer("lora-forward", "nn.functional.linear twice", "right")
def _(x, y, A, B, alpha):
    return torch.add(y, F.linear(F.linear(x, A), B) * (alpha / len(A)))


@answer("lora-forward", "einsum in one go, from the left", "right")
def _(x, y, A, B, alpha):
    low = torch.einsum("...i,ri->...r", x, A)
    return y + torch.einsum("...r,or->...o", low, B) * alpha / B.shape[1]


@answer("lora-forward", "scale on the small tensor", "right")
def _(x, y, A, B, alpha):
    r = A.size(0)
    return y + ((alpha / r) * torch.matmul(x, A.transpose(0, 1))) @ B.transpose(0, 1)


@answer("lora-forward", "loop over ranks", "right")
def _(x, y, A, B, alpha):
    h = y.clone()
    for a, b in zip(A, B.T):
        h = h + (alpha / A.shape[0]) * (x @ a).unsqueeze(-1) * b
    return h


@answer("lora-forward", "flattened, and back", "right")
def _(x, y, A, B, alpha):
    flat = x.reshape(-1, x.shape[-1])
    change = B @ (A @ flat.T)
    return y + (alpha / A.shape[0]) * change.T.reshape(y.shape)


@answer("lora-forward", "tensordot", "right")
def _(x, y, A, B, alpha):
    low = torch.tensordot(x, A, dims=([-1], [1]))
    return y + torch.tensordot(low, B, dims=([-1], [1])).mul(alpha).div(A.shape[0])


@answer("lora-forward", "integer division alpha // r", "wrong", means="whole_division")
def _(x, y, A, B, alpha):
    return y + (alpha // A.shape[0]) * (x @ A.T @ B.T)


@answer("lora-forward", "dropout with its default training=True on the input of the adapter", "wrong")
def _(x, y, A, B, alpha):
    h = F.dropout(x, p=0.1)
    return y + alpha / A.shape[0] * F.linear(F.linear(h, A), B)


@answer("lora-forward", "rsLoRA's scale alpha / sqrt(r)", "wrong", means="root_scale")
def _(x, y, A, B, alpha):
    return y + alpha / math.sqrt(A.shape[0]) * (x @ A.mT @ B.mT)


@answer("lora-forward", "the layer's output scaled too: alpha / r (y + BAx)", "wrong", means="scales_all")
def _(x, y, A, B, alpha):
    return (y + x @ A.mT @ B.mT) * (alpha / A.shape[0])


@answer("lora-forward", "reads r from A.shape[1], which is d_in", "wrong", means="divided_by_the_inputs")
def _(x, y, A, B, alpha):
    r = A.shape[1]
    return y + alpha / r * (x @ A.mT) @ B.mT


@answer("lora-forward", "y.detach(): the frozen layer is cut out of the graph", "wrong", means="base_detached")
def _(x, y, A, B, alpha):
    low = x @ A.mT
    return y.detach() + (alpha / A.shape[0]) * (low @ B.mT)


@answer("lora-forward", "(B @ (A @ x.T)).T: right for x with two dimensions only", "wrong")
def _(x, y, A, B, alpha):
    r = A.shape[0]
    return y + alpha / r * (B @ (A @ x.T)).T


@answer("lora-forward", "adds in place to the given y", "wrong")
def _(x, y, A, B, alpha):
    delta = alpha / A.shape[0] * (x @ A.mT @ B.mT)
    y.data += delta
    return y


@answer("lora-forward", "the scale on A and on B: (alpha / r) squared", "wrong", means="scaled_twice")
def _(x, y, A, B, alpha):
    s = alpha / A.shape[0]
    return y + (s * (x @ A.mT)) @ (s * B).mT


@answer("lora-forward", "sum over the ranks, one outer product at a time", "right")
def _(x, y, A, B, alpha):
    h = y
    for k in range(A.shape[0]):
        h = h + alpha * (x @ A[k])[..., None] * B[:, k] / A.shape[0]
    return h


@answer("lora-forward", "einsum with ellipsis in two steps", "right")
def _(x, y, A, B, alpha):
    u = torch.einsum("...i,ri->...r", x, A)
    return torch.einsum("...r,or->...o", u, B) * alpha / len(A) + y


@answer("lora-forward", "flattened, addmm", "right")
def _(x, y, A, B, alpha):
    X = x.reshape(-1, x.shape[-1])
    Y = y.reshape(-1, y.shape[-1])
    out = torch.addmm(Y, (X @ A.t()) * (alpha / A.shape[0]), B.t())
    return out.reshape(y.shape)
