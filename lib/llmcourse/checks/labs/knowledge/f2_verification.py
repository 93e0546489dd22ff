"""f2-verification: Is the evidence true, and does the answer follow?"""

import torch

from llmcourse.checks import Exercise

from .cases import drawn


def chain(right, plausible, unknown, gamma, faithful=None):
    """Evidence: triples of the graph, others that are plausible to some degree, and others still. A few of the graph's
    are plausible, too, to a degree that does not count."""

    def make(generator):
        e, found = drawn(generator, 8, 14)
        uniform = lambda: float(torch.rand((), generator=generator)) * 0.8 + 0.1
        false = [(a, "r9", b) for a in e for b in e][: plausible + unknown]
        evidence = [*found[:right], *false]
        order = torch.randperm(len(evidence), generator=generator).tolist()
        degrees = {t: uniform() for t in [*false[:plausible], *found[:2], *found[-2:]]}
        return {
            "evidence": [evidence[i] for i in order],
            "known": set(found),
            "plausible": degrees,
            "faithful": uniform() if faithful is None else faithful,
            "gamma": gamma,
        }

    return make


def repeated(generator):
    """The model writes the same true triple three times."""
    inputs = chain(1, 1, 1, 0.6)(generator)
    true = next(t for t in inputs["evidence"] if t in inputs["known"])
    return inputs | {"evidence": [*inputs["evidence"], true, true]}


def probe(answer, inputs):
    names = ("evidence", "known", "plausible", "faithful", "gamma")
    return {"C": torch.as_tensor(answer(*(inputs[name] for name in names))).double()}


EXERCISE = Exercise(
    name="f2-verification",
    title="Is the evidence true, and does the answer follow?",
    answer="f2_score",
    parameters=("evidence", "known", "plausible", "faithful", "gamma"),
    points=2,
    difficulty=2,
    minutes=8,
    cases={
        "true, plausible and unknown triples": chain(2, 2, 1, 0.5),
        "everything is true": chain(3, 0, 0, 0.3),
        "nothing is known": chain(0, 2, 2, 0.7),
        "no evidence at all": chain(0, 0, 0, 0.4),
        "only facts count": chain(1, 2, 0, 1.0),
        "only faithfulness counts": chain(2, 1, 1, 0.0),
        "the same triple three times": repeated,
    },
    probe=probe,
    hints=(
        "A triple of the graph has factuality 1. For another one, `plausible.get(triple, 0.0)`.",
        "The factuality of the evidence is the mean over its triples, as they were written.",
        "Without any triple there is nothing to take the mean of: it counts as 0.",
        "C = gamma * mean + (1 - gamma) * faithful",
    ),
)
