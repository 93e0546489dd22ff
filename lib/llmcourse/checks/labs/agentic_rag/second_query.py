"""second-query: The next query."""

from itertools import pairwise

import torch

from llmcourse.checks import Exercise

WORDS = [a + b for a in ("ka", "lo", "mi", "nu", "pe", "ri", "so", "tu") for b in ("ba", "den", "fol", "gar")]


def chain(hops, distractors, rounds, k=2, start=True):
    """Passages that point ("to-...") to the first word of the next. `start`: the question finds the first."""

    def make(generator):
        order = torch.randperm(len(WORDS), generator=generator).tolist()
        links, rest = [WORDS[i] for i in order[: hops + 1]], [WORDS[i] for i in order[hops + 1 :]]
        draw = lambda: rest[int(torch.randint(len(rest) - 6, (), generator=generator))]
        passages = [f"{a} {draw()} {draw()} to-{b}" for a, b in pairwise(links)]
        passages += [f"{draw()} {draw()} {draw()} to-{draw()}" for _ in range(distractors)]
        shuffled = [passages[i] for i in torch.randperm(len(passages), generator=generator).tolist()]
        first = links[0] if start else rest[-1]
        question = f"{first} {rest[-2]} {rest[-3]}"
        return {"question": question, "passages": shuffled, "rounds": rounds, "k": k}

    return make


def probe(answer, inputs):
    queries, readings = [], []

    def search(query):
        """The k passages that share words with the query; the query's first words count most."""
        queries.append(query)
        asked = query.split()
        weight = {word: 1 / (1 + asked.index(word)) for word in asked}
        scores = [sum(weight.get(word, 0.0) for word in p.split()) for p in inputs["passages"]]
        order = sorted((i for i, s in enumerate(scores) if s), key=lambda i: -scores[i])
        return [inputs["passages"][i] for i in order[: inputs["k"]]]

    def read(question, passages):
        """Where each passage points to."""
        readings.append((question, list(passages)))
        return " ".join(p.split()[-1].removeprefix("to-") for p in passages)

    said = answer(inputs["question"], search, read, inputs["rounds"])
    return {"the answer": said, "queries in order": queries, "what was read in each round": readings}


EXERCISE = Exercise(
    name="second-query",
    title="The next query",
    answer="iterate",
    parameters=("question", "search", "read", "rounds"),
    points=3,
    difficulty=2,
    minutes=12,
    cases={
        "two rounds": chain(3, 5, 2),
        "one round": chain(2, 4, 1),
        "four rounds": chain(5, 4, 4),
        "nothing is found": chain(2, 3, 3, start=False),
        "more rounds than there are new queries": chain(2, 2, 9),
        "one passage a round": chain(4, 5, 3, k=1),
    },
    probe=probe,
    hints=(
        "A round is: a query, a search, a reading. The first query is the question alone.",
        "From the second round on, the query is the last draft, a space, and the question. The reader is "
        "always given the "
        "question itself, and the passages of this round only.",
        "Before a search, look whether the query was asked before: then stop. After it, look whether "
        "anything was found.",
        "`query = f'{draft} {question}' if draft else question`, and a list or set of the queries so far.",
    ),
)
