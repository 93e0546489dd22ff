"""Answers to delta-step by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def outer(v, k):
    return v[..., :, None] * k[..., None, :]


def read(S, q):
    return (S @ q[..., None])[..., 0]


@answer("delta-step", "adds without looking up what is held", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(beta * v, k)
    return read(S, q), S


@answer("delta-step", "no beta", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(v - read(S, k), k)
    return read(S, q), S


@answer("delta-step", "beta on the value only", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(beta * v - read(S, k), k)
    return read(S, q), S


@answer("delta-step", "beta on what is held only", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(v - beta * read(S, k), k)
    return read(S, q), S


@answer("delta-step", "sign of the error: S k - v", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(beta * (read(S, k) - v), k)
    return read(S, q), S


@answer("delta-step", "adds what is held to the value", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(beta * (v + read(S, k)), k)
    return read(S, q), S


@answer("delta-step", "looks up with the query", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(beta * (v - read(S, q)), k)
    return read(S, q), S


@answer("delta-step", "writes at the query", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(beta * (v - read(S, k)), q)
    return read(S, q), S


@answer("delta-step", "reads before the write", "wrong")
def _(q, k, v, beta, S):
    o = read(S, q)
    return o, S + outer(beta * (v - read(S, k)), k)


@answer("delta-step", "reads with the key", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(beta * (v - read(S, k)), k)
    return read(S, k), S


@answer("delta-step", "fades the whole state: (1 - beta) S + beta v k^T", "wrong")
def _(q, k, v, beta, S):
    S = (1 - beta)[..., None] * S + outer(beta * v, k)
    return read(S, q), S


@answer("delta-step", "erases only: the second term forgotten", "wrong")
def _(q, k, v, beta, S):
    S = S - outer(beta * read(S, k), k)
    return read(S, q), S


@answer("delta-step", "the error alone is the new state", "wrong")
def _(q, k, v, beta, S):
    S = outer(beta * (v - read(S, k)), k)
    return read(S, q), S


@answer("delta-step", "the state in place", "wrong")
def _(q, k, v, beta, S):
    S += outer(beta * (v - read(S, k)), k)
    return read(S, q), S


@answer("delta-step", "returns the old state", "wrong")
def _(q, k, v, beta, S):
    return read(S + outer(beta * (v - read(S, k)), k), q), S


@answer("delta-step", "returns S before o", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(beta * (v - read(S, k)), k)
    return S, read(S, q)


@answer("delta-step", "torch.outer and @: only without a batch", "wrong")
def _(q, k, v, beta, S):
    S = S + beta * torch.outer(v - S @ k, k)
    return S @ q, S


@answer("delta-step", "reads with S^T", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(beta * (v - (S.mT @ k[..., None])[..., 0]), k)
    return (S.mT @ q[..., None])[..., 0], S


@answer("delta-step", "outer product transposed", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(k, beta * (v - read(S, k)))
    return read(S, q), S


@answer("delta-step", "beta squared: once in the error, once in the write", "wrong")
def _(q, k, v, beta, S):
    S = S + beta[..., None] * outer(beta * (v - read(S, k)), k)
    return read(S, q), S


@answer("delta-step", "I + beta k k^T", "wrong")
def _(q, k, v, beta, S):
    eye = torch.eye(k.shape[-1], dtype=k.dtype)
    S = S @ (eye + beta[..., None] * outer(k, k)) + outer(beta * v, k)
    return read(S, q), S


@answer("delta-step", "erases after the write: (S + beta v k^T)(I - beta k k^T)", "wrong")
def _(q, k, v, beta, S):
    eye = torch.eye(k.shape[-1], dtype=k.dtype)
    S = (S + outer(beta * v, k)) @ (eye - beta[..., None] * outer(k, k))
    return read(S, q), S


@answer("delta-step", "k * k in place of the outer product k k^T", "wrong")
def _(q, k, v, beta, S):
    S = S * (1 - beta * k * k)[..., None, :] + outer(beta * v, k)
    return read(S, q), S


@answer("delta-step", "ones in place of the identity", "wrong")
def _(q, k, v, beta, S):
    S = S @ (1 - beta[..., None] * outer(k, k)) + outer(beta * v, k)
    return read(S, q), S


@answer("delta-step", "normalises the read as linear attention does", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(beta * (v - read(S, k)), k)
    return read(S, q) / (k * q).sum(-1, keepdim=True), S


@answer("delta-step", "sigmoid of beta once more", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(beta.sigmoid() * (v - read(S, k)), k)
    return read(S, q), S


@answer("delta-step", "what is held is detached", "wrong")
def _(q, k, v, beta, S):
    S = S + outer(beta * (v - read(S.detach(), k)), k)
    return read(S, q), S


@answer("delta-step", "beta multiplied without the extra axis", "wrong")
def _(q, k, v, beta, S):
    S = S + beta * outer(v - read(S, k), k)
    return read(S, q), S


@answer("delta-step", "beta.item()", "wrong")
def _(q, k, v, beta, S):
    S = S + beta.flatten()[0].item() * outer(v - read(S, k), k)
    return read(S, q), S


@answer("delta-step", "the first form, with I - beta k k^T", "right")
def _(q, k, v, beta, S):
    eye = torch.eye(k.shape[-1], dtype=k.dtype)
    S = S @ (eye - beta[..., None] * outer(k, k)) + outer(beta * v, k)
    return read(S, q), S


@answer("delta-step", "einsum", "right")
def _(q, k, v, beta, S):
    error = v - torch.einsum("...vk,...k->...v", S, k)
    S = S + torch.einsum("...a,...v,...k->...vk", beta, error, k)
    return torch.einsum("...vk,...k->...v", S, q), S


@answer("delta-step", "a gradient step on |S k - v|^2 / 2", "right")
def _(q, k, v, beta, S):
    gradient = (S @ k[..., None] - v[..., None]) @ k[..., None, :]
    S = torch.sub(S, beta[..., None] * gradient)
    return torch.matmul(S, q.unsqueeze(-1)).squeeze(-1), S


@answer("delta-step", "mixes old and new value: lerp", "right")
def _(q, k, v, beta, S):
    held = read(S, k)
    new = torch.lerp(held, v, beta.expand_as(v))
    S = S + outer(new - held, k)
    return read(S, q), S


@answer("delta-step", "reads from the old state, and corrects by k.q", "right")
def _(q, k, v, beta, S):
    error = beta * (v - read(S, k))
    return read(S, q) + error * (k * q).sum(-1, keepdim=True), S + outer(error, k)


@answer("delta-step", "float64 inside", "right")
def _(q, k, v, beta, S):
    a, b, w, T = k.double(), beta.double(), v.double(), S.double()
    T = T + outer(b * (w - read(T, a)), a)
    return read(T, q.double()).to(v.dtype), T.to(S.dtype)


@answer("delta-step", "plain write: S + beta v k^T, nothing is taken away", "wrong")
def _(q, k, v, beta, S):
    S = S + (beta * v)[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


@answer("delta-step", "beta on the new value only: v beta - S k", "wrong")
def _(q, k, v, beta, S):
    held = (S @ k[..., None])[..., 0]
    S = S + (beta * v - held)[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


@answer("delta-step", "reads from the state before the write", "wrong")
def _(q, k, v, beta, S):
    o = (S @ q[..., None])[..., 0]
    held = (S @ k[..., None])[..., 0]
    S = S + (beta * (v - held))[..., :, None] * k[..., None, :]
    return o, S


@answer("delta-step", "fades the whole state: (1 - beta) S + beta v k^T", "wrong")
def _(q, k, v, beta, S):
    S = (1 - beta[..., None]) * S + beta[..., None] * v[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


@answer("delta-step", "looks up what is held at the query instead of at the key", "wrong")
def _(q, k, v, beta, S):
    held = (S @ q[..., None])[..., 0]
    S = S + (beta * (v - held))[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


@answer("delta-step", "sign: adds what is held, v + S k", "wrong")
def _(q, k, v, beta, S):
    held = torch.einsum("...vk,...k->...v", S, k)
    S = S + torch.einsum("...v,...k->...vk", beta * (v + held), k)
    return torch.einsum("...vk,...k->...v", S, q), S


@answer("delta-step", "error computed under no_grad, as if it were a target", "wrong")
def _(q, k, v, beta, S):
    with torch.no_grad():
        held = (S @ k[..., None])[..., 0]
    S = S + (beta * (v - held))[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


@answer("delta-step", "with the matrix I - beta k k^T", "right")
def _(q, k, v, beta, S):
    I = torch.eye(k.shape[-1], dtype=k.dtype)
    b = beta.unsqueeze(-1)
    S = S @ (I - b * k.unsqueeze(-1) @ k.unsqueeze(-2)) + b * v.unsqueeze(-1) @ k.unsqueeze(-2)
    return (S @ q.unsqueeze(-1)).squeeze(-1), S


@answer("delta-step", "flattened batch, one at a time in float64, with outer", "right")
def _(q, k, v, beta, S):
    shape, n, m = v.shape[:-1], v.shape[-1], k.shape[-1]
    o, new = [], []
    for a, b, c, w, M in zip(
        q.reshape(-1, m).double(),
        k.reshape(-1, m).double(),
        v.reshape(-1, n).double(),
        beta.reshape(-1).double(),
        S.reshape(-1, n, m).double(),
    ):
        M = M + torch.outer(w * (c - M.mv(b)), b)
        new.append(M)
        o.append(M.mv(a))
    return torch.stack(o).view(*shape, n).to(v.dtype), torch.stack(new).view(*shape, n, m).to(v.dtype)


def norm(x):
    return F.normalize(x, dim=-1)


@answer("delta-step", "keys normalised once more, though they come with length one", "right")
def _(q, k, v, beta, S):
    k = norm(k)
    held = (S @ k[..., None])[..., 0]
    S = S + (beta * (v - held))[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S
