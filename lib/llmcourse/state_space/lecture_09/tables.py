"""The tables of lecture 09: what was measured, in rows."""

import math
from collections.abc import Mapping, Sequence

from torch import Tensor

from ...figures import Shown, table
from ...verdicts import mean


def matrix(A: Tensor) -> Shown:
    """The entries of A (N, N), with roots as roots."""
    root = lambda v: f"√{v * v:.0f}" if v and math.sqrt(v * v) % 1 else f"{v:g}"
    caption = f"A of LegS for N = {len(A)}, row by row n = 0 to {len(A) - 1}"
    return table([[root(v) for v in row] for row in A.tolist()], [f"k = {k}" for k in range(len(A))], caption)


def hindsight(online: Mapping[str, Mapping[int, float]], best: Mapping[str, Mapping[int, float]],
              sizes: Sequence[int]) -> Shown:  # fmt: skip
    """Errors of hearing once, and of the best fit, for some sizes."""
    rows = [(kind, *(f"{100 * e[N]:.2g} ({100 * best[kind][N]:.2g})" for N in sizes)) for kind, e in online.items()]
    return table(
        rows, ["signal", *(f"N = {N}" for N in sizes)], "error in % of the standard deviation, online (best fit)"
    )


def faster(changes: Mapping[int, tuple[float, float]]) -> Shown:
    """Change of the coefficients of LegS and LegT when every second sample is left out, by N."""
    rows = [(N, f"{legs:.2%}", f"{legt:.0%}") for N, (legs, legt) in changes.items()]
    caption = "change of the coefficients when every second sample is left out"
    return table(rows, ["N", "LegS", "LegT, window of fixed samples"], caption)


def conditions(found: Mapping[int, tuple[float, float, float]]) -> Shown:
    """Condition of LegS's eigenvectors, of its normal part's, and the error of putting A together again, by N."""
    told = lambda condition: f"{condition:.0e}" if condition < 1e16 else "over 1e16: not measurable"
    rows = [(N, told(legs), f"{normal:.6f}", f"{off:.0e}") for N, (legs, normal, off) in found.items()]
    header = ["N", "condition of LegS's eigenvectors", "of the normal part's", "A, put together again, is off by"]
    return table(rows, header, "a condition of 1e11 costs eleven of float64's sixteen digits")


def costs(seconds: Mapping[int, tuple[float, float]]) -> Shown:
    """Seconds for a convolution and for one step, by length."""
    rows = [(f"{L:,}", f"{1e3 * once:.1f}", f"{1e3 * L * step:.0f}") for L, (once, step) in seconds.items()]
    header = ["length", "convolution, ms", "as many steps, ms"]
    return table(rows, header, "16 channels, N = 64; a step costs the same at any length")


def accuracies(runs: Sequence[Mapping], wait: int) -> Shown:
    """Accuracy after the wait and without it, with intervals over seeds, and what a network costs."""
    names = list(dict.fromkeys(run["network"] for run in runs))

    def told(name: str, after: int) -> str:
        final = [run["validation"][-1][1] for run in runs if (run["network"], run["wait"]) == (name, after)]
        if not final:
            return "not run"
        m = mean(final, least=0, most=1)
        return f"{m.value:.2f} ({m.low:.2f} to {m.high:.2f})"

    def row(name: str) -> tuple:
        mine = [run for run in runs if run["network"] == name and run["wait"] == wait]
        rate = "; ".join(dict.fromkeys(f"{run.get('lr', 3e-3 if name.startswith('S4D') else 2e-3):g}" for run in mine))
        return (name, f"{mine[0]['parameters']:,}", rate, len(mine), told(name, wait), told(name, 0))

    header = ["network", "parameters", "rate", "seeds", f"after the wait of {wait}", "asked at once"]
    return table([row(name) for name in names], header, "test digits right, 95 % intervals over seeds; chance is 0.1")


def searched(search: Sequence[Mapping]) -> Shown:
    """The search over learning rates: accuracy after the wait, one seed, half as many steps."""
    rates = sorted({run["lr"] for run in search})
    final = {(run["network"], run["lr"]): run["validation"][-1][1] for run in search}
    names = dict.fromkeys(run["network"] for run in search)
    rows = [(name, *(f"{final[name, lr]:.2f}" for lr in rates)) for name in names]
    return table(rows, ["network", *(f"rate {lr:g}" for lr in rates)], f"after {search[0]['steps']} steps, seed 9")
