"""Self-Instruct: a language model makes up tasks, and answers to them, from a handful that people wrote.

    pool     the tasks so far: instructions first         seed   a task that people wrote
    task     instruction, input (may be empty), output    novel  ROUGE-L below 0.7 with every task of the pool

    1  eight instructions of the pool are shown, six seeds and two made up; the model continues the list
    2  is it a classification? Then the answer is drawn first, and then an input that has it; else the input first
    3  what is too similar to the pool, too short, too long or broken is dropped
    4  the model is fine-tuned on all the rest

Wang et al. 2023, sections 2.2 and 2.3, and the released code's filters. Departs from it: the model is SmolLM2 with 135
million parameters, which has already been tuned on instructions, where they took GPT-3, which had not; prompts are
shorter; the branch is decided by which of two words is likelier, and not by what is written.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import resources

import torch

from llmcourse import runtime
from llmcourse.instructions.rouge import nearest
from llmcourse.models import TextModel, answer_batches, answer_loss, train

NOVEL = 0.7
# Words for what a model of text can neither see nor make.
WITHOUT = ("image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps", "draw", "plot")


@dataclass(frozen=True)
class Task:
    """One task. `classification`: its output is one of a few labels."""

    instruction: str
    input: str = ""
    output: str = ""
    classification: bool = False


@dataclass
class Pool:
    """Seeds, what was made up, and why the rest was refused."""

    seeds: list[Task]
    made: list[str] = field(default_factory=list)
    refused: Counter = field(default_factory=Counter)
    sizes: list[int] = field(default_factory=list)  # after each batch

    @property
    def instructions(self) -> list[str]:
        return [task.instruction for task in self.seeds] + self.made


def seed_tasks() -> list[Task]:
    """The 32 tasks, written for this course; 8 are classifications."""
    text = resources.files(__package__).joinpath("seed_tasks.json").read_text("utf-8")
    return [Task(**row) for row in json.loads(text)]


# ------------------------------------------------------------------ instructions


def instruction_prompt(pool: Pool, rng: random.Random) -> str:
    """A list of eight instructions and the beginning of the ninth: at most two of them made up, the rest seeds."""
    made = rng.sample(pool.made, min(2, len(pool.made)))
    shown = rng.sample([task.instruction for task in pool.seeds], 8 - len(made)) + made
    rng.shuffle(shown)
    return "Come up with a series of tasks:\n\n" + "".join(f"{i}. {t}\n" for i, t in enumerate(shown, 1)) + "9."


def why_not(instruction: str, pool: Sequence[str]) -> str:
    """Why an instruction does not enter the pool; "" when it does."""
    words = instruction.split()
    if len(words) < 3 or len(words) > 60:
        return "length"
    if not re.match(r"[A-Za-z]", instruction):
        return "begins with no letter"
    if any(word.strip(".,:;!?").lower() in WITHOUT for word in words):
        return "needs more than text"
    return "too like another" if nearest(instruction, pool) >= NOVEL else ""


def grow(pool: Pool, model: TextModel, count: int, seed: int, batch: int = 16, temperature: float = 0.8) -> None:
    """Ask the model for `count` instructions, batch by batch, and add to the pool those that may enter."""
    rng, generator = random.Random(seed), torch.Generator().manual_seed(seed)
    for _ in range(0, count, batch):
        prompts = [instruction_prompt(pool, rng) for _ in range(batch)]
        for text in model.generate(prompts, 40, "\n", temperature, generator, batch):
            instruction = text.strip()
            why = why_not(instruction, pool.instructions)
            if why:
                pool.refused[why] += 1
            else:
                pool.made.append(instruction)
        pool.sizes.append(len(pool.made))


# ------------------------------------------------------------------ the branch


def classification_score(model: TextModel, instructions: Sequence[str], examples: Sequence[Task]) -> list[float]:
    """How much likelier "Yes" is than "No", in nats, as the answer to: is this a classification? One number each.

    The same difference for an instruction without content is subtracted: a few-shot prompt has a favourite.
    """
    shown = "".join(f"Task: {t.instruction}\nAnswer: {'Yes' if t.classification else 'No'}\n\n" for t in examples)
    prefix = "Is the answer to the task one of a few fixed labels?\n\n" + shown
    asked = [f"Task: {text}\nAnswer:" for text in (*instructions, "N/A")]
    scores = model.score([(before, word) for before in asked for word in (" Yes", " No")], prefix)
    ahead = [yes.log_prob - no.log_prob for yes, no in zip(scores[::2], scores[1::2])]
    return [value - ahead[-1] for value in ahead[:-1]]


# ------------------------------------------------------------------ instances


def _shown(task: Task, output_first: bool) -> str:
    parts = [f"Output: {task.output}\n", f"Input: {task.input or 'none'}\n"]
    return f"Task: {task.instruction}\n" + "".join(parts if output_first else reversed(parts)) + "\n"


def instances(
    model: TextModel, instructions: Sequence[str], classification: bool, examples: Sequence[Task], seed: int
) -> list[Task]:
    """An input and an output for each instruction: the output first for a classification. Broken ones are left out."""
    generator = torch.Generator().manual_seed(seed)
    before = "".join(_shown(task, classification) for task in examples)
    first, second = ("Output", "Input") if classification else ("Input", "Output")
    written = model.generate([f"{before}Task: {text}\n{first}:" for text in instructions], 70, "\n\n", 0.5, generator)
    tasks = []
    for instruction, text in zip(instructions, written):
        one, colon, two = (part.strip() for part in text.partition(f"\n{second}:"))
        given, output = (two, one) if classification else (one, two)
        given = "" if given.lower().strip(".") == "none" else given
        task = Task(instruction, given, output.splitlines()[0] if output else "", classification)
        if colon and not broken(task):
            tasks.append(task)
    return tasks


def broken(task: Task) -> bool:
    """No output, an output that repeats input or instruction, one that repeats itself, or an input of several lines."""
    output, given = task.output.lower(), task.input.lower()
    words = output.split()
    loops = len(words) >= 12 and len(set(words)) < len(words) / 2
    return not output or output in (given, task.instruction.lower()) or "\n" in given or loops


# ------------------------------------------------------------------ fine-tuning


def prompt(task: Task) -> str:
    """What the tuned model reads."""
    return f"Task: {task.instruction}\nInput: {task.input or 'none'}\nOutput:"


def fine_tune(model: TextModel, tasks: Sequence[Task], steps: int, seed: int, batch: int = 4, lr: float = 5e-4) -> None:
    """LoRA of rank 8 on the model's attention and MLP, named "tuned": loss on the outputs alone. It stays attached."""
    from llmcourse.adapters import LoRA, attach
    from llmcourse.adapters.experiments import KINDS

    torch.manual_seed(seed)
    attach(model.model, "tuned", partial(LoRA, r=8), KINDS)
    learned = [{"params": [p for p in model.model.parameters() if p.requires_grad]}]
    pairs = [(prompt(task), f" {task.output}\n") for task in tasks]
    batches = answer_batches(model, pairs, batch, runtime.seed(seed))
    train(model.model, batches, steps, lr, warm_up=5, loss=answer_loss, groups=learned, name="tuned")


def held_out_loss(model: TextModel, tasks: Sequence[Task]) -> list[float]:
    """For each task, what its output costs the model, in nats per token."""
    scores = model.score([(prompt(task), f" {task.output}\n") for task in tasks])
    return [-score.per_token for score in scores]
