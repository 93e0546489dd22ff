"""The private half of global-tokens."""

import torch
import torch.nn.functional as F
from llmcourse.attention import attend, window
from llmcourse.attention.patterns import Columns, Pattern
from llmcourse.checks.labs.sparse_attention.global_tokens import attention

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer text": attention(2, L=33, d=3, w=6, tokens=[0, 17]),
    "global tokens close together": attention(L=10, d=2, w=2, tokens=[7, 8, 9]),
    "not in order": attention(3, L=8, d=2, w=2, tokens=[5, 1]),
}


@reference
def longformer_attention(q, k, v, q_g, k_g, v_g, w, tokens):
    o = attend(q, k, v, window(w) | Pattern((Columns(tuple(tokens)),)))
    of_global = F.scaled_dot_product_attention(q_g[..., tokens, :], k_g, v_g)
    return o.index_copy(-2, torch.tensor(tokens, dtype=torch.long), of_global)


@variant
def query_by_query(q, k, v, q_g, k_g, v_g, w, tokens):
    out, L, d = [], q.shape[-2], q.shape[-1]
    for i in range(L):
        if i in tokens:
            scores = (q_g[..., i : i + 1, :] * k_g).sum(-1) / d**0.5
            out.append((scores.softmax(-1)[..., None] * v_g).sum(-2))
            continue
        at = sorted({j for j in range(L) if abs(i - j) <= w // 2} | set(tokens))
        scores = (q[..., i : i + 1, :] * k[..., at, :]).sum(-1) / d**0.5
        out.append((scores.softmax(-1)[..., None] * v[..., at, :]).sum(-2))
    return torch.stack(out, -2)


@variant
def two_masked_products(q, k, v, q_g, k_g, v_g, w, tokens):
    i = torch.arange(q.shape[-2])
    is_global = torch.isin(i, torch.tensor(tokens, dtype=torch.long))
    mask = ((i[:, None] - i).abs() <= w / 2) | is_global
    near = (q @ k.mT / q.shape[-1] ** 0.5 + torch.where(mask, 0.0, -torch.inf)).softmax(-1) @ v
    far = (q_g @ k_g.mT * q.shape[-1] ** -0.5).softmax(-1) @ v_g
    return torch.where(is_global[:, None], far, near)


@misconception(
    says="the answer whose global tokens read with the window's q, k and v",
    hint="Global queries have projections of their own: q_g, k_g and v_g.",
)
def one_set_of_projections(q, k, v, q_g, k_g, v_g, w, tokens):
    i = torch.arange(q.shape[-2])
    is_global = torch.isin(i, torch.tensor(tokens, dtype=torch.long))
    mask = ((i[:, None] - i).abs() <= w // 2) | is_global | is_global[:, None]
    return F.scaled_dot_product_attention(q, k, v, mask)


@misconception(
    says="the answer whose global queries use q_g, and the window's k and v",
    hint="What a global query reads are k_g and v_g, of all tokens.",
)
def only_the_query_is_global(q, k, v, q_g, k_g, v_g, w, tokens):
    i = torch.arange(q.shape[-2])
    is_global = torch.isin(i, torch.tensor(tokens, dtype=torch.long))
    near = F.scaled_dot_product_attention(q, k, v, ((i[:, None] - i).abs() <= w // 2) | is_global)
    return torch.where(is_global[:, None], F.scaled_dot_product_attention(q_g, k, v), near)


@misconception(
    says="the answer in which the others do not see the global tokens",
    hint="A global token sees all and is seen by all: its column of the mask is true.",
)
def not_seen(q, k, v, q_g, k_g, v_g, w, tokens):
    i = torch.arange(q.shape[-2])
    is_global = torch.isin(i, torch.tensor(tokens, dtype=torch.long))
    near = F.scaled_dot_product_attention(q, k, v, (i[:, None] - i).abs() <= w // 2)
    return torch.where(is_global[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g), near)


@misconception(
    says="the answer whose global tokens see no more than the others",
    hint="The rows of the global tokens are replaced: they see all tokens, with q_g, k_g and v_g.",
)
def sees_no_more(q, k, v, q_g, k_g, v_g, w, tokens):
    i = torch.arange(q.shape[-2])
    mask = ((i[:, None] - i).abs() <= w // 2) | torch.isin(i, torch.tensor(tokens, dtype=torch.long))
    return F.scaled_dot_product_attention(q, k, v, mask)


@misconception(
    says="the answer in which the others read global tokens with k_g and v_g",
    hint="Only global queries read with k_g and v_g; the others read k and v everywhere, in one softmax.",
)
def read_with_global_keys(q, k, v, q_g, k_g, v_g, w, tokens):
    i = torch.arange(q.shape[-2])
    is_global = torch.isin(i, torch.tensor(tokens, dtype=torch.long))
    mask = ((i[:, None] - i).abs() <= w // 2) | is_global
    keys, values = torch.where(is_global[:, None], k_g, k), torch.where(is_global[:, None], v_g, v)
    near = F.scaled_dot_product_attention(q, keys, values, mask)
    return torch.where(is_global[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g), near)


@misconception(
    says="the answer with a softmax for the window and another for the global tokens, added up",
    hint="A query has one softmax over all that it sees: put the window and the global columns into one mask.",
)
def two_softmaxes(q, k, v, q_g, k_g, v_g, w, tokens):
    i = torch.arange(q.shape[-2])
    is_global = torch.isin(i, torch.tensor(tokens, dtype=torch.long))
    near = F.scaled_dot_product_attention(q, k, v, (i[:, None] - i).abs() <= w // 2)
    near = near + F.scaled_dot_product_attention(q, k[..., tokens, :], v[..., tokens, :])
    return torch.where(is_global[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g), near)


@misconception(
    says="the answer in which a global token inside the window counts twice",
    hint="Each key has one place in the softmax: join the two conditions by `|` in one mask.",
)
def counted_twice(q, k, v, q_g, k_g, v_g, w, tokens):
    i = torch.arange(q.shape[-2])
    is_global = torch.isin(i, torch.tensor(tokens, dtype=torch.long))
    mask = (i[:, None] - i).abs() <= w // 2
    mask = torch.cat([mask, torch.ones(len(i), len(tokens), dtype=torch.bool)], -1)
    keys, values = torch.cat([k, k[..., tokens, :]], -2), torch.cat([v, v[..., tokens, :]], -2)
    near = F.scaled_dot_product_attention(q, keys, values, mask)
    return torch.where(is_global[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g), near)


@misconception(
    says="the answer with a window of w keys on each side",
    hint="The window has `w // 2` keys on each side of the query.",
)
def w_on_each_side(q, k, v, q_g, k_g, v_g, w, tokens):
    i = torch.arange(q.shape[-2])
    is_global = torch.isin(i, torch.tensor(tokens, dtype=torch.long))
    near = F.scaled_dot_product_attention(q, k, v, ((i[:, None] - i).abs() <= w) | is_global)
    return torch.where(is_global[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g), near)


@misconception(
    says="the answer with a causal window",
    hint="Nothing is causal here: the window is on both sides of the query.",
)
def causal_window(q, k, v, q_g, k_g, v_g, w, tokens):
    i = torch.arange(q.shape[-2])
    is_global = torch.isin(i, torch.tensor(tokens, dtype=torch.long))
    mask = ((i[:, None] >= i) & (i[:, None] - i <= w // 2)) | is_global
    near = F.scaled_dot_product_attention(q, k, v, mask)
    return torch.where(is_global[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g), near)


@misconception(
    says="the answer without the scale 1 / sqrt(d)",
    hint="Divide the scores by the square root of the number of channels, in both attentions.",
)
def without_scale(q, k, v, q_g, k_g, v_g, w, tokens):
    i = torch.arange(q.shape[-2])
    is_global = torch.isin(i, torch.tensor(tokens, dtype=torch.long))
    mask = ((i[:, None] - i).abs() <= w // 2) | is_global
    near = F.scaled_dot_product_attention(q, k, v, mask, scale=1.0)
    return torch.where(is_global[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g, scale=1.0), near)


@misconception(
    says="the answer whose scores are divided by d, not by its square root",
    hint="The scale is 1 / sqrt(d), in both attentions.",
)
def divided_by_d(q, k, v, q_g, k_g, v_g, w, tokens):
    i, scale = torch.arange(q.shape[-2]), 1 / q.shape[-1]
    is_global = torch.isin(i, torch.tensor(tokens, dtype=torch.long))
    mask = ((i[:, None] - i).abs() <= w // 2) | is_global
    near = F.scaled_dot_product_attention(q, k, v, mask, scale=scale)
    return torch.where(is_global[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g, scale=scale), near)


@misconception(
    says="the answer in which only the first of the global tokens is one",
    hint="`tokens` is a list: every token in it sees all and is seen by all.",
)
def only_the_first(q, k, v, q_g, k_g, v_g, w, tokens):
    return longformer_attention(q, k, v, q_g, k_g, v_g, w, tokens[:1])


@misconception(
    says="the answer in which every token has one projection: global tokens q_g, k_g and v_g, the others q, k and v",
    hint="It is the query that decides: a global one reads k_g, v_g of all tokens, any other k, v of all it sees.",
)
def by_token(q, k, v, q_g, k_g, v_g, w, tokens):
    i = torch.arange(q.shape[-2])
    is_global = torch.isin(i, torch.tensor(tokens, dtype=torch.long))
    mask = ((i[:, None] - i).abs() <= w // 2) | is_global | is_global[:, None]
    q, k, v = (torch.where(is_global[:, None], b, a) for a, b in ((q, q_g), (k, k_g), (v, v_g)))
    return F.scaled_dot_product_attention(q, k, v, mask)


@misconception(
    says="the answer in which the rows of the global tokens and those of the others are exchanged",
    hint="`torch.where(is_global[:, None], for_all, near)`: the first is taken where the condition is true.",
)
def exchanged(q, k, v, q_g, k_g, v_g, w, tokens):
    i = torch.arange(q.shape[-2])
    is_global = torch.isin(i, torch.tensor(tokens, dtype=torch.long))
    near = F.scaled_dot_product_attention(q, k, v, ((i[:, None] - i).abs() <= w // 2) | is_global)
    return torch.where(is_global[:, None], near, F.scaled_dot_product_attention(q_g, k_g, v_g))
