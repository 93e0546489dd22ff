"""The claims of the capstone, each with its bounds, and what became of them.

The bounds stood here before anything was measured. Differences are paired over questions; where a reader was trained
with several seeds, a question counts with its mean over them.
"""

from collections.abc import Mapping

from ...figures import Claim, Shown, claims
from ...verdicts import Verdict, paired, together, told, verdict

READING = 0.10  # accuracy beside passages: a reader that has learned to read over the model as it is
NO_FACTS = 0.10  # accuracy without any text that an adapter may add: it learned about other countries
FORM = 0.05  # accuracy beside passages: learned to read over learned the form alone
SELECTION = 0.10  # accuracy of the adapted reader: three passages over the whole text
GRAPH = 0.10  # accuracy of the adapted reader on questions of two and three steps: triples over passages
JOINT = 0.05  # accuracy that text and adapter bring together beyond the sum of what each brings


def verdicts(record: Mapping) -> Shown:
    """What became of the claims, from the record 15_together."""
    return claims([_adapting(record), _selecting(record), _joining(record), _sum(record)])


def right(record: Mapping, reader: str, context: str, hops: tuple[int, ...] = ()) -> list[float]:
    """For each question, or those of so many steps, the mean over seeds of whether the answer is right."""
    rows = [row["contexts"][context]["right"] for row in record["rows"] if row["reader"] == reader]
    means = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    return [r for r, h in zip(means, record["hops"], strict=True) if not hops or h in hops]


def _adapting(record: Mapping) -> Claim:
    beside = {reader: right(record, reader, "3 passages") for reader in ("as it is", "form", "reading")}
    gain, over_form = (paired(beside["reading"], beside[other]) for other in ("as it is", "form"))
    facts = paired(right(record, "reading", "nothing"), right(record, "as it is", "nothing"))
    return Claim(
        "Adapting teaches the model to read: not only the form, and no facts",
        told(over_the_model_as_it_is=gain, over_the_form_alone=over_form, without_any_text=facts),
        together(
            reads_better=verdict(gain, over=0, worth=READING),
            not_the_form_alone=verdict(over_form, over=0, worth=FORM),
            no_facts=verdict(facts, under=NO_FACTS),
        ),
    )


def _selecting(record: Mapping) -> Claim:
    gains = {
        f"{reader.replace(' ', '_')}": paired(right(record, reader, "3 passages"), right(record, reader, "whole text"))
        for reader in ("as it is", "reading")
    }
    return Claim(
        "Three retrieved passages are worth more than the whole text, before and after adapting",
        told(**gains),
        _all(gains, SELECTION),
        "The adapters learned beside short texts: how much of this is length alone is not separated here.",
    )


def _joining(record: Mapping) -> Claim:
    gain = paired(*(right(record, "reading", context, (2, 3)) for context in ("triples", "3 passages")))
    return Claim(
        "For questions of several steps the graph's triples are worth more than passages",
        told(the_adapted_reader=gain),
        verdict(gain, over=0, worth=GRAPH),
    )


def _sum(record: Mapping) -> Claim:
    """What both bring at once, less what each brings alone: (text and adapter) - (text) - (adapter) + (neither)."""
    cell = lambda reader, context: right(record, reader, context)
    with_text = [a - b for a, b in zip(cell("reading", "3 passages"), cell("as it is", "3 passages"))]
    without = [a - b for a, b in zip(cell("reading", "nothing"), cell("as it is", "nothing"))]
    extra = paired(with_text, without)
    return Claim(
        "Adapting and grounding need each other: together they bring more than the sum of both",
        told(beyond_the_sum=extra),
        verdict(extra, over=0, worth=JOINT),
    )


def _all(gains: Mapping, worth: float) -> Verdict:
    return together(**{name: verdict(gain, over=0, worth=worth) for name, gain in gains.items()})
