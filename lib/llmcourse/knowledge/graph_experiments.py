"""Who needs the graph: readers of questions with one to three steps, over graphs that are right, poor, and wrong.

    arm      no graph          the network of QA-GNN without an edge: it has the question and the choices
             triples as text   the same triples as sentence vectors, read in several rounds, without structure
             GNN               QA-GNN that takes every node for equally relevant
             QA-GNN            with relevance
             JointLK           with tokens that attend to nodes, and pruning; "all nodes": without pruning
    graph    as it is          or 30 % of its triples left out, as many false ones added as half of it has, or shuffled

A reader is trained and tested on the same graph: what it lacks, it lacks always. All arms have the same questions, as
many steps, and the same search for a learning rate, on the true graph. A seed draws the weights and the batches; there
is one damaged graph of each kind, and one draw of questions and choices.
"""

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .. import models, records
from ..records import trials
from .factbook import factbook
from .graph import Graph, between, distracted, shuffled, without
from .jointlk import JointLK
from .qagnn import QAGNN, Working, edge_kinds, on_paths, pruned, side_by_side, working
from .questions import GraphQuestion, choices, questions, sample

CHOICES, HOPS, NODES = 8, 3, 24  # choices of a question; how far a working graph goes, and how many nodes it keeps
D, LAYERS, STEPS, BATCH = 48, 3, 160, 16
RATES = (3e-3, 1e-2, 2e-2)
TRAIN, VALIDATION, TEST = 600, 90, 180
SEEDS = 3
DAMAGE: dict[str, Callable[[Graph, torch.Generator], Graph]] = {
    "as it is": lambda graph, generator: graph,
    "30 % left out": lambda graph, generator: without(graph, 0.3, generator),
    "50 % false besides": lambda graph, generator: distracted(graph, 0.5, generator),
    "shuffled": shuffled,
}
ARMS = ("no graph", "triples as text", "GNN", "QA-GNN", "JointLK", "JointLK, all nodes")
DAMAGED = [  # (graph, arm)
    ("30 % left out", "triples as text"), ("30 % left out", "QA-GNN"), ("50 % false besides", "GNN"),
    ("50 % false besides", "QA-GNN"), ("50 % false besides", "JointLK"), ("shuffled", "QA-GNN"),
]  # fmt: skip
KEEP = 0.8  # JointLK's share of nodes after each layer


class Asked(NamedTuple):
    """A question ready for every arm: its working graph, the triples in it (M, d), tokens (L, d), and what is right."""

    graph: Working
    facts: Tensor
    tokens: Tensor
    right: int
    hops: int


class Vectors:
    """A frozen encoder with a memory: unit vectors of texts, (n, d), and the vectors of a text's tokens."""

    def __init__(self):
        self.encoder = models.embedder()
        self._known: dict[str, Tensor] = {}

    def __call__(self, texts: Sequence[str]) -> Tensor:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self.encoder.encode(new)) if new else ())
        return torch.stack([self._known[text] for text in texts])

    @functools.cache  # noqa: B019 - the memory lives as long as an experiment
    @torch.no_grad()
    def tokens(self, text: str) -> Tensor:
        x = self.encoder.tokenizer([text], return_tensors="pt")
        return self.encoder.model(**x).last_hidden_state[0].float()  # (L, d)


@functools.cache
def drawn() -> dict[str, list[tuple[GraphQuestion, list[str], int]]]:
    """The questions with their choices: the same for every arm and seed, as many of each number of steps. Training and
    validation have other topics than the test."""
    parts: dict[str, list] = {"train": [], "validation": [], "test": []}
    generator = torch.Generator().manual_seed(0)
    for hops in (1, 2, 3):
        some = {s: [q for q in questions() if q.hops == hops and q.split == s] for s in ("dev", "test")}
        some = {s: [q for q in qs if q.plan != ("government",)] for s, qs in some.items()}  # two or three answers fit
        n = (TRAIN + VALIDATION) // 3
        dev = sample(some["dev"], n)
        cut = {"train": dev[VALIDATION // 3 :], "validation": dev[: VALIDATION // 3],
               "test": sample(some["test"], TEST // 3)}  # fmt: skip
        for part, qs in cut.items():
            parts[part] += [(q, *choices(factbook(), q, CHOICES, generator)) for q in qs]
    return parts


def prepared(
    graph: Graph, part: str, vectors: Vectors, most: int = 0, text: bool = False, every: int = 1
) -> list[Asked]:
    """The questions of a part over a graph, or each `every`-th, at most `most`; with their triples as sentence vectors
    if `text` is asked for."""
    kinds, found = edge_kinds(factbook()), []
    for q, offered, right in drawn()[part][::every][: most or None]:
        z = vectors([q.text])[0]
        named = lambda entities: vectors([factbook().label(e) for e in entities])
        entities = on_paths(graph, q.topic, offered, HOPS)
        entities = pruned(entities, 1 + CHOICES, lambda others, z=z, named=named: named(others) @ z, NODES)
        facts = [graph.words(t) for t in between(graph, entities)] if text else []
        facts = vectors(facts) if facts else torch.zeros(1, z.shape[0])
        network = working(graph, q.topic, offered, entities, named, z, kinds)
        found.append(Asked(network, facts, vectors.tokens(q.text), right, q.hops))
    return found


def batched(asked: Sequence[Asked]) -> tuple[Working, tuple[Tensor, Tensor], tuple[Tensor, Tensor], Tensor]:
    """Working graphs side by side, tokens with their mask, triples with theirs, and what is right (B,)."""
    pad = lambda rows: (
        nn.utils.rnn.pad_sequence(rows, batch_first=True),
        torch.arange(max(map(len, rows))) < torch.tensor([[len(x)] for x in rows]),
    )
    right = torch.tensor([a.right for a in asked])
    return side_by_side([a.graph for a in asked]), pad([a.tokens for a in asked]), pad([a.facts for a in asked]), right


class TextReader(nn.Module):
    """Triples as text: each choice reads all sentence vectors in several rounds of attention, (B, C)."""

    def __init__(self, d_in: int, d: int, rounds: int):
        super().__init__()
        self.text, self.facts = nn.Linear(d_in, d), nn.Linear(d_in, 2 * d)
        self.ask = nn.ModuleList(nn.Sequential(nn.Linear(3 * d, d), nn.ReLU(), nn.Linear(d, d)) for _ in range(rounds))
        self.out = nn.Sequential(nn.Linear(3 * d, d), nn.ReLU(), nn.Linear(d, 1))

    def forward(self, w: Working, facts: Tensor, there: Tensor) -> Tensor:
        x = self.text(w.x)
        choice, question = x[w.choices], x[w.questions][:, None].expand(-1, w.choices.shape[1], -1)  # (B, C, d)
        k, v = self.facts(facts).chunk(2, -1)  # (B, M, d)
        read = torch.zeros_like(choice)
        for ask in self.ask:
            q = ask(torch.cat([choice, question, read], -1))
            scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(~there[:, None], -torch.inf)
            read = read + scores.softmax(-1) @ v
        return self.out(torch.cat([choice, question, read], -1)).squeeze(-1)


def network(arm: str, d_in: int, kinds: int) -> nn.Module:
    """An untrained reader. Raises KeyError for an arm that does not exist."""
    return {
        "no graph": lambda: QAGNN(d_in, kinds, D, LAYERS, graph=False),
        "triples as text": lambda: TextReader(d_in, D, LAYERS),
        "GNN": lambda: QAGNN(d_in, kinds, D, LAYERS, relevance=False),
        "QA-GNN": lambda: QAGNN(d_in, kinds, D, LAYERS),
        "JointLK": lambda: JointLK(d_in, kinds, D, LAYERS, keep=KEEP),
        "JointLK, all nodes": lambda: JointLK(d_in, kinds, D, LAYERS, keep=1.0),
    }[arm]()


def scores(net: nn.Module, batch) -> Tensor:
    """(B, C), whatever the arm reads."""
    w, tokens, facts, _ = batch
    if isinstance(net, TextReader):
        return net(w, *facts)
    return net(w, *tokens)[0] if isinstance(net, JointLK) else net(w)


def learn(arm: str, train: Sequence[Asked], steps: int, seed: int, rate: float) -> nn.Module:
    """A reader after `steps` batches, AdamW with a learning rate that falls to 0 in a line."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    net = network(arm, train[0].tokens.shape[-1], len(edge_kinds(factbook())))
    optimiser = torch.optim.AdamW(net.parameters(), rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / steps)
    for _ in range(steps):
        batch = batched([train[i] for i in torch.randint(len(train), (BATCH,), generator=generator).tolist()])
        loss = F.cross_entropy(scores(net, batch), batch[-1])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    return net.eval()


@torch.no_grad()
def right(net: nn.Module, asked: Sequence[Asked]) -> list[int]:
    """Whether each question is answered rightly."""
    return [int(scores(net, batched([a])).argmax() == a.right) for a in asked]


@torch.no_grad()
def left(net: nn.Module, asked: Sequence[Asked]) -> list[float]:
    """JointLK: the mean share of nodes that is left after each layer."""
    shares = [net(a.graph, a.tokens[None], torch.ones(1, len(a.tokens), dtype=torch.bool))[1] for a in asked]
    return torch.tensor(shares).mean(0).tolist()


def run(arm: str, data: dict[str, list[Asked]], seed: int, rate: float, steps: int) -> dict:
    """One reader, trained and tested: which test questions are right; of JointLK, the share of nodes left."""
    net = learn(arm, data["train"], steps, seed, rate)
    shares = {"left": [round(x, 3) for x in left(net, data["test"])]} if isinstance(net, JointLK) else {}
    return {"arm": arm, "seed": seed, "right": right(net, data["test"]), **shares}


def on_true_graph(seeds: int = SEEDS, steps: int = STEPS, most: int = 0) -> dict:
    """Every arm with every seed, at the rate that was best for it on the validation questions."""
    vectors = Vectors()
    data = {part: prepared(factbook(), part, vectors, most, text=True) for part in ("train", "validation", "test")}
    share = lambda found: round(sum(found) / len(found), 4)
    searched = lambda arm, rate: learn(arm, data["train"], steps // 3, trials.SEARCHED, rate)
    tried = {arm: [(r, share(right(searched(arm, r), data["validation"]))) for r in RATES] for arm in ARMS}
    rates = trials.best(tried)
    runs = [run(arm, data, seed, rates[arm], steps) for seed in range(seeds) for arm in ARMS]
    sizes = [len(a.graph.x) for a in data["test"]]
    return {"hops": [a.hops for a in data["test"]], "nodes": sizes, "tried": tried, "rates": rates, "runs": runs}


def on_damaged_graphs(rates: dict[str, float], seeds: int = SEEDS, steps: int = STEPS, most: int = 0) -> dict:
    """DAMAGED with every seed, at the rates that were found on the true graph; and what the damage costs: the share of
    test questions with a reasoning path that is still whole."""
    vectors, runs, whole = Vectors(), [], {}
    for damage in dict.fromkeys(graph for graph, _ in DAMAGED):
        graph = DAMAGE[damage](factbook(), torch.Generator().manual_seed(0))
        text = (damage, "triples as text") in DAMAGED
        data = {part: prepared(graph, part, vectors, most, text) for part in ("train", "test")}
        asked = [(q, offered[i]) for q, offered, i in drawn()["test"][: most or None]]
        intact = lambda q, gold, graph=graph: any(
            p.answer == gold and all(t in graph for t in p.triples) for p in q.paths
        )
        whole[damage] = [int(intact(q, gold)) for q, gold in asked]
        arms = [arm for where, arm in DAMAGED if where == damage]
        runs += [{"graph": damage, **run(a, data, s, rates[a], steps)} for s in range(seeds) for a in arms]
    return {"whole": whole, "runs": runs}


@records.record("15_readers")
def record_readers() -> dict:
    """Every arm on the true graph, three seeds each."""
    return on_true_graph()


def record_damage() -> dict:
    """DAMAGED, three seeds each, at the rates of 15_readers."""
    return on_damaged_graphs(records.load("15_readers")["rates"])
