"""The tables of lecture 08: what was measured, in rows."""

from collections.abc import Mapping, Sequence

import torch

from ... import runtime, verdicts
from ...figures import Shown, table
from .. import zoo
from ..engine import Recurrence, chunkwise, recurrent
from ..experiments import last
from . import equalities


def forms(rows: Sequence[tuple]) -> Shown:
    """How far the forms of linear attention are from the loop in float64."""
    shown = [(name, dtype, *(f"{e:.0e}" for e in errors)) for name, dtype, *errors in rows]
    caption = "largest difference from the float64 loop, in units of its root mean square"
    return table(shown, ["form", "numbers", "output", "state", "gradients"], caption)


def map_of_rows(rows: Mapping, apart: Mapping[str, tuple[float, float]], length: int) -> Shown:
    """For every row: what is kept, how far its forms are apart, and what chunks gain over the loop."""
    found, slower = [], []
    for name, row in rows.items():
        inputs = zoo.draw(row, (1, 4), length, 32, 32, torch.Generator().manual_seed(0), torch.float32)
        with torch.no_grad():
            slow, fast = (runtime.quickest(form, row(**inputs), repeat=2) for form in (recurrent, chunkwise))
        exact, rounded = apart[name]
        kept = _kept(row(**inputs))
        found.append((name, kept, f"{exact:.0e}", f"{rounded:.0e}", f"{1e3 * fast:.0f} ms", f"{slow / fast:.1f}"))
        slower += [name] if fast > slow else []
    header = ["row", "what is kept", "forms differ, float64", "chunks, float32", "chunks", "loop / chunks"]
    caption = f"output, state and gradients; time of {length:,} tokens, 4 heads of 32 channels, forward"
    also = f". Chunks are slower than the loop for {', '.join(slower)}" if slower else ""
    return table(found, header, caption + also)


def written(found: Mapping[str, tuple[int, int]], length: int) -> Shown:
    """Bytes per token by row: written by the engine's operations, and outputs and states alone."""
    rows = [(n, f"{a / length:,.0f}", f"{b / length:,.0f}", f"{a / b:.0f}") for n, (a, b) in found.items()]
    header = ["row", "the engine writes", "outputs and states", "times as much"]
    return table(rows, header, f"bytes per token, forward, {length:,} tokens, one head of 64 channels, float32")


def kernels(found: Sequence[tuple[str, float]]) -> Shown:
    """How far the kernels are from the engine."""
    rows = [(name, f"{error:.0e}") for name, error in found]
    return table(rows, ["row", "kernels and engine differ"], "output, state and all gradients, float32, relative")


def _kept(r: Recurrence) -> str:
    if r.channelwise:
        kept = "fades, by channel and state"
    elif r.gv is not None:
        kept = "fades, both sides"
    elif r.gk is not None:
        kept = "fades, one rate" if r.gk.shape[-1] == 1 else "fades, by channel"
    else:
        kept = "all"
    return kept + (", erases" if r.beta is not None else "")


BARE = {"DeltaNet": "delta rule", "gated DeltaNet": "gated delta rule"}  # as the record of 2026-11-23 calls them


def with_bare_rules(record: Mapping) -> dict:
    """The record of recall in which DeltaNet was the bare delta rule, under the name of what ran."""
    runs = [run | {"mixer": BARE.get(run["mixer"], run["mixer"])} for run in record["runs"]]
    return {**record, "runs": runs}


def example_of_recall(tokens: Sequence[int], targets: Sequence[int], keys: int) -> Shown:
    """One sequence of the recall task: pairs, in order; keys that are overwritten later are marked."""
    pairs = len([t for t in targets if t < 0]) // 2
    name = lambda token: f"k{token}" if token < keys else f"v{token - keys}"
    written = " ".join(f"{name(tokens[2 * i])}={name(tokens[2 * i + 1])}" for i in range(pairs))
    asked = " ".join(f"{name(k)}→{name(v)}" for k, v in zip(tokens[2 * pairs :], targets[2 * pairs :]))
    return table([("read", written), ("asked, and the right answers", asked)], ["what", "tokens"], "one sequence")


def searched(record: Mapping, unit: str, least: float = -torch.inf, most: float = torch.inf) -> Shown:
    """Each mixer of a record at the best of its learning rates."""
    rows = []
    for name, rates in record["rates"].items():
        runs = [r for r in record["runs"] if r["mixer"] == name]
        found = verdicts.mean(last(record["runs"], name), least, most)
        tried = ", ".join(f"{rate}: {value:.3f}" for rate, value in rates.items())
        cpu = sum(r["seconds"] for r in runs) / len(runs)
        rows.append((name, f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})", tried, f"{cpu:.0f}"))
    seeds = len({r["seed"] for r in record["runs"]})
    header = ["mixer", f"{unit}, 95 % interval", "mean over a search, by learning rate", "CPU seconds"]
    return table(rows, header, f"{seeds} seeds at the best rate; {record['steps']} steps")


def reads(found: Mapping[str, torch.Tensor], at: Sequence[int]) -> Shown:
    """Size of outputs (batch, L, d) after some tokens, and their largest entry."""
    size = lambda o, t: f"{o[:, t - 1].square().mean().sqrt():.2g}"
    rows = [(name, *(size(o, t) for t in at), f"{o.abs().max():.2g}") for name, o in found.items()]
    return table(rows, ["output", *(f"size at {t} tokens" for t in at), "largest entry"], "values have size 1")


def apart(rows: Mapping) -> dict[str, tuple[float, float]]:
    """For every row, how far its forms are apart (float64), and chunks in float32 from the loop."""
    return {name: equalities.of_row(row) for name, row in rows.items()}
