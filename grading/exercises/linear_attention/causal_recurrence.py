"""The private half of causal-recurrence."""

import torch
import torch.nn.functional as F
from llmcourse.checks.labs.linear_attention.cases import attention
from llmcourse.recurrence import linear

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer sequence": attention(L=40, d_k=4, d_v=3, memory=1.0),
    "one value channel": attention(3, L=5, d_k=2, d_v=1, memory=1.0),
}


@reference
def causal_attention(phi_q, phi_k, v, S, u):
    z, state = linear.recurrent(phi_q, phi_k, v, linear.State(S, u))
    return z, state.S, state.u


@variant
def by_cumulative_sums(phi_q, phi_k, v, S, u):
    written = (v[..., :, None] * phi_k[..., None, :]).cumsum(-3) + S[..., None, :, :]
    counted = phi_k.cumsum(-2) + u[..., None, :]
    z = (written * phi_q[..., None, :]).sum(-1) / (counted * phi_q).sum(-1, keepdim=True)
    return z, written[..., -1, :, :], counted[..., -1, :]


@variant
def by_masked_pairs(phi_q, phi_k, v, S, u):
    scores = (phi_q @ phi_k.mT).tril()
    total = scores.sum(-1, keepdim=True) + phi_q @ u[..., None]
    return (scores @ v + phi_q @ S.mT) / total, S + v.mT @ phi_k, u + phi_k.sum(-2)


@variant
def in_a_list(phi_q, phi_k, v, S, u):
    rows = []
    for t in range(v.shape[-2]):
        S = S + torch.einsum("...v,...k->...vk", v[..., t, :], phi_k[..., t, :])
        u = u + phi_k[..., t, :]
        q = phi_q[..., t, :]
        rows.append(torch.einsum("...vk,...k->...v", S, q) / ((u * q).sum(-1, keepdim=True) + 1e-6))
    return torch.stack(rows, dim=-2), S, u


@misconception(
    says="the answer that reads before it writes: a token does not see itself",
    hint="Update S and u first, read afterwards.",
)
def reads_before_writing(phi_q, phi_k, v, S, u):
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        out.append((S @ q_t[..., None])[..., 0] / ((u * q_t).sum(-1, keepdim=True) + 1e-6))
        S, u = S + v_t[..., :, None] * k_t[..., None, :], u + k_t
    return torch.stack(out, -2), S, u


@misconception(
    says="the answer without the normaliser",
    hint="Divide what the query reads from S by what it reads from u.",
)
def without_normaliser(phi_q, phi_k, v, S, u):
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S, u = S + v_t[..., :, None] * k_t[..., None, :], u + k_t
        out.append((S @ q_t[..., None])[..., 0])
    return torch.stack(out, -2), S, u


@misconception(
    says="the answer whose normaliser is the last key alone",
    hint="u is a sum as S is: `u = u + k_t`.",
)
def forgets_normaliser(phi_q, phi_k, v, S, u):
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S, u = S + v_t[..., :, None] * k_t[..., None, :], k_t
        out.append((S @ q_t[..., None])[..., 0] / (u * q_t).sum(-1, keepdim=True))
    return torch.stack(out, -2), S, u


@misconception(
    says="the answer that starts from an empty memory whatever it is given",
    hint="Start the loop from the S and u in the arguments: a long text comes in pieces, and the state carries over.",
)
def ignores_memory(phi_q, phi_k, v, S, u):
    S, u, out = torch.zeros_like(S), torch.zeros_like(u), []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S, u = S + v_t[..., :, None] * k_t[..., None, :], u + k_t
        out.append((S @ q_t[..., None])[..., 0] / (u * q_t).sum(-1, keepdim=True))
    return torch.stack(out, -2), S, u


@misconception(
    says="the answer that sees the future: every token reads the final state",
    hint="Read inside the loop, right after the write of the same token.",
)
def sees_future(phi_q, phi_k, v, S, u):
    S, u = S + v.mT @ phi_k, u + phi_k.sum(-2)
    return phi_q @ S.mT / (phi_q @ u[..., None]), S, u


@misconception(
    says="the answer whose state is the last write alone",
    hint="S is a sum over the past: `S = S + v k^T`.",
)
def overwrites_state(phi_q, phi_k, v, S, u):
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S, u = v_t[..., :, None] * k_t[..., None, :], u + k_t
        out.append((S @ q_t[..., None])[..., 0] / (u * q_t).sum(-1, keepdim=True))
    return torch.stack(out, -2), S, u


@misconception(
    says="the right values, but the state that the caller passed in is changed in place",
    hint=(
        "The caller may still need it, for another continuation of the same text. Write `S = S + ...`, not `S += ...`."
    ),
)
def changes_state_in_place(phi_q, phi_k, v, S, u):
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S += v_t[..., :, None] * k_t[..., None, :]
        u += k_t
        out.append((S.clone() @ q_t[..., None])[..., 0] / (u.clone() * q_t).sum(-1, keepdim=True))
    return torch.stack(out, -2), S, u


@misconception(
    says="the right values, but the state is detached at every step: nothing trains the keys and values of the past",
    hint="Leave out `.detach()` and `torch.no_grad()`: the gradient has to flow through the state.",
)
def detached(phi_q, phi_k, v, S, u):
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S, u = (S + v_t[..., :, None] * k_t[..., None, :]).detach(), (u + k_t).detach()
        out.append((S @ q_t[..., None])[..., 0] / (u * q_t).sum(-1, keepdim=True))
    return torch.stack(out, -2), S, u


@misconception(
    says="the answer that reads S before the token writes to it, and u after",
    hint="Both are updated before they are read: write to S, write to u, read.",
)
def reads_S_early(phi_q, phi_k, v, S, u):
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        u = u + k_t
        out.append((S @ q_t[..., None])[..., 0] / (u * q_t).sum(-1, keepdim=True))
        S = S + v_t[..., :, None] * k_t[..., None, :]
    return torch.stack(out, -2), S, u


@misconception(
    says="the answer divided by the sum of u, without the query",
    hint="The query weighs the entries of u: `(u * q_t).sum(-1, keepdim=True)`.",
)
def sum_of_u(phi_q, phi_k, v, S, u):
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S, u = S + v_t[..., :, None] * k_t[..., None, :], u + k_t
        out.append((S @ q_t[..., None])[..., 0] / u.sum(-1, keepdim=True))
    return torch.stack(out, -2), S, u


@misconception(
    says="the answer divided by the number of tokens so far",
    hint="The weights of the past have to sum to one: divide by what the query reads from u.",
)
def divided_by_count(phi_q, phi_k, v, S, u):
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S, u = S + v_t[..., :, None] * k_t[..., None, :], u + k_t
        out.append((S @ q_t[..., None])[..., 0] / (len(out) + 1))
    return torch.stack(out, -2), S, u


@misconception(
    says="the answer with the feature map applied once more",
    hint="`phi_q` and `phi_k` come mapped already: use them as they are.",
)
def mapped_again(phi_q, phi_k, v, S, u):
    phi_q, phi_k = F.elu(phi_q) + 1, F.elu(phi_k) + 1
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        S, u = S + v_t[..., :, None] * k_t[..., None, :], u + k_t
        out.append((S @ q_t[..., None])[..., 0] / (u * q_t).sum(-1, keepdim=True))
    return torch.stack(out, -2), S, u


@misconception(
    says="the answer that reads only the tokens it is given, divided by a normaliser that counts what came before",
    hint="What S holds at the beginning is read too: the numerator has `phi_q @ S.mT` in it.",
)
def state_not_read(phi_q, phi_k, v, S, u):
    scores = (phi_q @ phi_k.mT).tril()
    total = scores.sum(-1, keepdim=True) + phi_q @ u[..., None]
    return scores @ v / total, S + v.mT @ phi_k, u + phi_k.sum(-2)


@misconception(
    says="the answer that reads before it writes: with an empty memory, the first token is 0 / 0",
    hint="Update S and u first, read afterwards: then a token sees itself, and the normaliser is never zero.",
)
def reads_before_anything(phi_q, phi_k, v, S, u):
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        out.append((S @ q_t[..., None])[..., 0] / (u * q_t).sum(-1, keepdim=True))
        S, u = S + v_t[..., :, None] * k_t[..., None, :], u + k_t
    return torch.stack(out, -2), S, u


@misconception(
    says="the right S and u, read with a normaliser that forgets the u it was given",
    hint="The keys before count as well: the normaliser sums `u` and the keys so far.",
)
def given_u_not_read(phi_q, phi_k, v, S, u):
    written = (v[..., :, None] * phi_k[..., None, :]).cumsum(-3) + S[..., None, :, :]
    counted = phi_k.cumsum(-2)
    z = (written * phi_q[..., None, :]).sum(-1) / (counted * phi_q).sum(-1, keepdim=True)
    return z, written[..., -1, :, :], counted[..., -1, :] + u


@misconception(
    says="the answer whose S is divided by the normaliser, and goes on divided",
    hint="Only what is read is divided; S itself stays a sum: `S = S + v k^T`.",
)
def divides_the_state(phi_q, phi_k, v, S, u):
    out = []
    for q_t, k_t, v_t in zip(phi_q.unbind(-2), phi_k.unbind(-2), v.unbind(-2)):
        u = u + k_t
        S = (S + v_t[..., :, None] * k_t[..., None, :]) / (u * q_t).sum(-1)[..., None, None]
        out.append((S @ q_t[..., None])[..., 0])
    return torch.stack(out, -2), S, u


EQUIVALENT = {
    "(..., :, None) -> (:, ..., None)": "both put the new axis last",
    "0 -> -1": "the axis that is dropped has one entry, the first and the last",
}
