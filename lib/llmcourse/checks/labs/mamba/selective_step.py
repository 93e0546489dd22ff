"""selective-step: A step that depends on the input."""

from llmcourse.checks import Exercise

from .cases import selective


def probe(answer, inputs):
    decay, write = answer(inputs["x"], inputs["dt"], inputs["A"], inputs["B"])
    return {"decay": decay, "write": write}


EXERCISE = Exercise(
    name="selective-step",
    title="A step that depends on the input",
    answer="discretise",
    parameters=("x", "dt", "A", "B"),
    points=2,
    difficulty=1,
    minutes=8,
    cases={
        "a short sequence": selective(L=4, D=3, N=2),
        "as many channels as states": selective(L=3, D=3, N=3),
        "a batch": selective(2, L=3, D=2, N=2),
    },
    probe=probe,
    gradients=("x", "dt", "A", "B"),
    hints=(
        "Both results are (..., L, D, N): a number for every token, channel and state.",
        "The decay is `exp(dt A)`: give dt one more axis at its end, `dt[..., None]`.",
        "What is written is dt x B: `(dt * x)[..., None] * B[..., None, :]`, with B shared by all channels.",
    ),
)
