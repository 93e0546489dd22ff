"""Lab 03, LoRA and other adapters: the public half of its exercises.

x (..., d_in), y (..., d_out)   what a linear layer reads and returns      W (d_out, d_in)  its weight
A (r, d_in), B (d_out, r)       LoRA's factors                             alpha            its scale: alpha / r
P (d_out, r), lam (r,), Q (r, d_in)   AdaLoRA's triplets                   g (r,)           SoRA's gates
"""

import torch

from .exercise import Exercise, Lab
from .probes import LargestTensor


def _matrix(N, M, k):
    return lambda generator: {"X": torch.randn(N, M, generator=generator), "k": torch.tensor(k)}


def _probe_truncate(answer, inputs):
    U, V = answer(inputs["X"], int(inputs["k"]))
    return {"U V": U @ V, "numbers in U": torch.tensor(U.numel()), "numbers in V": torch.tensor(V.numel())}


def _layer(*lead, d_in, d_out, r, alpha=6.0):
    """A layer's input and output, and an adapter that is not at its start."""

    def make(generator):
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        return {"x": draw(*lead, d_in), "y": draw(*lead, d_out), "A": draw(r, d_in), "B": draw(d_out, r),
                "alpha": torch.tensor(alpha)}  # fmt: skip

    return make


def _probe_forward(answer, inputs):
    with LargestTensor() as largest:
        out = answer(*(inputs[name] for name in ("x", "y", "A", "B")), inputs["alpha"])
    d_out, d_in = inputs["B"].shape[0], inputs["A"].shape[1]
    outputs = {"h": out}
    if d_in * d_out >= 1000:  # then everything else is smaller
        outputs["a d_out x d_in matrix is made"] = torch.tensor(largest.entries >= d_in * d_out)
    return outputs


def _two_adapters(d_in, d_out, r, r_new, alpha=6.0):
    def make(generator):
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        return {"W": draw(d_out, d_in), "A": draw(r, d_in), "B": draw(d_out, r), "A_new": draw(r_new, d_in),
                "B_new": draw(d_out, r_new), "alpha": torch.tensor(alpha)}  # fmt: skip

    return make


def _probe_switch(answer, inputs):
    return {"W": answer(*(inputs[name] for name in ("W", "A", "B", "A_new", "B_new", "alpha")))}


def _layers(shapes, r):
    return lambda generator: {"shapes": torch.tensor(shapes), "r": torch.tensor(r)}


def _probe_count(answer, inputs):
    shapes = [tuple(shape) for shape in inputs["shapes"].tolist()]
    names = ("full", "lora", "dora", "adalora")
    return dict(zip(names, (torch.tensor(int(n)) for n in answer(shapes, int(inputs["r"]))), strict=True))


def _direction(*lead, d_in, d_out, r, alpha=4.0):
    def make(generator):
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        m = 0.5 + 2 * torch.rand(d_out, generator=generator)
        return {"x": draw(*lead, d_in), "W": draw(d_out, d_in), "A": draw(r, d_in), "B": draw(d_out, r), "m": m,
                "alpha": torch.tensor(alpha)}  # fmt: skip

    return make


def _probe_dora(answer, inputs):
    return {"h": answer(*(inputs[name] for name in ("x", "W", "A", "B", "m", "alpha")))}


def _triplets(d_in, d_out, r, keep):
    def make(generator):
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        sizes = {"P": (d_out, r), "lam": (r,), "Q": (r, d_in)}
        values = {name: draw(*size) for name, size in sizes.items()}
        return values | {f"d{name}": draw(*size) for name, size in sizes.items()} | {"keep": torch.tensor(keep)}

    return make


def _probe_prune(answer, inputs):
    names = ("P", "lam", "Q", "dP", "dlam", "dQ")
    S, lam = answer(*(inputs[name] for name in names), int(inputs["keep"]))
    return {"S": S, "lam": lam}


def _gates(*shape, lr=0.5, penalty=1.0):
    def make(generator):
        draw = lambda: torch.randn(*shape, generator=generator)
        return {"g": draw(), "dg": draw(), "lr": torch.tensor(lr), "penalty": torch.tensor(penalty)}

    return make


def _probe_proximal(answer, inputs):
    return {"g": answer(inputs["g"], inputs["dg"], float(inputs["lr"]), float(inputs["penalty"]))}


def _cut(*lead, d_in, d_out, r, b, alpha=6.0):
    return lambda generator: _layer(*lead, d_in=d_in, d_out=d_out, r=r, alpha=alpha)(generator) | {"b": torch.tensor(b)}


def _probe_dylora(answer, inputs):
    given = [inputs[name] for name in ("x", "y", "A", "B")]
    return {"h": answer(*given, int(inputs["b"]), inputs["alpha"])}


LAB = Lab(
    slug="03_lora",
    title="LoRA and other adapters",
    open_task=6,
    deny=("peft",),
    exercises=(
        Exercise(
            name="truncated-svd",
            title="The best matrix of rank k",
            answer="truncate",
            parameters=("X", "k"),
            points=2,
            difficulty=1,
            minutes=8,
            cases={
                "a tall matrix": _matrix(6, 4, 2),
                "a wide matrix": _matrix(3, 5, 1),
                "all singular values": _matrix(4, 4, 4),
            },
            probe=_probe_truncate,
            hints=(
                "`torch.linalg.svd(X, full_matrices=False)` gives left vectors (columns), singular values, and right "
                "vectors that are rows already.",
                "Keep the first k of each: they come in falling order.",
                "The values belong to one of the factors: U = left[:, :k] * s[:k], V = right[:k].",
            ),
        ),
        Exercise(
            name="lora-forward",
            title="What LoRA adds",
            answer="lora",
            parameters=("x", "y", "A", "B", "alpha"),
            points=3,
            difficulty=1,
            minutes=10,
            cases={
                "one token": _layer(1, d_in=4, d_out=3, r=2),
                "a batch of sequences": _layer(2, 3, d_in=3, d_out=5, r=2),
                "rank one": _layer(2, d_in=3, d_out=3, r=1, alpha=4.0),
                "a large layer, without its matrix Delta W": _layer(2, d_in=40, d_out=30, r=2),
            },
            probe=_probe_forward,
            gradients=("x", "A", "B"),
            hints=(
                "First A: from d_in channels to r. Then B: from r to d_out. The result is added to y.",
                "x is (..., d_in) and A is (r, d_in): `x @ A.mT` is (..., r).",
                "The scale is alpha / r, and r is `A.shape[0]`. Go from left to right: B A is never made.",
            ),
        ),
        Exercise(
            name="switch-adapters",
            title="One adapter out, another one in",
            answer="switch",
            parameters=("W", "A", "B", "A_new", "B_new", "alpha"),
            points=3,
            difficulty=2,
            minutes=10,
            cases={
                "two of the same rank": _two_adapters(3, 4, 2, 2),
                "a higher rank comes in": _two_adapters(4, 3, 1, 3),
                "a lower rank comes in": _two_adapters(3, 3, 3, 1),
            },
            probe=_probe_switch,
            hints=(
                "Merged means W + alpha / r B A. What has to be subtracted to have the base again?",
                "Each adapter has a rank of its own, and so a scale of its own: alpha / A.shape[0].",
                "W - alpha / r B A + alpha / r_new B_new A_new, and W itself stays as it was: no `+=`.",
            ),
        ),
        Exercise(
            name="parameter-counts",
            title="What is trained, in numbers",
            answer="count",
            parameters=("shapes", "r"),
            points=2,
            difficulty=1,
            minutes=8,
            cases={
                "one square layer": _layers([[8, 8]], 2),
                "a wide layer, rank one": _layers([[3, 12]], 1),
                "three layers": _layers([[8, 4], [4, 4], [6, 10]], 3),
            },
            probe=_probe_count,
            hints=(
                "Go through the layers and add up. Full fine-tuning trains every entry of W.",
                "A has r d_in numbers, and B has r d_out.",
                "DoRA has one magnitude more for each output, AdaLoRA one singular value more for each rank.",
            ),
        ),
        Exercise(
            name="dora-forward",
            title="Magnitude and direction",
            answer="dora",
            parameters=("x", "W", "A", "B", "m", "alpha"),
            points=4,
            difficulty=3,
            minutes=15,
            cases={
                "one token": _direction(1, d_in=4, d_out=3, r=2),
                "more outputs than inputs": _direction(2, 2, d_in=3, d_out=5, r=1),
                "a square layer": _direction(3, d_in=4, d_out=4, r=2),
            },
            probe=_probe_dora,
            gradients=("x", "A", "B", "m"),
            hints=(
                "V = W + alpha / r B A has the shape of W. Its norm is taken over the inputs of each output.",
                "One norm for each row of V: `V.norm(dim=1)`, (d_out,). So m belongs to the outputs.",
                "The paper treats the norm as a constant in the gradient: `.detach()` it. Only the norm, not V.",
                "`x @ (m[:, None] * V / V.norm(dim=1, keepdim=True).detach()).mT`",
            ),
        ),
        Exercise(
            name="adalora-prune",
            title="Which triplets may stay",
            answer="prune",
            parameters=("P", "lam", "Q", "dP", "dlam", "dQ", "keep"),
            points=4,
            difficulty=3,
            minutes=15,
            cases={
                "three of five": _triplets(4, 3, 5, 3),
                "one of three": _triplets(5, 6, 3, 1),
                "all stay": _triplets(3, 4, 3, 3),
            },
            probe=_probe_prune,
            hints=(
                "I(w) = |w dw| for every number: the product of value and gradient, its absolute value.",
                "A triplet's score has three parts: I(lam_k), the mean of I over the column P[:, k], and the mean over "
                "the row Q[k].",
                "`S.topk(keep).indices` are the triplets that stay. Write their lam into a vector of zeros.",
            ),
        ),
        Exercise(
            name="soft-threshold",
            title="A step that closes gates",
            answer="proximal_step",
            parameters=("g", "dg", "lr", "penalty"),
            points=2,
            difficulty=2,
            minutes=8,
            cases={
                "eight gates": _gates(8),
                "a small penalty": _gates(6, lr=0.1, penalty=0.5),
                "everything closes": _gates(5, lr=1.0, penalty=20.0),
            },
            probe=_probe_proximal,
            hints=(
                "Two steps: down the gradient of the task, then towards zero.",
                "The threshold is the learning rate times the penalty: lr * penalty.",
                "z = g - lr * dg; then the sign of z times the larger of |z| - lr * penalty and 0.",
            ),
        ),
        Exercise(
            name="dylora-step",
            title="A rank is drawn, and cut",
            answer="dylora",
            parameters=("x", "y", "A", "B", "b", "alpha"),
            points=3,
            difficulty=3,
            minutes=12,
            cases={
                "b = 2 of 4": _cut(2, d_in=3, d_out=4, r=4, b=2),
                "b = 1": _cut(1, d_in=4, d_out=3, r=3, b=1),
                "b = r": _cut(2, 2, d_in=3, d_out=3, r=3, b=3),
            },
            probe=_probe_dylora,
            gradients=("x", "A", "B"),
            hints=(
                "The first b rows of A, the first b columns of B, and a scale of alpha / b.",
                "All b of them add to the output, but only number b - 1, the last, learns.",
                "Detach the first b - 1 rows of A and columns of B, and put the last one behind them with `torch.cat`; "
                "or split the sum: the old part under `.detach()` of A and B, and the new part.",
                "The gradient of x goes through all b: detach A and B, not x or the product.",
            ),
        ),
    ),
)
