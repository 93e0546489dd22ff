"""python -m grading grade [LAB] [STUDENT ...]: grade submissions.

Submissions are in grading/submitted, as STUDENT/NN_slug/lab.ipynb, as the zip of `make submit` (STUDENT.zip, or
STUDENT/NN_slug.zip), or as Moodle and Canvas export them; `python -m grading inspect LAB` lists what can't be read.
If there are none, a sample class is made. What has not changed since it was graded is not graded again, and an
interrupted run continues where it stopped. Results, feedback pages, grades.csv and the report are written to grading/,
and so is totals.csv for a class that class.toml describes.
"""

import os
import shutil
import sys
import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import nbformat
from llmcourse import classroom
from llmcourse.checks import CheckFailed, Lab, lab, labs
from llmcourse.checks import find as find_exercise
from llmcourse.files import sweep, write
from llmcourse.work import WorkError
from llmcourse.work.folder import find
from sqlalchemy.exc import SQLAlchemyError
from tqdm import tqdm

from . import paths, sample
from .gradebook import late
from .gradebook.gradebook import CannotGrade, ClassGradebook, alone, failpoint, register
from .gradebook.people import Person, match
from .gradebook.platforms import RoundTrip
from .gradebook.results import Results
from .intake import collection
from .intake.collection import Identity, Submission
from .intake.files import Unreadable, in_one_line, linked, why_not
from .reporting import feedback, grades_csv, totals
from .running import autograde, rounds, sandbox
from .running.autograde import Graded, grade_submission, key
from .running.fingerprint import execution, scores
from .running.own_cells import own_cells
from .running.pool import KEPT, ClusterError, Pool


def run(options: Namespace) -> int:
    if options.trust_submissions:
        os.environ["LLMCOURSE_TRUST_SUBMISSIONS"] = "1"  # for the workers, too
    try:
        with alone():
            return grade_all(options)
    except (CannotGrade, CheckFailed, WorkError, classroom.ClassError, sandbox.NoSandbox, ClusterError) as error:
        print(error, file=sys.stderr)
    except (OSError, SQLAlchemyError) as error:
        why = str(getattr(error, "orig", error)).splitlines()[0]
        print(f"Grading stopped: {why}\n{KEPT}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"\nGrading was interrupted. {KEPT}", file=sys.stderr)
    return 2


def warm(options: Namespace) -> None:
    """Prepare for the labs that will probably be graded: the one that was named, or those after which something in the
    folder is named. It is no fault to miss one: whoever needs its fingerprints first makes them."""
    with suppress(CheckFailed, WorkError, classroom.ClassError, OSError):
        folder = options.submissions or paths.runtime() / "submitted"
        names = {path.stem for pattern in ("*", "*/*") for path in folder.glob(pattern)}
        likely = named(options) or [one for one in classroom.read(paths.ROOT).only(labs()) if one.slug in names]
        autograde.warm([one.slug for one in likely])


def named(options: Namespace) -> list[Lab]:
    """The lab that the command names, if it names one; raises CheckFailed, WorkError."""
    if options.exercise:
        return [find_exercise(options.exercise)[0]]
    return [lab(find(options.lab))] if options.lab else []


def grade_all(options: Namespace) -> int:
    """All that the command does; raises CannotGrade."""
    sandbox.require(os.environ.get("LLMCOURSE_TRUST_SUBMISSIONS") == "1")
    print(sandbox.describe())
    room = classroom.read(paths.ROOT)
    ours = room.only(labs())
    chosen = named(options) or ours
    submissions = options.submissions or paths.runtime() / "submitted"
    place = options.results or paths.runtime()
    _sweep(place)
    unpacked = unpack(submissions, chosen, copies(submissions, place), known(submissions))
    print(*unpacked.said, sep="\n", end="\n" * bool(unpacked.said), file=sys.stderr)
    refused = files = unpacked.refused
    wanted = lambda given: {who: path for who, path in given.items() if not options.students or who in options.students}
    found = [wanted(unpacked.given[one.slug]) for one in chosen]
    refused = refused | {who: "There is no submission." for who in options.students if not any(who in f for f in found)}
    if not any(found) and options.submissions:
        raise CannotGrade(f"There is no submission in {submissions}; expected STUDENT/{chosen[0].slug}/lab.ipynb")
    if not any(found) and not options.students:
        print("There are no submissions yet, so a sample class is made and graded.")
        sample.make(chosen[0])
        unpacked = unpack(submissions, chosen[:1])
        found[0] = unpacked.given[chosen[0].slug]
    trip = RoundTrip(chosen[0], unpacked.found[chosen[0].slug], options) if options.worksheet else None
    results = Results(place / "results")
    with Pool(options.workers, options.scheduler, options.insecure_scheduler) as pool, ExitStack() as stack:
        if any(results.load(one.slug, who) is None for one, given in zip(chosen, found) for who in given):
            pool.start()  # workers import for seconds, and so does the gradebook
        gradebook = stack.enter_context(ClassGradebook())
        gradebook.claim()
        from .reporting import class_report  # with matplotlib: here nobody waits for that, since workers have begun

        for sentence in filter(None, (*room.gaps(paths.ROOT), gradebook.late.plugin_inst.conflict())):
            print(sentence)
        for one, given in zip(chosen, found):
            if given:
                batch = Batch(one, given, unpacked.left_out[one.slug], gradebook, results, pool, options.same_inputs)
                refused = refused | batch.run(options.again, options.exercise)
        entries = gradebook.entries(chosen[0].slug) if trip else {}
        only = {one.slug: set(given) for one, given in zip(chosen, found)} if options.results else {}
        included = [one for one in ours if not options.results or only.get(one.slug)]
        rows = [row for one in included for row in grades_csv.rows(one, gradebook, results, only.get(one.slug))]
        everybody = totals.read(room, ours, gradebook) if room.path else []
        if options.results:  # that run alone
            everybody = [one for one in everybody if any(one.student in given for given in found)]
    grades_csv.write_table(place / "grades.csv", rows + [grades_csv.refused(what, why) for what, why in files.items()])
    if room.path:
        totals.write_table(place / "totals.csv", ours, everybody)
    for what, why in refused.items():
        print(f"not graded: {what}: {why}", file=sys.stderr)
    print(f"grades    {os.path.relpath(place / 'grades.csv')}")
    if room.path:
        print(f"totals    {os.path.relpath(place / 'totals.csv')}")
    print(f"feedback  {os.path.relpath(paths.runtime() / 'feedback')}")
    print(f"report    {os.path.relpath(class_report.write())}")
    if trip:
        trip.give_back(entries)
    print("to mark   the open tasks: run `make lab`, then choose Nbgrader > Formgrader")
    return 1 if refused else 0


def _sweep(place: Path) -> None:
    """Remove what a run that was ended left half written. Nobody else grades: `alone` holds the lock."""
    for folder in {place, paths.runtime()}:  # as a rule they are one
        sweep(folder, pattern="")
        for made in ("results", "autograded", "feedback", "report"):  # not what was submitted: that is the students'
            sweep(folder / made)


class Batch:
    """One lab: what was handed in, the gradebook, the results folder and the workers.

    The order of writing makes every interruption harmless: first the result, whole, in a file of its own; then the
    gradebook in one transaction; then the notebook for the formgrader; then the feedback page. Each is compared with
    the one before, at every run, and written again where it differs.
    """

    def __init__(
        self,
        lab: Lab,
        given: dict[str, Path],
        left_out: dict[str, str],
        gradebook: ClassGradebook,
        results: Results,
        pool: Pool,
        same_inputs: bool = False,
    ):
        self.lab, self.given, self.left_out = lab, given, left_out
        self.gradebook, self.results, self.pool = gradebook, results, pool
        self.round, self.same_inputs = rounds.current(lab.slug), same_inputs

    def run(self, again: bool = False, exercise: str = "") -> dict[str, str]:
        """Grade, write, and return who could not be graded, and why."""
        register(self.lab)
        self.entries = self.gradebook.entries(self.lab.slug)
        self.times = late.noted(self.lab.slug)
        start, todo, calls, refused, earlier = time.monotonic(), {}, [], {}, 0
        for student in self.given:
            old = self.results.load(self.lab.slug, student)
            round_ = self._round(student, old)
            wanted = {exercise} if exercise else self._every() if again else self._stale(student, old, round_)
            if wanted:
                todo[student] = wanted, round_
                left_out = self.left_out.get(student, "")
                calls.append((student, (self.given[student], self.lab.slug, student, round_, left_out)))
            else:
                refused |= self._settle(old, changed=False)
                earlier += old.execution != execution(self.lab.slug)
        for student, found in self._each(grade_submission, calls, "grading", len(calls)):
            refused |= self._settle(*self._keep(student, found, *todo[student]))
        seconds = time.monotonic() - start
        self._tell()
        self._summary(len(todo), len(refused), earlier, seconds)
        return refused

    def _every(self) -> set[str]:
        return set(self._scores())

    def _scores(self) -> dict[str, str]:
        """What is graded by machine -> what its points depend on: the exercises, and the instructor's own cells."""
        own = {cell.name: cell.scores for cell in own_cells(self.lab) if cell.kind != "task"}
        return {exercise.name: scores(exercise.name) for exercise in self.lab.exercises} | own

    def _round(self, student: str, old: Graded | None) -> int:
        """The round whose inputs a submission is graded with: an unchanged one keeps its own."""
        if old and (self.same_inputs or old.key == self._key(student, old.round)):
            return old.round
        return self.round

    def _stale(self, student: str, old: Graded | None, round_: int) -> set[str]:
        """The exercises that have to be scored: what may come out otherwise than in the result that is there."""
        if old is None or old.status == "failed" or old.key != self._key(student, round_):
            return self._every()
        if old.status == "unreadable":
            return set() if old.execution == execution(self.lab.slug) else self._every()
        have = {earned.name: earned.scores for earned in old.exercises}
        return {name for name, current in self._scores().items() if have.get(name) != current}

    def _key(self, student: str, round_: int) -> str:
        return key(self.given[student], self.lab.slug, student, round_)

    def _keep(self, student: str, found: Graded | Exception, wanted: set[str], round_: int) -> tuple[Graded, bool]:
        """Write down what a worker has found of the exercises that are wanted, of all where the submission is another.

        Returns it, and whether it is of another submission than the last time.
        """
        old = self.results.load(self.lab.slug, student)
        if isinstance(found, Exception):
            found = self._given_up(student, found, round_)
        elif any(earned.scores != self._scores().get(earned.name) for earned in found.exercises):
            raise CannotGrade("The workers have another version of the course: start them from this folder.")
        fresh = old is None or old.key != found.key
        if not fresh and wanted < self._every():
            found = _only(wanted, found, old)
        failpoint("graded")
        self.results.save(found)
        failpoint("kept")
        return found, fresh

    def _given_up(self, student: str, why: Exception, round_: int) -> Graded:
        """What to write down of a submission whose grading did not come to its end."""
        slug = self.lab.slug
        if isinstance(why, Unreadable):  # it came to a limit, as it would again
            of = {"key": self._key(student, round_), "execution": execution(slug), "round": round_}
            return Graded(student, slug, "unreadable", str(why), **of)
        return Graded(student, slug, "failed", f"Its grading broke off ({in_one_line(why)}).")

    def _settle(self, graded: Graded, changed: bool) -> dict[str, str]:
        """Bring gradebook and autograded notebook in line with a result; returns why there is nothing to bring."""
        student, slug = graded.student, graded.lab
        if graded.status != "graded":
            return {f"{student}/{slug}": graded.reason}
        handed_in = self._submitted(student)
        entry = self.entries.get(student)
        if changed or entry is None or not entry.holds(graded, handed_in):
            self.gradebook.enter(graded, handed_in, changed)
        failpoint("entered")
        copy = paths.autograded(student, slug)
        if not copy.exists() or copy.read_text(encoding="utf-8") != graded.notebook:
            write(copy, graded.notebook, 0o444)
        failpoint("copied")
        return {}

    def _submitted(self, student: str) -> datetime | None:
        """When the submission was submitted, if that is known."""
        if student in self.times:
            return self.times[student]
        try:
            return late.submitted(self.given[student].parent)
        except ValueError as error:
            print(f"{student}/{self.lab.slug}: it is not known when this was submitted: {error}.", file=sys.stderr)
            return None

    def _tell(self) -> None:
        """Write the feedback pages that differ from the gradebook."""
        entries = self.gradebook.entries(self.lab.slug)
        told = {student: entries[student].told() for student in self.given if student in entries}
        stale = [student for student in told if self._page(student, told[student])]
        calls = ((student, self._page(student, told[student])) for student in stale)
        for student, html in self._each(feedback.page, calls, "feedback", len(stale)):
            if isinstance(html, Exception):
                html = feedback.plain(*self._page(student, told[student]), in_one_line(html))
            write(paths.feedback(student, self.lab.slug), html)
            failpoint("told")

    def _page(self, student: str, told: dict) -> tuple[str, dict] | None:
        """What a student's page is made from; None where there is nothing new."""
        graded = self.results.load(self.lab.slug, student)
        if graded is None or graded.status != "graded":
            return None
        current = feedback.is_current(paths.feedback(student, self.lab.slug), graded.notebook, told)
        return None if current else (graded.notebook, told)

    def _each(self, function: Callable, calls: Iterable[tuple], what: str, total: int) -> Iterable[tuple]:
        """The results of calls, and a bar with their rate and the time that is left."""
        done = self.pool.each(function, calls)
        name = f"{what} {self.lab.slug}"
        return tqdm(done, desc=name, total=total, unit="submission", leave=False, disable=None)

    def _summary(self, tried: int, refused: int, earlier: int, seconds: float) -> None:
        unchanged = len(self.given) - tried
        each = f", {seconds / tried:.1f} seconds each" if tried else ""
        same = f" ({unchanged} unchanged)" if unchanged else ""
        print(f"{self.lab.slug}: {len(self.given) - refused} of {len(self.given)} graded{same}{each}")
        if earlier:
            print(f"  {earlier} of them were run by an earlier version of the grader; --again runs them with this one.")


def _only(exercises: set[str], new: Graded, old: Graded) -> Graded:
    """The old result with some exercises of the new one: their points, answers and cards."""
    if old.status != "graded" or new.status != "graded":
        return new
    ours, theirs = nbformat.reads(old.notebook, 4), nbformat.reads(new.notebook, 4)
    names = exercises | {f"{name}-check" for name in exercises}
    fresh = {cell.id: cell for cell in theirs.cells if cell.metadata.get("nbgrader", {}).get("grade_id") in names}
    ours.cells = [fresh.get(cell.id, cell) for cell in ours.cells]
    earned = {e.name: e for e in new.exercises}
    kept = tuple(earned[e.name] if e.name in exercises else e for e in old.exercises)
    return replace(old, exercises=kept, notebook=nbformat.writes(ours), log=new.log, execution=new.execution)


# --- what is handed in


class Unpacked(NamedTuple):
    """What was submitted, ready to be graded.

    given     lab -> student -> the notebook
    found     lab -> student -> what that is, and what it was called
    left_out  lab -> student -> a sentence on files that did not come along
    refused   file -> why
    said      sentences on who may be whom
    """

    given: dict[str, dict[str, Path]]
    found: dict[str, dict[str, Submission]]
    left_out: dict[str, dict[str, str]]
    refused: dict[str, str]
    said: list[str]


def unpack(
    here: Path, chosen: Iterable[Lab] = (), to: Path | None = None, people: list[Person] | None = None
) -> Unpacked:
    """Find the newest submission of everybody, and copy what was submitted otherwise to STUDENT/LAB/lab.ipynb.

    A file that does not say which lab it is counts for the chosen one, where only one is.
    to      where the copies go; None if they go to the same folder
    people  who is in the gradebook: a submission whose name fits one of them alone is theirs
    """
    found, refused = collection.inventory(here)
    only = [each.slug for each in chosen]
    sure = [one for one in found if one.lab]
    given, which, left_out, said = defaultdict(dict), {}, defaultdict(dict), []
    for slug in (each.slug for each in labs()):
        mine = [one for one in (found if only == [slug] else sure) if one.lab in (slug, "")]
        as_known, unclear = _as_known(mine, people or [])
        said += [f"{slug}: {sentence}" for sentence in unclear]
        which[slug] = collection.newest(as_known, slug, here)
        for student, one in which[slug].items():
            try:
                given[slug][student], sentence = collection.place(one, here, to or here)
                if sentence:
                    left_out[slug][student] = sentence
            except Exception as error:  # whatever a file holds, the class goes on
                refused[one.given] = in_one_line(error)
                earlier = here / student / slug / "lab.ipynb"
                given[slug] |= {student: earlier} if _is_file(earlier) else {}
    if len(only) != 1:
        refused |= {one.given: "Nothing shows which lab it is." for one in found if not one.lab}
    return Unpacked(given, which, left_out, refused, said)


def _as_known(found: list[Submission], people: list[Person]) -> tuple[list[Submission], list[str]]:
    """Submissions of one lab under the ids of the gradebook, and a sentence for each name that fits several people."""
    ids = {person.id for person in people}
    new = {one.student: Identity(one.student, one.name, one.number) for one in found if one.number}
    # Who has submitted this lab already is somebody else, unless that was a copy of the same.
    own = {one.student: one.number for one in found if one.student in ids}
    there = [Person(p.id, "", "", "", (), own[p.id]) if p.id in own else p for p in people]
    pairs, unclear = match(there, [one for student, one in new.items() if student not in ids])
    said = [
        f"{person.name} ({person.id}) may be {', '.join(students)}, which stays a student of its own."
        for person, students in unclear.items()
    ]
    return [one._replace(student=pairs[one.student].id) if one.student in pairs else one for one in found], said


def _is_file(path: Path) -> bool:
    return path.exists() and not linked(path) and not why_not(path)


def known(submissions: Path) -> list[Person]:
    """The people in the gradebook, if a platform has given the submissions other names."""
    if not any(one.number for one in collection.identities(submissions)):
        return []
    with ClassGradebook() as gradebook:
        return [Person(who, first, last, email) for who, first, last, email, _ in gradebook.people()]


def copies(submissions: Path, results: Path) -> Path | None:
    """Where copies of submissions go: next to nbgrader's own if they can, else to an empty folder among the results.

    A folder that was given with --submissions is never written to.
    """
    if submissions == paths.runtime() / "submitted" and (not submissions.exists() or os.access(submissions, os.W_OK)):
        return None
    shutil.rmtree(results / "unpacked", ignore_errors=True)
    return results / "unpacked"
