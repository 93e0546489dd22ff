"""reach-in-steps: What a stack of layers can see."""

import torch

from llmcourse.checks import Exercise


def chain(L, p, back=(1,)):
    """Query i sees the keys i - b, for each b in `back`."""

    def make(generator):
        apart = torch.arange(L)[:, None] - torch.arange(L)
        return {"A": torch.isin(apart, torch.tensor(back)), "p": torch.tensor(p)}

    return make


def going_round(p):
    """Tokens in three groups, in a drawn order; each sees the next group. Four tokens of a group are seen by those four
    only, a fifth by all: 4^p paths come to stand beside zeros that stay, and inf times 0 is nan."""

    def make(generator):
        group, fifth = torch.arange(15) % 3, torch.arange(15) >= 12
        A = ((group[:, None] + 1) % 3 == group) & (~fifth[:, None] | fifth)
        order = torch.randperm(15, generator=generator)
        return {"A": A[order][:, order], "p": torch.tensor(p)}

    return make


def drawn(L, p, share=0.2):
    return lambda generator: {"A": torch.rand(L, L, generator=generator) < share, "p": torch.tensor(p)}


def probe(answer, inputs):
    return {"reached": answer(inputs["A"], int(inputs["p"]))}


EXERCISE = Exercise(
    name="reach-in-steps",
    title="What a stack of layers can see",
    answer="reach",
    parameters=("A", "p"),
    points=2,
    difficulty=2,
    minutes=8,
    cases={
        "one step": chain(5, 1, (0, 2)),
        "three steps of a window": chain(9, 3, (0, 1, 2)),
        "a pattern that leads back": drawn(7, 2),
        "many steps, by more paths than a float can count": going_round(200),
    },
    probe=probe,
    hints=(
        "In two steps i reaches j if there is some m with A[i, m] and A[m, j]: an entry of a matrix product.",
        "torch multiplies no boolean matrices: take `A.float()`, multiply, and ask which entries are above 0.",
        "Ask so after every product. The number of paths grows exponentially with p, and soon no float can hold it.",
    ),
)
