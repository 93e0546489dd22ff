"""mixture-of-readers: Several readers, one answer."""

from llmcourse.checks import Exercise

from .cases import normal


def readers(K, L, V, sure=1.5):
    """Scores of K passages, and the logits of their readers; `sure` is how far these are apart."""

    def make(generator):
        common = normal(generator, L, V)  # what all readers know
        logits = sure * (normal(generator, K, L, V) + common)
        return {"s": 1.2 * normal(generator, K), "logits": logits}

    return make


def probe(answer, inputs):
    return {"log-probabilities": answer(inputs["s"], inputs["logits"])}


EXERCISE = Exercise(
    name="mixture-of-readers",
    title="Several readers, one answer",
    answer="mixture",
    parameters=("s", "logits"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "two readers": readers(2, 1, 4),
        "several readers and places": readers(4, 3, 5),
        "readers that are very sure": readers(3, 2, 6, sure=80.0),
    },
    probe=probe,
    gradients=("s", "logits"),
    hints=(
        "Each reader has a distribution over the words: a softmax over the last axis. The weights of the readers are a "
        "softmax of s.",
        "The probabilities are averaged, not the logits: you want the logarithm of the sum of p_R(c) p(w | c).",
        "A reader that is sure gives probabilities that are 0 in float32. Add the logarithms and use `logsumexp` over "
        "the readers, the first axis: `(s.log_softmax(0)[:, None, None] + logits.log_softmax(-1)).logsumexp(0)`.",
    ),
)
