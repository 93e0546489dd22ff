"""The private half of delta-step."""

import torch
from llmcourse.checks.labs.linear_attention.delta_step import overwriting
from llmcourse.recurrence import Recurrence, State, step

from grading.exercises import library_call, misconception, reference, stages, variant

CASES = {"many tokens": overwriting(T=12, d_k=4, d_v=3), "one channel": overwriting(3, T=2, d_k=1, d_v=1)}


@reference
def delta_step(q, k, v, beta, S):
    token = lambda x: x.unsqueeze(-2)
    o, state = step(Recurrence(token(q), token(k), token(v), beta=token(beta)), State(S))
    return o.squeeze(-2), state.S


@variant
def by_einsum(q, k, v, beta, S):
    error = v - torch.einsum("...vk,...k->...v", S, k)
    S = S + torch.einsum("...v,...k->...vk", beta * error, k)
    return torch.einsum("...vk,...k->...v", S, q), S


@variant
def by_erasing(q, k, v, beta, S):
    eye = torch.eye(k.shape[-1], dtype=k.dtype, device=k.device)
    keep = eye - beta.unsqueeze(-1) * k.unsqueeze(-1) * k.unsqueeze(-2)
    S = S @ keep + (beta * v).unsqueeze(-1) * k.unsqueeze(-2)
    return (S @ q.unsqueeze(-1)).squeeze(-1), S


@library_call
def of_qwen3_next(q, k, v, beta, S):
    from transformers.models.qwen3_next.modeling_qwen3_next import torch_recurrent_gated_delta_rule

    flat = lambda x: x.reshape(-1, 1, 1, x.shape[-1])  # batch, length, head, channels
    strength = flat(beta)[..., 0]
    given = [flat(q) * q.shape[-1] ** 0.5, flat(k), flat(v), torch.zeros_like(strength), strength]
    state = S.mT.reshape(-1, 1, S.shape[-1], S.shape[-2])
    o, state = torch_recurrent_gated_delta_rule(*given, initial_state=state, output_final_state=True)
    return o.reshape(v.shape), state.reshape(S.mT.shape).mT


@stages
def on_the_way(q, k, v, beta, S):
    old = (S @ k[..., None])[..., 0]
    return {"what S holds under the key": old, "the error v - S k": v - old}


@misconception(
    says="linear attention with a strength: what was at this key is not erased",
    hint="Write the error `v - S k` in place of v.",
)
def adds(q, k, v, beta, S):
    S = S + (beta * v)[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


@misconception(
    says="the delta rule with beta = 1",
    hint="Multiply the error by beta before it is written.",
)
def without_beta(q, k, v, beta, S):
    held = (S @ k[..., None])[..., 0]
    S = S + (v - held)[..., :, None] * k[..., None, :] + 0 * beta[..., None]
    return (S @ q[..., None])[..., 0], S


@misconception(
    says="the delta rule that erases in full and writes beta times",
    hint="The same beta stands before both: `beta * (v - S k)`.",
)
def beta_on_value_only(q, k, v, beta, S):
    held = (S @ k[..., None])[..., 0]
    S = S + (beta * v - held)[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


@misconception(
    says="the delta rule that looks up the old value with the query",
    hint="The old value stands at the key: `S k`. The query only reads, at the end.",
)
def reads_with_query(q, k, v, beta, S):
    held = (S @ q[..., None])[..., 0]
    S = S + (beta * (v - held))[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


@misconception(
    says="the delta rule that reads before it writes",
    hint="Update S first, read with q afterwards.",
)
def reads_before_writing(q, k, v, beta, S):
    held = (S @ k[..., None])[..., 0]
    return (S @ q[..., None])[..., 0], S + (beta * (v - held))[..., :, None] * k[..., None, :]


@misconception(
    says="the delta rule with the old value added in place of taken away",
    hint="The error is `v - S k`.",
)
def wrong_sign(q, k, v, beta, S):
    held = (S @ k[..., None])[..., 0]
    S = S + (beta * (v + held))[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


@misconception(
    says="the right values, but the state that came in is changed in place",
    hint="Write `S = S + ...`, not `S += ...`.",
)
def changes_state_in_place(q, k, v, beta, S):
    held = (S.clone() @ k[..., None])[..., 0]
    S += (beta * (v - held))[..., :, None] * k[..., None, :]
    return (S.clone() @ q[..., None])[..., 0], S


@misconception(
    says="the right values, but no gradient flows through what was held",
    hint="Leave out `.detach()`: what is erased depends on S and k, too.",
)
def held_detached(q, k, v, beta, S):
    held = (S.detach() @ k[..., None])[..., 0]
    S = S + (beta * (v - held))[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


@misconception(
    says="the right values, but what was held is computed without a gradient, as if it were a target",
    hint="Leave out `torch.no_grad()` and `.detach()`: what is erased depends on S and k, too.",
)
def held_without_gradient(q, k, v, beta, S):
    with torch.no_grad():
        held = (S @ k[..., None])[..., 0]
    S = S + (beta * (v - held))[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


@misconception(
    says="a memory that fades as a whole: (1 - beta) S + beta v k^T",
    hint="Only what stands at this key is erased, S k, and the rest of S stays.",
)
def fades_all(q, k, v, beta, S):
    S = (1 - beta)[..., None] * S + (beta * v)[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


@misconception(
    says="the delta rule that erases beta times and writes in full",
    hint="The same beta stands before both: `beta * (v - S k)`.",
)
def beta_on_held_only(q, k, v, beta, S):
    held = (S @ k[..., None])[..., 0]
    S = S + (v - beta * held)[..., :, None] * k[..., None, :]
    return (S @ q[..., None])[..., 0], S


EQUIVALENT = {
    "(..., :, None) -> (:, ..., None)": "both put the new axis last",
    "0 -> -1": "the axis that is dropped has one entry, the first and the last",
}
