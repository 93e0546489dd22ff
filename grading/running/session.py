"""How a submission is run and scored: the one place between nbgrader and a kernel.

The student's code runs in a kernel in a sandbox; no test, no expected value and no score is ever sent there. Where a
check cell stands, the kernel is asked what the answer returns on private inputs. The replies are judged here, and score
and card are written into the notebook when the kernel is gone. nbgrader reads the score from there, as from any other.

Where a cell ends its kernel, or can't be stopped, a new kernel goes on with the next cell: the cells above run again in
it first, so that nothing is lost but what that cell would have done.

A test that an instructor has added is the exception: it runs in the kernel, as nbgrader runs it (own_cells).
"""

import base64
import os
import platform
import re
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from llmcourse.checks import Lab, find, lab
from llmcourse.checks.answer import KINDS, LARGEST, Reply, outside, read_reply
from llmcourse.checks.exercise import Tensors
from llmcourse.checks.values import save
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import Execute
from traitlets import Bool, Integer

from ..intake import companions, sanitise
from . import own_cells, rounds, sandbox, score, seeds
from .shown import Handles, Shown, data_of

MIME = "application/vnd.llmcourse.reply"
NOT_RUN = {"open-task", "save"}
FRESH = 5  # new kernels that a notebook may have; each has its cells to run again
TIMEOUT = "CellTimeoutError"  # nbgrader's name for it
LATE = TIMEOUT, "", f"{TIMEOUT}: The cell was stopped when its time was over."
SILENT = "The error was not shown."
SKIPPED = "Not run: it uses an answer that took too long, or ended the kernel.\n"
GONE = "The kernel ended here. The cells above ran again in a new one, which goes on with the next cell.\n"
LANGUAGE = {
    "name": "python",
    "version": platform.python_version(),
    "mimetype": "text/x-python",
    "codemirror_mode": {"name": "ipython", "version": 3},
    "pygments_lexer": "ipython3",
    "nbconvert_exporter": "python",
    "file_extension": ".py",
}
PROBE = """\
__import__("llmcourse.checks.answer", fromlist=["_"]).tell({mime!r}, {name!r}, {answer}, {payload!r})
"""


@dataclass
class Session:
    """One notebook that is being run.

    replies    exercise -> case -> reply
    raised     grade id of an answer -> what its cell raised
    results    exercise -> what will be its points and card
    tested     grade id of a test of the instructor's -> points and card
    stopped    what took too long
    ended      cells, and exercises, that ended their kernel, or for which it had to be ended -> which of the two
    lost       why the notebook was not run to its end, or ""
    deadline   when its time is over (of time.monotonic); None before its first cell
    above      the source of every cell that has run to its end
    kernels    how many new ones were started on the way

    Of the message that the kernel is working on:
    asked      numbers of the cases that it asks for: empty while the cell is the student's
    told       what was replied to them
    """

    lab: Lab
    seed: int
    replies: dict[str, dict[str, Reply]] = field(default_factory=dict)
    raised: dict[str, str] = field(default_factory=dict)
    results: dict[str, Future[score.Result]] = field(default_factory=dict)
    tested: dict[str, score.Result] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)
    lost: str = ""
    deadline: float | None = None
    above: list[str] = field(default_factory=list)
    kernels: int = 0
    asked: frozenset[int] = frozenset()
    told: dict[int, Reply] = field(default_factory=dict)

    def begin(self, asked: int) -> None:
        """Another message goes to the kernel, which asks for so many cases."""
        self.asked, self.told = frozenset(range(asked)), {}

    def hear(self, said: str) -> bool:
        """Take a reply; whether it was one, and the first to its case. It may be anything: the student sends it."""
        number, _, text = said.partition(" ")
        if number not in map(str, self.asked - set(self.told)):
            return False
        try:
            self.told[int(number)] = read_reply(base64.b64decode(text[:LARGEST]))
        except ValueError:
            self.told[int(number)] = Reply(error="silence", message="No answer came back.")
        return True

    @property
    def why(self) -> str:
        """What was not run to its end, and why; "" where everything was."""
        parts = [f"{name} {what}" for name, what in self.ended.items()]
        if parts and not self.lost:
            parts.append("a new kernel went on, after the cells above had run again in it")
        return " ".join(filter(None, ["; ".join(parts) + "." * bool(parts), self.lost]))

    def result(self, name: str) -> score.Result:
        """Points and card of one exercise, which may have been judged already."""
        return self.results[name].result() if name in self.results else self.judge(name)

    def judge(self, name: str) -> score.Result:
        """Points and card of one exercise."""
        missing = Reply(error="lost", message=self.lost or "The case before did not end; this one was not tried.")
        replies = {title: self.replies.get(name, {}).get(title, missing) for title in score.cases(name, self.seed)}
        try:
            return score.judge(name, self.seed, replies)
        except Exception as error:  # replies are the student's: whatever they are, the class goes on
            why = Reply(error="lost", message=f"The answer can't be compared ({type(error).__name__}).")
            return score.judge(name, self.seed, dict.fromkeys(replies, why))


class Score(Execute):
    """Runs a repaired submission, and writes a score and a card into every check cell.

    It is nbgrader's step by its place and its settings: `timeout`, and `iopub_timeout`, the seconds that an interrupted
    cell has to end. Cells run in a kernel of ours."""

    budget = Integer(60, help="seconds for one notebook").tag(config=True)
    probe_timeout = Integer(5, help="seconds for one private case").tag(config=True)
    memory = Integer(4 << 30, help="bytes for all processes of a kernel together").tag(config=True)

    trust_submissions = Bool(help="run them even if there is no sandbox").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict, km=None) -> tuple[NotebookNode, dict]:
        sandbox.require(self.trust_submissions or os.environ.get("LLMCOURSE_TRUST_SUBMISSIONS") == "1")
        who = resources["nbgrader"]
        round_ = who["round"] if "round" in who else rounds.current(who["assignment"])  # nbgrader knows of no rounds
        self.session = Session(lab(who["assignment"]), seeds.seed(who["student"], who["assignment"], round_))
        start = time.monotonic()
        place = resources.get("metadata", {}).get("path", "")
        workplace = nullcontext(place) if who.get("private") else _workplace(place)
        env = utils.setenv(LLMCOURSE_TIER="smoke")
        with env, workplace as folder, _thread(self.session) as self.thread:
            self.begin(folder)
            try:
                for index, cell in enumerate(nb.cells):
                    self.preprocess_cell(cell, resources, index)
            except Exception as error:
                self.log.exception("The notebook could not be run any further.")
                self.session.lost = f"The notebook could not be run any further ({type(error).__name__})."
            finally:
                self.kernel.end()
        _write(nb, self.session)
        self.kernel.wait()
        seconds = round(time.monotonic() - start, 2)
        notes = {"seconds": seconds, "stopped": self.session.stopped, "lost": self.session.why}
        nb.metadata["llmcourse"] = {**nb.metadata.get("llmcourse", {}), **notes}
        nb.metadata["language_info"] = NotebookNode(LANGUAGE)
        return nb, resources

    def begin(self, folder: str = "") -> None:
        """Start a kernel, with the files in that folder; raises RuntimeError."""
        self.folder = folder
        self.handles: Handles = {}
        blocked = sandbox.blocked(self.session.lab)
        self.kernel = sandbox.kernel(blocked=blocked, folder=folder, memory=self.memory)

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        self.session.deadline = self.session.deadline or time.monotonic() + self.budget
        if cell.cell_type != "code" or NOT_RUN & set(cell.metadata.get("tags", [])):
            return cell, resources
        cell.outputs = []
        self.session.lost = self.session.lost or self._over()
        if not self.session.lost:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "") or f"cell {index + 1}"
            exercise = own_cells.checks(self.session.lab, cell) if own_cells.is_test(cell) else ""
            try:
                if exercise:
                    with self._judged(exercise):
                        self._ask(exercise)
                elif own_cells.is_test(cell):
                    self._test(cell, name)
                else:
                    self._run(cell, name)
            except sandbox.Ended as error:
                self._ended(cell, exercise or name, error)
        return cell, resources

    def _run(self, cell: NotebookNode, name: str) -> None:
        """Run one of the notebook's own cells, unless it calls an answer that does not end well."""
        bad = [find(n)[1].answer for n in self.session.replies if n in {*self.session.stopped, *self.session.ended}]
        names = [name, *cell.metadata.get("llmcourse", {}).get("answers", ())]
        if not utils.is_solution(cell) and any(_uses(cell.source, answer) for answer in bad):
            cell.outputs = [sanitise.new_output("stream", name="stdout", text=SKIPPED)]
        elif self._show(cell):
            self.session.raised |= dict.fromkeys(names, "it took too long, or printed too much, and was stopped")
            self.session.stopped.append(name)
        else:
            self.session.above.append(cell.source)
            if kind := self.kernel.raised[0]:
                kind = kind if kind in KINDS else "an exception of its own kind"
                self.session.raised |= dict.fromkeys(names, kind)

    def _test(self, cell: NotebookNode, name: str) -> None:
        """Run a test of the instructor's, and read what it earns as nbgrader does."""
        self.session.tested[name] = own_cells.not_tested(cell, "It ended its own kernel, or could not be stopped.")
        stopped = self._show(cell)
        if stopped:
            self.session.stopped.append(name)
        else:
            self.session.above.append(cell.source)
        self.session.tested[name] = own_cells.tested(cell, stopped)

    def _show(self, cell: NotebookNode) -> bool:
        """Run a cell and keep what it shows; whether it took too long, or showed too much, and was stopped."""
        self.session.begin(0)
        shown = Shown(self.handles)
        try:
            self._heard(cell.source, shown)
        finally:
            cell.outputs = shown.outputs()
            cell.execution_count = len(self.session.above) + 1
        return shown.full or self.kernel.late

    def _heard(self, code: str, shown: Shown) -> None:
        """Run code; replies go to the session, and all else that it shows to `shown`, with the error that ended it.
        Who says too much is interrupted: a flood would outlast the cell."""
        asked = bool(self.session.asked)
        try:
            for message in self.kernel.run(code, self._seconds(), self._grace(), counted=not asked):
                if not (asked and self._is_reply(message)):
                    shown.take(message)
                if shown.full:
                    self.kernel.interrupt()
        finally:
            name, text = self.kernel.raised
            if self.kernel.late:
                shown.error(*LATE)
            elif name and name not in {error.ename for error in shown.errors}:
                shown.error(name, text, SILENT)

    def _is_reply(self, message: list[str]) -> bool:
        said = data_of(message[2:]).get(MIME) if message[0] == "display" else None
        return said is not None and self.session.hear(said)

    def _ask(self, name: str) -> None:
        """Ask the kernel for the answer's replies to all private cases at once, and for those that are missing again.

        Each message has the time of one case. Where it is over and something has come, the next one goes on after
        that; where nothing has, the first case has taken too long, and no more are tried.
        """
        replies, waiting = self.session.replies.setdefault(name, {}), score.cases(name, self.session.seed)
        while waiting:
            titles, error = list(waiting), self._told(name, waiting)
            heard = {titles[number]: reply for number, reply in self.session.told.items()}
            replies |= heard
            ended, late = isinstance(error, sandbox.Ended), self.kernel.late
            if len(heard) < len(titles) and (ended or not (late and heard)):
                missing = next(title for title in titles if title not in heard)
                replies[missing] = self._no_reply(name, error)
                if late and not ended:
                    self.session.stopped.append(name)
                    return
            if ended:
                raise error
            waiting = {title: inputs for title, inputs in waiting.items() if title not in replies}

    @contextmanager
    def _judged(self, name: str) -> Iterator[None]:
        """Judge an exercise as soon as its replies are there, while the kernel goes on."""
        try:
            yield
        finally:
            self.session.results[name] = self.thread.submit(self.session.judge, name)

    def _told(self, name: str, inputs: dict[str, Tensors]) -> NotebookNode | sandbox.Ended | None:
        """Let `session.told` be the replies, by number, to one message; returns the error that ended it, if any."""
        payload = {str(number): base64.b64encode(save(case)).decode() for number, case in enumerate(inputs.values())}
        self.session.begin(len(payload))
        shown = Shown({})
        try:
            self._heard(PROBE.format(mime=MIME, name=name, answer=find(name)[1].answer, payload=payload), shown)
        except sandbox.Ended as ended:
            return ended
        return next(iter(sorted(shown.errors, key=lambda error: error.ename != TIMEOUT)), None)

    def _no_reply(self, name: str, error: NotebookNode | sandbox.Ended | None) -> Reply:
        """Why there is none."""
        if error is None:
            return Reply(error="silence", message="No answer came back.")
        if self.kernel.late:
            return Reply(error=TIMEOUT, message=f"The answer was stopped after {self.probe_timeout} seconds.")
        if isinstance(error, sandbox.Ended):
            return Reply(error="ended", message="The answer ended its own kernel.")
        if error.ename == "NameError":
            why = f" Its cell did not finish ({self.session.raised[name]})." if name in self.session.raised else ""
            return Reply(error="NameError", message=f"`{find(name)[1].answer}` is not defined.{why}")
        return Reply(error=error.ename, message=outside(error.ename))

    def _ended(self, cell: NotebookNode, name: str, error: sandbox.Ended) -> None:
        """Go on in a new kernel after this cell, or after the answer that it asked."""
        stuck = error.stuck
        self.session.ended[name] = "could not be stopped" if stuck else "ended its own kernel"
        self.session.raised[name] = f"it {self.session.ended[name]}"
        if stuck:
            self.session.stopped.append(name)
        cell.outputs.append(sanitise.new_output("stream", name="stdout", text=GONE))
        self._begin_again()

    def _begin_again(self) -> None:
        """Start a new kernel, and run the cells above in it again. One that does not end well this time is left out."""
        while not self.session.lost:
            self.kernel.close()
            self.session.lost = self._over()
            self.session.kernels += 1
            if self.session.kernels > FRESH:
                self.session.lost = "Nothing after that was run: the notebook has had all the kernels that it may have."
            if self.session.lost:
                return
            self.begin(self.folder)
            try:
                for source in tuple(self.session.above):
                    self.session.begin(0)
                    self._heard(source, Shown(self.handles))
                return
            except sandbox.Ended:
                self.session.above.remove(source)

    def _seconds(self) -> float:
        left = self.session.deadline - time.monotonic()
        return max(1, min(left, self.probe_timeout if self.session.asked else self.timeout))

    def _grace(self) -> float:
        return max(1, min(self.session.deadline - time.monotonic(), self.iopub_timeout))

    def _over(self) -> str:
        late = time.monotonic() > self.session.deadline
        return f"The notebook took longer than {self.budget} seconds." if late else ""


@contextmanager
def _thread(session: Session) -> Iterator[ThreadPoolExecutor]:
    """A thread that judges, and has the reference's answers ready by then: they don't wait for the student's.

    `score.expected` keeps them, and raises again what it raises here. Nothing else here runs an answer meanwhile:
    the generator that answers draw from is one for all threads.
    """
    with ThreadPoolExecutor(1) as pool:
        for exercise in session.lab.exercises:
            pool.submit(score.expected, exercise.name, session.seed)
        yield pool


def _write(nb: NotebookNode, session: Session) -> None:
    """Score and card into every check cell; what the other cells show is made harmless."""
    for cell in nb.cells:
        if own_cells.is_test(cell):
            exercise = own_cells.checks(session.lab, cell)
            _fill(cell, session.result(exercise)) if exercise else _fill_test(cell, session)
        elif cell.cell_type == "code" and not NOT_RUN & set(cell.metadata.get("tags", [])):
            cell.outputs = sanitise.outputs(cell.outputs)
    sanitise.lighten(nb.cells)


def _uses(source: str, answer: str) -> bool:
    """Whether code uses the answer of that name; to define it, or to import from a module called so, is no use."""
    return bool(re.search(rf"(?<!def )(?<![\w.]){answer}\b", source))


def _fill(cell: NotebookNode, result: score.Result) -> None:
    """nbgrader reads the score from the one `execute_result`; a cell without it would get full marks."""
    cell.outputs = [
        sanitise.new_output("display_data", data={"text/html": result.html, "text/plain": result.text}, metadata={}),
        sanitise.new_output(
            "execute_result", data={"text/plain": f"{result.points:.12g}"}, metadata={}, execution_count=None
        ),
    ]
    cell.metadata["llmcourse"] = {
        "misconception": result.misconception,
        "reason": result.reason,
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
def _workplace(path: str) -> Iterator[str]:
    """A private folder with what was handed in with the notebook in a folder, for the kernel; without the notebook."""
    with tempfile.TemporaryDirectory(prefix="submission-") as folder:
        if path and Path(path).is_dir():
            companions.copy(companions.around(Path(path) / "lab.ipynb").files, Path(folder))
        yield folder
