"""The private half of online-update."""

import torch
from llmcourse.checks.labs.state_space.online_update import heard
from llmcourse.state_space import hippo

from grading.exercises import misconception, reference, stages, variant

CASES = {"many coefficients": heard(N=16, T=12), "late": heard(3, N=6, T=5, first=500)}


@reference
def hear(A, B, c, f_k, k):
    return hippo.bilinear_update(A, B, c, f_k, k)


@variant
def by_inverse(A, B, c, f_k, k):
    eye = torch.eye(len(A), dtype=A.dtype)
    left = torch.linalg.inv(eye + A / k / 2)
    return (c @ (eye - A / k / 2).T + f_k.unsqueeze(-1) * B / k) @ left.T


@variant
def all_times_k(A, B, c, f_k, k):
    eye = torch.eye(A.shape[0], dtype=A.dtype)
    right = torch.einsum("nm,...m->...n", 2 * k * eye - A, c) + 2 * torch.einsum("...,n->...n", f_k, B)
    return torch.linalg.solve_triangular(2 * k * eye + A, right.unsqueeze(-1), upper=False).squeeze(-1)


@stages
def on_the_way(A, B, c, f_k, k):
    eye = torch.eye(len(A))
    return {"I + A/(2k)": eye + A / (2 * k)}


@misconception(
    says="the forward Euler update",
    hint="It multiplies by 1 - A / k, which explodes on the way. Take the mean of both slopes, and solve.",
)
def euler(A, B, c, f_k, k):
    return c + (f_k[..., None] * B - c @ A.mT) / k


@misconception(
    says="the update by backward Euler",
    hint="Half of the slope comes from the old coefficients: (I - A / 2k) c is on the right, I + A / 2k on the left.",
)
def backward_euler(A, B, c, f_k, k):
    left = torch.eye(len(A), dtype=A.dtype) + A / k
    return torch.linalg.solve(left, (c + f_k[..., None] * B / k)[..., None])[..., 0]


@misconception(
    says="the update with A / k in place of A / 2k",
    hint="Each of the two slopes counts half.",
)
def without_halves(A, B, c, f_k, k):
    left = torch.eye(len(A), dtype=A.dtype) + A / k
    return torch.linalg.solve(left, (c - c @ A.mT / k + f_k[..., None] * B / k)[..., None])[..., 0]


@misconception(
    says="the update with +A: it grows where it should forget",
    hint="The equation is c' = (-A c + B f) / t: A comes with a minus there.",
)
def wrong_sign(A, B, c, f_k, k):
    left = torch.eye(len(A), dtype=A.dtype) - A / (2 * k)
    return torch.linalg.solve(left, (c + c @ A.mT / (2 * k) + f_k[..., None] * B / k)[..., None])[..., 0]


@misconception(
    says="the update at time k + 1",
    hint="Sample k stands at time k, and the first sample has k = 1: divide by k.",
)
def next_time(A, B, c, f_k, k):
    k = k + 1
    left = torch.eye(len(A), dtype=A.dtype) + A / (2 * k)
    return torch.linalg.solve(left, (c - c @ A.mT / (2 * k) + f_k[..., None] * B / k)[..., None])[..., 0]


@misconception(
    says="the update that adds a sample at full weight, whatever came before",
    hint="B f is divided by the time too: the thousandth sample is a thousandth of the past.",
)
def at_full_weight(A, B, c, f_k, k):
    left = torch.eye(len(A), dtype=A.dtype) + A / (2 * k)
    return torch.linalg.solve(left, (c - c @ A.mT / (2 * k) + f_k[..., None] * B)[..., None])[..., 0]


@misconception(
    says="the update with the sample counted half",
    hint="The slopes of A count half each; the sample counts whole: B f / k.",
)
def half_a_sample(A, B, c, f_k, k):
    left = torch.eye(len(A), dtype=A.dtype) + A / (2 * k)
    return torch.linalg.solve(left, (c - c @ A.mT / (2 * k) + f_k[..., None] * B / (2 * k))[..., None])[..., 0]


@misconception(
    says="the update with A transposed on the right side",
    hint="c is (..., N): A times c, for every leading dimension, is `c @ A.mT`.",
)
def transposed(A, B, c, f_k, k):
    left = torch.eye(len(A), dtype=A.dtype) + A / (2 * k)
    return torch.linalg.solve(left, (c - c @ A / (2 * k) + f_k[..., None] * B / k)[..., None])[..., 0]


@misconception(
    says="the update that multiplies by I + A/2k in place of solving with it",
    hint="I + A/2k stands on the left, beside the new c: `torch.linalg.solve(left, right)`.",
)
def left_multiplied(A, B, c, f_k, k):
    eye = torch.eye(len(A))
    right = c @ (eye - A / (2 * k)).mT + f_k[..., None] * B / k
    return right @ (eye + A / (2 * k)).mT


@misconception(
    says="the update whose old slope is taken at time k - 1",
    hint="Sample k stands at time k, and both slopes are divided by it: A / 2k on both sides.",
)
def old_slope_earlier(A, B, c, f_k, k):
    eye = torch.eye(len(A))
    right = c @ (eye - A / (2 * max(k - 1, 1))).mT + f_k[..., None] * B / k
    return torch.linalg.solve(eye + A / (2 * k), right[..., None])[..., 0]


EQUIVALENT = {
    "torch.eye(len(A), dtype=A.dtype) -> torch.eye(len(A))": "the inputs have the default dtype",
    "0 -> -1": "the last axis of the solution has one entry",
}
