"""The private half of dilated-mask."""

import torch
from llmcourse.attention import window
from llmcourse.checks.labs.sparse_attention.dilated_mask import sizes

from grading.exercises import misconception, reference, variant

CASES = {
    "a long sequence": sizes(40, 5, 3),
    "a single token": sizes(1, 2, 2),
    "a dilation longer than the sequence": sizes(6, 3, 10),
}


@reference
def dilated_mask(L, w, dilation):
    return window(w, causal=True, dilation=dilation).mask(L)


@variant
def by_loops(L, w, dilation):
    mask = torch.zeros(L, L, dtype=torch.bool)
    for i in range(L):
        for j in range(i, max(-1, i - w * dilation), -dilation):
            mask[i, j] = True
    return mask


@variant
def by_diagonals(L, w, dilation):
    apart, mask = torch.arange(L)[:, None] - torch.arange(L), torch.zeros(L, L, dtype=torch.bool)
    for n in range(w):
        mask |= apart == n * dilation
    return mask


@misconception(
    says="the window on both sides of the query: it sees the future",
    hint="The query sees itself and keys before it: `i - j` is at least 0.",
)
def both_sides(L, w, dilation):
    apart = (torch.arange(L)[:, None] - torch.arange(L)).abs()
    return (apart < w * dilation) & (apart % dilation == 0)


@misconception(
    says="the window of w tokens, of which every dilation-th is seen: fewer than w keys",
    hint="The window has w keys, so it reaches back `(w - 1) * dilation` tokens.",
)
def window_in_tokens(L, w, dilation):
    apart = torch.arange(L)[:, None] - torch.arange(L)
    return (apart >= 0) & (apart < w) & (apart % dilation == 0)


@misconception(
    says="the window without dilation",
    hint="Between two keys that are seen, `dilation - 1` are left out: `(i - j) % dilation == 0`.",
)
def without_dilation(L, w, dilation):
    apart = torch.arange(L)[:, None] - torch.arange(L)
    return (apart >= 0) & (apart < w)


@misconception(
    says="all tokens that the window reaches over, without gaps",
    hint="Between two keys that are seen, `dilation - 1` are left out: `(i - j) % dilation == 0`.",
)
def without_gaps(L, w, dilation):
    apart = torch.arange(L)[:, None] - torch.arange(L)
    return (apart >= 0) & (apart < w * dilation)


@misconception(
    says="the window without the query's own token",
    hint="The w keys include the query's own: a distance of 0 is seen.",
)
def without_itself(L, w, dilation):
    apart = torch.arange(L)[:, None] - torch.arange(L)
    return (apart > 0) & (apart <= w * dilation) & (apart % dilation == 0)


@misconception(
    says="one key too many",
    hint="The own token is the first of the w keys: the distance stays below `w * dilation`.",
)
def one_too_many(L, w, dilation):
    apart = torch.arange(L)[:, None] - torch.arange(L)
    return (apart >= 0) & (apart <= w * dilation) & (apart % dilation == 0)


@misconception(
    says="the transposed mask: rows are keys",
    hint="A row is a query: `torch.arange(L)[:, None]` is i, `torch.arange(L)` is j.",
)
def transposed(L, w, dilation):
    apart = torch.arange(L) - torch.arange(L)[:, None]
    return (apart >= 0) & (apart < w * dilation) & (apart % dilation == 0)


@misconception(
    says="the mask that is true where a key is hidden",
    hint="True means that the key may be seen, as in torch's scaled_dot_product_attention.",
)
def inverted(L, w, dilation):
    apart = torch.arange(L)[:, None] - torch.arange(L)
    return ~((apart >= 0) & (apart < w * dilation) & (apart % dilation == 0))


@misconception(
    says="the window in which the places from the start of the text are multiples of the dilation",
    hint="Keys are counted back from the query: it is `i - j` that is a multiple of the dilation, not `j`.",
)
def gaps_from_the_start(L, w, dilation):
    apart = torch.arange(L)[:, None] - torch.arange(L)
    return (apart >= 0) & (apart < w * dilation) & (torch.arange(L) % dilation == 0)


@misconception(
    says="the mask in which keys before the start of the text are those at its end: a negative index counts from there",
    hint="Leave out keys below 0. An index of -1 is the last token.",
)
def wraps_around(L, w, dilation):
    mask = torch.zeros(L, L, dtype=torch.bool)
    for i in range(L):
        for n in range(w):
            if i - n * dilation >= -L:
                mask[i, i - n * dilation] = True
    return mask
