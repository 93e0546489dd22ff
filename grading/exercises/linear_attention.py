"""Lab 08, linear attention: references, variants and misconceptions.

Every function here stands alone (torch, F and math apart), since sample submissions are made of their source.
"""

import torch
import torch.nn.functional as F
from llmcourse.checks.linear_attention import _attention, _points, _tokens
from llmcourse.recurrence import linear
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
}
