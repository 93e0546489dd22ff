"""The tables of lecture 13, and a recorded trace in words. Each takes what was measured; none measures anything."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from ...figures import Shown, table
from ...verdicts import share
from .. import self_rag, speculative

KINDS = ("by heart", "one hop", "two hops")


def step(row: Sequence) -> tuple[str, str]:
    """(what was done, in words) of a recorded step: [kind, inputs, results, decision, score, tokens]."""
    kind, inputs, results, decision, score, _ = row
    if kind == "decide":
        return "decide", decision + (f"  [{score:.2f}]" if score is not None else "")
    if kind == "search":
        return "search", f"“{inputs[0][0]}”: {len(results[0])} passages"
    if kind == "fallback":
        return "second", f"“{inputs[0][0]}”: " + "; ".join(results[0])
    if kind == "read":
        seen = inputs[0][1]
        told = "one passage each" if len(inputs) > 1 else "memory" if not seen else " ".join(seen)
        return "read", "; ".join(f"“{result}”" for result in results) + f", from {told}"
    if kind == "draft":
        return "draft", "; ".join(f"{answer} ({a:.2f})" for _, answer, _, a in results)
    if kind == "verify":
        return "verify", "; ".join(f"contained {a:.2f}, supported {b:.2f}" for a, b in results)
    if kind == "choose":
        return "choose", ", ".join(f"passage {i + 1}" for i in results[0]) or "none"
    if kind in ("need", "relevance"):
        return kind, ", ".join(f"{value:.2f}" for value in results)
    if kind == "complexity":
        return kind, "no search {:.2f}, one {:.2f}, several {:.2f}".format(*results[0])
    if kind == "support":
        return kind, ", ".join(f"{self_rag.support_score(p):.2f}" for p in results)
    if kind == "utility":
        return kind, ", ".join(f"{self_rag.utility_score(p):+.1f}" for p in results)
    return kind, f"{len(inputs)} texts"


def answers(record: Mapping) -> Shown:
    """Every system by kind of question, with what it cost."""
    rows = []
    for name in record["rows"]["one hop"]:
        cells = [record["rows"][kind][name] for kind in KINDS]
        told = [_told(cell["right"]) for cell in cells]
        every = lambda what, cells=cells: fmean(value for cell in cells for value in cell[what])
        rows.append([name, *told, f"{every('right'):.2f}", f"{every('calls'):.1f}", f"{every('tokens'):.0f}"])
    n = [len(record["questions"][kind]) for kind in KINDS]
    header = ["system", *(f"{kind} ({count})" for kind, count in zip(KINDS, n)), "all", "calls", "tokens"]
    caption = "Share of right answers by kind of question (how many), with 95 % intervals; calls of the reader and "
    return table(rows, header, caption + "tokens that it read and wrote, means of a question.")


def cost(rows: Mapping[str, Mapping], name: str) -> tuple[float, float]:
    """(tokens of a question, share of right answers) of a system, over all kinds of questions."""
    every = lambda what: fmean(value for kind in rows for value in rows[kind][name][what])
    return every("tokens"), every("right")


def _told(values: Sequence[float]) -> str:
    found = share(int(sum(values)), len(values))
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def said(record: Mapping, kind: str, names: Sequence[str], shown: int = 8) -> Shown:
    """What some systems answered to the first questions of a kind."""
    rows = [
        [question, record["accepted"][kind][i][0], *(record["rows"][kind][name]["answers"][i] for name in names)]
        for i, question in enumerate(record["questions"][kind][:shown])
    ]
    return table(rows, ["question", "accepted", *names])


def scored(trace: Mapping) -> list[tuple[str, tuple[float, float, float]]]:
    """(answer, weighted relevance, support, utility) of each passage of a Self-RAG trace."""
    by = {row[0]: row[2] for row in trace["steps"]}
    weights = self_rag.Weights()
    return [
        (
            answer,
            (
                weights.relevance * r,
                weights.support * self_rag.support_score(s),
                weights.utility * self_rag.utility_score(u),
            ),
        )
        for answer, r, s, u in zip(by["read"], by["relevance"], by["support"], by["utility"])
    ]


def drafts(trace: Mapping) -> Shown:
    """The drafts of a speculative trace with their scores."""
    by = {row[0]: row for row in trace["steps"]}
    rows = []
    for (_, passages), (_, answer, beta, alpha), (inside, held) in zip(by["draft"][1], by["draft"][2], by["verify"][2]):
        rho = speculative.draft_score(beta, alpha)
        final = speculative.final_score(rho, inside, held)
        rows.append([" ".join(passages), answer, f"{rho:.2f}", f"{inside:.2f}", f"{held:.2f}", f"{final:.3f}"])
    return table(rows, ["passages", "draft", "draft score", "self-containment", "self-reflection", "product"])


def silver(sequences: Sequence[Sequence[int]], each: int) -> Shown:
    """What greedy search picked, by kind of question."""
    rows = []
    for kind, start in (("one hop", 0), ("two hops", each)):
        part = [tuple(s) for s in sequences[start : start + each]]
        count = lambda n, part=part: sum(len(s) == n for s in part)
        first = sum(s[:1] == (0,) for s in part)
        rows.append([kind, len(part), count(0), count(1), count(2), first])
    return table(rows, ["kind", "questions", "none", "one passage", "two", "begin with the first found"])
