"""SmolLM2 as it is, on long contexts: needles by length and depth, other words, look-alikes; the Little Retrieval Test.

The haystacks are the World Factbook and torch's manual. All answers are scored after one reading of their context.
"""

import random
from collections.abc import Iterable, Sequence
from itertools import product

import torch

from llmcourse import data, models, records, runtime
from llmcourse.records import trials

from . import little_retrieval, needle
from .needle import BOX, BOXES, FACTS, KINDS, NAMES, Tokens

LENGTHS, DEPTHS = (512, 1024, 2048), (0.0, 0.5, 1.0)
HAYSTACKS = ("factbook", "manual")
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
    model: models.TextModel, name: str, length: int, depths: Sequence[float], seed: int, tokens: int = 16
) -> list[dict]:
    """One secret number at each depth of one haystack, asked with and without the beginning of the answer."""
    rng, ends = random.Random(seed), needle.sentence_ends(model)  # the same needle and place for every length
    box, secret = rng.choice(BOXES), number(rng)
    planted = model.encode(f" {BOX.format(box=box)} {secret}.\n")
    hay = haystack(model, name, length, rng.random() / 2)
    rows = []
    for depth, past in zip(sorted(depths), needle.at_depths(model, hay, planted, depths, length, ends)):
        (score,) = needle.ask(model, past, [(PREFIXED[1].format(box=box), f" {secret}")])
        free = needle.write(model, past, QUESTION[1].format(box=box), tokens) if tokens else ""
        rows.append({"haystack": name, "draw": seed, "length": length, "depth": depth, "prefixed": int(score.greedy),
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
        rows.append({"haystack": name, "draw": seed, "length": length, "kind": words, "fact": order[i],
                     "depth": round(depths[i], 1), "right": int(best == i),
                     "log_prob": round(scores[i], 3)})  # fmt: skip
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
        scores = needle.ask(model, past, [(PREFIXED[1].format(box=box), f" {one}") for one in secrets])
        best = max(range(count), key=lambda k: scores[k].per_token)
        rows.append({"haystack": name, "draw": seed, "count": count, "chosen": int(best == i),
                     "written": int(scores[i].greedy), "log_prob": round(scores[i].per_token, 3)})  # fmt: skip
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
    """Tests of n lines: what it writes, the line that this number is of, and the line it finds the likeliest."""
    rng, rows = random.Random(1000 * n + seed), []
    drawn = [little_retrieval.draw(n, rng) for _ in range(tests)]
    answers = model.generate([model.chat(test.text) for test in drawn], tokens=16, batch=8)
    for test, answer in zip(drawn, answers):
        context, candidates = little_retrieval.prompts(test)
        best, scores = needle.best(model, model.read(model.encode(context[:-1])), context[-1], candidates)
        line = {content: number for number, content in test.contents.items()}
        rows.append({"lines": n, "asked": test.asked, "written": answer, "scored line": list(test.contents)[best],
                     "reported line": line.get(little_retrieval.reported(answer)),
                     "reported": int(little_retrieval.right(answer, test)),
                     "scored": int(list(test.contents)[best] == test.asked),
                     "log_prob": round(scores[test.asked - 1], 3)})  # fmt: skip
    return rows


@records.record("11_needle")
def record_needle(lengths: Sequence[int] = LENGTHS, draws: int = 2, depths: Sequence[float] = DEPTHS) -> dict:
    """One needle by length and depth: four draws, each of them the same needle at every length and depth."""
    cells = [(name, length, depths, seed) for seed, name in product(range(draws), HAYSTACKS) for length in lengths]
    return {"lengths": list(lengths), "depths": list(depths), "grid": _flat(trials.each(_grid, cells))}


def _grid(name: str, length: int, depths: Sequence[float], seed: int) -> list[dict]:
    return grid(models.load(dtype=torch.float32), name, length, depths, seed)


def _flat(lists: Iterable[list[dict]]) -> list[dict]:
    return [row for rows in lists for row in rows]
