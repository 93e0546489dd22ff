"""Small students, trained here from nothing: words are tokens, prompts are read, and answers are learned.

    pairs    (prompt, answer), words with spaces between them     targets  the answer's words and END; else IGNORED
    chain    a word problem of which only last digits are kept: "7 + 5 tripled - 2 =", and after each step "2 6 4"
    letters  a task in three words, which letters, in which order, in which style: "last-three backwards capitals"

In a chain every multiplication is by three, and no step loses what was before: each number of it can be asked for.
"""

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from random import Random
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from llmcourse import models, runtime
from llmcourse.models import LanguageModel
from llmcourse.models.tuning import IGNORED

from . import word_problems
from .word_problems import Problem

END = "<end>"
Pair = tuple[str, str]


class Words:
    """Numbers for the words of some texts, in the order in which they come; END is 0."""

    def __init__(self, texts: Sequence[str]):
        self.words = list(dict.fromkeys([END, *(word for text in texts for word in text.split())]))
        self.number = {word: i for i, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, text: str) -> Tensor:
        """Tokens (L,). Raises KeyError for a word that was not in the texts."""
        return torch.tensor([self.number[word] for word in text.split()], dtype=torch.long)

    def decode(self, tokens: Tensor) -> str:
        """The words before the first END."""
        return " ".join(self.words[i] for i in tokens.tolist()).partition(END)[0].strip()


def small(words: Words, seed: int, d: int = 64, layers: int = 2) -> LanguageModel:
    """A GPT of 0.1 million parameters that has learned nothing yet."""
    torch.manual_seed(seed)
    return models.GPT(len(words), d, layers, models.SoftmaxAttention).to(runtime.device())


def encode(words: Words, pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:
    """Inputs and targets (N, L) of pairs, padded on the right with END, which is learned once behind an answer."""
    rows = [(words.encode(prompt), words.encode(f"{answer} {END}")) for prompt, answer in pairs]
    width = max(len(prompt) + len(answer) for prompt, answer in rows)
    tokens, targets = torch.zeros(len(rows), width, dtype=torch.long), torch.full((len(rows), width), IGNORED)
    for i, (prompt, answer) in enumerate(rows):
        end = len(prompt) + len(answer)
        tokens[i, :end] = torch.cat([prompt, answer])
        targets[i, len(prompt) : end] = answer
    return tokens[:, :-1], targets[:, 1:]


def shuffled(encoded: tuple[Tensor, Tensor], batch: int, generator: Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches without end, each drawn with repetition from all."""
    inputs, targets = encoded
    while True:
        chosen = torch.randint(0, len(inputs), (batch,), generator=generator)
        yield inputs[chosen], targets[chosen]


def in_order(encoded: tuple[Tensor, Tensor], batch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches in the order in which the pairs come, each pair once."""
    yield from zip(*(part.split(batch) for part in encoded))


def learn(
    model: LanguageModel, batches: Iterator, steps: int, lr: float, validate=None, every: int = 0
) -> models.History:
    """Training on answers; warm-up over a tenth of the steps."""
    return models.train(model, batches, steps, lr, warm_up=max(1, steps // 10), validate=validate, every=every or steps)


@torch.no_grad()
def written(model: LanguageModel, words: Words, prompts: Sequence[str], length: int) -> list[str]:
    """Greedy answers, of at most `length` words. Prompts with equally many words are read together."""
    device, found = next(model.parameters()).device, [""] * len(prompts)
    sizes = [len(prompt.split()) for prompt in prompts]
    for size in sorted(set(sizes)):
        same = [i for i in range(len(prompts)) if sizes[i] == size]
        tokens = torch.stack([words.encode(prompts[i]) for i in same]).to(device)
        out = model.generate(tokens, length, torch.Generator(), temperature=0)
        for i, row in zip(same, out.cpu()):
            found[i] = words.decode(row)
    return found


@torch.no_grad()
def right(model: LanguageModel, encoded: tuple[Tensor, Tensor]) -> float:
    """The share of pairs whose answer the student writes word for word."""
    inputs, targets = (part.to(next(model.parameters()).device) for part in encoded)
    logits, _ = model(inputs)
    return ((logits.argmax(-1) == targets) | (targets == IGNORED)).all(1).double().mean().item()


def right_at_last(model: LanguageModel, words: Words, pairs: Sequence[Pair]) -> float:
    """The share of pairs for which the last word that the student writes is the last of the answer, by whatever way."""
    longest = max(len(answer.split()) for _, answer in pairs) + 1  # and the end
    found = written(model, words, [prompt for prompt, _ in pairs], longest)
    return sum(text.split()[-1:] == answer.split()[-1:] for text, (_, answer) in zip(found, pairs)) / len(pairs)


@torch.no_grad()
def loss(model: LanguageModel, encoded: tuple[Tensor, Tensor]) -> float:
    """Nats per word of the answers."""
    inputs, targets = (part.to(next(model.parameters()).device) for part in encoded)
    logits, _ = model(inputs)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED).item()


# ------------------------------------------------------------------ chains

NOTATIONS = (  # the same chain in other words, as MetaMath rephrases
    {"+": "+", "-": "-", "*": "tripled", "asks": "="},
    {"+": "plus", "-": "minus", "*": "thrice", "asks": "is"},
    {"+": "more", "-": "less", "*": "threefold", "asks": "makes"},
)
UNKNOWN = "?"
CHAINS = Words([f"{UNKNOWN} ; 0 1 2 3 4 5 6 7 8 9", *(" ".join(notation.values()) for notation in NOTATIONS)])


def digits(problem: Problem) -> list[int]:
    """The last digit at the start and after each step."""
    found = [problem.start % 10]
    for kind, n in problem.steps:
        found.append({"+": found[-1] + n, "-": found[-1] - n, "*": 3 * found[-1]}[kind] % 10)
    return found


def chain(problem: Problem, notation: int = 0) -> str:
    """The problem as a chain of words: "7 + 5 tripled - 2 ="."""
    say = NOTATIONS[notation]
    steps = [say[kind] if kind == "*" else f"{say[kind]} {n % 10}" for kind, n in problem.steps]
    return " ".join([str(problem.start % 10), *steps, say["asks"]])


def answer(problem: Problem) -> Pair:
    return chain(problem), str(digits(problem)[-1])


def trace(problem: Problem, notation: int = 0) -> Pair:
    """Chain, and the digit after each step: the last one is the answer."""
    return chain(problem, notation), " ".join(map(str, digits(problem)[1:]))


def backward(problem: Problem) -> list[Pair]:
    """Each number of the chain asked for, with the answer told: "? + 5 tripled = 6 ;" and "7"."""
    tokens = chain(problem).split()
    told = f"{digits(problem)[-1]} ;"
    numbers = [i for i, token in enumerate(tokens) if token.isdigit()]
    return [(" ".join([*tokens[:i], UNKNOWN, *tokens[i + 1 :], told]), tokens[i]) for i in numbers]


def problems(rng: Random, count: int, levels: Sequence[int]) -> list[Problem]:
    """Problems drawn from these levels, all alike."""
    return [word_problems.draw(rng, rng.choice(levels), largest=9) for _ in range(count)]


# ------------------------------------------------------------------ tasks on letters

LETTERS = "abcdefghij"
WHICH = {
    "all": lambda x: x,
    "first-three": lambda x: x[:3],
    "last-three": lambda x: x[-3:],
    "odd-places": lambda x: x[::2],
    "all-but-first": lambda x: x[1:],
    "all-but-last": lambda x: x[:-1],
}
ORDER = {
    "forwards": lambda x: x,
    "backwards": lambda x: x[::-1],
    "sorted": sorted,
    "first-to-end": lambda x: [*x[1:], x[0]],
}
STYLE = {
    "plain": lambda x: x,
    "capitals": lambda x: [c.upper() for c in x],
    "doubled": lambda x: [c for letter in x for c in (letter, letter)],
    "dashed": lambda x: " - ".join(x).split(),
}


class LetterTask(NamedTuple):
    """Which letters, in which order, in which style: the names of three functions."""

    which: str
    order: str
    style: str

    def output(self, letters: Sequence[str]) -> str:
        return " ".join(STYLE[self.style](list(ORDER[self.order](WHICH[self.which](list(letters))))))


ALL_TASKS = [LetterTask(*names) for names in product(WHICH, ORDER, STYLE)]  # 96
FORMS = [(*order, behind) for order in permutations(range(3)) for behind in (0, 1)]  # 12
LETTER_WORDS = Words([*WHICH, *ORDER, *STYLE, " ".join(LETTERS + LETTERS.upper()), "- : ="])


def letter_pair(task: LetterTask, letters: Sequence[str], form: int = 0) -> Pair:
    """The task on five letters, in one of 12 forms: the three words in any order, before the letters or behind them."""
    *order, behind = FORMS[form]
    told, given = [task[i] for i in order], list(letters)
    return " ".join([*given, ":", *told, "="] if behind else [*told, ":", *given, "="]), task.output(letters)


def letter_pairs(rng: Random, tasks: Sequence[LetterTask], count: int, forms: Sequence[int] = (0,)) -> list[Pair]:
    """Pairs of tasks and forms drawn from these, on letters drawn afresh, none twice in a pair."""
    return [letter_pair(rng.choice(tasks), rng.sample(LETTERS, 5), rng.choice(forms)) for _ in range(count)]


def split_tasks(rng: Random, unseen: int = 16) -> tuple[list[LetterTask], list[LetterTask]]:
    """Training tasks in the order in which they join, and unseen ones. The first six have every word already."""
    which, order, style = (rng.sample(list(names), len(names)) for names in (WHICH, ORDER, STYLE))
    first = [LetterTask(name, order[i % 4], style[(i + i // 4) % 4]) for i, name in enumerate(which)]
    rest = [task for task in rng.sample(ALL_TASKS, len(ALL_TASKS)) if task not in first]
    return first + rest[unseen:], rest[:unseen]
