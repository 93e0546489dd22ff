"""REALM and the retriever's half of RA-DIT on facts about countries: a retriever learns which passage answers.

    q  (Q, 384), x  (N, 384)   questions and passages as MiniLM's vectors, which stay as they are
    W_q, W_d  (384, r)         the retriever: relevance is SHARP times the cosine of q W_q and x W_d
    log_py  (Q, N)             the reader's log p(y | z) of every question's answer, given every passage

The reader is a copying model in closed form: a word of the answer comes from the passage or from the corpus, at even
odds. Nobody trains it, so what the retriever learns can be told from what a reader learns. The retriever begins as one
random projection, from which there is much to learn. All passages are candidates: the sum over documents is exact.
"""

import functools
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from .. import data, models
from ..data.countries import RELATIONS
from ..data.passages import Question
from ..records import trials
from ..retrieval.dense import Dense
from ..retrieval.texts import words
from .radit import lsr_targets
from .realm import NULL, Index, log_marginal, scores

SHARP = 20.0
RANK = 16
STEPS, BATCH = 200, 128
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)  # searched for every arm, by SEARCHES seeds that don't count
SEARCHES = 2
SEEDS = tuple(range(8))
TOP = 20  # documents that RA-DIT and REALM's top-k look at
REFRESH = 20  # steps between two indexes
NEW = ("National anthem", "Currency", "Export partners", "National holiday")  # relations that are never trained on


class Facts(NamedTuple):
    """Questions of one kind: vectors (Q, d), numbers of the gold passages (Q,), and log p(y | z) of the answers."""

    q: Tensor
    gold: Tensor
    log_py: Tensor


class World(NamedTuple):
    """Passages as vectors (N, d), and questions: to train on, to choose by, and to test on.

    Countries are in one part only. `new` are relations that were never trained on.
    """

    x: Tensor
    train: Facts
    choose: Facts
    test: Facts
    new: Facts


def copying(
    texts: Sequence[str], answers: Sequence[str], odds: float = 0.5, memory: Sequence[str] | None = None
) -> Tensor:
    """log p(y | z) (answers, N) of a reader that copies each word from the passage at these odds, else recalls it.

    What it recalls is how frequent words are in `memory`: the texts it was trained on, by default the passages.
    """
    counts = [Counter(words(text)) for text in texts]
    corpus = Counter(word for text in (texts if memory is None else memory) for word in words(text))
    total, length = sum(corpus.values()), torch.tensor([float(max(1, sum(c.values()))) for c in counts])
    known: dict[str, Tensor] = {}
    for word in {w for answer in answers for w in words(answer)}:
        here = torch.tensor([float(c[word]) for c in counts]) / length
        known[word] = torch.log(odds * here + (1 - odds) * (corpus[word] + 0.1) / total)
    return torch.stack([torch.stack([known[w] for w in words(answer)]).sum(0) for answer in answers])


def edition(year: int = 2025) -> tuple[list, list[Question]]:
    """The passages of an edition that questions are about, and its questions."""
    passages = [p for p in data.countries(year) if p.topic in {*RELATIONS, "Border countries"}]
    return passages, list(data.country_questions(year))


@functools.cache
def encoded(year: int) -> tuple[list, list[Question], Tensor, Tensor]:
    """The passages of an edition, its questions, and both as vectors: (N, d) and (Q, d)."""
    passages, questions = edition(year)
    vectors = lambda texts: Dense(models.embedder(), texts).x
    return passages, questions, vectors([p.text for p in passages]), vectors([one.text for one in questions])


@functools.cache
def world(year: int = 2025, odds: float = 0.5) -> World:
    """Everything that is asked; `odds` is how often the reader copies."""
    passages, questions, x, q = encoded(year)
    number = {p.key: i for i, p in enumerate(passages)}
    log_py = copying([p.text for p in passages], [question.answers[0] for question in questions], odds)
    gold = torch.tensor([number[question.gold[0]] for question in questions])
    titles = sorted({passages[i].title for i in gold.tolist()})
    held = set(titles[::5])  # of the countries to train on, every fifth is there to choose by

    def those(wanted: Callable[[Question, str], bool]) -> Facts:
        rows = [i for i, one in enumerate(questions) if wanted(one, passages[gold[i]].title)]
        return Facts(q[rows], gold[rows], log_py[rows])

    return World(
        x,
        those(lambda one, title: one.split == "dev" and one.relation not in NEW and title not in held),
        those(lambda one, title: one.split == "dev" and one.relation not in NEW and title in held),
        those(lambda one, title: one.split == "test" and one.relation not in NEW),
        those(lambda one, title: one.split == "test" and one.relation in NEW),
    )


# ------------------------------------------------------------------ the retriever


class Retriever(torch.nn.Module):
    """Two linear maps of fixed vectors. `d` of the null document is learned."""

    def __init__(self, width: int, generator: Generator, rank: int = RANK):
        super().__init__()
        start = torch.randn(width, rank, generator=generator) / rank**0.5
        self.W_q, self.W_d = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
        self.null = torch.nn.Parameter(torch.zeros(rank))

    def queries(self, q: Tensor) -> Tensor:
        return SHARP * F.normalize(q @ self.W_q, dim=-1)

    def documents(self, x: Tensor) -> Tensor:
        return F.normalize(x @ self.W_d, dim=-1)

    def forward(self, q: Tensor, x: Tensor) -> Tensor:
        """Relevance (Q, N)."""
        return self.queries(q) @ self.documents(x).mT


@torch.no_grad()
def recall(retriever: Retriever, x: Tensor, facts: Facts, k: int = 1) -> float:
    """The share of questions whose gold passage is among the k most relevant."""
    s = retriever(facts.q, x)
    return ((s > s.gather(1, facts.gold[:, None])).sum(1) < k).float().mean().item()


# ------------------------------------------------------------------ losses: who tells it what is right


Loss = Callable[[Retriever, Tensor, Facts, Tensor, int], Tensor]  # of some questions, by their numbers, at a step


def labelled(net: Retriever, x: Tensor, facts: Facts, rows: Tensor, step: int) -> Tensor:
    """The gold passage is known."""
    return F.cross_entropy(net(facts.q[rows], x), facts.gold[rows])


def latent(net: Retriever, x: Tensor, facts: Facts, rows: Tensor, step: int) -> Tensor:
    """REALM, with the sum over all passages: only the answer is known."""
    return -log_marginal(net(facts.q[rows], x).log_softmax(-1), facts.log_py[rows]).mean()


def one_side(loss: Loss) -> Loss:
    """The same, where only the questions' side learns: the index of the passages stays valid."""

    def with_fixed_passages(net: Retriever, x: Tensor, facts: Facts, rows: Tensor, step: int) -> Tensor:
        net.W_d.requires_grad_(False)
        return loss(net, x, facts, rows, step)

    return with_fixed_passages


def deaf(net: Retriever, x: Tensor, facts: Facts, rows: Tensor, step: int) -> Tensor:
    """The control: a reader that reads another question's passages. What it likes tells nothing about this one."""
    return -log_marginal(net(facts.q[rows], x).log_softmax(-1), facts.log_py[rows.flip(0)]).mean()


class TopK:
    """REALM as published: the TOP documents of an index that lags behind, and the null document."""

    def __init__(self) -> None:
        self.index: Index | None = None

    def __call__(self, net: Retriever, x: Tensor, facts: Facts, rows: Tensor, step: int) -> Tensor:
        if self.index is None:
            self.index = Index(lambda: net.documents(x), most=2 * REFRESH)
        elif step % REFRESH == 0:  # what was begun one refresh ago is ready now
            self.index.swap()
            self.index.begin(step)
        q = net.queries(facts.q[rows])
        found = self.index.search(q, TOP, torch.full((len(rows),), NULL), step)
        log_pz = scores(q, net.documents(x), found, net.null).log_softmax(-1)
        nothing = facts.log_py[rows].min(1, keepdim=True).values  # the corpus alone: no passage has the word
        return -log_marginal(log_pz, torch.cat([facts.log_py[rows].gather(1, found), nothing], 1)).mean()


def lsr(of: str, tau: float, reverse: bool = False) -> Loss:
    """RA-DIT: the reader's likelihoods as a distribution over the TOP passages.

    of       "p": softmax(p / tau), as published; "log p": softmax(log p / tau), as most code has it
    reverse  KL(p_LSR || p_R) instead of the published KL(p_R || p_LSR)
    """

    def loss(net: Retriever, x: Tensor, facts: Facts, rows: Tensor, step: int) -> Tensor:
        s, found = net(facts.q[rows], x).topk(TOP, -1)
        log_py = facts.log_py[rows].gather(1, found)
        target = lsr_targets(log_py, tau) if of == "p" else (log_py / tau).softmax(-1)
        log_target, log_pr = target.clamp(min=1e-30).log(), s.log_softmax(-1)
        a, b = (log_target, log_pr) if reverse else (log_pr, log_target)
        return (a.exp() * (a - b)).sum(-1).mean()

    return loss


ARMS: dict[str, Callable[[], Loss]] = {
    "labels": lambda: labelled,
    "latent": lambda: latent,
    "latent, top k": TopK,
    "another's reader": lambda: deaf,
    "labels, one side": lambda: one_side(labelled),
    "latent, one side": lambda: one_side(latent),
    "LSR of p, tau 0.01": lambda: one_side(lsr("p", 0.01)),
    "LSR of p, tau 0.001": lambda: one_side(lsr("p", 0.001)),
    "LSR of log p": lambda: one_side(lsr("log p", 1.0)),
    "LSR of log p, other way": lambda: one_side(lsr("log p", 1.0, reverse=True)),
    "LSR of log p, both sides": lambda: lsr("log p", 1.0),
}


class Run(NamedTuple):
    """Recall@1 before and after, by part of the world; and the retriever that was trained."""

    before: dict[str, float]
    after: dict[str, float]
    retriever: Retriever


def parts(net: Retriever, w: World) -> dict[str, float]:
    return {name: recall(net, w.x, getattr(w, name)) for name in ("choose", "test", "new")}


def learn(
    w: World, arm: str, seed: int, lr: float, steps: int = STEPS, watch: Callable[[int, Retriever], None] | None = None
) -> Run:
    """A retriever from a random projection; `watch` sees it before every step."""
    generator = torch.Generator().manual_seed(seed)
    net, loss = Retriever(w.x.shape[1], generator), ARMS[arm]()
    optimizer, before = torch.optim.Adam(net.parameters(), lr=lr), parts(net, w)
    for step in range(steps):
        if watch:
            watch(step, net)
        rows = torch.randperm(len(w.train.q), generator=generator)[:BATCH]
        optimizer.zero_grad()
        loss(net, w.x, w.train, rows, step).backward()
        optimizer.step()
    return Run(before, parts(net, w), net)


def searched(w: World, arm: str, rates: Sequence[float], steps: int) -> list[tuple[float, float]]:
    """(learning rate, recall@1 on countries that are neither trained on nor tested), the mean of seeds of its own."""
    seeds = range(trials.SEARCHED, trials.SEARCHED + SEARCHES)
    score = lambda lr: statistics.fmean(learn(w, arm, seed, lr, steps).after["choose"] for seed in seeds)
    return [(lr, round(score(lr), 4)) for lr in rates]


class Found(NamedTuple):
    """What came of several arms: the rates that were tried and chosen, and the runs, arm by arm and seed by seed."""

    tried: dict[str, list[tuple[float, float]]]
    rates: dict[str, float]
    runs: dict[str, list[Run]]

    def recall(self, arm: str, part: str = "test") -> list[float]:
        """Recall@1 after training, one number for each seed."""
        return [run.after[part] for run in self.runs[arm]]


def compared(
    w: World, arms: Sequence[str], seeds: Sequence[int] = SEEDS, rates: Sequence[float] = RATES, steps: int = STEPS
) -> Found:
    """Every arm with the same search for a rate, and then with the same seeds."""
    tried = {arm: searched(w, arm, rates, steps) for arm in arms}
    best = trials.best(tried)
    return Found(tried, best, {arm: [learn(w, arm, seed, best[arm], steps) for seed in seeds] for arm in arms})
