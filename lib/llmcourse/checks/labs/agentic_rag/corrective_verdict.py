"""corrective-verdict: Three verdicts, and what is read."""

import torch

from llmcourse.checks import Exercise


def judged(k, inside, outside, low=-1.0, high=1.0, upper=0.6, lower=-0.4, keep=-0.3, most=3, touch=""):
    """Scores of k passages from `low` to `high`, strips of both sources. `touch`: where one score lies."""

    def make(generator):
        draw = lambda n: torch.randperm(400, generator=generator)[:n].double() / 400
        scores = [round(low + (high - low) * s, 3) for s in draw(k).tolist()]
        if touch:
            scores[int(torch.randint(k, (), generator=generator))] = {
                "upper": upper,
                "lower": lower,
                "above": round(upper + 0.107, 3),
            }[touch]
        strip = lambda name, n: [(f"{name}{i}", round(2 * s - 0.998, 3)) for i, s in enumerate(draw(n).tolist())]
        first, second = strip("found ", inside), strip("other ", outside)
        if inside > 2:
            first[1] = (first[1][0], keep)
        return {
            "scores": scores, "inside": first, "outside": second,
            "upper": upper, "lower": lower, "keep": keep, "most": most,
        }  # fmt: skip

    return make


def probe(answer, inputs):
    names = ("scores", "inside", "outside", "upper", "lower", "keep", "most")
    verdict, knowledge = answer(*(inputs[name] for name in names))
    return {"the verdict": verdict, "what is read": list(knowledge)}


EXERCISE = Exercise(
    name="corrective-verdict",
    title="Three verdicts, and what is read",
    answer="correct_retrieval",
    parameters=("scores", "inside", "outside", "upper", "lower", "keep", "most"),
    points=3,
    difficulty=2,
    minutes=12,
    cases={
        "one good passage among bad ones": judged(5, 8, 6, high=0.5, touch="upper"),
        "all are bad": judged(4, 6, 7, high=-0.5),
        "neither good nor bad": judged(3, 7, 6, low=-0.3, high=0.5),
        "a score on the lower threshold": judged(3, 6, 6, high=-0.5, touch="lower"),
        "scores of all kinds": judged(6, 9, 5, most=4),
        "nothing was found": judged(0, 0, 6),
        "few strips are good": judged(4, 5, 5, keep=0.8),
    },
    probe=probe,
    hints=(
        "First the verdict: `any(... >= upper)`, and where that fails `all(... < lower)`. Python's `all` of "
        "nothing is true.",
        "Refinement of a list of strips: drop those below `keep`, take the `most` best, and put them back "
        "into the order "
        "in which they stood.",
        "Sort indices, not strips: `sorted(good, key=lambda i: -strips[i][1])[:most]`, then `sorted(...)` of "
        "what is left.",
        "correct reads inside, incorrect reads outside, ambiguous reads inside and then outside, each "
        "refined by itself.",
    ),
)
