"""SmolLM2 as it is, on long contexts: needles by length and depth, other words, look-alikes; the Little Retrieval Test.

The haystacks are the World Factbook and torch's manual. All answers are scored after one reading of their context.
"""

import random
from collections.abc import Sequence
from itertools import product

import torch

from llmcourse import data, models, runtime

from . import little_retrieval, needle
from .needle import BOX, BOXES, FACTS, KINDS, NAMES, Tokens

LENGTHS, DEPTHS = (512, 1024, 2048, 4096), (0.0, 0.25, 0.5, 0.75, 1.0)
HAYSTACKS = ("factbook", "manual")
KIND_LENGTHS, LOOK_ALIKES, LOOK_LENGTH = (512, 2048), (1, 2, 4, 8), 512
REGISTERS, TESTS = (5, 10, 25), 24  # lines of a Little Retrieval Test; tests of each size
PREFIXED = "prefixed", "\nThe secret number of the {box} box is"
QUESTION = "question", "\nQuestion: What is the secret number of the {box} box?\nAnswer:"


def haystack(model: models.TextModel, name: str, tokens: int, start: float = 0.0) -> Tokens:
    """So many tokens of a real text, from a share `start` of it on."""
    text = data.factbook() if name == "factbook" else "\n".join(passage.text for passage in data.manual())
    return model.encode(text[int(start * len(text)) :][: 8 * tokens])[:tokens]


def number(rng: random.Random) -> str:
    return str(rng.randrange(1000, 10_000))


# --- by length and depth


def grid(
    model: models.TextModel, name: str, length: int, depths: Sequence[float], seed: int, tokens: int = 24
) -> list[dict]:
    """One secret number at each depth of one haystack, asked with and without the beginning of the answer."""
    rng, ends = random.Random(seed), needle.sentence_ends(model)
    box, secret = rng.choice(BOXES), number(rng)
    planted = model.encode(f" {BOX.format(box=box)} {secret}.\n")
    hay = haystack(model, name, length, rng.random() / 2)
    rows = []
    for depth, past in zip(sorted(depths), needle.at_depths(model, hay, planted, depths, length, ends)):
        (score,) = needle.ask(model, past, [(PREFIXED[1].format(box=box), f" {secret}")])
        free = needle.write(model, past, QUESTION[1].format(box=box), tokens) if tokens else ""
        rows.append({"haystack": name, "length": length, "depth": depth, "prefixed": int(score.greedy),
                     "log_prob": round(score.per_token, 3), "free": int(secret in free), "written": free})  # fmt: skip
    return rows


# --- other words


def facts(model: models.TextModel, name: str, length: int, seed: int) -> list[dict]:
    """Five facts in one context, each asked for in four kinds of words; the candidates are the five names."""
    rng, ends = random.Random(seed), needle.sentence_ends(model)
    names, order = rng.sample(NAMES, len(FACTS)), rng.sample(range(len(FACTS)), len(FACTS))
    told = [FACTS[i] for i in order]
    planted = [model.encode(f" {fact[0]} {name}.\n") for fact, name in zip(told, names)]
    depths = [0.1 + 0.2 * i for i in range(len(FACTS))]
    hay = haystack(model, name, length, rng.random() / 2)
    past = model.read(needle.scatter(hay, planted, depths, length, ends))
    rows = []
    for i, (kind, words) in product(range(len(FACTS)), enumerate(KINDS)):
        best, scores = needle.best(model, past, f"\n{told[i][kind]}", [f" {one}" for one in names])
        rows.append({"haystack": name, "length": length, "kind": words, "fact": order[i], "depth": round(depths[i], 1),
                     "right": int(best == i), "log_prob": round(scores[i], 3)})  # fmt: skip
    return rows


# --- look-alikes


def look_alikes(model: models.TextModel, name: str, count: int, length: int, seed: int) -> list[dict]:
    """So many secret numbers of boxes in one context; each box is asked for, and all the numbers are candidates."""
    rng, ends = random.Random(seed), needle.sentence_ends(model)
    boxes, secrets = rng.sample(BOXES, count), [number(rng) for _ in range(count)]
    planted = [model.encode(f" {BOX.format(box=box)} {secret}.\n") for box, secret in zip(boxes, secrets)]
    depths = [(i + 0.5) / count for i in range(count)]
    past = model.read(needle.scatter(haystack(model, name, length, rng.random() / 2), planted, depths, length, ends))
    rows = []
    for i, box in enumerate(boxes):
        best, scores = needle.best(model, past, PREFIXED[1].format(box=box), [f" {one}" for one in secrets])
        rows.append({"haystack": name, "count": count, "right": int(best == i), "log_prob": round(scores[i], 3)})
    return rows


# --- how fast


def speed(model: models.TextModel, length: int = 1024, questions: int = 8) -> dict:
    """Seconds for many questions on one context, and for many depths: one by one, and sharing what they can."""
    hay, ends = haystack(model, "factbook", length), needle.sentence_ends(model)
    planted = model.encode(f" {BOX.format(box='amber')} 1234.\n")
    context = needle.place(hay, planted, 0.5, length, ends)
    asked = [(PREFIXED[1].format(box=box), " 1234") for box in BOXES[:questions]]

    def together():
        return needle.ask(model, model.read(context), asked)

    def one_by_one():
        return [needle.ask(model, model.read(context), [pair]) for pair in asked]

    def depths_together():
        return [past[1][0].item() for past in needle.at_depths(model, hay, planted, DEPTHS, length, ends)]

    def depths_one_by_one():
        return [model.read(needle.place(hay, planted, d, length, ends))[1][0].item() for d in DEPTHS]

    calls = {f.__name__.replace("_", " "): f for f in (together, one_by_one, depths_together, depths_one_by_one)}
    return {"length": length, "questions": questions, "depths": len(DEPTHS)} | {
        name: round(runtime.quickest(call, repeat=1), 2) for name, call in calls.items()
    }


# --- the Little Retrieval Test


def registers(model: models.TextModel, n: int, tests: int, seed: int = 0) -> list[dict]:
    """Tests of n lines: the answer that it writes, and the line whose content it finds most likely."""
    rng, rows = random.Random(1000 * n + seed), []
    for _ in range(tests):
        test = little_retrieval.draw(n, rng)
        context, candidates = little_retrieval.prompts(test)
        past = model.read(model.encode(context[:-1]))
        best, scores = needle.best(model, past, context[-1], candidates)
        lines = list(test.contents)
        row = {"lines": n, "asked": test.asked, "scored": lines[best]}
        rows.append(row | {"log_prob": round(scores[test.asked - 1], 3)})
    chats = [model.chat(little_retrieval.draw(n, random.Random(seed + i)).text) for i in range(tests)]
    answers = model.generate(chats, tokens=16, batch=8)
    for i, (row, answer) in enumerate(zip(rows, answers)):
        test = little_retrieval.draw(n, random.Random(seed + i))
        row |= {"written": answer, "written right": int(little_retrieval.right(answer, test)),
                "written line": next((k for k, v in test.contents.items()
                                      if v == little_retrieval.reported(answer)), None)}  # fmt: skip
    return rows


def record_needle(lengths: Sequence[int] = LENGTHS, draws: int = 3) -> dict:
    """One needle by length and depth, five facts in four kinds of words, look-alikes, and how fast it was."""
    model, rows = models.load(dtype=torch.float32), {"grid": [], "facts": [], "look-alikes": []}
    for i, (name, length) in enumerate(product(HAYSTACKS, lengths)):
        rows["grid"] += grid(model, name, length, DEPTHS, seed=i)
    for seed, name in product(range(draws), HAYSTACKS):
        for length in KIND_LENGTHS:
            rows["facts"] += facts(model, name, min(length, lengths[-1]), seed)
        for count in LOOK_ALIKES:
            rows["look-alikes"] += look_alikes(model, name, count, LOOK_LENGTH, seed)
    return {"lengths": list(lengths), "depths": list(DEPTHS), **rows, "speed": speed(model)}


def record_registers(sizes: Sequence[int] = REGISTERS, tests: int = TESTS) -> dict:
    """SmolLM2 on the Little Retrieval Test: what it writes, and which line it prefers."""
    model = models.load(dtype=torch.float32)
    return {"tests": tests, "rows": [row for n in sizes for row in registers(model, n, tests)]}
