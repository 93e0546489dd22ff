"""How the arms of an experiment are compared: the same search for a learning rate for each, then paired seeds."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

import torch

SEARCHED = 100  # the seed on which learning rates are chosen: none of those that count


class Trials(NamedTuple):
    """What was found, arm by arm.

    tried  arm -> [(learning rate, score)], on the seed of the search
    rates  arm -> the rate with the best score
    runs   what ran at these rates, seed by seed, and in each seed arm by arm
    """

    tried: dict[str, list[tuple[float, float]]]
    rates: dict[str, float]
    runs: list[dict]


def each(run: Callable, arguments: Iterable[Sequence]) -> list:
    """`run(*a)` for each a in `arguments`, in as many processes as there are cores, with one thread each.

    Results come in the order of the arguments, and do not depend on the number of processes; `run` is a function of a
    module, or a `partial` of one.
    """
    arguments = list(arguments)
    workers = max(1, min(os.cpu_count() or 1, len(arguments)))
    with ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        return [future.result() for future in [pool.submit(run, *a) for a in arguments]]


def compare(
    run: Callable[..., dict], arms: Sequence[str], steps: int, seeds: Sequence[int], rates: Sequence[float],
    sign: int = 1, search: float = 0.5,
) -> Trials:  # fmt: skip
    """Every arm with every seed, at the best of `rates` for that arm; all arms are searched in the same way.

    run     run(arm, steps, seed, rate) trains, and returns a run with its curve "validation", [[step, score], ...]
    sign    1 if a high score is good, -1 if a low one is
    search  the share of the steps that a search takes. With half of them large rates look best to arms that begin to
            learn late: give such arms the whole

    The best rate has the best mean of the whole curve: of two that end level, the one
    that got there first.
    """
    grid = [(arm, rate) for arm in arms for rate in rates]
    found = each(run, [(arm, max(1, int(search * steps)), SEARCHED, rate) for arm, rate in grid])
    tried: dict[str, list[tuple[float, float]]] = {arm: [] for arm in arms}
    for (arm, rate), trial in zip(grid, found):
        tried[arm].append((rate, _mean(trial["validation"])))
    rates = best(tried, sign)
    runs = each(run, [(arm, steps, seed, rates[arm]) for seed in seeds for arm in arms])
    return Trials(tried, rates, runs)


def best(tried: Mapping[str, Sequence[tuple[float, float]]], sign: int = 1) -> dict[str, float]:
    """arm -> the rate with the best score; of equal ones the first that was tried. `sign` as in `compare`."""
    return {arm: max(scores, key=lambda score: sign * score[1])[0] for arm, scores in tried.items()}


def bracketed(tried: Mapping[str, Sequence[tuple[float, float]]], rates: Mapping[str, float]) -> list[str]:
    """The arms whose best learning rate has a worse one on either side: for the others, a wider search may help."""
    ends = {arm: (min(scores)[0], max(scores)[0]) for arm, scores in tried.items()}
    return [arm for arm, rate in rates.items() if rate not in ends[arm]]


def _mean(curve: Sequence[Sequence[float]]) -> float:
    values = [value for _, value in curve]
    return round(sum(values) / len(values), 4)
