"""python -m grading bundle [FILE]: the course for students, as a zip -> build/llmcourse-student.zip.

It has what git tracks, without solutions, grading, tests and benchmarks; README and Makefile are cut down to what
students use. It works by itself: unzip it and run `make lab`. For Colab it has the library as a wheel. A bundle that
reveals an answer or a mark scheme is not written. For a class that class.toml describes, it has that file, only the
lectures and labs of the class, and a start page with these.
"""

import io
import os
import re
import stat
import subprocess
import sys
import tempfile
import zipfile
from argparse import Namespace
from pathlib import Path

from llmcourse import classroom, course
from llmcourse.checks import labs
from llmcourse.classroom import ClassError, Classroom
from llmcourse.files import write
from llmcourse.slugs import label

from .. import paths
from ..exercises import solutions
from .generated_cells import Home, refresh, refresh_readme
from .notebooks import build
from .release import leaks, secret

TOP = "llmcourse"  # the folder in the zip
START = "lectures/00_start.py"
GIVEN = (
    "lectures",
    "labs",
    "lib",
    "environment.yml",
    "constraints.txt",
    "pyproject.toml",
    "CITATION.cff",
    "LICENSE",
    "LICENSE-texts.md",
)
KEPT = ("lib/tests", "lib/bench", "lib/BENCHMARKS")  # paths in these that begin so stay with the authors
SECTIONS = ("The course map", "For students", "On Colab, by yourself", "When something fails", "Licence")
SET_UP = """\
## Set it up

You need Python 3.11, 3.12 or 3.13 and `make`, on Linux, macOS or Windows with WSL, and 2 to 8 GB of disk. Then, in this
folder:

```bash
make lab
```

The first run installs everything into `.venv`, which takes some minutes, and shows its progress; later runs take a few
seconds. It then starts JupyterLab, prints its address and, if there is a screen, opens the start page.

"""
TEXTS = (".py", ".ipynb", ".md")
WHOLE = 3  # lines of an answer; shorter ones are in any text on the topic


class Leak(Exception):
    """The bundle contains something that students must not have. The message names it."""


def run(options: Namespace) -> int:
    path = options.file or paths.ROOT / "build" / "llmcourse-student.zip"
    try:
        found = files()
        check(found)
    except (Leak, ClassError, subprocess.CalledProcessError, FileNotFoundError) as error:
        print(f"No bundle was written. {error}", file=sys.stderr)
        return 1
    write(path, zipped(found))
    for sentence in classroom.read(paths.ROOT).gaps(paths.ROOT):
        print(sentence)
    print(f"wrote {os.path.relpath(path)}: {len(found)} files, {path.stat().st_size / 1e6:.1f} MB")
    return 0


def files() -> dict[str, bytes]:
    """Path in the bundle -> contents. Needs git: files that an author has not committed are not for students."""
    listed = subprocess.run(["git", "ls-files", "-z", "--", *GIVEN], cwd=paths.ROOT, capture_output=True, check=True)
    drafts = tuple(f"lectures/{module.slug}." for module in course.MODULES if not module.written)
    tracked = [path for path in listed.stdout.decode().split("\0") if path and not path.startswith(KEPT + drafts)]
    found = {path: (paths.ROOT / path).read_bytes() for path in tracked if (paths.ROOT / path).exists()}
    room = classroom.read(paths.ROOT)
    found = {path: content for path, content in found.items() if not left_out(path, room)}
    text = (paths.ROOT / "README.md").read_text(encoding="utf-8")
    if room.path:
        home = Home.of(paths.ROOT, room)
        found["class.toml"], text = room.path.read_bytes(), refresh_readme(text, home)
        found |= own_labs(room)
        start = refresh(found[START].decode(), START, home)
        found |= {START: start.encode(), START.replace(".py", ".ipynb"): build(start).encode()}
    # A lecture is its notebook alone: whoever saves one half of a pair with another editor can't open it any more.
    found = {
        path: content
        for path, content in found.items()
        if not path.startswith("lectures/") or not path.endswith((".py", ".toml"))
    }
    found["README.md"] = readme(text).encode()
    found["Makefile"] = makefile((paths.ROOT / "Makefile").read_text(encoding="utf-8")).encode()
    return dict(sorted((found | wheel(found)).items()))


def wheel(found: dict[str, bytes]) -> dict[str, bytes]:
    """The library as one file, colab/llmcourse-....whl: a notebook's first cell installs it where it was uploaded."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (path for path in found if path.startswith(("lib/", "pyproject", "README", "LICENSE"))):
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_bytes(found[path])
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "made", "."]
        always = os.environ | {"SOURCE_DATE_EPOCH": "946684800"}  # the same files give the same bytes
        subprocess.run(command, cwd=folder, env=always, check=True, capture_output=True)
        return {f"colab/{path.name}": path.read_bytes() for path in (Path(folder) / "made").iterdir()}


def own_labs(room: Classroom) -> dict[str, bytes]:
    """The released labs and the public halves of an instructor's own exercises, as they are on the disk."""
    found = {}
    for slug, folder in room.own.items():
        public = folder / "public"
        place = public.relative_to(room.path.parent.absolute()).as_posix()
        halves = [path for path in public.iterdir() if path.suffix in (".py", ".gz")]
        found |= {f"{place}/{path.name}": path.read_bytes() for path in halves}
        released = paths.released(slug).parent
        lab = [path for path in released.rglob("*") if path.is_file() and ".ipynb_checkpoints" not in path.parts]
        found |= {f"labs/{slug}/{path.relative_to(released).as_posix()}": path.read_bytes() for path in lab}
    return found


def left_out(path: str, room: Classroom) -> bool:
    """Whether a file is the lecture or the lab of a module that the class does not have."""
    folder, _, rest = path.partition("/")
    slug = rest.partition("/")[0].partition(".")[0]
    known = {m.slug for m in (*course.MODULES, course.CAPSTONE)}
    return folder in ("lectures", "labs") and slug in known and not room.has(slug)


def readme(text: str) -> str:
    """The README without what is for instructors and authors."""
    intro, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    named = {section.partition("\n")[0]: f"## {section}" for section in sections}
    return intro + SET_UP + "".join(named[name] for name in SECTIONS)


def makefile(text: str) -> str:
    """The Makefile without the commands for teaching, writing and checking."""
    text = text.replace("find lib grading lectures solutions", "find lib lectures")
    head, *rules = re.split(r"\n\n(?=[a-z-]+:)", text)
    kept = [rule for rule in rules if re.match(r"(help|setup|health|clean):|[a-z-]+:.*## study", rule)]
    names = " ".join(rule.partition(":")[0] for rule in kept)
    head = re.sub(r"^\.PHONY:(.*\\\n)*.*$", f".PHONY: {names}", head, flags=re.MULTILINE)
    return "\n\n".join([head, *(re.sub(r"\n\n#.*$", "", rule, flags=re.DOTALL) for rule in kept)]).rstrip() + "\n"


def zipped(found: dict[str, bytes]) -> bytes:
    """The zip; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for path, content in found.items():
            info = zipfile.ZipInfo(f"{TOP}/{path}", (2000, 1, 1, 0, 0, 0))
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            file.writestr(info, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


# --- what must not be in it


def check(found: dict[str, bytes]) -> None:
    """Raises Leak, naming what students must not have."""
    for path in found:
        if path.startswith(("solutions", "grading")) or "private" in path.split("/"):
            raise Leak(f"{path} is not for students.")
    with tempfile.TemporaryDirectory() as folder:
        for path, content in found.items():
            if path.startswith("labs/"):
                (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / path).write_bytes(content)
        for lab in classroom.read(paths.ROOT).only(labs()):
            for sentence in leaks(Path(folder) / "labs" / lab.slug):
                raise Leak(sentence)
    # The library is what a lab works towards, and grading hides it; a whole answer must not be anywhere else.
    texts = {path: content.decode(errors="replace") for path, content in found.items() if path.endswith(TEXTS)}
    outside = {path: _lines(text) for path, text in texts.items() if not path.startswith("lib/")}
    for lab in labs():
        hidden = secret(lab.slug)
        for exercise in lab.exercises:
            answer = hidden & _lines(solutions.source(lab, exercise.name))
            for path, lines in outside.items():
                if len(answer) >= WHOLE and answer <= lines:
                    raise Leak(f"{path} contains the answer to {exercise.name} of lab {label(lab.slug)}.")


def _lines(text: str) -> set[str]:
    """The lines of a text; those of a notebook are in quotes in its file."""
    plain = (line.strip() for line in text.splitlines())
    return {line.removesuffix(",").strip('"').removesuffix("\\n").replace('\\"', '"').strip() for line in plain}
