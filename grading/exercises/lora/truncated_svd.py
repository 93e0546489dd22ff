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
    says=(
        "the product with the squares of the singular values: both factors hold them, or an eigenvalue stands for "
        "its root"
    ),
    hint="They belong to one of the factors, or their roots to both. (The eigenvalues of X^T X are their squares.)",
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
    return left * s, right


@misconception(
    says="the product with the roots of the singular values",
    hint="U V has to be as large as X: the singular values belong to one factor, or their roots to *both*.",
)
def root_once(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, :k] * s[:k].sqrt(), right[:k]


@misconception(
    says="the product with k columns of the matrix V^T of right vectors, where k of its rows belong",
    hint=(
        "Which of the two do you have? `torch.linalg.svd` returns V^T, whose rows are the right vectors: `Vh[:k]`. "
        "`torch.svd`, and `eigh`, return V, whose columns they are: `V[:, :k].mT`."
    ),
)
def columns_of_right(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, :k] * s[:k], right[:, :k].mT


@misconception(
    says="the product of k + 1 terms",
    hint="Keep the first k: `left[:, :k]`. A slice ends before its second number.",
)
def one_too_many(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, : k + 1] * s[: k + 1], right[: k + 1]


@misconception(
    says="the product of k - 1 terms",
    hint="Keep the first k: `left[:, :k]`. A slice ends before its second number.",
)
def one_too_few(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, : k - 1] * s[: k - 1], right[: k - 1]


@misconception(
    says="the product of the terms from the second on: the first is left out",
    hint="They come in falling order and count from 0: `s[:k]` begins with the largest.",
)
def first_left_out(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, 1 : k + 1] * s[1 : k + 1], right[1 : k + 1]


@misconception(
    says="the k longest columns of X, and what is best with them",
    hint="The best k directions are the singular vectors, not columns of X.",
)
def longest_columns(X, k):
    U = X[:, X.norm(dim=0).topk(k).indices]
    return U, torch.linalg.pinv(U) @ X


@misconception(
    says="the first k rows of X, and what is best with them",
    hint="The best k directions are the singular vectors, not rows of X.",
)
def top_rows(X, k):
    V = X[:k]
    return X @ torch.linalg.pinv(V), V


@misconception(
    says="the best product for X less the means of its columns, as in a principal component analysis",
    hint="Nothing is subtracted here: decompose X itself.",
)
def centred(X, k):
    left, s, right = torch.linalg.svd(X - X.mean(0), full_matrices=False)
    return left[:, :k] * s[:k], right[:k]


@misconception(
    says="the product with each singular value divided by their sum",
    hint=(
        "U V has to be as large as X: the singular values belong to one factor, or their roots to *both*. Use them "
        "as they are."
    ),
)
def shares_of_values(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, :k] * (s[:k] / s.sum()), right[:k]


@misconception(
    says="the product in which singular values multiply the rows of the left factor",
    hint="Value i belongs to left vector i, a column: `left[:, :k] * s[:k]`.",
)
def values_on_rows(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    n = len(s)
    scaled = torch.cat([s[:, None] * left[:n], left[n:]])
    return scaled[:, :k], right[:k]


@misconception(
    says="the product in which left and right vectors have signs chosen apart",
    hint=(
        "A pair of vectors has one sign in common: take both from one svd, or compute one from the other, u = X v / s."
    ),
)
def signs_apart(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    left = left * torch.where(left.sum(0) < 0, -1, 1)
    right = right * torch.where(right.sum(1) < 0, -1, 1)[:, None]
    return left[:, :k] * s[:k], right[:k]


@misconception(
    says="the product with the singular values to the power 3/2: whole in one factor, and their roots in the other",
    hint="They belong to one of the factors, or their roots to both.",
)
def values_and_roots(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    return left[:, :k] * s[:k], s[:k, None].sqrt() * right[:k]


@misconception(
    says="the projection on the eigenvectors of X^T X with the smallest eigenvalues",
    hint="`eigh` returns them in rising order: take the last k, `V[:, -k:]`.",
)
def first_eigenvectors(X, k):
    V = torch.linalg.eigh(X.mT @ X)[1][:, :k]
    return X @ V, V.mT


@misconception(
    says="the product of k - 1 terms, in factors for k: the k-th singular value is set to zero",
    hint="Values with the indices 0 to k - 1 stay: `s[k:] = 0` begins behind them.",
)
def last_one_zero(X, k):
    left, s, right = torch.linalg.svd(X, full_matrices=False)
    s = torch.where(torch.arange(len(s)) < k - 1, s, torch.zeros_like(s))
    return left[:, :k] * s[:k], right[:k]


THIN = "the k columns that are kept are the same; only the unused ones cost more"
EQUIVALENT = {
    "torch.linalg.svd(X, full_matrices=False) -> torch.linalg.svd(X)": THIN,
    "False -> True": THIN,
}
