"""RETRO's database: texts in chunks of m tokens, each with what follows it, and the nearest ones of a chunk.

    m                     tokens of a chunk
    chunk         (N, m)  the N chunks of all texts          continuation (N, m)  what comes after each
    document      (N,)    which text a chunk is from
    keys          (N, d)  the chunks as vectors, by an encoder that is never trained

Borgeaud et al. 2022, "RETRO", sections 2.2 and 2.3.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

PAD = 0


class Chunks(NamedTuple):
    chunk: Tensor  # (N, m)
    continuation: Tensor  # (N, m)
    document: Tensor  # (N,)


def chunked(documents: Sequence[Tensor], m: int) -> Chunks:
    """Cut texts, each (length,), into chunks with their continuations. A text's last chunk is filled up with PAD.

    A continuation ends where its text ends: that of the last chunk is all PAD, and never the next text. Raises
    ValueError for an empty text, or if there is none.
    """
    empty = next((i for i, tokens in enumerate(documents) if not len(tokens)), None)
    if empty is not None or not len(documents):
        raise ValueError(f"Document {empty or 0} is empty: there is nothing to cut into chunks. Leave it out.")
    parts, after, source = [], [], []
    for i, tokens in enumerate(documents):
        chunk = F.pad(tokens, (0, -len(tokens) % m), value=PAD).view(-1, m)
        parts.append(chunk)
        after.append(torch.cat([chunk[1:], torch.full_like(chunk[:1], PAD)]))
        source.append(torch.full((len(chunk),), i))
    return Chunks(torch.cat(parts), torch.cat(after), torch.cat(source))


def neighbours(chunks: Chunks, keys: Tensor, q: Tensor, own: Tensor, k: int, block: int = 256) -> Tensor:
    """The k nearest chunks of each query, from other texts, with their continuations: (Q, k, 2 m), the nearest first.

    q (Q, d) are queries as vectors, own (Q,) the texts they are from, -1 if they are not in the database. All chunks of
    a query's own text are passed over: their continuations hold what is to be predicted (section 2.3). Raises
    ValueError if that leaves fewer than k.
    """
    largest = int(chunks.document.bincount().max()) if len(own) and own.max() >= 0 else 0
    if k > len(keys) - largest:
        raise ValueError(f"{k} neighbours are wanted, but only {len(keys) - largest} chunks are from other texts.")
    found = []
    for part, mine in zip(q.split(block), own.split(block)):
        s = (part @ keys.mT).masked_fill(mine[:, None] == chunks.document, -torch.inf)  # (block, N)
        found.append(s.topk(k).indices)
    numbers = torch.cat(found)  # (Q, k)
    return torch.cat([chunks.chunk[numbers], chunks.continuation[numbers]], dim=-1)
