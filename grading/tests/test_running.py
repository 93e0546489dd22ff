"""Every lecture and every solution runs from top to bottom, and shows nothing that a reader should not see."""

import warnings

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from grading.authoring import notebooks

from . import running

SOURCES = notebooks.sources()
BUDGET = {"lectures": 180, "solutions": 90}  # seconds on two cores, at tier full


def name(source):
    return source.relative_to(notebooks.ROOT).as_posix()


@pytest.mark.parametrize("source", SOURCES, ids=name)
def test_runs_at_tier_smoke(source):
    assert running.run_file(source, "smoke").faults == ()


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=name)
def test_runs_at_tier_full(source, record_property):
    done = running.run_once(source, "full")
    assert done.faults == ()
    record_property("seconds", round(done.seconds))
    budget = BUDGET[name(source).partition("/")[0]]
    if done.seconds > budget:  # a busy machine is no fault of the lecture's
        warnings.warn(f"{name(source)} took {done.seconds:.0f} s; it should take {budget} s", stacklevel=1)


# --- the runner itself


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def test_the_runner_sees_what_a_reader_should_not(tmp_path):
    cells = notebook(
        "import sys; print('oh', file=sys.stderr)",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
        'from IPython.display import HTML\nHTML(\'<img src="" alt=" "><img alt="A line.">\')',
        "from llmcourse import figures, runtime\nprint(runtime.tier())\n"
        "with figures.figure(alt='A line.') as ax:\n    ax.plot([1, 2])",
    )
    found = running.run(cells, tmp_path, "smoke").faults
    assert [fault.partition(":")[0] for fault in found] == ["cell 0", "cell 1", "cell 2"]
    assert "stderr" in found[0] and "without words" in found[1] and "empty alt" in found[2]
    assert cells.cells[3].outputs[0].text == "smoke\n"


def test_the_runner_stops_at_an_error(tmp_path):
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        running.run(notebook("1 / 0"), tmp_path, "smoke")


def test_a_result_is_kept_until_something_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(running, "ROOT", tmp_path)
    (tmp_path / "lib/llmcourse").mkdir(parents=True)
    library = tmp_path / "lib/llmcourse/room.py"
    library.write_text("x = 1\n")
    source = tmp_path / "lectures/01_new.py"
    source.parent.mkdir()
    source.write_text("# %%\nx = 1\n")
    runs = []
    monkeypatch.setattr(running, "run_file", lambda *_: runs.append(1) or running.Run(2.0, ()))
    for expected, change in ((1, None), (1, None), (2, source), (2, None), (3, library)):
        if change:
            change.write_text(change.read_text() + "y = 2\n")
        assert running.run_once(source, "full") == running.Run(2.0, ())
        assert len(runs) == expected


def test_a_fault_is_never_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "CACHE", tmp_path)
    monkeypatch.setattr(running, "run_file", lambda *_: running.Run(2.0, ("cell 0: writes to stderr",)))
    running.run_once(SOURCES[0], "full")
    assert list(tmp_path.iterdir()) == []
