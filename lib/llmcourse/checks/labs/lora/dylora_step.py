"""dylora-step: A rank is drawn, and cut."""

from llmcourse.checks import Exercise

from .cases import layer


def cut(*lead, d_in, d_out, r, b, alpha=6.0):
    return lambda generator: layer(*lead, d_in=d_in, d_out=d_out, r=r, alpha=alpha)(generator) | {"b": b}


def probe(answer, inputs):
    given = [inputs[name] for name in ("x", "y", "A", "B")]
    return {"h": answer(*given, inputs["b"], inputs["alpha"])}


EXERCISE = Exercise(
    name="dylora-step",
    title="A rank is drawn, and cut",
    answer="dylora",
    parameters=("x", "y", "A", "B", "b", "alpha"),
    points=3,
    difficulty=3,
    minutes=12,
    cases={
        "b = 2 of 4": cut(2, d_in=3, d_out=4, r=4, b=2, alpha=5.0),
        "b = 1": cut(1, d_in=4, d_out=3, r=3, b=1),
        "b = r": cut(2, 2, d_in=3, d_out=3, r=3, b=3),
    },
    probe=probe,
    gradients=("x", "y", "A", "B"),
    hints=(
        "The first b rows of A, the first b columns of B, and a scale of alpha / b.",
        "All b of them add to the output, but only number b - 1, the last, learns.",
        "Detach the first b - 1 rows of A and columns of B, and put the last one behind them with `torch.cat`; or "
        "split the sum: the old part under `.detach()` of A and B, and the new part.",
        "The gradient of x goes through all b: detach A and B, not x or the product.",
    ),
)
