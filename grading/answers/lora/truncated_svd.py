"""Answers to truncated-svd by people who have not seen its private half."""

import numpy as np
import torch

from grading.answers import answer


@answer("truncated-svd", "singular values left out", "wrong", means="without_values")
def _(X, k):
    U, _, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:, :k], Vh[:k]


@answer("truncated-svd", "singular values in both factors", "wrong", means="values_twice")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:, :k] * s[:k], s[:k, None] * Vh[:k]


@answer("truncated-svd", "square roots of the values in one factor only", "wrong", means="root_once")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:, :k] * s[:k].sqrt(), Vh[:k]


@answer("truncated-svd", "Vh taken for V: its columns", "wrong", means="columns_of_right")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:, :k] * s[:k], Vh[:, :k].T


@answer("truncated-svd", "V not transposed after torch.svd", "wrong")
def _(X, k):
    U, s, V = torch.svd(X)
    return U[:, :k] * s[:k], V[:, :k]


@answer("truncated-svd", "rows of U", "wrong")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:k].T * s[:k], Vh[:k]


@answer("truncated-svd", "the smallest k", "wrong", means="smallest")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:, -k:] * s[-k:], Vh[-k:]


@answer("truncated-svd", "one too many: k + 1", "wrong", means="one_too_many")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:, : k + 1] * s[: k + 1], Vh[: k + 1]


@answer("truncated-svd", "one too few: k - 1", "wrong", means="one_too_few")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:, : k - 1] * s[: k - 1], Vh[: k - 1]


@answer("truncated-svd", "skips the first", "wrong", means="first_left_out")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:, 1 : k + 1] * s[1 : k + 1], Vh[1 : k + 1]


@answer("truncated-svd", "the k longest columns, and least squares", "wrong", means="longest_columns")
def _(X, k):
    U = X[:, X.norm(dim=0).topk(k).indices]
    return U, torch.linalg.lstsq(U, X).solution


@answer("truncated-svd", "zeros in place of cutting: full size", "wrong", means="full_factors")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    s[k:] = 0
    return U * s, Vh


@answer("truncated-svd", "the product instead of the factors", "wrong")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return (U[:, :k] * s[:k]) @ Vh[:k]


@answer("truncated-svd", "three parts returned", "wrong")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:, :k], s[:k], Vh[:k]


@answer("truncated-svd", "factors exchanged", "wrong")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return Vh[:k], U[:, :k] * s[:k]


@answer("truncated-svd", "V returned as (M, k)", "wrong")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:, :k] * s[:k], Vh[:k].T


@answer("truncated-svd", "columns centred first, as in PCA", "wrong", means="centred")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X - X.mean(0), full_matrices=False)
    return U[:, :k] * s[:k], Vh[:k]


@answer("truncated-svd", "torch.pca_lowrank, which centres", "wrong")
def _(X, k):
    torch.manual_seed(0)
    U, s, V = torch.pca_lowrank(X, q=k)
    return U * s, V.T


@answer("truncated-svd", "first k columns of X and least squares", "wrong", means="first_rows")
def _(X, k):
    U = X[:, :k]
    return U, torch.linalg.lstsq(U, X).solution


@answer("truncated-svd", "QR of the transposed: the first k rows", "wrong", means="top_rows")
def _(X, k):
    Q, R = torch.linalg.qr(X.T)
    return R.T[:, :k], Q.T[:k]


@answer("truncated-svd", "random projection", "wrong")
def _(X, k):
    g = torch.Generator().manual_seed(0)
    Q, _ = torch.linalg.qr(X @ torch.randn(X.shape[1], k, generator=g, dtype=X.dtype))
    return Q, Q.T @ X


@answer("truncated-svd", "eigenvalues of X^T X not rooted", "wrong")
def _(X, k):
    U = torch.linalg.svd(X, full_matrices=False).U
    values, vectors = torch.linalg.eigh(X.T @ X)
    return U[:, :k] * values.flip(0)[:k], vectors.flip(1)[:, :k].T


@answer("truncated-svd", "eigenvectors of X X^T and X^T X with signs of their own", "wrong", means="signs_apart")
def _(X, k):
    left = torch.linalg.eigh(X @ X.T)[1].flip(1)[:, :k]
    values, right = torch.linalg.eigh(X.T @ X)
    s = values.clamp(min=0).flip(0)[:k].sqrt()
    left = left * torch.where(left.sum(0) < 0, -1, 1)
    right = right.flip(1)[:, :k]
    right = right * torch.where(right.sum(0) < 0, -1, 1)
    return left * s, right.T


@answer("truncated-svd", "columns scaled to length one first", "wrong")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X / X.norm(dim=0), full_matrices=False)
    return U[:, :k] * s[:k], Vh[:k]


@answer("truncated-svd", "values scaled to a sum of one", "wrong", means="shares_of_values")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:, :k] * (s[:k] / s.sum()), Vh[:k]


@answer("truncated-svd", "values multiplied onto the rows of U, not the columns", "wrong", means="values_on_rows")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    n = min(X.shape)
    scaled = U.clone()
    scaled[:n] = s[:, None] * U[:n]
    return scaled[:, :k], Vh[:k]


@answer("truncated-svd", "numpy arrays returned", "wrong")
def _(X, k):
    U, s, Vh = np.linalg.svd(X.detach().numpy(), full_matrices=False)
    return U[:, :k] * s[:k], Vh[:k]


@answer("truncated-svd", "complete matrices, then values of the wrong length", "wrong")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X)
    return U * s, Vh[:k]


@answer("truncated-svd", "entries below the k-th largest value set to zero", "wrong")
def _(X, k):
    floor = X.abs().flatten().topk(min(k * sum(X.shape), X.numel())).values[-1]
    return torch.where(X.abs() >= floor, X, 0)[:, :k], torch.eye(X.shape[1], dtype=X.dtype)[:k]


@answer("truncated-svd", "two powers of the iteration only", "wrong")
def _(X, k):
    V = torch.eye(X.shape[1], dtype=X.dtype)[:, :k]
    for _ in range(2):
        V, _ = torch.linalg.qr(X.T @ (X @ V))
    return X @ V, V.T


@answer("truncated-svd", "values in V", "right")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:, :k], torch.diag(s[:k]) @ Vh[:k]


@answer("truncated-svd", "roots in both", "right")
def _(X, k):
    U, s, V = torch.svd(X)
    root = s[:k].sqrt()
    return U[:, :k] * root, (V[:, :k] * root).mT


@answer("truncated-svd", "projection on the right vectors", "right")
def _(X, k):
    V = torch.linalg.svd(X.double(), full_matrices=False).Vh[:k].to(X.dtype)
    return X @ V.mT, V


@answer("truncated-svd", "eigenvectors of X^T X", "right")
def _(X, k):
    x = X.double()
    V = torch.linalg.eigh(x.T @ x)[1][:, -k:]
    return (x @ V).to(X.dtype), V.T.to(X.dtype)


@answer("truncated-svd", "eigenvectors of X X^T", "right")
def _(X, k):
    x = X.double()
    U = torch.linalg.eigh(x @ x.T).eigenvectors.flip(1)[:, :k]
    return U.to(X.dtype), (U.T @ x).to(X.dtype)


@answer("truncated-svd", "full matrices, cut", "right")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X)
    return torch.einsum("nk,k->nk", U[:, :k], s[:k]), Vh[:k, :]


@answer("truncated-svd", "svd of the transposed", "right")
def _(X, k):
    A, s, Bh = torch.linalg.svd(X.T, full_matrices=False)
    return Bh[:k].T, (A[:, :k] * s[:k]).T


@answer("truncated-svd", "numpy inside", "right")
def _(X, k):
    U, s, Vh = np.linalg.svd(X.detach().numpy(), full_matrices=False)
    return torch.from_numpy(U[:, :k] * s[:k]), torch.from_numpy(Vh[:k])


@answer(
    "truncated-svd",
    "transposes the right vectors that are rows already: Vh[:, :k].T",
    "wrong",
    means="columns_of_right",
)
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:, :k] * s[:k], Vh[:, :k].T


@answer(
    "truncated-svd",
    "singular values in one factor in full and as a root in the other",
    "wrong",
    means="values_and_roots",
)
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    return U[:, :k] * s[:k], s[:k].sqrt()[:, None] * Vh[:k]


@answer("truncated-svd", "PCA: subtracts the column means before, and does not add them", "wrong", means="centred")
def _(X, k):
    C = X - X.mean(0)
    U, s, Vh = torch.linalg.svd(C, full_matrices=False)
    return U[:, :k] * s[:k], Vh[:k]


@answer("truncated-svd", "randomised: torch.svd_lowrank with q = k is only near the best", "wrong")
def _(X, k):
    torch.manual_seed(0)
    U, s, V = torch.svd_lowrank(X, q=k, niter=1)
    return U * s, V.T


@answer("truncated-svd", "QR in place of SVD: first k columns of Q and rows of R", "wrong", means="first_rows")
def _(X, k):
    Q, R = torch.linalg.qr(X)
    return Q[:, :k], R[:k]


@answer(
    "truncated-svd",
    "eigh of X^T X and its first k vectors: those of the smallest eigenvalues",
    "wrong",
    means="first_eigenvectors",
)
def _(X, k):
    _w, V = torch.linalg.eigh(X.T @ X)
    V = V[:, :k]
    return X @ V, V.T


@answer(
    "truncated-svd", "torch.svd returns V, not its transpose: V[:k] taken as rows", "wrong", means="columns_of_right"
)
def _(X, k):
    U, s, V = torch.svd(X)
    return U[:, :k] * s[:k], V[:k]


@answer(
    "truncated-svd",
    "keeps the factors of full size with the others zeroed: (N, m) and (m, M)",
    "wrong",
    means="full_factors",
)
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    s = s.clone()
    s[k:] = 0
    return U * s, Vh


@answer(
    "truncated-svd", "off by one: s[:k - 1] kept, the k-th singular value set to zero", "wrong", means="last_one_zero"
)
def _(X, k):
    U, s, Vh = torch.linalg.svd(X, full_matrices=False)
    s = torch.where(torch.arange(len(s)) < k - 1, s, torch.zeros_like(s))
    return U[:, :k] * s[:k], Vh[:k]


@answer("truncated-svd", "projection on the right vectors, found by eigh in double", "right")
def _(X, k):
    D = X.double()
    _, V = torch.linalg.eigh(D.T @ D)
    V = V[:, -k:]
    return (D @ V).to(X.dtype), V.T.contiguous().to(X.dtype)


@answer("truncated-svd", "roots of the values in both factors, diag matrices", "right")
def _(X, k):
    U, s, Vh = torch.linalg.svd(X)
    root = torch.diag(s[:k].sqrt())
    return U[:, :k] @ root, root @ Vh[:k, :]


@answer("truncated-svd", "numpy, values with the right factor, loop over the terms", "right")
def _(X, k):
    u, s, v = np.linalg.svd(X.numpy(), full_matrices=False)
    left, right = np.zeros((X.shape[0], k), u.dtype), np.zeros((k, X.shape[1]), u.dtype)
    for i in range(k):
        left[:, i] = u[:, i]
        right[i] = s[i] * v[i]
    return torch.from_numpy(left), torch.from_numpy(right)
