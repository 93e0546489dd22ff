"""The private half of retrieval-models-example: not written."""

from llmcourse.checks.labs.retrieval_models.retrieval_models_example import numbers

from grading.exercises import misconception, reference, variant

CASES = {"more numbers": numbers(9)}


@reference
def twice(x):
    return 2 * x


@variant
def added(x):
    return x + x


@variant
def multiplied(x):
    return x.mul(2)


@misconception(
    says="the numbers as they were given",
    hint="Not written: what to try.",
)
def unchanged(x):
    return x.clone()
