"""Every lecture and every solution runs from top to bottom, and shows nothing that a reader should not see."""

import warnings

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from grading.authoring import execution, notebooks, recorded

NOTEBOOKS = [recorded.Notebook(source) for source in notebooks.sources()]
each = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)


def ran(notebook, tier, config) -> execution.Run:
    """Run a notebook, or skip the test if it is recorded and nothing has changed."""
    draw = recorded.drawn(NOTEBOOKS, f"{recorded.commit()} {tier}")
    if not recorded.is_due(notebook, tier, config.getoption("--notebooks"), draw):
        pytest.skip("recorded: it ran without a fault, and nothing that its result depends on has changed")
    done = notebook.run(tier, config.getoption("--record"))
    assert done.faults == ()
    return done


@each
def test_runs_at_tier_smoke(notebook, pytestconfig):
    ran(notebook, "smoke", pytestconfig)


@pytest.mark.slow
@each
def test_runs_at_tier_full(notebook, pytestconfig):
    seconds = ran(notebook, "full", pytestconfig).seconds
    if pytestconfig.getoption("--record") and seconds > notebook.budget:  # a busy machine is not the lecture's fault
        warnings.warn(f"{notebook.name} took {seconds:.0f} s; it should take {notebook.budget} s", stacklevel=1)


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
    found = execution.run(cells, tmp_path, "smoke").faults
    assert [fault.partition(":")[0] for fault in found] == ["cell 0", "cell 1", "cell 2"]
    assert "stderr" in found[0] and "without words" in found[1] and "empty alt" in found[2]
    assert cells.cells[3].outputs[0].text == "smoke\n"


def test_the_runner_stops_at_an_error(tmp_path):
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        execution.run(notebook("1 / 0"), tmp_path, "smoke")
