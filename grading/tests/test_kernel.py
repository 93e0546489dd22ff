"""A notebook in our kernel shows what it shows in ipykernel; and where a cell ends a kernel, a new one goes on."""

import re
import time

import nbformat
import pytest
from llmcourse.checks import lab
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.preprocessors import Execute

from grading import paths
from grading.intake import sanitise
from grading.running import autograde, sandbox, session, shown

SLUG = "08_linear_attention"
LAB = lab(SLUG)
sandboxed = pytest.mark.skipif(sandbox.kind() == "none", reason="no sandbox here")

# What people write in notebooks.
CELLS = [
    "1 + 1\n'the last line'",
    "print('one'); print('two')\n'and a value'",
    "import sys\nprint('err', file=sys.stderr)",
    "5;",
    "_ + ' again'",
    "%%capture kept\nprint('captured')\n1",
    "kept.stdout",
    "%%writefile notes.txt\nhello",
    "%ls",
    "files = !echo a b\nfiles",
    "!echo out; echo more",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.figure(figsize=(1, 1))\nplt.plot([1, 2]);",
    "from IPython.display import HTML, Markdown, clear_output, display, update_display\ndisplay(HTML('<b>x</b>'), 1)",
    "Markdown('*x*')",
    "handle = display('first', display_id='a')\nhandle.update('second')",
    "print('gone')\nclear_output()\nprint('kept')",
    "print('gone')\nclear_output(wait=True)\nprint('kept')",
    "print('half', end='\\r')\nprint('whole')",
    "import asyncio\nawait asyncio.sleep(0.01)\n'awaited'",
    "asyncio.run(asyncio.sleep(0))",
    "task = asyncio.create_task(asyncio.sleep(0.001, 'done'))",
    "await task",
    "1/0",
    "def f(:\n  pass",
    "%nosuchmagic",
    "assert 1 == 2, 'nope'",
    "def g(): raise KeyError('k')\ntry:\n    g()\nexcept KeyError as e:\n    raise RuntimeError('outer') from e",
    "async def co(): raise ValueError('async')\nawait co()",
    "raise KeyboardInterrupt",
    "import subprocess, os\nsubprocess.run(['echo', 'from a child']).returncode",
    "print(os.system('echo system'))",
    "import inspect\nprint(inspect.getsource(g))",
    "print('\\u00e9\\u4e2d\\U0001f600')",
    "import logging; logging.warning('w')",
    "from IPython.display import Image; Image(b'\\x89PNG\\r\\n\\x1a\\nxx')",
    "from IPython.display import JSON; JSON({'a': [1]})",
    "len?",
    "help(len)",
    "type(get_ipython()).__name__",
    "__name__",
    "In[1]",
    "sorted(Out)[:3]",
    "import pickle; pickle.loads(pickle.dumps(g)).__name__",
]


def ours(cells):
    found = []
    score = session.Score()
    score.session = session.Session(LAB, seed=1, deadline=time.monotonic() + 200)
    score.begin()
    with score.kernel:
        for cell in cells:
            score._show(cell)
            found.append(cell.outputs)
    return found


def theirs(cells):
    notebook = new_notebook(cells=cells)
    Execute(kernel_name="python3", coalesce_streams=True).preprocess(notebook, {})
    return [cell.outputs for cell in notebook.cells]


CHANGING = re.compile(
    r"0x[0-9a-f]+|\d{6,}|\d+x\d+|\r(?=\n)"
)  # addresses, files of cells, sizes; ends of a terminal's lines


def seen(outputs):
    """What a page would show, without what differs from run to run, and without the frames above a cell."""
    plain = lambda text: CHANGING.sub("", text)
    kept = []
    for output in sanitise.outputs([dict(output) for output in outputs]):
        if output.output_type == "stream":
            kept.append((output.name, plain(output.text)))
        elif output.output_type == "error":
            kept.append((output.ename, plain(output.evalue)))
        else:
            pictures = "image/png" in output.data
            kept.append((output.output_type, plain(output.data.get("text/plain", "")), pictures))
    return sorted(kept, key=lambda seen: seen[0] not in ("stdout", "stderr"))


@sandboxed
def test_cells_show_what_they_show_in_ipykernel(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it ipykernel does not look at the descriptors 1 and 2
    pairs = zip(CELLS, ours(list(map(new_code_cell, CELLS))), theirs(list(map(new_code_cell, CELLS))))
    different = {cell: (seen(mine), seen(other)) for cell, mine, other in pairs if seen(mine) != seen(other)}
    assert different == {}


def graded(notebook, student="ada"):
    """What came of a notebook, and its cells by what is in them."""
    found = autograde.grade_submission(nbformat.writes(notebook).encode(), SLUG, student)
    assert found.status == "graded", found.log
    return found, nbformat.reads(found.notebook, 4).cells


def lost(found):
    return {earned.name for earned in found.exercises if earned.points < earned.maximum}


def solved():
    return nbformat.read(paths.solution(SLUG), 4)


def answer_of(notebook, name):
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name)


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))


@sandboxed
def test_exit_ends_its_cell_and_nothing_else():
    notebook = solved()
    notebook.cells[3:3] = [new_code_cell("print('before')\nexit()\nprint('never')"), new_code_cell("quit")]
    found, cells = graded(notebook)
    assert lost(found) == set() and found.reason == ""
    printed, error = next(cell for cell in cells if "exit()" in cell.source).outputs
    assert printed.text == "before\n" and "the rest of this cell was not run" in error.evalue


@sandboxed
def test_torch_compile_costs_its_own_exercise_alone(monkeypatch):
    monkeypatch.setattr(session.Score.budget, "default_value", 300)  # a busy machine takes long to import the compiler
    notebook = solved()
    cell = answer_of(notebook, "decode-step")
    cell.source = "@torch.compile\n" + cell.source
    found, _ = graded(notebook)
    assert lost(found) <= {"decode-step"}


ENDS = {
    "os._exit": "import os\nos._exit(0)",
    "a fault in memory": "import ctypes\nctypes.string_at(0)",
    "deaf": "while True:\n    try:\n        while True: sum(range(99))\n    except KeyboardInterrupt: pass",
}


@sandboxed
@pytest.mark.parametrize("how", ENDS)
def test_where_a_cell_ends_its_kernel_a_new_one_goes_on(how, monkeypatch):
    monkeypatch.setattr(session.Score, "timeout", 2)
    notebook = solved()
    notebook.cells[25:25] = [
        new_code_cell("count = globals().get('count', 0) + 1\nprint(count)"),
        new_code_cell(ENDS[how]),
    ]
    notebook.cells.insert(3, new_code_cell("print('once')"))
    found, cells = graded(notebook)
    assert lost(found) == set()
    assert "a new kernel went on" in found.reason and "cell " in found.reason
    culprit = next(cell for cell in cells if cell.source == ENDS[how])
    assert "The kernel ended here" in culprit.outputs[-1].text
    once = next(cell for cell in cells if "'once'" in cell.source)
    assert [output.text for output in once.outputs] == ["once\n"]  # not doubled


@sandboxed
def test_an_answer_that_ends_its_kernel_costs_its_own_exercise_alone(monkeypatch):
    monkeypatch.setattr(session.Score, "probe_timeout", 2)
    notebook = solved()
    answer_of(notebook, "chunkwise").source = f"def {LAB['chunkwise'].answer}(*args):\n    import os\n    os.kill(1, 9)"
    answer_of(notebook, "delta-step").source = (
        f"import signal\ndef {LAB['delta-step'].answer}(*args):\n"
        "    signal.signal(signal.SIGINT, signal.SIG_IGN)\n    while True: pass"
    )
    found, _ = graded(notebook)
    assert lost(found) == {"chunkwise", "delta-step"}


@sandboxed
def test_a_notebook_has_few_kernels_and_no_more_time_for_them(monkeypatch):
    monkeypatch.setattr(session.Score, "timeout", 2)
    monkeypatch.setattr(session.Score, "iopub_timeout", 1)
    notebook = solved()
    for _ in range(2 * session.FRESH):
        notebook.cells.insert(3, new_code_cell(ENDS["os._exit"]))
    found, _ = graded(notebook)
    assert sum(earned.points for earned in found.exercises) == 0 and "all the kernels that it may have" in found.reason
    monkeypatch.setattr(session.Score, "budget", 6)
    notebook = solved()
    for _ in range(session.FRESH):
        notebook.cells.insert(3, new_code_cell(ENDS["deaf"]))
    start = time.monotonic()
    found, _ = graded(notebook)
    assert "took longer than 6 seconds" in found.reason and time.monotonic() - start < 20


def test_outputs_are_kept_in_their_order_and_bounded():
    one = shown.Shown({})
    for message in (
        ["stdout", "a"],
        ["stdout", "b\n"],
        ["display", "", "text/plain", "x"],
        ["stdout", "c"],
        ["stderr", "d"],
    ):
        one.take(message)
    texts = [output.get("text") or output.data["text/plain"] for output in one.outputs()]
    assert texts == ["ab\n", "x", "c", "d"]
    for odd in (["stdout"], ["display"], ["update"], ["result", "text/plain"], ["error"], ["clear"], ["?"], [""]):
        one.take(odd)
    many = shown.Shown({})
    while not many.full:
        many.take(["stdout", ""])
        many.take(["stderr", ""])
    assert len(many.outputs()) <= sanitise.MOST / shown.OUTPUT


def test_a_line_without_end_takes_no_time():
    start = time.monotonic()
    for text in ("x" * sanitise.MOST, "x\r" * (sanitise.MOST // 2)):
        shown._overwritten(text)
    assert time.monotonic() - start < 2
