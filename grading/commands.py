"""Everything that can be typed after `python -m grading`, in one parser: no typing error, nor --help, writes a file.

Only the requested command is imported, and only once its arguments have been parsed.
"""

import argparse
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

AS_WRITTEN = argparse.RawDescriptionHelpFormatter


@dataclass(frozen=True)
class Command:
    """One command.

    module   the module whose `run(options)` returns the exit code
    about    the module whose docstring is the command's help, if that is another
    summary  one line for the list of commands
    options  adds the command's own options to its parser
    aliases  earlier names
    """

    module: str
    summary: str
    options: Callable[[argparse.ArgumentParser], object] = lambda parser: None
    aliases: tuple[str, ...] = ()
    about: str = ""


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file would change")


def _grade(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("lab", nargs="?", help="its number or name; all labs if none is given")
    add("students", nargs="*", metavar="student", help="only these students")
    add("--results", type=Path, metavar="DIR", help="folder for results and grades.csv (default: grading)")
    add("--exercise", default="", metavar="NAME", help="regrade one exercise; the points of the others are kept")
    parser.set_defaults(worksheet=None)
    _how(parser)


def _how(parser: argparse.ArgumentParser) -> None:
    """What is graded, and how."""
    add = parser.add_argument
    add("--submissions", type=Path, metavar="DIR", help="the submissions (default: grading/submitted)")
    add("--workers", type=int, metavar="N", help="processes on this machine (default: one per core)")
    add("--scheduler", default="", metavar="ADDRESS", help="use the workers of this dask scheduler (tls://HOST:PORT)")
    add("--insecure-scheduler", action="store_true", help="accept a scheduler that does not require certificates")
    add("--trust-submissions", action="store_true", help="run submissions without a sandbox if there is none")
    add("--same-inputs", action="store_true", help="grade changed submissions with the inputs that they had before")
    add = parser.add_mutually_exclusive_group().add_argument
    add("--resume", action="store_true", help="continue where a run was interrupted (the default)")
    add("--again", action="store_true", help="also regrade what has not changed")


def _inspect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lab", help="its number or name")
    parser.add_argument("--submissions", type=Path, metavar="DIR", help="the submissions (default: grading/submitted)")


def _lab(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lab", help="its number or name")


def _sample(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lab", nargs="?", help="its number or name; the first lab if none is given")


def _roster(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="a CSV table in UTF-8, from Moodle or Canvas or written by hand")


def _platform(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("lab", help="its number or name")
    add("--worksheet", type=Path, metavar="FILE", required=True, help="the table that the platform exported (CSV)")
    add("--column", default="", metavar="NAME", help="the column for the points, if its heading does not name the lab")
    add("--timezone", default="", metavar="NAME", help="of the table's times (default: the one in class.toml)")
    parser.set_defaults(students=[], exercise="", results=None)
    _how(parser)


def _bundle(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, help="the zip file (default: build/llmcourse-student.zip)")


def _public_cases(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="EXERCISE", help="only these")
    _check(parser)


def _new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="MODULE", help="its number or name, as in lib/llmcourse/course.py")
    parser.add_argument("exercise", nargs="?", metavar="EXERCISE", help="add this exercise to the module's lab instead")


def _mutation_test(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("names", nargs="*", metavar="LAB or EXERCISE", help="only these")
    add("--record", action="store_true", help="record clean exercises in grading/records/mutation")
    add("--unless-recorded", action="store_true", help="skip what is recorded and has not changed since")
    add("--right", type=int, default=0, metavar="SEEDS", help="instead, try the right answers on this many seeds")


def _try(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files or folders of answers")
    parser.add_argument("--all", action="store_true", help="list every answer with its card")


def _site(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("modules", nargs="*", metavar="MODULE", help="only these, by number or name, for a look")
    add("--smoke", action="store_true", help="run lectures at tier smoke: seconds, and numbers that mean nothing")


def _bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--thousand", action="store_true", help="grade a thousand submissions in one run")


COMMANDS = {
    "grade": Command("grade", "grade submissions: scores, feedback pages, grades.csv and the report", _grade),
    "inspect": Command("intake.inspection", "what would be repaired, and what can't be read", _inspect, ("doctor",)),
    "release": Command(
        "reporting.release", "pack feedback pages for students; later submissions get new private inputs", _lab
    ),
    "roster": Command("gradebook.roster", "enter the names of a class in the gradebook", _roster),
    "platform": Command(
        "grade",
        "grade with times from Moodle or Canvas; points and feedback for it",
        _platform,
        about="gradebook.platforms",
    ),
    "report": Command("reporting.class_report", "rewrite the instructor's report from the gradebook"),
    "sample": Command("sample", "make a sample class from the private halves of the exercises", _sample),
    "class": Command("authoring.class_file", "describe a class of your own in class.toml, or say what it means"),
    "bundle": Command("authoring.student_bundle", "zip the course for students, without solutions", _bundle),
    "new": Command("authoring.skeletons", "begin a module or an exercise: stubs that read “Not written”", _new),
    "notebooks": Command("authoring.notebooks", "build every .ipynb from its .py", _check),
    "labs": Command("authoring.release", "release the labs from the solutions with nbgrader", _check),
    "public-cases": Command(
        "authoring.public_cases", "write the cases that students see, with their answers", _public_cases, ("visible",)
    ),
    "mutation-test": Command(
        "authoring.mutation_test", "test the tests: every wrong answer must be caught", _mutation_test, ("kill",)
    ),
    "try": Command("authoring.trying", "measure how well the checks explain the mistakes in files of answers", _try),
    "site": Command("authoring.site", "build the static site: lectures as executed, labs, reference, search", _site),
    "constraints": Command(
        "authoring.constraints", "pin what `make` installs, in the versions installed here, in constraints.txt"
    ),
    "bench": Command("bench", "measure how fast grading is, compared with nbgrader and otter-grader", _bench),
}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m grading", description="What instructors and authors do.")
    choices = made.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        about = {
            "help": command.summary,
            "description": _docstring(command.about or command.module),
            "formatter_class": AS_WRITTEN,
        }
        one = choices.add_parser(name, aliases=command.aliases, **about)
        command.options(one)
        one.set_defaults(module=command.module)
    return made


def _docstring(module: str) -> str:
    """A module's docstring without its first paragraph, read without importing the module."""
    home = Path(__file__).parent.joinpath(*module.split("."))
    text = (home / "__init__.py" if home.is_dir() else home.with_suffix(".py")).read_text(encoding="utf-8")
    return text.split('"""')[1].partition("\n\n")[2]


def main(argv: list[str], prepare: Callable[[argparse.Namespace], None] = lambda options: None) -> int:
    """Run the command in `argv`, after a call of `prepare` with its options. Raises SystemExit for a usage error."""
    options = parser().parse_args(argv or ["--help"])
    prepare(options)
    return importlib.import_module(f"{__package__}.{options.module}").run(options) or 0
