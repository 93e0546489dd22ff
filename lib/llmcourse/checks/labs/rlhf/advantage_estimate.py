"""advantage-estimate: Better than expected?"""

from llmcourse.checks import Exercise

from .cases import in_dtype_of, mask, normal


def episodes(lengths, T, lam, gamma=1.0):
    def make(generator):
        B = len(lengths)
        return {
            "rewards": normal(generator, B, T),
            "values": normal(generator, B, T),
            "mask": mask(lengths, T),
            "lam": lam,
            "gamma": gamma,
        }

    return make


def probe(answer, inputs):
    advantages, returns = answer(*(inputs[name] for name in EXERCISE.parameters))
    found = {"advantages": advantages, "returns": returns}
    return {name: in_dtype_of(inputs["values"], x) for name, x in found.items()}


EXERCISE = Exercise(
    name="advantage-estimate",
    title="Better than expected?",
    answer="gae",
    parameters=("rewards", "values", "mask", "lam", "gamma"),
    points=4,
    difficulty=3,
    minutes=15,
    cases={
        "one answer": episodes([4], 4, 0.95),
        "answers that end early": episodes([6, 1, 3], 6, 0.8),
        "the next step only: lambda 0": episodes([4, 2], 5, 0.0),
        "the whole future: lambda 1": episodes([4, 2], 5, 1.0),
        "a discount": episodes([5, 3], 6, 0.7, gamma=0.8),
    },
    probe=probe,
    hints=(
        "delta_t = r_t + gamma V_{t+1} - V_t. After the last token of an answer there is no value: V_{t+1} is 0 there.",
        "Go backwards: A_t = delta_t + gamma lam A_{t+1}, and A is 0 after the end.",
        "In a loop over `t` from T - 1 down to 0, keep A and V of the step after, both (B,), and multiply each by "
        "`mask[:, t]` before you pass it on.",
        "Returns are `(advantages + values) * mask`. `torch.stack(found[::-1], 1)` puts the steps in order.",
    ),
)
