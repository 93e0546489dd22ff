"""Generated cells: the parts of a notebook that are written from pyproject.toml and the exercises, never by hand.

A generated cell is recognised by its tag: setup, badge, next, save, exercise:NAME, check:NAME or hints:NAME. The author
chooses its place in the notebook; its text, and the nbgrader metadata of a check, are regenerated. The start page has
four more: map, paths, deck and glossary.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from llmcourse import course
from llmcourse.checks import CheckFailed, Exercise, Lab, find, lab
from llmcourse.classroom import Classroom
from llmcourse.slugs import copied

from . import course_map, folding, previews

MARKER = re.compile(r"^# %%.*$", re.M)
README_MAP = re.compile(r"(<!-- course map -->).*?(<!-- end of course map -->)", re.S)
KINDS = ("setup", "badge", "preview", "next", "save", "exercise", "check", "hints", "map", "paths", "deck", "glossary")

SETUP = """\
# @title Set-up: nothing to do where the course is installed
import glob, importlib.util, os, subprocess, sys

if not importlib.util.find_spec("llmcourse"):
    {source}
    package = f"llmcourse[{extras}] @ {{source}}"
    if subprocess.call([sys.executable, "-m", "pip", "install", "-q", package]):
        raise ModuleNotFoundError("The course could not be installed. Is there a network? Then run this cell again.")
"""

PUBLISHED = 'source = "git+{address}@{version}"'

# While the course has no address of its own: it is in the folder above, or its wheel was uploaded or is on the Drive.
AT_HAND = """\
places = ["llmcourse-*.whl", "/content/llmcourse-*.whl", "/content/drive/MyDrive/**/llmcourse-*.whl"]
    found = [file for place in places for file in glob.glob(place, recursive=True)]
    clones = [folder for folder in ("..", "../..") if os.path.isdir(f"{folder}/lib/llmcourse")]
    if not found + clones:
        raise ModuleNotFoundError(
            "The course is not installed. On Colab: upload the wheel that your course gave you, llmcourse-....whl, "
            "with the folder sign on the left, or mount the Drive that has it. Then run this cell again."
        )
    source = "file://" + os.path.abspath(max(found, key=os.path.getmtime) if found else clones[0])"""

ON_A_MACHINE = ("course", "grading", "dev")  # extras with JupyterLab and tools; the others are for notebooks

SAVE = """\
from llmcourse import work

work.save()
"""


class NotebookError(Exception):
    """A notebook's source is wrong; the message says which one, and what to do."""


@dataclass(frozen=True)
class Home:
    """Where this version of the course is, where to get it, and the class that its start page is for."""

    root: Path
    address: str
    version: str
    extras: Mapping[str, Sequence[str]] = field(
        default_factory=dict
    )  # in pyproject.toml, those for notebooks: name -> packages
    room: Classroom = field(default_factory=Classroom)

    @classmethod
    def of(cls, root: Path, room: Classroom | None = None) -> "Home":
        """As pyproject.toml says; LLMCOURSE_ADDRESS overrides the address. Without a class it has all modules."""
        asked = tomllib.loads((root / "pyproject.toml").read_text())
        address = os.environ.get("LLMCOURSE_ADDRESS") or asked["tool"]["llmcourse"]["address"]
        extras = {n: p for n, p in asked["project"].get("optional-dependencies", {}).items() if n not in ON_A_MACHINE}
        return cls(root, address, f"v{asked['project']['version']}", extras, room or Classroom())

    @property
    def modules(self) -> list[course.Module]:
        """The modules that the class has."""
        return self.room.only(course.MODULES)

    def map(self, copies: bool) -> str:
        """The course map, under the title of the class."""
        title = f"**{self.room.title}**\n\n" if self.room.title else ""
        own = [lab(slug) for slug in self.room.own]
        return title + course_map.course_map(self.root, self.address, self.version, copies, self.modules, own)

    def setup(self, slug: str) -> str:
        """The code that installs the course where it is absent: the core, the data, and what the module needs.

        What the course has elsewhere is not included: there, models come from the hub, and Colab has transformers.
        """
        modules = (*course.MODULES, course.CAPSTONE)
        needs = {package for module in modules if module.slug == slug for package in module.needs}
        wanted = {n for n, packages in self.extras.items() if needs & {re.split("[<>=~! ]", p)[0] for p in packages}}
        source = PUBLISHED.format(address=self.address, version=self.version) if self.address else AT_HAND
        return SETUP.format(source=source, extras=",".join(sorted({"data"} | wanted)))


def refresh(text: str, name: str, home: Home) -> str:
    """The text of a percent file with every generated cell regenerated, and cells that only show something folded.

    text  the whole file
    name  its path in the course: "lectures/08_linear_attention.py", "solutions/08_linear_attention/lab.py"
    Raises NotebookError for an unknown exercise, and if the first cell of code is not the setup.
    """
    starts = [m.start() for m in MARKER.finditer(text)]
    pieces = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)])]
    code = [piece for piece in pieces if "[markdown]" not in piece.partition("\n")[0]]
    if not code or tag(code[0]) != "setup":
        raise NotebookError(
            f'{name} must begin with its title and its setup cell: the line `# %% tags=["setup"]` and nothing else.'
        )
    return text[: starts[0]] + "".join(_renewed(piece, name, home) for piece in pieces)


def refresh_readme(text: str, home: Home) -> str:
    """README's text with the course map between its two markers regenerated; without markers, unchanged."""
    made = home.map(copies=False)
    return README_MAP.sub(lambda match: f"{match[1]}\n\n{made}\n\n{match[2]}", text)


def tag(piece: str) -> str:
    """The tag that makes a cell a generated one; "" if it is not one."""
    tags = folding.tags(piece.partition("\n")[0])
    return next((t for t in tags if t.partition(":")[0] in KINDS), "")


def _renewed(piece: str, name: str, home: Home) -> str:
    mark = tag(piece)
    head, _, body = piece.partition("\n")
    after = len(piece) - len(piece.rstrip("\n"))  # the author's blank lines, which formatters may change
    if not mark:
        if "[markdown]" in head:
            return piece
        return _joined(*folding.folded(head, body.rstrip("\n")), after)
    kind, _, exercise = mark.partition(":")
    if kind == "setup":
        head = f"# %% tags={json.dumps(['setup', folding.FOLDED])}"
    if kind == "check":
        head = f'# %% nbgrader={json.dumps(_graded(*_find(exercise, name)))} tags=["{mark}"]'
    body = _body(kind, exercise, name, home).rstrip("\n")
    if "[markdown]" in head:
        body = "\n".join(f"# {line}".rstrip() for line in body.splitlines())
    return _joined(head, body, after)


def _joined(head: str, body: str, after: int) -> str:
    return "\n".join([head, *([body] if body else [])]) + "\n" * max(after, 1)


def _body(kind: str, exercise: str, name: str, home: Home) -> str:
    if kind == "setup":
        return home.setup(_slug(name))
    if kind == "save":
        return SAVE
    if kind == "badge":
        return _badge(name, home)
    if kind == "preview":
        return previews.shown(_slug(name), home.root)
    if kind == "next":
        return _next(_slug(name), home)
    if kind == "map":
        return home.map(copies=True)
    if kind == "paths":
        return course_map.paths(home.root, home.modules)
    if kind == "deck":
        return course_map.deck(home.modules)
    if kind == "glossary":
        return course_map.glossary()
    return {"exercise": _block, "check": _check, "hints": _hints}[kind](*_find(exercise, name))


def _find(exercise: str, name: str) -> tuple[Lab, Exercise]:
    try:
        lab, found = find(exercise)
    except CheckFailed as error:
        raise NotebookError(f"{name}: {error}") from None
    if lab.slug not in name:
        raise NotebookError(f'{name}: the exercise "{exercise}" belongs to lab {lab.slug}.')
    return lab, found


def _slug(name: str) -> str:
    """The slug of the module that a source belongs to: "lectures/08_x.py", "solutions/08_x/lab.py"."""
    return Path(name).with_suffix("").parts[1]


def _badge(name: str, home: Home) -> str:
    """What is below the title of a lecture or lab: Colab, minutes, and the modules that it builds on."""
    kind, slug = Path(name).parts[0], _slug(name)
    place = name.replace("solutions/", "labs/").replace(".py", ".ipynb")
    address = course.on_colab(home.address, home.version, place)
    parts = [f"**[Open in Colab]({address})**"] if address else []
    if module := next((m for m in (*course.MODULES, course.CAPSTONE) if m.slug == slug), None):
        parts.append(f"about {module.minutes[kind == 'solutions']} minutes")
        before = [course.module(number) for number in module.after]
        parts += [f"builds on {', '.join(f'{m.number:02} {m.title}' for m in before)}"] if before else []
    else:
        there = [module for module in home.modules if module.built(home.root)]
        hours = sum(minutes for module in there for minutes in module.minutes) / 60
        parts.append(f"{len(there)} modules so far, about {hours:.0f} hours of lectures and labs")
    return " · ".join(parts)


def _next(slug: str, home: Home) -> str:
    """What follows a lecture: its lab, and the next lecture that there is; after the last, the one that joins all."""
    here = course.module(slug)
    after = next((m for m in home.modules if m.number > here.number and m.built(home.root)), None)
    place, minutes = f"../work/{copied(slug)}", here.minutes[1]
    lab = f"**Now write it yourself:** [lab {here.number:02}]({place}), about {minutes} minutes."
    last = course.CAPSTONE
    if after:
        return f"{lab} **Next:** [{after.number:02} {after.title}]({after.slug}.ipynb)."
    there = (home.root / last.sources["lecture"]).is_file() and home.room.has(last.slug)
    return f"{lab} **At the end:** [{last.title}]({last.slug}.ipynb)." if there else lab


def _block(lab: Lab, exercise: Exercise) -> str:
    number = lab.listed.index(exercise) + 1
    load = "stretch" if exercise.name in _stretch(lab) else "core"
    dots = "●" * exercise.difficulty + "○" * (5 - exercise.difficulty)
    points = f"{exercise.points} point{'s' if exercise.points != 1 else ''}"
    return (
        f"## Exercise {number} · {exercise.title}\n\n"
        f"**{points}** · {load} · difficulty {dots} ({exercise.difficulty} of 5) · about {exercise.minutes} minutes · "
        f"define `{exercise.call}`{_rule(exercise)}"
    )


def _stretch(lab: Lab) -> Sequence[str]:
    """Exercises of a lab that may be left out; a lab of the instructor's has none."""
    return next((module.stretch for module in course.MODULES if module.slug == lab.slug), ())


def _rule(exercise: Exercise) -> str:
    """What a result must be besides right. The check asks for it, so the task has to say it."""
    if not exercise.gradients:
        return ""
    through = ", ".join(f"`{name}`" for name in exercise.gradients)
    if not set(exercise.gradients) <= set(exercise.parameters):  # the probe makes the arguments from its inputs
        through = "the tensors that it is given"
    return f"\n\nReturn the dtype of the inputs; a gradient must flow through {through}."


def _check(lab: Lab, exercise: Exercise) -> str:
    return f'check("{exercise.name}", {exercise.answer})'


def _graded(lab: Lab, exercise: Exercise) -> dict:
    return {
        "grade": True,
        "grade_id": f"{exercise.name}-check",
        "locked": True,
        "points": exercise.points,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }


def _hints(lab: Lab, exercise: Exercise) -> str:
    last = len(exercise.hints)
    titles = [f"Hint {i + 1} of {last}" for i in range(last)]
    titles[-1] += ", nearly the solution"
    folded = [
        f"<details><summary>{title}</summary>\n\n{hint}\n\n</details>" for title, hint in zip(titles, exercise.hints)
    ]
    return "\n\n".join(folded)
