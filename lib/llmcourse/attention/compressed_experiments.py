"""The experiments of lecture 07 that train: models that differ only in their layer.

language  characters of the World Factbook: gated units against attention and MLP, and FLASH by the size of its chunks
back      which token stood three places back? Order decides, and no model but one has a position code
latest    which value was written last? What is older than a chunk, MEGA's average must carry (for the lab)
"""

import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Generator, Tensor, nn

from llmcourse import data, models, records, runtime
from llmcourse.records import trials

from .gau import GAU
from .mega import MegaAttention

# --- language

WIDTH, LAYERS, LENGTH, BATCH, S = 64, 2, 128, 8, 32  # of a model with attention and MLP; S of a gated unit
CHUNKS = (8, 32)


def corpus() -> tuple[models.CharTokenizer, Tensor, Tensor]:
    """The World Factbook as characters: the first 95 % to train on, the rest to validate on."""
    text = data.factbook()
    characters = models.CharTokenizer(text)
    tokens = characters.encode(text)
    cut = int(0.95 * len(tokens))
    return characters, tokens[:cut], tokens[cut:]


def language_model(arm: str, characters: int) -> models.GPT:
    """One of LANGUAGE. Two gated units take the place of attention and MLP, with as many parameters as these."""
    attention = models.GPT(characters, WIDTH, LAYERS, partial(models.SoftmaxAttention, heads=2))
    if arm == "attention and MLP":
        return attention
    chunk = None if arm == "GAU" else int(arm.rpartition(" ")[2])
    unit = lambda e: models.GPT(characters, WIDTH, 2 * LAYERS, lambda d: GAU(d, e, S, chunk), mlp=0)
    return min((unit(e) for e in range(96, 129, 2)), key=lambda m: abs(m.parameters_count - attention.parameters_count))


LANGUAGE = ("attention and MLP", "GAU", *(f"FLASH, chunks of {C}" for C in CHUNKS))


def language(arm: str, steps: int, seed: int, lr: float) -> dict:
    """One run on text; "validation" is in nats per character."""
    characters, text, held_out = corpus()
    generator = runtime.seed(seed)
    model = language_model(arm, len(characters)).to(runtime.device())
    batches = models.random_batches(text, LENGTH, BATCH, generator)
    validate = lambda model: math.log(models.perplexity(model, held_out, LENGTH))
    return _trained(model, batches, steps, lr, validate, arm, seed)


# --- which token stood BACK places back?

SYMBOLS, BACK, PLACES = 8, 3, 64
D, H, HEAD, E, CHUNK, DEPTH = 32, 8, 16, 64, 16, 2


def back(batch: int, generator: Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """Random tokens (batch, PLACES); the target is the token BACK places back, -100 where there is none."""
    while True:
        tokens = torch.randint(0, SYMBOLS, (batch, PLACES), generator=generator)
        yield tokens, torch.cat([torch.full((batch, BACK), -100), tokens[:, :-BACK]], dim=1)


class Stack(models.LanguageModel):
    """Embedding, layers (B, L, d) -> (B, L, d), norm, head: nothing in it knows of places but what the layers do."""

    def __init__(self, vocabulary: int, d: int, layers: list[nn.Module], positions: Tensor | None = None):
        super().__init__()
        self.embedding, self.layers = nn.Embedding(vocabulary, d), nn.ModuleList(layers)
        self.norm, self.head = nn.RMSNorm(d), nn.Linear(d, vocabulary, bias=False)
        self.register_buffer("positions", positions)

    def forward(self, tokens: Tensor, state: None = None) -> tuple[Tensor, None]:
        """tokens (B, L) -> logits (B, L, V)."""
        x = self.embedding(tokens)
        x = x if self.positions is None else x + self.positions[: tokens.shape[1]]
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x)), None


class Attention(nn.Module):
    """Softmax attention and an MLP with `hidden` units, each with its norm and residual."""

    def __init__(self, d: int, hidden: int):
        super().__init__()
        self.norm, self.attention = nn.RMSNorm(d), models.SoftmaxAttention(d, heads=2)
        self.mlp = nn.Sequential(nn.RMSNorm(d), nn.Linear(d, hidden), nn.GELU(), nn.Linear(hidden, d))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.norm(x))[0]
        return x + self.mlp(x)


class Mega(nn.Module):
    """A layer of MEGA after a norm; its residual is the gate's."""

    def __init__(self, d: int, **how):
        super().__init__()
        self.norm, self.mega = nn.RMSNorm(d), MegaAttention(d, s=HEAD, e=E, **how)

    def forward(self, x: Tensor) -> Tensor:
        return self.mega(x, self.norm(x))


def sinusoids(L: int, d: int) -> Tensor:
    """Vaswani et al. 2017, section 3.5: (L, d)."""
    angle = torch.arange(L)[:, None] / 10000 ** (torch.arange(0, d, 2) / d)
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(-2)


MEGA: dict[str, dict] = {
    "MEGA": {"h": H},
    "MEGA-chunk": {"h": H, "chunk": CHUNK},
    "MEGA, undamped": {"h": H, "damped": False},
    "MEGA without average": {"h": 0},
    "MEGA-chunk without average": {"h": 0, "chunk": CHUNK},
}
ORDER = ("attention", "attention with positions", *(arm for arm in MEGA if arm != "MEGA without average"))


def order_model(arm: str) -> Stack:
    """One of ORDER. The MLP next to attention is as wide as it takes to have the parameters of MEGA."""
    if arm in MEGA:
        return Stack(SYMBOLS, D, [Mega(D, **MEGA[arm]) for _ in range(DEPTH)])
    size = lambda layer: sum(p.numel() for p in layer.parameters())
    hidden = 1 + (size(Mega(D, h=H)) - size(Attention(D, 1))) // (2 * D + 1)
    positions = sinusoids(PLACES, D) if "positions" in arm else None
    return Stack(SYMBOLS, D, [Attention(D, hidden) for _ in range(DEPTH)], positions)


def order(arm: str, steps: int, seed: int, lr: float) -> dict:
    """One run; "validation" is the share of right answers on 64 new sequences."""
    tokens, targets = next(back(64, torch.Generator().manual_seed(10_000)))

    @torch.no_grad()
    def right(model):
        guess = model(tokens.to(runtime.device()))[0].argmax(-1).cpu()
        return (guess == targets)[targets >= 0].float().mean().item()

    generator = runtime.seed(seed)
    model = order_model(arm).to(runtime.device())
    return _trained(model, back(8, generator), steps, lr, right, arm, seed)


def _trained(model, batches, steps: int, lr: float, validate: Callable, arm: str, seed: int) -> dict:
    every, warm_up = max(1, steps // 6), max(1, steps // 10)
    history = models.train(model, batches, steps, lr, validate, every, warm_up, name=f"{arm}, seed {seed}")
    curve = [[step, round(value, 4)] for step, value in history.validation]
    return {"arm": arm, "seed": seed, "rate": lr, "parameters": model.parameters_count,
            "seconds": round(history.seconds, 1), "validation": curve}  # fmt: skip


RATES, SEEDS = (1e-2, 3e-2, 1e-1, 3e-1), tuple(range(6))


@records.record("07_order")
def record_order(steps: int = 200, seeds: tuple[int, ...] = SEEDS, rates: tuple[float, ...] = RATES) -> dict:
    """Attention and MEGA where order decides, with MEGA's parts taken out."""
    found = trials.compare(order, ORDER, steps, seeds, rates)
    tried = {arm: {f"{rate:g}": score for rate, score in scores} for arm, scores in found.tried.items()}
    return {"steps": steps, "tried": tried, "runs": found.runs}


def last(runs: list[dict], arm: str) -> list[float]:
    """What the runs of an arm ended with, by seed."""
    return [run["validation"][-1][1] for run in sorted(runs, key=lambda run: run["seed"]) if run["arm"] == arm]


# --- which value was written last? For the lab's open task

KEYS, VALUES, ASKED = 8, 8, 16  # tokens are pairs of key and value, then the questions, one for each key


def latest(batch: int, generator: Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """Tokens (batch, PLACES), writes key * VALUES + value and questions KEYS * VALUES + key in any order.

    Targets of the same shape: the value that was written last for the key, and -100 where nothing is asked or known.
    """
    while True:
        draw = lambda high: torch.randint(0, high, (batch, PLACES), generator=generator)
        key, value, asks = draw(KEYS), draw(VALUES), draw(PLACES) < ASKED
        target, last = torch.full((batch, PLACES), -100), torch.full((batch, KEYS), -100)
        for t in range(PLACES):
            now, asked = key[:, t : t + 1], asks[:, t : t + 1]
            known = last.gather(1, now)
            target[:, t : t + 1] = torch.where(asked, known, -100)
            last = last.scatter(1, now, torch.where(asked, known, value[:, t : t + 1]))
        yield torch.where(asks, KEYS * VALUES + key, key * VALUES + value), target
