"""optimal-policy: The best policy there is."""

from llmcourse.checks import Exercise

from .cases import in_dtype_of, normal, texts


def world(Y, beta, spread=1.0):
    """Y texts; rewards around 1."""

    def make(generator):
        return {"log_ref": texts(generator, Y), "r": 1.0 + spread * normal(generator, Y), "beta": beta}

    return make


def probe(answer, inputs):
    log_best, J = answer(inputs["log_ref"], inputs["r"], inputs["beta"])
    return {"log pi*": in_dtype_of(inputs["r"], log_best), "J*": in_dtype_of(inputs["r"], J)}


EXERCISE = Exercise(
    name="optimal-policy",
    title="The best policy there is",
    answer="optimal_policy",
    parameters=("log_ref", "r", "beta"),
    points=3,
    difficulty=3,
    minutes=10,
    cases={
        "four texts": world(4, 1.0),
        "a KL that is dear": world(9, 4.0),
        "a KL that is cheap": world(9, 0.25),
        "a beta so small that exp(r / beta) overflows": world(6, 0.01),
        "all 625 texts of four letters": world(625, 0.5),
    },
    probe=probe,
    hints=(
        "log pi* = log pi_ref + r / beta - log Z, and Z is what makes the probabilities sum to 1.",
        "`torch.logsumexp(log_ref + r / beta, 0)` is log Z, and nothing overflows on the way.",
        "`(log_ref + r / beta).log_softmax(0)` is log pi*.",
        "Put pi* into J: E[r] - beta E[log pi* - log pi_ref], with log pi* - log pi_ref = r / beta - log Z. "
        "What remains is beta log Z.",
    ),
)
