"""bound-and-gap: The bound and its gap."""

from llmcourse.checks import Exercise

from .cases import normal, uniform


def questions(B, Y, zeros=0, best=False, unused=0):
    """A policy, rewards between 0 and 1, and some q that allows nothing of reward 0. `best`: the best q. `unused`: q is
    zero for so many answers that have a reward."""

    def make(generator):
        log_p = (1.5 * normal(generator, B, Y)).log_softmax(-1)
        r = 0.05 + 0.9 * uniform(generator, B, Y)
        r[:, :zeros] = 0.0
        q = (log_p.exp() if best else 0.1 + uniform(generator, B, Y)) * (r if best else r > 0)
        q[:, Y - unused :] = 0.0
        return {"log_p": log_p, "r": r, "q": q / q.sum(-1, keepdim=True)}

    return make


def tiny(B, Y):
    """Rewards down to a hundred-millionth, and the smallest counts most: a number that is added to it shows."""

    def make(generator):
        drawn = questions(B, Y)(generator)
        r, q = 10 ** (-6 + 5 * uniform(generator, B, Y)), drawn["q"]
        r[:, 0], q[:, 0] = 2e-8 * (1 + r[:, 0]), 1.0
        return drawn | {"r": r, "q": q / q.sum(-1, keepdim=True)}

    return make


def probe(answer, inputs):
    L, gap = answer(inputs["log_p"], inputs["r"], inputs["q"])
    return {"L": L, "gap": gap}


EXERCISE = Exercise(
    name="bound-and-gap",
    title="The bound and its gap",
    answer="bound_and_gap",
    parameters=("log_p", "r", "q"),
    points=3,
    difficulty=2,
    minutes=12,
    cases={
        "one question": questions(1, 4),
        "three questions": questions(3, 5),
        "answers without a reward, which q excludes": questions(2, 6, zeros=2),
        "answers with a reward, which q leaves out": questions(2, 5, unused=2),
        "rewards that are very small": tiny(2, 5),
        "the best q: no gap": questions(2, 4, best=True),
    },
    probe=probe,
    hints=(
        "L has two parts: the expectation under q of log r, and minus KL(q || p). Sum over the last axis.",
        "0 log 0 counts as 0: `torch.where(q > 0, q * r.log(), 0.0)`, or `torch.xlogy`.",
        "The gap is log Z - L, where Z = sum_y p(y) r(y) is what the bound is a bound of.",
        "`L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)`, and `gap = (log_p.exp() * "
        "r).sum(-1).log() - L`.",
    ),
)
