"""The same questions answered by every system that the course has: by heart, from text, from a graph, by a plan.

    Region     a part of the world that fits into a prompt: its countries, their passages, and the graph that says the
               same; whatever a system reads comes from there
    systems    name -> a function from questions to Answers; a later module adds a row by adding an entry
    Answers    what each question got, how many tokens were read and written for it, and seconds

All systems are asked in the same form, with the same four answered examples from a made-up world before the question;
each example shows what the system reads. An answer is right if it contains an accepted one.
"""

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from .. import data, models, records, runtime
from ..data.passages import Passage
from ..models import TextModel
from ..retrieval.dense import Dense
from ..retrieval.evaluate import contains
from ..retrieval.fuse import reciprocal_rank_fusion
from ..retrieval.lexical import index
from ..retrieval.texts import words
from . import chain, triples
from .chain import Chain
from .factbook import SCHEMA, factbook
from .graph import Graph, between
from .linking import Linker
from .questions import GraphQuestion, questions, sample
from .reasoning import Planner, Retrieved, planning_loss, retrieve, vote

REGIONS = ("South America", "South Asia")
TOPICS = ("Border countries", "Capital", "Currency", "Highest point")
RELATIONS = ("borders", "capital", "currency", "highest_point")
EACH = 6  # questions of each region and number of steps
BUDGET = 160  # tokens of triples
PLANS = 3  # that are tried
LEARNED, STEPS_OF_PLANNER = 450, 300
TOKENS = {"answer": 16, "reasoning": 60, "chain": 90}

SHOTS: tuple[tuple[str, Chain, tuple[str, ...]], ...] = (  # a made-up world: nobody knows it by heart
    ("What is the capital of Ruritania?",
     Chain((("Ruritania", "capital", "Strelsau"),), "The capital of Ruritania is Strelsau.", "Strelsau"),
     ("Ruritania. Capital: Strelsau",)),
    ("What is the currency of a country that borders Freedonia?",
     Chain((("Freedonia", "borders", "Sylvania"), ("Sylvania", "currency", "Sylvanian crowns")),
           "Freedonia borders Sylvania. The currency of Sylvania is Sylvanian crowns.", "Sylvanian crowns"),
     ("Freedonia. Border countries: Sylvania 310 km", "Sylvania. Currency: Sylvanian crowns (SYC) per US dollar -")),
    ("What is the highest point of the country whose capital is Lutz?",
     Chain((("Zubrowka", "capital", "Lutz"), ("Zubrowka", "highest point", "Mount Gabel")),
           "The capital of Zubrowka is Lutz. The highest point of Zubrowka is Mount Gabel.", "Mount Gabel"),
     ("Zubrowka. Capital: Lutz", "Zubrowka. Highest point: Mount Gabel 2,911 m")),
    ("What is the capital of a country that borders the country whose capital is Zenda?",
     Chain((("Orsinia", "capital", "Zenda"), ("Orsinia", "borders", "Syldavia"), ("Syldavia", "capital", "Klow")),
           "The capital of Orsinia is Zenda. Orsinia borders Syldavia. The capital of Syldavia is Klow.", "Klow"),
     ("Orsinia. Capital: Zenda", "Orsinia. Border countries: Syldavia 120 km", "Syldavia. Capital: Klow")),
)  # fmt: skip


# --- what there is to read


@dataclass
class Region:
    """A part of the world: passages, the graph that says the same, and questions whose reasoning paths stay inside."""

    name: str
    passages: Sequence[Passage]
    graph: Graph
    questions: Sequence[GraphQuestion]

    @functools.cached_property
    def texts(self) -> list[str]:
        return [p.text for p in self.passages]

    @functools.cached_property
    def linker(self) -> Linker:
        return Linker(self.graph)

    @functools.cached_property
    def dense(self) -> Dense:
        return Dense(models.embedder(), self.texts)

    def found(self, question: str, k: int) -> list[str]:
        """The first k passages by fused ranking, best last: what stands next to the question is read best."""
        lexical = index(self.texts).search([words(question)], 20)[1].tolist()
        dense = self.dense.search([question], 20)[1].tolist()
        return [self.texts[i] for i in reversed(reciprocal_rank_fusion([lexical[0], dense[0]])[:k])]

    def entities(self, question: str) -> list[str]:
        """What the question mentions; the likeliest entity of each name."""
        return [mention.entities[0] for mention in self.linker(question)]


def region(name: str, each: int = EACH) -> Region:
    """A region of the Factbook with `each` questions of one, two and three steps."""
    whole = factbook()
    inside = {h for h in whole.into(f"region:{name}")["region"]}
    ends = {e for h in inside for r in RELATIONS for e in whole.out(h).get(r, ())}
    kept = [e for e in ends if not e.startswith("country:") or e in inside]
    graph = between(whole, [*inside, *kept])
    graph = graph.replaced(sorted(t for t in graph if t.relation in RELATIONS))
    titles = {h.partition(":")[2] for h in inside}
    passages = [p for p in data.countries() if p.title in titles and p.topic in TOPICS]
    stays = lambda q: all(t in graph for p in q.paths for t in p.triples)
    asked = [q for q in questions() if q.topic in graph.entities and stays(q)]
    chosen = [q for hops in (1, 2, 3) for q in sample([q for q in asked if q.hops == hops], each)]
    return Region(name, passages, graph, chosen)


# --- how it is asked


def form(question: str, read: Sequence[str], shown: str = "") -> str:
    facts = f"Facts: {' '.join(read)}\n" if read else ""
    return f"{facts}Question: {question}\n{shown}"


def shots(reads: Callable[[Chain, tuple[str, ...]], Sequence[str]], shows: Callable[[Chain], str]) -> str:
    """The examples with what a system reads, and what it shows before the answer."""
    parts = (form(q, reads(c, texts), f"{shows(c)}Answer: {c.answer}") for q, c, texts in SHOTS)
    return "\n\n".join(parts) + "\n\n"


NOTHING: Callable = lambda c, texts: ()
THOUGHT: Callable = lambda c: f"Reasoning: {c.hint}\n"
SILENT: Callable = lambda c: ""
AS_TRIPLES: Callable = lambda c, texts: [f"({', '.join(t)})" for t in c.triples]
AS_PASSAGES: Callable = lambda c, texts: texts
AS_BOTH: Callable = lambda c, texts: [*AS_TRIPLES(c, texts), *texts]


@dataclass
class Answers:
    """For each question: the answer, what was written in full, tokens read and written; seconds for all of them."""

    answers: list[str]
    written: list[str]
    tokens: list[int]
    seconds: float = 0.0
    extra: dict = field(default_factory=dict)


def asked(model: TextModel, before: str, prompts: Sequence[str], limit: int) -> Answers:
    """What the model writes after `before`, which all prompts share and which is read once, and each prompt; the answer
    is the part behind "Answer:" if it wrote that. All that a question stands on counts as its tokens."""
    stop = "\n" if limit == TOKENS["answer"] else "\n\n"
    limit = runtime.pick(full=limit, smoke=4)
    written = model.generate(prompts, tokens=limit, stop=stop, batch=12, prefix=before)
    answers = [text.rpartition("Answer:")[2].strip().partition("\n")[0] for text in written]
    shared = len(model.encode(before))
    return Answers(answers, written, [shared + len(model.encode(p + w)) for p, w in zip(prompts, written)])


# --- the systems


System = Callable[[TextModel, Region], Answers]


def reads(model: TextModel, where: Region, read: Callable[[str], Sequence[str]], example: Callable) -> Answers:
    """A system that reads something and answers at once."""
    prompts = [form(q.text, read(q.text), "Answer:") for q in where.questions]
    return asked(model, shots(example, SILENT), prompts, TOKENS["answer"])


def closed_book(model: TextModel, where: Region) -> Answers:
    return reads(model, where, lambda question: (), NOTHING)


def chain_of_thought(model: TextModel, where: Region) -> Answers:
    prompts = [form(q.text, (), "Reasoning:") for q in where.questions]
    return asked(model, shots(NOTHING, THOUGHT), prompts, TOKENS["reasoning"])


def whole_text(model: TextModel, where: Region) -> Answers:
    """Long context: everything that is known of the region stands in the prompt, and is read once."""
    before = shots(AS_PASSAGES, SILENT) + form("", where.texts).removesuffix("Question: \n")
    return asked(model, before, [form(q.text, (), "Answer:") for q in where.questions], TOKENS["answer"])


def passages(k: int) -> System:
    """Simple retrieval: the first k passages."""
    return lambda model, where: reads(model, where, lambda question: where.found(question, k), AS_PASSAGES)


def in_triples(model: TextModel, where: Region, question: str) -> list[str]:
    """Triples up to three steps from what is mentioned, best last; none for a question that links to nothing."""
    length = lambda text: len(model.encode(text))
    found = triples.retrieved(where.graph, question, where.entities(question), _vectors(), BUDGET, length, hops=3)
    return found[::-1]


def from_triples(model: TextModel, where: Region) -> Answers:
    return reads(model, where, lambda question: in_triples(model, where, question), AS_TRIPLES)


def from_both(model: TextModel, where: Region) -> Answers:
    both = lambda question: [*in_triples(model, where, question), *where.found(question, 3)]
    return reads(model, where, both, AS_BOTH)


def planned(where: Region) -> list[Retrieved]:
    """The reasoning paths of the likeliest plans for every question, from what it mentions."""
    planner, found = _planner(), []
    for q in where.questions:
        entities = where.entities(q.text)
        plans = planner.plans(_vectors()([q.text])[0], PLANS) if entities else []
        found.append(retrieve(where.graph, entities[0], plans) if entities else Retrieved([], []))
    return found


def by_plan(model: TextModel, where: Region) -> Answers:
    """Reasoning on graphs without a reader: the answer that the plans vote for. The model is not asked."""
    votes = [vote(found.paths) for found in planned(where)]
    answers = [where.graph.label(v[0][0]) if v else "" for v in votes]
    shown = [v[0][2].text(where.graph) if v else "" for v in votes]
    return Answers(answers, shown, [0] * len(answers))


def reads_paths(model: TextModel, where: Region) -> Answers:
    """Reasoning on graphs: the model reads the triples of the paths that the likeliest plan retrieves, and answers."""
    read = {}
    for q, found in zip(where.questions, planned(where)):
        best = [path for path, score in found.paths if score == found.paths[0][1]][:4]
        facts = dict.fromkeys(triples.written(where.graph, t) for path in best for t in path.triples)
        read[q.text] = list(facts)
    return reads(model, where, lambda question: read[question], AS_TRIPLES)


def chain_of_knowledge(model: TextModel, where: Region, known: Mapping[str, tuple] | None = None) -> Answers:
    """Evidence triples, hint, answer. `known`: question -> triples that verification found instead of wrong ones."""
    examples = "\n\n".join(f"Question: {q}\n{chain.written(c)}" for q, c, _ in SHOTS)
    begun = lambda q: "".join(f"{i}. ({s} | {r} | {o})\n" for i, (s, r, o) in enumerate((known or {}).get(q, ()), 1))
    prompts = [f"Question: {q.text}\nEvidence triples:\n{begun(q.text)}" for q in where.questions]
    found = asked(model, examples + "\n\n", prompts, TOKENS["chain"])
    found.written = [begun(q.text) + w for q, w in zip(where.questions, found.written)]
    return found


def verified(model: TextModel, where: Region) -> Answers:
    """Chain of knowledge, checked against the graph: where a chain fails, its triples are corrected and it is asked
    again, once."""
    first, check = chain_of_knowledge(model, where), chain.Factuality(where.graph)
    chains = [chain.read("Evidence triples:\n" + w) for w in first.written]
    tried = [chain.verify(c, check) for c in chains]
    failed = [i for i, v in enumerate(tried) if v.score < chain.THETA]
    corrected = {
        where.questions[i].text: tuple(dict.fromkeys(
            t if v == 1 else right
            for t, v in zip(chains[i].triples, tried[i].factual)
            if v == 1 or (right := check.right(t)) is not None
        ))
        for i in failed
    }  # fmt: skip
    again = Region(where.name, where.passages, where.graph, [where.questions[i] for i in failed])
    second = chain_of_knowledge(model, again, corrected) if failed else Answers([], [], [])
    for i, answer, written, tokens in zip(failed, second.answers, second.written, second.tokens):
        now = chain.verify(chain.read("Evidence triples:\n" + written), check)
        if now.score >= tried[i].score:
            first.answers[i], first.written[i] = answer, written
        first.tokens[i] += tokens
    scores = [round(v.score, 3) for v in tried]
    facts = [[round(x) for x in v.factual] for v in tried]
    return Answers(first.answers, first.written, first.tokens, extra={"score": scores, "factual": facts})


SYSTEMS: dict[str, System] = {
    "closed book": closed_book,
    "chain of thought": chain_of_thought,
    "whole text in the prompt": whole_text,
    "1 passage": passages(1),
    "3 passages": passages(3),
    "triples": from_triples,
    "triples and 3 passages": from_both,
    "chain of knowledge": chain_of_knowledge,
    "chain of knowledge, verified": verified,
    "paths of a plan, read": reads_paths,
    "paths of a plan, voted": by_plan,
}


# --- what they share


@functools.cache
def _vectors() -> Callable[[Sequence[str]], torch.Tensor]:
    """Unit vectors of texts, each encoded once."""
    encoder, known = models.embedder(), {}

    def vectors(texts: Sequence[str]) -> torch.Tensor:
        new = [t for t in dict.fromkeys(texts) if t not in known]
        known.update(zip(new, encoder.encode(new)) if new else ())
        return torch.stack([known[t] for t in texts])

    return vectors


@functools.cache
def _planner() -> Planner:
    """A planner that has learned on questions about other parts of the world."""
    names = {f"region:{name}" for name in REGIONS}
    away = {h for name in names for h in factbook().into(name)["region"]}
    near = lambda q: any(e in away for p in q.paths for e in p.entities)
    learned = sample([q for q in questions() if q.split == "dev" and not near(q)], LEARNED)
    steps = runtime.pick(full=STEPS_OF_PLANNER, smoke=2)
    return train_planner(learned[: runtime.pick(full=LEARNED, smoke=8)], steps, _vectors())


def train_planner(learned: Sequence[GraphQuestion], steps: int, vectors: Callable, seed: int = 0) -> Planner:
    """From questions and their plans, in batches of 32."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    relations = [name for r in SCHEMA for name in (r, "^" + r)]
    x, plans = vectors([q.text for q in learned]), [[q.plan] for q in learned]
    planner = Planner(relations, x.shape[1])
    optimiser = torch.optim.Adam(planner.parameters(), 3e-3)
    for _ in range(steps):
        i = torch.randint(len(learned), (32,), generator=generator)
        loss = planning_loss(planner, x[i], [plans[j] for j in i.tolist()])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return planner.eval()


def judged(where: Region, found: Answers) -> list[int]:
    """Whether each answer contains an accepted one."""
    names = [[n for a in q.answers for n in where.graph.names(a)] for q in where.questions]
    return [int(contains(answer, accepted)) for answer, accepted in zip(found.answers, names)]


def measured(systems: Mapping[str, System], regions: Sequence[str] = REGIONS, each: int = EACH) -> dict:
    """Every system on every question of these regions."""
    model, places = models.load(), [region(name, each) for name in regions]
    _vectors(), _planner()
    rows: dict[str, dict] = {}
    for name, system in systems.items():
        row = rows[name] = {"answers": [], "right": [], "tokens": [], "written": [], "seconds": 0.0}
        for where in places:
            start = time.process_time()
            found = system(model, where)
            row["seconds"] = round(row["seconds"] + time.process_time() - start, 1)
            row["answers"] += found.answers
            row["right"] += judged(where, found)
            row["tokens"] += found.tokens
            row["written"] += found.written
            for key, values in found.extra.items():
                row.setdefault(key, []).extend(values)
    flat = [(q, where) for where in places for q in where.questions]
    return {
        "questions": [q.text for q, _ in flat],
        "hops": [q.hops for q, _ in flat],
        "accepted": [[where.graph.label(a) for a in q.answers] for q, where in flat],
        "text": {where.name: sum(len(model.encode(t)) for t in where.texts) for where in places},
        "rows": rows,
    }


@records.record("15_reading")
def record_reading() -> dict:
    """All systems on the questions of two regions."""
    return measured(SYSTEMS)
