"""Evol-Instruct: instructions are rewritten to be harder (in depth) or other (in breadth), and failures eliminated.

    pool       the instructions so far          response   the teacher's answer to an evolved instruction
    depth      add constraints, deepen, make concrete, more reasoning steps
    breadth    a new instruction of the same domain
    eliminate  four rules: nothing new; the teacher refuses; nothing but stop words; the prompt's own words leak

Xu et al. 2024, "WizardLM", section 3.2, whose rule against evolutions without new information asks ChatGPT; here it is
a similarity. Luo et al. 2024, "WizardCoder" (five methods for code), and Luo et al. 2023, "WizardMath" (upward and
downward evolution). Departs from them: the prompts are our own, and SmolLM2 or a program rewrites.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from . import word_problems
from .rouge import rouge_l, words
from .teachers import Teacher, ask
from .word_problems import Problem

DEPTH = {
    "constraints": "Add one more requirement to it.",
    "deepen": "Ask for more depth on what it asks about.",
    "concretise": "Replace a general word in it by something concrete.",
    "reasoning": "Change it so that several steps of reasoning are needed.",
}
BREADTH = "Write a new instruction of the same domain, as long and as hard, but rarer."
LEAKS = ("given prompt", "rewritten prompt", "created prompt", "new prompt")
SAME = 0.9  # ROUGE-L from which on an evolution says nothing new
SHORT = 80  # words: a longer response that says "sorry" is no refusal
STOP_WORDS = frozenset(
    "a an and are as at be but by for from i in is it of on or so that the this to was we with you".split()  # noqa: SIM905
)


def depth_prompt(instruction: str, method: str) -> str:
    """Raises KeyError, which lists them, for a method that there is not."""
    if method not in DEPTH:
        raise KeyError(f"There is no method {method!r}. There are: {', '.join(DEPTH)}.")
    return (
        f"Rewrite the given prompt so that it is a little harder, and still can be answered. {DEPTH[method]} Use at "
        "most 20 words more, and write nothing but the rewritten prompt.\n\n"
        f"Given prompt: {instruction}\nRewritten prompt:"
    )


def breadth_prompt(instruction: str) -> str:
    return f"{BREADTH} Write nothing but the created prompt.\n\nGiven prompt: {instruction}\nCreated prompt:"


def why_not(before: str, after: str, response: str) -> str:
    """Which of the four rules eliminates an evolution; "" if it stays.

    before, after  the instruction as it was and as it is
    response       the teacher's answer to the new one
    """
    if rouge_l(before, after) >= SAME:
        return "nothing new"
    if re.search(r"\bsorry\b", response.lower()) and len(response.split()) < SHORT:
        return "the teacher refuses"
    if not set(words(response)) - STOP_WORDS:
        return "nothing but stop words"
    return "the prompt leaks" if any(leak in after.lower() for leak in LEAKS) else ""


@dataclass
class Evolution:
    """What came of some rounds: the pool after each, with responses, and why the rest was eliminated."""

    pools: list[list[str]]
    responses: dict[str, str] = field(default_factory=dict)
    eliminated: Counter = field(default_factory=Counter)


def evolve(
    pool: Sequence[str], writer: Teacher, answerer: Teacher, rounds: int, rng: Random, breadth: float = 0.2
) -> Evolution:
    """Each round rewrites every instruction of the pool; what is eliminated goes back as it was.

    breadth  the share that is evolved in breadth. Raises ValueError for an empty pool.
    """
    if not pool:
        raise ValueError("The pool is empty: there is nothing to evolve. Begin with one instruction at least.")
    done = Evolution([list(pool)])
    for _ in range(rounds):
        before = done.pools[-1]
        methods = [None if rng.random() < breadth else rng.choice(list(DEPTH)) for _ in before]
        prompts = [depth_prompt(x, m) if m else breadth_prompt(x) for x, m in zip(before, methods)]
        after = [first_line(text) for text in ask(writer, prompts)]
        answers = ask(answerer, after)
        done.pools.append([])
        for old, new, answer in zip(before, after, answers):
            why = why_not(old, new, answer)
            done.eliminated.update([why] if why else [])
            done.pools[-1].append(old if why else new)
            done.responses |= {} if why else {new: answer}
    return done


def first_line(text: str) -> str:
    """What a chatty model wrote, without quotes and without what follows a blank line."""
    return text.strip().partition("\n\n")[0].strip(string.whitespace + '"')


# ------------------------------------------------------------------ by a program, where the answer stays known

UPWARD: dict[str, Callable[[Problem, Random], Problem]] = {
    "one step more": word_problems.deeper,
    "larger numbers": word_problems.larger,
}


def evolve_problem(problem: Problem, rng: Random, breadth: float = 0.2) -> Problem:
    """A word problem that is harder, or, with a probability of `breadth`, another one as hard."""
    if rng.random() < breadth:
        return word_problems.other_story(problem, rng)
    return UPWARD[rng.choice(list(UPWARD))](problem, rng)


def downward(problem: Problem) -> Problem:
    """WizardMath's other direction: the last step taken away, if there are two at least."""
    steps = problem.steps[:-1] if problem.level > 1 else problem.steps
    return Problem(problem.name, problem.things, problem.start, steps, problem.wording)


def evolve_problems(pool: Sequence[Problem], rounds: int, rng: Random, breadth: float = 0.2) -> list[list[Problem]]:
    """The pool, and what has become of it after each round. Raises ValueError for an empty pool."""
    if not pool:
        raise ValueError("The pool is empty: there is nothing to evolve. Begin with one problem at least.")
    pools = [list(pool)]
    for _ in range(rounds):
        pools.append([evolve_problem(problem, rng, breadth) for problem in pools[-1]])
    return pools
