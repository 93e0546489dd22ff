"""bm25-scores: From counting to BM25."""

import torch

from llmcourse.checks import Exercise


def counts(N, W, k1=1.5, b=0.75, most=6, spread=60):
    """N documents with counts of W words; every word is in one document at least."""

    def make(generator):
        f = torch.randint(0, most, (N, W), generator=generator) * torch.randint(0, 2, (N, W), generator=generator)
        f[torch.randint(0, N, (W,), generator=generator), torch.arange(W)] = 2
        length = 12 + f.sum(1) + torch.randint(0, spread, (N,), generator=generator)
        inputs = {"f": f.float(), "n": (f > 0).sum(0).float(), "length": length.float()}
        return inputs | {"k1": torch.tensor(k1), "b": torch.tensor(b)}

    return make


def probe(answer, inputs):
    k1, b = float(inputs["k1"]), float(inputs["b"])
    return {"scores": answer(inputs["f"], inputs["n"], inputs["length"], k1, b)}


EXERCISE = Exercise(
    name="bm25-scores",
    title="From counting to BM25",
    answer="bm25_scores",
    parameters=("f", "n", "length", "k1", "b"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "five documents, three words": counts(5, 3),
        "one word": counts(6, 1),
        "length does not count (b = 0)": counts(5, 2, b=0.0),
        "words that come very often": counts(7, 4, k1=0.9, b=0.4, most=40),
    },
    probe=probe,
    hints=(
        "Three factors: how rare the word is, how often it comes, and how long the document is. The last two meet in "
        "one fraction.",
        "K = k1 * (1 - b + b * length / length.mean()) is a number for each document: (N,), so `K[:, None]` beside f "
        "(N, W).",
        "idf = log(1 + (N - n + 0.5) / (n + 0.5)) with N = len(f). Sum idf * f / (f + K) over the words.",
    ),
)
