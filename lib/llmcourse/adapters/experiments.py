"""The experiments of lecture 03: a small model that can add learns to do something else; SmolLM2 learns to add.

The small model is trained by us, and what it learns is synthetic: arithmetic on two-digit numbers, so that we can say
what is near to what it knows and what is far. Its weights come with the course (`make record NN=03_base` makes them).

    near   a + b + 1     the same skill, and one more step
    far    | a - b |     another skill, in the same notation
"""

import copy
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

from .. import models, records, runtime
from ..models import GPT, SoftmaxAttention, cross_entropy, train
from ..models.training import rate
from .adalora import AdaLoRA, Budget, orthogonality
from .adapter import attach, bake, by_path, detach, trainable
from .alora import ALoRA, importance, reallocate
from .bottleneck import Bottleneck
from .dora import DoRA, magnitude_and_direction
from .dylora import DyLoRA, draw_rank, set_rank
from .lora import LoRA
from .low_rank import errors, truncate
from .sora import SoRA, proximal_step

CHARACTERS = "0123456789+=\n"
TASKS: dict[str, Callable[[int, int], int]] = {
    "base": lambda a, b: a + b,
    "near": lambda a, b: a + b + 1,
    "far": lambda a, b: abs(a - b),
}
ASKED = 6  # characters of "12+34="
D, LAYERS = 80, 4
SKIPPED = "head"  # every other linear layer gets an adapter
LAYERS_ADAPTED = [f"blocks.*.{name}" for name in ("mixer.qkv", "mixer.out", "mlp.1", "mlp.3")]
WEIGHTS = Path(__file__).with_name("adder.safetensors")
STEPS, LONG, BATCH, WARM_UP = 200, 800, 32, 20
RANKS = (1, 4, 16)
SEEDS = (0, 1, 2, 3)
ALPHA = 8.0  # of all methods that have one, at every rank
PENALTIES = (0.003, 0.01, 0.03)  # of SoRA: nats for each unit of the sum of |g|
GATE_RATE = 1.0  # of SoRA's gates, which learn by plain gradient descent


# --- the small model and its tasks


def written(pairs: Sequence[tuple[int, int]], task: str) -> Tensor:
    """Lines such as "12+34=046", one for each pair: (len(pairs), 10), as indices of characters."""
    lines = [f"{a:02}+{b:02}={TASKS[task](a, b):03}\n" for a, b in pairs]
    return torch.tensor([[CHARACTERS.index(character) for character in line] for line in lines])


def split(seed: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]], list[tuple[int, int]]]:
    """All 10,000 pairs, shuffled: 3,000 to train on, 500 to choose by, 1,000 to test on."""
    order = torch.randperm(10_000, generator=torch.Generator().manual_seed(seed)).tolist()
    pairs = [divmod(i, 100) for i in order]
    return pairs[:3000], pairs[3000:3500], pairs[3500:4500]


def batches(lines: Tensor, generator: Generator, batch: int = BATCH) -> Iterator[tuple[Tensor, Tensor]]:
    """Random lines, without end; only what comes after "=" counts."""
    while True:
        x = lines[torch.randint(len(lines), (batch,), generator=generator)]
        targets = x[:, 1:].clone()
        targets[:, : ASKED - 1] = -100
        yield x[:, :-1], targets


@torch.no_grad()
def accuracy(model: nn.Module, lines: Tensor) -> float:
    """The share of lines whose answer the model would write, digit for digit."""
    logits, _ = model(lines[:, :-1])
    return (logits[:, ASKED - 1 :].argmax(-1) == lines[:, ASKED:]).all(1).float().mean().item()


def adder() -> GPT:
    """The small model, which can add."""
    from safetensors.torch import load_file

    model = GPT(len(CHARACTERS), D, LAYERS, SoftmaxAttention)
    model.load_state_dict(load_file(WEIGHTS))
    return model


# --- one adapter of each method, trained


def fit(
    model: nn.Module, task: str, seed: int, lr: float, steps: int = STEPS, others: Sequence[nn.Parameter] = (), **how
) -> None:
    """Train whatever is not frozen, except `others`, which learn in another way."""
    lines = written(split(seed)[0], task)
    apart = {id(p) for p in others}
    group = [{"params": [p for p in model.parameters() if p.requires_grad and id(p) not in apart]}]
    train(model, batches(lines, runtime.seed(seed)), steps, lr, warm_up=WARM_UP, groups=group, name=task, **how)


def full(model, r, task, seed, lr, steps):
    model.requires_grad_(True)
    fit(model, task, seed, lr, steps)


def plain(kind, model, r, task, seed, lr, steps):
    attach(model, "x", partial(kind, r), LAYERS_ADAPTED)
    fit(model, task, seed, lr, steps)


def with_budget(model, r, task, seed, lr, steps):
    """AdaLoRA: half again as many ranks at first as are left at the end."""
    attach(model, "x", lambda base: AdaLoRA(base, r + r // 2, ALPHA), LAYERS_ADAPTED)
    budget = Budget(model, "x", r, steps, warm_up=steps // 5, settle=steps // 3)
    loss = lambda model, batch: cross_entropy(model, batch) + 0.1 * orthogonality(model, "x")
    fit(model, task, seed, lr, steps, loss=loss, after=budget.step)


def with_gates(model, r, task, seed, lr, steps, penalty=PENALTIES[1]):
    """SoRA: twice as many ranks at first; the penalty decides how many gates close."""
    adapters = attach(model, "x", partial(SoRA, r=2 * r), LAYERS_ADAPTED)
    step = itertools.count()
    move = lambda: proximal_step(model, "x", GATE_RATE * rate(next(step), steps, WARM_UP), penalty)
    fit(model, task, seed, lr, steps, others=[adapter.g for adapter in adapters.values()], after=move)


def in_rounds(model, r, task, seed, lr, steps, rounds=3, moved=1 / 8):
    """ALoRA: after each round but the last, this share of all ranks moves to where it is needed. Each round has its own
    optimizer and schedule, since ranks that moved are new parameters; with moved=0 nothing else happens."""
    attach(model, "x", lambda base: ALoRA(base, r, ALPHA), LAYERS_ADAPTED)
    lines = written(split(seed)[1], task)[:64]
    quality = lambda: -cross_entropy(model, next(batches(lines, torch.Generator().manual_seed(0), 64))).item()
    for n in range(rounds):
        fit(model, task, seed + 1000 * n, lr, steps // rounds)
        if moved and n + 1 < rounds:
            scores = importance(model, "x", quality)
            reallocate(model, "x", scores, int(sum(map(len, scores.values())) * moved))


def of_any_rank(model, r, task, seed, lr, steps):
    """DyLoRA: a rank is drawn at every step."""
    attach(model, "x", lambda base: DyLoRA(base, r, ALPHA), LAYERS_ADAPTED)
    generator = torch.Generator().manual_seed(seed)

    def loss(model, batch):
        draw_rank(model, "x", generator)
        return cross_entropy(model, batch)

    fit(model, task, seed, lr, steps, loss=loss)
    set_rank(model, "x", r)


METHODS: dict[str, Callable] = {
    "full fine-tuning": full,
    "bottleneck": partial(plain, lambda r, base: Bottleneck(base, r)),
    "LoRA": partial(plain, lambda r, base: LoRA(base, r, ALPHA)),
    "DoRA": partial(plain, lambda r, base: DoRA(base, r, ALPHA)),
    "AdaLoRA": with_budget,
    "SoRA": with_gates,
    "ALoRA": in_rounds,
    "ALoRA, nothing moved": partial(in_rounds, moved=0),
    "DyLoRA": of_any_rank,
}


def ranks(model: nn.Module) -> dict[str, int]:
    """Path -> the rank that an adapter uses; a bottleneck's is its width. Empty without adapters."""
    width = lambda a: a.rank if hasattr(a, "rank") else a.r if hasattr(a, "r") else a.down.out_features
    return {path: width(adapter) for path, adapter in by_path(model, "x").items()}


def adapt(method: str, r: int, task: str, seed: int, lr: float, steps: int = STEPS, **how) -> tuple[nn.Module, dict]:
    """Adapt the small model; returns it, and the results: accuracies, trained parameters, ranks, seconds."""
    model, start = adder(), time.process_time()
    torch.manual_seed(seed)
    METHODS[method](model, r, task, seed, lr, steps, **how)
    model.eval()
    choose, test = (written(pairs, task) for pairs in split(seed)[1:])
    return model, {
        "method": method, "r": r, "task": task, "seed": seed, "lr": lr, "steps": steps,
        "chosen_by": accuracy(model, choose), "accuracy": accuracy(model, test),
        "parameters": trainable(model), "ranks": ranks(model), "seconds": round(time.process_time() - start, 1),
    }  # fmt: skip


# --- what a change of the weights looks like


def change(model: nn.Module) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Path, weight before and weight now (d_out, d_in), of the layers that get adapters."""
    before, now = adder(), bake(copy.deepcopy(model))
    for path, layer in now.named_modules():
        if isinstance(layer, nn.Linear) and path != SKIPPED:
            yield path, before.get_submodule(path).weight.detach(), layer.weight.detach()


def looked_at(model: nn.Module) -> dict:
    """Path -> how far a layer moved in magnitude and in direction."""
    return {path: magnitude_and_direction(W, new) for path, W, new in change(model)}


def held(matrices: Iterable[Tensor], k: int = D + 1) -> Tensor:
    """Share of the squares that the first 0, 1, ... singular values hold, in the mean over matrices: (k,)."""
    return torch.stack([1 - errors(matrix)[:k].square() for matrix in matrices]).mean(0)


def cut_accuracies(model: nn.Module, task: str, seed: int) -> dict[str, dict[int, float]]:
    """Accuracy when each adapter is cut to a rank: to its first rows and columns, and (LoRA) by its singular values."""
    lines, found = written(split(seed)[2], task), {}
    for how in ("first", "svd"):
        found[how] = {}
        for r in RANKS:
            short = copy.deepcopy(model)
            for adapter in by_path(short, "x").values():
                _cut(adapter, r, how == "svd")
            found[how][r] = accuracy(short, lines)
    return found


@torch.no_grad()
def _cut(adapter: LoRA, r: int, by_values: bool) -> None:
    if isinstance(adapter, DyLoRA):
        adapter.b = r
    elif by_values:
        left, right = truncate(adapter.B @ adapter.A, min(r, adapter.r))
        adapter.B.zero_()[:, : left.shape[1]], adapter.A.zero_()[: right.shape[0]] = left, right
    else:
        adapter.B[:, r:] = 0


# --- records

START = {"full fine-tuning": 4e-3}  # where the search for a learning rate begins; 1e-2 elsewhere


@records.record("03_ranks")
def record_ranks() -> dict:
    """Full fine-tuning and LoRA of three ranks, short and long; other methods at rank 4 on the far task."""
    torch.set_num_threads(1)
    arms = [("full fine-tuning", 0), *(("LoRA", r) for r in RANKS)]
    others = [(method, 4) for method in ("bottleneck", "DoRA", "AdaLoRA", "ALoRA")]
    rates = {f"{method} {r}": bracketed(method, r) for method, r in arms + others}
    runs = [recorded(method, r, "far", seed, rates) for method, r in arms + others for seed in SEEDS]
    rates["ALoRA, nothing moved 4"] = rates["ALoRA 4"]
    runs += [recorded("ALoRA, nothing moved", 4, "far", seed, rates) for seed in SEEDS]
    runs += [recorded("LoRA", 1, "near", seed, rates) for seed in SEEDS]
    runs += [recorded(method, r, "far", SEEDS[0], rates, steps=LONG) for method, r in arms]
    return {"batch": BATCH, "rates": rates, "runs": runs}


@records.record("03_gates")
def record_gates() -> dict:
    """SoRA under several penalties, and DyLoRA cut to every rank, on the far task."""
    torch.set_num_threads(1)
    rates = {f"{method} {r}": bracketed(method, r) for method, r in (("SoRA", 4), ("DyLoRA", max(RANKS)))}
    runs = [recorded("SoRA", 4, "far", seed, rates, penalty=penalty) for penalty in PENALTIES for seed in SEEDS]
    runs += [recorded("DyLoRA", max(RANKS), "far", seed, rates) for seed in SEEDS]
    return {"batch": BATCH, "rates": rates, "runs": runs}


def bracketed(method: str, r: int) -> dict:
    """A learning rate at which the method does better than at half and at twice of it.

    Chosen on pairs that are not tested on, with a seed that is not used again.
    """
    tried: dict[float, float] = {}
    best = START.get(method, 1e-2)
    while True:
        for lr in (best, best / 2, best * 2):
            if lr not in tried:
                tried[lr] = adapt(method, r, "far", 9, lr)[1]["chosen_by"]
        if max(tried, key=tried.get) == best:
            return {"tried": dict(sorted(tried.items())), "lr": best}
        best = max(tried, key=tried.get)


def recorded(method: str, r: int, task: str, seed: int, rates: dict, **how) -> dict:
    """One run as it is recorded, with a look at the weights where the lecture shows one."""
    model, out = adapt(method, r, task, seed, rates[f"{method} {r}"]["lr"], **how)
    if (method, r) in {("full fine-tuning", 0), ("LoRA", 4), ("DoRA", 4)}:
        out["layers"] = looked_at(model)
    if method == "full fine-tuning":
        out["held"] = held(new - W for _, W, new in change(model)).tolist()
    if r == max(RANKS):
        out["cut"] = cut_accuracies(model, task, seed)
    return out | how


# --- SmolLM2 learns to add

KINDS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def sums(seed: int = 0) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Two-digit additions as prompts and answers: 7,900 to train on, 200 to test on."""
    order = torch.randperm(8100, generator=torch.Generator().manual_seed(seed)).tolist()
    pairs = [(10 + i // 90, 10 + i % 90) for i in order]
    asked = [(f"{a} + {b} =", f" {a + b}\n") for a, b in pairs]
    return asked[200:], asked[:200]


def learn_sums(lm: models.TextModel, steps: int, batch: int, lr: float, every: int, seed: int = 0) -> models.History:
    """Train whatever is not frozen in `lm` to add; the curve is the share of correct sums."""
    learn, test = sums(seed)
    group = [{"params": [p for p in lm.model.parameters() if p.requires_grad]}]
    draws = models.answer_batches(lm, learn, batch, runtime.seed(seed))
    how = {"loss": models.answer_loss, "validate": lambda _: models.answered(lm, test), "every": every}
    return train(lm.model, draws, steps, lr, warm_up=10, groups=group, name="sums", **how)


@records.record("03_addition")
def record_addition(steps: int = 60, batch: int = 48) -> dict:
    """LoRA of rank 8 on every linear layer of SmolLM2; and what full fine-tuning does to its weights in a few steps."""
    lm = models.load(dtype=torch.float32)
    before = models.answered(lm, sums()[1])
    attach(lm.model, "sums", partial(LoRA, r=8), KINDS)
    trained, all_ = trainable(lm.model), sum(p.numel() for p in lm.model.parameters())
    history = learn_sums(lm, steps, batch, 1e-3, every=15)
    detach(lm.model)
    weights = {path: layer.weight.detach().clone() for path, layer in lm.model.named_modules() if _watched(path)}
    lm.model.requires_grad_(True)
    whole = learn_sums(lm, steps // 3, batch, 5e-5, every=steps // 3)
    spectra = {path: torch.linalg.svdvals(lm.model.get_submodule(path).weight - W) for path, W in weights.items()}
    return {
        "tested": len(sums()[1]), "before": before, "trained": trained, "of": all_, "batch": batch,
        "curve": [(0, before), *history.validation], "loss": history.loss, "seconds": round(history.seconds),
        "full": {"steps": steps // 3, "curve": whole.validation, "seconds": round(whole.seconds)},
        "spectra": {path: s.tolist() for path, s in spectra.items()},
    }  # fmt: skip


def _watched(path: str) -> bool:
    """A few layers of SmolLM2, early, middle and late."""
    return any(
        path == f"model.layers.{n}.{name}" for n in (2, 15, 28) for name in ("self_attn.q_proj", "mlp.down_proj")
    )


@records.record("03_base")
def record_base(steps: int = 1250) -> dict:
    """Train the small model to add, and write its weights."""
    from safetensors.torch import save_file

    generator = runtime.seed(0)
    model = GPT(len(CHARACTERS), D, LAYERS, SoftmaxAttention)
    test = set(split(0)[2])
    learn = written([pair for i in range(10_000) if (pair := divmod(i, 100)) not in test], "base")
    validate = partial(accuracy, lines=written(sorted(test), "base"))
    history = train(model, batches(learn, generator, 96), steps, 2e-3, validate=validate, every=250, name="base")
    save_file(model.state_dict(), WEIGHTS)
    return {"validation": history.validation, "parameters": model.parameters_count}
