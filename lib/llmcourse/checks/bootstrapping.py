"""Lab 05, bootstrapping: the public half of its exercises.

log_p, r, q  (B, Y)   log p(y | x), rewards, and a distribution, for B questions with Y possible answers each
y            (B, N)   N answers drawn to each question, as numbers
first, told  (B, S)   rationales as tokens, the answer last; gold (B,) the right answers
paths        (B, N, S)  N rationales to each question, as numbers of their S steps
"""

import torch

from .exercise import Exercise, Lab


def _draw(generator, *shape):
    return torch.randn(*shape, generator=generator)


def _rand(generator, *shape):
    return torch.rand(*shape, generator=generator)


def _bound(B, Y, zeros=0, best=False):
    """A policy, rewards between 0 and 1, and some q that allows nothing of reward 0. `best`: the best q."""

    def make(generator):
        log_p = (1.5 * _draw(generator, B, Y)).log_softmax(-1)
        r = 0.05 + 0.9 * _rand(generator, B, Y)
        r[:, :zeros] = 0.0
        q = (log_p.exp() if best else 0.1 + _rand(generator, B, Y)) * (r if best else r > 0)
        return {"log_p": log_p, "r": r, "q": q / q.sum(-1, keepdim=True)}

    return make


def _probe_bound(answer, inputs):
    L, gap = answer(inputs["log_p"], inputs["r"], inputs["q"])
    return {"L": L, "gap": gap}


def _rewards(B, Y, threshold=False, hopeless=False):
    """Rewards of any size, not negative; f is the identity, or a threshold. `hopeless`: one question has none."""

    def make(generator):
        r = 3 * _rand(generator, B, Y)
        if hopeless:
            r[-1] = 0.0
        tau = torch.tensor(1.2 if threshold else -1.0)
        return {"log_p": (1.5 * _draw(generator, B, Y)).log_softmax(-1), "r": r, "tau": tau}

    return make


def _probe_e_step(answer, inputs):
    tau = inputs["tau"].item()
    f = (lambda r: (r > tau).to(r.dtype)) if tau >= 0 else (lambda r: r)
    return {"q": answer(inputs["log_p"], inputs["r"], f)}


def _drawn(B, Y, N, zeros=False):
    """Logits, N answers to each question (with repetitions), and their rewards."""

    def make(generator):
        y = torch.randint(0, Y, (B, N), generator=generator)
        r = _rand(generator, B, N) * (0.0 if zeros else 2.0)
        return {"logits": _draw(generator, B, Y), "y": y, "r": r}

    return make


def _probe_gradient(answer, inputs):
    return {"gradient": answer(inputs["logits"], inputs["y"], inputs["r"])}


def _loop(X, Y, T, N, right=2):
    """A first policy, `right` right answers to each question, and random numbers for T rounds of N draws."""

    def make(generator):
        base = _draw(generator, X, Y).softmax(-1)
        r = torch.zeros(X, Y).scatter(1, _rand(generator, X, Y).argsort(-1)[:, :right], 1.0)
        return {"base": base, "r": r, "draws": _rand(generator, T, X, N)}

    return make


def _sample(p, u):
    """Answers (X, N) from probabilities p (X, Y), by random numbers u (X, N) in [0, 1]."""
    return (u[..., None] > p.cumsum(-1)[:, None, :-1]).sum(-1)


def _probe_loop(answer, inputs):
    policy, sampled = answer(inputs["base"], inputs["r"], inputs["draws"], _sample)
    return {"policy": policy, "sampled": sampled}


def _tries(B, Q, S):
    """Plain and hinted questions, rationales to both, right answers: a third right at once, some after a hint."""

    def make(generator):
        ints = lambda *shape: torch.randint(10, 60, shape, generator=generator)
        plain, first, told, gold = ints(B, Q), ints(B, S), ints(B, S), ints(B)
        hinted = plain.clone()
        hinted[:, -1] = gold
        first[::3, -1] = gold[::3]  # right at once
        told[::2, -1] = gold[::2]  # right with the hint
        first[1::3, -1] = gold[1::3] + 1  # and surely wrong
        first[2::3, -1] = gold[2::3] + 2
        told[1::2, -1] = gold[1::2] + 3
        return {"plain": plain, "hinted": hinted, "first": first, "told": told, "gold": gold}

    return make


def _probe_rationalise(answer, inputs):
    tokens, targets = answer(*(inputs[name] for name in ("plain", "hinted", "first", "told", "gold")))
    return {"targets": targets, "tokens": tokens}


def _paths(B, N, S, k, kinds=3):
    """Paths of which many are the same, some are the same steps in another order, and a third end wrong."""

    def make(generator):
        known = torch.randint(1, 50, (kinds, S), generator=generator)
        chosen = torch.randint(0, kinds, (B, N), generator=generator)
        paths = known[chosen]
        turned = _rand(generator, B, N) < 0.3
        paths = torch.where(turned[..., None], paths.flip(-1), paths)
        gold = torch.randint(50, 90, (B,), generator=generator)
        wrong = _rand(generator, B, N) < 0.35
        return {"paths": paths, "answers": gold[:, None] + wrong.long(), "gold": gold, "k": torch.tensor(k)}

    return make


def _probe_distinct(answer, inputs):
    keep = answer(inputs["paths"], inputs["answers"], inputs["gold"], int(inputs["k"]))
    return {"keep": keep}


def _texts(*sizes, words=4):
    """Pairs of texts of these lengths, as numbers of words; -1 fills up."""

    def make(generator):
        longest = max(max(pair) for pair in sizes)
        texts = torch.full((len(sizes), 2, longest), -1)
        for row, pair in zip(texts, sizes):
            for side, length in zip(row, pair):
                side[:length] = torch.randint(0, words, (length,), generator=generator)
        return {"texts": texts}

    return make


def _probe_rouge(answer, inputs):
    found = [answer(*([w for w in side.tolist() if w >= 0] for side in pair)) for pair in inputs["texts"]]
    return {"F": torch.tensor([float(value) for value in found], dtype=torch.float64)}


LAB = Lab(
    slug="05_bootstrapping",
    title="Bootstrapping: a model teaches itself",
    open_task=6,
    deny=("rouge_score",),
    exercises=(
        Exercise(
            name="bound-and-gap",
            title="The bound and its gap",
            answer="bound_and_gap",
            parameters=("log_p", "r", "q"),
            points=3,
            difficulty=2,
            minutes=12,
            cases={
                "one question": _bound(1, 4),
                "three questions": _bound(3, 5),
                "answers without a reward, which q excludes": _bound(2, 6, zeros=2),
                "the best q: no gap": _bound(2, 4, best=True),
            },
            probe=_probe_bound,
            hints=(
                "L has two parts: the expectation under q of log r, and minus KL(q || p). Sum over the last axis.",
                "0 log 0 counts as 0: `torch.where(q > 0, q * r.log(), 0.0)`, or `torch.xlogy`.",
                "The gap is log Z - L, where Z = sum_y p(y) r(y) is what the bound is a bound of.",
                "`L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)`, and "
                "`gap = (log_p.exp() * r).sum(-1).log() - L`.",
            ),
        ),
        Exercise(
            name="e-step",
            title="The E-step",
            answer="e_step",
            parameters=("log_p", "r", "f"),
            points=3,
            difficulty=2,
            minutes=10,
            cases={
                "f is the identity": _rewards(2, 5),
                "f is a threshold": _rewards(3, 6, threshold=True),
                "a question without any reward": _rewards(3, 4, hopeless=True),
            },
            probe=_probe_e_step,
            hints=(
                "q is proportional to f(r) times p: first the product, then the normaliser.",
                "Every question has its own normaliser: `sum(-1, keepdim=True)`.",
                "Where that sum is 0, divide by 1 in its place: `torch.where(Z > 0, Z, 1.0)`.",
            ),
        ),
        Exercise(
            name="weighted-gradient",
            title="The gradient of the M-step",
            answer="weighted_gradient",
            parameters=("logits", "y", "r"),
            points=3,
            difficulty=3,
            minutes=12,
            cases={
                "one question, one answer": _drawn(1, 4, 1),
                "the same answer several times": _drawn(2, 3, 6),
                "many answers": _drawn(3, 8, 5),
                "nothing was right": _drawn(2, 4, 3, zeros=True),
            },
            probe=_probe_gradient,
            hints=(
                "The gradient of log softmax(z)_y is onehot(y) - softmax(z). It is multiplied by r, and averaged.",
                "Sum over the N answers: `one_hot(y, Y)` is (B, N, Y). From each, r times the softmax is subtracted.",
                "The mean is over all B N answers: divide by `y.numel()`, and not by the sum of r.",
                "`(r[..., None] * (F.one_hot(y, Y) - p[:, None])).sum(1) / y.numel()`, with p = softmax of the logits.",
            ),
        ),
        Exercise(
            name="generate-and-improve",
            title="Algorithm 1",
            answer="rest_em",
            parameters=("base", "r", "draws", "sample"),
            points=4,
            difficulty=3,
            minutes=18,
            cases={
                "one round": _loop(3, 5, 1, 6),
                "four rounds": _loop(4, 6, 4, 8),
                "few draws: some questions get nothing": _loop(5, 8, 2, 2, right=1),
            },
            probe=_probe_loop,
            hints=(
                "A loop over `draws`: one (X, N) of random numbers for each round. Generate with the *newest* policy.",
                "The reward of a draw is `r.gather(1, y)`. Its mean is what `sampled` keeps, before the improvement.",
                "Counts of rewarded answers: `torch.zeros_like(base).scatter_add(1, y, reward)`.",
                "Improve from `base`: `(base + counts) / (1 + counts.sum(-1, keepdim=True))`, counts of this round.",
            ),
        ),
        Exercise(
            name="rationalisation",
            title="STaR's training set",
            answer="training_set",
            parameters=("plain", "hinted", "first", "told", "gold"),
            points=3,
            difficulty=3,
            minutes=14,
            cases={
                "six questions": _tries(6, 4, 3),
                "one question, right at once": _tries(1, 3, 2),
                "twelve questions": _tries(12, 2, 5),
            },
            probe=_probe_rationalise,
            hints=(
                "The answer of a rationale is its last token: `first[:, -1] == gold`.",
                "A question enters when its first try is right, or else when the rationale after the hint is.",
                "`torch.where(right[:, None], first, told)` takes the first try where it is right. In front stands "
                "`plain`: at test time nobody tells the answer.",
                "Targets are the tokens, with -100 at the first Q places; then take the rows that enter.",
            ),
        ),
        Exercise(
            name="distinct-paths",
            title="RFT's selection",
            answer="select",
            parameters=("paths", "answers", "gold", "k"),
            points=3,
            difficulty=3,
            minutes=14,
            cases={
                "five paths, all kept that differ": _paths(2, 5, 2, k=9),
                "at most two": _paths(3, 8, 3, k=2),
                "many repetitions": _paths(2, 12, 2, k=3, kinds=2),
                "one path each": _paths(4, 6, 3, k=1),
            },
            probe=_probe_distinct,
            hints=(
                "Go through the paths of a question in their order, with a set of the paths that were kept.",
                "`tuple(path.tolist())` can be put into a set, and keeps the order of the steps.",
                "First ask whether the answer is right: a wrong one must not use up its path.",
                "Stop taking when the set has k members. The set is a new one for each question.",
            ),
        ),
        Exercise(
            name="rouge-l",
            title="ROUGE-L",
            answer="rouge_l",
            parameters=("a", "b"),
            points=3,
            difficulty=3,
            minutes=15,
            cases={
                "short texts": _texts((3, 4), (4, 4), (5, 3)),
                "one is much longer": _texts((3, 9), (10, 4)),
                "an empty text": _texts((0, 4), (3, 0), (0, 0), (5, 5)),
                "few different words": _texts((6, 7), (8, 8), words=2),
            },
            probe=_probe_rouge,
            hints=(
                "The length of the longest common subsequence of all beginnings of a and b fills a table, row by row.",
                "table[i][j] is table[i-1][j-1] + 1 where the words are equal, else the larger of the places above and "
                "on the left.",
                "P = lcs / len(b) and R = lcs / len(a) give F = 2 P R / (P + R) = 2 lcs / (len(a) + len(b)).",
                "Two empty texts divide by zero: return 0.0 when lcs is 0.",
            ),
        ),
    ),
)  # fmt: skip
