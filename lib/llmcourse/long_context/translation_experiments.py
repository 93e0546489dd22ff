"""MTOB in miniature: small models that learn to use a book, tested on languages that they have never met.

    tokens   (B, L)  a book, then questions: words, or sentences to be translated
    targets  (B, L)  the English words of the answers, -100 elsewhere

Three stages: words are looked up in a list that grows; then sentences; then books of any size. With the whole list from
the start a model learns nothing, since all English words stand in every list, so that knowing which ones stand there
tells it nothing.
"""

import itertools
import random
from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor, nn

from llmcourse import models, records, runtime
from llmcourse.records import trials

from . import languages
from .languages import BOOKS, ENGLISH, MEANS, SENTENCE, TOKEN, VOCABULARY, Book, Contents, Language
from .translation import corpus_chrf

WIDTH, LAYERS, HEADS, BATCH, RATE, STEPS = 64, 3, 2, 32, 7e-3, 1200
WORDS_UNTIL, SENTENCES_UNTIL = 0.25, 0.45  # shares of the training: the stages
SEEDS = (0, 1, 2)
TESTED = 256  # languages


class Lesson:
    """A book with questions, growing: words with a target are what is to be learned."""

    def __init__(self, text: list[str]):
        self.text, self.asked = list(text), [False] * len(text)

    def add(self, words: list[str], answers: int) -> None:
        """Write these words; the last `answers` of them are asked for."""
        self.text += words
        self.asked += [False] * (len(words) - answers) + [True] * answers


def lesson(rng: random.Random, of: Language, contents: Contents, words: int, sentences: int) -> Lesson:
    """A book, then so many words of its list (of the whole language, if it lists none) and sentences as questions."""
    read: Book = languages.book(rng, of, contents)
    one = Lesson(read.text)
    from_list = list(read.listed or ENGLISH)
    for word in rng.sample(from_list, min(words, len(from_list))):
        one.add([of.words[word], word], 1)
    for _ in range(sentences):
        english = languages.sentence(rng)
        one.add(languages.example(of, english), len(english))
    return one


def stage(rng: random.Random, done: float) -> tuple[Contents, int, int, str]:
    """What is taught when a share `done` of the training is over: contents, words, sentences, the order ("": any)."""
    if done < WORDS_UNTIL:
        listed = min(len(ENGLISH), 3 + int(16 * done / WORDS_UNTIL))
        return Contents(listed, 0, True), listed, 0, "SVO"
    if done < SENTENCES_UNTIL:
        return Contents(18, 0, True), 9, 6, "SVO" if rng.random() < 0.5 else ""
    contents = Contents(rng.choice((0, 9, 18, 18)), rng.choice((0, 3, 6)), rng.random() < 0.75)
    return contents, 4, 6, ""


def batches(seed: int, steps: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches for so many steps, each of BATCH new languages."""
    rng = random.Random(seed)
    for step in itertools.count():
        contents, words, sentences, order = stage(rng, step / steps)
        made = [lesson(rng, languages.language(rng, order), contents, words, sentences) for _ in range(BATCH)]
        tokens = languages.encode([one.text for one in made])
        asked = torch.tensor([one.asked + [False] * (tokens.shape[1] - len(one.asked)) for one in made])
        yield tokens[:, :-1], torch.where(asked, tokens, -100)[:, 1:]


def trained(seed: int, steps: int = STEPS) -> tuple[models.GPT, models.History]:
    """A model that has learned to read books."""
    runtime.seed(seed)
    mixer = partial(models.SoftmaxAttention, heads=HEADS)
    model = models.GPT(len(VOCABULARY), WIDTH, LAYERS, mixer, mlp=0)
    nn.init.normal_(model.embedding.weight)
    model = model.to(runtime.device())
    return model, models.train(model, batches(seed, steps), steps, RATE, name=f"books, seed {seed}")


def exam(
    contents: Contents, count: int, seed: int = 10_000
) -> tuple[list[list[str]], list[list[str]], list[list[str]]]:
    """`count` new languages: book and sentence, the right translation, and what the parser makes of it."""
    rng, prompts, right, parsed = random.Random(seed), [], [], []
    for _ in range(count):
        of, english = languages.language(rng), languages.sentence(rng)
        read = languages.book(rng, of, contents)
        foreign = of.say(english)
        prompts.append([*read.text, SENTENCE, *foreign, MEANS])
        right.append(english)
        parsed.append(of.parse(foreign, read.listed))
    return prompts, right, parsed


@torch.no_grad()
def translated(model: models.GPT, prompts: list[list[str]]) -> list[list[str]]:
    """Three words after each prompt, greedily. All prompts are of equal length."""
    tokens = languages.encode(prompts).to(runtime.device())
    if (tokens == TOKEN[languages.PAD]).any():
        raise ValueError("The prompts differ in length: translate books of equal size together.")
    logits, state = model(tokens)
    words = []
    for _ in range(3):
        words.append(logits[:, -1].argmax(-1, keepdim=True))
        logits, state = model(words[-1], state)
    return [languages.decode(row) for row in torch.cat(words, 1).cpu()]


def marked(found: list[list[str]], right: list[list[str]]) -> dict[str, float]:
    """Shares of right words and of right sentences, and chrF."""
    words = [a == b for f, r in zip(found, right) for a, b in zip(f, r)]
    return {
        "words": round(sum(words) / len(words), 4),
        "sentences": round(sum(f == r for f, r in zip(found, right)) / len(right), 4),
        "chrF": round(corpus_chrf([" ".join(f) for f in found], [" ".join(r) for r in right]), 2),
    }


def run(seed: int, steps: int = STEPS, tested: int = TESTED) -> dict:
    """One model and its exams, as it stands in the record."""
    model, history = trained(seed, steps)
    exams = {name: exam(contents, tested) for name, contents in BOOKS.items()}
    marks = {name: marked(translated(model, prompts), right) for name, (prompts, right, _) in exams.items()}
    shown = translated(model, exams["half book"][0][:4])
    return {
        "seed": seed,
        "parameters": model.parameters_count,
        "seconds": round(history.seconds, 1),
        "marks": marks,
        "shown": [[" ".join(p[-4:-1]), " ".join(r), " ".join(f)] for p, r, f in zip(*exams["half book"][:2], shown)],
    }


@records.record("11_translation")
def record(steps: int = STEPS, seeds: tuple[int, ...] = SEEDS, tested: int = TESTED) -> dict:
    """Three models, and the parser that knows the grammar."""
    parser = {name: marked(parsed, right) for name, c in BOOKS.items() for _, right, parsed in [exam(c, tested)]}
    return {"steps": steps, "tested": tested, "runs": trials.each(run, [(s, steps, tested) for s in seeds]),
            "parser": parser}  # fmt: skip
