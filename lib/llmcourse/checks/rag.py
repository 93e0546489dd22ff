"""Lab 12, retrieval-augmented generation: the public half of its exercises.

f (N, W), n (W,)        counts of the query's words in each document; documents with each word
q (Q, d), x (N, d)      vectors of queries and passages, of any length
rankings (R, m)         numbers of documents, best first; -1 where a ranking has ended
logits (B, L, V)        of a language model; tokens (B, L); asked (B, L) 1 where a token belongs to the question
gains (B, N)            how useful each passage is, in the order found
log_p (P, L)            log-probability of each token of a text with passage p in front
"""

import torch

from .exercise import Exercise, Lab
from .probes import LargestTensor


def _counts(N, W, k1=1.5, b=0.75, most=6, spread=60):
    """N documents with counts of W words; every word is in one document at least."""

    def make(generator):
        f = torch.randint(0, most, (N, W), generator=generator) * torch.randint(0, 2, (N, W), generator=generator)
        f[torch.randint(0, N, (W,), generator=generator), torch.arange(W)] = 2
        length = 12 + f.sum(1) + torch.randint(0, spread, (N,), generator=generator)
        inputs = {"f": f.float(), "n": (f > 0).sum(0).float(), "length": length.float()}
        return inputs | {"k1": torch.tensor(k1), "b": torch.tensor(b)}

    return make


def _probe_bm25(answer, inputs):
    k1, b = float(inputs["k1"]), float(inputs["b"])
    return {"scores": answer(inputs["f"], inputs["n"], inputs["length"], k1, b)}


def _vectors(Q, N, d, k, block, opposite=False):
    """Vectors of unlike lengths. `opposite`: every cosine is negative."""

    def make(generator):
        draw = lambda n: torch.randn(n, d, generator=generator) * (0.3 + 3 * torch.rand(n, 1, generator=generator))
        q, x = draw(Q), draw(N)
        if opposite:
            q, x = q.abs() + 0.1, -x.abs() - 0.1
        return {"q": q, "x": x, "k": torch.tensor(k), "block": torch.tensor(block)}

    return make


def _probe_nearest(answer, inputs):
    with LargestTensor() as largest:
        scores, numbers = answer(inputs["q"], inputs["x"], int(inputs["k"]), int(inputs["block"]))
    outputs = {"scores": scores, "numbers": numbers.double()}
    products = len(inputs["q"]) * len(inputs["x"])
    if products >= 10_000:
        outputs["all products at once"] = torch.tensor(largest.entries >= products)
    return outputs


def _rankings(R, m, size, k=60.0, short=0):
    """R rankings of m out of `size` documents; the last one is `short` places shorter."""

    def make(generator):
        rows = torch.stack([torch.randperm(size, generator=generator)[:m] for _ in range(R)])
        if short:
            rows[-1, -short:] = -1
        return {"rankings": rows, "size": torch.tensor(size), "k": torch.tensor(k)}

    return make


def _probe_fuse(answer, inputs):
    return {"scores": answer(inputs["rankings"], int(inputs["size"]), float(inputs["k"])).double()}


def _scored(B, L, V, asked, sure=2.0):
    """Logits for B texts; the question is `asked` tokens long, and ends where its row's padding begins."""

    def make(generator):
        logits = sure * torch.randn(B, L, V, generator=generator)
        tokens, mask = torch.randint(0, V, (B, L), generator=generator), torch.zeros(B, L)
        for row in range(B):
            end = L - row % 3
            mask[row, end - asked + row % 2 : end] = 1.0
        return {"logits": logits, "tokens": tokens, "asked": mask}

    return make


def _probe_likelihood(answer, inputs):
    return {"log-likelihood per token": answer(inputs["logits"], inputs["tokens"], inputs["asked"])}


def _gains(B, N, k, graded=False, empty=False):
    def make(generator):
        gains = torch.randint(0, 4 if graded else 2, (B, N), generator=generator).float()
        gains = gains * torch.randint(0, 2, (B, N), generator=generator)
        gains[:, N // 2] = 1.0
        gains = gains / 4 if graded else gains
        if empty:
            gains[0] = 0.0
        return {"gains": gains, "k": torch.tensor(k)}

    return make


def _probe_ndcg(answer, inputs):
    return {"nDCG": answer(inputs["gains"], int(inputs["k"]))}


def _lengths(*lengths, budget):
    def make(generator):
        return {"lengths": torch.tensor(lengths), "budget": torch.tensor(budget)}

    return make


def _drawn_lengths(n, budget):
    def make(generator):
        return {"lengths": torch.randint(8, 60, (n,), generator=generator), "budget": torch.tensor(budget)}

    return make


def _probe_pack(answer, inputs):
    return {"taken": answer(inputs["lengths"], int(inputs["budget"])).double()}


def _places(n, gold):
    def make(generator):
        return {"n": torch.tensor(n), "gold": torch.tensor(gold)}

    return make


def _probe_places(answer, inputs):
    return {"orders": answer(int(inputs["n"]), int(inputs["gold"])).double()}


def _strided(P, L, stride):
    def make(generator):
        log_p = -0.2 - 4 * torch.rand(P, L, generator=generator)
        chosen = torch.randint(0, P, (-(-L // stride),), generator=generator)
        return {"log_p": log_p, "chosen": chosen, "stride": torch.tensor(stride)}

    return make


def _probe_perplexity(answer, inputs):
    return {"perplexity": answer(inputs["log_p"], inputs["chosen"], int(inputs["stride"]))}


LAB = Lab(
    slug="12_rag",
    title="Retrieval-augmented generation",
    open_task=6,
    deny=("bm25s", "faiss", "sklearn"),
    exercises=(
        Exercise(
            name="bm25-scores",
            title="From counting to BM25",
            answer="bm25_scores",
            parameters=("f", "n", "length", "k1", "b"),
            points=3,
            difficulty=2,
            minutes=10,
            cases={
                "five documents, three words": _counts(5, 3),
                "one word": _counts(6, 1),
                "length does not count (b = 0)": _counts(5, 2, b=0.0),
                "words that come very often": _counts(7, 4, k1=0.9, b=0.4, most=40),
            },
            probe=_probe_bm25,
            hints=(
                "Three factors: how rare the word is, how often it comes, and how long the document is. The last two "
                "meet in one fraction.",
                "K = k1 * (1 - b + b * length / length.mean()) is a number for each document: (N,), so `K[:, None]` "
                "beside "
                "f (N, W).",
                "idf = log(1 + (N - n + 0.5) / (n + 0.5)) with N = len(f). Sum idf * f / (f + K) over the words.",
            ),
        ),
        Exercise(
            name="nearest-blocks",
            title="The nearest vectors, block by block",
            answer="nearest",
            parameters=("q", "x", "k", "block"),
            points=4,
            difficulty=3,
            minutes=12,
            cases={
                "vectors of unlike lengths": _vectors(3, 12, 5, 3, 4),
                "the last block is shorter": _vectors(2, 11, 4, 2, 4),
                "more wanted than a block holds": _vectors(2, 9, 4, 5, 3),
                "every cosine is negative": _vectors(2, 8, 3, 2, 4, opposite=True),
                "many at once": _vectors(50, 300, 8, 4, 40),
            },
            probe=_probe_nearest,
            hints=(
                "A cosine is a product of vectors of length 1: `torch.nn.functional.normalize` both sides first.",
                "For each block: products (Q, block), `topk` of at most k, and its numbers plus where the block "
                "begins.",
                "Join the best so far with the best of the block (`torch.cat`, axis 1), and take topk of both; carry "
                "the numbers along with `gather`.",
                "Begin with empty tensors (Q, 0), not with zeros: zero is better than every negative cosine.",
            ),
        ),
        Exercise(
            name="rank-fusion",
            title="Two rankings become one",
            answer="fuse",
            parameters=("rankings", "size", "k"),
            points=2,
            difficulty=2,
            minutes=7,
            cases={
                "two rankings of four": _rankings(2, 4, 6),
                "three, and one is shorter": _rankings(3, 5, 8, short=2),
                "a small k": _rankings(2, 3, 5, k=1.0),
                "one ranking of everything": _rankings(1, 5, 5),
            },
            probe=_probe_fuse,
            hints=(
                "A document at place p, counted from 1, gets 1 / (k + p) from that ranking; the scores add up.",
                "`torch.zeros(size).index_add(0, numbers, scores)` adds into the places of documents; `scatter_add` "
                "as well.",
                "-1 marks the end of a ranking, and is no document: to Python's indexing it would be the last one. "
                "Take "
                "those places out with a mask.",
            ),
        ),
        Exercise(
            name="query-likelihood",
            title="Would this passage make one ask that?",
            answer="query_likelihood",
            parameters=("logits", "tokens", "asked"),
            points=3,
            difficulty=3,
            minutes=10,
            cases={
                "three texts": _scored(3, 9, 11, 4),
                "questions of one token or two": _scored(2, 5, 7, 2),
                "hardly a passage": _scored(2, 4, 7, 3),
                "a model that is very sure": _scored(2, 7, 13, 3, sure=90.0),
            },
            probe=_probe_likelihood,
            hints=(
                "The logits at place t are about the token at place t + 1: shift one against the other.",
                "`log_softmax` over the vocabulary, then `gather` at the tokens that really came.",
                "Sum where the *predicted* token belongs to the question (asked[:, 1:]), and divide by how many "
                "those are.",
            ),
        ),
        Exercise(
            name="ndcg",
            title="How good is a ranking?",
            answer="ndcg",
            parameters=("gains", "k"),
            points=3,
            difficulty=2,
            minutes=8,
            cases={
                "useful or not": _gains(3, 9, 3),
                "graded": _gains(4, 8, 3, graded=True),
                "nothing to find": _gains(3, 9, 3, empty=True),
                "all places count": _gains(2, 6, 6, graded=True),
            },
            probe=_probe_ndcg,
            hints=(
                "DCG@k is the sum over the first k places of gain / log2(1 + place), places from 1.",
                "The best possible order is that of falling gains, of *all* passages, not only of the first k found.",
                "Where a row has no gain at all, 0 / 0 is not a number: the nDCG is 0 there.",
            ),
        ),
        Exercise(
            name="pack-budget",
            title="As much as fits",
            answer="pack",
            parameters=("lengths", "budget"),
            points=2,
            difficulty=1,
            minutes=6,
            cases={
                "one is too long": _lengths(30, 80, 20, 10, budget=70),
                "exactly full": _lengths(40, 25, 35, 5, budget=100),
                "the first does not fit": _lengths(90, 10, 20, 15, budget=40),
                "ten passages": _drawn_lengths(10, 150),
            },
            probe=_probe_pack,
            hints=(
                "Go through the passages in their order and remember how much is left.",
                "One that does not fit is passed over; a shorter one after it may still go in.",
                "`taken.append(length <= left)`, and subtract where it is taken.",
            ),
        ),
        Exercise(
            name="gold-places",
            title="The answer at every place",
            answer="gold_places",
            parameters=("n", "gold"),
            points=2,
            difficulty=2,
            minutes=5,
            cases={
                "five, the third": _places(5, 2),
                "the first of four": _places(4, 0),
                "the last of six": _places(6, 5),
            },
            probe=_probe_places,
            hints=(
                "Take the gold passage out first: `others = [i for i in range(n) if i != gold]`.",
                "For the place p, put it back in between: others[:p], gold, others[p:].",
            ),
        ),
        Exercise(
            name="ralm-perplexity",
            title="Perplexity with a passage in front",
            answer="ralm_perplexity",
            parameters=("log_p", "chosen", "stride"),
            points=3,
            difficulty=2,
            minutes=7,
            cases={
                "three strides of four": _strided(3, 12, 4),
                "the last stride is shorter": _strided(4, 11, 4),
                "a new passage for every token": _strided(3, 6, 1),
                "one stride": _strided(2, 5, 8),
            },
            probe=_probe_perplexity,
            hints=(
                "Token t lies in stride t // stride; that stride has read the passage chosen[t // stride].",
                "Pick for every token its passage's row: `log_p[chosen[t // stride], t]` with `t = torch.arange(L)`.",
                "Perplexity is e to the power of minus the mean log-probability of a token.",
            ),
        ),
    ),
)
