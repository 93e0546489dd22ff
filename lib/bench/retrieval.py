"""`python -m lib.bench.retrieval`: a thousand questions to a hundred thousand passages -> lib/BENCHMARKS-retrieval.md.

The passages are the Factbook's, repeated with noise: in every copy a tenth of the words are dropped and a tenth are
drawn from the whole corpus, so that no two are the same. The questions are the course's own. Vectors for the dense part
are those of 2,458 real passages with noise of half their length: encoding 100,000 texts takes an hour here.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # read when torch is imported

import torch
from llmcourse import data
from llmcourse.retrieval import BM25, dense, experiments, words

from . import machine, measure, report

PASSAGES, QUERIES, K = 100_000, 1000, 20
PAGE = Path(__file__).resolve().parents[1] / "BENCHMARKS-retrieval.md"
MB = 2**20


def documents(n: int) -> list[list[str]]:
    """n passages as words."""
    rng = random.Random(0)
    real = [words(p.text) for p in data.countries()]
    every = [word for text in real for word in text]
    noisy = lambda text: [rng.choice(every) if rng.random() < 0.1 else w for w in text if rng.random() > 0.1]
    return [real[i] if i < len(real) else noisy(real[i % len(real)]) for i in range(n)]


def vectors(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Queries (QUERIES, d) and passages (n, d), unit vectors."""
    corpus, g = experiments.facts(), torch.Generator().manual_seed(0)
    asked = [q.text for q in corpus.questions][:QUERIES]
    real, q = corpus.dense.x, corpus.dense.embedder.encode(asked)
    x = real[torch.arange(n) % len(real)]
    x = x + 0.5 * torch.randn(x.shape, generator=g) / x.shape[1] ** 0.5
    return q, torch.nn.functional.normalize(x, dim=-1)


def cost(call: Callable[[], object]) -> tuple[object, float, float]:
    """What a call returns, its processor seconds, and its peak memory in MB."""
    kept: list[object] = []
    seconds = measure.seconds(lambda: kept.append(call()))
    peak = measure.peak_bytes(call)
    return kept[0], seconds, (peak or 0) / MB


def run(n: int = PASSAGES, queries: int = QUERIES) -> list[list]:
    """Rows: method, seconds to index, seconds to search, MB to search, distance from our scores."""
    import bm25s
    import faiss

    texts = documents(n)
    asked = [words(q.text) for q in experiments.facts().questions][:queries]
    ours, build, _ = cost(lambda: BM25(texts))
    found, search, held = cost(lambda: ours.search(asked, K))
    rows = [["BM25", build, search, held, 0.0]]
    theirs = bm25s.BM25()
    _, build, _ = cost(lambda: theirs.index(texts, show_progress=False))
    (_, scores), search, held = cost(lambda: theirs.retrieve(asked, k=K, show_progress=False, n_threads=0))
    rows.append(["bm25s", build, search, held, abs(torch.from_numpy(scores) - found[0]).max().item()])
    print("words: done", flush=True)

    q, x = vectors(n)
    q = q[:queries]
    found, search, held = cost(lambda: dense.nearest(q, x, K))
    rows.append(["dense.nearest", 0.0, search, held, 0.0])
    _, search, held = cost(lambda: dense.nearest_at_once(q, x, K))
    rows.append(["dense.nearest_at_once", 0.0, search, held, 0.0])
    faiss.omp_set_num_threads(1)
    flat = faiss.IndexFlatIP(x.shape[1])
    _, build, _ = cost(lambda: flat.ntotal or flat.add(x.numpy()))
    (scores, _), search, held = cost(lambda: flat.search(q.numpy(), K))
    rows.append(["faiss IndexFlatIP", build, search, held, abs(torch.from_numpy(scores) - found[0]).max().item()])
    return rows


def page(rows: list[list], n: int, queries: int, took: float, load: str) -> str:
    by = {row[0]: row for row in rows}
    words_ratio = by["bm25s"][2] / by["BM25"][2]
    dense_ratio = by["faiss IndexFlatIP"][2] / by["dense.nearest"][2]
    seconds, memory = max(by["BM25"][2], by["dense.nearest"][2]), max(by["BM25"][3], by["dense.nearest"][3])
    verdict = lambda ok: "reached" if ok else "**not reached**"
    origin = f"Written by `make bench`; {queries:,} questions, {n:,} passages, the first {K}, one thread."
    lines = ["# Retrieval", "", origin, "",
             *__doc__.partition("\n\n")[2].strip().splitlines(), "",
             f"- Machine: {machine.describe('cpu')}.", f"- {time.strftime('%Y-%m-%d')}; {took:.0f} s; {load}.",
             "- Processor seconds. MB: peak memory of a search, without the index.", "",
             "## Targets", "", "| target | measured | |", "|---|---|---|",
             f"| all questions in seconds, under 10 | at most {seconds:.1f} s | {verdict(seconds < 10)} |",
             f"| in bounded memory: under 256 MB | at most {memory:.0f} MB | {verdict(memory < 256)} |",
             f"| the scores of bm25s to 1e-5 | {by['bm25s'][4]:.0e} apart | {verdict(by['bm25s'][4] < 1e-5)} |",
             f"| against bm25s | {words_ratio:.2f} x its speed | |",
             f"| against faiss | {dense_ratio:.2f} x its speed | |", "",
             "## Figures", "", "| method | index, s | search, s | search, MB | scores from ours |"]  # fmt: skip
    lines += ["|---|---|---|---|---|"]
    lines += [f"| {name} | {a:.2f} | {b:.2f} | {c:.0f} | {d:.0e} |" for name, a, b, c, d in rows]
    return "\n".join(lines) + "\n"


def main() -> int:
    torch.set_num_threads(1)
    start, load = time.time(), report.load()
    rows = run()
    took = time.time() - start
    PAGE.write_text(page(rows, PASSAGES, QUERIES, took, f"load average {load} before"), encoding="utf-8")
    print(f"wrote lib/{PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
