"""What `python -m grading new` writes passes the checks of `make test`, and poses as nothing that it is not."""

import hashlib
import os
import re
import shutil
import subprocess
import sys

import pytest
from llmcourse import course
from llmcourse.checks import labs

from grading.authoring import skeletons
from grading.commands import main
from grading.paths import ROOT

ENTRY = """\
    Module(16, "dummy", "A dummy", "III", "toys", (60, 90), (12,), (
        ("RAG", "what a dummy teaches"),
    ), needs=("transformers",), written=False),
"""
PLACES = ("lib", "grading", "lectures", "solutions", "labs")
ASIDE = shutil.ignore_patterns(
    "__pycache__", "*.png", "submitted", "autograded", "feedback", "results", "exchange", "*.db"
)


def state(tree):
    """Path -> what is in the file, of all that the course's folder holds."""
    files = [path for path in tree.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(tree).as_posix(): hashlib.sha1(path.read_bytes()).digest() for path in files}


def python(tree, *arguments):
    """Run Python in a copy of the course, with the library and the graders of that copy."""
    env = {**os.environ, "PYTHONPATH": f"{tree / 'lib'}{os.pathsep}{tree}"}
    env = {key: value for key, value in env.items() if not key.startswith("LLMCOURSE_")}
    done = subprocess.run([sys.executable, *arguments], cwd=tree, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A copy of the course in which module 16 has an entry and was begun; what it said; files before and after."""
    tree = tmp_path_factory.mktemp("course")
    for place in PLACES:
        shutil.copytree(ROOT / place, tree / place, ignore=ASIDE)
    for path in (p for p in ROOT.iterdir() if p.is_file() and p.name != ".git"):
        shutil.copy(path, tree / path.name)
    map_ = tree / "lib/llmcourse/course.py"
    map_.write_text(map_.read_text("utf-8").replace("\n)  # fmt: skip", f"\n{ENTRY})  # fmt: skip"), "utf-8")
    before = state(tree)
    said = python(tree, "-m", "grading", "new", "16")
    return tree, said, before, state(tree)


def test_contributing_shows_what_beginning_a_module_writes(begun):
    """Adding a module touches its own files, one entry in course.py, and pages that are generated."""
    _, said, before, after = begun
    touched = sorted(path for path in after if after[path] != before.get(path))
    assert [line for line in said.splitlines() if line.startswith("wrote ")] == [f"wrote {path}" for path in touched]
    shown = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert said.partition("\n\n")[0] in shown, f"CONTRIBUTING should show this:\n{said}"
    assert {path for path in touched if path in before} == {
        "README.md",
        "lectures/00_start.py",
        "lectures/00_start.ipynb",
    }
    assert set(before) <= set(after)


def test_a_skeleton_passes_the_checks_of_make_test(begun):
    tree, *_ = begun
    tests = ("lib/tests/test_layers.py", "lib/tests/test_checks.py", "grading/tests/test_notebooks.py")
    more = ("lib/tests/test_toys.py", "grading/tests/test_running.py", "grading/tests/test_score.py")
    chosen = "toys or dummy or map or generated_kind or (needs and 16) or modules_need or chosen_by_name"
    options = ("-m", "not slow", "-p", "no:cacheprovider", "--basetemp", str(tree / "tmp"), "-rs")
    said = python(tree, "-m", "pytest", *tests, *more, "-k", chosen, *options)
    assert int(re.search(r"(\d+) passed", said)[1]) >= 12 and "not written" in said
    shutil.rmtree(tree / "tmp", ignore_errors=True)


def test_its_files_are_formatted(begun):
    tree, _, before, after = begun
    written = [path for path in after if path.endswith(".py") and path not in before]
    python(tree, "-m", "ruff", "check", *written)
    python(tree, "-m", "ruff", "format", "--check", *written)


COMMANDS = """
import sys
from grading.commands import main
from grading.authoring.mutation_test import chosen, unwritten
from llmcourse.checks import drafts, labs

assert main(["notebooks", "--check"]) == main(["public-cases", "--check", "dummy-example"]) == 0
assert main(["mutation-test", "16", "--record"]) == 0
print("dummy-example" in unwritten(), "dummy-example" in chosen([]))
print(*("16_dummy" in [lab.slug for lab in found()] for found in (drafts, labs)))
"""


def test_what_is_made_from_it_is_up_to_date_and_it_is_in_no_lab_of_students(begun):
    tree, _, _, after = begun
    said = python(tree, "-c", COMMANDS)
    assert re.search(r"dummy-example .* not written\n", said) and " clean" not in said
    assert said.endswith("True False\nTrue False\n")
    assert not list(tree.glob("grading/records/mutation/dummy/*"))
    assert not [path for path in after if path.startswith("labs/16")]
    assert "| 16 | A dummy | *not yet* | *not yet* |" in (tree / "README.md").read_text("utf-8")


@pytest.mark.slow
def test_a_skeleton_that_is_called_written_fails(begun, tmp_path):
    tree = tmp_path / "course"
    shutil.copytree(begun[0], tree)
    for path in ("lib/llmcourse/course.py", "lib/llmcourse/checks/labs/dummy/dummy_example.py"):
        text = (tree / path).read_text("utf-8")
        (tree / path).write_text(text.replace(", written=False", "").replace("    written=False,\n", ""), "utf-8")
    env = {**os.environ, "PYTHONPATH": f"{tree / 'lib'}{os.pathsep}{tree}"}
    tests = ("lib/tests/test_checks.py", "grading/tests/test_skeletons.py", "-k", "well_formed or left")
    done = subprocess.run([sys.executable, "-m", "pytest", *tests], cwd=tree, env=env, capture_output=True, text=True)
    assert "test_labs_are_well_formed[16_dummy]" in done.stdout and "test_nothing_is_left[16_dummy]" in done.stdout


@pytest.mark.slow
def test_the_released_labs_stay_as_they_are(begun):
    python(begun[0], "-m", "grading", "labs", "--check")


# --- an exercise more


UNBEGUN = course.Module(18, "unbegun", "Not begun", "III", "games", (60, 90), (12,), (), written=False)


@pytest.fixture
def inside(begun, monkeypatch):
    """`skeletons` in the copy of the course, whose map has 16, begun, and 18, of which there is nothing yet."""
    tree, *_ = begun
    monkeypatch.setattr(skeletons, "ROOT", tree)
    module = course.Module(16, "dummy", "A dummy", "III", "toys", (60, 90), (12,), (), written=False)
    monkeypatch.setattr(course, "MODULES", (*course.MODULES, module, UNBEGUN))
    return module


def test_an_exercise_of_a_lab_that_is_not_written_has_its_cells_before_the_open_task(inside):
    made = skeletons.new_exercise(inside, "spin-top")
    assert made.keys() == {
        "lib/llmcourse/checks/labs/dummy/__init__.py",
        "lib/llmcourse/checks/labs/dummy/spin_top.py",
        "grading/exercises/dummy/spin_top.py",
        "solutions/16_dummy/lab.py",
    }
    assert '        "dummy-example",\n        "spin-top",\n' in made["lib/llmcourse/checks/labs/dummy/__init__.py"]
    cells = re.findall(r"check:[a-z-]+|open-task", made["solutions/16_dummy/lab.py"])
    assert cells[:3] == ["check:dummy-example", "check:spin-top", "open-task"]


def test_an_exercise_of_a_lab_that_is_written_leaves_its_notebook_alone(inside):
    made = skeletons.new_exercise(course.module(12), "spin-top")
    assert not [path for path in made if path.startswith("solutions")] and len(made) == 3
    package = made["lib/llmcourse/checks/labs/rag/__init__.py"]
    assert package.count('        "spin-top",\n    ),\n    open_task=6,') == 1
    assert (
        package.replace('        "spin-top",\n', "") == (ROOT / "lib/llmcourse/checks/labs/rag/__init__.py").read_text()
    )


@pytest.mark.slow
def test_exercises_are_added_by_the_command(begun, tmp_path):
    tree = tmp_path / "course"
    shutil.copytree(begun[0], tree)
    said = python(tree, "-m", "grading", "new", "dummy", "spin-top")
    assert "wrote solutions/16_dummy/lab.ipynb" in said and "Paste" not in said
    said = python(tree, "-m", "grading", "new", "12", "spin-again")
    assert "Paste these cells into solutions/12_rag/lab.py" in said and '# %% tags=["check:spin-again"]' in said
    assert "solutions" not in said.partition("\n\n")[0]
    python(tree, "-m", "grading", "notebooks", "--check")
    python(tree, "-m", "grading", "labs", "--check")
    code = "from llmcourse.checks import lab; x = lab('12_rag'); print([e.name for e in x.drafts], len(x.exercises))"
    assert python(tree, "-c", code) == "['spin-again'] 8\n"
    package = ["lib/llmcourse/checks/labs/dummy/__init__.py", "lib/llmcourse/checks/labs/rag/__init__.py"]
    python(tree, "-m", "ruff", "format", "--check", *package, "solutions/16_dummy/lab.py")
    tests = (
        "lib/tests/test_checks.py",
        "grading/tests/test_running.py",
        "-m",
        "not slow",
        "-k",
        "labs or 16 or package",
    )
    python(tree, "-m", "pytest", *tests)


# --- refusals


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ["99"],
            r"There is no module '99' in lib/llmcourse/course.py. Enter it there first. There are: 1 preferences, ",
        ),
        (["rag"], r"Module 12, rag, is written. .* `python -m grading new 12 EXERCISE` adds an exercise"),
        (["16"], r"Nothing was written, since module 16 is begun: lectures/16_dummy.py, .* exist already"),
        (["18", "neighbours"], "Module 18 has no lab yet: `python -m grading new 18` writes one"),
        (["16", "ndcg"], "lib/llmcourse/checks/labs/rag/ndcg.py exists. Names are unique in the whole course"),
        (["16", "dummy-example"], "lib/llmcourse/checks/labs/dummy/dummy_example.py exists"),
        (["16", "Two_words"], "An exercise cannot be called 'Two_words': use lower-case words joined by hyphens"),
        (["16", "open-task"], "An exercise cannot be called 'open-task'"),
        (["16", "lambda"], "An exercise cannot be called 'lambda'"),
    ],
)
def test_what_cannot_be_begun_is_refused_in_a_sentence_and_writes_nothing(inside, begun, capsys, arguments, reason):
    before = state(begun[0])
    assert main(["new", *arguments]) == 2
    said = capsys.readouterr()
    assert re.search(reason, said.err) and said.err.count("\n") == 1 and not said.out
    assert state(begun[0]) == before


def test_a_topic_that_another_module_has_is_left_alone(inside):
    shared = course.Module(17, "other", "Another", "III", "retrieval", (1, 1), (), (), written=False)
    assert f"lib/llmcourse/{UNBEGUN.topic}/__init__.py" in skeletons.new_module(UNBEGUN, "one")
    made = [path for path in skeletons.new_module(shared, "one") if "llmcourse/retrieval" in path]
    assert made and all("llmcourse/retrieval/lecture_17/" in path for path in made)


@pytest.mark.parametrize("arguments", [["--help"], ["13", "--help"], ["13", "--frobnicate"], ["13", "a", "b"], []])
def test_help_and_mistyped_words_write_nothing(monkeypatch, capsys, arguments):
    monkeypatch.setattr(skeletons, "keep", lambda made: pytest.fail("it writes"))
    with pytest.raises(SystemExit):
        main(["new", *arguments])


# --- what is called written


@pytest.mark.parametrize("module", [m for m in course.MODULES if m.built(ROOT)], ids=lambda m: m.slug)
def test_nothing_is_left(module):
    """A module that is called written reads "Not written" nowhere."""
    files = [ROOT / path for path in module.sources.values()]
    for package in (module.public, module.private, module.package):
        files += (ROOT / skeletons.folder(package)).glob("*.py")
    drafts = {e.module for lab in labs() for e in lab.drafts}
    files += [path for path in [ROOT / f"lib/tests/test_{module.topic}.py"] if path.exists()]
    left = [
        path.name
        for path in files
        if path.stem not in drafts and re.search("not written", path.read_text("utf-8"), re.I)
    ]
    assert left == []
