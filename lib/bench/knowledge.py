"""`python -m lib.bench.knowledge`: how fast graphs are read, asked and reasoned on -> lib/BENCHMARKS-knowledge.md.

Reading: a synthetic N-Triples file as Wikidata's truthy dump looks, a tenth of it texts with a language; next to our
reader pyoxigraph alone, which ours calls, and which stops at a malformed line. Queries: a synthetic graph, two hops
from an entity, by `solve` and by the embedded engine. QA-GNN: one step, forward and backward, on the Factbook's
questions; the peer has the same weights, and exchanges its messages with torch_geometric's MessagePassing and softmax.
"""

import copy
import functools
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # read when torch is imported

import torch
from llmcourse.knowledge import formats, graph_experiments, qagnn, query
from llmcourse.knowledge.factbook import factbook
from llmcourse.knowledge.graph import Graph

from . import machine, measure, report
from .zoo import PEERS

LINES = (1_000_000, 10_000_000)
TRIPLES, ENTITIES, RELATIONS, QUERIES = 1_000_000, 200_000, 20, 200
GRAPHS, ROUNDS = 16, 6
READ, TWO_HOPS, MB = 200_000, 10e-3, 2**20  # triples a second; "milliseconds" are fewer than ten of them
PAGE = Path(__file__).resolve().parents[1] / "BENCHMARKS-knowledge.md"
GRAPH_PEERS = PEERS / "graphs"  # a folder of its own: in the other one transformers would find fla
OURS, PEER = "llmcourse", "torch_geometric"


class Read(NamedTuple):
    """A reader, the lines of the file, triples a second, and the peak of its memory in bytes, if that is measurable."""

    name: str
    lines: int
    rate: float
    peak: int | None


# ------------------------------------------------------------------ reading


def write(file: Path, lines: int) -> None:
    """Synthetic triples in the form of latest-truthy.nt."""
    draw = random.Random(0)
    entity = lambda: f"<{formats.WIKIDATA}Q{draw.randrange(10**7)}>"
    with file.open("w", encoding="utf-8") as out:
        for i in range(lines):
            if i % 10:
                out.write(f"{entity()} <{formats.DIRECT}P{draw.randrange(1000)}> {entity()} .\n")
            else:
                out.write(f'{entity()} <{query.LABEL}> "number {draw.randrange(10**7)}"@en .\n')


def alone(file: Path) -> Iterator:
    """What the library reads without us."""
    import pyoxigraph

    return pyoxigraph.parse(path=str(file), format=pyoxigraph.RdfFormat.N_TRIPLES)


def reading(lines: tuple[int, ...] = LINES) -> list[Read]:
    """Every reader on files of so many lines. Nothing is kept, so what memory grows by is the reader's."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for n in lines:
            file = Path(folder) / "truthy.nt"
            write(file, n)
            for name, read in (("n_triples", formats.n_triples), ("pyoxigraph alone", alone)):
                counts: list[int] = []

                def run(read=read, file=file, counts=counts):
                    counts.append(sum(1 for _ in read(file)))

                seconds = measure.seconds(run)
                if counts != [n]:
                    raise RuntimeError(f"{name} read {counts} of {n} triples.")
                found.append(Read(name, n, n / seconds, measure.peak_bytes(run) if n == max(lines) else None))
    return found


# ------------------------------------------------------------------ queries


def asking(triples: int = TRIPLES, entities: int = ENTITIES, queries: int = QUERIES) -> dict[str, list[float]]:
    """Seconds of each two-hop query, by hand and by the engine, which have to agree."""
    draw = random.Random(0)
    node = lambda: f"n{draw.randrange(entities)}"
    graph = Graph((node(), f"r{draw.randrange(RELATIONS)}", node()) for _ in range(triples))
    sparql, times = query.Sparql(graph), {"solve": [], "Sparql.solve": []}
    heads = [triple for triple in graph if any(graph.out(triple.tail).values())]
    for first in draw.sample(heads, queries):
        then = draw.choice(list(graph.out(first.tail)))
        patterns = [(first.head, first.relation, "?x"), ("?x", then, "?y")]
        answers: list[list[query.Solution]] = []
        for name, solve in (("solve", functools.partial(query.solve, graph)), ("Sparql.solve", sparql.solve)):
            call = lambda solve=solve, patterns=patterns, answers=answers: answers.append(solve(patterns))
            times[name].append(measure.seconds(call))
        key = lambda solutions: sorted(sorted(s.items()) for s in solutions)
        if key(answers[0]) != key(answers[1]):
            raise RuntimeError(f"The two disagree on {patterns}.")
    return times


# ------------------------------------------------------------------ QA-GNN


def exchanged_by_torch_geometric(layer: qagnn.Layer) -> torch.nn.Module:
    """`layer`, its own weights, with messages that torch_geometric exchanges. Raises ImportError if that is missing."""
    if GRAPH_PEERS.is_dir() and str(GRAPH_PEERS) not in sys.path:
        sys.path.append(str(GRAPH_PEERS))
    from torch_geometric.nn import MessagePassing
    from torch_geometric.utils import softmax

    class Peer(MessagePassing):
        def __init__(self):
            super().__init__(aggr="add")
            self.layer = layer

        def forward(self, h, u, relevance, edges):
            relation, source, target = edges
            one_hot = torch.nn.functional.one_hot(relation, layer.kinds).to(h.dtype)
            r = layer.f_r(torch.cat([one_hot, u[source], u[target]], -1))
            rho = layer.f_rho(relevance[:, None])
            return layer.f_n(self.propagate(torch.stack([source, target]), h=h, u=u, rho=rho, r=r)) + h

        def message(self, h_i, h_j, u_i, u_j, rho_i, rho_j, r, edge_index, size_j):  # j sends to i
            q = layer.f_q(torch.cat([h_j, u_j, rho_j], -1))
            k = layer.f_k(torch.cat([h_i, u_i, rho_i, r], -1))
            alpha = softmax((q * k).sum(-1) / h_i.shape[-1] ** 0.5, edge_index[0], num_nodes=size_j)
            return alpha[:, None] * layer.f_m(torch.cat([h_j, u_j, r], -1))

    return Peer()


def steps(graphs: int = GRAPHS) -> dict[str, Callable[[], float]]:
    """Name -> one step on the same working graphs, forward and backward, which returns the loss."""
    asked = graph_experiments.prepared(factbook(), "train", graph_experiments.Vectors(), graphs)
    w, *_, right = graph_experiments.batched(asked)
    torch.manual_seed(0)
    net = graph_experiments.network("QA-GNN", w.x.shape[1], len(qagnn.edge_kinds(factbook())))

    def step(net: torch.nn.Module) -> float:
        net.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(w), right)
        loss.backward()
        return loss.item()

    calls = {OURS: functools.partial(step, net)}
    try:
        peer = copy.deepcopy(net)
        peer.layers = torch.nn.ModuleList(map(exchanged_by_torch_geometric, peer.layers))
    except ImportError:
        return calls
    return calls | {PEER: functools.partial(step, peer)}


def reasoning(rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Seconds of a step, in every round each once after a first that does not count."""
    calls = steps()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for i in range(rounds + 1):
        for name, call in calls.items():
            seconds = measure.seconds(call, 5)
            times[name] += [seconds] if i else []
    return times


# ------------------------------------------------------------------ the page


def page(read: list[Read], asked: dict[str, list[float]], reasoned: dict[str, list[float]], took: float, load: str):
    verdict = lambda ok: "reached" if ok else "**not reached**"
    ours = [r for r in read if r.name == "n_triples"]
    slowest, largest = min(r.rate for r in ours), max(ours, key=lambda r: r.lines)
    middle = {name: sorted(t)[len(t) // 2] for name, t in asked.items()}
    if PEER in reasoned:
        ratio = min(reasoned[PEER]) / min(reasoned[OURS])
        step = f"{ratio:.2f} x its speed | {verdict(ratio >= 1)}"
    else:
        step = "torch_geometric is not installed | not measured"
    origin = f"Written by `make bench`; files of {' and '.join(f'{n:,}' for n in LINES)} lines, one thread."
    memory = "not measurable here" if largest.peak is None else f"{largest.peak / MB:.0f} MB"
    bounded = verdict(largest.peak is not None and largest.peak < 64 * MB)
    lines = ["# Knowledge graphs", "", origin, "", *__doc__.partition("\n\n")[2].strip().splitlines(), "",
             f"- Machine: {machine.describe('cpu')}.", f"- {time.strftime('%Y-%m-%d')}; {took:.0f} s; {load}.",
             "- Processor seconds.", "",
             "## Targets", "", "| target | measured | |", "|---|---|---|",
             f"| {READ:,} triples a second | at least {slowest:,.0f} | {verdict(slowest >= READ)} |",
             f"| in bounded memory: {largest.lines:,} lines under 64 MB | {memory} | {bounded} |",
             f"| two hops among {TRIPLES:,} triples in milliseconds (the median) | {1e3 * max(middle.values()):.2f} ms "
             f"| {verdict(max(middle.values()) < TWO_HOPS)} |",
             f"| a step of QA-GNN no slower than torch_geometric's | {step} |", "",
             "## Reading", "", "| reader | lines | triples a second | peak, MB |", "|---|---|---|---|"]  # fmt: skip
    peak = lambda r: "" if r.peak is None else f"{r.peak / MB:.0f}"
    lines += [f"| {r.name} | {r.lines:,} | {r.rate:,.0f} | {peak(r)} |" for r in read]
    lines += ["", "## Two hops, ms", "", "| | median | slowest |", "|---|---|---|"]
    lines += [f"| {name} | {1e3 * middle[name]:.3f} | {1e3 * max(t):.2f} |" for name, t in asked.items()]
    lines += ["", f"## A step of QA-GNN on {GRAPHS} working graphs, ms", "", "| | quickest | median |", "|---|---|---|"]
    lines += [f"| {n} | {1e3 * min(t):.1f} | {1e3 * sorted(t)[len(t) // 2]:.1f} |" for n, t in reasoned.items()]
    return "\n".join(lines) + "\n"


def main() -> int:
    torch.set_num_threads(1)
    start, load = time.time(), report.load()
    reasoned = reasoning()
    print("QA-GNN: done", flush=True)
    asked = asking()
    print("queries: done", flush=True)
    read = reading()
    PAGE.write_text(page(read, asked, reasoned, time.time() - start, f"load average {load} before"), encoding="utf-8")
    print(f"wrote lib/{PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
