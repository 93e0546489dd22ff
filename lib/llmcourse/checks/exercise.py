"""What an exercise is. It is said once, here; notebook, feedback, score and tests are made from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Generator, Tensor

Inputs = dict[str, Tensor]
Maker = Callable[[Generator], Inputs]


@dataclass(frozen=True)
class Exercise:
    """The public half of an exercise; `grading/exercises` holds the private half under the same name.

    name        grade id, unique in the course, for example "linear-brackets"
    title       as the exercise block shows it
    answer      the name that the student defines
    points      full marks
    difficulty  1 (a warm-up) to 5
    minutes     what a student needs, roughly
    cases       what a case shows -> maker of its inputs (float32 or integer tensors, from a generator)
    probe       (answer, inputs) -> outputs: how an answer is exercised; at most 50 ms
    hints       from nudge to near-solution, Markdown
    tolerance   largest error allowed, in units of the root mean square of the expected output
    """

    name: str
    title: str
    answer: str
    points: int
    difficulty: int
    minutes: int
    cases: Mapping[str, Maker]
    probe: Callable[[Callable, Inputs], Inputs]
    hints: tuple[str, ...]
    tolerance: float = 1e-4


@dataclass(frozen=True)
class Lab:
    """The exercises of one lab.

    slug       folder of the lab in `labs` and `solutions`, for example "08_linear_attention"
    title      as the course map shows it
    open_task  points of the open task, marked by hand
    allow      rooms of `llmcourse` that answers may import; every other topic room is absent when grading
    deny       other libraries that hold the answer, absent when grading
    """

    slug: str
    title: str
    exercises: tuple[Exercise, ...]
    open_task: int
    allow: tuple[str, ...] = field(default=())
    deny: tuple[str, ...] = field(default=())

    def __getitem__(self, name: str) -> Exercise:
        return next(e for e in self.exercises if e.name == name)
