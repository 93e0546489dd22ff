"""bilinear-step: A step by the bilinear rule."""

from llmcourse.checks import Exercise

from .cases import probe_step, stable_system

EXERCISE = Exercise(
    name="bilinear-step",
    title="A step by the bilinear rule",
    answer="bilinear",
    parameters=("A", "B", "dt"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "a short step": stable_system(3, 0.05),
        "a long step": stable_system(4, 1.0),
        "one state": stable_system(1, 0.5),
    },
    probe=probe_step,
    gradients=("A", "B", "dt"),
    hints=(
        "Write `h_new = h + dt (A h + A h_new) / 2 + dt B x` and bring everything with h_new to the left.",
        "On the left stands `(I - dt / 2 A) h_new`; on the right `(I + dt / 2 A) h + dt B x`.",
        "Both A_ and B_ are solutions with the same left side: `torch.linalg.solve(left, right)`. B is a vector: solve "
        "for `B[:, None]`, or put both right sides beside each other.",
    ),
)
