"""The experiments of lecture 10 on sequences. All models here are `MambaLM`s with different blocks.

copying    selective copying: a few tokens among noise, to be repeated in order (synthetic, for control)
induction  "what followed this token last time?", trained at length 64, tested at lengths up to 4096 (synthetic)
language   the World Factbook, character by character; also with experts
"""

from collections.abc import Callable, Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from llmcourse import models, records, runtime
from llmcourse.records import trials
from llmcourse.recurrence.experiments import BATCH, LENGTH, Corpus
from llmcourse.state_space import S4D, s4

from .block import MambaBlock, causal_conv1d
from .model import MambaLM, SwitchMLP, active_parameters, balance

# ------------------------------------------------------------------ blocks to compare with


class TimeInvariantBlock(nn.Module):
    """A Mamba block whose step, B and C do not depend on the input: an S4D in place of the selective scan."""

    def __init__(self, d_model: int, d_state: int = 16, d_conv: int = 4, expand: int = 2):
        super().__init__()
        E = expand * d_model
        self.in_proj = nn.Linear(d_model, 2 * E, bias=False)
        self.conv1d = nn.Conv1d(E, E, d_conv, groups=E)
        self.core = S4D(E, d_state)
        self.out_proj = nn.Linear(E, d_model, bias=False)

    def run(self, x: Tensor, state=None, mask=None) -> tuple[Tensor, None]:
        """x (..., L, d) to the same shape. For training: it keeps no state."""
        u, z = self.in_proj(x).chunk(2, -1)
        u = F.silu(causal_conv1d(u, self.conv1d.weight[:, 0], self.conv1d.bias)[0])
        return self.out_proj(self.core(u)[0] * F.silu(z)), None


class AttentionBlock(nn.Module):
    """Causal softmax attention, with or without a convolution of width 4 before it and rotary positions."""

    def __init__(self, d_model: int, heads: int = 2, rotary: bool = False, convolution: bool = True):
        super().__init__()
        self.heads, self.rotary = heads, rotary
        self.conv1d = nn.Conv1d(d_model, d_model, 4, groups=d_model) if convolution else None
        self.qkv, self.out = nn.Linear(d_model, 3 * d_model, bias=False), nn.Linear(d_model, d_model, bias=False)

    def run(self, x: Tensor, state=None, mask=None) -> tuple[Tensor, None]:
        """x (..., L, d) to the same shape. For training: it keeps no cache."""
        if self.conv1d is not None:
            x = F.silu(causal_conv1d(x, self.conv1d.weight[:, 0], self.conv1d.bias)[0])
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).movedim(-3, 0).transpose(-3, -2)  # (..., H, L, d / H)
        if self.rotary:
            q, k = rotated(q), rotated(k)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(-3, -2).flatten(-2)), None


def rotated(x: Tensor) -> Tensor:
    """Rotary positions: at t, pair i of the channels of x (..., L, d) turns by t 10000^(-2i / d) (Su et al. 2021)."""
    L, d = x.shape[-2:]
    angle = torch.arange(L, device=x.device)[:, None] * 10000.0 ** (-torch.arange(0, d, 2, device=x.device) / d)
    a, b = x.chunk(2, -1)
    return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], -1)


BLOCKS: dict[str, Callable[[int], nn.Module]] = {
    "Mamba": MambaBlock,
    "S4D": TimeInvariantBlock,
    "attention": AttentionBlock,
    "attention, rotary": partial(AttentionBlock, rotary=True),
    "attention, rotary, no convolution": partial(AttentionBlock, rotary=True, convolution=False),
}


def small(vocabulary: int, block: str) -> MambaLM:
    """Two layers of 64 channels."""
    model = MambaLM(vocabulary, 64, 2, BLOCKS[block])
    nn.init.normal_(model.embedding.weight)
    return louder(model).to(runtime.device())


def louder(model: nn.Module) -> nn.Module:
    """Initialise the convolutions without bias, so that their outputs are as large as their inputs.

    nn.Conv1d's own initialisation shrinks them by 0.6. So u, B and C shrink, and what a scan reads shrinks by their
    product. From there, Mamba has learned nothing of the induction task after 500 steps; from here, it has solved it
    after 250.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv1d):
            nn.init.normal_(module.weight, std=module.kernel_size[0] ** -0.5)
            nn.init.zeros_(module.bias)
    return model


# ------------------------------------------------------------------ selective copying

KINDS, ASKED, NOISE = 8, 4, 64  # kinds of tokens, number of tokens to copy, length before the questions


def copying_batches(batch: int, generator: Generator, noise: int = NOISE) -> Iterator[tuple[Tensor, Tensor]]:
    """ASKED tokens at random places among noise, then ASKED marks, each of which asks for the next token, in order.

    Tokens (batch, noise + ASKED): 0 is noise, 1 the mark; the others are to be copied. Targets: -100 where nothing is
    asked.
    """
    while True:
        places = torch.rand(batch, noise, generator=generator).argsort(-1)[:, :ASKED].sort(-1).values
        values = torch.randint(2, 2 + KINDS, (batch, ASKED), generator=generator)
        tokens = torch.zeros(batch, noise, dtype=torch.long).scatter(1, places, values)
        targets = torch.full((batch, noise + ASKED), -100)
        targets[:, noise:] = values
        yield torch.cat([tokens, torch.ones(batch, ASKED, dtype=torch.long)], 1), targets


def copying(block: str, steps: int, seed: int, every: int = 100, lr: float = 7e-3):
    """Train one model to copy. Validation: the share of correct tokens, on 256 fixed sequences from another seed.

    The steps and eigenvalues of an S4D learn slowly, as S4's authors have it.
    """
    test = next(copying_batches(256, torch.Generator().manual_seed(10_000)))
    generator = runtime.seed(seed)
    model = small(2 + KINDS, block)
    history = models.train(
        model, copying_batches(16, generator), steps, lr=lr, validate=lambda m: right(m, *test), every=every,
        name=f"copying, {block}, seed {seed}", groups=s4.parameter_groups(model),
    )  # fmt: skip
    return model, history


@torch.no_grad()
def right(model: nn.Module, tokens: Tensor, targets: Tensor) -> float:
    """The share of the questions that are answered correctly."""
    device, correct = next(model.parameters()).device, []
    for part, wanted in zip(tokens.split(16), targets.split(16)):
        guess = model(part.to(device))[0].argmax(-1).cpu()
        correct.append((guess == wanted)[wanted >= 0].float())
    return torch.cat(correct).mean().item()


# ------------------------------------------------------------------ induction heads

TRAINED, SYMBOLS = 64, 16
LENGTHS = (64, 128, 256, 512, 1024, 2048, 4096)


def induction_batches(batch: int, generator: Generator, L: int = TRAINED) -> Iterator[tuple[Tensor, Tensor]]:
    """Noise with a special token early on. At four later places, near and far, the token returns, and what followed it
    the first time is asked for. Tokens and targets are (batch, L); targets are -100 elsewhere."""
    while True:
        tokens = torch.randint(0, SYMBOLS, (batch, L), generator=generator)
        first = torch.randint(0, L // 4, (batch, 1), generator=generator)
        later = torch.rand(batch, L - 1, generator=generator) - 2.0 * (torch.arange(L - 1) <= first + 1)
        again = torch.cat([later.topk(3).indices, torch.full((batch, 1), L - 1)], 1)
        value = tokens.gather(1, first + 1)
        tokens = tokens.scatter(1, torch.cat([first, again], 1), SYMBOLS)
        yield tokens, torch.full((batch, L), -100).scatter(1, again, value.expand(-1, 4))


def induction_test(L: int) -> tuple[Tensor, Tensor]:
    """The pair anywhere in the first half, and one question at the end: 256 sequences, or 48 from length 2048 on."""
    generator = torch.Generator().manual_seed(20_000 + L)
    count = 256 if L < 2048 else 48
    tokens = torch.randint(0, SYMBOLS, (count, L), generator=generator)
    first = torch.randint(0, L // 2, (count, 1), generator=generator)
    value = tokens.gather(1, first + 1)
    tokens = tokens.scatter(1, first, SYMBOLS)
    tokens[:, -1] = SYMBOLS
    return tokens, torch.cat([torch.full((count, L - 1), -100), value], 1)


def induction(block: str, steps: int, seed: int, lengths: tuple[int, ...] = LENGTHS):
    """Train at length TRAINED, then test at `lengths`. Returns the model, its history and {length: share correct}."""
    generator = runtime.seed(seed)
    model = small(SYMBOLS + 1, block)
    history = models.train(
        model, induction_batches(32, generator), steps, lr=5e-3, validate=lambda m: right(m, *induction_test(TRAINED)),
        every=100, name=f"induction, {block}, seed {seed}",
    )  # fmt: skip
    return model, history, {L: right(model, *induction_test(L)) for L in lengths}


# ------------------------------------------------------------------ real text

WIDTH = 128


class MLP(nn.Sequential):
    def __init__(self, d: int, hidden: int):
        super().__init__(nn.Linear(d, hidden), nn.GELU(), nn.Linear(hidden, d))


# The first two have four mixing layers each, the others two. In each of these pairs, the numbers of parameters that a
# token uses are within 2 % of each other.
LANGUAGE: dict[str, Callable[[int], MambaLM]] = {
    "Mamba": lambda V: MambaLM(V, WIDTH, 4),
    "attention": lambda V: MambaLM(V, WIDTH, 4, partial(AttentionBlock, heads=4), rest=partial(MLP, hidden=200)),
    "Mamba + MLP": lambda V: MambaLM(V, WIDTH, 2, rest=partial(MLP, hidden=128)),
    "MoE-Mamba, 8 experts": lambda V: MambaLM(V, WIDTH, 2, rest=partial(SwitchMLP, experts=8, hidden=128)),
}


def language(name: str, corpus: Corpus, steps: int, seed: int, every: int = 50):
    """Train one model on text. Validation: nats per character."""
    generator = runtime.seed(seed)
    model = louder(LANGUAGE[name](len(corpus.characters))).to(runtime.device())
    batches = models.random_batches(corpus.train, LENGTH, BATCH, generator)
    loss = lambda m, batch: models.cross_entropy(m, batch) + 0.01 * balance(m)
    history = models.train(
        model, batches, steps, validate=corpus.loss, every=every, loss=loss, name=f"{name}, seed {seed}"
    )
    return model, history


# ------------------------------------------------------------------ the records

EQUAL, TWICE = "equal steps", "twice the steps"  # what two runs have in common
RATES = (1.75e-3, 3.5e-3, 7e-3, 1.4e-2, 2.8e-2)  # learning rates: every block is searched over all of them
SEEDS = (0, 1, 2, 3, 4)
COPIERS = ("Mamba", "S4D", "attention")


@records.record("10_copying")
def record_copying(steps: int = 800, seeds: tuple[int, ...] = SEEDS, rates: tuple[float, ...] = RATES) -> dict:
    """Every block at equal steps; S4D also for twice as many, which takes it about as long as Mamba."""
    found = trials.compare(copying_run, COPIERS, steps, seeds, rates)
    longer = trials.each(copying_run, [("S4D", 2 * steps, seed, found.rates["S4D"]) for seed in seeds])
    runs = [run | {"what": EQUAL} for run in found.runs] + [run | {"what": TWICE} for run in longer]
    sizes = {"noise": NOISE, "asked": ASKED, "kinds": KINDS}
    return sizes | {"tried": found.tried, "rates": found.rates, "runs": runs}


def copying_run(block: str, steps: int, seed: int, lr: float) -> dict:
    """One run, as it stands in the record."""
    return _run(EQUAL, block, seed, *copying(block, steps, seed, lr=lr))


@records.record("10_induction")
def record_induction(seeds: tuple[int, ...] = (0, 1, 2)) -> dict:
    """Every block, for about as many steps as it needs."""
    steps = {"Mamba": 400, "S4D": 500, "attention": 300, "attention, rotary": 300}
    steps["attention, rotary, no convolution"] = 500
    runs = []
    for seed in seeds:
        for name in steps:
            model, history, shares = induction(name, steps[name], seed)
            runs.append(_run("induction", name, seed, model, history) | {"lengths": shares})
    return {"trained": TRAINED, "symbols": SYMBOLS, "runs": runs}


@records.record("10_language")
def record_language(steps: int = 100, seeds: tuple[int, ...] = (0, 1, 2)) -> dict:
    """Every model at equal numbers of steps; attention also for as many seconds as Mamba took."""
    corpus, runs = Corpus(), []
    for seed in seeds:
        for name in LANGUAGE:
            runs.append(_run(EQUAL, name, seed, *language(name, corpus, steps, seed)))
    longer = round(steps * _seconds(runs, "Mamba") / _seconds(runs, "attention"))
    runs += [_run("equal seconds", "attention", s, *language("attention", corpus, longer, s)) for s in seeds]
    return {"length": LENGTH, "batch": BATCH, "runs": runs}


def _seconds(runs: list[dict], name: str) -> float:
    return sum(run["seconds"] for run in runs if run["name"] == name)


def _run(what: str, name: str, seed: int, model: nn.Module, history: models.History) -> dict:
    curve = [[step, round(value, 4)] for step, value in history.validation]
    sizes = {"parameters": model.parameters_count, "active": active_parameters(model)}
    return {"what": what, "name": name, "seed": seed, "steps": len(history.loss), **sizes,
            "seconds": round(history.seconds, 1), "validation": curve}  # fmt: skip
