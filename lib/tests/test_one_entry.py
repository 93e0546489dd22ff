"""Adding a module touches its package, its tests, its lecture, its lab, its exercises, and one entry in `course.py`."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from llmcourse import course

ROOT = Path(__file__).parents[2]
BUILT = [module for module in course.MODULES if module.built(ROOT)]
EXAMPLE = course.module(8)  # in docstrings, documentation and benchmarks: a module as good as any
ALLOWED = {
    "lib/llmcourse/course.py": "the one entry",
    "README.md": "the course map, which is generated",
    "lectures/00_start.py": "the course map, which is generated",
    "CONTRIBUTING.md": "how rows, adapters and corpora are added to the topics that have them",
    "grading/authoring/course_map.py": "retrieval is a word of the glossary too",
}
# Tests use modules as examples; notebooks, records and benchmarks are made by commands.
ASIDE = re.compile(r"lib/tests/|grading/tests/|.*\.(ipynb|json|gz|safetensors|png)$|.*BENCHMARKS[^/]*\.md$")


@pytest.fixture(scope="module")
def tracked() -> dict[str, str]:
    """Path -> text of every hand-kept file that could name a module; the tests of a module belong to it."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    paths = [path for path in listed.split("\0") if path and not ASIDE.match(path) and (ROOT / path).is_file()]
    return {path: (ROOT / path).read_text("utf-8", errors="replace") for path in paths}


def own(module: course.Module) -> re.Pattern:
    """Paths of the files that belong to a module."""
    name, topic = module.name, module.topic
    halves = rf"lib/llmcourse/checks/(labs/)?{name}\b|grading/exercises/{name}\b"
    return re.compile(
        rf".*{module.slug}\b|lib/llmcourse/{topic}/|{halves}|lib/bench/{topic}\.py|grading/mutation/.*{module.slug}"
    )


def names(module: course.Module) -> re.Pattern:
    """How a file would name a module, its lab, or its topic in an import, a path or a list."""
    name, topic = module.name, module.topic
    return re.compile(
        rf"\b{module.slug}\b|\bllmcourse[./]{topic}\b|\b(checks|labs|exercises)[./]{name}\b"
        rf"|from llmcourse import [^\n]*\b{topic}\b|[\"']{topic}[\"']"
    )


@pytest.mark.parametrize("module", [m for m in BUILT if m != EXAMPLE], ids=lambda m: m.slug)
def test_nothing_but_its_own_files_names_a_module(module, tracked):
    others = [own(other) for other in course.MODULES]  # a later module may build on this one
    found = {
        path: sorted({match[0] for match in names(module).finditer(text)})
        for path, text in tracked.items()
        if path not in ALLOWED and not any(pattern.match(path) for pattern in others)
    }
    assert {path: matches for path, matches in found.items() if matches} == {}


def test_the_search_would_find_a_list(tracked):
    """The patterns recognise the lists that used to exist."""
    for line in (
        'ROOMS = ["retrieval"]',
        '"12_ralm": "llmcourse.retrieval.experiments:record"',
        "labs/12_rag/lab.ipynb",
    ):
        assert names(course.module(12)).search(line)
    assert names(course.module(12)).search(tracked["lib/llmcourse/course.py"])
    assert len(tracked) > 100 and set(ALLOWED) <= set(tracked)


def test_a_module_has_one_entry():
    text = (ROOT / "lib/llmcourse/course.py").read_text("utf-8")
    for module in course.MODULES:
        assert len(re.findall(rf"^    Module\({module.number}, ", text, re.M)) == 1
    for key in ("number", "name", "slug"):
        assert len({getattr(module, key) for module in course.MODULES}) == len(course.MODULES)


@pytest.mark.parametrize("module", BUILT, ids=lambda m: m.slug)
def test_what_belongs_to_a_module_is_where_its_names_lead(module):
    for path in (*module.sources.values(), *module.notebooks.values(), f"lib/llmcourse/{module.topic}/__init__.py"):
        assert (ROOT / path).is_file()
    assert all(name.startswith(f"{module.number:02}") for name in module.records)
    assert (ROOT / module.private.replace(".", "/")).is_dir() or (
        ROOT / f"{module.private.replace('.', '/')}.py"
    ).is_file()
