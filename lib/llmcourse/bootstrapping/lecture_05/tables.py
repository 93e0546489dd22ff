"""The tables of lecture 05: what was measured, in rows."""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from statistics import fmean, median

from torch import Tensor

from ... import verdicts
from ...figures import Shown, table
from .. import em, problems, rft, rouge, stop
from ..experiments import DIGITS
from ..self_instruct import Pool, Task

SEEDS_AND_INTERVALS = "means over {} seeds, with 95 % intervals"


def _interval(values: Sequence[float], form: str = ".2f", least: float = 0.0, most: float = 1.0) -> str:
    found = verdicts.mean(values, least, most)
    return f"{found.value:{form}} ({found.low:{form}} to {found.high:{form}})"


# ------------------------------------------------------------------ the loop, the bound


def methods() -> Shown:
    """What each of the five methods puts into the boxes of the loop."""
    return table(
        [
            ("ReST-EM", "answers to given questions", "the answer", "what is right", "the first model, every round"),
            ("STaR", "reasons and answers, if need be with a hint", "the answer", "one reason a question", "likewise"),
            ("RFT", "many reasons, once", "the answer and the equations", "different paths", "likewise, one round"),
            ("Self-Instruct", "the tasks, too", "filters, no answer", "what is new", "the first model, once"),
            ("STOP", "programs", "running them", "the best one", "nothing: the program changes"),
        ],
        ["method", "draw", "check", "keep", "train"],
        "five methods, one loop",
    )


def bounds(log_p: Tensor, r: Tensor, qs: Mapping[str, Tensor]) -> Shown:
    """Evidence, bound and gap for several q, means over the questions."""
    evidence, log_q_star = em.log_evidence(log_p, r), log_p + r.log()
    columns = lambda q: (evidence, em.elbo(log_p, r, q), em.gap(log_p, r, q), em.divergence(q, log_q_star))
    rows = [(name, *(f"{round(v.mean().item(), 4) + 0.0:.4f}" for v in columns(q))) for name, q in qs.items()]
    header = ["q", "log p(O = 1 | x)", "bound L", "gap: KL(q ‖ q* / Z)", "sum of q log(q / q*)"]
    return table(rows, header, f"means over {len(log_p)} questions, in nats")


# ------------------------------------------------------------------ ReST-EM, STaR, RFT


def learning(runs: Sequence[Mapping]) -> Shown:
    """Each round of ReST-EM: accuracy on test questions and on D, their difference, coverage."""
    rows = []
    for t, steps in enumerate(zip(*(run["rows"] for run in runs))):
        ahead = [step["train"] - step["test"] for step in steps]
        covered = f"{fmean(step['coverage'] for step in steps):.3f}" if "coverage" in steps[0] else ""
        test = _interval([step["test"] for step in steps], ".3f")
        known = f"{fmean(step['train'] for step in steps):.3f}"
        rows.append((t, test, known, _interval(ahead, "+.3f", least=-1), covered))
    ceiling = _interval([run["ceiling"] for run in runs], ".3f")
    header = ["round", "test questions", "questions of D, never told", "D minus test", "coverage of the next draws"]
    caption = SEEDS_AND_INTERVALS.format(len(runs))
    return table(rows, header, f"share of right answers; {caption}; trained on all true answers: {ceiling}")


def hint_helps(plain: Sequence[float], told: Sequence[float]) -> Shown:
    """What the first model of STaR can do without and with the answer told."""
    rows = [(n, f"{a:.2f}", f"{b:.2f}") for n, a, b in zip(DIGITS, plain, told)]
    header = ["digits", "right without a hint", "right with the answer told"]
    return table(rows, header, "share of the test questions, before any round of STaR")


def kept_rationales(runs: Sequence[Mapping]) -> Shown:
    """What STaR keeps in each round, and how many of the kept rationales have every step right."""
    rows = []
    for arm in ("without", "with"):
        for t in range(1, len(runs[0]["arms"][arm])):
            some = [run["arms"][arm][t] for run in runs]
            right = [[row["faithful"][i] for row in some if row["faithful"][i] is not None] for i in (0, 1)]
            kept = (f"{fmean(row[key] for row in some):.0f}" for key in ("tried", "told_kept"))
            rows.append((arm, t, *kept, *(f"{fmean(values):.3f}" if values else "" for values in right)))
    header = ["hints", "round", "kept: first tries", "kept: with a hint", "all steps right, of first tries",
              "of those with a hint"]  # fmt: skip
    return table(rows, header, f"of about {runs[0]['questions']:,} questions, means over {len(runs)} seeds")


def paths(question: str, drawn: Sequence[str]) -> Shown:
    """Which of several draws RFT keeps."""
    kept = rft.distinct(question, drawn, problems.calculates)
    rows = [(z, "kept" if z in kept and drawn.index(z) == i else "seen before") for i, z in enumerate(drawn)]
    return table(rows, ["path", "what becomes of it"], f"{question} {len(kept)} of {len(drawn)} draws are distinct")


def judged_paths(question: str, drawn: Sequence[str]) -> Shown:
    """What the reward of RFT says of some paths, and what somebody says who checks every step."""
    yes = lambda found: "yes" if found else "no"
    rows = [
        (z, *(yes(check(question, z)) for check in (problems.right, problems.calculates, problems.chain_holds)))
        for z in drawn
    ]
    return table(rows, ["path", "right answer", "and true equations: kept", "every step follows"], question)


# ------------------------------------------------------------------ Self-Instruct


def instructions(pool: Pool, shown: int = 8) -> Shown:
    """Instructions that a model made up, and how near each is to the nearest other."""
    near = lambda text: rouge.nearest(text, [other for other in pool.instructions if other != text])
    rows = [(text, f"{near(text):.2f}") for text in pool.made[:shown]]
    return table(rows, ["instruction", "ROUGE-L with the nearest"], "made up by the model, as they came")


def instances(tasks: Sequence[Task], asked: int) -> Shown:
    """Inputs and outputs that a model made for its own instructions."""
    rows = [(task.instruction, task.input[:80], task.output[:80]) for task in tasks]
    return table(rows, ["instruction", "input", "output"], f"{len(tasks)} of {asked} instances can be read")


def tuned(losses: Mapping[str, Sequence[float]]) -> Shown:
    """The loss on human outputs, and what each kind of tuning saves, over tasks that the model has not seen."""
    rows = []
    for name, values in losses.items():
        saved = [a - b for a, b in zip(losses["untuned"], values)]
        told = () if name == "untuned" else (_interval(saved, "+.2f", -99, 99), f"{median(saved):+.2f}")
        rows.append((name, f"{fmean(values):.2f}", *(told or ("", ""))))
    header = ["tuned on", "nats a token", "saved, mean and 95 % interval", "saved, median"]
    return table(rows, header, f"outputs of {len(losses['untuned'])} human tasks, each by a model that has not seen it")


# ------------------------------------------------------------------ STOP


def walls(found: Mapping[str, Mapping]) -> Shown:
    """What became of programs that try to get out: refused, stopped, or worth something."""
    rows = [(name, outcome["why"] or "runs to its end", f"{outcome['value']:.2f}") for name, outcome in found.items()]
    return table(rows, ["an improver that ...", "what happened", "worth"])


def edits_at_once(record: Mapping, worth: float) -> Shown:
    """What several edits at once do to a task's program, and to an improver's text: better or worse by `worth`."""
    rows, base = [], record["seed improver"]
    for n, values in record["improvers"].items():
        better = sum(v > base + worth for v in values)
        worse = sum(v < base - worth for v in values)
        rows.append((n, f"{fmean(record['programs'][n]):.3f}", better, len(values) - better - worse, worse))
    header = ["edits at once", "programs: best of 12", "improvers: better", "level", "worse"]
    caption = f"on the tasks of the search; an improver is better or worse if it is {worth:g} from {base:.3f}"
    return table(rows, header, caption)


def live(steps: Sequence[stop.Step]) -> Shown:
    """A run, round by round."""
    rows = [(t, step.tried, f"{step.train:.3f}", f"{step.held_out:.3f}") for t, step in enumerate(steps)]
    return table(rows, ["round", "improvers looked at", "tasks of the search", "other tasks"], "meta-utility, one seed")


def edits(worth: Mapping[str, float]) -> Shown:
    """What single edits of the seed improver are worth."""
    rows = [(name, f"{value:.3f}") for name, value in worth.items()]
    return table(rows, ["improver", "meta-utility on other tasks"])


def single_runs(checked: Sequence[Mapping], unchecked: Sequence[Mapping]) -> Shown:
    """Each recursion by itself: where it began, its best and its last round, as far as both have gone."""
    rows, rounds = [], len(checked[0]["steps"])
    for name, runs in (("no", unchecked), ("yes", checked)):
        for run in runs:
            if run["recursive"]:
                steps = run["steps"][:rounds]
                values = [step["held_out"] for step in steps]
                looked = f"{steps[1]['tried']} to {steps[-1]['tried']}"
                rows.append((name, run["seed"], *(f"{v:.2f}" for v in (values[0], max(values), values[-1])), looked))
    header = ["checked", "seed", "first", "best", "last", "improvers looked at in a round"]
    return table(rows, header, f"recursion, meta-utility on other tasks over {rounds - 1} rounds")


def exhibit(runs: Sequence[Mapping]) -> Shown:
    """The recursive run that did best on the tasks of the search: the lines in which it differs from the seed."""
    best = max((run for run in runs if run["recursive"]), key=lambda run: run["steps"][-1]["train"])
    last, seed = best["steps"][-1], stop.SEED.splitlines()
    lines = last["source"].splitlines()
    changes = SequenceMatcher(None, seed, lines, autojunk=False).get_opcodes()
    rows = [
        (f"`{old.strip()}`", f"`{new.strip()}`")
        for kind, a, b, c, d in changes
        if kind != "equal"
        for old, new in zip_longest(seed[a:b], lines[c:d], fillvalue="")
    ]
    caption = (
        f"lines that the recursion changed, seed {best['seed']}: chosen by the tasks of the search "
        f"({last['train']:.3f}), on other tasks {best['steps'][0]['held_out']:.3f} → {last['held_out']:.3f}"
    )
    return table(rows, ["seed improver", "its own improvement"], caption)
