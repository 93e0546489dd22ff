"""The claims of lecture 04, each with its bounds, and what became of them.

Shares of right answers are compared seed by seed, or task by task; the bounds were chosen before the runs. Each is the
smallest difference that would be worth seeing.
"""

from collections.abc import Mapping, Sequence

from ...figures import Claim, Shown, claims
from ...verdicts import exact, improved, mean, paired, together, told, verdict
from ..word_problems import Problem

MORE_TASKS = 0.10  # unseen tasks: 80 training tasks against 6
MORE_FORMS = 0.10  # unseen templates: 9 templates in training against 1
EXAMPLES = 0.05  # two positive examples more than the definition alone, unseen tasks
SEEN = 0.5  # answers that are the teacher's, word for word: on what it has told against what it has not
TRACES = 0.10  # traces against answers
DIVERSE = 0.05  # of a mean distance, 1 - ROUGE-L
STEPS = 1.0  # steps that a problem gains in three rounds of evolution
AUGMENTED = 0.05  # augmented against the plain set
ORDER = 0.05  # an order against shuffled
SATURATED, FLAT = 0.1, 0.1  # imitation, from 10 answers to 110: style changes by less, and facts change by less


def verdicts(
    tasks: Mapping, prompts: Mapping, imitation: Mapping, traced: Mapping, written: Mapping, learned: tuple[int, int],
    pools: Sequence[Sequence[Problem]], pooled: Mapping,
) -> Shown:  # fmt: skip
    """What became of the claims.

    tasks, prompts, imitation, traced, written, pooled   the records 04_tasks, 04_encodings, 04_imitation, 04_traces,
                                                         04_generated and 04_pools
    learned   how many of the user's tokens are learned, and how many of the assistant's turns end in a learned mark
    pools     problems, round by round, as they evolved
    """
    return claims(
        [
            _templates(tasks["forms"]),
            _tasks(tasks["tasks"]),
            _examples(prompts["rows"]),
            _teacher(imitation["runs"]),
            _traces(traced),
            _fourth(written["unnatural"]),
            _turns(*learned),
            _evolved(pools),
            _code(written["code"]["apart"]),
            _augmented(pooled["augmented"]),
            _order(pooled["orders"]),
            _imitation(imitation["runs"]),
        ]
    )


def over_tests(part: Mapping, arm: str, *tests: str) -> list[float]:
    """The mean share of an arm over some tests, or all: a number for each seed."""
    rows = [run["tests"] for run in part["runs"] if run["arm"] == arm]
    return [sum(row[t] for t in tests or row) / len(tests or row) for row in rows]


def _templates(forms: Mapping) -> Claim:
    gain = paired(over_tests(forms, "9 forms", "unseen"), over_tests(forms, "1 forms", "unseen"))
    return Claim(
        "P3: with more templates in training, a model understands one that it has not seen",
        told(unseen_templates_after_nine_against_one=gain),
        verdict(gain, over=0, worth=MORE_FORMS),
    )


def _tasks(part: Mapping) -> Claim:
    gain = paired(over_tests(part, "80 tasks", "unseen"), over_tests(part, "6 tasks", "unseen"))
    return Claim(
        "Natural Instructions: with more tasks in training, a model does one that it has not seen",
        told(unseen_tasks_after_80_against_6=gain),
        verdict(gain, over=0, worth=MORE_TASKS),
    )


def _examples(rows: Sequence[Mapping]) -> Claim:
    right = lambda name: [row["right"] for row in rows if row["encoding"] == name]
    gains = {
        "two_positive": paired(right("+ 2 positive"), right("definition")),
        "and_two_negative": paired(right("+ 2 negative"), right("+ 2 positive")),
    }
    return Claim(
        "Tk-Instruct: two positive examples help beyond the definition, and negative ones add little",
        f"{told(**gains)} tasks",
        together(
            positive=verdict(gains["two_positive"], over=0, worth=EXAMPLES),
            negative_add_little=verdict(gains["and_two_negative"], under=EXAMPLES),
        ),
        "SmolLM2 has been tuned on other instructions. Tk-Instruct was tuned on prompts of each kind.",
    )


def _teacher(runs: Sequence[Mapping]) -> Claim:
    those = [run for run in runs if run["base"] == "does not" and run["amount"] == 110]
    gain = paired([run["same on told"] for run in those], [run["same"] for run in those])
    return Claim(
        "Alpaca, Vicuna: a student answers as its teacher where the teacher has told it",
        told(same_words_on_what_was_told_against_what_was_not=gain),
        verdict(gain, over=0, worth=SEEN),
    )


def _traces(record: Mapping) -> Claim:
    gains = {
        f"{size},_equal_{equal}": paired(
            over_tests(record, f"traces {equal} {size}"), over_tests(record, f"answers examples {size}")
        )
        for size in ("large", "small")
        for equal in ("examples", "words")
    }
    return Claim(
        "Orca: a student learns more from explanations than from answers alone",
        f"one to five steps, {told(**gains)}",
        improved(TRACES, **gains),
        "Judged by the last word that is written. Longer traces are made of single steps: they teach those as well.",
    )


def _fourth(unnatural: Mapping) -> Claim:
    seeds = unnatural["seeds apart"]
    gain = mean([x - sum(seeds) / len(seeds) for x in unnatural["apart"]])
    return Claim(
        "Unnatural Instructions: what a model writes after three examples is as diverse as the seeds",
        f"mean distance of instructions, {told(written_against_seeds=gain)}",
        verdict(gain, over=-DIVERSE),
        "Texts that were written after the same seeds are not independent: the interval is rather too narrow.",
    )


def _turns(users: int, ends: int) -> Claim:
    return Claim(
        "Baize: the loss counts on the assistant's turns alone",
        f"{users} tokens of the user are learned, over real self-chats; {ends} turns without a learned end",
        together(users=verdict(exact(users), under=1), ends=verdict(exact(ends), under=1)),
    )


def _evolved(pools: Sequence[Sequence[Problem]]) -> Claim:
    gain = paired([p.level for p in pools[-1]], [p.level for p in pools[0]])
    return Claim(
        "Evol-Instruct: difficulty rises over rounds",
        f"steps, {told(after_three_rounds=gain)}",
        verdict(gain, over=0, worth=STEPS),
        "",
    )


def _code(apart: Mapping[str, Sequence[float]]) -> Claim:
    gain = paired(apart["with code"], apart["without code"])
    return Claim(
        "OSS-Instruct: real code as a seed makes problems more diverse",
        f"mean distance of problems, {told(with_code_against_three_fixed_problems=gain)}",
        verdict(gain, over=0, worth=DIVERSE),
    )


def _augmented(part: Mapping) -> Claim:
    gain = paired(over_tests(part, "augmented"), over_tests(part, "plain"))
    fresh = paired(over_tests(part, "augmented"), over_tests(part, "fresh"))
    return Claim(
        "MetaMath: questions asked otherwise and backwards help beyond the plain set",
        told(augmented_against_plain=gain, against_as_many_fresh_ones=fresh),
        verdict(gain, over=0, worth=AUGMENTED),
        "A rephrased question brings no new combination of numbers; a fresh one does.",
    )


def _order(part: Mapping) -> Claim:
    gains = {
        name.replace(" ", "_"): paired(over_tests(part, name), over_tests(part, "shuffled"))
        for name in ("easy to hard", "planned")
    }
    return Claim(
        "Curriculum: ordered by difficulty, the same examples teach more than shuffled",
        told(**gains),
        improved(ORDER, **gains),
        "At the end of a strict order the student sees one level alone.",
    )


def _imitation(runs: Sequence[Mapping]) -> Claim:
    at = lambda base, amount, key: [r[key] for r in runs if r["base"] == base and r["amount"] == amount]
    style = mean(
        [a - b for base in ("knows", "does not") for a, b in zip(at(base, 110, "style"), at(base, 10, "style"))]
    )
    facts = {base: paired(at(base, 110, "facts"), at(base, 0, "facts")) for base in ("knows", "does not")}
    return Claim(
        "Imitation: style saturates, and facts don't move",
        told(style_from_10_to_110=style, facts_of_a_base_that_knows=facts["knows"],
             facts_of_one_that_does_not=facts["does not"]),
        together(
            style_saturates=verdict(style, over=-SATURATED, under=SATURATED),
            facts_of_one_that_knows=verdict(facts["knows"], over=-FLAT, under=FLAT),
            facts_of_one_that_does_not=verdict(facts["does not"], over=-FLAT, under=FLAT),
        ),
    )  # fmt: skip
