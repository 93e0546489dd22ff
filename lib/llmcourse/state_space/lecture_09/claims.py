"""The claims of lecture 09, each put to the test.

What a matrix does has no chance in it: such numbers are compared with a bound as they are. Accuracies after training
are differences of two networks with the same seeds, in shares of the test digits; what is read back from noise is a
mean over draws of the noise.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ...figures import Claim, Shown, claims
from ...verdicts import exact, improved, mean, paired, together, told, verdict

ACCURACY = 0.05  # smallest difference of accuracy worth seeing
ORDER = 0.1  # how near a measured order must be to a whole number
ROUNDING = 1e-6  # what two ways to compute the same thing may differ by, as a share of the largest value
DRAWN_AGAIN = 0.03  # an error of the drawing, in standard deviations, that the eye hardly sees
SAME = 0.01  # a change of coefficients that counts as none
LOST, KEPT = 0.9, 0.05  # shares of the input that cannot be read back


class Measured(NamedTuple):
    """What the lecture has measured.

    orders    where x is sampled -> method -> measured order of accuracy
    forms     difference of recurrence and convolution
    errors    kind of signal -> size N -> error online; best: the same in hindsight
    faster    change of LegS's coefficients when every second sample is left out, by N
    edge      delay -> share of the input that LegT has lost, one number for each draw of the noise
    accuracy  network -> accuracy after the wait, one number per seed
    kernel    difference of S4's kernel from the powers of its matrix, as a share of the largest value
    """

    orders: Mapping[str, Mapping[str, float]]
    forms: float
    errors: Mapping[str, Mapping[int, float]]
    faster: Mapping[int, float]
    edge: Mapping[int, Sequence[float]]
    accuracy: Mapping[str, Sequence[float]]
    kernel: float


def verdicts(measured: Measured) -> Shown:
    """What became of the claims."""
    return claims(
        [
            _discretisation(measured.orders, measured.forms),
            _reconstruction(measured.errors),
            _timescale(measured.faster),
            _window(measured.edge),
            _network(measured.accuracy),
            _start(measured.accuracy),
            _kernel(measured.kernel),
        ]
    )


def _discretisation(orders: Mapping[str, Mapping[str, float]], forms: float) -> Claim:
    near = lambda order, whole: verdict(exact(order), over=whole - ORDER, under=whole + ORDER)
    told = "; ".join(
        f"x at the {where}: Euler {o['Euler']:.2f}, bilinear {o['bilinear']:.2f}" for where, o in orders.items()
    )
    return Claim(
        "Euler is of first order, the bilinear rule of second; recurrence and convolution are the same",
        f"orders with {told}; the forms differ by {forms:.0e}",
        together(
            Euler=near(orders["middle"]["Euler"], 1),
            bilinear_with_x_at_the_middle=near(orders["middle"]["bilinear"], 2),
            bilinear_with_x_at_the_start=near(orders["start"]["bilinear"], 2),
            same_function=verdict(exact(forms), under=ROUNDING),
        ),
        "A sample that stands for a step is of second order only if it is taken at the middle of the step.",
    )


def _reconstruction(errors: Mapping[str, Mapping[int, float]]) -> Claim:
    smooth, raw = errors["20 cycles"][64], errors["raw"][64]
    return Claim(
        "HiPPO reconstructs a real signal online from N coefficients",
        f"64 numbers: {smooth:.1%} off on the season and its weather (20 cycles), {raw:.1%} on the raw signal",
        together(
            season_and_weather=verdict(exact(smooth), under=DRAWN_AGAIN),
            raw_signal=verdict(exact(raw), under=DRAWN_AGAIN),
        ),
        "The raw signal swings every day, and no polynomial of this degree follows it.",
    )


def _timescale(faster: Mapping[int, float]) -> Claim:
    told = ", ".join(f"{change:.2%} at N = {N}" for N, change in faster.items())
    return Claim(
        "LegS does not depend on the timescale",
        f"with half the samples the coefficients change by {told}",
        verdict(exact(max(faster.values())), under=SAME),
        "The rest is the error of a step, which grows with N.",
    )


def _window(edge: Mapping[int, Sequence[float]]) -> Claim:
    inside, outside = (mean(edge[d], least=0) for d in (190, 250))
    return Claim(
        "A window remembers its window, and nothing else",
        f"LegT, 200 steps; lost of the input 190 steps ago {inside.told()}; 250 steps ago {outside.told()}",
        together(inside=verdict(inside, under=KEPT), outside=verdict(outside, over=LOST)),
    )


def _network(accuracy: Mapping[str, Sequence[float]]) -> Claim:
    gains = {f"against a {rival}": paired(accuracy["HiPPO RNN"], accuracy[rival]) for rival in ("plain RNN", "GRU")}
    return Claim(
        "HiPPO in an RNN remembers for longer than a recurrent network without it",
        f"accuracy after the wait, {told(**gains)}",
        improved(ACCURACY, **gains),
        "Each at one learning rate, from its usual start. A GRU whose gates start slow was not trained.",
    )


def _start(accuracy: Mapping[str, Sequence[float]]) -> Claim:
    gains = {
        f"{start} against random": paired(accuracy[start], accuracy["S4D random"]) for start in ("S4D-Lin", "S4D-LegS")
    }
    return Claim(
        "S4: HiPPO's initialisation beats a random one on a long memory",
        f"accuracy after the wait, {told(**gains)}",
        improved(ACCURACY, **gains),
        "In the diagonal form. The random start has slow frequencies only; a wide range of them is what it lacks.",
    )


def _kernel(apart: float) -> Claim:
    return Claim(
        "S4's kernel equals the powers of its matrix",
        f"they differ by {apart:.0e} of the largest value",
        verdict(exact(apart), under=ROUNDING),
    )
