"""token-rewards: A reward for every token."""

from llmcourse.checks import Exercise

from .cases import in_dtype_of, log_prob, mask, normal


def answered(lengths, T, beta):
    def make(generator):
        B = len(lengths)
        return {
            "score": 2 * normal(generator, B),
            "log_probs": log_prob(generator, B, T),
            "ref_log_probs": log_prob(generator, B, T),
            "mask": mask(lengths, T),
            "beta": beta,
        }

    return make


def probe(answer, inputs):
    rewards = answer(*(inputs[name] for name in EXERCISE.parameters))
    return {"rewards": in_dtype_of(inputs["log_probs"], rewards)}


EXERCISE = Exercise(
    name="token-rewards",
    title="A reward for every token",
    answer="token_rewards",
    parameters=("score", "log_probs", "ref_log_probs", "mask", "beta"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "one answer": answered([4], 4, 0.5),
        "answers that end early": answered([3, 5, 1], 6, 0.5),
        "a KL that is dear": answered([2, 4], 5, 3.0),
    },
    probe=probe,
    hints=(
        "Every token of the answer pays -beta (log pi - log pi_ref); padding pays nothing: multiply by the mask.",
        "The score comes once, at the last token of the answer, which is at position `mask.sum(1) - 1`.",
        "Rows and columns together: `rewards[torch.arange(len(score)), mask.sum(1).long() - 1]` are the last tokens.",
        "Do not change the inputs: `rewards = -beta * (log_probs - ref_log_probs) * mask` is a new tensor, and you may "
        "add to it.",
    ),
)
