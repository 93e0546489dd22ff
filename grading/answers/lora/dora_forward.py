"""Answers to dora-forward by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


@answer("dora-forward", "norm not detached", "wrong", means="norm_learns")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True)).mT


@answer("dora-forward", "V detached as a whole", "wrong")
def _(x, W, A, B, m, alpha):
    V = (W + alpha / A.shape[0] * B @ A).detach()
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True)).mT


@answer("dora-forward", "V above detached, norm below not", "wrong", means="direction_frozen")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V.detach() / V.norm(dim=1, keepdim=True)).mT


@answer("dora-forward", "m in the detach: m / norm detached", "wrong")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ ((m / V.norm(dim=1)).detach()[:, None] * V).mT


@answer("dora-forward", "norm of columns, over the outputs", "wrong", means="norm_of_columns")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=0, keepdim=True).detach()).mT


@answer("dora-forward", "one norm for the whole matrix", "wrong", means="one_norm")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm().detach()).mT


@answer("dora-forward", "spectral norm", "wrong", means="spectral_norm")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / torch.linalg.matrix_norm(V, ord=2).detach()).mT


@answer("dora-forward", "norm of W, not of V", "wrong", means="norm_of_the_base")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / W.norm(dim=1, keepdim=True)).mT


@answer("dora-forward", "norm of the change alone", "wrong", means="norm_of_the_change")
def _(x, W, A, B, m, alpha):
    change = alpha / A.shape[0] * B @ A
    V = W + change
    return x @ (m[:, None] * V / change.norm(dim=1, keepdim=True).detach()).mT


@answer("dora-forward", "squared norm: root forgotten", "wrong", means="squared_norm")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.pow(2).sum(1, keepdim=True).detach()).mT


@answer("dora-forward", "root of the mean square", "wrong", means="root_mean_square")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.pow(2).mean(1, keepdim=True).sqrt().detach()).mT


@answer("dora-forward", "sum of absolute values as norm", "wrong", means="sum_of_sizes")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.abs().sum(1, keepdim=True).detach()).mT


@answer("dora-forward", "not divided by the norm", "wrong", means="not_normalised")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V).mT


@answer("dora-forward", "m left out: directions only", "wrong", means="direction_alone")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (V / V.norm(dim=1, keepdim=True).detach()).mT


@answer("dora-forward", "norm of V times m: m (V * norm)", "wrong", means="times_the_length")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V * V.norm(dim=1, keepdim=True).detach()).mT


@answer("dora-forward", "r forgotten", "wrong", means="alpha_alone")
def _(x, W, A, B, m, alpha):
    V = W + alpha * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@answer("dora-forward", "scale forgotten", "wrong", means="without_scale")
def _(x, W, A, B, m, alpha):
    V = W + B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@answer("dora-forward", "r is d_in: A.shape[1]", "wrong", means="divided_by_the_inputs")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[1] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@answer("dora-forward", "W normalised, then the change added", "wrong", means="base_normalised")
def _(x, W, A, B, m, alpha):
    V = W / W.norm(dim=1, keepdim=True) + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V).mT


@answer("dora-forward", "only the change has magnitude and direction, W is added", "wrong", means="change_normalised")
def _(x, W, A, B, m, alpha):
    D = B @ A
    return x @ W.mT + alpha / A.shape[0] * x @ (m[:, None] * D / D.norm(dim=1, keepdim=True).detach()).mT


@answer("dora-forward", "W left out", "wrong", means="without_the_base")
def _(x, W, A, B, m, alpha):
    V = alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@answer("dora-forward", "LoRA: magnitudes ignored", "wrong", means="plain_lora")
def _(x, W, A, B, m, alpha):
    return x @ W.mT + alpha / A.shape[0] * (x @ A.mT @ B.mT)


@answer("dora-forward", "W' returned, not W' x", "wrong")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return m[:, None] * V / V.norm(dim=1, keepdim=True).detach()


@answer("dora-forward", "output y normalised, not the weight", "wrong", means="output_normalised")
def _(x, W, A, B, m, alpha):
    y = x @ (W + alpha / A.shape[0] * B @ A).mT
    return m * y / y.norm(dim=-1, keepdim=True).detach()


@answer("dora-forward", "m broadcast along the inputs: transposed", "wrong")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[None, :] * V / V.norm(dim=1, keepdim=True).detach()).mT


@answer("dora-forward", "norm without keepdim", "wrong")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1).detach()).mT


@answer("dora-forward", "m added in place of multiplied", "wrong", means="magnitude_added")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] + V / V.norm(dim=1, keepdim=True).detach()).mT


@answer("dora-forward", "added to the frozen layer's output", "wrong", means="beside_the_base")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ W.mT + x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@answer("dora-forward", "epsilon of a tenth under the line", "wrong")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / (V.norm(dim=1, keepdim=True).detach() + 0.1)).mT


@answer("dora-forward", "epsilon 1e-3 under the line", "wrong")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * V / (V.norm(dim=1, keepdim=True).detach() + 1e-3)).mT


@answer("dora-forward", "integer division of alpha", "wrong", means="whole_division")
def _(x, W, A, B, m, alpha):
    V = W + alpha // A.shape[0] * B @ A
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@answer("dora-forward", "W in place", "wrong")
def _(x, W, A, B, m, alpha):
    W += alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * W / W.norm(dim=1, keepdim=True).detach()).mT


@answer("dora-forward", "A detached, only B learns", "wrong")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A.detach()
    return x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT


@answer("dora-forward", "W x for a single vector", "wrong")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()) @ x


@answer("dora-forward", "outputs scaled by m / norm", "right")
def _(x, W, A, B, m, alpha):
    s = alpha / A.shape[0]
    with torch.no_grad():
        norm = torch.linalg.vector_norm(W + s * (B @ A), dim=-1)
    return (x @ W.mT + s * (x @ A.mT @ B.mT)) * (m / norm)


@answer("dora-forward", "F.linear, norm from detached factors", "right")
def _(x, W, A, B, m, alpha):
    r = A.shape[0]
    norm = (W.detach() + (alpha / r) * B.detach() @ A.detach()).pow(2).sum(1).sqrt()
    return F.linear(F.linear(x, A), B * (alpha / r)).add(F.linear(x, W)) * m / norm


@answer("dora-forward", "einsum", "right")
def _(x, W, A, B, m, alpha):
    V = W + torch.einsum("or,ri->oi", B, A) * alpha / B.shape[1]
    inverse = torch.einsum("oi,oi->o", V, V).detach().rsqrt()
    return torch.einsum("...i,oi,o->...o", x, V, m * inverse)


@answer("dora-forward", "one output at a time", "right")
def _(x, W, A, B, m, alpha):
    out = []
    for o in range(W.shape[0]):
        v = W[o] + alpha / A.shape[0] * (B[o] @ A)
        out.append((x * v).sum(-1) * m[o] / v.detach().norm())
    return torch.stack(out, dim=-1)


@answer("dora-forward", "norm from V.data, a diagonal matrix", "right")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * (B @ A)
    length = torch.sqrt((V.data**2).sum(dim=1))
    return x @ (torch.diag(m / length) @ V).T


@answer("dora-forward", "float64 inside", "right")
def _(x, W, A, B, m, alpha):
    X, w, a, b, mm = (z.double() for z in (x, W, A, B, m))
    V = w + alpha / a.shape[0] * b @ a
    return ((X @ V.mT) * mm / V.detach().norm(dim=1)).to(x.dtype)


@answer("dora-forward", "F.normalize: the norm is not detached", "wrong", means="norm_learns")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * F.normalize(V, dim=1)).mT


@answer(
    "dora-forward", "only the adapter is added to the normalised W: m (W / |W| + BA)", "wrong", means="base_normalised"
)
def _(x, W, A, B, m, alpha):
    D = W / W.norm(dim=1, keepdim=True) + alpha / A.shape[0] * B @ A
    return x @ (m[:, None] * D).mT


@answer("dora-forward", "one norm for the whole matrix (Frobenius)", "wrong", means="one_norm")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * (B @ A)
    return (x @ V.mT) * m / V.norm().detach()


@answer("dora-forward", "V detached together with the norm", "wrong")
def _(x, W, A, B, m, alpha):
    with torch.no_grad():
        V = W + alpha / A.shape[0] * (B @ A)
        D = V / V.norm(dim=1, keepdim=True)
    return (x @ D.mT) * m


@answer("dora-forward", "the square of the norm: sum of squares without the root", "wrong", means="squared_norm")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * (B @ A)
    n = (V**2).sum(1).detach()
    return (x @ V.mT) * (m / n)


@answer("dora-forward", "norm of the frozen W in place of V", "wrong", means="norm_of_the_base")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * (B @ A)
    n = torch.linalg.vector_norm(W, dim=-1)
    return (x @ V.mT) * (m / n)


@answer("dora-forward", "the frozen layer's output added once more: xW + DoRA", "wrong", means="beside_the_base")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * (B @ A)
    n = V.detach().norm(dim=1)
    return x @ W.mT + (x @ V.mT) * (m / n)


@answer("dora-forward", "root of the mean of squares in place of the norm (RMS)", "wrong", means="root_mean_square")
def _(x, W, A, B, m, alpha):
    V = W + alpha / A.shape[0] * (B @ A)
    n = V.pow(2).mean(1).sqrt().detach()
    return (x @ V.mT) * (m / n)


@answer(
    "dora-forward", "normalises the output vector, not the rows of V: y / |y| m", "wrong", means="output_normalised"
)
def _(x, W, A, B, m, alpha):
    y = x @ W.mT + alpha / A.shape[0] * (x @ A.mT @ B.mT)
    return m * y / y.norm(dim=-1, keepdim=True).detach()


@answer("dora-forward", "output scaled by m / norm; norm under no_grad by einsum", "right")
def _(x, W, A, B, m, alpha):
    s = alpha / A.size(0)
    with torch.no_grad():
        V = W + s * B @ A
        n = torch.einsum("oi,oi->o", V, V).sqrt()
    y = F.linear(x, W) + s * F.linear(F.linear(x, A), B)
    return y * (m / n)


@answer("dora-forward", "output by output, stacked", "right")
def _(x, W, A, B, m, alpha):
    outs = []
    for o in range(W.shape[0]):
        v = W[o] + alpha / A.shape[0] * (B[o] @ A)
        outs.append(m[o] * (x @ v) / v.detach().norm())
    return torch.stack(outs, dim=-1)


@answer("dora-forward", "F.normalize forward with a straight correction", "right")
def _(x, W, A, B, m, alpha):
    V = torch.addmm(W, B, A, alpha=float(alpha) / A.shape[0])
    inverse = V.detach().square().sum(1).rsqrt()
    return torch.einsum("...i,oi,o,o->...o", x, V, m, inverse)
