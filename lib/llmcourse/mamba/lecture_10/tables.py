"""The tables of lecture 10: what was measured, in rows."""

from collections.abc import Mapping, Sequence

from ... import verdicts
from ...figures import Shown, table
from ...records import trials
from .. import networks
from ..experiments import EQUAL, TWICE
from . import runs
from .runs import Runs, told


def work(lengths: Sequence[int]) -> Shown:
    """Pairs joined, and rounds, of a loop and of two parallel scans."""
    rows = [("a loop", *(f"{L - 1:,} in {L - 1:,}" for L in lengths))]
    for name, network in (("look back", networks.look_back), ("up and down a tree", networks.tree)):
        rows.append((name, *(f"{networks.work(network(L)):,} in {len(network(L))}" for L in lengths)))
    return table(rows, ["scan", *(f"L = {L:,}" for L in lengths)], "pairs joined, in how many rounds")


def times(took: Mapping[str, Sequence[float]], lengths: Sequence[int], sizes: str) -> Shown:
    rows = [(name, *(f"{1e3 * s:.1f}" for s in seconds)) for name, seconds in took.items()]
    return table(rows, ["form", *(f"L = {L:,}" for L in lengths)], f"milliseconds, forward, {sizes}")


def memory(kept: Mapping[str, int], inputs: int, sizes: str) -> Shown:
    rows = [(name, f"{held / 1e6:.1f}", f"{held / inputs:.1f}") for name, held in kept.items()]
    caption = f"between forward and backward pass, {sizes}; inputs {inputs / 1e6:.1f} MB"
    return table(rows, ["form", "megabytes kept", "in units of the inputs"], caption)


def kernel(found: Mapping[str, float]) -> Shown:
    """How far the kernel is from the pieces on the CPU."""
    rows = [(name, f"{error:.0e}") for name, error in found.items()]
    return table(rows, ["", "kernel and pieces differ"], "float32, relative to the root mean square")


def copying(record: Mapping) -> Shown:
    found = record["runs"]
    rows = []
    for name in runs.names(found):
        arm, longer = runs.of(found, name, EQUAL), runs.finals(found, name, TWICE)
        first, reached = arm[0], told(runs.finals(found, name, EQUAL))
        rows.append((name, f"{first['parameters']:,}", _rate(record, name), reached, told(longer) if longer else "",
                     f"{runs.average(arm, 'seconds'):.0f}"))  # fmt: skip
    header = ["block", "parameters", "learning rate", f"{first['steps']} steps", TWICE, "CPU s"]
    caption = f"{record['noise']} tokens of noise; share of tokens copied, {_seeds(found)}; {SEARCH}"
    return table(rows, header, caption)


def induction(record: Mapping) -> Shown:
    found = record["runs"]
    lengths = [L for L in found[0]["lengths"] if int(L) in (64, 256, 1024, 4096)]
    rows = []
    for name in runs.names(found):
        arm = runs.of(found, name)
        by_seed = [" / ".join(f"{run['lengths'][L]:.2f}" for run in arm) for L in lengths]
        rows.append((name, *by_seed, arm[0]["steps"], f"{runs.average(arm, 'seconds'):.0f}"))
    header = ["block", *(f"{int(L):,}" for L in lengths), "steps", "CPU s"]
    return table(
        rows, header, "share right at each length, seed by seed; 256 questions, 48 at the longest; trained at 64"
    )


SEARCH = "the same search for a learning rate for each"


def _rate(record: Mapping, name: str) -> str:
    """The learning rate of an arm, and whether a higher or a lower one was tried."""
    rate = record["rates"][name]
    inner = name in trials.bracketed(record["tried"], record["rates"])
    return f"{rate:g}" + ("" if inner else " (an end of the search)")


def _seeds(found: Runs) -> str:
    return f"mean of {len({run['seed'] for run in found})} seeds, 95 % interval"


def experts(found: Runs, names: Sequence[str]) -> Shown:
    rows = []
    for name in names:
        arm = runs.of(found, name, EQUAL)
        rows.append((name, f"{arm[0]['parameters']:,}", f"{arm[0]['active']:,}",
                     told(runs.finals(found, name, EQUAL), most=float("inf")),
                     f"{runs.average(arm, 'seconds'):.0f}"))  # fmt: skip
    header = ["model", "parameters", "active", "loss, nats per character", "CPU s"]
    return table(rows, header, f"{arm[0]['steps']} steps, mean of {len(arm)} seeds with its 95 % interval")


def contest(task: Mapping, measure: str, note: str) -> Shown:
    """What each contender of a task reached, mean and seeds."""
    found = task["runs"]
    rows = []
    for name in runs.names(found):
        arm, last = runs.of(found, name), runs.finals(found, name)
        seeds = " / ".join(f"{value:.3f}" for value in last)
        rows.append(
            (runs.shown(name), f"{arm[0]['parameters']:,}", told(last), seeds, f"{runs.average(arm, 'seconds'):.0f}")
        )
    header = ["network", "parameters", measure, "seed by seed", "CPU s"]
    return table(rows, header, f"{task['steps']} steps; mean with its 95 % interval over the seeds; {note}")


def another_test_set(share: float, n: int) -> str:
    """How far a share that was counted on n test pictures could be off by the choice of the pictures."""
    low, high = verdicts.wilson(share, n)
    return f"another {n} test pictures could move a share of {share:.2f} to anywhere from {low:.2f} to {high:.2f}"
