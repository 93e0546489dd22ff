"""What lecture 15 runs while it is read: a planner on new questions, corrupted evidence, COMET, BertNet."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from .. import models
from ..models import CharTokenizer, TextModel
from ..verdicts import Estimate
from ..verdicts import share as share_of
from . import bertnet, chain, comet
from .graph import Graph, Triple, without
from .questions import GraphQuestion
from .reasoning import Planner, faithful, retrieve, vote

# --- reasoning on graphs


def planned(planner: Planner, graph: Graph, asked: Sequence[GraphQuestion], x: Tensor, plans: int = 3) -> list[dict]:
    """For each question: whether the likeliest plan is the right one, whether the answer is, and whether its path
    explains it: starts at the topic, ends at the answer, and every step is a triple of the graph."""
    rows = []
    for q, vector in zip(asked, x):
        found = planner.plans(vector, plans)
        votes = vote(retrieve(graph, q.topic, found).paths)
        answer, path = (votes[0][0], votes[0][2]) if votes else ("", None)
        told = bool(path) and faithful(graph, q.topic, answer, path)
        rows.append({"plan": int(found[0][0] == q.plan), "right": int(answer in q.answers), "faithful": int(told)})
    return rows


# --- evidence that was corrupted


def corrupted(graph: Graph, triples: Sequence[Triple], share: float, generator: Generator) -> list[tuple[Triple, bool]]:
    """The triples, this share of them with another tail of their relation, and whether each was left as it was."""
    tails: dict[str, list[str]] = {}
    for t in graph:
        tails.setdefault(t.relation, []).append(t.tail)
    found = []
    for t in triples:
        wrong = torch.rand((), generator=generator).item() < share
        others = [e for e in dict.fromkeys(tails[t.relation]) if Triple(t.head, t.relation, e) not in graph]
        other = others[int(torch.randint(len(others), (), generator=generator))]
        found.append((t._replace(tail=other) if wrong else t, not wrong))
    return found


def caught(
    graph: Graph, evidence: Sequence[tuple[Triple, bool]], missing: float, generator: Generator
) -> dict[str, tuple[Estimate, Estimate]]:
    """Shares of wrong triples that are caught and of right ones that are called wrong, by a graph that lacks a share of
    its triples: "closed world" calls wrong what the graph does not have, "open world" only what it contradicts, that is
    where it knows another tail of a relation that has one tail a head."""
    poor = without(graph, missing, generator)
    check = chain.Factuality(poor)
    one = {r for r in graph.relations if all(len(graph.out(h).get(r, ())) <= 1 for h in graph.entities)}
    counts = {"closed world": [0, 0], "open world": [0, 0]}
    wrong = sum(not so for _, so in evidence)
    for t, so in evidence:
        said = (graph.label(t.head), t.relation, graph.label(t.tail))
        unknown = check(said) < 1
        contradicted = unknown and t.relation in one and bool(poor.out(t.head).get(t.relation))
        counts["closed world"][so] += unknown
        counts["open world"][so] += contradicted
    right = len(evidence) - wrong
    return {name: (share_of(c, wrong), share_of(a, right)) for name, (c, a) in counts.items()}


# --- COMET


class Completed(NamedTuple):
    """Per held-out pair: hits among the first k, of COMET and of the commonest tails; per pair of the unseen relation,
    hits; novelty of what was generated, and samples ((given, right, generated), ...)."""

    held_out: list[float]
    commonest: list[float]
    unseen: list[float]
    novelty: comet.Novelty
    samples: list[tuple[str, str, list[str]]]


def completed(graph: Graph, unseen: str, steps: int, count: int, k: int = 5, seed: int = 0) -> Completed:
    """COMET on a graph, with one relation left out of the training altogether; `count` pairs of either kind."""
    parts = comet.split(graph, 0.15, [unseen])
    pairs = comet.lines(graph, parts.train)
    everything = "".join(a + b for a, b in comet.lines(graph, list(graph)))
    tokenizer, generator = CharTokenizer(everything), torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    model = models.GPT(len(tokenizer), 64, 2, models.SoftmaxAttention)

    def batches():
        while True:
            chosen = torch.randint(len(pairs), (32,), generator=generator).tolist()
            yield comet.batch(tokenizer, [pairs[i] for i in chosen])

    models.train(model, batches(), steps, lr=4e-3, loss=comet.loss)
    common = {r: [t for t, _ in Counter(t.tail for t in parts.train if t.relation == r).most_common(k)]
              for r in graph.relations}  # fmt: skip
    rows = {"held_out": [], "commonest": [], "unseen": []}
    made, samples = {}, []
    for name, some in (("held_out", parts.held_out), ("unseen", parts.unseen)):
        asked = list(dict.fromkeys((t.head, t.relation) for t in some))
        for h, r in [asked[i] for i in torch.randperm(len(asked), generator=generator)[:count].tolist()]:
            right = [graph.label(t) for t in graph.out(h)[r]]
            found = comet.complete(model, tokenizer, comet.given(graph, h, r), k)
            rows[name].append(comet.hits(found, right, k))
            if name == "held_out":
                rows["commonest"].append(comet.hits([graph.label(t) for t in common[r]], right, k))
            made[graph.label(h), r] = found[:1]
            samples.append((comet.given(graph, h, r), ", ".join(right[:2]), found[:3]))
    known = {(graph.label(t.head), t.relation, graph.label(t.tail)) for t in parts.train}
    new = comet.novelty(made, known) if any(made.values()) else comet.Novelty(math.nan, math.nan)  # nothing ended
    return Completed(**rows, novelty=new, samples=samples)


# --- BertNet


TAU = 4.0  # of the weights; at 1 the best prompt of a few gets nearly all
PROMPTS = ("The capital of {h} is {t}", "{h} is governed from {t}", "Visitors to {h} arrive in its capital, {t}",
           "{h} and its largest office, in {t}")  # fmt: skip


class Harvest(NamedTuple):
    """The weights of the prompts; for each way the pairs, best first, with whether the graph has them; heads asked."""

    weights: list[float]
    pairs: dict[str, list[tuple[str, str, bool]]]
    asked: int


def likelihoods(model: TextModel, prompt: str, heads: Sequence[str], tails: Sequence[str]) -> tuple[Tensor, Tensor]:
    """log P(h | p) (H,) and log P(t | p, h) (H, T) of candidates, normalised over them: a model's habit of liking short
    names does not count."""
    before, between = prompt.split("{h}")
    between = between.split("{t}")[0]
    start = before or "\n"
    first = [(start.rstrip(" ") or "\n", (" " if before else "") + h) for h in heads]
    log_h = torch.tensor([s.log_prob for s in model.score(first)]).log_softmax(0)
    rows = []
    for h in heads:
        found = model.score([("", " " + t) for t in tails], prefix=(before + h + between).rstrip(" "), batch=64)
        rows.append([s.log_prob for s in found])
    return log_h, torch.tensor(rows).log_softmax(1)


def harvested(
    model: TextModel, graph: Graph, relation: str, heads: Sequence[str], tails: Sequence[str],
    seeds: Sequence[tuple[int, int]], count: int, prompts: Sequence[str] = PROMPTS,
) -> Harvest:  # fmt: skip
    """The `count` best pairs of a relation by the first prompt alone, by all prompts alike, and by weighted ones.

    seeds  known pairs (numbers of head and tail), which give the weights and are not counted among the pairs
    """
    said = [likelihoods(model, p, [graph.label(h) for h in heads], [graph.label(t) for t in tails]) for p in prompts]
    log_h, log_t = torch.stack([a for a, _ in said]), torch.stack([b for _, b in said])  # (k, H), (k, H, T)
    h, t = torch.tensor(seeds).T
    weighted = bertnet.prompt_weights(log_h[:, h], log_t[:, h, t], tau=TAU)
    alone, alike = torch.eye(len(prompts))[0], torch.full((len(prompts),), 1 / len(prompts))
    pairs, asked = {}, 0
    for name, w in (("first prompt", alone), ("all alike", alike), ("weighted", weighted)):
        found = bertnet.search(log_h, lambda i: log_t[:, i], w, count + len(seeds))
        new = [(a, b) for a, b, _ in found.pairs if (a, b) not in set(seeds)][:count]
        has = lambda a, b: Triple(heads[a], relation, tails[b]) in graph
        pairs[name] = [(graph.label(heads[a]), graph.label(tails[b]), has(a, b)) for a, b in new]
        asked = found.asked
    return Harvest([round(x, 3) for x in weighted.tolist()], pairs, asked)
