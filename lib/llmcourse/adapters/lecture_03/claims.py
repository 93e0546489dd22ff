"""The claims of lecture 03, each put to the test on its records.

Differences are paired by seed. The smallest effects worth seeing: 0.05 of the answers between two methods, half of the
squares of a change in its first eight directions, and 0.3 between two correlations.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean

from torch import Tensor

from ...figures import Claim, Shown, claims
from ...verdicts import Estimate, exact, mean, paired, together, told, verdict
from ..experiments import PENALTIES, RANKS
from . import runs
from .runs import Run

WORTH, HALF, APART = 0.05, 0.5, 0.3  # smallest effects worth seeing
FEW = 0.1  # of the parameters, or of the bytes: what "a few" may be
ROUNDING = 1e-4  # of the largest logit
SLOWER = 1.1  # times the base's time for a token, which no user would notice


def verdicts(found: Sequence[Run], held: Mapping[str, Tensor], layers: Sequence[float], merged: Mapping) -> Shown:
    """What became of the claims.

    found   the runs of the records 03_ranks and 03_gates
    held    of the small model's weights and of their change: the share of squares in the first k directions (81,)
    layers  of SmolLM2's change, layer by layer: the share in the first eight directions
    merged  error of the largest logit, "slower" per turn and the adapter's "size" as a share of the model's
    """
    return claims(
        [
            _bottleneck(found),
            _lora(found, merged),
            _low_rank(held, layers),
            _adalora(found),
            _sora(found),
            _alora(found),
            _dylora(found),
            _dora(found),
        ]
    )


def _against_full(found: Sequence[Run], method: str, r: int) -> Estimate:
    return paired(runs.accuracies(found, method, r), runs.accuracies(found, "full fine-tuning", 0))


def _bottleneck(found: Sequence[Run]) -> Claim:
    behind = _against_full(found, "bottleneck", 4)
    count = lambda method, r: runs.of(found, method, r)[0]["parameters"]
    few = exact(count("bottleneck", 4) / count("full fine-tuning", 0))
    return Claim(
        "A bottleneck reaches the fine-tuned quality with a few per cent of the parameters",
        f"{few.told('.0%')} of the parameters; {told(**{'against full fine-tuning': behind})}",
        together(few_parameters=verdict(few, under=FEW), as_good=verdict(behind, over=-WORTH)),
        "A new skill, a small model and a short training: the papers' tasks are nearer to what their models know.",
    )


def _lora(found: Sequence[Run], merged: Mapping) -> Claim:
    near = mean(runs.accuracies(found, "LoRA", 1, task="near"), most=1)
    far = _against_full(found, "LoRA", max(RANKS))
    slower = mean(merged["slower"])
    return Claim(
        "LoRA: a small rank is enough; merged, it gives the same outputs at no cost; the file is small",
        f"near, rank 1: {near}; far, rank {max(RANKS)} against full fine-tuning: {far.told('+.2f')}; merged outputs "
        f"differ by {merged['error']:.0e}; a token takes {slower} times the base's time; the file is "
        f"{merged['size']:.1%} of the model's",
        together(
            rank_1_near=verdict(near, over=1 - WORTH),
            rank_16_far=verdict(far, over=-WORTH),
            same_outputs=verdict(exact(merged["error"]), under=ROUNDING),
            no_cost=verdict(slower, under=SLOWER),
            small_file=verdict(exact(merged["size"]), under=FEW),
        ),
        "Which rank is enough depends on how far the task is, and on how long one trains.",
    )


def _low_rank(held: Mapping[str, Tensor], layers: Sequence[float]) -> Claim:
    real = mean(layers, least=0, most=1)
    eight = {name: exact(curve[8].item()) for name, curve in held.items()}
    return Claim(
        "What fine-tuning adds to a weight is close to low rank",
        f"squares in the first eight directions, SmolLM2, six layers: {real}; small model, "
        + ", ".join(f"{name} {share}" for name, share in eight.items()),
        together(
            SmolLM2=verdict(real, over=HALF),
            **{name.replace(" ", "_"): verdict(share, over=HALF) for name, share in eight.items() if "change" in name},
        ),
    )


def _adalora(found: Sequence[Run]) -> Claim:
    arms = runs.of(found, "AdaLoRA", 4)
    spread = mean([max(run["ranks"].values()) - min(run["ranks"].values()) for run in arms])
    ahead = paired(runs.accuracies(found, "AdaLoRA", 4), runs.accuracies(found, "LoRA", 4))
    return Claim(
        "AdaLoRA keeps rank where it matters, and beats LoRA at an equal budget",
        f"largest less smallest rank of a layer: {spread.told('.1f')}; {told(against_LoRA_of_rank_4=ahead)}",
        together(ranks_differ=verdict(spread, over=1), better=verdict(ahead, over=0, worth=WORTH)),
        "It trains six ranks a layer to keep four, and has 200 steps to choose; a longer training may differ.",
    )


def _sora(found: Sequence[Run]) -> Claim:
    arms = [runs.of(found, "SoRA", 4, penalty=penalty) for penalty in (PENALTIES[0], PENALTIES[-1])]
    gates = paired(*([runs.mean_rank(run) for run in arm] for arm in reversed(arms)))
    right = paired(*([run["accuracy"] for run in arm] for arm in reversed(arms)))
    return Claim(
        "SoRA: a larger penalty closes gates, at little loss",
        f"penalty {PENALTIES[-1]:g} against {PENALTIES[0]:g}: gates a layer {gates.told('+.1f')}; "
        f"right {right.told('+.2f')}",
        together(closes_gates=verdict(gates, under=0, worth=-1), little_loss=verdict(right, over=-WORTH)),
        "With nearly four gates open it is behind LoRA of rank 4: more is lost than the ranks that close.",
    )


def _alora(found: Sequence[Run]) -> Claim:
    right = runs.accuracies(found, "ALoRA", 4)
    moving = paired(right, runs.accuracies(found, "ALoRA, nothing moved", 4))
    ahead = paired(right, runs.accuracies(found, "LoRA", 4))
    moved = mean([sum(max(rank - 4, 0) for rank in run["ranks"].values()) for run in runs.of(found, "ALoRA", 4)])
    return Claim(
        "ALoRA moves ranks between layers, and gains by it",
        f"ranks moved, of 64: {moved.told('.0f')}; "
        + told(against_the_same_rounds_with_nothing_moved=moving, against_LoRA_of_rank_4=ahead),
        together(moves=verdict(moved, over=1), gains=verdict(moving, over=0, worth=WORTH)),
    )


def _dylora(found: Sequence[Run]) -> Claim:
    behind = {f"rank_{r}": paired(runs.cut(found, "DyLoRA", r), runs.accuracies(found, "LoRA", r)) for r in RANKS}
    cut = paired(runs.cut(found, "DyLoRA", 4), runs.cut(found, "LoRA", 4))
    return Claim(
        "DyLoRA can be cut where a LoRA can't, and is then as good as a LoRA of that rank",
        f"cut to 4, against a LoRA of rank 16 whose first four are kept: {cut.told('+.2f')}; "
        f"against LoRA trained at that rank, {told(**behind)}",
        together(
            can_be_cut=verdict(cut, over=0, worth=WORTH),
            **{f"as_good_at_{name}": verdict(gap, over=-WORTH) for name, gap in behind.items()},
        ),
        "Three LoRAs take three times the steps of one DyLoRA, which shares its steps among sixteen ranks.",
    )


def _dora(found: Sequence[Run]) -> Claim:
    names = {"full fine-tuning": 0, "LoRA": 4, "DoRA": 4}
    r = {name: runs.correlations(runs.of(found, name, rank)) for name, rank in names.items()}
    ahead = paired(runs.accuracies(found, "DoRA", 4), runs.accuracies(found, "LoRA", 4))
    full, lora = (mean(r[name], least=-1, most=1) for name in ("full fine-tuning", "LoRA"))
    return Claim(
        "DoRA beats LoRA; LoRA turns and stretches a weight together, full fine-tuning and DoRA do not",
        f"{told(against_LoRA_of_rank_4=ahead)}; correlations "
        + ", ".join(f"{name} {fmean(values):.2f}" for name, values in r.items()),
        together(
            better=verdict(ahead, over=0, worth=WORTH),
            LoRA_together=verdict(lora, over=0, worth=APART),
            **{"full fine-tuning apart": verdict(full, under=APART)},
            DoRA_more_apart_than_LoRA=verdict(paired(r["DoRA"], r["LoRA"]), under=0, worth=-APART),
        ),
        "The paper looks at layers and checkpoints of large models; here are 16 layers of a small one.",
    )
