"""chunk-neighbours: Neighbours with what comes after them, and no leak."""

import torch

from llmcourse.checks import Exercise

from .cases import normal


def database(chunks, m, Q, k, d=4, foreign=1, far=0.0):
    """Texts with this many chunks each; Q queries from random texts, the last `foreign` of them from none.

    `far` takes the queries away from all keys: their products become negative.
    """

    def make(generator):
        N = sum(chunks)
        document = torch.repeat_interleave(torch.arange(len(chunks)), torch.tensor(chunks))
        own = torch.randint(len(chunks), (Q,), generator=generator)
        own[Q - foreign :] = -1
        keys, q = normal(generator, N, d), normal(generator, Q, d)
        # A text is about one thing: its chunks are the nearest to its own queries.
        about = normal(generator, len(chunks), d)
        return {
            "chunk": torch.randint(1, 90, (N, m), generator=generator),
            "document": document,
            "keys": keys + about[document] + far,
            "q": q + about[own] - far,
            "own": own,
            "k": k,
        }

    return make


def probe(answer, inputs):
    return {"neighbours": answer(*(inputs[name] for name in EXERCISE.parameters))}


EXERCISE = Exercise(
    name="chunk-neighbours",
    title="Neighbours with what comes after them, and no leak",
    answer="neighbours",
    parameters=("chunk", "document", "keys", "q", "own", "k"),
    points=4,
    difficulty=3,
    minutes=18,
    cases={
        "one neighbour": database((3, 2, 2), m=3, Q=4, k=1),
        "several neighbours": database((2, 3, 1, 2), m=2, Q=5, k=3),
        "short texts": database((1, 2, 1, 1, 2), m=3, Q=4, k=2),
        "all are far away": database((2, 1, 3), m=2, Q=4, k=2, far=4.0),
    },
    probe=probe,
    hints=(
        "Three steps: what follows each chunk; which chunks are nearest; both put side by side.",
        "What follows chunk n is chunk n + 1, if that is from the same text, and zeros if it is not: shift `chunk` up "
        "by one row, and compare `document` with itself, shifted.",
        "Before you choose the nearest, give all chunks of the query's own text the relevance minus infinity: "
        "`s = (q @ keys.T).masked_fill(own[:, None] == document, -torch.inf)`.",
        "`s.topk(k).indices` are (Q, k). Index both tensors with them, and join with `torch.cat(..., -1)`.",
    ),
)
