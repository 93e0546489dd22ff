"""The private half of chunkwise."""

import torch
from llmcourse.checks.labs.linear_attention.chunkwise import chunked
from llmcourse.recurrence import Recurrence, State, chunkwise

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer sequence": chunked(3, L=200, d_k=3, d_v=4, chunk=16),
    "chunks of one token": chunked(L=9, d_k=3, d_v=2, chunk=1),
    "many small chunks": chunked(2, L=100, d_k=2, d_v=2, chunk=2),
    "one channel": chunked(L=61, d_k=1, d_v=1, chunk=7),
    "exactly one chunk": chunked(L=5, d_k=2, d_v=3, chunk=5),
    "a single token": chunked(2, L=1, d_k=2, d_v=2, chunk=4),
}


@reference
def chunked_attention(q, k, v, S, chunk):
    o, state = chunkwise(Recurrence(q, k, v), State(S), chunk)
    return o, state.S


@variant
def by_slicing(q, k, v, S, chunk):
    out = []
    for start in range(0, q.shape[-2], chunk):
        part = slice(start, start + chunk)
        q_c, k_c, v_c = q[..., part, :], k[..., part, :], v[..., part, :]
        n = q_c.shape[-2]
        mask = torch.ones(n, n, dtype=torch.bool).tril()
        out.append(torch.where(mask, q_c @ k_c.mT, 0.0) @ v_c + torch.einsum("...lk,...vk->...lv", q_c, S))
        S = S + torch.einsum("...lv,...lk->...vk", v_c, k_c)
    return torch.cat(out, dim=-2), S


@variant
def all_at_once(q, k, v, S, chunk):
    L = q.shape[-2]
    pad = (0, 0, 0, -L % chunk)
    q, k, v = (torch.nn.functional.pad(x, pad).unflatten(-2, (-1, chunk)) for x in (q, k, v))
    written = (v.mT @ k).cumsum(-3)
    before = torch.cat([S.unsqueeze(-3), S.unsqueeze(-3) + written[..., :-1, :, :]], -3)
    o = (q @ k.mT).tril() @ v + q @ before.mT
    return o.flatten(-3, -2)[..., :L, :], S + written[..., -1, :, :]


@misconception(
    says="the right answer computed from all pairs: its values are right, and it makes an L × L matrix on the way",
    hint="Only pairs inside a chunk are compared; everything before the chunk is in S.",
)
def all_pairs(q, k, v, S, chunk):
    return (q @ k.mT).tril() @ v + q @ S.mT, S + v.mT @ k


@misconception(
    says="the answer whose chunks do not see the chunks before them",
    hint="Read S as well, `q @ S.mT`, and write each chunk to it: `S = S + v.mT @ k`.",
)
def without_carry(q, k, v, S, chunk):
    out, start = [], S
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        out.append((q_c @ k_c.mT).tril() @ v_c + q_c @ start.mT)
        S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


@misconception(
    says="the answer without the causal mask inside a chunk: a token sees the rest of its chunk",
    hint="Inside a chunk the scores need a mask: `(q @ k.mT).tril()`.",
)
def without_mask(q, k, v, S, chunk):
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        out.append((q_c @ k_c.mT) @ v_c + q_c @ S.mT)
        S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


@misconception(
    says="the answer that writes a chunk before it reads: the chunk's own tokens count twice",
    hint="Read with the S from before the chunk, and write afterwards.",
)
def written_first(q, k, v, S, chunk):
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        S = S + v_c.mT @ k_c
        out.append((q_c @ k_c.mT).tril() @ v_c + q_c @ S.mT)
    return torch.cat(out, -2), S


@misconception(
    says="the answer that reads the chunks before, but not the past inside the own chunk",
    hint="Add the chunk's own past: `(q @ k.mT).tril() @ v`.",
)
def only_state(q, k, v, S, chunk):
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        out.append(q_c @ S.mT)
        S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


@misconception(
    says="the answer in which a token does not see itself",
    hint="The diagonal belongs to the past: `tril()`, not `tril(-1)`.",
)
def strict(q, k, v, S, chunk):
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        out.append((q_c @ k_c.mT).tril(-1) @ v_c + q_c @ S.mT)
        S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


@misconception(
    says="the answer without the last, shorter chunk",
    hint="When the length is no multiple of the chunk, a shorter chunk remains: `split` returns it too.",
)
def drop_rest(q, k, v, S, chunk):
    out, whole = [q[..., :0, :] @ S.mT], q.shape[-2] // chunk * chunk
    for q_c, k_c, v_c in zip(*(x[..., :whole, :].split(chunk, -2) for x in (q, k, v))):
        if q_c.shape[-2]:
            out.append((q_c @ k_c.mT).tril() @ v_c + q_c @ S.mT)
            S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


@misconception(
    says=(
        "the right answer in `chunk` pieces, in place of pieces of `chunk` tokens: its values are right, its "
        "pieces too long"
    ),
    hint="`torch.chunk` takes the number of pieces. `q.split(chunk, dim=-2)` takes the tokens of a piece.",
)
def number_of_chunks(q, k, v, S, chunk):
    out = []
    for q_c, k_c, v_c in zip(*(x.chunk(chunk, -2) for x in (q, k, v))):
        out.append((q_c @ k_c.mT).tril() @ v_c + q_c @ S.mT)
        S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


@misconception(
    says="the right answer from a loop over tokens: its values are right, and it makes no large products",
    hint="Loop over chunks: all pairs inside one at once, `(q @ k.mT).tril() @ v`.",
)
def token_by_token(q, k, v, S, chunk):
    out = []
    for q_t, k_t, v_t in zip(q.unbind(-2), k.unbind(-2), v.unbind(-2)):
        S = S + v_t[..., :, None] * k_t[..., None, :]
        out.append((S @ q_t[..., None])[..., 0])
    return torch.stack(out, -2), S


@misconception(
    says="the answer that reads the past inside the own chunk only",
    hint="Everything before the chunk is in S: add `q @ S.mT`.",
)
def only_own_chunk(q, k, v, S, chunk):
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        out.append((q_c @ k_c.mT).tril() @ v_c)
        S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


@misconception(
    says="the answer whose state is the last chunk alone",
    hint="S is a sum over all chunks: `S = S + v.mT @ k`.",
)
def last_chunk_only(q, k, v, S, chunk):
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        out.append((q_c @ k_c.mT).tril() @ v_c + q_c @ S.mT)
        S = v_c.mT @ k_c
    return torch.cat(out, -2), S


@misconception(
    says="the answer with the feature map elu + 1 on queries and keys",
    hint="There is no map in this exercise: use q and k as they are.",
)
def mapped(q, k, v, S, chunk):
    q, k = torch.nn.functional.elu(q) + 1, torch.nn.functional.elu(k) + 1
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        out.append((q_c @ k_c.mT).tril() @ v_c + q_c @ S.mT)
        S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


@misconception(
    says="the answer with a softmax over the pairs inside a chunk",
    hint="There is no softmax: the weight of a pair is `q · k` itself.",
)
def softmax_inside(q, k, v, S, chunk):
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        future = torch.ones(q_c.shape[-2], q_c.shape[-2], dtype=torch.bool).triu(1)
        scores = (q_c @ k_c.mT).masked_fill(future, -torch.inf)
        out.append(scores.softmax(-1) @ v_c + q_c @ S.mT)
        S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


@misconception(
    says="the answer divided by the sum of its scores inside the chunk",
    hint="There is no normaliser in this exercise.",
)
def normalised_inside(q, k, v, S, chunk):
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        scores = (q_c @ k_c.mT).tril()
        out.append((scores @ v_c + q_c @ S.mT) / scores.sum(-1, keepdim=True))
        S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


@misconception(
    says="the right values, but the state is detached between the chunks: no gradient flows across them",
    hint="Leave out `.detach()`: what a chunk has written is trained by what later chunks read.",
)
def detached(q, k, v, S, chunk):
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        out.append((q_c @ k_c.mT).tril() @ v_c + q_c @ S.mT)
        S = (S + v_c.mT @ k_c).detach()
    return torch.cat(out, -2), S


@misconception(
    says="the answer whose state is k v^T in place of v k^T",
    hint="S is (d_v, d_k): add `v.mT @ k`, and read it with `q @ S.mT`.",
)
def state_transposed(q, k, v, S, chunk):
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        out.append((q_c @ k_c.mT).tril() @ v_c + q_c @ S)
        S = S + k_c.mT @ v_c
    return torch.cat(out, -2), S


@misconception(
    says="the answer whose state is the one that was given plus the last chunk: those between are lost",
    hint="S is a sum over all chunks: `S = S + v.mT @ k`, with the S of the chunk before.",
)
def given_plus_last(q, k, v, S, chunk):
    o, given = [], S
    for q_c, k_c, v_c in zip(q.split(chunk, -2), k.split(chunk, -2), v.split(chunk, -2)):
        o.append((q_c @ k_c.mT).tril() @ v_c + q_c @ S.mT)
        S = given + v_c.mT @ k_c
    return torch.cat(o, -2), S


@misconception(
    says="the answer in which a chunk's last query reads the state for all its tokens",
    hint="Each token has a query of its own: `q @ S.mT` for the whole chunk.",
)
def last_query_reads(q, k, v, S, chunk):
    o = []
    for q_c, k_c, v_c in zip(q.split(chunk, -2), k.split(chunk, -2), v.split(chunk, -2)):
        o.append((q_c @ k_c.mT).tril() @ v_c + q_c[..., -1:, :] @ S.mT)
        S = S + v_c.mT @ k_c
    return torch.cat(o, -2), S
