"""document-marginal: The probability of an answer, whatever was read."""

from llmcourse.checks import Exercise

from .cases import judged


def probe(answer, inputs):
    return {"log p(y | x)": answer(inputs["s"], inputs["log_py"])}


EXERCISE = Exercise(
    name="document-marginal",
    title="The probability of an answer, whatever was read",
    answer="log_marginal",
    parameters=("s", "log_py"),
    points=2,
    difficulty=2,
    minutes=10,
    cases={
        "two documents": judged(2, 2),
        "several questions": judged(3, 5, spread=2.0),
        "a long answer": judged(2, 4, likely=-150.0, spread=2.0),
    },
    probe=probe,
    gradients=("s", "log_py"),
    hints=(
        "The scores become probabilities by a softmax over the documents, the last axis.",
        "A product of probabilities is a sum of logarithms: `s.log_softmax(-1) + log_py` has log p(y, z | x).",
        "Then sum over z, without leaving the logarithms: `torch.logsumexp`. The exponential of -150 is 0 in float32.",
    ),
)
