"""Answers to reach-in-steps, written without a look at its private half."""

import torch

from grading.answers import answer


@answer("reach-in-steps", "p products: one step too many", "wrong")
def _(A, p):
    R = A
    for _ in range(p):
        R = (R.float() @ A.float()) > 0
    return R


@answer("reach-in-steps", "A ** p", "wrong")
def _(A, p):
    return A.float() ** p > 0


@answer("reach-in-steps", "matrix_power in float32", "wrong")
def _(A, p):
    return torch.linalg.matrix_power(A.float(), p) > 0


@answer("reach-in-steps", "matrix_power of integers", "wrong")
def _(A, p):
    return torch.linalg.matrix_power(A.long(), p) > 0


@answer("reach-in-steps", "matrix_power != 0", "wrong")
def _(A, p):
    return torch.linalg.matrix_power(A.float(), p) != 0


@answer("reach-in-steps", "boolean @", "wrong")
def _(A, p):
    R = A
    for _ in range(p - 1):
        R = R @ A
    return R


@answer("reach-in-steps", "squares", "wrong")
def _(A, p):
    R = A
    for _ in range(p - 1):
        R = (R.float() @ R.float()) > 0
    return R


@answer("reach-in-steps", "adds what was reached before", "wrong")
def _(A, p):
    R = A
    for _ in range(p - 1):
        R = R | ((R.float() @ A.float()) > 0)
    return R


@answer("reach-in-steps", "starts from the identity and adds it", "wrong")
def _(A, p):
    R = torch.eye(len(A), dtype=torch.bool)
    for _ in range(p):
        R = R | ((R.float() @ A.float()) > 0)
    return R


@answer("reach-in-steps", "counts as floats", "wrong")
def _(A, p):
    R = A.float()
    for _ in range(p - 1):
        R = R @ A.float()
    return R


@answer("reach-in-steps", "0 and 1 as floats", "wrong")
def _(A, p):
    R = A.float()
    for _ in range(p - 1):
        R = (R @ A.float()).clamp(max=1)
    return R


@answer("reach-in-steps", "transposed", "wrong")
def _(A, p):
    R = A.T
    for _ in range(p - 1):
        R = (R.float() @ A.T.float()) > 0
    return R


@answer("reach-in-steps", "entry by entry and", "wrong")
def _(A, p):
    R = A
    for _ in range(p - 1):
        R = R & A
    return R


@answer("reach-in-steps", "a path needs two ways: > 1", "wrong")
def _(A, p):
    R = A
    for _ in range(p - 1):
        R = (R.float() @ A.float()) > 1
    return R


@answer("reach-in-steps", "normalised as probabilities, once: underflows", "wrong")
def _(A, p):
    P = A.float() / len(A) ** 2
    return torch.linalg.matrix_power(P, p) > 0


@answer("reach-in-steps", "returns at the first step", "wrong")
def _(A, p):
    for _ in range(p - 1):
        return (A.float() @ A.float()) > 0
    return A


@answer("reach-in-steps", "float64 powers, clamped", "right")
def _(A, p):
    R = A.double()
    for _ in range(p - 1):
        R = (R @ A.double()).clamp(max=1)
    return R.bool()


@answer("reach-in-steps", "einsum over integers", "right")
def _(A, p):
    R = A.long()
    for _ in range(p - 1):
        R = torch.einsum("im,mj->ij", R, A.long()).clamp(max=1)
    return R > 0


@answer("reach-in-steps", "recursion by halves", "right")
def _(A, p):
    def power(p):
        if p == 1:
            return A
        half = power(p // 2)
        R = (half.float() @ half.float()) > 0
        return (R.float() @ A.float()) > 0 if p % 2 else R

    return power(p)
