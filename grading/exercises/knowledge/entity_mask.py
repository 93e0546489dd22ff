"""The private half of entity-mask."""

import torch
from llmcourse.checks.labs.knowledge.entity_mask import sentence

from grading.exercises import misconception, reference, variant

CASES = {
    "a long sentence": sentence(31, [(2, 5), (9, 11), (20, 24)], 0.15),
    "half of a long sentence": sentence(26, [(0, 3), (6, 7), (15, 19), (24, 26)], 0.5),
    "one long name": sentence(6, [(1, 5)], 0.3, first=(1,)),
    "a span of one token": sentence(9, [(3, 4), (5, 7)], 0.6),
}


@reference
def entity_mask(length, spans, order, share):
    units, i = [], 0
    starts = dict(spans)
    while i < length:
        end = starts.get(i, i + 1)
        units.append((i, end))
        i = end
    mask = torch.zeros(length)
    for u in order:
        if mask.sum() >= share * length:
            break
        mask[units[u][0] : units[u][1]] = 1.0
    return mask


@variant
def sorted_units(length, spans, order, share):
    covered = {i for start, end in spans for i in range(start, end)}
    units = sorted([tuple(s) for s in spans] + [(i, i + 1) for i in range(length) if i not in covered])
    hidden, mask = 0, torch.zeros(length, dtype=torch.long)
    for start, end in (units[u] for u in order):
        if hidden >= share * length:
            continue
        mask[start:end] = 1
        hidden += end - start
    return mask


@variant
def by_numbers(length, spans, order, share):
    first = torch.ones(length)
    for start, end in spans:
        first[start + 1 : end] = 0
    unit = (first.cumsum(0) - 1).long()
    mask = torch.zeros(length)
    for u in order:
        if float(mask.mean()) < share - 1e-6:
            mask = torch.maximum(mask, (unit == u).float())
    return mask


@misconception(
    says="basic masking, token by token, whatever the spans",
    hint="A name is one unit: number the units, and not the tokens.",
)
def token_by_token(length, spans, order, share):
    mask = torch.zeros(length)
    for i in order:
        if mask.sum() >= share * length:
            break
        mask[i] = 1.0
    return mask


@misconception(
    says="masking that hides the first token of a name only",
    hint="The whole name is hidden: from its start to its end - 1.",
)
def first_token_only(length, spans, order, share):
    units, i, starts = [], 0, dict(spans)
    while i < length:
        units.append(i)
        i = starts.get(i, i + 1)
    mask = torch.zeros(length)
    for u in order:
        if mask.sum() >= share * length:
            break
        mask[units[u]] = 1.0
    return mask


@misconception(
    says="masking that counts units, not tokens",
    hint="The share is one of tokens: a name of three counts three.",
)
def counts_units(length, spans, order, share):
    units, i, starts = [], 0, dict(spans)
    while i < length:
        end = starts.get(i, i + 1)
        units.append((i, end))
        i = end
    mask = torch.zeros(length)
    for n, u in enumerate(order):
        if n >= share * len(units):
            break
        mask[units[u][0] : units[u][1]] = 1.0
    return mask


@misconception(
    says="masking that hides one unit more than it has to",
    hint="Stop as soon as the share is reached: at least share * length tokens is enough.",
)
def one_unit_more(length, spans, order, share):
    units, i, starts = [], 0, dict(spans)
    while i < length:
        end = starts.get(i, i + 1)
        units.append((i, end))
        i = end
    mask = torch.zeros(length)
    for u in order:
        done = mask.sum() >= share * length
        mask[units[u][0] : units[u][1]] = 1.0
        if done:
            break
    return mask


@misconception(
    says="masking that goes on when the share is met exactly",
    hint="At least share * length tokens: >=, not >.",
)
def strictly_more(length, spans, order, share):
    units, i, starts = [], 0, dict(spans)
    while i < length:
        end = starts.get(i, i + 1)
        units.append((i, end))
        i = end
    mask = torch.zeros(length)
    for u in order:
        if mask.sum() > share * length:
            break
        mask[units[u][0] : units[u][1]] = 1.0
    return mask


@misconception(
    says="masking that passes over a name which would go beyond the share",
    hint="Hide the unit whose turn it is as a whole, even if that is more than the share.",
)
def never_beyond(length, spans, order, share):
    units, i, starts = [], 0, dict(spans)
    while i < length:
        end = starts.get(i, i + 1)
        units.append((i, end))
        i = end
    mask = torch.zeros(length)
    for u in order:
        start, end = units[u]
        if mask.sum() + end - start <= share * length:
            mask[start:end] = 1.0
    return mask


@misconception(
    says="masking with one token more behind each name",
    hint="A span (start, end) is half open: its last token is end - 1, as in `mask[start:end]`.",
)
def end_included(length, spans, order, share):
    units, i, starts = [], 0, dict(spans)
    while i < length:
        end = starts.get(i, i + 1)
        units.append((i, end, end + 1 if i in starts else end))
        i = end
    mask = torch.zeros(length)
    for u in order:
        if mask.sum() >= share * length:
            break
        mask[units[u][0] : units[u][2]] = 1.0
    return mask


@misconception(
    says="masking that stops before a unit which would go beyond the share",
    hint="At least the share: hide the unit whose turn it is as a whole, and ask before the next.",
)
def stops_before(length, spans, order, share):
    units, i, starts = [], 0, dict(spans)
    while i < length:
        end = starts.get(i, i + 1)
        units.append((i, end))
        i = end
    mask = torch.zeros(length)
    for u in order:
        start, end = units[u]
        if mask.sum() + end - start > share * length:
            break
        mask[start:end] = 1.0
    return mask


@misconception(
    says="masking with one token more behind each unit",
    hint="A unit (start, end) is half open: its last token is end - 1, as in `mask[start:end]`.",
)
def one_token_more(length, spans, order, share):
    units, i, starts = [], 0, dict(spans)
    while i < length:
        end = starts.get(i, i + 1)
        units.append((i, end))
        i = end
    mask = torch.zeros(length)
    for u in order:
        if mask.sum() >= share * length:
            break
        mask[units[u][0] : units[u][1] + 1] = 1.0
    return mask


@misconception(
    says="masking that never stops",
    hint="Before each unit: are at least share * length tokens hidden? Then stop.",
)
def everything(length, spans, order, share):
    return torch.ones(length)


@misconception(
    says="masking until as many tokens are hidden as the share of *units* is",
    hint="The share is one of tokens: `share * length`.",
)
def share_of_units(length, spans, order, share):
    units, i, starts = [], 0, dict(spans)
    while i < length:
        end = starts.get(i, i + 1)
        units.append((i, end))
        i = end
    mask = torch.zeros(length)
    for u in order:
        if mask.sum() >= share * len(units):
            break
        mask[units[u][0] : units[u][1]] = 1.0
    return mask


@misconception(
    says="masking that rounds the number of tokens down",
    hint="At least `share * length` tokens: 4.5 are not reached with 4.",
)
def rounded_down(length, spans, order, share):
    units, i, starts = [], 0, dict(spans)
    while i < length:
        end = starts.get(i, i + 1)
        units.append((i, end))
        i = end
    mask = torch.zeros(length)
    for u in order:
        if mask.sum() >= int(share * length):
            break
        mask[units[u][0] : units[u][1]] = 1.0
    return mask


@misconception(
    says="units that are counted with the spans first",
    hint="The units are numbered from left to right, spans and single tokens together.",
)
def spans_first(length, spans, order, share):
    covered = {i for start, end in spans for i in range(start, end)}
    units = [*spans, *((i, i + 1) for i in range(length) if i not in covered)]
    mask = torch.zeros(length)
    for u in order:
        if mask.sum() >= share * length:
            break
        mask[units[u][0] : units[u][1]] = 1.0
    return mask


@misconception(
    says="1 where a token is shown, and 0 where it is hidden",
    hint="The other way round: 1 for hidden tokens.",
)
def exchanged(length, spans, order, share):
    units, i, starts = [], 0, dict(spans)
    while i < length:
        end = starts.get(i, i + 1)
        units.append((i, end))
        i = end
    mask = torch.ones(length)
    for u in order:
        if (1 - mask).sum() >= share * length:
            break
        mask[units[u][0] : units[u][1]] = 0.0
    return mask
