"""document-reward: What a document earns."""

from llmcourse.checks import Exercise

from .cases import judged


def probe(answer, inputs):
    return {"r(z)": answer(inputs["s"], inputs["log_py"])}


EXERCISE = Exercise(
    name="document-reward",
    title="What a document earns",
    answer="document_reward",
    parameters=("s", "log_py"),
    points=3,
    difficulty=3,
    minutes=12,
    cases={
        "two documents": judged(2, 2),
        "several questions": judged(3, 5, spread=2.0),
        "a long answer": judged(2, 4, likely=-125.0, spread=2.0),
    },
    probe=probe,
    tolerance=1e-3,  # logarithms near -125 are rounded by 8e-6, and the ratio by as much
    hints=(
        "p(y | x) is what you computed in exercise 1, as a logarithm. A ratio of probabilities is the exponential of a "
        "difference of logarithms.",
        "`(log_py - log_marginal(s, log_py)[:, None]).exp()` is p(y | z, x) / p(y | x), of every document.",
        "Subtract 1, and multiply by p(z | x), the softmax of the scores. The sum over the documents is 0.",
    ),
)
