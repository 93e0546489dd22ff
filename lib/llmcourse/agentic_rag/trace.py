"""What a system did for one question: every call with its cost, every decision with its score; drawn, and replayed.

    Tools   what a system may call: functions from a list of inputs to a list of results, and a memory of both
    Trace   the steps of one question, and the answer
    Step    one of them: a call, or a decision

A system is a function `answer(question, corpus, tools, ...) -> Trace`, where `corpus` is a sequence of texts and
passages are named by their place in it. It calls its tools through the trace, which writes down what was asked, what
came back, and what it cost. Since results are remembered by content, nothing is computed twice; and since a trace keeps
its results, `trace.tools()` can stand in for the models: the same system with these tools takes the same steps again.
"""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# What a call does: tool -> (what an input is, what a result is). A system needs only some of them.
TOOLS = {
    "search": "(query, k) -> a tuple of places in the corpus, best first",
    "read": "(question, passages) -> a short answer",
    "draft": "(question, passages) -> (rationale, answer, probability of the rationale, probability of the answer)",
    "relevance": "(question, passage) -> a score: the higher, the more the passage helps",
    "support": "(question, passage, answer) -> probabilities of (full, partial, no) support",
    "utility": "(question, answer) -> probabilities of utility 1 to 5",
    "need": "question -> probability that retrieval is needed",
    "complexity": "question -> probabilities of (no, one, several) retrievals",
    "fallback": "(query, k) -> a tuple of texts from a second source",
    "summarise": "texts -> a summary",
    "embed": "text -> a tuple of numbers",
    "verify": "(question, answer, rationale) -> (self-containment, self-reflection), two probabilities",
    "choose": "(question, passages) -> a tuple of places in passages, in the order in which they are to be read",
}
READING = ("read", "draft", "summarise", "verify")  # calls in which a language model reads: their tokens count


def words(text: str) -> int:
    """The length of a text in words: the measure of tokens where no tokenizer is given."""
    return len(text.split())


@dataclass
class Tools:
    """Functions from a list of inputs to a list of results, by their names in TOOLS; inputs must be hashable.

    length  the number of tokens of a text
    memory  (tool, input) -> result. Share it between tools, or save it, and nothing is computed again
    called  tool -> how many inputs were really computed
    """

    functions: Mapping[str, Callable[[list], Sequence]] = field(default_factory=dict)
    length: Callable[[str], int] = words
    memory: dict[tuple[str, Hashable], Any] = field(default_factory=dict)
    called: dict[str, int] = field(default_factory=dict)

    def call(self, name: str, inputs: Sequence[Hashable]) -> list:
        """The results for all inputs, in one call for those that are not remembered. Raises LookupError."""
        new = [x for x in dict.fromkeys(inputs) if (name, x) not in self.memory]
        if new:
            if name not in self.functions:
                raise LookupError(_missing(name, new[0], self))
            results = list(self.functions[name](new))
            if len(results) != len(new):
                raise ValueError(f"The tool {name!r} returned {len(results)} results for {len(new)} inputs.")
            self.memory.update(((name, x), y) for x, y in zip(new, results))
            self.called[name] = self.called.get(name, 0) + len(new)
        return [self.memory[name, x] for x in inputs]


def _missing(name: str, asked: Hashable, tools: Tools) -> str:
    if name not in TOOLS:
        return f"There is no tool {name!r}. The tools are {', '.join(TOOLS)}."
    if not tools.functions and tools.memory:
        return f"The recording has no answer to {name}({asked!r}): this run takes another way than the recorded one."
    return f"This system needs the tool {name!r}: {TOOLS[name]}. Give `Tools({{{name!r}: ...}})` a function for it."


@dataclass(frozen=True)
class Step:
    """A call of a tool, or a decision.

    kind      the tool's name, or "decide"
    inputs    what was asked        results  what came back, in the same order
    decision  what was decided, in words; "" for a call       score  what it was decided by
    tokens    read and written by a language model            seconds  of the processor
    """

    kind: str
    inputs: tuple = ()
    results: tuple = ()
    decision: str = ""
    score: float | None = None
    tokens: int = 0
    seconds: float = 0.0


@dataclass
class Trace:
    """What a system did for a question: steps, and at the end the answer ("" if it has none)."""

    system: str
    question: str
    corpus: Sequence[str]
    using: Tools
    steps: list[Step] = field(default_factory=list)
    answer: str = ""

    def call(self, name: str, inputs: Sequence[Hashable]) -> list:
        """The results of a tool, as a step."""
        start = time.process_time()
        results = self.using.call(name, inputs)
        tokens = _tokens(self.using.length, [*inputs, *results]) if name in READING else 0
        self.steps.append(Step(name, tuple(inputs), tuple(results), "", None, tokens, time.process_time() - start))
        return results

    def find(self, query: str, k: int) -> tuple[str, ...]:
        """The texts of at most k passages, best first."""
        return self.texts(self.call("search", [(query, k)])[0])

    def read(self, passages: Sequence[str], question: str = "") -> str:
        """The reader's answer from these passages, in their order."""
        return self.call("read", [(question or self.question, tuple(passages))])[0]

    def texts(self, found: Sequence[int]) -> tuple[str, ...]:
        return tuple(self.corpus[i] for i in found)

    def decide(self, decision: str, score: float | None = None) -> None:
        """Write a decision down, with the score behind it."""
        self.steps.append(Step("decide", decision=decision, score=None if score is None else float(score)))

    def finish(self, answer: str) -> "Trace":
        self.answer = answer
        return self

    def give_up(self, why: str) -> "Trace":
        """End without an answer."""
        self.decide(why)
        return self.finish("")

    # --- what it cost, and what it says

    @property
    def tokens(self) -> int:
        """Tokens that language models read and wrote: the price of the answer."""
        return sum(step.tokens for step in self.steps)

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)

    @property
    def decisions(self) -> list[str]:
        return [step.decision for step in self.steps if step.kind == "decide"]

    @property
    def queries(self) -> list[str]:
        return [query for step in self.steps if step.kind in ("search", "fallback") for query, _ in step.inputs]

    def tools(self) -> Tools:
        """Tools that only remember: a system that is run with them takes the same steps, and no model is asked."""
        calls = ((step.kind, pair) for step in self.steps for pair in zip(step.inputs, step.results))
        return Tools({}, self.using.length, {(kind, asked): result for kind, (asked, result) in calls})

    def __str__(self) -> str:
        """The steps as lines of text, for a page or a terminal."""
        lines = [f"{self.system}: {self.question}"]
        lines += [f"  {n}. {_told(step)}" for n, step in enumerate(self.steps, 1)]
        return "\n".join([*lines, f"  -> {self.answer or 'no answer'}   ({self.tokens} tokens)"])


def _tokens(length: Callable[[str], int], values: Sequence) -> int:
    """Tokens of all texts in nested values."""
    return sum(
        length(x) if isinstance(x, str) else _tokens(length, x) for x in values if isinstance(x, str | tuple | list)
    )


def _told(step: Step) -> str:
    if step.kind == "decide":
        return step.decision + (f"   [{step.score:.2f}]" if step.score is not None else "")
    if step.kind in ("search", "fallback"):
        ((query, _),), (found,) = step.inputs, step.results
        return f"{step.kind} {query!r}: {', '.join(map(str, found)) or 'nothing'}"
    if step.kind == "read":
        return f"read {len(step.inputs[0][1])} passages: {step.results[0]!r}"
    return f"{step.kind} x {len(step.inputs)}"
