"""The private half of gau-layer."""

import torch
import torch.nn.functional as F
from llmcourse.attention.gau import squared_relu
from llmcourse.checks.labs.compressed_attention.gau_layer import unit

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "a long text": unit(L=40, d=3, e=4, s=3),
    "one more axis": unit(3, L=6, d=4, e=2, s=3),
    "one head channel": unit(2, L=7, d=3, e=3, s=1),
}


@reference
def gau_layer(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = (F.silu(x @ W) for W in (W_u, W_v, W_z))
    q, k = (z.unsqueeze(-2) * scale + offset).unbind(-2)
    return (u * squared_relu(q, k, v, causal=True)) @ W_o


@variant
def in_one_product(x, W_u, W_v, W_z, scale, offset, W_o):
    e = W_u.shape[-1]
    u, v, z = F.silu(x @ torch.cat([W_u, W_v, W_z], dim=-1)).split([e, e, W_z.shape[-1]], dim=-1)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    scores = torch.einsum("...is,...js->...ij", q, k).tril() / x.shape[-2]
    return torch.einsum("...ij,...je->...ie", scores.clamp(min=0) ** 2, v).mul(u) @ W_o


@variant
def token_by_token(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = torch.addcmul(offset[0], z, scale[0]), torch.addcmul(offset[1], z, scale[1])
    rows = []
    for i in range(x.shape[-2]):
        weights = F.relu((q[..., i : i + 1, :] * k[..., : i + 1, :]).sum(-1) / x.shape[-2]) ** 2
        rows.append((weights[..., None] * v[..., : i + 1, :]).sum(-2))
    return (u * torch.stack(rows, dim=-2)) @ W_o


@stages
def on_the_way(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    A = (F.relu(q @ k.mT / x.shape[-2]) ** 2).tril()
    return {
        "the gate u": u, "the values v": v, "the shared z": z, "the queries q": q, "the keys k": k,
        "the weights A": A, "what is read, A v": A @ v, "the gated reading u * (A v)": u * (A @ v),
    }  # fmt: skip


@misconception(
    says="the answer whose ReLU is not squared",
    hint="The weights are `F.relu(...) ** 2`.",
)
def not_squared(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return (u * (F.relu(q @ k.mT / x.shape[-2]).tril() @ v)) @ W_o


@misconception(
    says="the answer that squares without the ReLU: negative scores get weight too",
    hint="First `F.relu`, which sets negative scores to zero, then the square.",
)
def squared_only(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return (u * (((q @ k.mT / x.shape[-2]) ** 2).tril() @ v)) @ W_o


@misconception(
    says="the answer that divides by L after the square",
    hint="Divide the scores by L first: then the weights are divided by its square.",
)
def divided_late(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return (u * ((F.relu(q @ k.mT) ** 2 / x.shape[-2]).tril() @ v)) @ W_o


@misconception(
    says="the answer with scores divided by the root of the channels, as for a softmax",
    hint="Here scores are divided by the length L.",
)
def divided_by_root(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return (u * ((F.relu(q @ k.mT / q.shape[-1] ** 0.5) ** 2).tril() @ v)) @ W_o


@misconception(
    says="the answer without the division by L",
    hint="The scores are divided by L before the ReLU.",
)
def not_divided(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return (u * ((F.relu(q @ k.mT) ** 2).tril() @ v)) @ W_o


@misconception(
    says="the answer with a softmax",
    hint="A gated attention unit has no softmax: its weights are `F.relu(scores) ** 2`, and need not sum to one.",
)
def with_softmax(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    future = torch.ones(x.shape[-2], x.shape[-2], dtype=torch.bool).triu(1)
    return (u * ((q @ k.mT / x.shape[-2]).masked_fill(future, -torch.inf).softmax(-1) @ v)) @ W_o


@misconception(
    says="the answer without the causal mask",
    hint="A query sees itself and the past: `.tril()` on the weights.",
)
def sees_future(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return (u * ((F.relu(q @ k.mT / x.shape[-2]) ** 2) @ v)) @ W_o


@misconception(
    says="the answer in which a token reads the past, and not itself",
    hint="A token reads itself too: `.tril()` keeps the diagonal.",
)
def reads_past_alone(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return (u * ((F.relu(q @ k.mT / x.shape[-2]) ** 2).tril(-1) @ v)) @ W_o


@misconception(
    says="the answer without the gate",
    hint="What is read is multiplied by u, entry by entry, before W_o.",
)
def without_gate(x, W_u, W_v, W_z, scale, offset, W_o):
    v, z = F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return (F.relu(q @ k.mT / x.shape[-2]) ** 2).tril() @ v @ W_o


@misconception(
    says="the answer that gates the values before they are read",
    hint="Each query gates what it has read: `u * (A @ v)`, not `A @ (u * v)`.",
)
def gated_early(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return (F.relu(q @ k.mT / x.shape[-2]) ** 2).tril() @ (u * v) @ W_o


@misconception(
    says="the answer without silu after the projections",
    hint="u, v and z are each `F.silu(x @ W)`.",
)
def without_silu(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = x @ W_u, x @ W_v, x @ W_z
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return (u * ((F.relu(q @ k.mT / x.shape[-2]) ** 2).tril() @ v)) @ W_o


@misconception(
    says="the answer whose z has no silu",
    hint="All three projections have a silu, z too: `F.silu(x @ W_z)`.",
)
def z_without_silu(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), x @ W_z
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return (u * ((F.relu(q @ k.mT / x.shape[-2]) ** 2).tril() @ v)) @ W_o


@misconception(
    says="the answer with a sigmoid on the gate",
    hint="This unit gates with silu, as the values: `F.silu(x @ W_u)`.",
)
def sigmoid_gate(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = (x @ W_u).sigmoid(), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return (u * ((F.relu(q @ k.mT / x.shape[-2]) ** 2).tril() @ v)) @ W_o


@misconception(
    says="the answer without the offsets",
    hint="Queries and keys are scaled and moved: `z * scale[0] + offset[0]`.",
)
def without_offset(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0], z * scale[1]
    return (u * ((F.relu(q @ k.mT / x.shape[-2]) ** 2).tril() @ v)) @ W_o


@misconception(
    says="the answer with the same scale and offset for queries and keys",
    hint="Row 0 of scale and offset makes the queries, row 1 the keys.",
)
def one_disguise(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q = z * scale[0] + offset[0]
    return (u * ((F.relu(q @ q.mT / x.shape[-2]) ** 2).tril() @ v)) @ W_o


@misconception(
    says="the answer with queries and keys exchanged",
    hint="Row 0 of scale and offset makes the queries, row 1 the keys.",
)
def exchanged(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    k, q = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return (u * ((F.relu(q @ k.mT / x.shape[-2]) ** 2).tril() @ v)) @ W_o


@misconception(
    says="the answer with gate and values exchanged",
    hint="W_u makes the gate, W_v what is read.",
)
def gate_is_read(x, W_u, W_v, W_z, scale, offset, W_o):
    v, u, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    return (u * ((F.relu(q @ k.mT / x.shape[-2]) ** 2).tril() @ v)) @ W_o


@misconception(
    says="the answer whose weights sum to one",
    hint="No normaliser: the weights stay as `F.relu(...) ** 2` gives them, and a query may read nothing at all.",
)
def normalised(x, W_u, W_v, W_z, scale, offset, W_o):
    u, v, z = F.silu(x @ W_u), F.silu(x @ W_v), F.silu(x @ W_z)
    q, k = z * scale[0] + offset[0], z * scale[1] + offset[1]
    A = (F.relu(q @ k.mT / x.shape[-2]) ** 2).tril()
    return (u * (A / (A.sum(-1, keepdim=True) + 1e-6) @ v)) @ W_o
