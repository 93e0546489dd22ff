"""Past the training length: small models with rotary positions find lines, and read further by each scaling.

s    how many times more lines there are than in training, 1 to 8; nothing is trained for it
"""

from collections.abc import Sequence
from functools import partial

from llmcourse import models, runtime

from . import line_experiments as in_lines
from .rope import SCALINGS, RotaryAttention, scale

LONGER, SEEDS, STEPS, RATE = (1, 2, 4, 8), (0, 1, 2), 150, 3e-2
TRAINED = 3 * in_lines.MOST  # tokens of the longest text in training: two a line, and a question for each


def finder(steps: int, seed: int) -> models.GPT:
    """A model that finds lines, trained on as many as MOST. The seed fixes weights and texts."""
    generator = runtime.seed(seed)
    mixer = partial(RotaryAttention, trained=TRAINED)
    vocabulary = in_lines.NUMBERS + in_lines.CONTENTS
    model = models.GPT(vocabulary, in_lines.WIDTH, in_lines.LAYERS, mixer, mlp=0).to(runtime.device())
    models.train(model, in_lines.batches(generator, steps), steps, RATE, name=f"lines, seed {seed}")
    return model


def run(seed: int, steps: int = STEPS, longer: Sequence[int] = LONGER) -> dict:
    """The model of one seed: its share of lines found at s times as many, read with each scaling for s."""
    model = finder(steps, seed)
    return {
        "seed": seed,
        "accuracy": {
            name: [in_lines.accuracy(scale(model, name, s), s * in_lines.MOST) for s in longer] for name in SCALINGS
        },
    }
