"""The Little Retrieval Test for small models that differ only in their mixer: the figure of part II.

    n        lines              tokens   (B, 3 n)  `number content` n times, then the numbers again, reordered
    targets  (B, 3 n)  the content where a number is asked for, else -100

A line is two tokens, and every line is asked for, in random order. Departs from the test of `little_retrieval`: no
words, no instruction among the lines; what is left is the retrieval.
"""

import itertools
import time
from collections.abc import Iterator

import torch
from torch import Generator, Tensor, nn

from llmcourse import models, records, runtime
from llmcourse.mamba.measure import numbers
from llmcourse.records import trials

from .mixers import MIXERS

NUMBERS, CONTENTS = 128, 32  # kinds of line numbers and of contents
FEWEST, MOST = 4, 16  # lines that models are trained on
LINES = (4, 8, 16, 32, 64, 128)  # lines that they are tested on
WIDTH, LAYERS, BATCH = 64, 2, 32
RATES, SEEDS = (3e-3, 1e-2, 3e-2, 1e-1), (0, 1, 2)
CHANCE = 1 / CONTENTS


def lines(batch: int, n: int, asked: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Tokens and targets (batch, 2 n + asked): n lines, then `asked` of their numbers.

    Raises ValueError for more lines than there are numbers, or more questions than lines.
    """
    if not 1 <= n <= NUMBERS or not 1 <= asked <= n:
        raise ValueError(f"{asked} questions on {n} lines: at most {NUMBERS} lines, and at most one question a line.")
    number = torch.rand(batch, NUMBERS, generator=generator).argsort(-1)[:, :n]
    content = torch.randint(0, CONTENTS, (batch, n), generator=generator)
    order = torch.rand(batch, n, generator=generator).argsort(-1)[:, :asked]
    written = torch.stack([number, NUMBERS + content], -1).flatten(1)  # (batch, 2 n)
    tokens = torch.cat([written, number.gather(1, order)], 1)
    targets = torch.full_like(tokens, -100)
    targets[:, 2 * n :] = NUMBERS + content.gather(1, order)
    return tokens, targets


def batches(generator: Generator, steps: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches for so many steps: of 4 to 8 lines at first, of 4 to 16 from the middle on; in one all texts are as long.

    With many lines from the start there is nothing to begin with: a model that can't look up yet gains by nothing.
    """
    for step in itertools.count():
        most = min(MOST, 2 * FEWEST + round((MOST - 2 * FEWEST) * 2 * step / steps))
        n = int(torch.randint(FEWEST, most + 1, (), generator=generator))
        yield lines(BATCH, n, n, generator)


@torch.no_grad()
def accuracy(model: nn.Module, n: int, texts: int = 64, asked: int = 8) -> float:
    """The share of right contents on fixed texts of n lines, other ones than in training."""
    tokens, targets = lines(texts, n, min(asked, n), torch.Generator().manual_seed(10_000 + n))
    guess = torch.cat([model(x)[0].argmax(-1).cpu() for x in tokens.to(runtime.device()).split(16)])
    return (guess == targets)[targets >= 0].float().mean().item()


def small(name: str) -> models.GPT:
    """Two layers of 64 channels without MLP: only the mixer can look back further than three tokens."""
    return models.GPT(NUMBERS + CONTENTS, WIDTH, LAYERS, MIXERS[name], mlp=0).to(runtime.device())


def trained(name: str, steps: int, seed: int, lr: float, every: int = 100) -> tuple[models.GPT, models.History]:
    """One model. The seed fixes weights and texts: two mixers see the same texts. Validation: 8 and 16 lines."""
    generator = runtime.seed(seed)
    model = small(name)
    validate = lambda model: (accuracy(model, MOST // 2, 32) + accuracy(model, MOST, 32)) / 2
    return model, models.train(
        model, batches(generator, steps), steps, lr, validate, every, name=f"{name}, seed {seed}"
    )


@torch.no_grad()
def kept(model: models.GPT, n: int) -> int:
    """How many numbers the mixers keep of one text of n lines."""
    tokens, _ = lines(1, n, 1, torch.Generator().manual_seed(0))
    states = model(tokens[:, : 2 * n].to(runtime.device()))[1]
    return sum(map(_held, states))


def _held(state: tuple) -> int:
    """Of a block's mixer, without the convolution that all models have; of a softmax cache, what is in use."""
    memory = state[1]
    if hasattr(memory, "length"):
        return sum(x[..., : memory.length, :].numel() for x in (memory.k, memory.v))
    return numbers(memory)


@torch.no_grad()
def seconds_a_token(model: models.GPT, n: int, tokens: int = 32) -> float:
    """CPU-seconds to read one more token after n lines, the mean of several."""
    text, _ = lines(1, n, 1, torch.Generator().manual_seed(0))
    _, state = model(text[:, : 2 * n])
    start = time.process_time()
    for _ in range(tokens):
        _, state = model(text[:, :1], state)
    return (time.process_time() - start) / tokens


def run(name: str, steps: int, seed: int, lr: float, tested: tuple[int, ...] = LINES) -> dict:
    """One run as it stands in the record: accuracy by number of lines, what is kept, and what it costs."""
    model, history = trained(name, steps, seed, lr, max(1, steps // 5))
    found = {"mixer": name, "seed": seed, "rate": lr, "parameters": model.parameters_count}
    found |= {"seconds": round(history.seconds, 1), "validation": [[s, round(v, 4)] for s, v in history.validation]}
    if seed != trials.SEARCHED:
        found["accuracy"] = {str(n): round(accuracy(model, n), 4) for n in tested}
        found["kept"] = {str(n): kept(model, n) for n in tested}
        ends = tested[0], tested[-1]
        found["milliseconds"] = {str(n): round(1000 * seconds_a_token(model, n), 3) for n in ends}
    return found


@records.record("11_lines")
def record(steps: int = 280, seeds: tuple[int, ...] = SEEDS, rates: tuple[float, ...] = RATES) -> dict:
    """Every mixer at the best of its learning rates, trained on 4 to 16 lines and tested on 4 to 128."""
    found = trials.compare(run, tuple(MIXERS), steps, seeds, rates, search=1.0)  # GLA and Mamba-2 begin late
    by_rate = {name: {f"{lr:g}": score for lr, score in scores} for name, scores in found.tried.items()}
    return {"steps": steps, "trained": [FEWEST, MOST], "rates": by_rate, "runs": found.runs}
