"""retriever-loss: What the reader would rather have read."""

from llmcourse.checks import Exercise

from .cases import judged


def probe(answer, inputs):
    return {"loss": answer(inputs["s"], inputs["log_py"], inputs["tau"])}


EXERCISE = Exercise(
    name="retriever-loss",
    title="What the reader would rather have read",
    answer="retriever_loss",
    parameters=("s", "log_py", "tau"),
    points=3,
    difficulty=3,
    minutes=12,
    cases={
        "two passages": judged(2, 2, likely=-0.8, tau=0.4),
        "several questions": judged(3, 5, likely=-1.0, tau=0.25),
        "a small tau": judged(2, 4, likely=-0.9, tau=0.004),
    },
    probe=probe,
    gradients=("s",),
    hints=(
        "Two distributions over the passages: the retriever's, softmax(s), and the reader's, a softmax of its "
        "probabilities of the answer, divided by tau.",
        "`log_py` are logarithms: `(log_py.exp() / tau).log_softmax(-1)` is log p_LSR.",
        "KL(p_R || p_LSR) is the sum of p_R (log p_R - log p_LSR). Take both logarithms from `log_softmax`: the "
        "logarithm of a softmax that has been rounded to 0 is minus infinity.",
    ),
)
