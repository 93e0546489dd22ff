"""Lab 10, Mamba: the public half of its exercises.

x, dt  (..., L, D)  inputs and steps, dt > 0      A  (D, N)  decay rates, negative
B, C   (..., L, N)  how to write and how to read  h  (..., D, N)  state
a, b   (..., D, N)  what a stretch of time keeps of a state, and what it adds
"""

import torch
import torch.nn.functional as F

from .exercise import Exercise, Lab
from .probes import LONG, LargestTensor


def _selective(*lead, L, D, N, dt=0.0, **more):
    def make(generator):
        randn = lambda *shape: torch.randn(*shape, generator=generator)
        inputs = {"x": randn(*lead, L, D), "dt": F.softplus(randn(*lead, L, D) + dt), "A": -randn(D, N).exp(),
                  "B": randn(*lead, L, N), "C": randn(*lead, L, N), "h": randn(*lead, D, N)}  # fmt: skip
        return inputs | {name: torch.tensor(value) for name, value in more.items()}

    return make


def _probe_discretise(answer, inputs):
    decay, write = answer(inputs["x"], inputs["dt"], inputs["A"], inputs["B"])
    return {"decay": decay, "write": write}


def _states(*lead, L, D, N):
    def make(generator):
        randn = lambda *shape: torch.randn(*shape, generator=generator)
        return {"decay": torch.rand(*lead, L, D, N, generator=generator), "write": randn(*lead, L, D, N),
                "C": randn(*lead, L, N), "h": randn(*lead, D, N)}  # fmt: skip

    return make


def _probe_scan(answer, inputs):
    y, h = answer(inputs["decay"], inputs["write"], inputs["C"], inputs["h"])
    return {"y": y, "h": h}


def _stretches(*shape):
    def make(generator):
        draw = lambda: torch.randn(*shape, generator=generator)
        return {"a1": draw(), "b1": draw(), "a2": draw(), "b2": draw(), "a3": draw(), "b3": draw()}

    return make


def _probe_combine(answer, inputs):
    one, two, three = ((inputs[f"a{i}"], inputs[f"b{i}"]) for i in (1, 2, 3))
    a, b = answer(one, two)
    left, right = answer(answer(one, two), three), answer(one, answer(two, three))
    return {"a": a, "b": b, "b of (1, 2), 3": left[1], "b of 1, (2, 3)": right[1]}


def _probe_chunked(answer, inputs):
    L, D, N = inputs["x"].shape[-2], *inputs["A"].shape
    names = ("x", "dt", "A", "B", "C", "h")
    with LargestTensor() as largest:
        y, h = answer(*(inputs[name] for name in names), int(inputs["chunk"]))
    outputs = {"y": y, "h": h}
    if L >= LONG:
        outputs["all states at once"] = torch.tensor(largest.entries >= L * D * N)
    return outputs


def _filtered(*lead, L, E, W, memory=1.0):
    def make(generator):
        randn = lambda *shape: torch.randn(*shape, generator=generator)
        return {
            "x": randn(*lead, L, E),
            "weight": randn(E, W),
            "bias": randn(E),
            "last": memory * randn(*lead, W - 1, E),
        }

    return make


def _probe_convolution(answer, inputs):
    y, last = answer(inputs["x"], inputs["weight"], inputs["bias"], inputs["last"])
    return {"y": y, "last": last}


WEIGHTS = ("in_proj", "conv_weight", "conv_bias", "x_proj", "dt_proj", "dt_bias", "A_log", "D", "out_proj")


def _block(*lead, d, T, E=6, N=3, W=4, R=2):
    """Weights of a block of width d and T tokens, one after the other."""

    def make(generator):
        randn = lambda *shape: torch.randn(*shape, generator=generator)
        weights = {"in_proj": randn(2 * E, d), "conv_weight": 0.5 * randn(E, W), "conv_bias": 0.5 * randn(E),
                   "x_proj": 0.5 * randn(R + 2 * N, E), "dt_proj": 0.5 * randn(E, R), "dt_bias": randn(E) - 1,
                   "A_log": 0.5 * randn(E, N), "D": randn(E), "out_proj": randn(d, E)}  # fmt: skip
        return weights | {"x": randn(*lead, T, d), "last": randn(*lead, W - 1, E), "h": randn(*lead, E, N)}

    return make


def _probe_step(answer, inputs):
    p, last, h, y = {name: inputs[name] for name in WEIGHTS}, inputs["last"], inputs["h"], []
    for x in inputs["x"].unbind(-2):
        out, last, h = answer(x, last, h, p)
        y.append(out)
    return {"y": torch.stack(y, -2), "last": last, "h": h}


def _image(*lead, H, W, D):
    return lambda generator: {"image": torch.randn(*lead, H, W, D, generator=generator)}


def _probe_cross(answer, inputs):
    return {"lines": answer(inputs["image"])}


LAB = Lab(
    slug="10_mamba",
    title="Mamba and its family",
    open_task=6,
    deny=("transformers", "mambapy", "mamba_ssm"),
    exercises=(
        Exercise(
            name="selective-step",
            title="A step that depends on the input",
            answer="discretise",
            parameters=("x", "dt", "A", "B"),
            points=2,
            difficulty=1,
            minutes=8,
            cases={
                "a short sequence": _selective(L=4, D=3, N=2),
                "as many channels as states": _selective(L=3, D=3, N=3),
                "a batch": _selective(2, L=3, D=2, N=2),
            },
            probe=_probe_discretise,
            gradients=("x", "dt", "A", "B"),
            hints=(
                "Both results are (..., L, D, N): a number for every token, channel and state.",
                "The decay is `exp(dt A)`: give dt one more axis at its end, `dt[..., None]`.",
                "What is written is dt x B: `(dt * x)[..., None] * B[..., None, :]`, with B shared by all channels.",
            ),
        ),
        Exercise(
            name="selective-scan",
            title="The selective scan",
            answer="scan",
            parameters=("decay", "write", "C", "h"),
            points=3,
            difficulty=2,
            minutes=10,
            cases={
                "one token": _states(L=1, D=3, N=2),
                "a short sequence": _states(L=5, D=3, N=2),
                "a batch": _states(2, L=4, D=2, N=3),
            },
            probe=_probe_scan,
            gradients=("decay", "write", "C", "h"),
            hints=(
                "One step does two things, in this order: update the state, read it.",
                "`h = a * h + b` for the token's a and b; read with `(h * c[..., None, :]).sum(-1)`.",
                "Go through time with `decay.unbind(-3)`, `write.unbind(-3)` and `C.unbind(-2)`; `torch.stack(y, -2)`.",
            ),
        ),
        Exercise(
            name="associative-law",
            title="Two stretches of time as one",
            answer="combine",
            parameters=("first", "second"),
            points=3,
            difficulty=2,
            minutes=10,
            cases={
                "single numbers": _stretches(1),
                "channels and states": _stretches(3, 2),
                "a batch": _stretches(2, 2, 3),
            },
            probe=_probe_combine,
            gradients=("a1", "b1", "a2", "b2", "a3", "b3"),
            hints=(
                "A stretch (a, b) takes the state h to a h + b. Put the result of the first into the second.",
                "a2 (a1 h + b1) + b2: which factor stands before h, and what is left?",
                "`return first[0] * second[0], second[0] * first[1] + second[1]`.",
            ),
        ),
        Exercise(
            name="chunked-scan",
            title="A scan that fits the cache",
            answer="chunked_scan",
            parameters=("x", "dt", "A", "B", "C", "h", "chunk"),
            points=4,
            difficulty=3,
            minutes=15,
            cases={
                "two chunks": _selective(L=4, D=3, N=2, chunk=2),
                "a last chunk that is short": _selective(L=5, D=2, N=2, chunk=3),
                "a chunk longer than the sequence": _selective(L=3, D=2, N=2, chunk=8),
                "a batch": _selective(2, L=4, D=2, N=3, chunk=2),
                "a long sequence, without all states at once": _selective(L=64, D=2, N=3, chunk=8),
            },
            probe=_probe_chunked,
            gradients=("x", "dt", "A", "B", "C", "h"),
            hints=(
                "You have all the parts: `discretise` and `scan`, on pieces of `chunk` tokens.",
                "Cut with `x.split(chunk, dim=-2)`, and dt, B and C alike. A is the same for all pieces.",
                "The state that one piece returns is where the next one starts. `torch.cat(y, dim=-2)` at the end.",
            ),
        ),
        Exercise(
            name="causal-convolution-state",
            title="A short convolution that remembers",
            answer="causal_conv1d",
            parameters=("x", "weight", "bias", "last"),
            points=3,
            difficulty=2,
            minutes=12,
            cases={
                "one token": _filtered(L=1, E=3, W=4),
                "a sequence from the beginning": _filtered(L=6, E=2, W=4, memory=0.0),
                "a sequence in the middle of a text": _filtered(L=5, E=3, W=3),
                "a batch": _filtered(2, L=2, E=2, W=4),
            },
            probe=_probe_convolution,
            gradients=("x", "weight", "bias", "last"),
            hints=(
                "Put the last inputs in front: `torch.cat([last, x], dim=-2)` is W - 1 tokens longer than x.",
                "`weight[:, -1]` belongs to the token itself, `weight[:, 0]` to the one W - 1 places back.",
                "`sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W)) + bias`.",
                "The last inputs now are the last W - 1 tokens of what you put together, not of x alone: x may be"
                " shorter.",
            ),
        ),
        Exercise(
            name="block-step",
            title="One token through the block",
            answer="mamba_step",
            parameters=("x", "last", "h", "p"),
            points=5,
            difficulty=4,
            minutes=20,
            cases={
                "one token": _block(d=3, T=1),
                "three tokens, one after the other": _block(d=3, T=3),
                "a batch": _block(2, d=4, T=2),
            },
            probe=_probe_step,
            gradients=("x", "h", "in_proj", "x_proj", "dt_bias", "A_log", "out_proj"),
            hints=(
                "In order: in_proj and split into u and z; convolution, bias, SiLU; x_proj and split into dt, B, "
                "C; one step of the scan; skip; gate; out_proj.",
                "The window of the convolution is `torch.cat([last, u[..., None, :]], -2)`, (..., 4, E); its "
                "last three are the next `last`. Each channel weighs its own: `(window * conv_weight.mT).sum(-2)`.",
                "dt is `softplus(dt @ dt_proj.mT + dt_bias)`, A is `-exp(A_log)`.",
                "h = exp(dt A) h + dt u B, y = h C + D u, and the output is `(y * silu(z)) @ out_proj.mT`. u is "
                "after the SiLU.",
            ),
        ),
        Exercise(
            name="cross-scan",
            title="Four ways across a picture",
            answer="cross_scan",
            parameters=("image",),
            points=2,
            difficulty=1,
            minutes=8,
            cases={
                "two by three": _image(H=2, W=3, D=1),
                "a square with channels": _image(H=3, W=3, D=2),
                "a batch": _image(2, H=2, W=2, D=1),
            },
            probe=_probe_cross,
            gradients=("image",),
            hints=(
                "Row by row is `image.flatten(-3, -2)`: (..., H W, D).",
                "Column by column is the same of the picture with its first two axes swapped: "
                "`image.transpose(-3, -2)`.",
                "Backwards is `.flip(-2)` of a line. Stack the four in front: `torch.stack([...])`.",
            ),
        ),
    ),
)
