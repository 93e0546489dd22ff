"""The students' zip contains nothing that they must not have, and everything that they need."""

import io
import re
import subprocess
import sys
import zipfile

import nbformat
import pytest
from llmcourse.checks import lab
from nbformat.v4 import new_code_cell

from grading.authoring import student_bundle
from grading.commands import main
from grading.exercises import solutions

LAB = lab("08_linear_attention")


@pytest.fixture(scope="module")
def found():
    return student_bundle.files()


def test_it_has_the_course_and_nothing_of_the_graders(found):
    assert {path.partition("/")[0] for path in found} == {
        *("lectures", "labs", "lib", "environment.yml", "constraints.txt", "pyproject.toml"),
        *("LICENSE", "LICENSE-texts.md", "CITATION.cff", "README.md", "Makefile", "colab"),
    }
    assert {f"labs/{LAB.slug}/lab.ipynb", f"lectures/{LAB.slug}.ipynb", "lib/llmcourse/checks/check.py"} <= set(found)
    assert "lib/llmcourse/recorded/08.json" in found
    assert not any(path.startswith(("lib/tests", "lib/bench")) for path in found)
    student_bundle.check(found)


def test_it_has_the_library_as_a_wheel_for_colab(found):
    (path,) = (path for path in found if path.startswith("colab/"))
    with zipfile.ZipFile(io.BytesIO(found[path])) as wheel:
        names = {name for name in wheel.namelist() if "dist-info" not in name}
    assert names == {path.removeprefix("lib/") for path in found if path.startswith("lib/llmcourse/")}
    assert student_bundle.wheel(found) == {path: found[path]}


def with_cell(path, source):
    def spoil(found):
        notebook = nbformat.reads(found[path].decode(), 4)
        notebook.cells.append(new_code_cell(source))
        return found | {path: nbformat.writes(notebook).encode()}

    return spoil


@pytest.mark.parametrize(
    "spoil, said",
    [
        (lambda found: found | {"grading/.key": b"1"}, "grading/.key is not for students"),
        (lambda found: found | {"solutions/x.py": b""}, "solutions/x.py is not for students"),
        (with_cell(f"labs/{LAB.slug}/lab.ipynb", "### BEGIN MARK SCHEME"), "MARK SCHEME"),
        (with_cell(f"labs/{LAB.slug}/lab.ipynb", "    u = phi_k.sum(-2)  # (..., d_k)"), "a line of a solution"),
        (with_cell("lectures/00_start.ipynb", solutions.source(LAB, "chunkwise")), "contains the answer to chunkwise"),
        (
            lambda found: found | {"README.md": solutions.source(LAB, "chunkwise").encode()},
            "README.md contains the answer",
        ),
    ],
)
def test_leaks_are_found(found, spoil, said):
    with pytest.raises(student_bundle.Leak, match=said):
        student_bundle.check(spoil(found))


def test_a_leak_is_not_written(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(student_bundle, "files", lambda: {"solutions/x.py": b""})
    assert main(["bundle", str(tmp_path / "out.zip")]) == 1 and not list(tmp_path.iterdir())
    assert "No bundle was written. solutions/x.py" in capsys.readouterr().err


def test_its_readme_and_makefile_speak_of_nothing_that_is_not_there(found):
    readme, makefile = found["README.md"].decode(), found["Makefile"].decode()
    for link in re.findall(r"\]\((?!http|#)([^)#]+)", readme):
        assert link in found, link
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert targets == {"help", "setup", "lab", "progress", "submit", "reset", "update-labs", "health", "clean"}
    assert set(re.findall(r"`make ([a-z-]+)", readme)) <= targets
    assert not re.search(r"nbgrader|grading/|solutions", readme)


def test_it_works_by_itself(tmp_path, found):
    assert main(["bundle", str(tmp_path / "out.zip")]) == 0
    assert student_bundle.zipped(found) == (tmp_path / "out.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "out.zip") as file:
        file.extractall(tmp_path)
    place = tmp_path / "llmcourse"

    def python(*arguments):
        # -I and the path: what is installed here is the repository's own library
        code = f"import sys, runpy; sys.path.insert(0, 'lib'); sys.argv[1:] = {arguments[1:]!r}; "
        code += f"runpy.run_module({arguments[0]!r}, run_name='__main__', alter_sys=True)"
        done = subprocess.run(
            [sys.executable, "-I", "-c", code], cwd=place, capture_output=True, text=True, timeout=100
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "quadratic-map" in python("llmcourse", "work", "progress")
    health = python("llmcourse")
    assert str(place) in health and "formgrader" not in health
