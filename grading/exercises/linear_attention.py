"""Lab 08, linear attention: references, variants and misconceptions.

Every function here stands alone (torch, F and math apart), since sample submissions are made of their source.
"""

import torch
import torch.nn.functional as F
from llmcourse.checks.linear_attention import _attention, _chunked, _decayed, _deltas, _gated, _points, _tokens
from llmcourse.recurrence import ZOO, Recurrence, State, linear, parallel, recurrent
from llmcourse.recurrence import step as engine_step
from llmcourse.recurrence.feature_maps import elu_plus_one
from llmcourse.recurrence.kernels import quadratic_map

from . import Private

# ------------------------------------------------------------------ quadratic-map


def map_by_stacking(x):
    d, columns = x.shape[-1], []
    for i in range(d):
        columns.append(2**0.5 * x[..., i])
        columns.append(x[..., i] ** 2)
        for j in range(i):
            columns.append(2**0.5 * x[..., i] * x[..., j])
    return torch.stack(columns, dim=-1)


def map_by_outer_product(x):
    d = x.shape[-1]
    weight = torch.ones(d, d, dtype=x.dtype, device=x.device).tril(-1) * 2**0.5 + torch.eye(d, dtype=x.dtype)
    outer = (x.unsqueeze(-1) * x.unsqueeze(-2) * weight).flatten(-2)
    keep = torch.ones(d, d, dtype=torch.bool).tril().flatten()
    return torch.cat((x * 2**0.5, outer[..., keep]), -1)


def map_without_roots(x):
    """the map without any √2

    In the kernel, x·y and the products of two different coordinates appear twice. Give both kinds the factor √2.
    """
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([x, x**2, x[..., i] * x[..., j]], dim=-1)


def map_without_root_on_products(x):
    """the map without √2 on the products of two coordinates

    The square (x·y)² holds each product x1 x2 y1 y2 twice: multiply `x1 * x2` by √2.
    """
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([2**0.5 * x, x**2, x[..., i] * x[..., j]], dim=-1)


def map_without_root_on_coordinates(x):
    """the map without √2 on the coordinates themselves

    (x·y + 1)² holds 2 x·y: multiply the linear features by √2 as well.
    """
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([x, x**2, 2**0.5 * x[..., i] * x[..., j]], dim=-1)


def map_with_roots_everywhere(x):
    """the map with √2 on the squares as well

    A square appears only once in the kernel: no factor there.
    """
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return 2**0.5 * torch.cat([x, x**2, x[..., i] * x[..., j]], dim=-1)


def map_with_factor_two(x):
    """the map with 2 in place of √2

    The map enters the kernel twice, once for each point: √2 · √2 = 2, so √2 is enough.
    """
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([2 * x, x**2, 2 * x[..., i] * x[..., j]], dim=-1)


def map_with_constant(x):
    """the map with a constant feature: its kernel is (x·y + 1)², without the -1

    The slide's kernel subtracts 1, so the constant feature has to go.
    """
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([torch.ones_like(x[..., :1]), 2**0.5 * x, x**2, 2**0.5 * x[..., i] * x[..., j]], dim=-1)


def map_without_linear_part(x):
    """the map of the squares and products only: its kernel is (x·y)²

    The coordinates themselves belong to the map too, times √2.
    """
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([x**2, 2**0.5 * x[..., i] * x[..., j]], dim=-1)


def map_with_all_pairs(x):
    """the map with every pair twice, x1 x2 and x2 x1: its kernel is right, its features are more than needed

    Keep each pair once, i < j, and give it the factor √2.
    """
    return torch.cat([2**0.5 * x, (x[..., :, None] * x[..., None, :]).flatten(-2)], dim=-1)


# ------------------------------------------------------------------ linear-brackets


def brackets_by_einsum(phi_q, phi_k, v):
    S = torch.einsum("...ld,...le->...de", phi_k, v)
    z = torch.einsum("...ld,...de->...le", phi_q, S)
    return z / torch.einsum("...ld,...d->...l", phi_q, phi_k.sum(-2)).unsqueeze(-1)


def brackets_with_a_row_of_ones(phi_q, phi_k, v):
    ones = torch.ones_like(v[..., :1])
    both = phi_q @ (phi_k.transpose(-1, -2) @ torch.cat([v, ones], dim=-1))
    return both[..., :-1] / (both[..., -1:] + 1e-6)


def brackets_all_pairs(phi_q, phi_k, v):
    """the right answer computed from all pairs: its values are right, and it makes an L × L matrix on the way

    Move the brackets: `phi_k.mT @ v` first. Then nothing is larger than L × d.
    """
    scores = phi_q @ phi_k.mT
    return scores @ v / scores.sum(-1, keepdim=True)


def brackets_without_normaliser(phi_q, phi_k, v):
    """the answer without the normaliser

    Divide every row by `phi_q @ u`, where u is the sum of `phi_k` over the positions.
    """
    return phi_q @ (phi_k.mT @ v)


def brackets_divided_by_length(phi_q, phi_k, v):
    """the answer divided by the length L in place of the normaliser

    The weights of one query have to sum to one: the divisor is `phi_q @ u`, which differs from query to query.
    """
    return phi_q @ (phi_k.mT @ v) / phi_k.shape[-2]


def brackets_sum_of_query(phi_q, phi_k, v):
    """the answer divided by the sum of the query's own features

    The normaliser sums over the positions of the keys, `phi_k.sum(-2)`, and is then read by the query.
    """
    return phi_q @ (phi_k.mT @ v) / phi_q.sum(-1, keepdim=True)


def brackets_sum_of_channels(phi_q, phi_k, v):
    """the answer with the keys summed over channels and positions, without the query

    u is a vector of d_k numbers, `phi_k.sum(-2)`; each query weighs them: `phi_q @ u`.
    """
    return phi_q @ (phi_k.mT @ v) / phi_k.sum((-2, -1))[..., None, None]


def brackets_softmax(phi_q, phi_k, v):
    """softmax attention over the mapped queries and keys

    There is no exponential any more: the weight of a pair is `phi_q · phi_k` itself.
    """
    return torch.softmax(phi_q @ phi_k.mT, dim=-1) @ v


def brackets_causal(phi_q, phi_k, v):
    """the causal answer: every query sees only the past

    Here each query sees all keys. The causal form is the next exercise.
    """
    scores = (phi_q @ phi_k.mT).tril()
    return scores @ v / scores.sum(-1, keepdim=True)


def brackets_softmaxed_features(phi_q, phi_k, v):
    """the answer with both maps normalised by a softmax first

    `phi_q` and `phi_k` come mapped already: use them as they are.
    """
    return torch.softmax(phi_q, -1) @ (torch.softmax(phi_k, -2).mT @ v)


# ------------------------------------------------------------------ causal-recurrence


def causal_by_cumulative_sums(phi_q, phi_k, v, S, u):
    written = (v[..., :, None] * phi_k[..., None, :]).cumsum(-3) + S[..., None, :, :]
    counted = phi_k.cumsum(-2) + u[..., None, :]
    z = (written * phi_q[..., None, :]).sum(-1) / (counted * phi_q).sum(-1, keepdim=True)
    return z, written[..., -1, :, :], counted[..., -1, :]


def causal_by_masked_pairs(phi_q, phi_k, v, S, u):
    scores = (phi_q @ phi_k.mT).tril()
    total = scores.sum(-1, keepdim=True) + phi_q @ u[..., None]
    return (scores @ v + phi_q @ S.mT) / total, S + v.mT @ phi_k, u + phi_k.sum(-2)


def causal_in_a_list(phi_q, phi_k, v, S, u):
    rows = []
    for t in range(v.shape[-2]):
        S = S + torch.einsum("...v,...k->...vk", v[..., t, :], phi_k[..., t, :])
        u = u + phi_k[..., t, :]
        q = phi_q[..., t, :]
        rows.append(torch.einsum("...vk,...k->...v", S, q) / ((u * q).sum(-1, keepdim=True) + 1e-6))
    return torch.stack(rows, dim=-2), S, u


def causal_reads_before_writing(phi_q, phi_k, v, S, u):
    """the answer that reads before it writes: a token does not see itself

    Update S and u first, read afterwards.
    """
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        out.append((S @ q_t[..., None])[..., 0] / ((u * q_t).sum(-1, keepdim=True) + 1e-6))
        S, u = S + v_t[..., :, None] * k_t[..., None, :], u + k_t
    return torch.stack(out, -2), S, u


def causal_without_normaliser(phi_q, phi_k, v, S, u):
    """the answer without the normaliser

    Divide what the query reads from S by what it reads from u.
    """
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S, u = S + v_t[..., :, None] * k_t[..., None, :], u + k_t
        out.append((S @ q_t[..., None])[..., 0])
    return torch.stack(out, -2), S, u


def causal_forgets_normaliser(phi_q, phi_k, v, S, u):
    """the answer whose normaliser is the last key alone

    u is a sum as S is: `u = u + k_t`.
    """
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S, u = S + v_t[..., :, None] * k_t[..., None, :], k_t
        out.append((S @ q_t[..., None])[..., 0] / (u * q_t).sum(-1, keepdim=True))
    return torch.stack(out, -2), S, u


def causal_ignores_memory(phi_q, phi_k, v, S, u):
    """the answer that starts from an empty memory whatever it is given

    Start the loop from the S and u in the arguments: a long text comes in pieces, and the state carries over.
    """
    S, u, out = torch.zeros_like(S), torch.zeros_like(u), []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S, u = S + v_t[..., :, None] * k_t[..., None, :], u + k_t
        out.append((S @ q_t[..., None])[..., 0] / (u * q_t).sum(-1, keepdim=True))
    return torch.stack(out, -2), S, u


def causal_sees_future(phi_q, phi_k, v, S, u):
    """the answer that sees the future: every token reads the final state

    Read inside the loop, right after the write of the same token.
    """
    S, u = S + v.mT @ phi_k, u + phi_k.sum(-2)
    return phi_q @ S.mT / (phi_q @ u[..., None]), S, u


def causal_overwrites_state(phi_q, phi_k, v, S, u):
    """the answer whose state is the last write alone

    S is a sum over the past: `S = S + v k^T`.
    """
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S, u = v_t[..., :, None] * k_t[..., None, :], u + k_t
        out.append((S @ q_t[..., None])[..., 0] / (u * q_t).sum(-1, keepdim=True))
    return torch.stack(out, -2), S, u


def causal_changes_state_in_place(phi_q, phi_k, v, S, u):
    """the right values, but the state that the caller passed in is changed in place

    The caller may still need it, for another continuation of the same text. Write `S = S + ...`, not `S += ...`.
    """
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S += v_t[..., :, None] * k_t[..., None, :]
        u += k_t
        out.append((S.clone() @ q_t[..., None])[..., 0] / (u.clone() * q_t).sum(-1, keepdim=True))
    return torch.stack(out, -2), S, u


def causal_detached(phi_q, phi_k, v, S, u):
    """the right values, but the state is detached at every step: nothing trains the keys and values of the past

    Leave out `.detach()` and `torch.no_grad()`: the gradient has to flow through the state.
    """
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S, u = (S + v_t[..., :, None] * k_t[..., None, :]).detach(), (u + k_t).detach()
        out.append((S @ q_t[..., None])[..., 0] / (u * q_t).sum(-1, keepdim=True))
    return torch.stack(out, -2), S, u


# ------------------------------------------------------------------ decode-step


def step_reference(q, k, v, S, u):
    z, state = linear.step(elu_plus_one(q), elu_plus_one(k), v, linear.State(S, u))
    return z, state.S, state.u


def step_by_einsum(q, k, v, S, u):
    q, k = torch.nn.functional.elu(q) + 1, torch.nn.functional.elu(k) + 1
    S = S + torch.einsum("...v,...k->...vk", v, k)
    u = u + k
    return torch.einsum("...vk,...k->...v", S, q) / torch.einsum("...k,...k->...", u, q)[..., None], S, u


def step_with_where(q, k, v, S, u):
    phi = lambda x: torch.where(x > 0, x + 1, x.clamp(max=0).exp())
    S, u = S + v.unsqueeze(-1) @ phi(k).unsqueeze(-2), u + phi(k)
    z = (phi(q).unsqueeze(-2) @ S.mT).squeeze(-2)
    return z / ((phi(q) * u).sum(-1, keepdim=True) + 1e-6), S, u


def step_without_maps(q, k, v, S, u):
    """the step without any feature map

    q and k come raw here: put both through `F.elu(x) + 1`.
    """
    S, u = S + v[..., :, None] * k[..., None, :], u + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u


def step_without_map_of_query(q, k, v, S, u):
    """the step with a feature map on the key but none on the query

    The query goes through `F.elu(q) + 1` too.
    """
    k = F.elu(k) + 1
    S, u = S + v[..., :, None] * k[..., None, :], u + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u


def step_without_map_of_key(q, k, v, S, u):
    """the step with a feature map on the query but none on the key

    The key goes through `F.elu(k) + 1` too, in S and in u.
    """
    q = F.elu(q) + 1
    S, u = S + v[..., :, None] * k[..., None, :], u + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u


def step_raw_key_in_normaliser(q, k, v, S, u):
    """the step that counts the raw key in u

    u sums the same features that S holds: `u = u + phi_k`.
    """
    phi_q, phi_k = F.elu(q) + 1, F.elu(k) + 1
    S, u = S + v[..., :, None] * phi_k[..., None, :], u + k
    return (S @ phi_q[..., None])[..., 0] / (u * phi_q).sum(-1, keepdim=True), S, u


def step_without_plus_one(q, k, v, S, u):
    """the step with elu in place of elu + 1

    Features have to be positive, or the weights are no weights: `F.elu(x) + 1`.
    """
    q, k = F.elu(q), F.elu(k)
    S, u = S + v[..., :, None] * k[..., None, :], u + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u


def step_reads_before_writing(q, k, v, S, u):
    """the step that reads the memory before it writes: the token does not see itself

    Update S and u first, read afterwards.
    """
    q, k = F.elu(q) + 1, F.elu(k) + 1
    z = (S @ q[..., None])[..., 0] / ((u * q).sum(-1, keepdim=True) + 1e-6)
    return z, S + v[..., :, None] * k[..., None, :], u + k


def step_without_normaliser(q, k, v, S, u):
    """the step without the normaliser

    Divide what the query reads from S by what it reads from u.
    """
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S, u = S + v[..., :, None] * k[..., None, :], u + k
    return (S @ q[..., None])[..., 0], S, u


def step_changes_state_in_place(q, k, v, S, u):
    """the right values, but the state that came in is changed in place

    Write `S = S + ...`, not `S += ...`: with the old state you can try another next token.
    """
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S += v[..., :, None] * k[..., None, :]
    u += k
    return (S.clone() @ q[..., None])[..., 0] / (u.clone() * q).sum(-1, keepdim=True), S, u


# ------------------------------------------------------------------ decay-parallel


def retention_by_recurrence(q, k, v, g):
    S, out = torch.zeros(*q.shape[:-2], v.shape[-1], k.shape[-1], dtype=q.dtype), []
    for q_t, k_t, v_t, g_t in zip(q.unbind(-2), k.unbind(-2), v.unbind(-2), g.unbind(-1)):
        S = S * g_t[..., None, None].exp() + v_t[..., :, None] * k_t[..., None, :]
        out.append((S @ q_t[..., None])[..., 0])
    return torch.stack(out, -2)


def retention_by_segment_sums(q, k, v, g):
    L = q.shape[-2]
    past = torch.ones(L, L, dtype=torch.bool).tril(-1)
    steps = g.unsqueeze(-1).expand(*g.shape, L).masked_fill(~past, 0).cumsum(-2)
    decay = steps.masked_fill(~torch.ones(L, L, dtype=torch.bool).tril(), -torch.inf).exp()
    return torch.einsum("...td,...sd,...ts,...sv->...tv", q, k, decay, v)


def retention_without_decay(q, k, v, g):
    """plain causal attention, without any decay

    Multiply the scores, entry by entry, with the decays `e^(G_t - G_s)`.
    """
    return (q @ k.mT).tril() @ v + 0 * g.sum()


def retention_sees_future(q, k, v, g):
    """the answer without the causal mask

    Tokens after t must get the weight 0: mask with `-inf` before the exponential.
    """
    G = g.cumsum(-1)
    return ((q @ k.mT) * (G[..., :, None] - G[..., None, :]).clamp(max=0).exp()) @ v


def retention_masks_late(q, k, v, g):
    """the answer masked after the exponential: where a decay is strong it is not finite

    Above the diagonal `G_t - G_s` is positive and its exponential overflows. Mask with `-inf` first.
    """
    G = g.cumsum(-1)
    return ((q @ k.mT) * (G[..., :, None] - G[..., None, :]).exp().tril()) @ v


def retention_decays_own_token(q, k, v, g):
    """the answer in which a token's own write decays before it is read

    The write comes after the decay of the same token: between s and t only the decays s+1 to t count.
    """
    G = g.cumsum(-1)
    decay = (G[..., :, None] - (G - g)[..., None, :]).tril()
    future = torch.ones(decay.shape[-2:], dtype=torch.bool).triu(1)
    return ((q @ k.mT) * decay.masked_fill(future, -torch.inf).exp()) @ v


def retention_last_decay_only(q, k, v, g):
    """the answer in which only the reader's own decay counts

    A write fades at every token on the way: sum the log decays, `G = g.cumsum(-1)`.
    """
    return ((q @ k.mT).tril() * g[..., :, None].exp()) @ v


def retention_strict(q, k, v, g):
    """the answer in which a token does not see itself

    The diagonal belongs to the past: `triu(1)` is the future, `triu(0)` takes the present with it.
    """
    G = g.cumsum(-1)
    future = torch.ones(G.shape[-1], G.shape[-1], dtype=torch.bool).triu(0)
    return ((q @ k.mT) * (G[..., :, None] - G[..., None, :]).masked_fill(future, -torch.inf).exp()) @ v


def retention_without_exponential(q, k, v, g):
    """the answer that multiplies with the log decays themselves

    g is a logarithm: the decay is `exp(G_t - G_s)`.
    """
    G = g.cumsum(-1)
    return ((q @ k.mT) * (G[..., :, None] - G[..., None, :]).tril()) @ v


# ------------------------------------------------------------------ chunkwise


def chunks_by_slicing(q, k, v, S, chunk):
    out = []
    for start in range(0, q.shape[-2], chunk):
        part = slice(start, start + chunk)
        q_c, k_c, v_c = q[..., part, :], k[..., part, :], v[..., part, :]
        n = q_c.shape[-2]
        mask = torch.ones(n, n, dtype=torch.bool).tril()
        out.append(torch.where(mask, q_c @ k_c.mT, 0.0) @ v_c + torch.einsum("...lk,...vk->...lv", q_c, S))
        S = S + torch.einsum("...lv,...lk->...vk", v_c, k_c)
    return torch.cat(out, dim=-2), S


def chunks_all_at_once(q, k, v, S, chunk):
    L = q.shape[-2]
    pad = (0, 0, 0, -L % chunk)
    q, k, v = (torch.nn.functional.pad(x, pad).unflatten(-2, (-1, chunk)) for x in (q, k, v))
    written = (v.mT @ k).cumsum(-3)
    before = torch.cat([S.unsqueeze(-3), S.unsqueeze(-3) + written[..., :-1, :, :]], -3)
    o = (q @ k.mT).tril() @ v + q @ before.mT
    return o.flatten(-3, -2)[..., :L, :], S + written[..., -1, :, :]


def chunks_all_pairs(q, k, v, S, chunk):
    """the right answer computed from all pairs: its values are right, and it makes an L × L matrix on the way

    Only pairs inside a chunk are compared; everything before the chunk is in S.
    """
    return (q @ k.mT).tril() @ v + q @ S.mT, S + v.mT @ k


def chunks_without_carry(q, k, v, S, chunk):
    """the answer whose chunks do not see the chunks before them

    Read S as well, `q @ S.mT`, and write each chunk to it: `S = S + v.mT @ k`.
    """
    out, start = [], S
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        out.append((q_c @ k_c.mT).tril() @ v_c + q_c @ start.mT)
        S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


def chunks_without_mask(q, k, v, S, chunk):
    """the answer without the causal mask inside a chunk: a token sees the rest of its chunk

    Inside a chunk the scores need a mask: `(q @ k.mT).tril()`.
    """
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        out.append((q_c @ k_c.mT) @ v_c + q_c @ S.mT)
        S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


def chunks_written_first(q, k, v, S, chunk):
    """the answer that writes a chunk before it reads: the chunk's own tokens count twice

    Read with the S from before the chunk, and write afterwards.
    """
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        S = S + v_c.mT @ k_c
        out.append((q_c @ k_c.mT).tril() @ v_c + q_c @ S.mT)
    return torch.cat(out, -2), S


def chunks_only_state(q, k, v, S, chunk):
    """the answer that reads the chunks before, but not the past inside the own chunk

    Add the chunk's own past: `(q @ k.mT).tril() @ v`.
    """
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        out.append(q_c @ S.mT)
        S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


def chunks_strict(q, k, v, S, chunk):
    """the answer in which a token does not see itself

    The diagonal belongs to the past: `tril()`, not `tril(-1)`.
    """
    out = []
    for q_c, k_c, v_c in zip(*(x.split(chunk, -2) for x in (q, k, v))):
        out.append((q_c @ k_c.mT).tril(-1) @ v_c + q_c @ S.mT)
        S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


def chunks_drop_rest(q, k, v, S, chunk):
    """the answer without the last, shorter chunk

    When the length is no multiple of the chunk, a shorter chunk remains: `split` returns it too.
    """
    out, whole = [q[..., :0, :] @ S.mT], q.shape[-2] // chunk * chunk
    for q_c, k_c, v_c in zip(*(x[..., :whole, :].split(chunk, -2) for x in (q, k, v))):
        if q_c.shape[-2]:
            out.append((q_c @ k_c.mT).tril() @ v_c + q_c @ S.mT)
            S = S + v_c.mT @ k_c
    return torch.cat(out, -2), S


# ------------------------------------------------------------------ delta-step


def delta_by_einsum(q, k, v, beta, S):
    error = v - torch.einsum("...vk,...k->...v", S, k)
    S = S + torch.einsum("...v,...k->...vk", beta * error, k)
    return torch.einsum("...vk,...k->...v", S, q), S


def delta_by_erasing(q, k, v, beta, S):
    eye = torch.eye(k.shape[-1], dtype=k.dtype, device=k.device)
    keep = eye - beta.unsqueeze(-1) * k.unsqueeze(-1) * k.unsqueeze(-2)
    S = S @ keep + (beta * v).unsqueeze(-1) * k.unsqueeze(-2)
    return (S @ q.unsqueeze(-1)).squeeze(-1), S


def delta_adds(q, k, v, beta, S):
    """linear attention with a strength: what was at this key is not erased

    Write the error `v - S k` in place of v.
    """
    S = S + (beta * v)[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


def delta_without_beta(q, k, v, beta, S):
    """the delta rule with beta = 1

    Multiply the error by beta before it is written.
    """
    held = (S @ k[..., None])[..., 0]
    S = S + (v - held)[..., :, None] * k[..., None, :] + 0 * beta[..., None]
    return (S @ q[..., None])[..., 0], S


def delta_beta_on_value_only(q, k, v, beta, S):
    """the delta rule that erases in full and writes beta times

    The same beta stands before both: `beta * (v - S k)`.
    """
    held = (S @ k[..., None])[..., 0]
    S = S + (beta * v - held)[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


def delta_reads_with_query(q, k, v, beta, S):
    """the delta rule that looks up the old value with the query

    The old value stands at the key: `S k`. The query only reads, at the end.
    """
    held = (S @ q[..., None])[..., 0]
    S = S + (beta * (v - held))[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


def delta_reads_before_writing(q, k, v, beta, S):
    """the delta rule that reads before it writes

    Update S first, read with q afterwards.
    """
    held = (S @ k[..., None])[..., 0]
    return (S @ q[..., None])[..., 0], S + (beta * (v - held))[..., :, None] * k[..., None, :]


def delta_wrong_sign(q, k, v, beta, S):
    """the delta rule with the old value added in place of taken away

    The error is `v - S k`.
    """
    held = (S @ k[..., None])[..., 0]
    S = S + (beta * (v + held))[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


def delta_changes_state_in_place(q, k, v, beta, S):
    """the right values, but the state that came in is changed in place

    Write `S = S + ...`, not `S += ...`.
    """
    held = (S.clone() @ k[..., None])[..., 0]
    S += (beta * (v - held))[..., :, None] * k[..., None, :]
    return (S.clone() @ q[..., None])[..., 0], S


# ------------------------------------------------------------------ zoo-row


def row_by_softplus(q, v, a):
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": -torch.nn.functional.softplus(-a)}


def row_scaled(q, v, a):
    return dict(q=2 * q, k=torch.sigmoid(-a), v=v / 2, gk=F.logsigmoid(a))


def row_log_of_sigmoid(q, v, a):
    """the row with log(sigmoid(a)): where a gate is all but shut it is minus infinity, and the gradient is nan

    Use `F.logsigmoid(a)`, which is exact at any a.
    """
    return {"q": q, "k": 1 - a.sigmoid(), "v": v, "gk": a.sigmoid().log()}


def row_without_log(q, v, a):
    """the row with the gate itself for gk

    gk is the logarithm of the decay: `F.logsigmoid(a)`.
    """
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": a.sigmoid()}


def row_key_is_gate(q, v, a):
    """the row whose key is the gate, in place of what the gate leaves

    The key is 1 - alpha: what is forgotten is what can be written.
    """
    return {"q": q, "k": a.sigmoid(), "v": v, "gk": F.logsigmoid(a)}


def row_swapped(q, v, a):
    """the row with alpha and 1 - alpha exchanged

    alpha = sigmoid(a) keeps the state; 1 - alpha = sigmoid(-a) is the key.
    """
    return {"q": q, "k": a.sigmoid(), "v": v, "gk": F.logsigmoid(-a)}


def row_without_decay(q, v, a):
    """the row without a decay

    The state is multiplied by alpha at every token: gk is its logarithm.
    """
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": torch.zeros_like(a)}


def row_divided(q, v, a):
    """the row of GLA: its gate is taken to the power 1/16

    HGRN-2 takes the gate as it is.
    """
    return {"q": q, "k": torch.sigmoid(-a), "v": v, "gk": F.logsigmoid(a) / 16}


# ------------------------------------------------------------------


def causal_reference(phi_q, phi_k, v, S, u):
    z, state = linear.recurrent(phi_q, phi_k, v, linear.State(S, u))
    return z, state.S, state.u


def brackets_reference(phi_q, phi_k, v):
    return linear.brackets(phi_q, phi_k, v)[0]


SAME_AXES = {
    "(..., :, None) -> (:, ..., None)": "both put the new axis last",
    "0 -> -1": "the axis that is dropped has one entry, the first and the last",
}


def retention_reference(q, k, v, g):
    return parallel(Recurrence(q, k, v, gk=g.unsqueeze(-1)))[0]


def chunks_reference(q, k, v, S, chunk):
    o, state = recurrent(Recurrence(q, k, v), State(S))
    return o, state.S


def delta_reference(q, k, v, beta, S):
    token = lambda x: x.unsqueeze(-2)
    o, state = engine_step(Recurrence(token(q), token(k), token(v), beta=token(beta)), State(S))
    return o.squeeze(-2), state.S


def row_reference(q, v, a):
    r = ZOO["hgrn2"](q, v, a)
    return {"q": r.q, "k": r.k, "v": r.v, "gk": r.gk}


PRIVATE = {
    "quadratic-map": Private(
        reference=quadratic_map,
        variants=(map_by_stacking, map_by_outer_product),
        misconceptions=(
            map_without_roots,
            map_without_root_on_products,
            map_without_root_on_coordinates,
            map_with_roots_everywhere,
            map_with_factor_two,
            map_with_constant,
            map_without_linear_part,
            map_with_all_pairs,
        ),
        hidden={"five coordinates": _points(3, 5), "no points at all": _points(0, 2)},
        equivalent={"(i, j) -> (j, i)": "a product does not mind the order of its factors"},
    ),
    "linear-brackets": Private(
        reference=brackets_reference,
        variants=(brackets_by_einsum, brackets_with_a_row_of_ones),
        misconceptions=(
            brackets_all_pairs,
            brackets_without_normaliser,
            brackets_divided_by_length,
            brackets_sum_of_query,
            brackets_sum_of_channels,
            brackets_softmax,
            brackets_causal,
            brackets_softmaxed_features,
        ),
        hidden={
            "a single token": _attention(L=1, d_k=3, d_v=2),
            "one value channel": _attention(L=7, d_k=2, d_v=1),
            "a longer sequence": _attention(3, L=200, d_k=5, d_v=4),
            "a longer sequence, one head": _attention(L=333, d_k=8, d_v=7),
        },
    ),
    "causal-recurrence": Private(
        reference=causal_reference,
        variants=(causal_by_cumulative_sums, causal_by_masked_pairs, causal_in_a_list),
        misconceptions=(
            causal_reads_before_writing,
            causal_without_normaliser,
            causal_forgets_normaliser,
            causal_ignores_memory,
            causal_sees_future,
            causal_overwrites_state,
            causal_changes_state_in_place,
            causal_detached,
        ),
        hidden={
            "a longer sequence": _attention(L=40, d_k=4, d_v=3, memory=1.0),
            "one value channel": _attention(3, L=5, d_k=2, d_v=1, memory=1.0),
        },
        equivalent=SAME_AXES,
    ),
    "decode-step": Private(
        reference=step_reference,
        variants=(step_by_einsum, step_with_where),
        misconceptions=(
            step_without_maps,
            step_without_map_of_query,
            step_without_map_of_key,
            step_raw_key_in_normaliser,
            step_without_plus_one,
            step_reads_before_writing,
            step_without_normaliser,
            step_changes_state_in_place,
        ),
        hidden={"many tokens": _tokens(T=12, d_k=4, d_v=3), "one channel": _tokens(3, T=2, d_k=1, d_v=1)},
        equivalent=SAME_AXES,
    ),
    "decay-parallel": Private(
        reference=retention_reference,
        variants=(retention_by_recurrence, retention_by_segment_sums),
        misconceptions=(
            retention_without_decay,
            retention_sees_future,
            retention_masks_late,
            retention_decays_own_token,
            retention_last_decay_only,
            retention_strict,
            retention_without_exponential,
        ),
        hidden={
            # Short: a sum of log decays near 1000 is rounded by 1e-4 in float32, as much as is allowed.
            "a very strong decay": _decayed(L=8, d_k=4, d_v=3, strongest=60.0),
            "a very strong decay, one channel": _decayed(3, L=8, d_k=1, d_v=1, strongest=40.0),
            "a weak decay": _decayed(L=50, d_k=4, d_v=3, strongest=0.01),
            "a single token": _decayed(L=1, d_k=3, d_v=2),
        },
        equivalent={"(..., :, None) -> (:, ..., None)": "both put the new axis last"},
    ),
    "chunkwise": Private(
        reference=chunks_reference,
        variants=(chunks_by_slicing, chunks_all_at_once),
        misconceptions=(
            chunks_all_pairs,
            chunks_without_carry,
            chunks_without_mask,
            chunks_written_first,
            chunks_only_state,
            chunks_strict,
            chunks_drop_rest,
        ),
        hidden={
            "a longer sequence": _chunked(3, L=200, d_k=3, d_v=4, chunk=16),
            "chunks of one token": _chunked(L=9, d_k=3, d_v=2, chunk=1),
            "one channel": _chunked(L=61, d_k=1, d_v=1, chunk=7),
        },
    ),
    "delta-step": Private(
        reference=delta_reference,
        variants=(delta_by_einsum, delta_by_erasing),
        misconceptions=(
            delta_adds,
            delta_without_beta,
            delta_beta_on_value_only,
            delta_reads_with_query,
            delta_reads_before_writing,
            delta_wrong_sign,
            delta_changes_state_in_place,
        ),
        hidden={"many tokens": _deltas(T=12, d_k=4, d_v=3), "one channel": _deltas(3, T=2, d_k=1, d_v=1)},
        equivalent=SAME_AXES,
    ),
    "zoo-row": Private(
        reference=row_reference,
        variants=(row_by_softplus, row_scaled),
        misconceptions=(
            row_log_of_sigmoid,
            row_without_log,
            row_key_is_gate,
            row_swapped,
            row_without_decay,
            row_divided,
        ),
        hidden={
            "a longer sequence": _gated(L=40, d_k=4, d_v=3),
            "one channel": _gated(3, L=5, d_k=1, d_v=1),
            "gates shut for ever": _gated(L=6, d_k=2, d_v=2, logit=400.0),
        },
    ),
}
