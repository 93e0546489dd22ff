"""A student's work: never overwritten, corrected cell by cell, submitted whole."""

import json
import os
import re
import sys
import types
import zipfile
from pathlib import Path

import nbformat
import pytest
from llmcourse import checks, work
from llmcourse.figures import question
from llmcourse.work import WorkError, colab, folder, merge, packing, passes

SLUG = "08_linear_attention"


def code(text, id, **metadata):
    return {
        "cell_type": "code",
        "id": id,
        "metadata": metadata,
        "source": text,
        "outputs": [],
        "execution_count": None,
    }


def words(text, id):
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": text}


def graded(text, name, **kind):
    said = {"grade": False, "grade_id": name, "locked": False, "schema_version": 3, "solution": False, "task": False}
    return code(text, name, nbgrader={**said, **kind})


def stub(name, function):
    return graded(f"def {function}(x):\n    raise NotImplementedError()", name, solution=True)


def check(name, function):
    return graded(f'check("{name}", {function})', f"{name}-check", grade=True, locked=True, points=2)


def notebook(*cells):
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def lab():
    return notebook(
        words("# Lab", "title"),
        code("import torch", "imports"),
        stub("quadratic-map", "quadratic_map"),
        check("quadratic-map", "quadratic_map"),
        code("print(quadratic_map(torch.ones(2)))", "demo"),
        stub("decode-step", "decode_step"),
        check("decode-step", "decode_step"),
        words("Open task", "open"),
    )


def at(nb, id):
    return next(cell for cell in nb["cells"] if cell.get("id") == id)


def texts(nb):
    return [folder.source(cell) for cell in nb["cells"]]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with one lab, prepared; the working directory is its root."""
    (tmp_path / "lectures").mkdir()
    (tmp_path / "pyproject.toml").touch()
    folder.write(tmp_path / "labs" / SLUG / "lab.ipynb", lab())
    monkeypatch.chdir(tmp_path)
    work.prepare()
    return tmp_path


def mine(course):
    return folder.read(course / "work" / SLUG / "08_lab.ipynb")


def save(course, nb):
    folder.write(course / "work" / SLUG / "08_lab.ipynb", nb)


def correct(course, nb):
    folder.write(course / "labs" / SLUG / "lab.ipynb", nb)


def solved():
    nb = lab()
    at(nb, "quadratic-map")["source"] = "def quadratic_map(x):\n    return x**2"
    return nb


# --- prepare


def test_prepare_never_touches_what_is_there(course):
    save(course, solved())
    said = work.prepare()
    assert texts(mine(course)) == texts(solved())
    assert "nothing was touched" in said


def test_prepare_says_when_a_lab_has_been_corrected(course):
    correct(course, notebook(*lab()["cells"], words("new", "new")))
    assert "make update-labs" in work.prepare()


def test_a_copy_of_an_earlier_version_is_moved(course):
    save(course, solved())
    for place in ("work", "work/.base"):
        (course / place / SLUG / "08_lab.ipynb").rename(course / place / SLUG / "lab.ipynb")
    assert "quadratic-map: You have not" not in work.submit("8")
    assert texts(mine(course)) == texts(solved()) and not list(course.glob("work/**/lab.ipynb"))


def lecture(course, *cells, place="lectures"):
    folder.write(course / place / f"{SLUG}.ipynb", notebook(*cells))


def read_lecture(course):
    return folder.read(course / "work" / "lectures" / f"{SLUG}.ipynb")


def test_a_lecture_opens_from_a_copy_whose_links_lead_to_the_same_labs(course):
    lecture(course, words(f"[lab](../work/{SLUG}/08_lab.ipynb), [next](09_x.ipynb)", "links"))
    work.prepare()
    assert texts(read_lecture(course)) == [f"[lab](../{SLUG}/08_lab.ipynb), [next](09_x.ipynb)"]
    assert (course / "work" / "lectures" / f"../{SLUG}/08_lab.ipynb").exists()


def test_a_lecture_that_was_only_run_is_corrected_by_itself_and_an_edited_one_is_merged(course):
    lecture(course, code("1 + 1", "sum"), words("Old.", "text"))
    work.prepare()
    ran = read_lecture(course)
    ran["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "2"}]
    folder.write(course / "work" / "lectures" / f"{SLUG}.ipynb", ran)
    lecture(course, code("1 + 1", "sum"), words("New.", "text"))
    assert "nothing was touched" in work.prepare()
    now = read_lecture(course)
    assert texts(now) == ["1 + 1", "New."] and now["cells"][0]["outputs"] == ran["cells"][0]["outputs"]

    now["cells"].append(words("My note.", "note"))
    folder.write(course / "work" / "lectures" / f"{SLUG}.ipynb", now)
    lecture(course, code("1 + 1", "sum"), words("Newer.", "text"))
    assert f"lectures/{SLUG}.ipynb. `make update-labs`" in work.prepare()
    assert texts(read_lecture(course)) == texts(now)
    work.update()
    assert texts(read_lecture(course)) == ["1 + 1", "Newer.", "My note."]


def test_a_broken_copy_does_not_keep_the_others_from_being_prepared(course):
    broken = course / "work" / ".base" / SLUG / "08_lab.ipynb"
    broken.write_text("{")
    lecture(course, words("Text.", "text"))
    assert "cannot be read as a notebook" in work.prepare()
    assert texts(read_lecture(course)) == ["Text."]


def test_the_course_is_found_from_inside_a_lab(course, monkeypatch):
    monkeypatch.chdir(course / "work" / SLUG)
    assert folder.root() == course


# --- update


def test_a_correction_keeps_the_answer_and_brings_the_rest(course):
    save(course, solved())
    new = lab()
    new["cells"][0]["source"] = "# Lab, corrected"
    new["cells"].insert(4, words("A remark.", "remark"))
    correct(course, new)
    said = work.update()
    now = mine(course)
    assert now["cells"][0]["source"] == "# Lab, corrected"
    assert "A remark." in texts(now)
    assert folder.source(at(now, "quadratic-map")).endswith("return x**2")
    assert "NotImplementedError" in folder.source(at(now, "decode-step"))
    assert "Your answers were kept: quadratic-map." in said
    nbformat.validate(nbformat.from_dict(now))


def test_an_untouched_copy_becomes_the_corrected_lab(course):
    new = lab()
    new["cells"][0]["source"] = "# Lab, corrected"
    at(new, "decode-step")["source"] = "def decode_step(x, S):\n    raise NotImplementedError()"
    new["cells"][4] = code("print('another demo')", "another-demo")
    correct(course, new)
    assert "You had no answers." in work.update()
    assert texts(mine(course)) == texts(new)


def test_the_file_before_a_correction_is_kept(course):
    save(course, solved())
    correct(course, notebook(*lab()["cells"], words("new", "new")))
    work.update("8")
    kept = [p for p in (course / "work" / SLUG).glob("08_lab-*.ipynb")]
    assert [texts(folder.read(p)) for p in kept] == [texts(solved())]


def test_cells_of_the_students_own_stay_at_their_place(course):
    nb = solved()
    nb["cells"].insert(3, code("quadratic_map(torch.zeros(1))", "mine-1"))
    nb["cells"].insert(0, words("My name", "mine-0"))
    nb["cells"].append(code("plot()", "mine-2", tags=["open-task"]))
    save(course, nb)
    new = lab()
    new["cells"].insert(1, words("A remark.", "remark"))
    correct(course, new)
    work.update()
    now = mine(course)
    ids = [cell["id"] for cell in now["cells"]]
    assert ids[0] == "mine-0"
    assert ids[ids.index("mine-1") - 1] == "quadratic-map"
    assert ids[-1] == "mine-2"
    assert at(now, "mine-2")["metadata"]["tags"] == ["open-task"]


def test_an_edited_cell_that_was_also_corrected_stands_after_the_correction(course):
    nb = solved()
    at(nb, "demo")["source"] = "print('mine')"
    save(course, nb)
    new = lab()
    new["cells"][4] = code("print('the lab, corrected')", "demo-other-id")
    correct(course, new)
    work.update()
    now = texts(mine(course))
    assert now.index("print('mine')") == now.index("print('the lab, corrected')") + 1


def test_an_edited_cell_that_was_not_corrected_stays_in_its_place(course):
    nb = solved()
    at(nb, "demo")["source"] = "print('mine')"
    save(course, nb)
    correct(course, notebook(words("new", "new"), *lab()["cells"]))
    work.update()
    now = texts(mine(course))
    assert now.count("print('mine')") == 1
    assert now.index("print('mine')") == 5
    assert not any("torch.ones" in text for text in now)


def test_a_removed_exercise_leaves_the_answer_as_an_ordinary_cell(course):
    save(course, solved())
    new = lab()
    del new["cells"][2:4]
    correct(course, new)
    work.update()
    (cell,) = [c for c in mine(course)["cells"] if "return x**2" in folder.source(c)]
    assert "nbgrader" not in cell["metadata"]


def test_an_edited_check_is_the_labs_again(course):
    nb = solved()
    at(nb, "quadratic-map-check")["source"] = "pass"
    save(course, nb)
    correct(course, notebook(*lab()["cells"], words("new", "new")))
    assert "had edited and that were restored: 1" in work.update()
    assert folder.source(at(mine(course), "quadratic-map-check")).startswith("check(")


def test_an_exercise_with_another_stub_must_pass_anew(course, monkeypatch):
    save(course, solved())
    monkeypatch.chdir(course / "work" / SLUG)
    work.passed("quadratic-map")
    new = lab()
    at(new, "quadratic-map")["source"] = "def quadratic_map(x, eps):\n    raise NotImplementedError()"
    correct(course, new)
    assert "These tasks have changed, so look at them again: quadratic-map." in work.update()
    assert not work.passes.when("quadratic-map")
    assert folder.source(at(mine(course), "quadratic-map")).endswith("return x**2")


def test_outputs_stay_where_the_code_is_the_same(course):
    nb = solved()
    printed = [{"output_type": "stream", "name": "stdout", "text": "4"}]
    at(nb, "demo")["outputs"] = printed
    at(nb, "imports")["outputs"] = printed
    save(course, nb)
    new = lab()
    at(new, "imports")["source"] = "import torch, math"
    correct(course, new)
    work.update()
    assert at(mine(course), "demo")["outputs"] == printed
    assert at(mine(course), "imports")["outputs"] == []


def test_a_notebook_that_lost_ids_and_metadata_keeps_its_answers(course):
    """As after a round trip through an editor that gives cells new ids."""
    nb = solved()
    for n, cell in enumerate(nb["cells"]):
        cell["id"], cell["metadata"] = f"x{n}", {}
    save(course, nb)
    correct(course, notebook(words("new", "new"), *lab()["cells"]))
    work.update()
    now = mine(course)
    assert len(now["cells"]) == len(lab()["cells"]) + 1
    assert folder.source(at(now, "quadratic-map")).endswith("return x**2")
    assert at(now, "quadratic-map")["metadata"]["nbgrader"]["solution"]


@pytest.mark.parametrize("order", [0, 1])
def test_of_two_copies_of_an_answer_the_edited_one_counts(order):
    edited, copy = stub("decode-step", "decode_step"), stub("decode-step", "decode_step")
    edited["source"] = "def decode_step(x):\n    return 1"
    nb = lab()
    nb["cells"][5:6] = [copy, edited] if order else [edited, copy]
    now = merge.merge(lab(), nb, lab()).notebook
    assert folder.source(at(now, "decode-step")).endswith("return 1")
    assert [c.get("id") for c in now["cells"]] == [c.get("id") for c in lab()["cells"]]


def test_merging_without_a_correction_changes_nothing_that_the_student_wrote():
    nb = solved()
    nb["cells"].insert(2, code("x = 1", "own"))
    assert texts(merge.merge(lab(), nb, lab()).notebook) == texts(nb)


def test_a_second_update_has_nothing_to_do(course):
    save(course, solved())
    correct(course, notebook(*lab()["cells"], words("new", "new")))
    work.update()
    before = mine(course)
    assert "no correction" in work.update()
    assert mine(course) == before


def test_without_a_base_every_difference_counts_as_the_students(course):
    nb = solved()
    at(nb, "demo")["source"] = "print('mine')"
    save(course, nb)
    (course / "work" / ".base" / SLUG / "08_lab.ipynb").unlink()
    work.update()
    assert texts(mine(course)) == texts(nb)


def test_a_broken_notebook_is_left_as_it_is_and_the_others_go_on(course):
    folder.write(course / "labs" / "09_state_space" / "lab.ipynb", lab())
    work.prepare()
    path = course / "work" / SLUG / "08_lab.ipynb"
    path.write_text('{"cells": [')
    for slug in (SLUG, "09_state_space"):
        folder.write(course / "labs" / slug / "lab.ipynb", notebook(*lab()["cells"], words("new", "new")))
    said = work.update()
    assert "08_lab.ipynb: It was not changed." in said
    assert "cannot be read as a notebook" in said
    assert path.read_text() == '{"cells": ['
    assert "new" in texts(folder.read(course / "work" / "09_state_space" / "09_lab.ipynb"))


# --- reset


def test_reset_puts_one_stub_back_and_keeps_the_old_file(course, monkeypatch):
    monkeypatch.chdir(course / "work" / SLUG)
    work.passed("decode-step")
    nb = solved()
    at(nb, "decode-step")["source"] = "def decode_step(x):\n    return 1"
    save(course, nb)
    work.reset("linear_attention", "decode-step")
    assert not work.passes.when("decode-step")
    now = mine(course)
    assert "NotImplementedError" in folder.source(at(now, "decode-step"))
    assert folder.source(at(now, "quadratic-map")).endswith("return x**2")
    (old,) = (course / "work" / SLUG).glob("08_lab-*.ipynb")
    assert texts(folder.read(old)) == texts(nb)


def test_reset_brings_a_deleted_cell_back(course):
    nb = solved()
    nb["cells"] = [cell for cell in nb["cells"] if cell["id"] != "decode-step"]
    save(course, nb)
    work.reset("08", "decode-step")
    assert texts(mine(course)) == texts(solved())


@pytest.mark.parametrize(
    ("lab", "exercise", "said"),
    [
        ("80", "decode-step", "There is no lab called '80'"),
        ("linear_atention", "decode-step", 'Did you mean "08_linear_attention"?'),
        ("08", "decode_step", 'Did you mean "decode-step"?'),
        ("08", "zzz", "Choose one of these: quadratic-map, decode-step."),
    ],
)
def test_an_unknown_name_gets_a_suggestion(course, lab, exercise, said):
    with pytest.raises(WorkError) as error:
        work.reset(lab, exercise)
    assert said in str(error.value)


# --- submit


def test_the_zip_holds_the_lab_under_its_name(course):
    save(course, solved())
    said = work.submit("8")
    with zipfile.ZipFile(course / "work" / f"{SLUG}.zip") as archive:
        assert archive.namelist() == [f"{SLUG}/lab.ipynb"]
        assert json.loads(archive.read(f"{SLUG}/lab.ipynb")) == mine(course)
    assert "quadratic-map: It has not passed its check yet." in said
    assert "decode-step: You have not started it." in said


def test_modules_that_the_lab_imports_are_packed(course):
    home, nb = course / "work" / SLUG, solved()
    nb["cells"] += [code("%matplotlib inline\nimport mylib, torch, os.path\nfrom helpers.maps import phi", "own")]
    for name, text in {
        "mylib.py": "from deep.inner import a\nimport other",
        "deep/inner.py": "a = 1",
        "deep/unused.py": "",
        "helpers/__init__.py": "",
        "helpers/maps.py": "phi = 1",
        "helpers/table.csv": "1",
        "other.py": "this is not Python",
        "unused.py": "",
        "data.txt": "",
        "08_lab-2026-01-01-120000.ipynb": "{}",
        ".hidden.py": "",
    }.items():
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(text)
    (home / "other.py").write_text("b = 2")
    save(course, nb)
    said = work.submit("8")
    taken = ["deep/inner.py", "helpers/__init__.py", "helpers/maps.py", "helpers/table.csv", "mylib.py", "other.py"]
    with zipfile.ZipFile(course / "work" / f"{SLUG}.zip") as archive:
        assert archive.namelist() == [f"{SLUG}/{name}" for name in ("lab.ipynb", *taken)]
    assert f"It also contains what the notebook imports: {', '.join(taken)}." in said
    assert "Not in it, since the notebook does not import it: data.txt, unused.py." in said
    (home / "other.py").write_text("this is not Python")
    assert "mylib.py" in work.submit("8").splitlines()[1] and "other.py" in work.submit("8").splitlines()[1]


def test_what_cannot_be_packed_is_named(course, monkeypatch):
    nb = solved()
    nb["cells"] += [code("!pip install polars\nimport polars, gone_for_good\nimport numpy, matplotlib.pyplot", "own")]
    nb["cells"] += [
        code(
            "from transformers import pipeline\nfrom IPython.display import display\nfrom google import colab", "own-2"
        )
    ]
    save(course, nb)
    known = packing.metadata.packages_distributions()
    monkeypatch.setattr(packing.metadata, "packages_distributions", lambda: known | {"polars": ["polars"]})
    lines = work.submit("8").splitlines()
    assert lines[1] == "`gone_for_good` was not found, neither next to the notebook nor installed."
    assert lines[2] == "`polars` is not installed where labs are graded: do without it." and lines[3].endswith("yet:")


def test_an_answer_in_another_cell_is_not_called_missing(course):
    nb = solved()
    nb["cells"].append(code("def decode_step(x):\n    return 1", "own"))
    save(course, nb)
    assert f"decode-step: Its answer is in cell {len(nb['cells'])} and has not passed its check yet." in work.submit(
        "8"
    )


def test_a_full_lab_is_said_to_be_full(course, monkeypatch):
    nb = solved()
    at(nb, "decode-step")["source"] = "def decode_step(x):\n    return 1"
    save(course, nb)
    monkeypatch.chdir(course / "work" / SLUG)
    work.passed("quadratic-map")
    work.passed("decode-step")
    assert "Every exercise passes." in work.submit("8")


def test_a_deleted_answer_is_named_before_handing_in(course):
    nb = solved()
    del nb["cells"][2]
    save(course, nb)
    assert "make reset LAB=08 EXERCISE=quadratic-map" in work.submit("8")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"cells": [1]}', "\x00\xff"])
def test_a_broken_notebook_is_not_packed(course, text):
    (course / "work" / SLUG / "08_lab.ipynb").write_text(text, encoding="latin-1")
    with pytest.raises(WorkError, match="cannot be read as a notebook"):
        work.submit("8")
    assert not (course / "work" / f"{SLUG}.zip").exists()


def test_an_older_copy_is_named_when_jupyter_kept_one(course):
    path = course / "work" / SLUG / "08_lab.ipynb"
    kept = path.parent / ".ipynb_checkpoints" / "08_lab-checkpoint.ipynb"
    folder.write(kept, solved())
    path.write_text("{")
    with pytest.raises(WorkError, match=r"\.ipynb_checkpoints"):
        work.submit("8")


def test_a_locked_notebook_stays_as_it_is(course, monkeypatch):
    path = course / "work" / SLUG / "08_lab.ipynb"
    before = path.read_bytes()
    correct(course, notebook(*lab()["cells"], words("new", "new")))
    monkeypatch.setattr(os, "access", lambda *_: False)  # for root nothing is locked
    assert "write-protected" in work.update()
    assert path.read_bytes() == before


def test_a_failed_write_leaves_the_old_file(course, monkeypatch):
    before = (course / "work" / SLUG / "08_lab.ipynb").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(WorkError, match="No space left"):
        work.reset("8", "decode-step")
    assert (course / "work" / SLUG / "08_lab.ipynb").read_bytes() == before
    assert [path.name for path in (course / "work" / SLUG).iterdir()] == ["08_lab.ipynb"]


def test_a_missing_labs_folder_is_said(course):
    (course / "labs" / SLUG / "lab.ipynb").unlink()
    for step in (work.prepare, work.update, lambda: work.submit("8")):
        with pytest.raises(WorkError, match="git checkout labs"):
            step()


# --- progress


def test_a_pass_is_recorded_in_a_work_folder_and_nowhere_else(course, monkeypatch):
    work.passed("quadratic-map")  # not in work/
    assert not work.passes.when("quadratic-map")
    monkeypatch.chdir(course / "work" / SLUG)
    work.passed("quadratic-map")
    assert work.passes.when("quadratic-map")


def test_a_pass_that_cannot_be_recorded_is_no_error(course, monkeypatch):
    (course / "work" / ".passed").write_text("in the way")
    monkeypatch.chdir(course / "work" / SLUG)
    work.passed("quadratic-map")


def test_progress_shows_what_passes(course, monkeypatch):
    monkeypatch.chdir(course / "work" / SLUG)
    work.passed("quadratic-map")
    page = work.progress()
    line = next(line for line in str(page).splitlines() if "quadratic-map" in line)
    assert "[x]" in line and "2 points" in line
    exercises = checks.lab(SLUG).exercises
    full = sum(exercise.points for exercise in exercises)
    assert f"08 Linear attention: 1 of {len(exercises)} exercises, 2 of {full} points" in str(page)
    assert page._repr_html_().count("✓ passed") == 1
    bar = f'<progress value="1" max="{len(exercises)}" aria-label="08: 1 of {len(exercises)}">'
    assert bar in page._repr_html_() and '<a href="08_lab.ipynb">lab</a>' in page._repr_html_()


def test_progress_says_where_to_go_on(course):
    row = lambda number, name, day="": passes.Row(number, name, name.title(), 2, 10 * number, day)
    lab = lambda slug, *rows: passes.Passes(slug, slug.title(), 5, rows)
    first = lab("01_x", row(1, "a"), row(2, "b"))
    begun = lab("03_y", row(1, "c", "2026-11-01"), row(2, "d"))
    later = lab("05_z", row(1, "e"), row(2, "f", "2026-11-02"), row(3, "g"))
    done = lab("08_u", row(1, "h", "2026-11-03"))
    go_on = lambda *labs: passes.Progress(labs).next()
    assert go_on(first, begun, later, done) == "Go on with exercise 1 of lab 05, e: about 10 minutes."
    assert go_on(first, done) == "Go on with exercise 1 of lab 01, a: about 10 minutes."
    assert go_on(done) == "Every exercise passes."
    assert str(passes.Progress((begun, later))).startswith(go_on(begun, later))


def test_the_page_of_progress_names_the_questions_that_the_browser_knows(course):
    page = work.progress()._repr_html_()
    names = re.search(r'data-questions="(08-[^"]*)"', page)[1].split()
    assert set(names) == set(question.questions(8)) and question.KEY in page


# --- the command line


def test_every_step_runs_from_the_command_line(course, capsys):
    save(course, solved())
    for argv in (["prepare"], ["update"], ["submit", "08"], ["reset", "8", "quadratic-map"], ["progress"]):
        assert work.main(argv) == 0
    assert "You have not started it." in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["submit"], ["reset", "08"], ["prepare", "08"], ["update", "1", "2"], ["submitt"]])
def test_a_wrong_command_says_what_is_right(course, argv, capsys):
    assert work.main(argv) == 2
    said = capsys.readouterr()
    assert "python -m llmcourse work" in said.out + said.err


def test_a_step_that_fails_says_one_sentence(course, capsys):
    assert work.main(["submit", "lab-nine"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("There is no lab called") and "Traceback" not in said


# --- Colab


@pytest.fixture
def on_colab(tmp_path, monkeypatch):
    """A stand-in for google.colab: a drive, and the notebook that the browser holds."""
    held = {"ipynb": lab()}
    package, drive, message = (types.ModuleType(n) for n in ("google.colab", "drive", "_message"))
    drive.mount = lambda place: Path(place, "MyDrive").mkdir(parents=True, exist_ok=True)
    message.blocking_request = lambda *_, **__: held
    package.drive, package._message = drive, message
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", package)
    monkeypatch.setattr(colab, "DRIVE", tmp_path / "drive")
    return held


def test_colab_saves_the_lab_under_its_name(on_colab, tmp_path, capsys):
    work.save()
    saved = tmp_path / "drive" / "MyDrive" / "llmcourse" / SLUG / "lab.ipynb"
    assert folder.read(saved) == lab()
    assert "Saved to your Drive" in capsys.readouterr().out


def test_colab_keeps_what_another_save_would_overwrite(on_colab, tmp_path):
    """A fresh notebook from the badge, run to its end, must not bury last week's answers."""
    on_colab["ipynb"] = solved()
    work.save()
    on_colab["ipynb"] = lab()
    work.save()
    place = tmp_path / "drive" / "MyDrive" / "llmcourse" / SLUG
    assert texts(folder.read(place / "lab.ipynb")) == texts(lab())
    (kept,) = place.glob("lab-*.ipynb")
    assert texts(folder.read(kept)) == texts(solved())


def test_colab_that_gives_nothing_away_is_said(on_colab, monkeypatch):
    def refuse(_):
        raise ValueError("mount failed")

    monkeypatch.setattr(sys.modules["google.colab"].drive, "mount", refuse)
    with pytest.raises(WorkError, match="was not saved: Colab raised ValueError: mount failed"):
        work.save()


def test_at_home_save_says_where_the_notebook_is(course, monkeypatch, capsys):
    monkeypatch.chdir(course / "work" / SLUG)
    work.save()
    said = capsys.readouterr().out
    assert str(course / "work" / SLUG) in said
    assert "tier" in said
