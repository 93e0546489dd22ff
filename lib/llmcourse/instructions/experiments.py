"""What lecture 04 measures, in parts: a student is tuned on some tasks, and all unseen ones are asked.

arms        which training tasks an arm has: the smaller sets lie within the larger ones
tune        LoRA on a student, on instances of tasks, in encodings drawn for each
asked       a student on unseen tasks: right answers and log-probability, task by task
described   the mixture itself, as a record: what guessing and copying would earn

The student of `tune` is SmolLM2, which has been tuned on instructions already: compare with it untuned.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

import torch
from torch import nn

from llmcourse import records, runtime
from llmcourse.models import TextModel, answer_batches, answer_loss, train

from . import encodings, mixture, rouge, schema
from .encodings import Encoding
from .schema import Task

ENDINGS = ("\n", ".\n")


@dataclass(frozen=True)
class Answered:
    """One unseen task: the share of instances whose answer greedy decoding would write, and nats per token of the
    likelier ending."""

    task: str
    category: str
    right: float
    log_prob: float


def arms(sizes: Sequence[int], seed: int, tasks: Sequence[Task] | None = None) -> dict[int, list[Task]]:
    """For each size, so many training tasks: the first of one random order, so that arms differ in what is added.

    The order takes the categories in turn: also a small arm has tasks of several kinds.
    """
    training, _ = mixture.split(tasks or mixture.tasks())
    rng = Random(f"arms {seed}")
    kinds: dict[str, list[Task]] = {}
    for task in rng.sample(training, len(training)):
        kinds.setdefault(task.category, []).append(task)
    depth = max(map(len, kinds.values()))
    order = [those[i] for i in range(depth) for those in kinds.values() if i < len(those)]
    if max(sizes) > len(order):
        raise ValueError(f"There are {len(order)} training tasks, and an arm asks for {max(sizes)}.")
    return {size: order[:size] for size in sizes}


def tune(
    lm: TextModel,
    tasks: Sequence[Task],
    steps: int,
    lr: float,
    seed: int,
    batch: int = 8,
    among: tuple[Encoding, ...] = (encodings.DEFINITION, encodings.POSITIVE),
    name: str = "instructions",
) -> Callable[[], None]:
    """LoRA of rank 8 on all linear layers, on instances of the tasks; the loss counts on the answers alone.

    Every arm sees steps x batch prompts, however many tasks it has. Returns a function that takes the adapter off.
    """
    from llmcourse.adapters import LoRA, attach, detach
    from llmcourse.adapters.experiments import KINDS

    torch.manual_seed(seed)
    rng = Random(f"tune {seed}")
    pairs = [pair for task in tasks for pair in encodings.pairs(task, rng, encodings=among)]
    attach(lm.model, name, partial(LoRA, r=8), KINDS)
    learned = [{"params": learning(lm.model)}]
    batches = answer_batches(lm, pairs, batch, runtime.seed(seed))
    train(lm.model, batches, steps, lr, warm_up=max(1, steps // 10), loss=answer_loss, groups=learned, name=name)
    return partial(detach, lm.model, name)


def learning(model: nn.Module) -> list[nn.Parameter]:
    return [p for p in model.parameters() if p.requires_grad]


def asked(
    lm: TextModel, tasks: Sequence[Task], encoding: Encoding = encodings.DEFINITION, per_task: int = 8, batch: int = 16
) -> list[Answered]:
    """The student on the first instances of each task. The right answer is scored, and nothing is generated.

    An answer has to end: with a line break, or with a full stop and a line break. Both count, since the examples of
    Tk-Instruct's encodings end in a full stop, which is part of no answer: an untuned student copies it.
    """
    found = []
    for task in tasks:
        rows = [(encodings.encode(task, x, encoding).rstrip(" "), x.output[0]) for x in task.instances[:per_task]]
        ended = [(prompt, f" {answer}{end}") for prompt, answer in rows for end in ENDINGS]
        scores = lm.score(ended, batch=batch)
        both = list(zip(scores[::2], scores[1::2]))
        right = sum(any(score.greedy for score in pair) for pair in both) / len(both)
        log_prob = sum(max(score.per_token for score in pair) for pair in both) / len(both)
        found.append(Answered(task.name, task.category, right, log_prob))
    return found


# ------------------------------------------------------------------ the mixture itself


def described(tasks: Sequence[Task]) -> list[dict]:
    """A row for each task: what needs no understanding would earn on it, and what its prompts cost.

    commonest  the share of the commonest output      copied    of outputs that stand in the input as whole words
    nearest    ROUGE-L with the nearest definition of a training task, itself excluded
    words      of a prompt, by encoding
    """
    training = [task for task in tasks if task.category in mixture.TRAINING]
    rows = []
    for task in tasks:
        outputs = [x.output[0] for x in task.instances]
        whole = lambda x: f" {' '.join(rouge.words(x))} "
        copied = sum(whole(x.output[0]) in whole(x.input) for x in task.instances) / len(outputs)
        length = {
            name: len(encodings.encode(task, task.instances[0], encoding).split())
            for name, encoding in encodings.ENCODINGS.items()
        }
        rows.append(
            {
                "task": task.name,
                "category": task.category,
                "unseen": task.category in mixture.TEST,
                "instances": len(task.instances),
                "outputs": len(set(outputs)),
                "commonest": Counter(outputs).most_common(1)[0][1] / len(outputs),
                "copied": copied,
                "nearest": rouge.nearest(task.definition, [t.definition for t in training if t is not task]),
                "words": length,
            }
        )
    return rows


@records.record("04_mixture")
def record_mixture() -> dict:
    """The tasks as they are built, with all that is needed to load them as files of Natural Instructions."""
    tasks = mixture.tasks()
    return {"tasks": described(tasks), "first": {task.name: schema.write(task)["Instances"][0] for task in tasks}}
