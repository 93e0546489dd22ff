"""similarity-filter: Only what is new."""

from llmcourse.checks import Exercise

from .cases import WORDS, choice, number, shuffled, words

FEW = WORDS[:9]


def similarity(a, b):
    """Twice the words in common, divided by all words of both: a number from 0 to 1."""
    a, b = set(a.split()), set(b.split())
    return 2 * len(a & b) / (len(a) + len(b))


def near(generator, text):
    """Three of a text's four words, and another: as similar as the limit of 0.75 allows no more."""
    left = text.split()
    left[number(generator, 0, 3)] = choice(generator, WORDS[20:])
    return " ".join(shuffled(generator, left))


def generated(size, pooled, limit):
    """Texts of four words: new ones, near and far from the pool and from each other, and repetitions."""

    def make(generator):
        fresh = lambda: " ".join(words(generator, 4, WORDS[:20]))
        pool, texts = [], []
        if pooled:  # a text that is like three of four, so that its mean similarity is high
            a, b, c, d, e, f = words(generator, 6, WORDS)
            pool = [f"{a} {b} {c} {d}", f"{d} {c} {b} {a}", f"{a} {c} {b} {d}", f"{a} {b} {e} {f}"]
            texts = [f"{b} {a} {c} {d}"]
        pool += [fresh() for _ in range(pooled - 4)]
        texts += [fresh() for _ in range(size)]
        # a chain: b is near a, c is near b and not near a, so that it stays once b is refused
        a = words(generator, 10, WORDS)
        texts += [" ".join(a[:4]), " ".join(a[1:5]), " ".join(a[2:6])]
        texts += [near(generator, choice(generator, texts)), choice(generator, texts)]
        texts += [near(generator, choice(generator, pool)), choice(generator, pool)] if pool else []
        return {"texts": texts, "pool": pool, "limit": limit}

    return make


def probe(answer, inputs):
    keep = answer(list(inputs["texts"]), list(inputs["pool"]), similarity, inputs["limit"])
    return {"keep": [bool(x) if type(x) is int else x for x in keep]}


EXERCISE = Exercise(
    name="similarity-filter",
    title="Only what is new",
    answer="keep_new",
    parameters=("texts", "pool", "similarity", "limit"),
    points=3,
    difficulty=2,
    minutes=10,
    cases={
        "a pool of four": generated(4, 4, 0.75),
        "an empty pool": generated(5, 0, 0.75),
        "a strict limit": generated(6, 4, 0.5),
        "many texts": generated(12, 6, 0.75),
    },
    probe=probe,
    hints=(
        "Go through the texts in their order with a list of what is known: the pool, and what you have kept so far.",
        "A text stays if its *largest* similarity with anything known is below the limit. As large as the limit is too "
        "large.",
        "Only a text that stays becomes known. `max(..., default=0.0)` also works when nothing is known.",
    ),
)
