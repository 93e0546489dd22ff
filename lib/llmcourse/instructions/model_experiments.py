"""What lecture 04 measures with SmolLM2, which has been tuned on instructions already: nothing here is trained.

encodings   unseen tasks with the definition alone, with examples, with wrong ones
generated   what SmolLM2 writes as a teacher: tasks after three others, problems with and without code, self-chat
"""

from collections.abc import Sequence
from random import Random

import torch

from llmcourse import models, records, runtime
from llmcourse.records import trials

from . import encodings, experiments, mixture, oss, rouge, self_chat, unnatural
from .teachers import ask, of_model

SHOWN = ("definition", "+ 2 positive", "+ 2 negative")
TOPICS = ("how to cook rice", "the moon", "learning to swim", "keeping a cat")
PROBLEMS = (  # what stands in the place of code for those who write problems without it
    "Write a function that adds two numbers.",
    "Write a function that turns a text round.",
    "Write a function that counts the words of a text.",
)


def encoded(name: str, per_task: int) -> list[dict]:
    """Every unseen task in one encoding."""
    _, unseen = mixture.split(mixture.tasks())
    found = experiments.asked(models.load(), unseen, encodings.ENCODINGS[name], per_task, batch=8)
    return [{"encoding": name, **vars(row)} for row in found]


@records.record("04_encodings")
def record_encodings(per_task: int = 3, names: Sequence[str] = SHOWN) -> dict:
    rows = trials.each(encoded, [(name, per_task) for name in names])
    return {"per task": per_task, "rows": [row for those in rows for row in those]}


def without_code(shown: Sequence[str]) -> str:
    """The prompt of `oss.prompt` with three problems in the place of the code."""
    asked = (
        oss.prompt(oss.Snippet("", ""))
        .partition("\n")[0]
        .replace("that this code gives you an idea for", "like these, but new")
    )
    return "\n".join([asked, *(f"[Problem] {problem}" for problem in shown), "[Problem]"])  # fmt: skip


def apart(texts: Sequence[str]) -> list[float]:
    """How far each text is from the others, on average: 1 - ROUGE-L."""
    others = lambda i: [rouge.rouge_l(texts[i], text) for j, text in enumerate(texts) if j != i]
    return [1 - sum(others(i)) / (len(texts) - 1) for i in range(len(texts))]


@records.record("04_generated")
def record_generated(calls: int = 16, tokens: int = 160, seed: int = 0) -> dict:
    """What the same model writes in the same number of calls, at temperature 1."""
    torch.set_num_threads(1)
    rng, generator = Random(f"generated {seed}"), runtime.seed(seed)
    teacher = of_model(models.load(), tokens, 1.0, generator, chat=False)
    seeds = unnatural.seeds(mixture.split(mixture.tasks())[0], rng)
    shown = [rng.sample(seeds, 3) for _ in range(calls)]
    fourth = [unnatural.parse(text) for text in ask(teacher, [unnatural.prompt(three) for three in shown])]
    kept: list = []
    why = []
    for made, three in zip(fourth, shown):
        why.append(unnatural.why_not(made, three, kept))
        kept += [] if why[-1] else [made]
    snippets = rng.sample(oss.snippets(), calls)
    coded = ask(teacher, [oss.prompt(snippet) for snippet in snippets])
    made = [oss.parse(text, snippet) for text, snippet in zip(coded, snippets)]
    plain = ask(teacher, [without_code(PROBLEMS) for _ in range(calls)])
    first = lambda text: text.removeprefix("[Problem]").partition("[Solution]")[0].strip().partition("\n\n")[0] or "."
    problems = {"with code": [first(text) for text in coded], "without code": [first(text) for text in plain]}
    chats = ask(of_model(models.load(), tokens, 0.7, generator, chat=False), [self_chat.prompt(x) for x in TOPICS])
    return {
        "unnatural": {
            "kept": [vars(made) for made in kept],
            "why": why,
            "apart": apart([made.instruction for made in kept]) if len(kept) > 1 else [],
            "seeds apart": apart([x.instruction for x in seeds]),
        },
        "code": {
            "snippets": [vars(snippet) for snippet in snippets],
            "problems": problems,
            "why": [oss.why_not(one) for one in made],
            "apart": {name: apart(texts) for name, texts in problems.items()},
        },
        "chats": [self_chat.parse(text) for text in chats],
    }
