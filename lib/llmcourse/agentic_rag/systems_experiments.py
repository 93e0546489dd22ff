"""All systems of lecture 13 on the same questions, with the same reader: the record behind the lecture's big table.

SYSTEMS     name -> a function (question, corpus, tools) -> Trace, with what the systems need besides tools in `Setting`
KINDS       kind of question -> how many test questions of it
in_waves    runs many traces at once: whatever they ask a language model is gathered, and computed in batches

The reader is one LoRA on SmolLM2, tuned on dev questions (`tuned`); decisions are heads on MiniLM's vectors; the bridge
has learned from what this reader makes of passages. So no system has a better reader than another, and what differs is
what it is given to read, and how often.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch import Generator, Tensor

from .. import data, models, records, runtime
from ..data.passages import Question
from ..models import TextModel
from ..retrieval import evaluate, reader
from ..retrieval.experiments import Corpus, facts
from . import adaptive, bridge, crag, iterative, raptor, real, self_rag, specialists, speculative, tuned
from .experiments import drawn, second_source, short
from .questions import by_heart, lookups
from .trace import READING, Tools, Trace

KINDS = {"by heart": 10, "one hop": 22, "two hops": 22}
STEPS, EXAMPLES = 45, 160  # of the reader's training: steps of four questions, and dev questions of each kind
TAUGHT, POOL, MOST = 40, 5, 2  # dev questions that the bridge learns from; passages it picks from; at most so many
PRICE = 0.1  # nats that another passage has to bring the reader before it is worth reading
DAMAGE = 0.4  # share of dev questions without their gold passage when CRAG's thresholds are set
FOUND, BUDGET = 12, 100  # passages under RAPTOR's tree, and tokens that it may read: about three passages


def asked() -> dict[str, list[Question]]:
    """The test questions by kind, the same for all systems."""
    sources = {"by heart": by_heart(), "one hop": data.country_questions(), "two hops": lookups()}
    some = runtime.pick(full=KINDS, smoke=dict.fromkeys(KINDS, 1))
    return {kind: drawn(sources[kind], "test", n, seed=2) for kind, n in some.items()}


# --- many traces at once


class Missing(Exception):
    """A trace needs results that nobody has computed yet."""

    def __init__(self, name: str, inputs: Sequence):
        super().__init__(name)
        self.name, self.inputs = name, inputs


def in_waves(runs: Sequence[Callable[[Tools], object]], tools: Tools, slow: Sequence[str] = READING) -> list:
    """The results of all runs. Each goes on until it needs a slow tool; what all need is computed in one batch, and
    they begin again, with a memory of it. As many waves as the longest run asks one after the other."""

    def refuse(name):
        def missing(inputs):
            raise Missing(name, inputs)

        return missing

    lazy = Tools(tools.functions | {name: refuse(name) for name in slow}, tools.length, tools.memory)
    while True:
        results, wanted = [], {}
        for run in runs:
            try:
                results.append(run(lazy))
            except Missing as missing:
                wanted.setdefault(missing.name, []).extend(missing.inputs)
        if not wanted:
            return results
        for name, inputs in wanted.items():
            tools.call(name, inputs)


# --- the tools


def tools_for(corpus: Corpus, lm: TextModel, n: int = 300) -> Tools:
    """Tools whose reader is the tuned one, and whose verifier is the model as it was before tuning."""
    from ..adapters import use

    reading = real.reading(lm, ())

    def verify(inputs):
        """A draft that claims nothing can't be supported: it gets 0, without asking."""
        use(lm.model)
        claims = [x for x in inputs if tuned.said(x[1])]
        found = dict(zip(claims, reading["verify"](claims))) if claims else {}
        use(lm.model, tuned.NAME)
        return [found.get(x, (0.0, 0.0)) for x in inputs]

    deciding = real.deciding(corpus, n)
    utility = lambda inputs: deciding["utility"]([(question, tuned.said(answer)) for question, answer in inputs])
    functions = real.searching(corpus) | reading | deciding
    functions |= {"verify": verify, "fallback": second_source(short(2015)), "utility": utility, "summarise": extract}
    return Tools(functions, length=lambda text: len(lm.encode(text)))


def extract(inputs: Sequence[Sequence[str]]) -> list[str]:
    """Summaries by a rule: of each text its title and the first three words of what it says. No model writes them, so
    nothing can be in them that is not in the texts, and nothing is said of all texts together."""
    short = lambda text: text.partition(". ")[0] + ": " + " ".join(text.partition(": ")[2].split()[:3]).rstrip(",;")
    return ["; ".join(short(text) for text in texts) for texts in inputs]


# --- the systems


@dataclass
class Setting:
    """What systems need in addition to tools."""

    upper: float = 0.5
    lower: float = 0.5
    picks: bridge.Bridge | None = None
    vectors: Callable[[Sequence[str]], Tensor] = field(default=lambda texts: torch.zeros(len(texts), 1))


System = Callable[[str, Sequence[str], Tools], Trace]


def systems(setting: Setting) -> dict[str, System]:
    """By name, cheapest idea first."""
    iterated = partial(iterative.answer, rounds=2, k=3)
    strategies = {"none": adaptive.closed_book, "one": partial(adaptive.one_step, k=1), "several": iterated}

    def bridged(question, corpus, tools):
        choose = lambda inputs: [_picked(setting, *each) for each in inputs]
        return bridge.answer(question, corpus, _with(tools, choose=choose), k=POOL)

    def climbed(question, corpus, tools):
        return climb(question, corpus, tools, setting.vectors)

    return {
        "closed book": adaptive.closed_book,
        "1 passage": partial(adaptive.one_step, k=1),
        "3 passages": partial(adaptive.one_step, k=3),
        "iterative": iterated,
        "Self-RAG": partial(self_rag.answer, k=3),
        "CRAG": partial(crag.answer, upper=setting.upper, lower=setting.lower, k=3, keep=setting.lower, most=3),
        "Adaptive-RAG": partial(adaptive.answer, strategies=strategies),
        "bridge": bridged,
        "RAPTOR": climbed,
        "speculative": lambda question, corpus, tools: speculative.answer(
            question, corpus, tools, runtime.seed(0), k=4, clusters=2, m=2
        ),
    }


def _with(tools: Tools, **functions: Callable) -> Tools:
    return Tools(tools.functions | functions, tools.length, tools.memory)


def climb(question: str, corpus: Sequence[str], tools: Tools, vectors: Callable) -> Trace:
    """RAPTOR over what a wide search found: a tree of a dozen passages, searched as a whole under a budget of tokens.

    In the paper a tree is built once for each document; here what was found stands for the document.
    """
    trace = Trace("RAPTOR", question, corpus, tools)
    texts = trace.find(question, FOUND)
    summarise = lambda inputs: trace.call("summarise", list(inputs))
    nodes = raptor.tree(texts, vectors, summarise, runtime.seed(0), layers=2)
    fit = [node for node in nodes if tools.length(node.text) <= BUDGET]
    inner = raptor.answer(question, corpus, tools, fit, budget=BUDGET)
    # Summaries are made by a rule: no language model reads or writes there.
    trace.steps = [replace(step, tokens=0) for step in trace.steps] + inner.steps
    return trace.finish(inner.answer)


# --- the bridge: silver sequences from what the reader makes of passages


def silver(lm: TextModel, corpus: Corpus, questions: Sequence[Question]) -> list[bridge.Example]:
    """For each question its vector, those of POOL passages found, and the sequence that greedy search picks by the
    tuned reader's log-probability of the right answer."""
    found = corpus.rankings([q.text for q in questions], POOL)["fused"]
    q, p = scaled(corpus.dense.embedder.encode([q.text for q in questions])), scaled(corpus.dense.x)
    right = lambda q: f" {tuned.wanted(q, corpus, corpus.gold(q))}\n"

    def scored(inputs):
        seen = [[corpus.texts[found[i][j]] for j in picked] for i, picked in inputs]
        pairs = [(tuned.prompt(questions[i].text, s), right(questions[i])) for (i, _), s in zip(inputs, seen)]
        return [score.log_prob for score in lm.score(pairs)]

    tools = Tools({"score": scored})
    search = lambda i, given: bridge.greedy_silver(
        lambda picked: given.call("score", [(i, picked)])[0], POOL, MOST, least_gain=PRICE
    )
    runs = [partial(search, i) for i in range(len(questions))]
    return [(q[i], p[found[i]], s) for i, s in enumerate(in_waves(runs, tools, slow=("score",)))]


def scaled(x: Tensor) -> Tensor:
    """Unit vectors times `specialists.SCALE`: products of their entries would else be too small to learn from."""
    return specialists.SCALE * x


def _picked(setting: Setting, question: str, passages: Sequence[str]) -> tuple[int, ...]:
    q, p = scaled(setting.vectors([question])[0]), scaled(setting.vectors(passages))
    return setting.picks.pick(q, p, most=MOST)


# --- what is measured


def judged(questions: Sequence[Question], traces: Sequence[Trace]) -> dict[str, list]:
    """For each question: whether the answer contains an accepted one, tokens that language models read and wrote, how
    often they were asked, whether there was any search, whether what is claimed stands in what was read, the answer."""
    asks = lambda trace: sum(len(step.inputs) for step in trace.steps if step.tokens)
    read = lambda trace: [p for s in trace.steps if s.kind in ("read", "draft") for _, ps in s.inputs for p in ps]
    claims = [tuned.said(trace.answer) for trace in traces]
    return {
        "right": [evaluate.contains(a, q.answers) for a, q in zip(claims, questions)],
        "tokens": [trace.tokens for trace in traces],
        "calls": [asks(trace) for trace in traces],
        "searched": [float(bool(trace.queries)) for trace in traces],
        "grounded": [round(evaluate.grounded(a, read(trace)), 3) for a, trace in zip(claims, traces)],
        "answers": [trace.answer for trace in traces],
    }


def packed(trace: Trace) -> dict:
    """A trace as JSON, to be drawn in the lecture; vectors are left out."""
    row = lambda s: [s.kind, s.inputs, () if s.kind == "embed" else s.results, s.decision, s.score, s.tokens]
    return {"system": trace.system, "question": trace.question, "answer": trace.answer,
            "steps": [row(step) for step in trace.steps]}  # fmt: skip


def compared(chosen: dict[str, System], asked: dict[str, list[Question]], corpus: Corpus, tools: Tools) -> dict:
    """Every system on every question: kind -> system -> `judged`; and the traces of each kind's first question."""
    runs = [(kind, name, q) for kind, qs in asked.items() for name in chosen for q in qs]
    start = [partial(_run, chosen[name], q.text, corpus.texts) for _, name, q in runs]
    found: dict[tuple, list[Trace]] = {}
    for (kind, name, _), trace in zip(runs, in_waves(start, tools)):
        found.setdefault((kind, name), []).append(trace)
    return {
        "rows": {kind: {name: judged(qs, found[kind, name]) for name in chosen} for kind, qs in asked.items()},
        "traces": {kind: [packed(found[kind, name][0]) for name in chosen] for kind in asked},
    }


def _run(system: System, question: str, texts: Sequence[str], tools: Tools) -> Trace:
    return system(question, texts, tools)


def from_gold(lm: TextModel, corpus: Corpus, questions: Sequence[Question], shots: Sequence) -> list[float]:
    """Whether each answer from the gold passages is right: what a perfect search would give this reader."""
    read = real.reading(lm, shots)["read"]
    answers = read([(q.text, tuple(corpus.texts[i] for i in corpus.gold(q))) for q in questions])
    return [evaluate.contains(tuned.said(a), q.answers) for a, q in zip(answers, questions)]


def without(tools: Tools, gone: set[int]) -> Tools:
    """Tools whose search does not find these passages: what is left moves up."""

    def search(inputs):
        wide = tools.functions["search"]([(query, 20) for query, _ in inputs])
        return [tuple(i for i in found if i not in gone)[:k] for found, (_, k) in zip(wide, inputs)]

    kept = {key: value for key, value in tools.memory.items() if key[0] != "search"}
    return Tools(tools.functions | {"search": search}, tools.length, kept)


def fitted(corpus: Corpus, tools: Tools, n: int = 60, trust: float = 0.9) -> tuple[float, float]:
    """CRAG's thresholds from dev questions of which a share has lost its gold passage."""
    dev = drawn(data.country_questions(), "dev", n, seed=1)
    lost = set(random.Random(0).sample(range(len(dev)), round(DAMAGE * len(dev))))
    scores, useful = [], []
    for number, q in enumerate(dev):
        gone = corpus.gold(q) if number in lost else []
        places = [i for i in tools.call("search", [(q.text, 3 + len(gone))])[0] if i not in gone][:3]
        scores.append(tools.call("relevance", [(q.text, corpus.texts[i]) for i in places]))
        useful.append([i in corpus.gold(q) for i in places])
    return crag.thresholds(scores, useful, trust)


def taught(lm: TextModel, corpus: Corpus, generator: Generator) -> tuple[bridge.Bridge, list]:
    """The bridge, trained on silver sequences, and those sequences."""
    kinds = (data.country_questions(), lookups())
    n = runtime.pick(full=TAUGHT, smoke=2) // len(kinds)
    examples = silver(lm, corpus, [q for each in kinds for q in drawn(each, "dev", n, seed=3)])
    torch.manual_seed(int(torch.randint(1000, (), generator=generator)))
    model = bridge.Bridge(corpus.dense.x.shape[1])
    bridge.supervised(model, examples, runtime.pick(full=80, smoke=2))
    return model, [list(picked) for _, _, picked in examples]


def measured(seed: int = 0) -> dict:
    """The reader is tuned, the bridge taught, the thresholds set; then all systems answer, and some on a corpus without
    the gold passages."""
    from ..adapters import use

    lm, corpus, questions = models.load(), facts(), asked()
    hops = questions["one hop"] + questions["two hops"]
    base = from_gold(lm, corpus, hops, reader.SHOTS)
    pairs = tuned.examples(corpus, runtime.pick(full=EXAMPLES, smoke=4), seed)
    losses = tuned.tune(lm, pairs, runtime.pick(full=STEPS, smoke=1), seed)
    use(lm.model, tuned.NAME)
    tools = tools_for(corpus, lm, runtime.pick(full=300, smoke=20))
    vectors = remembered(corpus.dense.embedder.encode)
    model, sequences = taught(lm, corpus, runtime.seed(seed))
    upper, lower = fitted(corpus, tools, runtime.pick(full=60, smoke=6))
    chosen = systems(Setting(upper, lower, model, vectors))
    found = compared(chosen, questions, corpus, tools)
    one = questions["one hop"]
    gone = without(tools, {i for q in one for i in corpus.gold(q)})
    some = {name: chosen[name] for name in ("1 passage", "3 passages", "Self-RAG", "CRAG", "iterative")}
    lost = compared(some, {"one hop": one}, corpus, gone)
    return {
        "losses": [round(x, 3) for x in losses],
        "gold": {"as it is, five examples": base, "tuned": from_gold(lm, corpus, hops, ())},
        "upper": upper,
        "lower": lower,
        "silver": sequences,
        "questions": {kind: [q.text for q in qs] for kind, qs in questions.items()},
        "accepted": {kind: [list(q.answers) for q in qs] for kind, qs in questions.items()},
        **found,
        "gone": lost["rows"]["one hop"],
        "gone_traces": lost["traces"]["one hop"],
    }


def remembered(encode: Callable[[Sequence[str]], Tensor]) -> Callable[[Sequence[str]], Tensor]:
    """Vectors of texts, each encoded once."""
    known: dict[str, Tensor] = {}

    def vectors(texts: Sequence[str]) -> Tensor:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(new, encode(new)) if new else ())
        return torch.stack([known[text] for text in texts])

    return vectors


@records.record("13_systems")
def record_systems() -> dict:
    """All systems, with one reader."""
    return measured()
