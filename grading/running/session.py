"""How a submission is run and scored: the one place between nbgrader and a kernel.

The student's code runs in a kernel in a sandbox; no test, no expected value and no score is ever sent there. Where a
check cell stands, the kernel is asked what the answer returns on private inputs. The replies are judged here, and score
and card are written into the notebook when the kernel is gone. nbgrader reads the score from there, as from any other.

A test that an instructor has added is the exception: it runs in the kernel, as nbgrader runs it (own_cells).
"""

import asyncio
import base64
import os
import re
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from llmcourse.checks import Lab, find, lab
from llmcourse.checks.answer import LARGEST, Reply, read_reply
from llmcourse.checks.exercise import Tensors
from llmcourse.checks.values import save
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from nbgrader import utils
from nbgrader.preprocessors import Execute
from traitlets import Bool, Integer

from ..intake import companions, sanitise
from . import own_cells, sandbox, score, seeds

MIME = "application/vnd.llmcourse.reply"
NOT_RUN = {"open-task", "save"}
TIMEOUT = "CellTimeoutError"  # nbgrader's name for it
PROBE = """\
__import__("llmcourse.checks.answer", fromlist=["_"]).tell({mime!r}, {name!r}, {answer}, {payload!r})
"""


@dataclass
class Session:
    """One notebook that is being run.

    replies    exercise -> case -> reply
    raised     grade id of an answer -> what its cell raised
    tested     grade id of a test of the instructor's -> points and card
    stopped    what took too long
    lost       why the notebook was not run to its end, or ""
    deadline   when its time is over (of time.monotonic); None before its first cell

    Of the message that the kernel is working on:
    asked      numbers of the cases that it asks for: empty while the cell is the student's
    told       what was replied to them
    room       characters that it may still print
    """

    lab: Lab
    seed: int
    replies: dict[str, dict[str, Reply]] = field(default_factory=dict)
    raised: dict[str, str] = field(default_factory=dict)
    tested: dict[str, score.Result] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)
    lost: str = ""
    deadline: float | None = None
    asked: frozenset[int] = frozenset()
    told: dict[int, Reply] = field(default_factory=dict)
    room: int = 0

    def begin(self, asked: int = 0) -> None:
        """Another message goes to the kernel, which asks for so many cases."""
        self.asked, self.told, self.room = frozenset(range(asked)), {}, sanitise.MOST

    def hear(self, said: object) -> bool:
        """Take a reply; whether it was one, and the first to its case. It may be anything: the student sends it."""
        number, _, text = said.partition(" ") if isinstance(said, str) else ("", "", "")
        if number not in map(str, self.asked - set(self.told)):
            return False
        try:
            self.told[int(number)] = read_reply(base64.b64decode(text[:LARGEST]))
        except ValueError:
            self.told[int(number)] = Reply(error="silence", message="No answer came back.")
        return True

    def print(self, size: int) -> bool:
        """Count what was printed; whether it is now, and was not before, more than anybody may print."""
        before, self.room = self.room, self.room - size
        return self.room <= 0 < before

    def judge(self, name: str) -> score.Result:
        """Points and card of one exercise."""
        missing = Reply(error="lost", message=self.lost or "The case before took too long; this one was not tried.")
        replies = {title: self.replies.get(name, {}).get(title, missing) for title in score.cases(name, self.seed)}
        try:
            return score.judge(name, self.seed, replies)
        except Exception as error:  # replies are the student's: whatever they are, the class goes on
            why = Reply(error="lost", message=f"The answer can't be compared ({type(error).__name__}).")
            return score.judge(name, self.seed, dict.fromkeys(replies, why))


class Score(Execute):
    """Runs a repaired submission, and writes a score and a card into every check cell."""

    budget = Integer(60, help="seconds for one notebook").tag(config=True)
    probe_timeout = Integer(5, help="seconds for one private case").tag(config=True)

    trust_submissions = Bool(help="run them even if there is no sandbox").tag(config=True)

    def create_kernel_manager(self) -> sandbox.Manager:
        sandbox.require(self.trust_submissions or os.environ.get("LLMCOURSE_TRUST_SUBMISSIONS") == "1")
        kernel = {"kernel_name": "python3", "kind": sandbox.kind(), "blocked": sandbox.blocked(self.session.lab)}
        self.km = sandbox.Manager(**kernel, config=self.config)
        return self.km

    def preprocess(self, nb: NotebookNode, resources: dict, km=None) -> tuple[NotebookNode, dict]:
        who = resources["nbgrader"]
        self.session = Session(lab(who["assignment"]), seeds.seed(who["student"], who["assignment"]))
        self.timeout_func = self._seconds
        self.comm_open_handlers = {"jupyter.widget": lambda msg: None}  # nobody turns sliders here; nbclient may hang
        start = time.monotonic()
        with _workplace(resources), utils.setenv(LLMCOURSE_TIER="smoke"), _expecting(self.session):
            try:
                nb, resources = super().preprocess(nb, resources, km)
            except Exception as error:
                if self.session.deadline is None:  # no cell has run: it is not the student's doing
                    raise
                self.session.lost = self.session.lost or _why(error)
        _write(nb, self.session)
        seconds = round(time.monotonic() - start, 2)
        notes = {"seconds": seconds, "stopped": self.session.stopped, "lost": self.session.lost}
        nb.metadata["llmcourse"] = {**nb.metadata.get("llmcourse", {}), **notes}
        return nb, resources

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        self.session.deadline = self.session.deadline or time.monotonic() + self.budget
        if cell.cell_type != "code" or NOT_RUN & set(cell.metadata.get("tags", [])):
            return cell, resources
        self.session.lost = self.session.lost or self._over()
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if not self.session.lost:
            try:
                if own_cells.is_test(cell):
                    exercise = own_cells.checks(self.session.lab, cell)
                    self._ask(exercise, index) if exercise else self._test(cell, name, index)
                else:
                    self._run(cell, name, index)
            except (DeadKernelError, CellTimeoutError) as error:
                self.session.lost = _why(error)
        return cell, resources

    def _run(self, cell: NotebookNode, name: str, index: int) -> None:
        """Run one of the notebook's own cells, unless it calls what had to be stopped already."""
        slow = [find(n)[1].answer for n in self.session.replies if n in self.session.stopped]
        if not utils.is_solution(cell) and any(_uses(cell.source, answer) for answer in slow):
            cell.outputs = [new_output("stream", text="Not run: it uses an answer that took too long.\n")]
            return
        self.session.begin()
        self.execute_cell(cell, index, store_history=True)
        error, names = _error(cell), [name, *cell.metadata.get("llmcourse", {}).get("answers", ())]
        if error is not None:
            self.session.raised |= dict.fromkeys(names, f"{error.ename}: {error.evalue}"[:300])
        if self.session.room <= 0 or (error is not None and error.ename == TIMEOUT):
            self.session.raised |= dict.fromkeys(names, "it took too long, or printed too much, and was stopped")
            self.session.stopped.append(name or f"cell {index + 1}")

    def _test(self, cell: NotebookNode, name: str, index: int) -> None:
        """Run a test of the instructor's, and read what it earns as nbgrader does."""
        self.session.begin()
        self.execute_cell(cell, index, store_history=True)
        error = _error(cell)
        stopped = self.session.room <= 0 or (error is not None and error.ename == TIMEOUT)
        if stopped:
            self.session.stopped.append(name)
        self.session.tested[name] = own_cells.tested(cell, stopped)

    def _ask(self, name: str, index: int) -> None:
        """Ask the kernel for the answer's replies to all private cases at once, and for those that are missing again.

        Each message has the time of one case. Where it is over and something has come, the next one goes on after
        that; where nothing has, the first case has taken too long, and no more are tried.
        """
        replies, waiting = self.session.replies.setdefault(name, {}), score.cases(name, self.session.seed)
        while waiting:
            titles = list(waiting)
            try:
                error = self._told(name, waiting, index)
            finally:  # the kernel may have died
                heard = {titles[number]: reply for number, reply in self.session.told.items()}
                replies |= heard
            late = error is not None and error.ename == TIMEOUT
            if len(heard) < len(titles) and not (late and heard):
                missing = next(title for title in titles if title not in heard)
                replies[missing] = self._no_reply(name, error)
                if late:
                    self.session.stopped.append(name)
                    return
            waiting = {title: inputs for title, inputs in waiting.items() if title not in replies}

    def _told(self, name: str, inputs: dict[str, Tensors], index: int) -> NotebookNode | None:
        """Let `session.told` be the replies, by number, to one message; returns the error that ended it, if any."""
        payload = {str(number): base64.b64encode(save(case)).decode() for number, case in enumerate(inputs.values())}
        probe = new_code_cell(PROBE.format(mime=MIME, name=name, answer=find(name)[1].answer, payload=payload))
        cell = self.nb.cells[index]
        self.session.begin(len(payload))
        try:
            self.execute_cell(probe, index, store_history=False)
        finally:
            self.nb.cells[index] = cell  # nbclient has put the probe in its place
        return _error(probe)

    def _no_reply(self, name: str, error: NotebookNode | None) -> Reply:
        """Why there is none."""
        if error is None:
            return Reply(error="silence", message="No answer came back.")
        if error.ename == TIMEOUT:
            return Reply(error=TIMEOUT, message=f"The answer was stopped after {self.probe_timeout} seconds.")
        if error.ename == "NameError":
            why = f" Its cell did not finish: {self.session.raised[name]}." if name in self.session.raised else ""
            return Reply(error="NameError", message=f"`{find(name)[1].answer}` is not defined.{why}")
        return Reply(error=error.ename, message=f"{error.ename}: {error.evalue}"[:300])

    def output(self, outs, msg, display_id, cell_index):
        """Keep what the kernel says. Who says too much is interrupted: a flood would outlast the cell."""
        content = msg["content"]
        if self.session.asked and self.session.hear(content.get("data", {}).get(MIME)):
            return None
        if self.session.print(len(str(content))):
            self.interrupt = asyncio.ensure_future(self.km.interrupt_kernel())
        kept = self.session.room > 0 and (not self.session.asked or msg["msg_type"] == "error")
        return super().output(outs, msg, display_id, cell_index) if kept else None

    def _seconds(self, cell: NotebookNode) -> int:
        left = self.session.deadline - time.monotonic()
        return max(1, round(min(left, self.probe_timeout if self.session.asked else self.timeout)))

    def _over(self) -> str:
        late = time.monotonic() > self.session.deadline
        return f"The notebook took longer than {self.budget} seconds." if late else ""


@contextmanager
def _expecting(session: Session):
    """Have the reference's answers ready by the end: they don't wait for the student's, so why should we?

    `score.expected` keeps them, and raises again what it raises here. Nothing else here runs an answer meanwhile:
    the generator that answers draw from is one for all threads.
    """
    with ThreadPoolExecutor(1) as pool:
        for exercise in session.lab.exercises:
            pool.submit(score.expected, exercise.name, session.seed)
        yield


def _write(nb: NotebookNode, session: Session) -> None:
    """Score and card into every check cell; what the other cells show is made harmless."""
    for cell in nb.cells:
        if own_cells.is_test(cell):
            exercise = own_cells.checks(session.lab, cell)
            _fill(cell, session.judge(exercise)) if exercise else _fill_test(cell, session)
        elif cell.cell_type == "code" and not NOT_RUN & set(cell.metadata.get("tags", [])):
            cell.outputs = sanitise.outputs(cell.outputs)


def _uses(source: str, answer: str) -> bool:
    """Whether code uses the answer of that name; to define it, or to import from a module called so, is no use."""
    return bool(re.search(rf"(?<!def )(?<![\w.]){answer}\b", source))


def _error(cell: NotebookNode) -> NotebookNode | None:
    """What a cell raised; where it was stopped, that."""
    errors = [o for o in cell.outputs if o.output_type == "error"]
    return next((o for o in errors if o.ename == TIMEOUT), errors[0] if errors else None)


def _fill(cell: NotebookNode, result: score.Result) -> None:
    """nbgrader reads the score from the one `execute_result`; a cell without it would get full marks."""
    cell.outputs = [
        new_output("display_data", data={"text/html": result.html, "text/plain": result.text}),
        new_output("execute_result", data={"text/plain": f"{result.points:.12g}"}),
    ]
    cell.metadata["llmcourse"] = {
        "misconception": result.misconception,
        "passed": sum(row.status == "pass" for row in result.card.rows),
        "cases": len(result.card.rows),
    }


def _fill_test(cell: NotebookNode, session: Session) -> None:
    """The card above what a test of the instructor's has shown, and the score below it."""
    lost = own_cells.not_tested(cell, session.lost or "It was not run.")
    result = session.tested.get(cell.metadata["nbgrader"]["grade_id"], lost)
    shown = sanitise.outputs([output for output in cell.outputs if output.output_type != "execute_result"])
    _fill(cell, result)
    cell.outputs[1:1] = shown
    cell.metadata["llmcourse"]["test"] = "the instructor's"


@contextmanager
def _workplace(resources: dict):
    """Let the kernel work in a private folder with the files that were handed in, without the notebook."""
    metadata = resources.setdefault("metadata", {})
    old = metadata.get("path")
    with tempfile.TemporaryDirectory(prefix="submission-") as folder:
        if old and Path(old).is_dir():
            companions.copy(companions.around(Path(old) / "lab.ipynb").files, Path(folder))
        metadata["path"] = folder
        try:
            yield
        finally:
            metadata["path"] = old


def _why(error: Exception) -> str:
    if isinstance(error, DeadKernelError):
        return "The notebook ended its own kernel; nothing after that was run."
    if isinstance(error, CellTimeoutError):
        return "A cell could not be stopped; nothing after it was run."
    return f"The notebook could not be run any further ({type(error).__name__})."
