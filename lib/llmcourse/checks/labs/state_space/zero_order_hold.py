"""zero-order-hold: A step by zero-order hold."""

from llmcourse.checks import Exercise

from .cases import probe_step, stable_system

EXERCISE = Exercise(
    name="zero-order-hold",
    title="A step by zero-order hold",
    answer="zero_order_hold",
    parameters=("A", "B", "dt"),
    points=3,
    difficulty=3,
    minutes=12,
    cases={
        "a short step": stable_system(3, 0.05),
        "a long step": stable_system(4, 1.0),
        "one state never fades: A has no inverse": stable_system(3, 0.5, integrator=True),
        "a chain of states: A has one eigenvector": stable_system(3, 0.4, chain=True),
    },
    probe=probe_step,
    gradients=("A", "B", "dt"),
    tolerance=2e-4,  # torch's own matrix_exp is off by up to 4e-5 in float32: it cuts its series short
    hints=(
        "A_ is the exponential of a matrix, `torch.linalg.matrix_exp(dt * A)`: not of its entries.",
        "B_ = A^{-1} (e^{dt A} - I) B is right, but A need not have an inverse.",
        "Take x for one more state, whose slope is zero: the system [[A, B], [0, 0]] of size N + 1 needs no input at "
        "all.",
        "Of `torch.linalg.matrix_exp(dt * block)` the first N rows are [A_, B_].",
    ),
)
