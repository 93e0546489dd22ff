"""Reasoning on graphs (RoG): plan relation paths, retrieve along them, answer with the path as the explanation.

    q, e_q     question, and the entity that it is about       a  an answer
    z          a relation path (r_1, ..., r_l)
    P(z | q)   the planner, which writes relations one after the other until END
    w_z        a reasoning path: an instance of z that starts at e_q
    P(a | q)   = sum_z P(a | q, z, G) P(z | q): answers at the ends of reasoning paths

Luo et al. 2024, "Reasoning on Graphs", section 3 and the authors' code. The planner learns from the relation paths of
shortest paths between e_q and a, which need no labels. Departs from the paper: planner and reader are one
language model there, tuned on both; here the planner is a small recurrent network over a frozen sentence vector, and
who reads the paths is the caller's choice: `vote`, or a language model with `prompt`.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .graph import AGAINST, Graph, Unknown
from .paths import Path, follow

Plan = tuple[str, ...]
INSTRUCTION = (
    "Based on the reasoning paths, please answer the given question. Please keep the answer as simple as possible and "
    "return all the possible answers as a list."
)


# --- what the planner learns from


def shortest_plans(graph: Graph, topic: str, answers: Iterable[str], most: int = 3) -> list[Plan]:
    """The relation paths of all shortest paths from the topic to each answer, of at most `most` steps; each once,
    sorted."""
    return sorted({path.relations for a in answers for path in shortest_paths(graph, topic, a, most)})


def shortest_paths(graph: Graph, start: str, end: str, most: int) -> Iterator[Path]:
    """Every path from start to end with as few steps as possible, in either direction, if `most` steps are enough."""
    back = _steps_to(graph, end, most)
    if start not in back:
        return
    waiting = [Path((start,), ())]
    while waiting:
        path = waiting.pop()
        if path.answer == end:
            yield path
            continue
        nearer = back[path.answer] - 1
        for r in graph.steps(path.answer):
            waiting += [
                Path((*path.entities, e), (*path.relations, r))
                for e in graph.step(path.answer, r)
                if back.get(e) == nearer
            ]


def _steps_to(graph: Graph, end: str, most: int) -> dict[str, int]:
    found, waiting = {end: 0}, deque([end])
    while waiting:
        e = waiting.popleft()
        for n in graph.neighbours(e) if found[e] < most else ():
            if n not in found:
                found[n] = found[e] + 1
                waiting.append(n)
    return found


# --- the planner


class Planner(nn.Module):
    """P(z | q): a recurrent network that starts from the question's vector (d_in,) and writes relations.

    relations  what it can write, steps such as "borders" and "^capital"
    """

    def __init__(self, relations: Sequence[str], d_in: int, d: int = 128):
        super().__init__()
        self.relations = list(relations)
        self.start = nn.Linear(d_in, d)
        self.written = nn.Embedding(len(self.relations) + 1, d)  # the last one is for the beginning
        self.cell = nn.GRUCell(d, d)
        self.out = nn.Linear(d, len(self.relations) + 1)  # the last one is END

    @property
    def end(self) -> int:
        return len(self.relations)

    def log_prob(self, questions: Tensor, plans: Sequence[Plan]) -> Tensor:
        """log P(z | q), one plan for each question: (B, d_in) -> (B,). Raises Unknown for what it cannot write."""
        longest = max(map(len, plans), default=0) + 1
        tokens = torch.full((len(plans), longest), -1)
        for row, plan in zip(tokens, plans):
            row[: len(plan) + 1] = torch.tensor([*map(self._number, plan), self.end])
        h, last, total = self._begin(questions)
        for step in tokens.T:
            logits, h = self._step(h, last)
            total = total - F.cross_entropy(logits, step.clamp(min=0), reduction="none") * (step >= 0)
            last = step.clamp(min=0)
        return total

    @torch.no_grad()
    def plans(self, question: Tensor, count: int, longest: int = 3) -> list[tuple[Plan, float]]:
        """The likeliest plans for one question (d_in,), by beam search: (plan, log P), best first; none is empty."""
        h, last, _ = self._begin(question[None])
        beam, done = [((), 0.0, h[0], int(last))], []
        for length in range(longest + 1):
            logits, h = self._step(torch.stack([b[2] for b in beam]), torch.tensor([b[3] for b in beam]))
            scores = logits.log_softmax(-1) + torch.tensor([b[1] for b in beam])[:, None]  # (beam, R + 1)
            if length:
                done += [(b[0], s) for b, s in zip(beam, scores[:, self.end].tolist())]
            if length == longest:
                break
            best = scores[:, : self.end].flatten().topk(min(count, scores[:, : self.end].numel()))
            rows, names = best.indices // self.end, best.indices % self.end
            beam = [
                ((*beam[i][0], self.relations[r]), s, h[i], r)
                for i, r, s in zip(rows.tolist(), names.tolist(), best.values.tolist())
            ]
        return sorted(done, key=lambda pair: -pair[1])[:count]

    def _begin(self, questions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        last = torch.full((len(questions),), len(self.relations))
        return torch.tanh(self.start(questions)), last, questions.new_zeros(len(questions))

    def _step(self, h: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
        h = self.cell(self.written(last), h)
        return self.out(h), h

    def _number(self, relation: str) -> int:
        if relation not in self.relations:
            raise Unknown(f"The planner cannot write {relation!r}: it knows {', '.join(self.relations)}.")
        return self.relations.index(relation)


def planning_loss(planner: Planner, questions: Tensor, plans: Sequence[Sequence[Plan]]) -> Tensor:
    """- mean over questions of (1 / |Z|) sum_{z in Z} log P(z | q), Z the shortest plans of a question.

    questions (B, d_in). Raises ValueError for a question that has no plan.
    """
    if not all(plans):
        raise ValueError(f"Question {next(i for i, z in enumerate(plans) if not z)} has no plan to learn from.")
    of = torch.tensor([i for i, each in enumerate(plans) for _ in each])
    weight = torch.tensor([1 / len(each) for each in plans for _ in each])
    return -(planner.log_prob(questions[of], [z for each in plans for z in each]) * weight).sum() / len(plans)


# --- retrieval


class Retrieved(NamedTuple):
    """Reasoning paths, each with the log P of its plan; and the plans that led nowhere, with the reason."""

    paths: list[tuple[Path, float]]
    failed: list[tuple[Plan, str]]


def retrieve(graph: Graph, topic: str, plans: Sequence[tuple[Plan, float]]) -> Retrieved:
    """The reasoning paths of each plan that start at the topic; every step is a triple of the graph.

    A plan that the graph cannot follow fails, and says why: the relation does not exist, or no such path starts there.
    """
    paths, failed = [], []
    for plan, score in plans:
        try:
            found = [(path, score) for path in follow(graph, topic, plan)]
        except Unknown as error:
            failed.append((plan, str(error)))
            continue
        if not found:
            failed.append((plan, f"from {graph.label(topic)}, no such path starts"))
        paths += found
    return Retrieved(paths, failed)


# --- the answer


def vote(paths: Sequence[tuple[Path, float]]) -> list[tuple[str, float, Path]]:
    """P(a | q) = sum_z P(z | q) P(a | z), an answer at random among those of a plan: (answer, P, its likeliest path).

    The best comes first. P is of what the plans given allow: it sums to 1, and is empty without paths.
    """
    ends: dict[Plan, dict[str, Path]] = {}
    plan_scores: dict[Plan, float] = {}
    for path, score in paths:
        ends.setdefault(path.relations, {}).setdefault(path.answer, path)
        plan_scores[path.relations] = score
    if not ends:
        return []
    share = torch.tensor(list(plan_scores.values()), dtype=torch.float64).softmax(0).tolist()
    total: dict[str, float] = {}
    shown: dict[str, Path] = {}
    for (_, answers), p in sorted(zip(ends.items(), share), key=lambda pair: -pair[1]):
        for answer, path in answers.items():
            total[answer] = total.get(answer, 0.0) + p / len(answers)
            shown.setdefault(answer, path)
    return [(a, total[a], shown[a]) for a in sorted(total, key=lambda a: -total[a])]


def prompt(graph: Graph, question: str, paths: Sequence[Path]) -> str:
    """The prompt of the authors' code, for a language model that reads the paths."""
    lines = "\n".join(path.text(graph) for path in paths)
    return f"{INSTRUCTION}\n\nReasoning Paths:\n{lines}\n\nQuestion:\n{question}\n"


def explanation(graph: Graph, path: Path) -> str:
    """A path as sentences, one a step: "the capital of France is Paris. ..."."""
    sentences = (graph.words(triple) for triple in path.triples)
    return " ".join(s[:1].upper() + s[1:] + "." for s in sentences)


def faithful(graph: Graph, topic: str, answer: str, path: Path) -> bool:
    """Whether an explanation explains: it starts at the topic, ends at the answer, and each step is in the graph."""
    known = graph.relations
    steps = all(r.removeprefix(AGAINST) in known for r in path.relations)
    return steps and (path.entities[0], path.answer) == (topic, answer) and all(t in graph for t in path.triples)


# --- the deck's examples


DIVISION = "location.administrative_division.first_level_division_of"
GOVERNMENT = "government.form_of_government.countries"
CHAMPIONSHIP, STADIUM = "sports.sports_team.championships", "sports.sports_team.arena_stadium"


class Example(NamedTuple):
    """A question as the paper prints it, with its plan, and what it prints as the answer."""

    question: str
    topic: str
    plan: Plan
    answer: str


def printed() -> tuple[Graph, tuple[Example, Example]]:
    """The two examples that the paper prints, and a graph with the triples that they need, in Freebase's relations.

    The triples are those of the printed paths, in their direction, and the wrong stadium is among them: a graph is not
    always right. The authors' script (scripts/interpretable_example.py) has Roger Dean Stadium there, where the team
    trains in spring.
    """
    graph = Graph(
        [
            ("Northern District", DIVISION, "Israel"),
            ("Israel", GOVERNMENT, "Parliamentary system"),
            ("1946 World Series", CHAMPIONSHIP, "St. Louis Cardinals"),
            ("St. Louis Cardinals", STADIUM, "Busch Stadium"),
            ("St. Louis Cardinals", STADIUM, "Rogers Place Stadium"),
        ]
    )
    return graph, (
        Example(
            "What type of government is used in the country with Northern District?",
            "Northern District",
            (DIVISION, GOVERNMENT),
            "Parliamentary system",
        ),
        Example(
            "Where is the home stadium of the team who won the 1946 World Series championship?",
            "1946 World Series",
            (CHAMPIONSHIP, STADIUM),
            "Busch Stadium",
        ),
    )
