"""The claims of lecture 08, each put to the test.

Differences are paired: the same seed, so the same start and the same batches. The thresholds, and the smallest effects
worth seeing: losses in nats per character, recall as a share of the keys that are asked for.
"""

from collections.abc import Mapping, Sequence

from torch import Tensor

from ...figures import Claim, Shown, claims
from ...verdicts import Estimate, exact, mean, paired, share, together, told, verdict
from ..experiments import last
from . import equalities

LOSS = 0.02  # a worse loss by less is no price
SOLVED, AHEAD = 0.9, 0.1  # recall of a model that solves the task, and its lead that is worth seeing
EXACT, SINGLE = 1e-9, 1e-5  # rounding in float64 and in float32, in units of the result
SEPARATED, FLAT, GROWN = 0.99, 1.3, 2.0  # share of points; factors of a token's cost from the shortest context on
HITS = 0.02  # share of keys that are read back


def verdicts(right: Mapping[str, Sequence[int]], n: int, kernel_error: float, times: Mapping[str, Tensor],
             contexts: Sequence[int], form_error: float, quality: Mapping, capacity: Mapping, keys: int,
             recall: Mapping, apart: Mapping[str, tuple[float, float]], strong: float) -> Shown:  # fmt: skip
    """What became of the claims.

    right         map -> how many of n new points are right, by seed
    times         softmax, linear -> microseconds of a token (rounds, contexts)
    form_error    the largest difference of the forms of linear attention, float64
    quality       the record 08_quality
    recall        the runs of the records 08 (with bare delta rules) and 08_recall (with DeltaNet)
    capacity      method -> error and hits by trial, after writing as many distinct keys as `keys` says
    apart         row -> how far its forms are apart, in float64 and in float32
    strong        error of a chunk in float32 under the strongest decay
    """
    return claims(
        [
            _kernel(right, n, kernel_error),
            _cost(times, contexts),
            Claim(
                "With a normaliser, the recurrent, the parallel and the chunked form are the same layer",
                f"output, state and gradients differ by {form_error:.0e} in float64",
                verdict(exact(form_error), under=EXACT),
            ),
            _quality(quality),
            _capacity(capacity, keys),
            _recall(recall),
            *_equalities(apart, strong),
        ]
    )


def _kernel(right: Mapping[str, Sequence[int]], n: int, kernel_error: float) -> Claim:
    line, curve = (share(sum(k), n * len(k)) for k in (right["a line"], right["a quadratic curve"]))
    return Claim(
        "A linear classifier on the quadratic features separates two rings, one on the coordinates does not; "
        "both kernels are equal",
        f"new points right, {told('.3f', on_the_features=curve, on_the_coordinates=line)}; "
        f"kernels differ by {kernel_error:.0e}",
        together(
            features=verdict(curve, over=SEPARATED),
            coordinates=verdict(line, under=SEPARATED),
            kernels=verdict(exact(kernel_error), under=EXACT),
        ),
    )


def _cost(times: Mapping[str, Tensor], contexts: Sequence[int]) -> Claim:
    grown = {name: mean((t[:, -1] / t[:, 0]).tolist(), least=0) for name, t in times.items()}
    return Claim(
        "The cost of a generated token does not depend on the context for linear attention, and grows for softmax "
        "attention",
        f"at {contexts[-1]:,} tokens, times the cost at {contexts[0]}, {told('.3f', **grown)}",
        together(
            linear_stays=verdict(grown["linear"], under=FLAT), softmax_grows=verdict(grown["softmax"], over=GROWN)
        ),
    )


def cheaper_from(times: Mapping[str, Tensor], contexts: Sequence[int]) -> int | None:
    """The shortest context from which on linear attention is cheaper, by the interval of the paired difference."""
    gains = [paired(a.tolist(), b.tolist()) for a, b in zip(times["softmax"].T, times["linear"].T)]
    dearer = [context for context, gain in zip(contexts, gains) if gain.low <= 0]
    return next((context for context in contexts if context > max(dearer, default=0)), None)


def price(runs: Sequence[Mapping]) -> Estimate:
    """By how much the loss of linear attention is above that of softmax attention, seed by seed."""
    return paired(*(last(runs, name) for name in ("linear", "softmax")))


def _quality(record: Mapping) -> Claim:
    gap = price(record["runs"])
    return Claim(
        "Linear attention reaches the quality of softmax attention",
        f"{told('.3f', loss_higher_by=gap)}; {record['steps']} steps, each at the best of its learning rates",
        verdict(gap, under=LOSS),
        "A small model and a short training. At one rate for both, the lowest, the gap is wider.",
    )


def _capacity(found: Mapping[str, tuple[Tensor, Tensor]], keys: int) -> Claim:
    (error, hits), (errors, sums) = found["delta rule"], found["linear attention"]
    gains = {
        "squared_error": paired(error.tolist(), errors.tolist()),
        "share_of_keys_read_back": paired(hits.tolist(), sums.tolist()),
    }
    return Claim(
        "Fast weights: the delta rule holds more than the sum",
        f"{keys} keys in 64 dimensions, delta rule less sum, {told('.3f', **gains)}",
        together(
            smaller_error=verdict(gains["squared_error"], under=0),
            more_keys=verdict(gains["share_of_keys_read_back"], over=0, worth=HITS),
        ),
        "Different random keys, one pass: the last writes disturb the first.",
    )


def _recall(record: Mapping) -> Claim:
    found = {name: mean(last(record["runs"], name), 0, 1) for name in ("linear", "delta rule", "DeltaNet", "softmax")}
    lead = paired(last(record["runs"], "DeltaNet"), last(record["runs"], "linear"))
    return Claim(
        "DeltaNet solves recall with overwritten keys, linear attention does not",
        f"share right, {told('.3f', **found)}; DeltaNet ahead of linear by {lead.told('.3f')}; one learning rate for "
        "all",
        together(
            DeltaNet_solves_it=verdict(found["DeltaNet"], over=SOLVED),
            linear_does_not=verdict(found["linear"], under=SOLVED),
            lead=verdict(lead, over=0, worth=AHEAD),
        ),
    )


def _equalities(apart: Mapping[str, tuple[float, float]], strong: float) -> list[Claim]:
    gate, output, finite = equalities.mlstm_with_large_gates()
    rank = equalities.mamba2_rank()
    return [
        _agree("Linear attention; + kernel", "recurrent = parallel = chunkwise", apart, "linear", "kernel"),
        _agree("Gated RFA, DFW, HGRN-2, RWKV-6", "the forms agree", apart, "gated_rfa", "dfw", "hgrn2", "rwkv6"),
        _agree("RetNet", "three forms agree", apart, "retnet"),
        _equal("S4 (table row): a recurrence that is a convolution", equalities.s4_is_a_convolution(), EXACT),
        _equal("Mamba (table row): a scan for each channel and state", equalities.mamba_is_a_scan(), EXACT),
        _equal("GLA: agrees under strong decay, without overflow", strong, SINGLE, " in float32"),
        Claim(
            "mLSTM: no overflow with large input gates",
            f"largest input gate e^{gate:.0f}, output at most {output:.1f}",
            verdict(exact(finite), over=0.5),
        ),
        Claim(
            "Mamba-2: SSD, a semiseparable matrix",
            f"a 32 × 32 block below the diagonal has rank {rank}, d_k = 4; forms differ by {apart['mamba2'][0]:.0e}",
            together(rank=verdict(exact(rank), under=4.5), forms=verdict(exact(apart["mamba2"][0]), under=EXACT)),
        ),
    ]


def _agree(who: str, what: str, apart: Mapping[str, tuple[float, float]], *rows: str) -> Claim:
    return _equal(f"{who}: {what}", max(apart[row][0] for row in rows), EXACT)


def _equal(claim: str, error: float, most: float, where: str = "") -> Claim:
    return Claim(claim, f"differ by {error:.0e}{where}", verdict(exact(error), under=most))
