"""The private half of second-query."""

from llmcourse.checks.labs.agentic_rag.second_query import chain

from grading.exercises import misconception, reference, variant

CASES = {
    "three rounds": chain(4, 6, 3),
    "three rounds, one passage each": chain(5, 3, 3, k=1),
    "many rounds, one passage each": chain(3, 4, 12, k=1),
    "five rounds": chain(6, 4, 5),
    "nothing is found, many rounds": chain(2, 4, 5, start=False),
    "many passages": chain(5, 12, 3, k=3),
}


@reference
def iterate(question, search, read, rounds):
    draft, asked = "", []
    for _ in range(rounds):
        query = f"{draft} {question}" if draft else question
        if query in asked:
            break
        asked.append(query)
        passages = search(query)
        if not passages:
            break
        draft = read(question, passages)
    return draft


@variant
def by_recursion(question, search, read, rounds):
    def again(draft, asked, left):
        query = (draft + " " + question).strip()
        if left == 0 or query in asked:
            return draft
        found = search(query)
        return again(read(question, found), asked | {query}, left - 1) if found else draft

    return again("", frozenset(), rounds)


@variant
def while_there_is_something_new(question, search, read, rounds):
    draft, query, seen = "", question, set()
    while len(seen) < rounds and query not in seen:
        seen.add(query)
        passages = search(query)
        if len(passages) == 0:
            return draft
        draft = read(question, passages)
        query = draft + " " + question
    return draft


def in_rounds(question, search, read, rounds, query):
    """The reference with another query: `query(draft)` is asked."""
    draft, asked = "", []
    for _ in range(rounds):
        asking = query(draft)
        if asking in asked:
            break
        asked.append(asking)
        passages = search(asking)
        if not passages:
            break
        draft = read(question, passages)
    return draft


@misconception(
    says="a search with the draft alone from the second round on",
    hint="The draft may have gone astray: the question stays in the query, after the draft.",
)
def draft_alone(question, search, read, rounds):
    return in_rounds(question, search, read, rounds, lambda draft: draft or question)


@misconception(
    says="the draft behind the question",
    hint="As in the paper: the draft, a space, the question.",
)
def draft_behind(question, search, read, rounds):
    return in_rounds(question, search, read, rounds, lambda draft: f"{question} {draft}" if draft else question)


@misconception(
    says="a query that grows: all drafts so far, and the question",
    hint="Only the last draft goes into the query. Build it from the question each time, not from the last query.",
)
def drafts_pile_up(question, search, read, rounds):
    query, draft, asked = question, "", []
    for _ in range(rounds):
        if query in asked:
            break
        asked.append(query)
        passages = search(query)
        if not passages:
            break
        draft = read(question, passages)
        query = f"{draft} {query}"
    return draft


@misconception(
    says="a reader that is given the query in place of the question",
    hint="The draft serves the search. The reader answers the question: `read(question, passages)`.",
)
def reads_for_the_query(question, search, read, rounds):
    draft, asked = "", []
    for _ in range(rounds):
        query = f"{draft} {question}" if draft else question
        if query in asked:
            break
        asked.append(query)
        passages = search(query)
        if not passages:
            break
        draft = read(query, passages)
    return draft


@misconception(
    says="a reader that is given the passages of all rounds",
    hint="Each round reads what this round has found, and nothing else.",
)
def passages_pile_up(question, search, read, rounds):
    draft, asked, seen = "", [], []
    for _ in range(rounds):
        query = f"{draft} {question}" if draft else question
        if query in asked:
            break
        asked.append(query)
        passages = search(query)
        if not passages:
            break
        seen = seen + [p for p in passages if p not in seen]
        draft = read(question, seen)
    return draft


@misconception(
    says="a search that asks the same query again",
    hint="A query that was asked before brings the same passages: look for it among the earlier ones, and stop.",
)
def never_stops(question, search, read, rounds):
    draft = ""
    for _ in range(rounds):
        passages = search(f"{draft} {question}" if draft else question)
        if not passages:
            break
        draft = read(question, passages)
    return draft


@misconception(
    says="a reading although nothing was found",
    hint="Without passages there is nothing to read: stop before the reader is asked.",
)
def reads_nothing(question, search, read, rounds):
    draft, asked = "", []
    for _ in range(rounds):
        query = f"{draft} {question}" if draft else question
        if query in asked:
            break
        asked.append(query)
        draft = read(question, search(query))
    return draft


@misconception(
    says="one round more than was asked for",
    hint="The first search, with the question alone, is a round as well.",
)
def one_round_more(question, search, read, rounds):
    return iterate(question, search, read, rounds + 1)


@misconception(
    says="a single round",
    hint="Search and read as often as `rounds` says, each time with the draft of the round before.",
)
def one_round(question, search, read, rounds):
    passages = search(question)
    return read(question, passages) if passages else ""


@misconception(
    says="a query of the passages that were found, not of what was read from them",
    hint="What the reader wrote goes into the next query: the passages themselves would bring themselves back.",
)
def passages_as_query(question, search, read, rounds):
    draft, query, asked = "", question, []
    for _ in range(rounds):
        if query in asked:
            break
        asked.append(query)
        passages = search(query)
        if not passages:
            break
        draft = read(question, passages)
        query = " ".join(passages) + " " + question
    return draft


@misconception(
    says="the answer of the first round",
    hint="Return what the last round wrote: it has read the better passages.",
)
def first_answer(question, search, read, rounds):
    draft, first, asked = "", "", []
    for _ in range(rounds):
        query = f"{draft} {question}" if draft else question
        if query in asked:
            break
        asked.append(query)
        passages = search(query)
        if not passages:
            break
        draft = read(question, passages)
        first = first or draft
    return first
