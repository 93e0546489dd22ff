"""Lab 08, linear attention: the public half of its exercises.

phi_q, phi_k  (..., L, d_k)    queries and keys after the feature map, positive
v             (..., L, d_v)    values
S             (..., d_v, d_k)  state: the sum of v phi(k)^T
u             (..., d_k)       normaliser: the sum of phi(k)
"""

import torch
import torch.nn.functional as F

from .exercise import Exercise, Lab
from .probes import LONG, LargestTensor


def _points(*shape):
    def make(generator):
        draw = lambda n: torch.randn(*shape[:-2], n, shape[-1], generator=generator)
        return {"x": draw(shape[-2]), "y": draw(shape[-2] + 1)}

    return make


def _probe_quadratic(answer, inputs):
    phi_x, phi_y = answer(inputs["x"]), answer(inputs["y"])
    # The kernel and not the features: their order and signs are free.
    return {"number of features": torch.tensor(phi_x.shape[-1]), "phi(x) phi(y)^T": phi_x @ phi_y.mT}


def _attention(*lead, L, d_k, d_v, memory=None):
    """Inputs of causal attention; `memory` is 0 for an empty state, 1 for one that holds something."""

    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator)
        features = lambda *shape: F.elu(draw(*shape)) + 1
        inputs = {"phi_q": features(L, d_k), "phi_k": features(L, d_k), "v": draw(L, d_v)}
        if memory is not None:
            inputs |= {"S": memory * draw(d_v, d_k), "u": memory * features(d_k)}
        return inputs

    return make


def _probe_brackets(answer, inputs):
    length = inputs["phi_q"].shape[-2]
    with LargestTensor() as largest:
        z = answer(inputs["phi_q"], inputs["phi_k"], inputs["v"])
    outputs = {"z": z}
    if length >= LONG:
        outputs["an L x L matrix is made"] = torch.tensor(largest.entries >= length * length)
    return outputs


def _probe_causal(answer, inputs):
    z, S, u = answer(inputs["phi_q"], inputs["phi_k"], inputs["v"], inputs["S"], inputs["u"])
    return {"z": z, "S": S, "u": u}


def _tokens(*lead, T, d_k, d_v, memory=1.0):
    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator)
        state = {"S": memory * draw(d_v, d_k), "u": memory * (F.elu(draw(d_k)) + 1)}
        return {"q": draw(T, d_k), "k": draw(T, d_k), "v": draw(T, d_v), **state}

    return make


def _decayed(*lead, L, d_k, d_v, strongest=1.0):
    """Inputs of attention with a decay: log decays between 0 and -strongest."""

    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator)
        g = -strongest * torch.rand(*lead, L, generator=generator)
        return {"q": draw(L, d_k), "k": draw(L, d_k), "v": draw(L, d_v), "g": g}

    return make


def _probe_retention(answer, inputs):
    return {"o": answer(inputs["q"], inputs["k"], inputs["v"], inputs["g"])}


def _chunked(*lead, L, d_k, d_v, chunk, memory=1.0):
    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator)
        state = memory * draw(d_v, d_k)
        return {"q": draw(L, d_k), "k": draw(L, d_k), "v": draw(L, d_v), "S": state, "chunk": torch.tensor(chunk)}

    return make


def _probe_chunks(answer, inputs):
    length = inputs["q"].shape[-2]
    with LargestTensor() as largest:
        o, S = answer(inputs["q"], inputs["k"], inputs["v"], inputs["S"], int(inputs["chunk"]))
    outputs = {"o": o, "S": S}
    if length >= LONG:
        outputs["an L x L matrix is made"] = torch.tensor(largest.entries >= length * length)
    return outputs


def _deltas(*lead, T, d_k, d_v, memory=1.0):
    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator)
        beta = torch.rand(*lead, T, 1, generator=generator)
        k = F.normalize(draw(T, d_k), dim=-1)
        return {"q": draw(T, d_k), "k": k, "v": draw(T, d_v), "beta": beta, "S": memory * draw(d_v, d_k)}

    return make


def _probe_delta(answer, inputs):
    S, read = inputs["S"], []
    for q, k, v, beta in zip(*(inputs[name].unbind(-2) for name in ("q", "k", "v", "beta"))):
        o, S = answer(q, k, v, beta, S)
        read.append(o)
    return {"o": torch.stack(read, -2), "S": S}


def _gated(*lead, L, d_k, d_v, logit=1.0):
    def make(generator):
        draw = lambda *shape: torch.randn(*lead, *shape, generator=generator)
        return {"q": draw(L, d_k), "v": draw(L, d_v), "a": logit * draw(L, d_k)}

    return make


def _probe_row(answer, inputs):
    """Run the row that the fields describe: the plainest loop over S_t = S_{t-1} diag(e^gk) + v k^T, o_t = S_t q_t."""
    fields = answer(inputs["q"], inputs["v"], inputs["a"])
    missing = [name for name in ("q", "k", "v", "gk") if name not in fields]
    if missing:
        raise KeyError(f"the field {missing[0]} is missing: return dict(q=..., k=..., v=..., gk=...)")
    S, o = 0.0, []
    for q, k, v, gk in zip(*(fields[name].unbind(-2) for name in ("q", "k", "v", "gk"))):
        S = S * gk.exp().unsqueeze(-2) + v.unsqueeze(-1) * k.unsqueeze(-2)
        o.append((S * q.unsqueeze(-2)).sum(-1))
    return {"o": torch.stack(o, -2)}  # not S: its scale is the answer's own


def _probe_step(answer, inputs):
    S, u, read = inputs["S"], inputs["u"], []
    for q, k, v in zip(*(inputs[name].unbind(-2) for name in ("q", "k", "v"))):
        z, S, u = answer(q, k, v, S, u)
        read.append(z)
    return {"z": torch.stack(read, -2), "S": S, "u": u}


LAB = Lab(
    slug="08_linear_attention",
    title="Linear attention",
    open_task=6,
    exercises=(
        Exercise(
            name="quadratic-map",
            title="The quadratic feature map",
            answer="quadratic_map",
            parameters=("x",),
            points=2,
            difficulty=1,
            minutes=5,
            cases={
                "two coordinates, as on the slide": _points(3, 2),
                "three coordinates": _points(3, 3),
                "any leading dimensions": _points(2, 2, 4),
            },
            probe=_probe_quadratic,
            gradients=("x",),
            hints=(
                "Expand `(x.y + 1)^2 - 1` by hand for two coordinates. Which products appear once, which twice?",
                "A product that appears twice in the kernel needs a factor `2 ** 0.5` in the map, since the map "
                "enters the kernel twice.",
                "The products of pairs: `i, j = torch.triu_indices(d, d, offset=1)`, then `x[..., i] * x[..., j]`.",
                "`torch.cat([2**0.5 * x, x**2, 2**0.5 * pairs], dim=-1)`.",
            ),
        ),
        Exercise(
            name="linear-brackets",
            title="Attention with the brackets moved",
            answer="linear_attention",
            parameters=("phi_q", "phi_k", "v"),
            points=3,
            difficulty=2,
            minutes=10,
            cases={
                "a short sequence": _attention(L=5, d_k=3, d_v=2),
                "as many value as key channels": _attention(L=4, d_k=3, d_v=3),
                "batch and heads": _attention(2, 2, L=4, d_k=2, d_v=3),
                "a long sequence, in linear memory": _attention(L=64, d_k=2, d_v=2),
            },
            probe=_probe_brackets,
            gradients=("phi_q", "phi_k", "v"),
            hints=(
                "Write the sum over j for one query, and pull `phi_q` out of it. What is left does not depend on i.",
                "Two sums over the keys remain: S, a matrix of shape (d_v, d_k), and u, a vector of length d_k.",
                "`S = v.mT @ phi_k`, and `u = phi_k.sum(-2)`. Every query reads both.",
                "The numerator is `phi_q @ S.mT`; the denominator is `phi_q @ u`, one number per query, kept as a "
                "column: `(phi_q @ u[..., None])`.",
            ),
        ),
        Exercise(
            name="causal-recurrence",
            title="The causal form is a recurrent network",
            answer="causal_attention",
            parameters=("phi_q", "phi_k", "v", "S", "u"),
            points=4,
            difficulty=3,
            minutes=15,
            cases={
                "from an empty memory": _attention(L=4, d_k=3, d_v=2, memory=0.0),
                "from a memory that holds something": _attention(L=4, d_k=3, d_v=3, memory=1.0),
                "batch and heads": _attention(2, 2, L=3, d_k=2, d_v=3, memory=1.0),
                "a single token": _attention(L=1, d_k=3, d_v=2, memory=1.0),
            },
            probe=_probe_causal,
            gradients=("phi_q", "phi_k", "v", "S", "u"),
            hints=(
                "One step of the loop does three things, in this order: write to S, write to u, read with the query.",
                "The write is an outer product: `v_t[..., :, None] * k_t[..., None, :]` has shape (..., d_v, d_k).",
                "The read is `(S @ q_t[..., None])[..., 0]`, divided by `(u * q_t).sum(-1, keepdim=True)`.",
                "Write `S = S + ...`, never `S += ...`: the caller still needs the old state. Go through time with "
                "`phi_q.unbind(-2)` and put the results together with `torch.stack(..., dim=-2)`.",
            ),
        ),
        Exercise(
            name="decode-step",
            title="One decoding step",
            answer="decode_step",
            parameters=("q", "k", "v", "S", "u"),
            points=3,
            difficulty=2,
            minutes=10,
            cases={
                "the first token": _tokens(T=1, d_k=3, d_v=2, memory=0.0),
                "a later token": _tokens(T=1, d_k=3, d_v=3),
                "three tokens, one after the other": _tokens(T=3, d_k=3, d_v=2),
                "batch and heads": _tokens(2, 2, T=2, d_k=2, d_v=3),
            },
            probe=_probe_step,
            gradients=("q", "k", "v"),
            hints=(
                "It is the body of the loop you have just written. What is new: q and k come raw.",
                "Both q and k go through the feature map, `F.elu(x) + 1`, before anything else.",
                "Write first, read afterwards: the token sees itself.",
            ),
        ),
        Exercise(
            name="decay-parallel",
            title="A memory that fades: the matrix of decays",
            answer="retention",
            parameters=("q", "k", "v", "g"),
            points=3,
            difficulty=3,
            minutes=15,
            cases={
                "a short sequence": _decayed(L=5, d_k=3, d_v=2),
                "as many value as key channels": _decayed(L=4, d_k=3, d_v=3),
                "batch and heads": _decayed(2, 2, L=4, d_k=2, d_v=3),
                "a strong decay": _decayed(L=12, d_k=2, d_v=2, strongest=60.0),
            },
            probe=_probe_retention,
            tolerance=1e-3,  # a difference of two float32 sums of a few hundred is off by 1e-4 in the right answer too
            gradients=("q", "k", "v", "g"),
            hints=(
                "Follow one write: v_s k_s^T is multiplied by the decays of tokens s+1 to t before token t reads it.",
                "The logarithm of that product is `G_t - G_s`, where `G = g.cumsum(-1)`.",
                "The matrix of `G_t - G_s` is `G[..., :, None] - G[..., None, :]`. Above the diagonal it is "
                "positive, and its exponential may overflow: mask it with `-inf` before the exponential, not after.",
                "`future = torch.ones(L, L, dtype=torch.bool).triu(1)`, then "
                "`D = difference.masked_fill(future, -torch.inf).exp()`, then `((q @ k.mT) * D) @ v`.",
            ),
        ),
        Exercise(
            name="chunkwise",
            title="Chunks: matrix products inside, a recurrence between",
            answer="chunked_attention",
            parameters=("q", "k", "v", "S", "chunk"),
            points=4,
            difficulty=4,
            minutes=20,
            cases={
                "whole chunks, from an empty memory": _chunked(L=6, d_k=3, d_v=2, chunk=3, memory=0.0),
                "the last chunk is shorter": _chunked(L=7, d_k=3, d_v=3, chunk=3),
                "batch and heads": _chunked(2, 2, L=4, d_k=2, d_v=3, chunk=2),
                "a chunk longer than the sequence": _chunked(L=3, d_k=2, d_v=2, chunk=8),
                "a long sequence, in linear memory": _chunked(L=64, d_k=2, d_v=2, chunk=8),
            },
            probe=_probe_chunks,
            gradients=("q", "k", "v", "S"),
            hints=(
                "Cut q, k and v into pieces of `chunk` tokens with `q.split(chunk, dim=-2)`; the last may be short.",
                "What a chunk reads has two parts: its own past, `(q @ k.mT).tril() @ v`, and everything before "
                "the chunk, which is in S.",
                "Everything before it is read with `q @ S.mT`, with the S from before the chunk.",
                "After reading, the whole chunk is written at once: `S = S + v.mT @ k`.",
            ),
        ),
        Exercise(
            name="delta-step",
            title="The delta rule: overwrite, do not pile up",
            answer="delta_step",
            parameters=("q", "k", "v", "beta", "S"),
            points=3,
            difficulty=2,
            minutes=10,
            cases={
                "into an empty memory": _deltas(T=1, d_k=3, d_v=2, memory=0.0),
                "into a memory that holds something": _deltas(T=1, d_k=3, d_v=3),
                "three tokens, one after the other": _deltas(T=3, d_k=3, d_v=2),
                "batch and heads": _deltas(2, 2, T=2, d_k=2, d_v=3),
            },
            probe=_probe_delta,
            gradients=("q", "k", "v", "beta", "S"),
            hints=(
                "What does the memory hold at this key now? Read it with k: `S k`.",
                "The write is the error, `v - S k`, in the direction of the key, `beta` times.",
                "`held = (S @ k[..., None])[..., 0]`, then "
                "`S = S + (beta * (v - held))[..., :, None] * k[..., None, :]`.",
            ),
        ),
        Exercise(
            name="zoo-row",
            title="A row of the table: HGRN-2",
            answer="hgrn2",
            parameters=("q", "v", "a"),
            points=3,
            difficulty=3,
            minutes=15,
            cases={
                "a short sequence": _gated(L=4, d_k=3, d_v=2),
                "as many value as key channels": _gated(L=4, d_k=3, d_v=3),
                "batch and heads": _gated(2, 2, L=3, d_k=2, d_v=3),
                "gates that are all but shut or open": _gated(L=4, d_k=3, d_v=2, logit=150.0),
            },
            probe=_probe_row,
            gradients=("q", "v", "a"),
            hints=(
                "Compare the recurrence with `S diag(e^gk) + v k^T`: which of its pieces is gk, and which is k?",
                "gk is the logarithm of sigmoid(a). At a = -150 the sigmoid is zero in float32; its logarithm is not.",
                "`F.logsigmoid(a)` is exact at any a. And 1 - sigmoid(a) = sigmoid(-a).",
            ),
        ),
    ),
)
