"""clipped-objective: Do not go too far on one batch."""

from llmcourse.checks import Exercise

from .cases import log_prob, mask, normal


def batch(lengths, T, mean, epsilon=0.2, moved=0.5):
    """Advantages around `mean`, so that the loss is not near 0, and a policy that has moved since it drew."""

    def make(generator):
        B = len(lengths)
        old = log_prob(generator, B, T)
        return {
            "log_probs": old + moved * normal(generator, B, T),
            "old_log_probs": old,
            "advantages": mean + normal(generator, B, T),
            "mask": mask(lengths, T),
            "epsilon": epsilon,
        }

    return make


def probe(answer, inputs):
    return {"loss": answer(*(inputs[name] for name in EXERCISE.parameters))}


EXERCISE = Exercise(
    name="clipped-objective",
    title="Do not go too far on one batch",
    answer="policy_loss",
    parameters=("log_probs", "old_log_probs", "advantages", "mask", "epsilon"),
    points=3,
    difficulty=3,
    minutes=12,
    cases={
        "better than expected, for the most part": batch([6, 5, 6], 6, 1.5),
        "worse than expected, for the most part": batch([6, 5, 6], 6, -1.5),
        "answers of unequal length": batch([8, 1, 3, 8], 8, 1.5),
        "a narrow clip": batch([7, 4, 6], 8, -1.5, epsilon=0.05),
        "before the first step: nothing has moved": batch([5, 3], 6, 2.5, moved=0.0),
    },
    probe=probe,
    gradients=("log_probs",),
    hints=(
        "The ratio of probabilities is the exponential of a difference of logarithms.",
        "Two candidates for each token: `ratio * A`, and `ratio.clamp(1 - epsilon, 1 + epsilon) * A`.",
        "The smaller of the two counts, whatever the sign of A: `torch.minimum`.",
        "A loss is minimised, so it has a minus. The mean is over all tokens of all answers: "
        "`-(objective * mask).sum() / mask.sum()`.",
    ),
)
