"""The pictures of lecture 09. Each takes what was measured and draws it."""

from collections.abc import Callable, Mapping, Sequence

from matplotlib.axes import Axes
from torch import Tensor

from ...figures import COLOURS, Shown, explore, figure, label_lines
from .. import hippo
from ..experiments import WINDOW

STYLES = ("-", "--", "-.", ":", (0, (9, 2)), (0, (1, 3)))
GREY, LIGHT = "#999999", "#cccccc"


def _lines():
    """Colours with line styles, in the order in which they are used."""
    return zip(COLOURS, STYLES)


# ------------------------------------------------------------------ discretisation


def spring(t: Tensor, places: Tensor) -> None:
    """The weight after one push."""
    with figure(
        alt="A damped oscillation: after one push the weight swings once a second, a little less each time."
    ) as ax:
        ax.plot(t, places)
        ax.set(title="Two numbers remember the push for seconds", xlabel="seconds after the push", ylabel="place")


def steps(runs: Mapping[float, Mapping[str, tuple[Tensor, Tensor]]], t: Tensor, exact: Tensor, start: float) -> Shown:
    """An explorer: step -> method -> times and places of the weight, above the exact curve."""

    def draw(ax: Axes, dt: float) -> None:
        ax.plot(t, exact, color=GREY, linewidth=4, marker="", label="_")
        for (name, (times, places)), (colour, style) in zip(runs[dt].items(), _lines()):
            ax.plot(times, places.clamp(-9, 9), color=colour, linestyle=style, marker="", label=name)
        ax.set(title=f"step {dt:g} s: {1 / dt:.3g} samples a swing", xlabel="seconds", ylabel="place")
        ax.set(xlim=(0, 4), ylim=(-2.6, 2.6))
        ax.legend(loc="upper right", ncols=2)

    def told(dt: float) -> str:
        largest = {name: places.abs().max().item() for name, (_, places) in runs[dt].items()}
        return f"Step {dt:g}: largest swing " + ", ".join(f"{n} {min(v, 1e6):.2g}" for n, v in largest.items()) + "."

    return explore(draw, list(runs), start=start, label="step, seconds", alt=told, height=3.4)


def orders(errors: Mapping[str, Mapping[str, Sequence[float]]], counts: Sequence[int],
           slopes: Mapping[str, Mapping[str, float]]) -> None:  # fmt: skip
    """Errors against the step: where x is sampled -> method -> error for each number of steps a second."""
    each = "; ".join(
        f"x at the {where}: " + ", ".join(f"{n} {o:.2f}" for n, o in s.items()) for where, s in slopes.items()
    )
    with figure(
        alt=f"Errors against the step, both logarithmic. Slopes, {each}.", columns=2, width=9, height=3.4
    ) as axes:
        for ax, (where, methods) in zip(axes, errors.items()):
            for (name, error), (colour, style) in zip(methods.items(), _lines()):
                label = f"{name}: {slopes[where][name]:.1f}"
                ax.loglog([1 / n for n in counts], error, color=colour, linestyle=style, label=label)
            ax.invert_xaxis()
            ax.set(title=f"x taken at the {where} of a step", xlabel="step, seconds (shorter to the right)")
            ax.set(ylim=(1e-9, 3))
            ax.legend(fontsize=8, loc="lower left", title="slope", title_fontsize=8)
        axes[0].set_ylabel("error after 1 second")


# ------------------------------------------------------------------ HiPPO


def following(signal: Tensor, coefficients: Tensor, moments: Sequence[int], days: Tensor, start: int) -> Shown:
    """An explorer: the polynomial that the state is, while the past grows, and the state itself as bars.

    signal (L,); coefficients (moments, N), after each number of samples in `moments`
    """
    N = coefficients.shape[-1]
    reach = coefficients.abs().max().item() * 1.1

    def draw(axes, i: int) -> None:
        k = moments[i]
        past = hippo.reconstruct(coefficients[i], hippo.ages(k))
        axes[0].plot(days, signal, color=LIGHT, linewidth=3, marker="")
        axes[0].plot(days[:k], past, color="black", linewidth=1.4, linestyle="-", marker="")
        axes[0].axvline(float(days[k - 1]), color="black", linestyle=":", linewidth=1)
        axes[0].text(float(days[k - 1]), 2.45, " now", fontsize=9, va="top")
        axes[0].set(title=f"day {days[k - 1]:.0f}: one polynomial for all of the past", xlabel="days", ylim=(-2.6, 2.6))
        axes[0].set(xlim=(0, float(days[-1]) * 1.1), ylabel="temperature, standard deviations")
        axes[1].bar(range(N), coefficients[i], color="black")
        axes[1].axhline(0, color=GREY, linewidth=0.8)
        axes[1].set(title=f"the state: {N} numbers", xlabel="n", ylabel="$c_n$", ylim=(-reach, reach))

    def told(i: int) -> str:
        k = moments[i]
        off = hippo.error(hippo.reconstruct(coefficients[i], hippo.ages(k)), signal[:k])
        return (
            f"Left: the signal and a polynomial of {N} coefficients through all that was heard until day "
            f"{days[k - 1]:.0f}, {off:.0%} off. Right: the coefficients as bars."
        )

    return explore(
        draw, range(len(moments)), start=start, label="moment", alt=told, columns=2, width=9, height=3,
    )  # fmt: skip


def shapes(z: Tensor, basis: Tensor) -> None:
    """The first five basis functions over the share of the past; z (M,), basis (M, N)."""
    alt = "The first five scaled Legendre polynomials on the unit interval; each has one more zero."
    with figure(alt=alt, height=2.8) as ax:
        for n, style in zip(range(5), STYLES):
            ax.plot(z[::50], basis[::50, n], linestyle=style, label=f"$g_{n}$")
        ax.set(title="Five shapes of the past, no two alike", ylabel="$g_n$")
        ax.set_xlabel("share of the past: 0 beginning, 1 now")
        label_lines(ax)


def explosion(paths: Mapping[str, Tensor], N: int) -> None:
    """The largest coefficient after each sample; name -> (L,)."""
    ends = ", ".join(
        f"{name} {path.nan_to_num(0, 0).max():.0e} at most, {path[N]:.0e} after {N + 1} samples"
        for name, path in paths.items()
    )
    with figure(alt=f"Largest coefficient against samples heard, logarithmic: {ends}.", height=3.4) as ax:
        for (name, path), (colour, style) in zip(paths.items(), _lines()):
            finite = path.double()
            ax.semilogy(range(1, len(path) + 1), finite, color=colour, linestyle=style, marker="", label=name)
        ax.axvline(N, color="black", linewidth=0.8)
        ax.text(N + 1, 1e46, f"{N} samples", fontsize=9, va="top")
        ax.set(title="Euler's explosion ends at N, but for rounding", xlabel="samples heard", ylim=(1e-2, 1e47))
        ax.set(ylabel="largest coefficient", xlim=(0, 150))
        ax.legend(loc="upper right")


def year(signal: Tensor, coefficients: Tensor, sizes: Sequence[int], days: Tensor) -> Shown:
    """An explorer: what the first N coefficients of the end keep of the signal."""
    found = {N: hippo.reconstruct(coefficients[:N], hippo.ages(len(signal))) for N in sizes}

    def draw(ax: Axes, N: int) -> None:
        ax.plot(days, signal, color=LIGHT, linewidth=3, marker="")
        ax.plot(days, found[N], color="black", linewidth=1.2, linestyle="-", marker="")
        ax.set(title=f"{N} numbers: {hippo.error(found[N], signal):.2%} off", xlabel="days", ylim=(-2.6, 2.6))
        ax.set(ylabel="temperature, standard deviations")

    told = lambda N: f"The smoothed sea, and what {N} coefficients keep of it: {hippo.error(found[N], signal):.2%} off."
    return explore(draw, sizes, start=16, label="N, numbers kept", alt=told)


def errors(online: Mapping[str, Mapping[int, float]], best: Mapping[str, Mapping[int, float]]) -> None:
    """Error against N: lines are online, crosses the best fit in hindsight."""
    told = "; ".join(
        f"{kind}: lowest {min(e.values()):.2%} at {min(e, key=e.get)}, at 128 {e[128]:.2%}, best {best[kind][128]:.2%}"
        for kind, e in online.items()
    )
    with figure(alt=f"Error against N, logarithmic, for four versions of the signal. {told}.", height=3.8) as ax:
        for (kind, e), (colour, style) in zip(online.items(), _lines()):
            percent = lambda of: [100 * value for value in of.values()]
            ax.semilogy(list(e), percent(e), color=colour, linestyle=style, marker="", label=kind)
            ax.semilogy(list(e), percent(best[kind]), linestyle="", marker="x", color=colour, label="_")
        ax.set(title="Near the best fit, until the steps cost more than they gain", xlabel="N, numbers kept")
        ax.set(ylabel="error, % of the standard deviation", ylim=(0.003, 150))
        label_lines(ax)


def heard(signal: Tensor, found: Tensor, cycles: float, N: int) -> None:
    """A signal, and what N numbers keep of it."""
    off = hippo.error(found, signal)
    with figure(alt=f"The signal at {cycles} cycles and its reconstruction from {N} numbers, {off:.1%} off.") as ax:
        ax.plot(signal, color=LIGHT, linewidth=3, marker="")
        ax.plot(found, color="black", linewidth=1.2, linestyle="-", marker="")
        ax.set(title=f"{cycles} cycles in {N} numbers: {off:.1%} off", xlabel="sample", ylabel="signal")


# ------------------------------------------------------------------ other pasts

PASTS = {"LegT": "a window, as polynomials", "Fourier": "a window, as waves", "LagT": "everything, fading"}


def pasts(t: Tensor, answer: Callable[[str], Tensor]) -> Shown:
    """An explorer: what the first five states of each measure do after one push; answer(measure) is (times, 5)."""

    def draw(ax: Axes, measure: str) -> None:
        for states, style in zip(answer(measure).mT, STYLES):
            ax.plot(t, states / states.abs().max(), linestyle=style)
        ax.axvline(1, color="black", linewidth=0.8)
        ax.set(title=f"{measure}: {PASTS[measure]}", xlabel="windows since the push", ylim=(-1.1, 1.1))
        ax.set_ylabel("five states, scaled")

    def told(measure: str) -> str:
        states = answer(measure)
        left = (states[t > 1.2].abs().amax(0) / states.abs().amax(0)).max()
        return f"Five states of {measure} after a push: {PASTS[measure]}. After 1.2 windows up to {left:.0%} is left."

    return explore(draw, list(PASTS), label="measure", alt=told)


def edge(title: str, lost: Mapping[str, Sequence[Sequence[float]]], delays: Sequence[int]) -> None:
    """The share of the input that cannot be read back, by how long ago it was; name -> one list for each draw."""
    missing = {name: [sum(each) / len(each) for each in zip(*draws)] for name, draws in lost.items()}
    told = "; ".join(f"{name} {v[delays.index(100)]:.2f}, {v[delays.index(250)]:.2f}" for name, v in missing.items())
    alt = f"Share of the input that can't be read from the state, against the delay. 100 and 250 steps ago: {told}."
    with figure(alt=alt, height=3.6) as ax:
        for (name, values), (colour, style) in zip(missing.items(), _lines()):
            ax.plot(delays, values, color=colour, linestyle=style, label=name)
        ax.axvline(WINDOW, color="black", linewidth=0.8)
        ax.set(title=title, xlabel="steps ago", ylim=(-0.03, 1.1))
        ax.set_ylabel("share that is lost")
        label_lines(ax)


# ------------------------------------------------------------------ S4


def starts(eigenvalues: Mapping[str, Tensor]) -> None:
    """Where the eigenvalues of each start lie: their frequencies in order, and their decays."""
    told = "; ".join(f"{name} up to {lam.imag.abs().max():.0f}" for name, lam in eigenvalues.items())
    alt = (
        f"Eigenvalues by start. Frequencies in radians per unit of time: {told}. Random decays differ, others are 1/2."
    )
    with figure(alt=alt, columns=2, width=9, height=3.4) as axes:
        for (name, lam), marker, colour in zip(eigenvalues.items(), "ox+^sv", COLOURS):
            look = {
                "linestyle": "",
                "marker": marker,
                "markersize": 5,
                "color": colour,
                "label": name,
                "fillstyle": "none",
            }
            axes[0].plot(lam.imag.abs().sort().values.clamp(min=0.03), **look)
            axes[1].plot(lam.real, lam.imag.abs(), **look)
        axes[0].set_yscale("log")
        axes[0].set(title="How fast each state turns", xlabel="n", ylabel="frequency, rad per unit of time")
        axes[1].set(title="How fast it fades", xlabel="real part of the eigenvalue", ylim=(-3, 55))
        axes[1].set_ylabel("frequency")
        axes[1].legend(fontsize=8, loc="center left")


def training(curves: Mapping[str, Sequence[Sequence[tuple[int, float]]]], wait: int) -> None:
    """Accuracy against steps, one line for each seed."""
    ends = {name: sum(run[-1][1] for run in runs) / len(runs) for name, runs in curves.items()}
    alt = "Accuracy against training steps, all seeds: " + ", ".join(f"{n} ends at {m:.2f}" for n, m in ends.items())
    with figure(alt=alt, height=3.8) as ax:
        for (name, runs), (colour, style) in zip(curves.items(), _lines()):
            middle = sorted(runs, key=lambda run: run[-1][1])[len(runs) // 2]
            for run in runs:
                label = name if run is middle else "_"
                ax.plot(*zip(*run), color=colour, linestyle=style, marker="", label=label)
        ax.set(title=f"After a wait of {wait} steps", xlabel="training steps", ylabel="test digits right", ylim=(0, 1))
        label_lines(ax)


def reach(sizes: Mapping[str, Tensor], pixels: int) -> None:
    """The size of the gradient of the answer at each step, as a share of the largest; network -> (steps,)."""
    told = ", ".join(f"{name} {size[:pixels].mean():.0e}" for name, size in sizes.items())
    alt = f"Gradient of the answer with respect to the input at each step, logarithmic. Mean at the pixels: {told}."
    with figure(alt=alt, height=3.6) as ax:
        for (name, size), (colour, style) in zip(sizes.items(), _lines()):
            ax.semilogy(size + 1e-45, color=colour, linestyle=style, marker="", label=name)
        ax.axvspan(0, pixels, color="#eeeeee", zorder=0)
        ax.set(title="What the answer feels of the pixels (grey) before training", xlabel="step", ylim=(1e-20, 3))
        ax.set_ylabel("gradient, share of the largest")
        ax.legend(loc="center left", fontsize=8, bbox_to_anchor=(0.01, 0.4))
