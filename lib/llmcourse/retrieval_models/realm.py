"""REALM: which document to read is a latent variable, so the loss of the reader teaches the retriever as well.

    q       (B, d)      questions as vectors            d   (N, d)   documents as vectors
    s       (..., K)    relevance of K documents, q . d
    log_pz  (..., K)    log p(z | x) = log softmax(s): how likely the retriever is to choose document z
    log_py  (..., K)    log p(y | z, x): how likely the answer is to a reader who has read z

    p(y | x) = sum_z p(y | z, x) p(z | x)

Guu et al. 2020, "REALM", sections 3.1 to 3.4 and appendix A. Nobody says which document is right.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ..retrieval.dense import nearest

NULL = -1  # the number of the null document, which is empty: for words that need no document


def log_marginal(log_pz: Tensor, log_py: Tensor) -> Tensor:
    """log p(y | x), (...,), summed over the K documents. In the log domain: p(y | z, x) of a long answer underflows."""
    return (log_pz + log_py).logsumexp(-1)


def posterior(log_pz: Tensor, log_py: Tensor) -> Tensor:
    """p(z | x, y), (..., K): which document was read, now that the answer is known."""
    return (log_pz + log_py).softmax(-1)


def reward(log_pz: Tensor, log_py: Tensor) -> Tensor:
    """r(z), (..., K): the gradient of log p(y | x) with respect to the score of z; its sum over z is 0.

    r(z) = (p(y | z, x) / p(y | x) - 1) p(z | x): a document gains if it predicts the answer better than what is read on
    average (section 3.4). The same number is p(z | x, y) - p(z | x).
    """
    better = (log_py - log_marginal(log_pz, log_py).unsqueeze(-1)).exp()
    return (better - 1) * log_pz.exp()


# ------------------------------------------------------------------ which documents are read


def candidates(found: Tensor, own: Tensor) -> Tensor:
    """The first k of k + 1 documents found for each query (B, k + 1), best first, without the query's own -> (B, k).

    own (B,) is where each query was taken from, NULL if from nowhere: a gap is too easily filled from the text in which
    it was made. If a query's own document was not found, the last one is left out.
    """
    last = torch.full_like(found[:, :1], found.shape[1] - 1)
    is_own = found == own[:, None]
    drop = torch.where(is_own.any(1, keepdim=True), is_own.int().argmax(1, keepdim=True), last)  # (B, 1)
    kept = torch.arange(found.shape[1], device=found.device) != drop  # (B, k + 1)
    return found[kept].view(len(found), -1)


def scores(q: Tensor, d: Tensor, found: Tensor, null: Tensor) -> Tensor:
    """Relevance (B, k + 1) of the documents found (B, k), and last of the null document, whose vector is `null` (d,).

    Computed afresh from the vectors as they are now: the index only says which documents to look at, gradients come
    from here.
    """
    vectors = torch.cat([d[found], null.expand(len(q), 1, -1)], dim=1)  # (B, k + 1, d)
    return (vectors @ q.unsqueeze(-1)).squeeze(-1)


class Index:
    """The documents' vectors, as they were a while ago: encoding all of them again at every step would cost too much.

    encode   returns all N vectors (N, d) by the encoder as it is at the moment
    most     how many steps old the vectors may be when they are searched

    REALM writes a new index while training goes on with the old one: `begin` takes the vectors, `swap` puts them into
    use, later. So an index is at its oldest just before the swap.
    """

    def __init__(self, encode: Callable[[], Tensor], most: int, step: int = 0):
        self.encode, self.most = encode, most
        self.begin(step)
        self.swap()

    def begin(self, step: int) -> None:
        """Encode all documents with the encoder of this step."""
        with torch.no_grad():
            self.coming = step, self.encode().detach().clone()

    def swap(self) -> None:
        """From now on, search in what was encoded last."""
        self.made, self.d = self.coming

    def search(self, q: Tensor, k: int, own: Tensor, step: int) -> Tensor:
        """The k documents nearest to each query, without its own (B, k).

        Raises ValueError if the index is too old for this step, and if there are fewer than k documents besides one's
        own.
        """
        if step - self.made > self.most:
            raise ValueError(
                f"The index was made at step {self.made}, and this is step {step}: the encoder has moved on, and may "
                f"be {self.most} steps ahead at most. Call begin and swap more often."
            )
        if k + 1 > len(self.d):
            raise ValueError(
                f"There are {len(self.d)} documents: that leaves {len(self.d) - 1} besides a query's own, not {k}."
            )
        return candidates(nearest(q.detach(), self.d, k + 1)[1], own)
