"""The private half of decay-parallel."""

import torch
from llmcourse.checks.labs.linear_attention.decay_parallel import decayed, loud
from llmcourse.recurrence import Recurrence, parallel

from grading.exercises import misconception, reference, stages, variant

CASES = {
    # Short: a sum of log decays near 1000 is rounded by 1e-4 in float32, as much as is allowed.
    "a very strong decay": decayed(L=8, d_k=4, d_v=3, strongest=60.0),
    "a very strong decay, one channel": decayed(3, L=8, d_k=1, d_v=1, strongest=40.0),
    "a weak decay": decayed(L=50, d_k=4, d_v=3, strongest=0.01),
    "a single token": decayed(L=1, d_k=3, d_v=2),
    "no decay at all": decayed(L=6, d_k=2, d_v=2, strongest=0.0),
    "a loud beginning": loud(L=6, d=3),
}


@reference
def retention(q, k, v, g):
    return parallel(Recurrence(q, k, v, gk=g.unsqueeze(-1)))[0]


@variant
def by_differences(q, k, v, g):
    past = g.cumsum(-1)
    future = torch.ones(g.shape[-1], g.shape[-1], dtype=torch.bool).triu(1)
    D = (past[..., :, None] - past[..., None, :]).masked_fill(future, -torch.inf).exp()
    return ((q @ k.mT) * D) @ v


@variant
def by_recurrence(q, k, v, g):
    S, out = torch.zeros(*q.shape[:-2], v.shape[-1], k.shape[-1], dtype=q.dtype), []
    for q_t, k_t, v_t, g_t in zip(q.unbind(-2), k.unbind(-2), v.unbind(-2), g.unbind(-1)):
        S = S * g_t[..., None, None].exp() + v_t[..., :, None] * k_t[..., None, :]
        out.append((S @ q_t[..., None])[..., 0])
    return torch.stack(out, -2)


@variant
def by_segment_sums(q, k, v, g):
    L = q.shape[-2]
    past = torch.ones(L, L, dtype=torch.bool).tril(-1)
    steps = g.unsqueeze(-1).expand(*g.shape, L).masked_fill(~past, 0).cumsum(-2)
    decay = steps.masked_fill(~torch.ones(L, L, dtype=torch.bool).tril(), -torch.inf).exp()
    return torch.einsum("...td,...sd,...ts,...sv->...tv", q, k, decay, v)


@stages
def on_the_way(q, k, v, g):
    past = g.cumsum(-1)
    D = (past[..., :, None] - past[..., None, :]).tril().exp().tril()
    return {"the running sum of g": past, "the matrix of decays": D, "the scores times the decays": (q @ k.mT) * D}


@misconception(
    says="plain causal attention, without any decay",
    hint="Multiply the scores, entry by entry, with the decays `e^(G_t - G_s)`.",
)
def without_decay(q, k, v, g):
    return (q @ k.mT).tril() @ v + 0 * g.sum()


@misconception(
    says="the answer without the causal mask",
    hint="Tokens after t must get the weight 0: mask with `-inf` before the exponential.",
)
def sees_future(q, k, v, g):
    G = g.cumsum(-1)
    return ((q @ k.mT) * (G[..., :, None] - G[..., None, :]).clamp(max=0).exp()) @ v


@misconception(
    says="the answer masked after the exponential: where a decay is strong it is not finite",
    hint="Above the diagonal `G_t - G_s` is positive and its exponential overflows. Mask with `-inf` first.",
)
def masks_late(q, k, v, g):
    G = g.cumsum(-1)
    return ((q @ k.mT) * (G[..., :, None] - G[..., None, :]).exp().tril()) @ v


@misconception(
    says="the answer in which a token's own write decays before it is read",
    hint="The write comes after the decay of the same token: between s and t only the decays s+1 to t count.",
)
def decays_own_token(q, k, v, g):
    G = g.cumsum(-1)
    decay = (G[..., :, None] - (G - g)[..., None, :]).tril()
    future = torch.ones(decay.shape[-2:], dtype=torch.bool).triu(1)
    return ((q @ k.mT) * decay.masked_fill(future, -torch.inf).exp()) @ v


@misconception(
    says="the answer in which only the reader's own decay counts",
    hint="A write fades at every token on the way: sum the log decays, `G = g.cumsum(-1)`.",
)
def last_decay_only(q, k, v, g):
    return ((q @ k.mT).tril() * g[..., :, None].exp()) @ v


@misconception(
    says="the answer in which a token does not see itself",
    hint="The diagonal belongs to the past: `triu(1)` is the future, `triu(0)` takes the present with it.",
)
def strict(q, k, v, g):
    G = g.cumsum(-1)
    future = torch.ones(G.shape[-1], G.shape[-1], dtype=torch.bool).triu(0)
    return ((q @ k.mT) * (G[..., :, None] - G[..., None, :]).masked_fill(future, -torch.inf).exp()) @ v


@misconception(
    says="the answer that multiplies with the log decays themselves",
    hint="g is a logarithm: the decay is `exp(G_t - G_s)`.",
)
def without_exponential(q, k, v, g):
    G = g.cumsum(-1)
    return ((q @ k.mT) * (G[..., :, None] - G[..., None, :]).tril()) @ v


@misconception(
    says="the answer with log decays that are cut off at -10",
    hint=(
        "`exp(-10)` is little, and a loud past is still heard through it. No cut is needed: a mask with `-inf` "
        "keeps everything finite."
    ),
)
def clamped(q, k, v, g):
    G = g.clamp(min=-10).cumsum(-1)
    future = torch.ones(G.shape[-1], G.shape[-1], dtype=torch.bool).triu(1)
    return ((q @ k.mT) * (G[..., :, None] - G[..., None, :]).masked_fill(future, -torch.inf).exp()) @ v


@misconception(
    says="the answer in which the reader's own decay counts once for each token between",
    hint="Each token has a decay of its own: multiply those of tokens s+1 to t, by a running sum of g.",
)
def power_of_own_decay(q, k, v, g):
    t = torch.arange(g.shape[-1])
    D = (g[..., :, None] * (t[:, None] - t).clamp(min=0)).exp().tril()
    return ((q @ k.mT) * D) @ v


@misconception(
    says="the answer in which the decays of tokens s to t - 1 count: each acts after its token has read",
    hint="The decay of token t acts before it reads, and that of s before s writes: tokens s+1 to t.",
)
def one_early(q, k, v, g):
    past = g.cumsum(-1) - g
    D = (past[..., :, None] - past[..., None, :]).tril().exp().tril()
    return ((q @ k.mT) * D) @ v


@misconception(
    says="the answer split into q exp(G) and k exp(-G), of which one is not finite where a decay is strong",
    hint="Subtract before you take the exponential: exp(G_t - G_s) is at most one, and exp(-G_s) has no bound.",
)
def factorised(q, k, v, g):
    past = g.cumsum(-1)[..., None]
    return ((q * past.exp()) @ (k * (-past).exp()).mT).tril() @ v


EQUIVALENT = {"(..., :, None) -> (:, ..., None)": "both put the new axis last"}
