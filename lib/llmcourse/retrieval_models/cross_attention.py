"""RETRO's chunked cross-attention: each token reads the neighbours of the last chunk that is complete.

    m            tokens of a chunk                  U = L // m   chunks that are complete
    q  (..., L, d)                                  k, v  (..., U, N, d)   the neighbours of each: N tokens

Chunk u holds the tokens u m to u m + m - 1, counted from 0. Its neighbours are known once its last token is: the
tokens that read them are u m + m - 1 (which predicts the first token of the next chunk) to u m + 2 m - 2. Before
position m - 1 there is nothing to read, and the output is 0.

Borgeaud et al. 2022, section 2.4 and listing 1. First token by token, then as U attentions at once: the same values.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def checked(q: Tensor, k: Tensor, m: int) -> None:
    """Raises ValueError unless there are neighbours for every complete chunk, and for no other."""
    L, U = q.shape[-2], k.shape[-3]
    if L // m != U:
        raise ValueError(
            f"{L} tokens are {L // m} complete chunks of {m}, and there are neighbours of {U}. An incomplete chunk "
            "has none."
        )


def token_by_token(q: Tensor, k: Tensor, v: Tensor, m: int) -> Tensor:
    """The definition, (..., L, d): one token after the other. Slow on purpose."""
    checked(q, k, m)
    out = [torch.zeros_like(q[..., 0, :])] * min(m - 1, q.shape[-2])
    for t in range(m - 1, q.shape[-2]):
        u = (t + 1) // m - 1  # the last chunk that ends at t or before
        scores = torch.einsum("...d,...nd->...n", q[..., t, :], k[..., u, :, :]) * q.shape[-1] ** -0.5
        out.append(torch.einsum("...n,...nd->...d", scores.softmax(-1), v[..., u, :, :]))
    return torch.stack(out, -2)


def chunked_cross_attention(q: Tensor, k: Tensor, v: Tensor, m: int, there: Tensor | None = None) -> Tensor:
    """The same, (..., L, d), in one attention over shifted chunks: O(L N d).

    there (..., U, N), True where a neighbour has a token: padding is not read, and a chunk without any neighbour
    reads nothing. Raises ValueError unless there are neighbours for each of the L // m complete chunks.
    """
    checked(q, k, m)
    L, U = q.shape[-2], k.shape[-3]
    if not U:
        return torch.zeros_like(q)
    # The first m - 1 tokens read nothing. Without them, the tokens that read the neighbours of chunk u are a chunk.
    shifted = F.pad(q[..., m - 1 :, :], (0, 0, 0, U * m - (L - m + 1))).unflatten(-2, (U, m))  # (..., U, m, d)
    mask = None
    if there is not None:
        mask = (there | ~there.any(-1, keepdim=True))[..., None, :]  # a softmax over nothing would be NaN
    z = F.scaled_dot_product_attention(shifted, k, v, attn_mask=mask)
    if there is not None:
        z = z * there.any(-1)[..., None, None]
    return F.pad(z.flatten(-3, -2)[..., : L - m + 1, :], (0, 0, m - 1, 0))
