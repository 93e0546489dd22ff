"""python -m grading sample [LAB]: a class that could be yours, made from the private halves of the exercises.

Fifteen students submit: right answers written in several ways, known misconceptions, an untouched lab, a syntax error,
an endless loop, a notebook that Colab stripped, and a copy with its variables renamed. Earlier submissions are kept.
"""

import ast
import base64
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field

import nbformat
from llmcourse import classroom
from llmcourse.checks import Lab, lab, labs
from llmcourse.work.folder import find, is_solution, key
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from . import paths
from .exercises import private, solutions

NAMES = (
    *("Amara Okafor", "Benedikt Huber", "Chiara Rossi", "Dmitri Sokolov", "Elif Yılmaz", "Farid Haddad"),
    *("Grace Mwangi", "Hana Novák", "Ingrid Solberg", "Jun Watanabe", "Keanu Kealoha", "Lucía Fernández"),
    *("Milan Petrović", "Noor de Vries", "Oluwaseun Ade"),
)
MISTAKES = (0, 0, 0, 1, 1, 1, 2, 2, 4, 5, 0, 0, 0, 0, 0)  # how many misconceptions each of them has
BROKEN = ("untouched", "syntax error", "endless loop", "stripped metadata", "copied")


@dataclass
class Student:
    """One submission.

    answers   exercise -> source
    mistakes  exercise -> the misconception that its answer shows
    broken    what else is wrong with it: one of BROKEN, or ""
    """

    first: str
    last: str
    answers: dict[str, str]
    mistakes: dict[str, str] = field(default_factory=dict)
    broken: str = ""

    @property
    def id(self) -> str:
        letters = {"ı": "i", "á": "a", "í": "i", "ć": "c", "ö": "o"}
        return "".join(letters.get(c, c) for c in f"{self.first}.{self.last}".lower().replace(" ", "-"))


def run(options: Namespace) -> int:
    chosen = lab(find(options.lab)) if options.lab else classroom.read(paths.ROOT).only(labs())[0]
    students = make(chosen)
    print(f"A sample class of {len(students)} has submitted {chosen.slug}: {paths.runtime() / 'submitted'}")
    return 0


def make(lab: Lab) -> list[Student]:
    """Write the submissions of a sample class, and its names into the gradebook."""
    students = sample(lab)
    with paths.nbgrader().gradebook as gradebook:
        for student in students:
            gradebook.update_or_create_student(student.id, first_name=student.first, last_name=student.last)
    for student in students:
        path = paths.submitted(student.id, lab.slug)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook(lab, student), path)
    return students


def sample(lab: Lab) -> list[Student]:
    """The class, from strong to weak. Which answers are wrong is fixed, so that scores can be predicted."""
    students = []
    for k, name in enumerate(NAMES):
        first, _, last = name.partition(" ")
        students.append(Student(first, last, {e.name: _right(lab, e.name, k, j) for j, e in enumerate(lab.exercises)}))
        for n in range(min(MISTAKES[k], len(lab.exercises))):
            _mistake(lab, students[k], k + 4 * n, (k + 3 * n) % len(lab.exercises))
    for student, broken in zip(students[-len(BROKEN) :], BROKEN if len(lab.exercises) > 2 else ()):
        student.broken = broken
        _break(lab, student, broken, students[2])
    return students


def _right(lab: Lab, name: str, k: int, j: int) -> str:
    """A right answer: the solution or one of the variants."""
    text = "\n".join(line for line in solutions.source(lab, name).splitlines() if "### " not in line)
    ways = [text, *(solutions.as_answer(name, variant) for variant in private(name).variants)]
    return ways[(k // len(ways) ** (j % 2) + j * k) % len(ways)]


def _mistake(lab: Lab, student: Student, k: int, j: int) -> None:
    name = lab.exercises[j].name
    known = private(name).misconceptions
    if not known:  # an instructor's own exercise may have none
        return
    wrong: Callable = known[2 * (k % 3) % len(known)]  # from a few, so that some are common
    student.answers[name] = _undocumented(solutions.as_answer(name, wrong))
    student.mistakes[name] = wrong.__name__


def _undocumented(source: str) -> str:
    """Source without docstrings: a student does not name the misconception."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            del node.body[0]
    return ast.unparse(tree)


def _break(lab: Lab, student: Student, broken: str, friend: Student) -> None:
    second, third = (e.name for e in lab.exercises[1:3])
    if broken == "untouched":
        student.answers = {}
    elif broken == "syntax error":
        student.answers[second] = student.answers[second].replace("):", ")", 1)
    elif broken == "endless loop":
        head = student.answers[third].partition("\n")[0]
        student.answers[third] = f"{head}\n    t = 0\n    while t < 1:\n        pass"
    elif broken == "copied":
        student.answers = {name: _renamed(source) for name, source in friend.answers.items()}


def _renamed(source: str) -> str:
    """The same code with its variables renamed, as somebody might do to hide a copy."""
    tree = ast.parse(source)
    stored = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in stored - {a.arg for a in ast.walk(tree) if isinstance(a, ast.arg)}:
            node.id = f"my_{node.id}"
    return ast.unparse(tree)


def notebook(lab: Lab, student: Student) -> NotebookNode:
    """The lab as the student submits it."""
    submission = nbformat.read(paths.released(lab.slug), 4)
    for cell in submission.cells:
        if is_solution(cell) and key(cell) in student.answers:
            cell.source = student.answers[key(cell)]
    if student.answers:
        submission.cells += _open_task(len(student.id))
    if student.broken == "stripped metadata":
        for number, cell in enumerate(submission.cells):
            cell.metadata, cell.id = {}, f"colab-{number}"
    return submission


def _open_task(number: int) -> list[NotebookNode]:
    """What a student may leave below the open task: code with its outputs, and a conclusion."""
    shown = [
        new_output("stream", text=f"softplus: 2.{number:02} ± 0.02 nats, elu + 1: 2.{number + 2:02} ± 0.03 nats\n"),
        new_output("display_data", data={"image/png": _curve(number), "text/plain": "validation loss by step"}),
    ]
    text = "Softplus forgets no token. The difference is as large as the spread: I would not bet on it."
    return [new_code_cell("compare(F.softplus, seeds=2)", outputs=shown, execution_count=1), new_markdown_cell(text)]


def _curve(number: int) -> str:
    from llmcourse.figures import draw

    canvas, ax = draw.blank(4, 2.2, columns=1, rows=1)
    for shift, label in ((0, "softplus"), (0.1, "elu + 1")):
        ax.plot([2 + shift + 1.5 / (1 + n * number / 40) for n in range(40)], label=label)
    ax.set(xlabel="step", ylabel="validation loss, nats")
    ax.legend()
    return base64.b64encode(draw.png(canvas)).decode()
