"""Retrieval that decides for itself: every algorithm with stand-ins for the models, against scikit-learn, exhaustive
search and printed formulas; the questions; and all systems with SmolLM2 and MiniLM for real (slow)."""

import itertools
import json
import math
import random

import numpy as np
import pytest
import torch
from llmcourse import data, models
from llmcourse.agentic_rag import (
    TOOLS,
    Tools,
    adaptive,
    bridge,
    crag,
    iterative,
    questions,
    raptor,
    real,
    self_rag,
    speculative,
    systems_experiments,
    threshold_experiments,
    tuned,
)
from llmcourse.agentic_rag import experiments as measured
from llmcourse.agentic_rag.lecture_13 import tables
from llmcourse.data.passages import split
from llmcourse.retrieval import experiments
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture

ARENA = [p.text for p in questions.ARENA_PASSAGES]
WHERE = {p.key: i for i, p in enumerate(questions.ARENA_PASSAGES)}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def by_words(corpus):
    """A retriever that counts common words; a passage without any is not found."""
    cut = lambda text: {word.strip(".,?()") for word in text.lower().split()} - {"the", "a", "at", "is", "of"}

    def search(inputs):
        found = []
        for query, k in inputs:
            common = [len(cut(query) & cut(text)) for text in corpus]
            found.append(tuple(sorted((i for i in range(len(corpus)) if common[i]), key=lambda i: -common[i])[:k]))
        return found

    return search


# --- traces


def asks_a_reader(question, corpus, tools):
    return adaptive.one_step(question, corpus, tools, k=2)


def test_a_trace_replays_without_any_model_and_costs_are_counted():
    tools = Tools({"search": by_words(ARENA), "read": lambda xs: [f"{len(p)} passages" for _, p in xs]})
    trace = asks_a_reader(questions.ARENA.text, ARENA, tools)
    again = asks_a_reader(questions.ARENA.text, ARENA, trace.tools())
    assert again.answer == trace.answer == "2 passages"
    assert [(s.kind, s.inputs, s.results) for s in again.steps] == [(s.kind, s.inputs, s.results) for s in trace.steps]
    read = trace.steps[-1]
    texts = [read.inputs[0][0], *read.inputs[0][1], "2 passages"]
    assert trace.tokens == sum(len(t.split()) for t in texts) and trace.steps[0].tokens == 0
    assert "read 2 passages" in str(trace) and "-> 2 passages" in str(trace)


def test_a_replay_that_takes_another_way_is_noticed():
    tools = Tools({"search": by_words(ARENA), "read": lambda xs: ["x"] * len(xs)})
    trace = asks_a_reader(questions.ARENA.text, ARENA, tools)
    with pytest.raises(LookupError, match="takes another way than the recorded one"):
        asks_a_reader("Another question about the arena?", ARENA, trace.tools())


def test_nothing_is_computed_twice_and_a_batch_is_one_call():
    asked = []
    tools = Tools({"read": lambda xs: [asked.append(list(xs)), ["x"] * len(xs)][1]})
    tools.call("read", [("q", ("a",)), ("q", ("b",)), ("q", ("a",))])
    tools.call("read", [("q", ("b",)), ("q", ("c",))])
    assert asked == [[("q", ("a",)), ("q", ("b",))], [("q", ("c",))]] and tools.called == {"read": 3}


def test_a_missing_tool_is_named():
    with pytest.raises(LookupError, match=r"needs the tool 'search': \(query, k\)"):
        adaptive.one_step("q", ARENA, Tools({"read": list}))
    with pytest.raises(LookupError, match="There is no tool 'find'"):
        Tools({}).call("find", ["q"])
    with pytest.raises(ValueError, match="returned 1 results for 2 inputs"):
        Tools({"read": lambda xs: ["x"]}).call("read", [1, 2])


# --- iterative retrieval


def draft_of_the_paper(inputs):
    """Reads the seats of the first arena that it sees, and says where the team played, as in the paper's table."""
    found = []
    for _, passages in inputs:
        text = " ".join(passages)
        found.append("3,677" if "3,677" in text else questions.ARENA_DRAFT)
    return found


def test_the_arena_is_found_in_the_second_round_only():
    tools = Tools({"search": by_words(ARENA), "read": draft_of_the_paper})
    first = iterative.answer(questions.ARENA.text, ARENA, tools, rounds=1, k=1)
    assert "5,948" in first.answer
    second = iterative.answer(questions.ARENA.text, ARENA, tools, rounds=2, k=2)
    found = [step.results[0] for step in second.steps if step.kind == "search"]
    gold = [WHERE[key] for key in questions.ARENA.gold]
    assert set(found[1]) == set(gold) and second.answer == "3,677"
    assert second.queries[1] == f"{questions.ARENA_DRAFT} {questions.ARENA.text}"


def test_a_loop_stops_and_says_so():
    tools = Tools({"search": by_words(ARENA), "read": lambda xs: ["Colisée"] * len(xs)})
    trace = iterative.answer(questions.ARENA.text, ARENA, tools, rounds=9)
    assert len(trace.queries) == 2 and trace.decisions == ["round 3 would ask the same again: stop"]


def test_nothing_found_is_no_answer():
    tools = Tools({"search": lambda xs: [()] * len(xs), "read": lambda xs: ["x"] * len(xs)})
    trace = iterative.answer("q?", ARENA, tools)
    assert trace.answer == "" and trace.decisions == ["round 1 found nothing: stop"]
    with pytest.raises(ValueError, match="rounds is 0"):
        iterative.answer("q?", ARENA, tools, rounds=0)


# --- CRAG


@pytest.mark.parametrize("seed", range(30))
def test_the_verdict_is_the_table_of_the_paper(seed):
    """A third derivation: of flags 2, 1, 0 for each passage, as in the published code, the largest decides."""
    r = random.Random(seed)
    scores = [round(r.uniform(-1, 1), 1) for _ in range(r.randrange(0, 6))]
    upper, lower = 0.6, -0.5
    flags = [2 if s >= upper else 1 if s >= lower else 0 for s in scores]
    assert crag.verdict(scores, upper, lower) == crag.VERDICTS[2 - max(flags, default=0)]


def test_verdicts_at_the_thresholds():
    assert crag.verdict([0.59, -1], 0.59, -0.99) == "correct" and crag.verdict([-0.99], 0.59, -0.99) == "ambiguous"
    assert crag.verdict([], 0.59, -0.99) == "incorrect"
    with pytest.raises(ValueError, match="is above the upper one"):
        crag.verdict([0], -1, 1)


def test_strips_cut_and_join_without_loss():
    for passage in data.countries()[::97]:
        for sentences in (1, 2, 5):
            assert " ".join(crag.strips(passage.text, sentences)) == passage.text
    pieces = ["a", "b", "c", "d"]
    assert crag.recompose(pieces, [0.1, 0.9, -0.9, 0.5], keep=0, most=2) == "b d"
    assert crag.recompose(pieces, [-1] * 4) == ""


def test_thresholds_are_the_best_of_all_cuts():
    r = random.Random(1)
    scores = [[r.gauss(0, 1) for _ in range(3)] for _ in range(60)]
    useful = [[s > r.gauss(0.5, 0.4) for s in row] for row in scores]
    upper, lower = crag.thresholds(scores, useful, trust=0.9)
    share = lambda keep: [any(u) for s, u in zip(scores, useful) if keep(max(s))]
    assert np.mean(share(lambda s: s >= upper)) >= 0.9 and np.mean(share(lambda s: s < lower)) <= 0.1
    smaller = [max(s) for s in scores if max(s) < upper]
    assert all(np.mean(share(lambda s, c=c: s >= c)) < 0.9 for c in smaller)
    assert lower <= upper
    assert crag.thresholds([[1.0], [2.0]], [[False], [False]]) == (math.inf, 1.5)
    assert crag.thresholds([[1.0], [2.0]], [[True], [True]])[0] == 1.0
    with pytest.raises(ValueError, match="no search"):
        crag.thresholds([], [])


def corrective(scores, fallback=("Paris. Capital: Paris",)):
    return Tools(
        {
            "search": lambda xs: [(0, 1)] * len(xs),
            "relevance": lambda xs: [scores.get(text, -1.0) for _, text in xs],
            "fallback": lambda xs: [fallback] * len(xs),
            "read": lambda xs: [" | ".join(passages) for _, passages in xs],
        }
    )


def test_each_verdict_reads_its_own_source():
    corpus = ["France. Capital: Paris; on the Seine", "France. Currency: euro"]
    good = {corpus[0]: 0.9, "France. Capital: Paris;": 0.8, "Paris. Capital: Paris": 0.7}
    run = lambda scores: crag.answer("q?", corpus, corrective(scores), upper=0.6, lower=-0.5)
    assert run(good).answer == "France. Capital: Paris;" and run(good).decisions == ["correct"]
    assert run({**good, corpus[0]: 0.0}).answer == "France. Capital: Paris; | Paris. Capital: Paris"
    assert run({**good, corpus[0]: -0.9}).answer == "Paris. Capital: Paris"
    nothing = run({})
    assert nothing.answer == "" and nothing.decisions == ["incorrect", "nothing is left to read"]


# --- Self-RAG


def test_scores_are_those_of_the_published_code():
    """A relevance of 0.7, a support of 0.5 and 0.3, a utility of mostly 4: numbers worked out by hand."""
    assert self_rag.relevance_score((0.07, 0.03)) == pytest.approx(0.7)
    assert self_rag.support_score((0.5, 0.3, 0.2)) == pytest.approx(0.65)
    assert self_rag.utility_score((0, 0, 0.2, 0.6, 0.2)) == pytest.approx(0.5)
    score = self_rag.segment_score(0.3, (0.07, 0.03), (0.5, 0.3, 0.2), (0, 0, 0.2, 0.6, 0.2))
    assert score == pytest.approx(0.3 + 0.7 + 0.65 + 0.5 * 0.5)
    assert self_rag.segment_score(0, (1, 0), (1, 0, 0), (0, 0, 0, 0, 1)) == 2.5


def test_retrieval_is_decided_by_probabilities_not_by_their_logarithms():
    assert self_rag.needs_retrieval(0.09, 0.01) and not self_rag.needs_retrieval(0.01, 0.09)
    yes, no = math.log(0.09), math.log(0.01)
    assert not yes / (yes + no) > 0.5  # what the released code computes: it says no where yes is nine times as likely


@pytest.mark.parametrize("seed", range(20))
def test_a_wide_beam_is_exhaustive_search(seed):
    r = random.Random(seed)
    drawn = {}

    def continued(text):
        key = tuple(s.text for s in text)
        if key not in drawn:
            drawn[key] = [self_rag.Segment(f"{i}", r.random(), i, r.random() > 0.2) for i in range(3)]
        return drawn[key] if len(text) < 3 else ()

    best = self_rag.segment_beam(continued, width=1000)
    every = []

    def walk(text):
        following = [s for s in continued(text) if s.hard]
        if not following:
            every.append(text)
        for segment in following:
            walk((*text, segment))

    walk(())
    total = lambda text: sum(s.score for s in text)
    assert total(best) == pytest.approx(max(map(total, every)))
    assert total(self_rag.segment_beam(continued, width=1)) <= total(best) + 1e-12


def test_a_text_for_training_has_a_token_of_each_group():
    text = self_rag.labelled("q?", "p", "a", ("[Relevant]", "[No support]", "[Utility:2]"))
    assert text == "Question: q?\nAnswer:[Retrieve]<p>p</p>[Relevant] a[No support][Utility:2]"
    assert self_rag.labelled("q?", None, "a", ("[Utility:5]",)).endswith("[No Retrieve] a[Utility:5]")
    with pytest.raises(ValueError, match="one token of each group"):
        self_rag.labelled("q?", "p", "a", ("[Utility:5]",))


def reflecting(need=0.9, support=None):
    support = support or {"3,677": (0.9, 0.1, 0.0)}
    return Tools(
        {
            "need": lambda xs: [need] * len(xs),
            "search": by_words(ARENA),
            "read": lambda xs: ["by heart" if not p else "3,677" if "3,677" in p[0] else "5,948" for _, p in xs],
            "relevance": lambda xs: [0.9 if "Colis" in p else 0.2 for _, p in xs],
            "support": lambda xs: [support.get(a, (0.0, 0.2, 0.8)) for _, _, a in xs],
            "utility": lambda xs: [(0, 0, 0, 0, 1)] * len(xs),
        }
    )


def test_self_rag_retrieves_on_need_and_takes_the_best_supported():
    assert self_rag.answer(questions.ARENA.text, ARENA, reflecting()).answer == "3,677"
    by_heart = self_rag.answer(questions.ARENA.text, ARENA, reflecting(need=0.1))
    assert by_heart.answer == "by heart" and by_heart.queries == []
    refused = self_rag.answer(questions.ARENA.text, ARENA, reflecting(support={"x": 1}), least_support=0.5)
    assert refused.answer == "" and "all were refused" in refused.decisions[-1]


# --- Adaptive-RAG


def test_the_label_is_the_cheapest_that_was_right():
    """All eight outcomes, for one hop and several: the order of the published code, multi, then one, then zero wins."""
    for right in itertools.product([False, True], repeat=3):
        for several in (False, True):
            label = 2 if several else 1
            for i in (2, 1, 0):
                label = i if right[i] else label
            found = adaptive.labels(torch.tensor([right]), torch.tensor([several]))
            assert found.item() == label


@pytest.mark.parametrize("classes, decay", [(2, 1e-2), (3, 1e-3)])
def test_the_classifier_is_that_of_scikit_learn(classes, decay):
    x = torch.randn(200, 6, generator=generator(3))
    y = (x[:, :classes] + 0.7 * torch.randn(200, classes, generator=generator(4))).argmax(1)
    y[:30] = 0
    mine = adaptive.Classifier.fit(x, y, classes, decay)
    theirs = LogisticRegression(C=1 / (decay * len(x)), class_weight="balanced", tol=1e-6, max_iter=500)
    expected = theirs.fit(x.double().numpy(), y.numpy()).predict_proba(x.double().numpy())
    if classes == 2:  # one vector w instead of two opposite ones of half the size: twice the decay is the same
        expected = LogisticRegression(C=2 / (decay * len(x)), class_weight="balanced", tol=1e-6, max_iter=500)
        expected = expected.fit(x.double().numpy(), y.numpy()).predict_proba(x.double().numpy())
    np.testing.assert_allclose(mine.probabilities(x).numpy(), expected, atol=2e-3)


@pytest.mark.parametrize("seed", range(20))
def test_the_frontier_is_what_no_other_point_beats(seed):
    r = random.Random(seed)
    points = [(r.randrange(6), r.randrange(6)) for _ in range(r.randrange(1, 12))]
    beaten = lambda i: any(
        (c <= points[i][0] and a >= points[i][1] and (c, a) != points[i]) or ((c, a) == points[i] and j < i)
        for j, (c, a) in enumerate(points)
    )
    assert set(adaptive.frontier(points)) == {i for i in range(len(points)) if not beaten(i)}


def test_a_mixture_of_two_strategies_lies_on_the_line():
    assert adaptive.mixed((0, 0.2), (100, 0.8), 50) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="not between"):
        adaptive.mixed((0, 0.2), (100, 0.8), 101)


def test_the_chosen_strategy_runs_and_its_steps_are_in_the_trace():
    tools = Tools(
        {
            "search": by_words(ARENA),
            "read": lambda xs: [f"read {len(p)}" for _, p in xs],
            "complexity": lambda xs: [(0.1, 0.7, 0.2) if "Colis" in x else (0.9, 0.1, 0.0) for x in xs],
        }
    )
    strategies = {"none": adaptive.closed_book, "one": adaptive.one_step, "several": iterative.answer}
    assert adaptive.answer("Colisée?", ARENA, tools, strategies).answer == "read 2"
    assert adaptive.answer("What is cold?", ARENA, tools, strategies).answer == "read 0"


# --- the bridge


def worth(seed, k):
    """What a sequence is worth: passages help, mostly early, pairs disturb each other, and each costs something."""
    r = random.Random(seed)
    gain, clash = [r.uniform(-0.3, 1) for _ in range(k)], [[r.uniform(0, 0.4) for _ in range(k)] for _ in range(k)]

    def score(sequence):
        value = sum(gain[i] / (1 + 0.3 * t) for t, i in enumerate(sequence))
        return value - sum(clash[i][j] for i, j in itertools.combinations(sequence, 2)) - 0.05 * len(sequence)

    return score


@pytest.mark.parametrize("seed", range(20))
def test_greedy_never_ends_where_one_more_passage_helps_and_exhaustive_is_at_least_as_good(seed):
    score = worth(seed, 5)
    greedy, best = bridge.greedy_silver(score, 5), bridge.exhaustive(score, 5)
    assert score(best) >= score(greedy) >= score(())
    assert all(score((*greedy, i)) <= score(greedy) for i in range(5) if i not in greedy)


def test_greedy_is_exhaustive_where_passages_do_not_disturb_each_other():
    score = lambda s: sum((3, -1, 2, 0)[i] / 2**t for t, i in enumerate(s))
    assert bridge.greedy_silver(score, 4) == bridge.exhaustive(score, 4) == (0, 2)
    assert bridge.greedy_silver(lambda s: -len(s), 3) == ()


def test_probabilities_of_all_sequences_sum_to_one():
    torch.manual_seed(0)
    model, q, p = bridge.Bridge(4, 8), torch.randn(4), torch.randn(3, 4)
    sequences = [s for n in range(4) for s in itertools.permutations(range(3), n)]
    total = sum(model.log_prob(q, p, s).exp() for s in sequences)
    torch.testing.assert_close(total, torch.tensor(1.0))
    counts = {s: 0 for s in sequences}
    g = generator(5)
    for _ in range(2000):
        counts[model.pick(q, p, 3, g)] += 1
    for s in sequences:
        assert counts[s] / 2000 == pytest.approx(model.log_prob(q, p, s).exp().item(), abs=0.04)


def examples(n, seed=0, k=4, d=8):
    """Passages that are useful if they are near the question, the nearest first; the rest disturbs."""
    g, found = generator(seed), []
    for _ in range(n):
        q, p = torch.randn(d, generator=g), torch.randn(k, d, generator=g)
        near = (p @ q) / d**0.5
        found.append((q, p, lambda s, near=near: sum(float(near[i]) / (1 + t) for t, i in enumerate(s))))
    return found


def test_the_bridge_learns_silver_sequences_and_reward_takes_it_further():
    torch.manual_seed(0)
    model, train, test = bridge.Bridge(8, 32), examples(256), examples(60, seed=1)
    silver = [(q, p, bridge.greedy_silver(score, 4)) for q, p, score in train]
    losses = bridge.supervised(model, silver, steps=100, lr=1e-2, batch=16)
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:5])
    value = lambda: np.mean([score(model.pick(q, p)) for q, p, score in test])
    before, everything = value(), np.mean([score((0, 1, 2, 3)) for _, _, score in test])
    assert before > everything + 0.3
    bridge.reinforced(model, train, 30, generator(2), batch=16)
    assert value() > before - 0.05
    best = np.mean([score(bridge.exhaustive(score, 4)) for _, _, score in test])
    assert value() > 0.75 * best


def test_the_bridge_reads_what_was_chosen_in_that_order():
    tools = Tools(
        {
            "search": lambda xs: [(0, 1, 2)] * len(xs),
            "choose": lambda xs: [(2, 0) if "arena" in q else () for q, _ in xs],
            "read": lambda xs: [" | ".join(p) for _, p in xs],
        }
    )
    assert bridge.answer("arena?", ["a", "b", "c"], tools).answer == "c | a"
    assert bridge.answer("x?", ["a", "b", "c"], tools).decisions == ["no passage is worth reading"]


# --- RAPTOR


def blobs(K=3, n=40, seed=0):
    g = generator(seed)
    angle = 2 * math.pi * torch.arange(K, dtype=torch.float64) / K
    centres = 8 * torch.stack([angle.cos(), angle.sin()], 1)
    return torch.cat([c + torch.randn(n, 2, generator=g, dtype=torch.float64) for c in centres])


def test_a_step_of_em_is_that_of_scikit_learn():
    x, K = blobs(), 3
    theirs = GaussianMixture(K, max_iter=1, random_state=0, init_params="random", tol=0)
    r = torch.softmax(torch.randn(len(x), K, generator=generator(1), dtype=torch.float64), 1)
    start = raptor.maximisation(x, r)
    theirs.weights_init, theirs.means_init = start.pi.numpy(), start.mu.numpy()
    theirs.precisions_init = torch.linalg.inv(start.Sigma).numpy()
    with pytest.warns(UserWarning):
        theirs.fit(x.numpy())
    after = raptor.maximisation(x, raptor.expectation(x, start)[0])
    np.testing.assert_allclose(after.pi.numpy(), theirs.weights_, rtol=1e-6)
    np.testing.assert_allclose(after.mu.numpy(), theirs.means_, rtol=1e-6)
    np.testing.assert_allclose(after.Sigma.numpy(), theirs.covariances_, rtol=1e-5, atol=1e-8)
    r, log_likelihood = raptor.expectation(x, after)
    np.testing.assert_allclose(r.numpy(), theirs.predict_proba(x.numpy()), atol=1e-8)
    assert float(log_likelihood) == pytest.approx(theirs.score(x.numpy()) * len(x))
    assert raptor.bic(float(log_likelihood), len(x), K, 2) == pytest.approx(theirs.bic(x.numpy()))


def test_em_never_loses_likelihood():
    x, before = blobs(seed=3), -math.inf
    mixture = raptor.maximisation(x, torch.softmax(torch.randn(len(x), 4, generator=generator(), dtype=x.dtype), 1))
    for _ in range(25):
        r, now = raptor.expectation(x, mixture)
        assert now >= before - 1e-8
        mixture, before = raptor.maximisation(x, r), now


@pytest.mark.parametrize("K", [1, 2, 4])
def test_bic_finds_the_number_of_clusters(K):
    x = blobs(K, n=60, seed=K + 10)
    fits = {k: raptor.fit(x, k, generator(7))[1] for k in range(1, 7)}
    best = min(fits, key=lambda k: raptor.bic(fits[k], len(x), k, 2))
    theirs = {k: GaussianMixture(k, n_init=5, random_state=0).fit(x.numpy()).bic(x.numpy()) for k in range(1, 7)}
    assert best == min(theirs, key=theirs.get) == K


def test_soft_clusters_cover_all_and_may_overlap():
    torch.manual_seed(0)
    x = torch.cat([torch.randn(30, 8), torch.randn(30, 8) + 2.5])
    clusters = raptor.soft_clusters(x, generator())
    assert set().union(*clusters) == set(range(60))
    inner = raptor.two_levels(x, generator())
    assert set().union(*inner) == set(range(60)) and len(set(inner)) == len(inner)
    with pytest.raises(ValueError, match="3 clusters of 2 points"):
        raptor.fit(x[:2], 3, generator())


def letters(texts):
    """A stand-in for an embedder: counts of letters, of length 1."""
    x = torch.tensor([[float(text.lower().count(c)) for c in "abcdefghijklmnopqrstuvwxyz"] for text in texts])
    return torch.nn.functional.normalize(x + 1e-3, dim=-1)


def small_tree(n=24):
    texts = [p.text for p in data.countries()[: 40 * n : 40]]
    return raptor.tree(texts, letters, lambda sets: [" / ".join(t[:12] for t in s) for s in sets], generator())


def test_a_tree_is_a_tree():
    nodes = small_tree()
    leaves = [i for i, node in enumerate(nodes) if node.layer == 0]
    assert leaves == list(range(24)) and max(node.layer for node in nodes) >= 1
    for i, node in enumerate(nodes):
        assert all(nodes[c].layer == node.layer - 1 and c < i for c in node.children)
        assert bool(node.children) == (node.layer > 0)
    counts = [sum(node.layer == h for node in nodes) for h in range(max(n.layer for n in nodes) + 1)]
    assert all(a > b for a, b in itertools.pairwise(counts))
    below = set().union(*(node.children for node in nodes))
    assert below == {i for i, node in enumerate(nodes) if node.layer < max(n.layer for n in nodes)}


def test_a_tree_of_one_leaf_and_of_none():
    nodes = raptor.tree(["one"], letters, lambda sets: ["s"] * len(sets), generator())
    assert len(nodes) == 1 and raptor.traversed(nodes, [1.0], 3) == [0]
    with pytest.raises(ValueError, match="no texts"):
        raptor.tree([], letters, list, generator())


@pytest.mark.parametrize("seed", range(10))
def test_collapsed_search_takes_the_longest_prefix_that_fits(seed):
    r = random.Random(seed)
    similarity, lengths = [r.random() for _ in range(9)], [r.randrange(1, 9) for _ in range(9)]
    order = sorted(range(9), key=lambda i: -similarity[i])
    fits = [n for n in range(10) if sum(lengths[i] for i in order[:n]) <= 20]
    assert raptor.collapsed(similarity, lengths, 20) == order[: max(fits)]
    with pytest.raises(ValueError, match="Raise the budget"):
        raptor.collapsed([1.0], [5], 4)


def test_traversal_stays_among_the_children_of_the_best():
    nodes = small_tree()
    similarity = [random.Random(i).random() for i in range(len(nodes))]
    for k in (1, 2):
        found = raptor.traversed(nodes, similarity, k)
        top = max(node.layer for node in nodes)
        for i in found:
            parents = [j for j in found if i in nodes[j].children]
            assert nodes[i].layer == top or parents
    everything = raptor.traversed(nodes, similarity, 1000)
    assert set(everything) == set(range(len(nodes)))


def test_raptor_reads_leaves_and_summaries_under_its_budget():
    nodes = small_tree()
    tools = Tools(
        {
            "embed": lambda xs: [tuple(v.tolist()) for v in letters(xs)],
            "read": lambda xs: [str(sum(len(t.split()) for t in p)) for _, p in xs],
        }
    )
    trace = raptor.answer("Which countries have mountains?", [], tools, nodes, budget=60)
    assert 0 < int(trace.answer) <= 60 and "summaries" in trace.decisions[0]
    assert raptor.answer("Which?", [], tools, nodes, k=2).answer


# --- speculative RAG


def test_sets_have_one_of_each_cluster_and_repeat_late():
    labels = [0, 0, 0, 1, 1, 1]
    sets = speculative.subsets(labels, 3, generator())
    assert len(sets) == 3 and all(sorted(labels[i] for i in s) == [0, 1] for s in sets)
    assert sorted(i for s in sets for i in s) == list(range(6))  # no passage twice before all were drawn
    assert len(speculative.subsets([0, 0, 1], 9, generator())) == 2
    every = speculative.subsets([0, 0, 1, 1, 2, 2], 8, generator())
    assert len(set(every)) == 8


@pytest.mark.parametrize("k", [1, 3, 5])
def test_k_means_leaves_no_cluster_empty_and_no_point_in_a_farther_one(k):
    x = blobs(3, n=12, seed=5)
    label = speculative.k_means(x, k, generator())
    assert set(label.tolist()) == set(range(k))
    centres = torch.stack([x[label == j].mean(0) for j in range(k)])
    assert (torch.cdist(x, centres).argmin(1) == label).all()
    same = speculative.k_means(torch.zeros(4, 2), 3, generator())
    assert set(same.tolist()) == {0, 1, 2}


def test_scores_are_products_over_tokens():
    log_probs = [math.log(p) for p in (0.5, 0.9, 0.8, 0.5, 0.25, 0.6, 0.4)]
    contained, reflected = speculative.verifier_scores(log_probs, slice(1, 3), slice(3, 5), slice(6, 7))
    assert contained == pytest.approx(0.9 * 0.8 * 0.5 * 0.25) and reflected == pytest.approx(0.4)
    per_token, _ = speculative.verifier_scores(log_probs, slice(1, 3), slice(3, 5), slice(6, 7), per_token=True)
    assert per_token == pytest.approx((0.9 * 0.8 * 0.5 * 0.25) ** 0.25)
    assert speculative.final_score(speculative.draft_score(0.2, 0.6), 0.5, 0.5) == pytest.approx(0.2)


def test_the_best_draft_wins_and_drafts_are_one_batch():
    calls = []

    def draft(xs):
        calls.append(len(xs))
        return [("why", "3,677" if any("3,677" in p for p in ps) else "5,948", 0.5, 0.5) for _, ps in xs]

    tools = Tools(
        {
            "search": lambda xs: [(0, 1, 2)] * len(xs),
            "embed": lambda xs: [tuple(v.tolist()) for v in letters(xs)],
            "draft": draft,
            "verify": lambda xs: [(0.5, 0.9 if a == "3,677" else 0.1) for _, a, _ in xs],
        }
    )
    trace = speculative.answer(questions.ARENA.text, ARENA, tools, generator(), clusters=2)
    assert trace.answer == "3,677" and len(calls) == 1 and calls[0] == 2


# --- every system again from its own recording


def test_every_system_replays():
    tools = Tools(
        {
            **reflecting().functions,
            "fallback": lambda xs: [(ARENA[2],)] * len(xs),
            "embed": lambda xs: [tuple(v.tolist()) for v in letters(xs)],
            "draft": lambda xs: [("why", "3,677", 0.5, 0.5)] * len(xs),
            "verify": lambda xs: [(0.5, 0.5)] * len(xs),
            "choose": lambda xs: [(0,)] * len(xs),
            "complexity": lambda xs: [(0.1, 0.2, 0.7)] * len(xs),
        }
    )
    assert set(tools.functions) | {"summarise"} == set(TOOLS)
    nodes = raptor.tree(ARENA, letters, lambda sets: ["s"] * len(sets), generator())
    strategies = {"none": adaptive.closed_book, "one": adaptive.one_step, "several": iterative.answer}
    systems = [
        iterative.answer,
        self_rag.answer,
        lambda *args: crag.answer(*args, upper=0.95, lower=0.1),
        lambda *args: adaptive.answer(*args, strategies),
        bridge.answer,
        lambda *args: raptor.answer(*args, nodes, budget=60),
        lambda *args: speculative.answer(*args, generator(1)),
    ]
    for system in systems:
        trace = system(questions.ARENA.text, ARENA, tools)
        again = system(questions.ARENA.text, ARENA, trace.tools())
        assert trace.answer and again.answer == trace.answer and again.decisions == trace.decisions
        assert json.dumps(trace.decisions) and str(trace).endswith("tokens)")


# --- questions


def found_in(corpus):
    return {p.key: p for p in corpus}


def test_lookups_lead_through_two_passages_of_one_country():
    passages, found = found_in(data.countries()), questions.lookups()
    assert len(found) > 2000 and len({q.text for q in found}) == len(found)
    assert {q.split for q in found} == {"dev", "test"}
    for q in found:
        first, second = (passages[key] for key in q.gold)
        assert first.title == second.title and q.split == split(first.title)
        assert any(a in second.text for a in q.answers)
        assert not any(f" {a.lower()} " in f" {q.text.lower()} " for a in q.answers)
        assert f" {first.title.lower()} " not in f" {q.text.lower().strip('?')} "


def test_a_key_belongs_to_one_country():
    for topic in questions.KEYS:
        texts = [p.text.lower() for p in data.countries() if p.topic == topic]
        keys = {q.text.rsplit("is ", 1)[1].strip('?"') for q in questions.lookups() if q.relation.startswith(topic)}
        assert all(sum(key.lower() in text for text in texts) >= 1 for key in keys)


def test_three_passages_are_needed_to_say_which_two_are_alike():
    passages, found = found_in(data.countries()), questions.same()
    assert len(found) >= 100 and {q.relation for q in found} == {"same currency", "same government type"}
    for q in found:
        assert len(q.gold) == 3 and all(passages[key].title in q.text for key in q.gold)
        a, b = q.answers[0].split(" and ")
        values = {passages[key].title: passages[key].text.partition(": ")[2][:4].lower() for key in q.gold}
        assert values[a] == values[b]


def test_what_is_known_by_heart_has_no_gold():
    found = questions.by_heart()
    assert len(found) >= 24 and all(q.gold == () and q.answers and q.text.endswith("?") for q in found)


def test_the_arena_is_the_slide_verbatim():
    text = " ".join(ARENA)
    for words in ("a junior ice hockey team", "a 5,948 seat multi-purpose arena", "(3,677 seated)"):
        assert words in text
    gold = [p for p in questions.ARENA_PASSAGES if p.key in questions.ARENA.gold]
    assert "3,677" in gold[1].text and "Colisée" in gold[0].text


def test_a_corpus_gets_worse_by_the_known_share_and_nested():
    asked = [q for q in data.country_questions() if q.split == "test"][:100]
    before, lost_before = set(), [False] * 100
    for share in (0, 0.2, 0.4, 0.8, 1):
        left, lost = questions.corrupted(data.countries(), asked, share)
        gone = {p.key for p in data.countries()} - {p.key for p in left}
        assert sum(lost) == round(100 * share) and before <= gone
        assert all(b >= a for a, b in zip(lost_before, lost))
        assert lost == [q.gold[0] in gone for q in asked]
        before, lost_before = gone, lost
    noise = questions.ARENA_PASSAGES
    assert questions.corrupted(data.countries(), asked, 0.5, noise)[0][-3:] == list(noise)
    with pytest.raises(ValueError, match="from 0 to 1"):
        questions.corrupted(data.countries(), asked, 1.5)


# --- for real


@pytest.mark.slow
def test_every_system_answers_with_real_models_in_ten_seconds():
    corpus, second = experiments.facts(), experiments.countries(2015)
    lm = models.load()
    tools = real.tools(corpus, lm, second, n=100)
    nodes = raptor.tree(corpus.texts[:30], lambda ts: corpus.dense.embedder.encode(list(ts)),
                        tools.functions["summarise"], generator())  # fmt: skip
    tools.functions["choose"] = lambda xs: [(0,)] * len(xs)
    strategies = {"none": adaptive.closed_book, "one": adaptive.one_step, "several": iterative.answer}
    question = "What is the capital of Peru?"
    for system, more in (
        (iterative.answer, {}),
        (self_rag.answer, {}),
        (crag.answer, {"upper": 0.8, "lower": 0.1, "keep": 0.1}),
        (adaptive.answer, {"strategies": strategies}),
        (bridge.answer, {}),
        (raptor.answer, {"nodes": nodes, "budget": 150}),
        (speculative.answer, {"generator": generator()}),
    ):
        trace = system(question, corpus.texts, tools, **more)
        print(trace, f"{trace.seconds:.1f} s")
        assert trace.answer and trace.seconds < 20  # of the processor: 10 s on two cores


@pytest.mark.slow
def test_the_record_measures_every_question_under_every_condition():
    found = measured.record_finding(n=4, hops=4)
    for rows in found["rounds"].values():
        assert {len(values) for values in rows.values()} == {4}
        assert sum(rows["the second hop, asked by the oracle"]) >= sum(rows["naming the country, round 1"])
    assert len(found["auc"]) == len(found["classifier"]) == 3 and set(found["damaged"]["shares"]) == {
        str(share) for share in measured.SHARES
    }
    whole = found["damaged"]["shares"]["0.0"]
    assert sum(whole["gone"]) == 0 and len(whole["verdict"]) == len(whole["CRAG"]) == 2


# --- what the records run


def test_the_tuned_reader_learns_to_say_what_its_passages_hold_and_nothing_else():
    corpus = experiments.facts()
    two = questions.lookups()[0]
    first, second = corpus.gold(two)
    title, answer = corpus.passages[second].title, two.answers[0]
    other = next(i for i in range(len(corpus.texts)) if i not in (first, second))
    assert tuned.wanted(two, corpus, [other, second, first]) == f"{title}: {answer}"
    assert tuned.wanted(two, corpus, [first, other]) == f"{title}: unknown"
    assert tuned.wanted(two, corpus, [second]) == tuned.wanted(two, corpus, []) == "unknown"
    assert tuned.wanted(questions.by_heart()[0], corpus, []) == questions.by_heart()[0].answers[0]
    assert [tuned.said(x) for x in ("Peru: Lima", "Lima", "Peru: unknown", "unknown")] == ["Lima", "Lima", "", ""]


def test_waves_ask_a_slow_tool_once_for_all_that_wait_and_change_nothing():
    batches = []

    def read(inputs):
        batches.append(len(inputs))
        return [f"{question}!" for question, _ in inputs]

    def twice(question, tools):
        (first,) = tools.call("read", [(question, ())])
        return tools.call("read", [(first, ())])[0] if question != "c" else first

    runs = [lambda tools, q=q: twice(q, tools) for q in "abc"]
    assert systems_experiments.in_waves(runs, Tools({"read": read})) == ["a!!", "b!!", "c!"]
    assert batches == [3, 2]


def test_thresholds_are_searched_apart_where_the_middle_pays():
    rows = lambda score, pays: {
        "score": score,
        "useful": pays == "correct",
        "s": {verdict: [float(verdict == pays), 0] for verdict in crag.VERDICTS},
    }
    scores = [i / 40 for i in range(41)]
    pays = lambda score: "correct" if score > 0.7 else "ambiguous" if score > 0.3 else "incorrect"
    each = [rows(score, pays(score)) for score in scores]
    upper, lower, grid = threshold_experiments.searched({"kept": each, "gone": each}, "s", 0.4)
    assert 0.6 < upper < 0.8 and 0.2 < lower < 0.4 and grid[upper, lower] > 0.9
    assert all(low <= u for u, low in grid)
    assert max(worth for (u, low), worth in grid.items() if u == low) < 0.7


def test_a_trace_survives_being_recorded_and_every_step_can_be_told():
    tools = Tools({"search": by_words(ARENA), "read": lambda xs: ["x" for _ in xs]})
    trace = adaptive.one_step(questions.ARENA.text, ARENA, tools, k=2)
    packed = json.loads(json.dumps(systems_experiments.packed(trace)))
    assert packed["answer"] == "x" and [row[0] for row in packed["steps"]] == ["search", "read"]
    assert all(isinstance(text, str) and text for text in tables.step(packed["steps"][1]))
    judged = systems_experiments.judged([questions.ARENA], [trace])
    assert judged["calls"] == [1] and judged["searched"] == [1.0] and judged["right"] == [0.0]
