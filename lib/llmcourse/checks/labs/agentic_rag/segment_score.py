"""segment-score: From reflection tokens to a score."""

import torch

from llmcourse.checks import Exercise


def segments(B, T, weights=(1.0, 1.0, 0.5), spread=1.5, pad=True):
    """B segments of different lengths; each group of tokens has its share of the whole vocabulary's probability."""

    def make(generator):
        rows = lambda n: (spread * torch.randn(B, n, generator=generator)).log_softmax(-1)
        leak = lambda: -0.2 - 1.3 * torch.rand(B, 1, generator=generator)  # the rest went to other words
        lengths = torch.randint(2, T, (B,), generator=generator)
        lengths[0] = T
        mask = (torch.arange(T) < lengths[:, None]).float() if pad else torch.ones(B, T)
        return {
            "log_p": -0.05 - torch.rand(B, T, generator=generator),
            "mask": mask,
            "relevance": rows(2) + leak(),
            "support": rows(3) + leak(),
            "utility": rows(5) + leak(),
            "weights": torch.tensor(weights),
        }

    return make


def probe(answer, inputs):
    names = ("log_p", "mask", "relevance", "support", "utility", "weights")
    return {"score": answer(*(inputs[name] for name in names))}


EXERCISE = Exercise(
    name="segment-score",
    title="From reflection tokens to a score",
    answer="segment_score",
    parameters=("log_p", "mask", "relevance", "support", "utility", "weights"),
    points=3,
    difficulty=3,
    minutes=12,
    cases={
        "four segments": segments(4, 6),
        "segments of one length": segments(3, 4, pad=False),
        "support counts most": segments(5, 7, weights=(0.5, 3.0, 0.2)),
        "utility alone": segments(4, 5, weights=(0.0, 0.0, 2.0)),
        "sure of everything": segments(3, 5, spread=6.0),
    },
    probe=probe,
    hints=(
        "Four numbers for each segment: how likely it was, and a score from each group of tokens; then a weighted sum.",
        "In each group the probabilities are divided by their sum *within the group*: the rest of the "
        "vocabulary does not "
        "count. `log_softmax` or `softmax` of log-probabilities over the group does just that.",
        "Support: p(fully) + 0.5 p(partially). Utility: the mean of -1, -0.5, 0, 0.5, 1 under its five probabilities.",
        "Likelihood: `((log_p * mask).sum(1) / mask.sum(1)).exp()`: padding is no token.",
    ),
)
