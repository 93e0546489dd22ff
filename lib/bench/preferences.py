"""`python -m lib.bench.preferences`: Bradley-Terry ratings for many players, against choix; one thread.

100 games per player, abilities drawn from N(0, 1), everybody linked to everybody. All methods of one size run in turn.
A method that is likely to need more than TOO_LONG at the next size is not run there.
"""

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # read when torch is imported

import torch
from llmcourse.preferences import games
from torch import Tensor

from . import machine, measure, report

PLAYERS = (100, 300, 1000, 3000, 10_000)
EACH = 100
TOO_LONG = 60.0  # seconds
PAGE = Path(__file__).resolve().parents[1] / "BENCHMARKS-preferences.md"
OWN = "Newton, sparse"
Method = Callable[[Tensor, Tensor, int], Tensor]
Measured = dict[tuple[str, int], tuple[float, float]]  # (method, n) -> seconds, distance from Newton


def methods() -> dict[str, Method]:
    """Name -> a function of winners (G,), losers (G,) and n that returns log-ratings (n,) of mean 0."""
    found: dict[str, Method] = {
        OWN: lambda w, l, n: games.newton(games.collect(w, l, n))[0],
        "MM, sparse": lambda w, l, n: games.mm(games.collect(w, l, n), tolerance=1e-8)[0],
    }
    try:
        import choix
    except ImportError:
        return found

    def theirs(fit):
        return lambda w, l, n: torch.tensor(fit(n, list(zip(w.tolist(), l.tolist()))), dtype=torch.float64)

    return found | {
        "choix.opt_pairwise": theirs(choix.opt_pairwise),
        "choix.mm_pairwise": theirs(choix.mm_pairwise),
        "choix.ilsr_pairwise": theirs(choix.ilsr_pairwise),
    }


def draw(n: int) -> tuple[Tensor, Tensor]:
    """Winners and losers of EACH n games between random players."""
    g = torch.Generator().manual_seed(0)
    r, count = torch.randn(n, generator=g, dtype=torch.float64), EACH * n
    a = torch.randint(n, (count,), generator=g)
    b = (a + torch.randint(1, n, (count,), generator=g)) % n
    first = torch.rand(count, generator=g, dtype=torch.float64) < torch.sigmoid(r[a] - r[b])
    return torch.where(first, a, b), torch.where(first, b, a)


def run(sizes: tuple[int, ...] = PLAYERS) -> Measured:
    found: Measured = {}
    for n in sizes:
        winner, loser = draw(n)
        reference = games.newton(games.collect(winner, loser, n))[0]
        for name, method in methods().items():
            if _over(found, name, n, sizes):
                continue
            seconds, r = _timed(partial(method, winner, loser, n))
            found[name, n] = (seconds, (r - r.mean() - reference).abs().max().item())
            print(f"n = {n}: {name} {seconds:.2f} s", flush=True)
    return found


def _timed(call: Callable[[], Tensor]) -> tuple[float, Tensor]:
    answer: list[Tensor] = []
    return measure.seconds(lambda: answer.append(call())), answer[0]


def _over(found: Measured, name: str, n: int, sizes: tuple[int, ...]) -> bool:
    """Whether it will likely take too long, judging by the previous size: dense matrices grow faster than the games."""
    place = sizes.index(n)
    if place == 0:
        return False
    before = found.get((name, sizes[place - 1]))
    power = {"choix.ilsr_pairwise": 3, "choix.opt_pairwise": 2}.get(name, 1.3)
    return before is None or before[0] * (n / sizes[place - 1]) ** power > TOO_LONG


def page(found: Measured, sizes: tuple[int, ...], took: float, load: str) -> str:
    lines = ["# Bradley-Terry for many players", "",
             f"Written by `make bench`; {EACH} games per player, one thread.", "",
             f"- Machine: {machine.describe('cpu')}.", f"- {time.strftime('%Y-%m-%d')}; {took:.0f} s; {load}.",
             "- Processor time, from lists of winners and losers to ratings; each method decides when to stop.",
             f"- `-`: likely to need more than {TOO_LONG:.0f} s, judging by the previous size.", ""]  # fmt: skip
    lines += ["## Targets", "", "| target | measured | |", "|---|---|---|", *_targets(found, sizes), ""]
    lines += ["## Seconds (largest difference from Newton's log-ratings)", ""]
    lines += ["| method | " + " | ".join(f"{n:,} players" for n in sizes) + " |", "|---|" + "---|" * len(sizes)]
    for name in dict.fromkeys(name for name, _ in found):
        cells = [f"{found[name, n][0]:.2g} ({found[name, n][1]:.0e})" if (name, n) in found else "-" for n in sizes]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _targets(found: Measured, sizes: tuple[int, ...]) -> list[str]:
    seconds = found[OWN, sizes[-1]][0]
    rows = [f"| {sizes[-1]:,} players, {EACH * sizes[-1]:,} games in seconds | {seconds:.1f} s | "
            f"{'reached' if seconds < 10 else '**not reached**'} |"]  # fmt: skip
    theirs = [(n, name) for name, n in found if name.startswith("choix")]
    if not theirs:
        return [*rows, "| against choix | not measured: it is not installed | |"]
    n = max(size for size, _ in theirs)
    best = min((found[name, n][0], name) for size, name in theirs if size == n)
    factor = best[0] / found[OWN, n][0]
    what = f"against choix's fastest at the largest size it manages, {n:,} players ({best[1]})"
    return [*rows, f"| {what} | {factor:.1f} x | "
                   f"{'reached' if factor >= 1 else '**not reached**'} |"]  # fmt: skip


def main() -> int:
    torch.set_num_threads(1)
    start, load = time.time(), report.load()
    found = run()
    PAGE.write_text(page(found, PLAYERS, time.time() - start, f"load average {load} before"), encoding="utf-8")
    print(f"wrote lib/{PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
