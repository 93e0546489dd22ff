"""collapsed-search: The whole tree under a budget."""

import torch

from llmcourse.checks import Exercise


def tree(N, d, budget, longest=40, huge=False):
    """N nodes of a tree: vectors of unlike lengths, and tokens of each. `huge`: the second best is too long."""

    def make(generator):
        q = torch.randn(d, generator=generator)
        size = 0.3 + 3 * torch.rand(N, 1, generator=generator)
        x = torch.randn(N, d, generator=generator) * size + 0.3 * size * q
        lengths = torch.randint(5, longest, (N,), generator=generator)
        cosine = torch.nn.functional.cosine_similarity(q[None], x)
        best = cosine.argsort(descending=True)
        lengths[best[0]] = min(int(lengths[best[0]]), budget)
        if huge:
            lengths[best[1]] = budget
            lengths[best[2]] = 5
        return {"q": q, "x": x, "lengths": lengths, "budget": budget}

    return make


def full(generator):
    """The first three fill the budget exactly."""
    inputs = tree(7, 4, 60)(generator)
    best = torch.nn.functional.cosine_similarity(inputs["q"][None], inputs["x"]).argsort(descending=True)
    inputs["lengths"][best[:3]] = torch.tensor([25, 15, 20])
    return inputs


def probe(answer, inputs):
    taken = answer(inputs["q"], inputs["x"], inputs["lengths"], inputs["budget"])
    return {"nodes in the order of reading": taken.tolist() if isinstance(taken, torch.Tensor) else list(taken)}


EXERCISE = Exercise(
    name="collapsed-search",
    title="The whole tree under a budget",
    answer="collapsed_search",
    parameters=("q", "x", "lengths", "budget"),
    points=2,
    difficulty=2,
    minutes=8,
    cases={
        "ten nodes": tree(10, 5, 90),
        "the second best is too long": tree(8, 4, 60, huge=True),
        "the budget is filled exactly": full,
        "room for everything": tree(6, 3, 400),
        "room for one": tree(9, 4, 41),
    },
    probe=probe,
    hints=(
        "Similarity is the cosine: vectors of summaries are not of length 1.",
        "`order = cosine.argsort(descending=True)`; take nodes in this order as long as they fit.",
        "The first node that does not fit ends the search: what comes after it is less similar, however short it is.",
    ),
)
