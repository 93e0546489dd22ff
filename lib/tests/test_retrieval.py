"""Retrieval: compared with bm25s, faiss and scikit-learn where they compute the same, and by what must hold."""

import random
import re
from itertools import pairwise

import bm25s
import faiss
import numpy as np
import pytest
import torch
from llmcourse import data, retrieval
from llmcourse.retrieval import dense, evaluate, position, prompt, ralm, reader, rerank, store
from llmcourse.retrieval.lexical import VARIANTS
from sklearn.metrics import ndcg_score

TEXTS = [line for line in data.factbook().split("\n") if len(line) < 800][:600]
QUERIES = [q.text for q in data.country_questions()[::40]]


# --- words, chunks


def test_words_are_those_of_bm25s():
    theirs = bm25s.tokenize(TEXTS, stopwords="en", show_progress=False, return_ids=False)
    assert [retrieval.words(text) for text in TEXTS] == theirs


@pytest.mark.parametrize("size, overlap", [(1, 0), (10, 3), (100, 20), (7, 6), (10_000, 9)])
def test_chunks_cover_the_text_and_know_their_place(size, overlap):
    source = " \n".join(TEXTS[:12])
    found = retrieval.chunks(source, size, overlap)
    assert all(source[c.start : c.end] == c.text and 1 <= len(c.text.split()) <= size for c in found)
    assert found[0].text.split() + [w for c in found[1:] for w in c.text.split()[overlap:]] == source.split()
    for a, b in pairwise(found):
        assert a.text.split()[len(a.text.split()) - overlap :] == b.text.split()[:overlap]


def test_an_overlap_as_long_as_a_chunk_is_refused():
    with pytest.raises(ValueError, match="overlap must be at least 0 and smaller than size"):
        retrieval.chunks("a b c", 5, 5)
    assert retrieval.chunks("  ", 5, 2) == []


# --- BM25


@pytest.mark.parametrize("variant", VARIANTS)
def test_bm25_is_that_of_bm25s(variant):
    words = [retrieval.words(t) for t in TEXTS]
    mine = retrieval.BM25(words, variant=variant)
    theirs = bm25s.BM25(method=variant)
    theirs.index(words, show_progress=False)
    for query in map(retrieval.words, QUERIES):
        known = [w for w in query if w in mine.columns]
        expected = theirs.get_scores(known) if known else np.zeros(len(TEXTS))
        np.testing.assert_allclose(mine.scores(query).numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_index_is_the_formula(variant):
    words = [retrieval.words(t) for t in TEXTS[:80]]
    index = retrieval.BM25(words, k1=1.2, b=0.6, variant=variant)
    for query in (["country", "country", "island"], ["nowhereatall"], []):
        exact = retrieval.bm25(query, words, k1=1.2, b=0.6, variant=variant)
        torch.testing.assert_close(index.scores(query).double(), exact, rtol=1e-5, atol=1e-5)


def test_search_returns_the_highest_and_explain_their_parts():
    index = retrieval.index(TEXTS)
    queries = [retrieval.words(q) for q in QUERIES]
    scores, numbers = index.search(queries, 5)
    assert (scores[:, :-1] >= scores[:, 1:]).all()
    for query, s, n in zip(queries, scores, numbers):
        everything = index.scores(query)
        torch.testing.assert_close(everything[n], s)
        assert s[-1] >= everything.sort(descending=True).values[4]
        for score, i in zip(s, n):
            assert sum(index.explain(query, int(i)).values()) == pytest.approx(float(score), abs=1e-4)


def test_counting_more_of_a_word_saturates_and_tf_idf_does_not():
    documents = [["rain"] * n + ["x"] * (50 - n) for n in (1, 10, 20)] + [["sun"] * 50]
    linear, saturated = retrieval.tf_idf(["rain"], documents), retrieval.bm25(["rain"], documents)
    assert linear[2] - linear[1] > linear[1] - linear[0] and saturated[2] - saturated[1] < saturated[1] - saturated[0]


def test_bad_input_to_bm25_is_answered_in_words():
    with pytest.raises(ValueError, match="no variant 'bm26' of BM25"):
        retrieval.BM25([["a"]], variant="bm26")
    with pytest.raises(ValueError, match="All documents are empty"):
        retrieval.BM25([[], []])
    with pytest.raises(ValueError, match="k is 3, but the number of documents is 1"):
        retrieval.index(["one text"]).search([["text"]], 3)


# --- dense


@pytest.mark.parametrize("N, block", [(1, 4), (5, 4), (1000, 64), (1000, 1 << 14), (999, 1000)])
def test_nearest_is_faiss_and_the_definition(N, block):
    g = torch.Generator().manual_seed(N)
    q, x = torch.randn(7, 24, generator=g), torch.randn(N, 24, generator=g)
    k = min(5, N)
    scores, numbers = dense.nearest(q, x, k, block)
    flat = faiss.IndexFlatIP(24)
    flat.add(x.numpy())
    theirs = flat.search(q.numpy(), k)
    np.testing.assert_allclose(scores.numpy(), theirs[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(numbers.numpy(), theirs[1])
    torch.testing.assert_close(dense.nearest_at_once(q, x, k)[0], scores)


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"q is \(2, 3\) and x \(4, 5\)"):
        dense.nearest(torch.zeros(2, 3), torch.zeros(4, 5), 1)


class Letters:
    """A stand-in for an embedder: it counts a text's letters. `model` has a weight, so that versions can differ."""

    def __init__(self, weight=1.0, longest=8):
        self.model, self.longest, self.calls = torch.nn.Linear(1, 1), longest, []
        torch.nn.init.constant_(self.model.weight, weight)
        torch.nn.init.zeros_(self.model.bias)
        self.model.config = type("config", (), {"hidden_size": 26})

    def encode(self, texts, batch=64):
        self.calls.append(list(texts))
        counts = [[t.count(chr(97 + i)) + 0.01 for i in range(26)] for t in texts]
        return torch.nn.functional.normalize(torch.tensor(counts), dim=-1)


def test_only_new_texts_are_encoded(tmp_path):
    model, kept = Letters(), store.Store(tmp_path)
    first = kept.embed(model, ["one", "two", "one"])
    assert model.calls == [["one", "two"]] and torch.equal(first[0], first[2])
    again = store.Store(tmp_path)
    both = again.embed(model, ["three", "two"])
    assert model.calls[1:] == [["three"]] and again.computed == 1
    torch.testing.assert_close(both[1], first[1])
    torch.testing.assert_close(first, model.encode(["one", "two", "one"]), rtol=2e-3, atol=2e-3)  # kept in float16


def test_versions_of_a_model_never_meet(tmp_path):
    kept = store.Store(tmp_path)
    for model in (Letters(1.0), Letters(2.0), Letters(1.0, longest=9)):
        kept.embed(model, ["one"])
        assert model.calls == [["one"]]
    assert len(list(tmp_path.glob("*.safetensors"))) == 3
    a, b = store.version(Letters(1.0)), store.version(Letters(2.0))
    with pytest.raises(store.Mixed, match="different versions of a model"):
        store.together([(a, torch.zeros(1, 2)), (b, torch.zeros(1, 2))])
    assert store.together([(a, torch.zeros(1, 2)), (a, torch.zeros(3, 2))]).shape == (4, 2)


def test_a_damaged_store_is_made_anew(tmp_path):
    model = Letters()
    store.Store(tmp_path).embed(model, ["one"])
    (path,) = tmp_path.glob("*.safetensors")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.warns(UserWarning, match="is damaged"):
        store.Store(tmp_path).embed(model, ["one"])
    assert model.calls == [["one"], ["one"]] and list(tmp_path.iterdir()) == [path]
    store.Store(tmp_path).embed(model, ["one"])
    assert len(model.calls) == 2


# --- fusion, evaluation


def test_fusion_is_the_sum_of_reciprocal_places():
    scores = retrieval.fused_scores([["a", "b", "c"], ["c", "a"]])
    assert scores == pytest.approx({"a": 1 / 61 + 1 / 62, "b": 1 / 62, "c": 1 / 63 + 1 / 61})
    assert retrieval.reciprocal_rank_fusion([["a", "b", "c"], ["c", "a"]]) == ["a", "c", "b"]
    assert retrieval.reciprocal_rank_fusion([["x"], ["y"]]) == ["x", "y"] and retrieval.reciprocal_rank_fusion([]) == []
    with pytest.raises(ValueError, match="contains an item twice"):
        retrieval.fused_scores([["a", "a"]])


def test_fusion_depends_on_places_alone():
    rng = random.Random(0)
    rankings = [rng.sample(range(20), 12) for _ in range(3)]
    assert retrieval.fused_scores(rankings) == pytest.approx(retrieval.fused_scores(rankings[::-1]))
    mapped = retrieval.reciprocal_rank_fusion([[i + 100 for i in r] for r in rankings])
    assert mapped == [i + 100 for i in retrieval.reciprocal_rank_fusion(rankings)]


@pytest.mark.parametrize("k", [1, 3, 10])
def test_ndcg_is_that_of_scikit_learn(k):
    rng = random.Random(k)
    for _ in range(20):
        items = list(range(12))
        gains = {i: rng.choice([0, 0, 1, 2, 3]) for i in items} | {0: 1}
        ranking = rng.sample(items, 12)
        scores = [[-ranking.index(i) for i in items]]
        expected = ndcg_score([[gains[i] for i in items]], scores, k=k)
        assert evaluate.ndcg(ranking, gains, k) == pytest.approx(expected)


def test_recall_and_reciprocal_rank():
    assert evaluate.recall([3, 1, 2], [1, 9], 2) == 0.5 and evaluate.recall([3], [1], 5) == 0
    assert evaluate.reciprocal_rank([3, 1, 2], [1, 2]) == 0.5 and evaluate.reciprocal_rank([3], [1]) == 0
    with pytest.raises(ValueError, match="no gold passage"):
        evaluate.recall([1], [], 1)
    with pytest.raises(ValueError, match="nothing to rank"):
        evaluate.ndcg([1], {1: 0}, 1)


def test_answers_are_compared_as_squad_does():
    assert evaluate.normalise("The  Mont-Blanc, (4,810 m)!") == "mont blanc 4810 m"
    assert evaluate.normalise("Three of an hour") == "3 of hour"
    assert evaluate.exact_match("the Paris.", ["Paris"]) == 1 and evaluate.exact_match("Paris, France", ["Paris"]) == 0
    assert evaluate.contains("It is Paris, France", ["Rome", "Paris"]) == 1
    assert evaluate.contains("Parisian", ["Paris"]) == 0
    assert evaluate.f1("the city of Paris", ["Paris"]) == pytest.approx(2 * (1 / 3) / (1 / 3 + 1))
    assert evaluate.f1("", ["Paris"]) == 0 and evaluate.f1("Paris", ["Rome", "Paris"]) == 1
    assert evaluate.grounded("Mount Kenya rises", ["Kenya. Highest point: Mount Kenya"]) == pytest.approx(2 / 3)
    assert evaluate.grounded("", ["x"]) == 0


def test_a_mean_comes_with_its_interval():
    mean, low, high = evaluate.summary([1.0] * 30 + [0.0] * 30)
    assert mean == 0.5 and 0.37 < low < 0.39 and 0.61 < high < 0.63
    rows, header = evaluate.grid({("c", "BM25", "m"): [1.0, 0.0], ("c", "dense", "m"): [1.0, 1.0]})
    assert header == ["corpus", "reader", "BM25", "dense"] and rows[0][:2] == ["c", "m"] and "0.50" in rows[0][2]


# --- prompts


def test_packing_takes_what_fits_in_order():
    texts = ["a" * 5, "b" * 9, "c" * 4, "d"]
    assert retrieval.pack(texts, 10, len) == [0, 2, 3] and retrieval.pack(texts, 100, len) == [0, 1, 2, 3]
    assert retrieval.pack([], 3, len) == []
    with pytest.raises(ValueError, match="No passage fits into 3 tokens: the shortest has 4"):
        retrieval.pack(["aaaa"], 3, len)


def test_the_best_stand_at_both_ends():
    assert retrieval.arrange([1, 2, 3, 4, 5], "ends") == [1, 3, 5, 4, 2]
    assert retrieval.arrange([1, 2, 3], "best last") == [3, 2, 1] and retrieval.arrange([1, 2]) == [1, 2]
    for order in prompt.ORDERS:
        assert sorted(retrieval.arrange(range(7), order)) == list(range(7))
    with pytest.raises(ValueError, match="no order 'worst'"):
        retrieval.arrange([1], "worst")


def test_citations_are_read_back():
    assert retrieval.cited(["x", "y"]) == "[1] x\n[2] y"
    assert retrieval.citations("Paris [2], and [1]. Again [2]") == [2, 1] and retrieval.citations("none") == []


def test_a_prompt_without_passages_shows_none():
    with_, without = reader.prompt("Who?", ["P one.", "P two."]), reader.prompt("Who?")
    assert with_.endswith("Passage: P one. P two.\nQuestion: Who?\nAnswer:") and "Passage" not in without
    assert with_.count("Answer:") == without.count("Answer:") == 1 + len(reader.SHOTS)
    assert all(evaluate.contains(shot.passage, [shot.answer]) for shot in reader.SHOTS)
    titles = {p.title for p in data.countries()}
    assert not any(re.search(rf"\b{title}\b", shot.question) for shot in reader.SHOTS for title in titles - {"Chad"})


def test_an_answer_cites_the_passage_that_holds_it():
    assert reader.cite("Mount Kenya", ["Alps", "Kenya. Mount Kenya 5,199 m", "Mount Kenya"]) == 2
    assert reader.cite("Everest", ["Alps"]) is None and reader.cite("", ["Alps"]) is None


# --- with a language model whose probabilities can be computed by hand


class Unigrams:
    """A language model of letters: the probability of a letter is its share of the text before it, with one added to
    each of the `size` counts. So a passage that contains a question's letters makes the question likelier."""

    size = 128

    def __init__(self):
        self.tokenizer = type("tokenizer", (), {"decode": staticmethod(lambda ids: "".join(map(chr, ids)))})

    def encode(self, text):
        return [ord(c) % self.size for c in text]

    def log_prob(self, before, after):
        total, seen = 0.0, list(before)
        for token in after:
            total += np.log((seen.count(token) + 1) / (len(seen) + self.size))
            seen.append(token)
        return total

    def score_tokens(self, rows, prefix="", batch=16):
        from llmcourse.models.pretrained import Score

        return [Score(self.log_prob(self.encode(prefix) + a, b), len(b), False) for a, b in rows]

    def score(self, pairs, prefix="", batch=16):
        return self.score_tokens([(self.encode(a), self.encode(b)) for a, b in pairs], prefix, batch)


def test_pmi_orders_one_question_as_likelihood_does():
    passages = ["zebra crossing", "a quiet lake", "zzz"]
    pairs = [("which zebra?", p) for p in passages]
    likelihood, pmi = retrieval.query_likelihood(Unigrams(), pairs), retrieval.pmi(Unigrams(), pairs)
    assert likelihood.argsort().tolist() == pmi.argsort().tolist()
    assert (likelihood - pmi).std() < 1e-6  # log p(x), which is the same for all
    assert retrieval.reordered([7, 8, 9], likelihood.tolist())[0] == 7


def test_cross_scoring_is_the_difference_of_two_words():
    pair = [("q", "d")]
    asked = rerank.JUDGE.format(passage="d", question="q")
    model = Unigrams()
    expected = model.score([(asked, " yes")])[0].log_prob - model.score([(asked, " no")])[0].log_prob
    assert retrieval.cross_score(model, pair).tolist() == pytest.approx([expected])


def test_reordering_is_stable_and_needs_a_score_for_each():
    assert retrieval.reordered(["a", "b", "c"], [0.0, 1.0, 0.0]) == ["b", "a", "c"]
    with pytest.raises(ValueError, match="3 passages and 2 scores"):
        retrieval.reordered([1, 2, 3], [0, 1])


@pytest.mark.parametrize("stride", [1, 5, 16])
def test_without_passages_ralm_is_the_model(stride):
    text, model = "the quick brown fox jumps over the lazy dog " * 2, Unigrams()
    ((total, count),) = ralm.log_probs(model, [text], lambda qs: [""] * len(qs), stride=stride, skip=16)
    tokens = model.encode(text)
    first = next(n for n in range(stride, len(tokens), stride) if n >= 16)
    assert count == len(tokens) - first
    assert total == pytest.approx(model.log_prob(tokens[:first], tokens[first:]))


def test_ralm_asks_with_the_last_tokens_and_never_with_those_to_come():
    text, asked = "abcdefghijklmnopqrstuvwxyz", []
    steps = list(ralm.strides(Unigrams(), text, stride=4, length=6))
    assert "".join(chr(t) for s in steps for t in s.target) == text[4:]
    for step in steps:
        before = "".join(map(chr, step.before))
        assert before + "".join(map(chr, step.target)) in text and before.endswith(step.query) and len(step.query) <= 6
    ralm.log_probs(Unigrams(), [text], lambda qs: asked.extend(qs) or [""] * len(qs), stride=4, length=6)
    assert asked == [step.query for step in steps]
    with pytest.raises(ValueError, match="stride is 0"):
        list(ralm.strides(Unigrams(), text, 0))


def test_a_passage_that_tells_the_text_makes_it_likelier():
    text, model = "zyxw" * 10, Unigrams()
    score = lambda passage: ralm.log_probs(model, [text], lambda qs: [passage] * len(qs), stride=8)[0][0]
    assert score("zyxw" * 20) > score("") > score("abcd" * 20)


# --- positions


def test_every_entry_is_asked_for_once():
    entries = position.key_values(20, random.Random(0))
    assert len({k for k, _ in entries}) == 20 and all(len(k) == len(v) == 4 for k, v in entries)
    assert position.as_json(entries).count(": ") == 20
    found = position.read_back(Unigrams(), 6, 3)
    assert found.log_prob.shape == found.right.shape == (3, 6) and (found.log_prob < 0).all()
    with pytest.raises(ValueError, match="n is 0"):
        position.key_values(0, random.Random(0))


def test_gold_stands_where_it_is_put():
    assert position.placed("g", ["a", "b"], 0) == ["g", "a", "b"] and position.placed("g", ["a", "b"], 2)[-1] == "g"
    with pytest.raises(ValueError, match="positions are 0 to 2"):
        position.placed("g", ["a", "b"], 3)
    assert position.by_part(torch.arange(10.0), 5).tolist() == [0.5, 2.5, 4.5, 6.5, 8.5]
    with pytest.raises(ValueError, match="can't be cut into 4 parts"):
        position.by_part(torch.zeros(3), 4)


def test_auc_is_that_of_scikit_learn():
    from sklearn.metrics import roc_auc_score

    g = torch.Generator().manual_seed(0)
    gold, others = (torch.randint(0, 8, (n,), generator=g).tolist() for n in (12, 30))
    assert evaluate.auc(gold, others) == pytest.approx(roc_auc_score([1] * 12 + [0] * 30, gold + others))
