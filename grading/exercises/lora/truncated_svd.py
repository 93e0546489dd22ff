"""The private half of truncated-svd."""

import torch
from llmcourse.adapters import low_rank
from llmcourse.checks.labs.lora.truncated_svd import matrix

from grading.exercises import library_call, misconception, reference, variant

CASES = {"a long matrix": matrix(40, 6, 3), "rank one": matrix(7, 7, 1)}


@reference
def truncate(X, k):
    return low_rank.truncate(X, k)


@variant
def values_on_the_right(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, :k], torch.diag(s[:k]) @ right[:k]


@variant
def by_eigenvectors(X, k):
    _, vectors = torch.linalg.eigh(X.T @ X)  # rising: the last are the largest
    V = vectors[:, -k:].T
    return X @ V.T, V


@library_call
def of_sklearn(X, k):
    from sklearn.decomposition import TruncatedSVD

    made = TruncatedSVD(k, algorithm="arpack" if k < min(X.shape) else "randomized", n_iter=20, random_state=0)
    U = made.fit_transform(X.numpy())
    return torch.from_numpy(U).to(X.dtype), torch.from_numpy(made.components_).to(X.dtype)


@misconception(
    says="the matrix that keeps the smallest singular values",
    hint="They come in falling order: the first k are the ones to keep.",
)
def smallest(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, -k:] * s[-k:], right[-k:]


@misconception(
    says="the product of left and right vectors, without the singular values",
    hint="U V has to be as large as X: multiply one factor by s[:k].",
)
def without_values(X, k):
    left, _, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, :k], right[:k]


@misconception(
    says="the product in which both factors hold the singular values",
    hint="They belong to one of the factors, or their roots to both.",
)
def values_twice(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, :k] * s[:k], s[:k, None] * right[:k]


@misconception(
    says="the first k columns of X, and what is best with them",
    hint="The best k directions are the singular vectors, not the first columns.",
)
def first_rows(X, k):
    U = X[:, :k]
    return U, torch.linalg.pinv(U) @ X


@misconception(
    says="the right product, out of factors that are not thin",
    hint="Cut the columns of U and the rows of V: U (N, k) and V (k, M) are what saves memory.",
)
def full_factors(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    s = torch.where(torch.arange(len(s)) < k, s, torch.zeros_like(s))
    return torch.cat([left * s, torch.zeros(len(X), 1, dtype=X.dtype)], 1), torch.cat([right, right[:1]])


THIN = "the k columns that are kept are the same; only the unused ones cost more"
EQUIVALENT = {
    "torch.linalg.svd(X, full_matrices=False) -> torch.linalg.svd(X)": THIN,
    "False -> True": THIN,
}
