"""stretched-positions: Further than in training."""

from llmcourse.checks import Exercise


def heads(d, base, s):
    def make(generator):
        return {"d": d, "base": base, "s": s}

    return make


def drawn(sizes, bases):
    """A head with one of these sizes and a base from a range, and a stretch between 1.5 and 9."""

    def make(generator):
        from .cases import integer

        d = sizes[integer(generator, 0, len(sizes))]
        return {"d": d, "base": float(integer(generator, *bases)), "s": 1.5 + integer(generator, 0, 76) / 10}

    return make


def probe(answer, inputs):
    interpolated, ntk = answer(inputs["d"], inputs["base"], inputs["s"])
    # The slow pairs turn by ten thousandths: as logarithms all pairs weigh the same.
    return {"log interpolated": interpolated.double().log(), "log NTK-aware": ntk.double().log()}


EXERCISE = Exercise(
    name="stretched-positions",
    title="Further than in training",
    answer="stretched",
    parameters=("d", "base", "s"),
    points=3,
    difficulty=3,
    minutes=12,
    cases={
        "four pairs, twice as long": heads(8, 10_000.0, 2.0),
        "SmolLM2's heads, four times as long": heads(64, 100_000.0, 4.0),
        "not longer at all": heads(16, 10_000.0, 1.0),
        "any head": drawn((8, 12, 16, 32), (5_000, 50_000)),
    },
    probe=probe,
    hints=(
        "Pair i turns by base^(-2 i / d) per token; there are d / 2 pairs, counted from 0.",
        "Positions divided by s is the same as angles divided by s.",
        "NTK-aware: the same formula as at first, with the base s^(d / (d - 2)) times as large.",
        "`i = torch.arange(0, d, 2) / d`; `base ** -i / s` and `(base * s ** (d / (d - 2))) ** -i`.",
    ),
)
