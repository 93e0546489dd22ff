"""SmolLM2 on real text: how sparse its attention is, and what becomes of it when only some keys are kept.

    P  (H, n, L)  attention of H heads: n queries, L keys
    the model has 30 layers of 9 heads; it was trained with full attention, to 8,192 tokens

Child et al. 2019, section 4.1 (attention that was learned is sparse in most layers). Xiao et al. 2023, "Efficient
Streaming Language Models with Attention Sinks", section 3.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor

from llmcourse import data, models, records

from .engine import attend
from .patterns import Columns, Pattern, window

Form = Callable[[Tensor, Tensor, Tensor, float, int], Tensor]  # q, k, v (1, H, L, d), the scale, the layer -> o
NAME = "llmcourse"

# --- texts


def texts(count: int, characters: int) -> list[str]:
    """Long pieces of real text, in turn from the World Factbook and from torch's manual, evenly spaced in both."""
    sources = data.factbook(), "\n".join(passage.text for passage in data.manual())
    each = -(-count // 2)
    start = lambda source, n: round(n * (len(source) - characters) / max(1, each - 1)) if each > 1 else 0
    return [source[(s := start(source, n)) : s + characters] for n in range(each) for source in sources][:count]


def tokens(model: models.TextModel, text: str, L: int) -> Tensor:
    """The first L tokens of a text: (1, L). ValueError if it has fewer."""
    found = model.encode(text)[:L]
    if len(found) < L:
        raise ValueError(f"The text has only {len(found)} tokens, not {L}.")
    return torch.tensor([found], device=model.device)


# --- another form of attention in a trained model


@contextmanager
def attending(model: models.TextModel, form: Form) -> Iterator[None]:
    """Inside, every layer of the model attends by this form. k and v are repeated: each head of q has its own."""
    from transformers import AttentionInterface

    def attention(module, q, k, v, mask, scaling, **ignored):
        groups = q.shape[1] // k.shape[1]
        k, v = (x.repeat_interleave(groups, dim=1) for x in (k, v))
        return form(q, k, v, scaling, module.layer_idx).transpose(1, 2), None

    usual = model.model.config._attn_implementation
    AttentionInterface.register(NAME, attention)
    model.model.set_attn_implementation(NAME)
    try:
        yield
    finally:
        model.model.set_attn_implementation(usual)


def full(q, k, v, scale, layer):
    """What the model was trained with."""
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale)


def by_pattern(pattern: Pattern) -> Form:
    """The keys of a pattern and no others, in every layer."""
    return lambda q, k, v, scale, layer: attend(q, k, v, pattern, scale)


@torch.no_grad()
def losses(model: models.TextModel, x: Tensor, form: Form = full, part: int = 512) -> Tensor:
    """-log p of each token of x (1, L) but the first, in nats: (L - 1,). Logits are made for `part` tokens at once."""
    with attending(model, form):
        h = model.model.model(x, use_cache=False).last_hidden_state[0]
    targets = x[0, 1:]
    each = zip(h[:-1].split(part), targets.split(part))
    return torch.cat([F.cross_entropy(model.model.lm_head(a).float(), b, reduction="none") for a, b in each]).cpu()


# --- how sparse is it?

TOP, WINDOWS, SINKS = (1, 8, 32, 64), (64, 256), 4


def weights(q: Tensor, k: Tensor, scale: float, first: int) -> Tensor:
    """The attention of queries `first`, first + 1, ... of one text: q, k (1, H, L, d) -> P (H, L - first, L)."""
    L = q.shape[-2]
    unseen = torch.ones(L, L, dtype=torch.bool, device=q.device).triu(1)[first:]
    return (q[0, :, first:] * scale @ k[0].mT).masked_fill(unseen, -torch.inf).softmax(-1)


def concentration(P: Tensor) -> dict[str, Tensor]:
    """Per head (H,), mean over queries: where the mass lies. The queries of P (H, n, L) are the last n tokens."""
    n, L = P.shape[-2:]
    back = torch.arange(L - n, L, device=P.device)[:, None] - torch.arange(L, device=P.device)  # (n, L) tokens back
    mass = lambda kept: (P * kept).sum(-1).mean(-1)
    most = P.sort(-1, descending=True).values.cumsum(-1)
    found = {"first token": P[..., 0].mean(-1)}
    found |= {f"window {w}": mass(back < w) for w in WINDOWS}
    found[f"window {WINDOWS[-1]} and {SINKS} first"] = mass((back < WINDOWS[-1]) | (back > back[:, :1] - SINKS))
    found |= {f"top {k}": most[..., min(k, L) - 1].mean(-1) for k in TOP}
    found["keys for 0.9"] = (most < 0.9).sum(-1).float().mean(-1) + 1
    rest = P[..., 1:].sort(-1, descending=True).values
    found["top 32 without the first token"] = (rest[..., :32].sum(-1) / rest.sum(-1).clamp(min=1e-9)).mean(-1)
    return found


@torch.no_grad()
def measured(model: models.TextModel, x: Tensor, measure: Callable[[Tensor], object], first: int) -> list:
    """`measure(P)` of every layer, on a text x (1, L), for the queries from `first` on."""
    found = []

    def form(q, k, v, scale, layer):
        found.append(measure(weights(q, k, scale, first)))
        return full(q, k, v, scale, layer)

    with attending(model, form):
        model.model.model(x, use_cache=False)
    return found


def thumbnail(P: Tensor, side: int = 40) -> Tensor:
    """Attention (H, L, L) in side x side squares, each key's weight times the keys that were seen: (H, side, side)."""
    L = P.shape[-1]
    seen = torch.arange(1, L + 1, device=P.device)[:, None]
    return F.adaptive_max_pool2d((P * seen)[None], side)[0]


@records.record("06_sparsity")
def record_sparsity(count: int = 8, L: int = 1024) -> dict:
    """All heads on eight texts; the queries are those of the second half."""
    model, by_text = models.load(dtype=torch.float32), []
    for text in texts(count, 8 * L):
        layers = measured(model, tokens(model, text, L), concentration, L // 2)
        by_text.append({name: torch.stack([layer[name] for layer in layers]) for name in layers[0]})
    mean = {name: torch.stack([one[name] for one in by_text]).mean(0) for name in by_text[0]}  # (layers, H)
    rounded = lambda x: [[round(v, 3) for v in row] for row in x.tolist()]
    per_layer = {name: rounded(torch.stack([one[name].mean(1) for one in by_text])) for name in by_text[0]}
    return {"L": L, "by head": {name: rounded(x) for name, x in mean.items()}, "by text and layer": per_layer}


# --- what if only some keys are kept?

KEPT = 256  # keys that a query sees in every cut form
STEP = 128  # tokens whose mean loss is one number of the record


def cut(kept: int = KEPT, sinks: int = 0, others: Sequence[int] = ()) -> Pattern:
    """`kept` keys: the last ones, and the first `sinks` or some `others`."""
    near = window(kept - sinks - len(others), causal=True)
    far = (*range(sinks), *others)
    return near | Pattern((Columns(far),), True) if far else near


def others(L: int, count: int, seed: int = 0) -> tuple[int, ...]:
    """The control: as many tokens, drawn from the first eighth of the text but for its first sixteen tokens."""
    drawn = torch.randperm(L // 8 - 16, generator=torch.Generator().manual_seed(seed))[:count] + 16
    return tuple(sorted(drawn.tolist()))


def forms(L: int) -> dict[str, Form]:
    """Full attention and what is left of it, by name; all but the first see KEPT keys."""
    cuts = {"window": cut(), "window, 1 sink": cut(sinks=1), "window, 4 sinks": cut(sinks=4)}
    cuts["window, 4 others"] = cut(others=others(L, 4))
    return {"full": full} | {name: by_pattern(pattern) for name, pattern in cuts.items()}


@records.record("06_sinks")
def record_sinks(count: int = 4, L: int = 4096) -> dict:
    """All forms on four texts: mean losses of every STEP tokens, by form and text."""
    model, chosen = models.load(dtype=torch.float32), forms(L)
    rows: dict[str, list] = {name: [] for name in chosen}
    for text in texts(count, 8 * L):
        x = tokens(model, text, L)
        for name, form in chosen.items():
            parts = losses(model, x, form).split(STEP)
            rows[name].append([round(part.mean().item(), 4) for part in parts])
    return {"L": L, "kept": KEPT, "step": STEP, "losses": rows}
