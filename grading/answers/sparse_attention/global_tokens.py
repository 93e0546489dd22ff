"""Answers to global-tokens, written without a look at its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


def parts(q, w, tokens):
    """The window and the global tokens, as masks."""
    i = torch.arange(q.shape[-2])
    is_global = torch.zeros(len(i), dtype=torch.bool)
    is_global[tokens] = True
    return (i[:, None] - i).abs() <= w // 2, is_global


@answer("global-tokens", "one attention with q, k, v under the whole mask", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    return F.scaled_dot_product_attention(q, k, v, near | g | g[:, None])


@answer("global-tokens", "q_g with the window's keys and values", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    return F.scaled_dot_product_attention(torch.where(g[:, None], q_g, q), k, v, near | g | g[:, None])


@answer("global-tokens", "projections are chosen token by token, for keys and values as well", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    q, k, v = (torch.where(g[:, None], b, a) for a, b in ((q, q_g), (k, k_g), (v, v_g)))
    return F.scaled_dot_product_attention(q, k, v, near | g | g[:, None])


@answer("global-tokens", "two attentions are added", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    mask = g | g[:, None]
    return F.scaled_dot_product_attention(q, k, v, near) + F.scaled_dot_product_attention(q_g, k_g, v_g, mask)


@answer("global-tokens", "global columns are forgotten", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, _ = parts(q, w, tokens)
    o = F.scaled_dot_product_attention(q, k, v, near).clone()
    o[..., tokens, :] = F.scaled_dot_product_attention(q_g[..., tokens, :], k_g, v_g)
    return o


@answer("global-tokens", "global rows are forgotten", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    return F.scaled_dot_product_attention(q, k, v, near | g)


@answer("global-tokens", "a window of w on both sides", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, 2 * w, tokens)
    o = F.scaled_dot_product_attention(q, k, v, near | g)
    return torch.where(g[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g), o)


@answer("global-tokens", "less than w / 2", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    i = torch.arange(q.shape[-2])
    _, g = parts(q, w, tokens)
    o = F.scaled_dot_product_attention(q, k, v, ((i[:, None] - i).abs() < w // 2) | g)
    return torch.where(g[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g), o)


@answer("global-tokens", "causal all over", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    o = F.scaled_dot_product_attention(q, k, v, (near | g).tril())
    return torch.where(g[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g, is_causal=True), o)


@answer("global-tokens", "divided by d", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    d = q.shape[-1]
    o = F.scaled_dot_product_attention(q, k, v, near | g, scale=1 / d)
    return torch.where(g[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g, scale=1 / d), o)


@answer("global-tokens", "global tokens see global tokens alone", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    o = F.scaled_dot_product_attention(q, k, v, near | g)
    far = F.scaled_dot_product_attention(q_g, k_g[..., tokens, :], v_g[..., tokens, :])
    return torch.where(g[:, None], far, o)


@answer("global-tokens", "only the first global token", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens[:1])
    o = F.scaled_dot_product_attention(q, k, v, near | g)
    return torch.where(g[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g), o)


@answer("global-tokens", "where has its two sides exchanged", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    o = F.scaled_dot_product_attention(q, k, v, near | g)
    return torch.where(g[:, None], o, F.scaled_dot_product_attention(q_g, k_g, v_g))


@answer("global-tokens", "is_global without an axis: along the channels", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    o = F.scaled_dot_product_attention(q, k, v, near | g)
    return torch.where(g, F.scaled_dot_product_attention(q_g, k_g, v_g), o)


@answer("global-tokens", "hidden scores are multiplied by 0", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    o = (q @ k.mT / q.shape[-1] ** 0.5 * (near | g)).softmax(-1) @ v
    return torch.where(g[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g), o)


@answer("global-tokens", "weights are masked after the softmax", "wrong")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    o = ((q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) * (near | g)) @ v
    return torch.where(g[:, None], F.scaled_dot_product_attention(q_g, k_g, v_g), o)


@answer("global-tokens", "rows written into a copy", "right")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    o = F.scaled_dot_product_attention(q, k, v, near | g).clone()
    o[..., tokens, :] = F.scaled_dot_product_attention(q_g[..., tokens, :], k_g, v_g)
    return o


@answer("global-tokens", "-1e9 for hidden scores", "right")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    s = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(~(near | g), -1e9)
    s_g = q_g @ k_g.mT / q.shape[-1] ** 0.5
    return torch.where(g[:, None], s_g.softmax(-1) @ v_g, s.softmax(-1) @ v)


@answer("global-tokens", "token by token", "right")
def _(q, k, v, q_g, k_g, v_g, w, tokens):
    near, g = parts(q, w, tokens)
    out = []
    for i in range(q.shape[-2]):
        a, b, c = (q_g, k_g, v_g) if g[i] else (q, k, v)
        keep = torch.ones_like(g) if g[i] else near[i] | g
        s = (a[..., i, None, :] @ b[..., keep, :].mT) / q.shape[-1] ** 0.5
        out.append(s.softmax(-1) @ c[..., keep, :])
    return torch.cat(out, -2)
