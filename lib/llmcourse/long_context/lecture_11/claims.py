"""The claims of lecture 11, each with its bounds, and what became of them.

Shares are of questions, log-probabilities in nats a token; differences are paired, by context or by seed. The smallest
effects worth seeing: 0.1 of the questions, 0.05 nats a token. All bounds but those on translation were set before what
they judge was measured; those on translation afterwards, so that claim is exploratory.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from statistics import fmean

from ...figures import Claim, Shown, claims
from ...verdicts import improved, mean, paired, share, together, told, verdict

SHARE, NATS = 0.1, 0.05  # smallest effects worth seeing
WORDS = 0.1  # of the words of a translation

Rows = Sequence[Mapping]


def by_context(rows: Rows, value: str, keys: Sequence[str] = ("haystack", "draw"), **chosen) -> list[float]:
    """The mean of a value in each context, in the order of their keys, over the rows that are as `chosen` says."""
    context = lambda row: tuple(row[key] for key in keys)
    some = sorted((row for row in rows if all(row[k] == v for k, v in chosen.items())), key=context)
    means = [[row[value] for row in group] for _, group in groupby(some, context)]
    return [sum(values) / len(values) for values in means]


def cells(rows: Rows, value: str, depth: float, lengths: Sequence[int]) -> list[float]:
    """The mean of a value over all contexts, at one depth and each length."""
    return [fmean(by_context(rows, value, depth=depth, length=length)) for length in lengths]


def finds(runs: Rows, mixer: str, lines: int) -> float:
    """The share of so many lines that a mixer finds, the mean over its seeds."""
    return fmean(run["accuracy"][str(lines)] for run in runs if run["mixer"] == mixer)


def _registers(rows: Rows) -> Claim:
    sizes = list(dict.fromkeys(row["lines"] for row in rows))
    written, gains = {}, {}
    for n in sizes:
        mine = [row for row in rows if row["lines"] == n]
        written[f"{n}_lines"] = share(sum(row["reported"] for row in mine), len(mine))
        gains[f"{n}_lines"] = paired([row["scored"] for row in mine], [row["reported"] for row in mine])
    return Claim(
        "What stands in the window can be reported: one number among a few lines",
        f"reported, {told('.2f', **written)}. Gained if the numbers are scored in place of written, {told(**gains)}",
        together(**{name: verdict(one, over=0.5) for name, one in written.items()}),
        "It writes about code, long before its window is full. Scored, it may find some: ten tests can't tell.",
    )


def _needle(record: Mapping) -> Claim:
    rows, short, long = record["grid"], record["lengths"][0], record["lengths"][-1]
    lost = lambda value: paired(by_context(rows, value, length=short), by_context(rows, value, length=long))
    found, nats = lost("prefixed"), lost("log_prob")
    return Claim(
        "The longer the context, the less surely a needle is found",
        f"{short} against {long} tokens, {told(found=found, log_p=nats)}",
        together(found=verdict(found, over=0, worth=SHARE), log_p=verdict(nats, over=0, worth=NATS)),
    )


def _depth(record: Mapping) -> Claim:
    keys = ("haystack", "draw", "length")
    at = lambda depth: by_context(record["grid"], "log_prob", keys, depth=depth)
    middle = at(0.5)
    gains = {"the_beginning": paired(at(0.0), middle), "the_end": paired(at(1.0), middle)}
    return Claim(
        "A needle in the middle is found less surely than at either end",
        f"log p against the middle, {told(**gains)}",
        improved(NATS, **gains),
    )


def _begun(record: Mapping) -> Claim:
    keys = ("haystack", "draw", "length")
    rows = record["grid"]
    gain = paired(by_context(rows, "prefixed", keys), by_context(rows, "free", keys))
    return Claim(
        "The first words of the answer, given, raise the share of needles found",
        told(answer_begun_against_free=gain),
        verdict(gain, over=0, worth=SHARE),
    )


def _words(rows: Rows) -> Claim:
    of = lambda kind: by_context(rows, "right", kind=kind)
    gaps = {kind.replace(" ", "_"): paired(of("same words"), of(kind)) for kind in ("synonyms", "no shared word")}
    return Claim(
        "A needle is found by its words: asked in others, it is found less often",
        f"share lost against the same words, {told(**gaps)}",
        improved(SHARE, **gaps),
    )


def _look_alikes(rows: Rows) -> Claim:
    counts = sorted({row["count"] for row in rows})
    of = lambda count: by_context(rows, "written", count=count)
    gap = paired(of(counts[0]), of(counts[-1]))
    return Claim(
        "Needles that look alike hide each other",
        f"written correctly with {counts[0]} against {counts[-1]} in the context, {told(lost=gap)}",
        verdict(gap, over=0, worth=SHARE),
    )


def _everything(runs: Rows, trained: Sequence[int]) -> Claim:
    most = list(runs[0]["accuracy"])[-1]
    kept = mean([run["accuracy"][most] for run in runs if run["mixer"] == "softmax"], 0, 1)
    return Claim(
        f"Who keeps every key and value finds a line among {most}, after training on at most {trained[1]}",
        f"softmax, share found: {kept.told()}",
        verdict(kept, over=0.9),
    )


def _fixed(runs: Rows) -> Claim:
    most = list(runs[0]["accuracy"])[-1]
    of = lambda name: [run["accuracy"][most] for run in runs if run["mixer"] == name]
    names = [name for name in dict.fromkeys(run["mixer"] for run in runs) if name != "softmax"]
    gaps = {name.replace("-", "_"): paired(of("softmax"), of(name)) for name in names}
    return Claim(
        "A state of fixed size finds less of a long list than all keys and values do",
        f"share lost at {most} lines, {told(**gaps)}",
        improved(SHARE, **gaps),
    )


def _rules(runs: Rows, lines: str = "32") -> Claim:
    of = lambda name: [run["accuracy"][lines] for run in runs if run["mixer"] == name]
    gains = {"delta_rule": paired(of("DeltaNet"), of("linear")), "gate": paired(of("GLA"), of("linear"))}
    return Claim(
        "In a state of the same size, a delta rule or a gate finds more than a plain sum",
        f"share gained over linear attention at {lines} lines, {told(**gains)}",
        improved(SHARE, **gains),
    )


def _stretched(runs: Rows, at: int) -> Claim:
    found = lambda name: [run["accuracy"][name][at] for run in runs]
    names = [name for name in runs[0]["accuracy"] if name != "plain"]
    gains = {name.replace("-", "_"): paired(found(name), found("plain")) for name in names}
    return Claim(
        "Past the training length scalings of rotary positions repair what plain ones lose, without training",
        f"share of lines gained over plain, {told(**gains)}",
        improved(SHARE, **gains),
    )


def _books(runs: Rows) -> Claim:
    words = {name: [run["marks"][name]["words"] for run in runs] for name in runs[0]["marks"]}
    gains = {
        "half_a_book_over_none": paired(words["half book"], words["0-shot"]),
        "a_whole_book_over_half": paired(words["whole book"], words["half book"]),
        "examples_over_words_and_grammar_alone": paired(words["whole book"], words["words and grammar"]),
    }
    return Claim(
        "A model translates a language that it has only read a book of, and more of the book helps (exploratory)",
        f"words right, {told(**gains)}",
        improved(WORDS, **gains),
        "Words and grammar do most of it. Whether six examples add anything to them, three seeds do not tell.",
    )


def verdicts(
    registers: Rows, lines: Mapping, needle: Mapping, facts: Rows, alike: Rows, further: Rows, books: Mapping
) -> Shown:
    """What became of the claims. Mappings are records: 11_lines, 11_needle, 11_translation; rows were measured live."""
    return claims(
        [
            _registers(registers),
            _everything(lines["runs"], lines["trained"]),
            _fixed(lines["runs"]),
            _rules(lines["runs"]),
            _needle(needle),
            _depth(needle),
            _begun(needle),
            _words(facts),
            _look_alikes(alike),
            _stretched(further, at=2),
            _books(books["runs"]),
        ]
    )
