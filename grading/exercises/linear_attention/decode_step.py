"""The private half of decode-step."""

import torch
import torch.nn.functional as F
from llmcourse.checks.labs.linear_attention.decode_step import tokens
from llmcourse.recurrence import linear
from llmcourse.recurrence.feature_maps import elu_plus_one

from grading.exercises import misconception, reference, stages, variant

CASES = {"many tokens": tokens(T=12, d_k=4, d_v=3), "one channel of values": tokens(3, T=2, d_k=2, d_v=1)}


@reference
def decode_step(q, k, v, S, u):
    """The library's step adds an epsilon to the normaliser, which this has not: where the true gradient is zero, that
    epsilon is all that is left of it, and no student is to be measured by it."""
    q = elu_plus_one(q)
    _, state = linear.step(q, elu_plus_one(k), v, linear.State(S, u))
    return (state.S @ q[..., None])[..., 0] / (state.u * q).sum(-1, keepdim=True), state.S, state.u


@variant
def by_einsum(q, k, v, S, u):
    q, k = torch.nn.functional.elu(q) + 1, torch.nn.functional.elu(k) + 1
    S = S + torch.einsum("...v,...k->...vk", v, k)
    u = u + k
    return torch.einsum("...vk,...k->...v", S, q) / torch.einsum("...k,...k->...", u, q)[..., None], S, u


@variant
def with_where(q, k, v, S, u):
    phi = lambda x: torch.where(x > 0, x + 1, x.clamp(max=0).exp())
    S, u = S + v.unsqueeze(-1) @ phi(k).unsqueeze(-2), u + phi(k)
    z = (phi(q).unsqueeze(-2) @ S.mT).squeeze(-2)
    return z / ((phi(q) * u).sum(-1, keepdim=True) + 1e-6), S, u


@stages
def on_the_way(q, k, v, S, u):
    k, q = F.elu(k) + 1, F.elu(q) + 1
    S, u = S + v[..., :, None] * k[..., None, :], u + k
    return {
        "the features of the key": k,
        "S after this token is written": S,
        "u after this token is counted": u,
        "what the query reads from S": (S @ q[..., None])[..., 0],
    }


@misconception(
    says="the step without any feature map",
    hint="q and k come raw here: put both through `F.elu(x) + 1`.",
)
def without_maps(q, k, v, S, u):
    S, u = S + v[..., :, None] * k[..., None, :], u + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u


@misconception(
    says="the step with a feature map on the key but none on the query",
    hint="The query goes through `F.elu(q) + 1` too.",
)
def without_map_of_query(q, k, v, S, u):
    k = F.elu(k) + 1
    S, u = S + v[..., :, None] * k[..., None, :], u + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u


@misconception(
    says="the step with a feature map on the query but none on the key",
    hint="The key goes through `F.elu(k) + 1` too, in S and in u.",
)
def without_map_of_key(q, k, v, S, u):
    q = F.elu(q) + 1
    S, u = S + v[..., :, None] * k[..., None, :], u + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u


@misconception(
    says="the step that counts the raw key in u",
    hint="u sums the same features that S holds: `u = u + phi_k`.",
)
def raw_key_in_normaliser(q, k, v, S, u):
    phi_q, phi_k = F.elu(q) + 1, F.elu(k) + 1
    S, u = S + v[..., :, None] * phi_k[..., None, :], u + k
    return (S @ phi_q[..., None])[..., 0] / (u * phi_q).sum(-1, keepdim=True), S, u


@misconception(
    says="the step with elu in place of elu + 1",
    hint="Features have to be positive, or the weights are no weights: `F.elu(x) + 1`.",
)
def without_plus_one(q, k, v, S, u):
    q, k = F.elu(q), F.elu(k)
    S, u = S + v[..., :, None] * k[..., None, :], u + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u


@misconception(
    says="the step that reads the memory before it writes: the token does not see itself",
    hint="Update S and u first, read afterwards.",
)
def reads_before_writing(q, k, v, S, u):
    q, k = F.elu(q) + 1, F.elu(k) + 1
    z = (S @ q[..., None])[..., 0] / ((u * q).sum(-1, keepdim=True) + 1e-6)
    return z, S + v[..., :, None] * k[..., None, :], u + k


@misconception(
    says="the step without the normaliser",
    hint="Divide what the query reads from S by what it reads from u.",
)
def without_normaliser(q, k, v, S, u):
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S, u = S + v[..., :, None] * k[..., None, :], u + k
    return (S @ q[..., None])[..., 0], S, u


@misconception(
    says="the right values, but the state that came in is changed in place",
    hint="Write `S = S + ...`, not `S += ...`: with the old state you can try another next token.",
)
def changes_state_in_place(q, k, v, S, u):
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S += v[..., :, None] * k[..., None, :]
    u += k
    return (S.clone() @ q[..., None])[..., 0] / (u.clone() * q).sum(-1, keepdim=True), S, u


@misconception(
    says="the step with the feature map on the value as well",
    hint="Only q and k are mapped; v is what is stored.",
)
def value_mapped(q, k, v, S, u):
    q, k, v = F.elu(q) + 1, F.elu(k) + 1, F.elu(v) + 1
    S, u = S + v[..., :, None] * k[..., None, :], u + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u


@misconception(
    says="the right values, but the state that comes in is detached: nothing trains the tokens of the past",
    hint="Leave out `.detach()`: the gradient has to flow through the state.",
)
def detached(q, k, v, S, u):
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S, u = S.detach() + v[..., :, None] * k[..., None, :], u.detach() + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u


@misconception(
    says="the step that reads before it writes: with an empty memory, the first token is 0 / 0",
    hint="Update S and u first, read afterwards: then a token sees itself, and the normaliser is never zero.",
)
def reads_before_anything(q, k, v, S, u):
    q, k = F.elu(q) + 1, F.elu(k) + 1
    z = (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True)
    return z, S + v[..., :, None] * k[..., None, :], u + k


@misconception(
    says="the step that counts the query in u",
    hint="u sums the features of the keys: `u = u + phi_k`.",
)
def query_counted(q, k, v, S, u):
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S, u = S + v[..., :, None] * k[..., None, :], u + q
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u


@misconception(
    says="the step that reads S after the write, and u before it",
    hint="The token counts in the normaliser as well: `u = u + phi_k` comes before the division.",
)
def old_u_read(q, k, v, S, u):
    q, k = F.elu(q) + 1, F.elu(k) + 1
    S = S + v[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u + k


@misconception(
    says="the right z of each call, with the S and u that came in returned as they were",
    hint="Return the new S and the new u: the next token is read with them.",
)
def returns_the_old_state(q, k, v, S, u):
    q, k = F.elu(q) + 1, F.elu(k) + 1
    new_S, new_u = S + v[..., :, None] * k[..., None, :], u + k
    return (new_S @ q[..., None])[..., 0] / (new_u * q).sum(-1, keepdim=True), S, u


@misconception(
    says="the step with relu + 1 for the feature map",
    hint="Below zero elu is `exp(x) - 1`, and not 0: `F.elu(x) + 1`.",
)
def relu_plus_one(q, k, v, S, u):
    q, k = F.relu(q) + 1, F.relu(k) + 1
    S, u = S + v[..., :, None] * k[..., None, :], u + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u


@misconception(
    says="the step with elu(x + 1) for the feature map",
    hint="The one is added to elu, and not to x: `F.elu(x) + 1`.",
)
def one_inside(q, k, v, S, u):
    q, k = F.elu(q + 1), F.elu(k + 1)
    S, u = S + v[..., :, None] * k[..., None, :], u + k
    return (S @ q[..., None])[..., 0] / (u * q).sum(-1, keepdim=True), S, u


EQUIVALENT = {
    "(..., :, None) -> (:, ..., None)": "both put the new axis last",
    "0 -> -1": "the axis that is dropped has one entry, the first and the last",
}
