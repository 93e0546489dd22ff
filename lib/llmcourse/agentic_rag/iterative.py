"""Iterative retrieval: what one round writes is part of the next round's query.

    q     question           y_t   what the model wrote in round t, from the passages of that round
    D_t   passages found for the query of round t

    D_1 = search(q),    D_t = search(y_{t-1} + q),    y_t = model(D_t, q)

Shao et al. 2023, "Enhancing Retrieval-Augmented Large Language Models with Iterative Retrieval-Generation Synergy"
(ITER-RETGEN). Each round puts the question to its own passages: the draft serves the search, and is
not read again. Departs from the paper: it stops as soon as a query repeats, since from there on nothing can change.
"""

from collections.abc import Callable, Sequence

from .trace import Tools, Trace

Compose = Callable[[str, str], str]


def next_query(question: str, draft: str) -> str:
    """The draft in front of the question; the question alone while there is no draft."""
    return f"{draft} {question}".strip()


def answer(
    question: str,
    corpus: Sequence[str],
    tools: Tools,
    rounds: int = 2,
    k: int = 3,
    compose: Compose = next_query,
    drafted: bool = False,
) -> Trace:
    """Search and read in turn. Needs `search`, and `read`, or `draft` if `drafted`: then rationale and answer go into
    the next query, not the answer alone.

    Stops early, and says so, when nothing was found or when a query comes again. Raises ValueError for no rounds.
    """
    if rounds < 1:
        raise ValueError(f"rounds is {rounds}, but the first search is a round: choose 1 or more.")
    trace, draft, said, asked = Trace("iterative retrieval", question, corpus, tools), "", "", set()
    for turn in range(1, rounds + 1):
        query = compose(question, draft)
        if query in asked:
            trace.decide(f"round {turn} would ask the same again: stop")
            break
        asked.add(query)
        passages = trace.find(query, k)
        if not passages:
            trace.decide(f"round {turn} found nothing: stop")
            break
        if drafted:
            rationale, said, *_ = trace.call("draft", [(question, passages)])[0]
            draft = f"{rationale} {said}".strip()
        else:
            draft = said = trace.read(passages)
    return trace.finish(said)
