"""python -m grading new MODULE [EXERCISE]: the skeleton of a module, or the two halves of an exercise.

    python -m grading new 13              module 13: its topic, tests, lecture, lab, and one exercise
    python -m grading new 13 query-plan   an exercise more in its lab, called query-plan

MODULE is the number or name of an entry in lib/llmcourse/course.py. To begin a module, the entry must have
`written=False`. What you get is a stub that reads "Not written" wherever text or code is missing. It runs, and it
passes `make test`. Until `written=False` is removed from the exercise and from the module's entry, a stub is neither
released to students nor graded, and the course map shows its module as *not yet*.

Nothing that exists is overwritten. A further exercise is entered in the `LAB` of its lab. If the lab's module is not
written, its cells are put before the open task; if it is, they are printed for you to paste once the exercise is ready,
since all cells of such a lab are released.
"""

import ast
import keyword
import re
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import jinja2
from llmcourse import course
from llmcourse.course import Module
from llmcourse.files import write

from ..paths import ROOT

TEMPLATES = Path(__file__).parents[1] / "templates" / "new"
OPEN_TASK = re.compile(r'^# %%.*"grade_id": "open-task"', re.M)
LECTURE = {"__init__": "lecture_package", "pictures": "pictures", "claims": "claims"}  # a lecture's own code
TAKEN = ("open-task", "cases")  # a cell and a file that every lab may have
AFTERWARDS = """\

Now replace everything that reads "Not written". After a change of an exercise, run
    python -m grading public-cases {name}
    python -m grading notebooks
    python -m grading mutation-test {name}
{last}, and run `make notebooks labs mutation-test`.
"""


class Refused(Exception):
    """Nothing was written; the text says why and what to do."""


def run(options: Namespace) -> int:
    try:
        module = find(options.key)
        name = options.exercise or f"{module.name.replace('_', '-')}-example"
        made = (new_exercise if options.exercise else new_module)(module, name)
        keep(made)
        paths = sorted({*made, *generate(module, name)})
    except Refused as reason:
        print(reason, file=sys.stderr)
        return 2
    print(*(f"wrote {path}" for path in paths), sep="\n")
    if options.exercise and module.written:
        print(f"\nPaste these cells into {module.sources['lab']} when you begin to write them:\n")
        print(rendered("cells", module, name))
    what = "the exercise" if options.exercise else "the exercise and from the module's entry in lib/llmcourse/course.py"
    print(AFTERWARDS.format(name=name, last=f"When all is written, remove `written=False` from\n{what}"))
    return 0


def find(key: str) -> Module:
    """The module of that number, name or slug."""
    for module in course.MODULES:
        if key in (module.name, module.slug) or (key.isdecimal() and int(key) == module.number):
            return module
    known = ", ".join(f"{module.number} {module.name}" for module in course.MODULES)
    raise Refused(f"There is no module {key!r} in lib/llmcourse/course.py. Enter it there first. There are: {known}.")


def check(name: str) -> None:
    """Raises Refused for a name that an exercise cannot have, or that another exercise has."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or keyword.iskeyword(name) or name in TAKEN:
        raise Refused(
            f"An exercise cannot be called {name!r}: use lower-case words joined by hyphens, as in query-plan."
        )
    same = f"{name.replace('-', '_')}.py"
    for folder in ("lib/llmcourse/checks/labs", "grading/exercises"):
        for path in sorted((ROOT / folder).glob(f"*/{same}")):
            raise Refused(
                f"Nothing was written: {path.relative_to(ROOT)} exists. Names are unique in the whole course."
            )


def new_module(module: Module, name: str) -> dict[str, str]:
    """The files of a module that is begun: path -> text."""
    if module.written:
        raise Refused(
            f"Module {module.number}, {module.name}, is written. If you are about to begin it, put `written=False` "
            f"into its entry in lib/llmcourse/course.py. `python -m grading new {module.number} EXERCISE` adds an "
            "exercise to a lab."
        )
    own = {
        module.sources["lecture"]: "lecture",
        module.sources["lab"]: "lab",
        f"{folder(module.public)}/__init__.py": "lab_package",
        f"{folder(module.private)}/__init__.py": "private_package",
    }
    there = [path for path in own if (ROOT / path).exists()]
    if there:
        raise Refused(f"Nothing was written, since module {module.number} is begun: {', '.join(there)} exist already.")
    check(name)
    topic = {f"{folder(module.package)}/__init__.py": "topic", f"lib/tests/test_{module.topic}.py": "test_topic"}
    lecture = folder(module.lecture_package)
    own |= {f"{lecture}/{file}.py": kind for file, kind in LECTURE.items()}
    topic = {path: template for path, template in topic.items() if not (ROOT / path).exists()}  # modules may share one
    made = {path: rendered(template, module, name) for path, template in (own | topic).items()}
    return made | {f"{lecture}/quiz.json": "{}\n"} | halves(module, name)


def new_exercise(module: Module, name: str) -> dict[str, str]:
    """The files of an exercise that is added to a lab, and those that it changes: path -> text."""
    package, lab = f"{folder(module.public)}/__init__.py", module.sources["lab"]
    if not (ROOT / package).exists() or not (ROOT / lab).exists():
        raise Refused(f"Module {module.number} has no lab yet: `python -m grading new {module.number}` writes one.")
    check(name)
    made = halves(module, name) | {package: listed((ROOT / package).read_text("utf-8"), name, package)}
    if not module.written:
        text = (ROOT / lab).read_text("utf-8")
        place = OPEN_TASK.search(text)
        if not place:
            raise Refused(f"{lab} has no cell with the grade id open-task, before which the exercise would go.")
        made[lab] = text[: place.start()] + rendered("cells", module, name) + text[place.start() :]
    return made


def halves(module: Module, name: str) -> dict[str, str]:
    """The public and the private half of an exercise: path -> text."""
    file = f"{name.replace('-', '_')}.py"
    return {
        f"{folder(module.public)}/{file}": rendered("public", module, name),
        f"{folder(module.private)}/{file}": rendered("private", module, name),
    }


def listed(text: str, name: str, path: str) -> str:
    """The text of a lab's package with one name more in the `exercises` of its `LAB`."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.keyword) and node.arg == "exercises"]
    if len(calls) != 1 or not isinstance(calls[0].value, ast.Tuple):
        raise Refused(f"{path} does not list the names of its exercises in `LAB`, so {name} cannot be added to them.")
    old = ast.get_source_segment(text, calls[0].value)
    names = "".join(f'        "{one}",\n' for one in (*ast.literal_eval(old), name))
    return text.replace(old, f"(\n{names}    )")


def rendered(template: str, module: Module, name: str) -> str:
    """A template, filled in: the text of a file, or the cells of an exercise."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    made = environment.get_template(f"{template}.py.j2")
    return made.render(module=module, name=name, answer=name.replace("-", "_"))


def keep(made: dict[str, str]) -> None:
    for path, text in made.items():
        write(ROOT / path, text)


def generate(module: Module, name: str) -> list[str]:
    """Make what is made from the new files; the paths that were written. In processes that find the new modules."""
    _run("public-cases", name)
    said = _run("notebooks")
    public = f"{folder(module.public)}/{name.replace('-', '_')}.safetensors.gz"
    return [public, *re.findall(r"^wrote (.+)$", said, re.M)]


def _run(*arguments: str) -> str:
    command = [sys.executable, "-m", "grading", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise Refused(f"The files are written, but `{' '.join(['python', *command[1:]])}` failed:\n{done.stderr}")
    return done.stdout


def folder(package: str) -> str:
    """Where a package is, in the course's folder."""
    home = "lib/" if package.startswith("llmcourse") else ""
    return home + package.replace(".", "/")
