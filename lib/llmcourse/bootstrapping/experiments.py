"""The experiments of lecture 05, and its records. Questions are synthetic sums, so that their answers can be checked.

rest        ReST-EM on two-digit addition: accuracy, coverage and overfitting over rounds
star        STaR on one and two digits, with and without rationalisation
rft         RFT: accuracy against the number of distinct paths that a model draws itself
dose        the same with paths of known number, and nothing else changed
stop        STOP: the recursion, against the seed improver alone; and with a check on fresh draws
edits       STOP: what several edits at once do to a task's program, and to an improver's
instruct    Self-Instruct with SmolLM2
rotation    what made-up tasks do for human ones, on all of these
"""

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from llmcourse import models, records, runtime
from llmcourse.models import LanguageModel

from . import em, problems, rest, rft, self_instruct, star, stop, stop_child, writer

SEEDS = (0, 1, 2)
STOP_SEEDS = (0, 1, 2, 3, 4)

# ------------------------------------------------------------------ ReST-EM

LENGTH = 4  # of an answer: three digits and the line break


@dataclass
class Sums:
    """Two-digit questions: to test on, to choose by, with answers, and without answers (the labelled ones included)."""

    test: list[str]
    validation: list[str]
    labelled: list[str]
    unlabelled: list[str]

    @classmethod
    def drawn(cls, seed: int, labelled: int = 700, questions: int = 2500) -> "Sums":
        """Drawn from the 10,000 questions: `questions` of them for the E-step, including the labelled ones."""
        all_ = problems.sums(2, seed)
        return cls(all_[:500], all_[500:700], all_[700 : 700 + labelled], all_[700 : 700 + questions])

    def accuracy(self, model: LanguageModel, questions: Sequence[str] | None = None) -> float:
        """Share of correct greedy answers, on the test questions or others."""
        return rest.mean_reward(model, questions or self.test, problems.right, runtime.seed(0), LENGTH)

    def first(self, seed: int, steps: int = 300) -> LanguageModel:
        """The first policy: trained on the labelled questions."""
        return self.supervised(writer.small(seed), self.labelled, seed, steps)

    def supervised(self, model: LanguageModel, questions: Sequence[str], seed: int, steps: int = 300) -> LanguageModel:
        """Trained on the true answers to these questions."""
        pairs = [(x, str(problems.total(x))) for x in questions]
        reward = lambda m: self.accuracy(m, self.validation)
        return writer.fine_tune(
            model, pairs, steps, runtime.seed(seed), reward=reward, every=max(1, steps // 4), name="true answers"
        )[0]


Drawn = dict[str, list[tuple[float, str, bool]]]  # question -> share of the draws, answer, is it right?


def drawn_answers(model: LanguageModel, questions: Sequence[str], draws: int) -> Drawn:
    """How often each answer is drawn, the most frequent first."""
    found = {}
    for x in questions:
        counts = Counter(writer.draw(model, [x], draws, runtime.seed(0), LENGTH)[0])
        found[x] = [(n / draws, y, problems.right(x, y)) for y, n in counts.most_common()]
    return found


def missed_but_known(model: LanguageModel, questions: Sequence[str], draws: int) -> list[str]:
    """Questions with a wrong greedy answer; those whose right answer is drawn now and then come first."""
    greedy = writer.write(model, questions, runtime.seed(0), LENGTH, 0.0)
    wrong = [x for x, y in zip(questions, greedy) if not problems.right(x, y)]
    drawn = drawn_answers(model, wrong, draws)
    known = lambda x: any(right and share > 0.02 for share, _, right in drawn[x])
    return sorted(wrong, key=known, reverse=True)


def errors_of_draws(p: Tensor, r: Tensor, counts: Sequence[int], repeats: int = 50) -> dict[int, float]:
    """How far the E-step on n draws is from the exact one, p and r (Y,): the largest error of q, mean of repeats."""
    g, found = runtime.seed(0), {}
    exact = em.e_step(p[None].log(), r[None])
    for n in counts:
        y = torch.multinomial(p.expand(repeats, -1), n, replacement=True, generator=g)
        q = torch.zeros(repeats, len(p), dtype=p.dtype).scatter_add(1, y, em.sample_weights(r[y]))
        found[n] = (q - exact).abs().amax(-1).mean().item()
    return found


def rest_run(seed: int, rounds: int = 4, N: int = 8, steps: int = 300) -> dict:
    """ReST-EM from one seed: a row for the first policy and for each round; `ceiling`: trained on all true answers.

    "train" is accuracy on questions of D that never came with an answer.
    """
    data = Sums.drawn(seed)
    first, D = data.first(seed, steps), data.unlabelled
    score = lambda model: {"test": data.accuracy(model), "train": data.accuracy(model, D[-500:])}
    rows, g = [score(first)], runtime.seed(seed)
    for done in rest.rest_em(first, D, problems.right, rounds, N, steps, g, LENGTH, data.validation):
        rows[-1] |= {"sampled": round(done.sampled, 4), "coverage": round(done.coverage, 4)}
        rows.append(score(done.policy))
    ceiling = data.accuracy(data.supervised(first, D, seed, steps))
    return {"seed": seed, "questions": len(D), "labelled": len(data.labelled), "ceiling": ceiling, "rows": rows}


@records.record("05_rest")
def record_rest() -> dict:
    """Three seeds, in parallel."""
    with ProcessPoolExecutor(3) as pool:
        return {"rest": {"N": 8, "steps": 300, "runs": list(pool.map(rest_run, SEEDS))}}


# ------------------------------------------------------------------ STaR

DIGITS = (1, 2)
RATIONALE = 11  # characters of the longest


@dataclass
class Columns:
    """Questions with one and two digits, for testing and training, and pairs that the first model is trained on."""

    test: dict[int, list[str]]
    questions: list[str]
    seeds: list[writer.Pair]

    @classmethod
    def drawn(cls, seed: int, labelled: int = 250, questions: int = 1000) -> "Columns":
        """`labelled` rationales and `questions` questions for each number of digits; with one digit there are fewer."""
        test = {n: problems.column_questions([n], 200, 1000 * seed + 900) for n in DIGITS}
        tested = {x for asked in test.values() for x in asked}
        some = lambda count, s: [
            x for x in problems.column_questions(DIGITS, count, 1000 * seed + s) if x not in tested
        ]
        plain = some(labelled, 500)
        seeds = [(shown, problems.columns(x)) for x in plain for shown in (x, problems.hinted(x))]
        return cls(test, some(questions, 0), seeds)

    def accuracy(self, model: LanguageModel, told: bool = False) -> list[float]:
        """For each number of digits, the share of correct answers; `told`: with the hint."""
        asked = {n: [problems.hinted(x) if told else x for x in some] for n, some in self.test.items()}
        written = {n: writer.write(model, some, runtime.seed(0), RATIONALE + 1, 0.0) for n, some in asked.items()}
        return [sum(map(problems.right, asked[n], written[n])) / len(asked[n]) for n in DIGITS]


def faithful(pairs: Sequence[writer.Pair]) -> float | None:
    """Of pairs whose answer is right, the share in which every step is right too; None when there are none."""
    return round(sum(problems.columns(x) == z for x, z in pairs) / len(pairs), 4) if pairs else None


def star_run(seed: int, rounds: int, steps: int = 250) -> dict:
    """STaR from one seed, with and without rationalisation, from the same first model."""
    data = Columns.drawn(seed)
    base, _ = writer.fine_tune(writer.small(seed), data.seeds, steps, runtime.seed(seed), batch=64, name="first model")
    start = {"test": data.accuracy(base), "told": data.accuracy(base, told=True)}
    arms = {}
    for arm, hint in (("without", None), ("with", problems.hinted)):
        arms[arm] = [start]
        for done in star.star(
            base, data.questions, problems.right, hint, rounds, steps, runtime.seed(seed), RATIONALE + 1, data.seeds
        ):
            arms[arm].append({
                "test": data.accuracy(done.model), "tried": len(done.tried), "told_kept": len(done.told),
                "faithful": [faithful(done.tried), faithful(done.told)],
            })  # fmt: skip
    return {"seed": seed, "questions": len(data.questions), "arms": arms}


@records.record("05_star")
def record_star(rounds: int = 2) -> dict:
    """Three seeds."""
    return {"star": {"digits": DIGITS, "steps": 250, "runs": [star_run(seed, rounds) for seed in SEEDS]}}


# ------------------------------------------------------------------ RFT

TERMS, LARGEST, CHAIN = 3, 19, 18  # of a question: numbers, the largest of them; characters of a rationale
KEPT = (1, 3, 12)


def rft_run(seed: int, kept: Sequence[int] = KEPT, questions: int = 1000, N: int = 30, steps: int = 400) -> dict:
    """RFT from one seed: accuracy of models trained on at most k distinct paths per question, for each k in `kept`."""
    asked = problems.chain_questions(TERMS, questions + 400, seed, LARGEST)
    train, test = asked[:questions], asked[questions:]
    rng = random.Random(seed)
    gold = [(x, problems.chain(x, rng)) for x in train]
    tune = lambda pairs, name: writer.fine_tune(
        writer.small(seed), pairs, steps, runtime.seed(seed), batch=64, name=name
    )[0]

    def accuracy(model):
        written = writer.write(model, test, runtime.seed(0), CHAIN, 0.0)
        return sum(map(problems.right, test, written)) / len(test)

    first = tune(gold, "one path")
    drawn = writer.draw(first, train, N, runtime.seed(seed), CHAIN)
    paths = [rft.distinct(x, [z, *others], problems.calculates) for (x, z), others in zip(gold, drawn)]
    held = [problems.chain_holds(x, z) for x, zs in zip(train, paths) for z in zs]
    rows = [{"k": 1, "paths": 1.0, "test": accuracy(first)}]  # the given path alone
    for k in kept[1:]:
        pairs = rft.augment(gold, drawn, problems.calculates, k)
        rows.append({"k": k, "paths": len(pairs) / questions, "test": accuracy(tune(pairs, f"up to {k} paths"))})
    again = [
        (x, z) for (x, given), others in zip(gold, drawn) for z in [given, *filter(_right(x), others)][: max(kept)]
    ]
    return {
        "seed": seed, "rows": rows, "repeated": accuracy(tune(again, "not distinct")),
        "right": sum(problems.calculates(x, z) for x, zs in zip(train, drawn) for z in zs) / (N * questions),
        "distinct": sum(map(len, paths)) / questions, "faithful": sum(held) / len(held),
    }  # fmt: skip


def _right(question: str):
    return lambda z: problems.calculates(question, z)


@records.record("05_rft")
def record_rft() -> dict:
    """Three seeds."""
    return {"rft": {"questions": 1000, "N": 30, "steps": 400, "runs": [rft_run(seed) for seed in SEEDS]}}


# ------------------------------------------------------------------ paths in doses

DOSES = (1, 2, 4, 8)


def dose_run(seed: int, doses: Sequence[int] = DOSES, questions: int = 500, steps: int = 500) -> dict:
    """Accuracy of models trained on k different right paths per question, for each k: same questions, same steps.

    The paths do not come from a model. Each question has as many as the dose says, so nothing but the dose changes.
    """
    asked = [x for x in problems.chain_questions(TERMS, 2 * questions, seed, LARGEST) if len(set(terms(x))) == TERMS]
    train, test = asked[:questions], asked[questions:][:300]
    paths = [_paths(x, max(doses), random.Random(f"{seed} {x}")) for x in train]
    rows = []
    for k in doses:
        pairs = [(x, z) for x, some in zip(train, paths) for z in some[:k]]
        model, _ = writer.fine_tune(
            writer.small(seed), pairs, steps, runtime.seed(seed), batch=64, name=f"{k} paths a question"
        )
        written = writer.write(model, test, runtime.seed(0), CHAIN, 0.0)
        rows.append({"paths": k, "test": sum(map(problems.right, test, written)) / len(test)})
    return {"seed": seed, "questions": len(train), "asked": len(test), "rows": rows}


def terms(question: str) -> list[str]:
    """The numbers of "3+8+5:"."""
    return question.rstrip(":").split("+")


def _paths(question: str, count: int, rng: random.Random) -> list[str]:
    """`count` different right paths to an answer, in random order."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[problems.chain(question, rng)] = None
    return list(found)


@records.record("05_dose")
def record_dose() -> dict:
    """Five seeds, two at a time."""
    with ProcessPoolExecutor(2) as pool:
        return {"dose": {"steps": 500, "runs": list(pool.map(dose_run, range(5)))}}


# ------------------------------------------------------------------ STOP


def stop_runs(rounds: int, seeds: Sequence[int], checked: bool) -> dict:
    """The recursion, and the seed improver doing the work of every round, from each seed."""
    arms = [(seed, recursive) for seed in seeds for recursive in (True, False)]
    with ProcessPoolExecutor(2) as pool:
        found = pool.map(partial(_stop_run, rounds, checked), arms)
        runs = [{"seed": s, "recursive": r, "steps": steps} for (s, r), steps in zip(arms, found)]
    return {"budget": stop.BUDGET, "meta_budget": stop.META_BUDGET, "checked": checked, "runs": runs}


def _stop_run(rounds: int, checked: bool, arm: tuple[int, bool]) -> list[dict]:
    seed, recursive = arm
    return [vars(step) for step in stop.stop(rounds, seed, recursive, checked)]


@records.record("05_stop")
def record_stop(rounds: int = 10, seeds: Sequence[int] = STOP_SEEDS) -> dict:
    """As in the paper: what a round returns is the next improver."""
    return {"stop": stop_runs(rounds, seeds, checked=False)}


@records.record("05_stop_checked")
def record_stop_checked(rounds: int = 8, seeds: Sequence[int] = STOP_SEEDS) -> dict:
    """What a round returns takes over only if it beats the old improver on fresh draws."""
    return {"stop": stop_runs(rounds, seeds, checked=True)}


def edits_run(counts: Sequence[int] = (1, 2, 4, 8), texts: int = 40) -> dict:
    """Why recursion may hurt: what several edits at once do to a task's program, and to an improver's own text.

    "programs"   best of 12 candidates from a task's first program, mean over the tasks of the search, one per repeat
    "improvers"  meta-utility on these tasks of the seed improver's text after the edits, one per text
    """
    programs, improvers = {}, {}
    for n in counts:
        programs[n] = [_best_of(12, n, seed) for seed in range(texts)]
        found = (stop_child.propose(stop.SEED, n, random.Random(i)) for i in range(texts))
        improvers[n] = [stop.meta_utility(source, stop.TRAIN, repeat=1) for source in found]
    return {"seed improver": stop.meta_utility(stop.SEED, stop.TRAIN, repeat=8), "programs": programs,
            "improvers": improvers}  # fmt: skip


def _best_of(candidates: int, edits: int, seed: int) -> float:
    """The worth of the best of several edited programs, mean over the tasks of the search."""
    rng = random.Random(seed)
    best = lambda task: max(
        stop_child.utility(task, stop_child.propose(task["program"], edits, rng)) for _ in range(candidates)
    )
    return sum(map(best, stop.TRAIN)) / len(stop.TRAIN)


@records.record("05_edits")
def record_edits() -> dict:
    """Forty texts for each number of edits."""
    return {"edits": edits_run()}


# ------------------------------------------------------------------ Self-Instruct


def instruct_run(count: int, steps: int, seed: int = 0) -> dict:
    """The pipeline once: a pool, the branch, instances, and what fine-tuning on them does to held-out seeds."""
    lm = models.load()
    seeds = self_instruct.seed_tasks()
    random.Random(seed).shuffle(seeds)
    held_out, shown = seeds[:8], seeds[8:]
    pool = self_instruct.Pool(shown)
    self_instruct.grow(pool, lm, count, seed)
    made = branch_and_answer(lm, pool, seed)
    losses = {"untuned": self_instruct.held_out_loss(lm, held_out)}
    for name, tasks in (("seeds", shown), ("seeds and made up", [*shown, *made])):
        losses[name] = _tuned_loss(lm, tasks, held_out, steps, seed)
    return {
        "asked": count, "sizes": pool.sizes, "refused": dict(pool.refused), "made": pool.made,
        "tasks": [vars(task) for task in made], "losses": losses,
    }  # fmt: skip


def branch_and_answer(lm: models.TextModel, pool: self_instruct.Pool, seed: int) -> list[self_instruct.Task]:
    """Tasks with input and output for the made-up instructions of a pool."""
    by_kind = {kind: [t for t in pool.seeds if t.classification == kind][:4] for kind in (True, False)}
    scores = self_instruct.classification_score(lm, pool.made, by_kind[True] + by_kind[False])
    made = []
    for kind, examples in by_kind.items():
        chosen = [text for text, score in zip(pool.made, scores) if (score > 0) == kind]
        made += self_instruct.instances(lm, chosen, kind, examples, seed) if chosen else []
    return made


def _tuned_loss(lm, tasks, held_out, steps: int, seed: int) -> list[float]:
    from llmcourse.adapters import detach

    self_instruct.fine_tune(lm, tasks, steps, seed)
    loss = self_instruct.held_out_loss(lm, held_out)
    detach(lm.model)
    return loss


def rotation_run(folds: int = 4, steps: int = 16, seed: int = 0) -> dict:
    """Loss on every seed task by models that have not seen it: a quarter is held out at a time.

    The made-up tasks are those of the record 05_instruct. The model has seen instructions of most seeds, without their
    outputs, when it made them up: what they gain is, if anything, too much.
    """
    lm = models.load()
    tasks = self_instruct.seed_tasks()
    random.Random(seed).shuffle(tasks)
    made = [self_instruct.Task(**task) for task in records.load("05_instruct")["instruct"]["tasks"]]
    losses = {"untuned": [], "seeds": [], "seeds and made up": []}
    for held_out in (tasks[i::folds] for i in range(folds)):
        shown = [task for task in tasks if task not in held_out]
        losses["untuned"] += self_instruct.held_out_loss(lm, held_out)
        losses["seeds"] += _tuned_loss(lm, shown, held_out, steps, seed)
        losses["seeds and made up"] += _tuned_loss(lm, [*shown, *made], held_out, steps, seed)
    return {"folds": folds, "steps": steps, "made_up": len(made), "losses": losses}


@records.record("05_rotation")
def record_rotation() -> dict:
    """All 32 seed tasks, eight at a time."""
    return {"rotation": rotation_run()}


@records.record("05_instruct")
def record_instruct() -> dict:
    """One seed: 48 proposals, 16 steps of four tasks."""
    torch.manual_seed(0)
    return {"instruct": instruct_run(48, 16)}
