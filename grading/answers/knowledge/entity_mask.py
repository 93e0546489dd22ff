"""Answers to entity-mask, written from the task alone."""

import torch

from grading.answers import answer


def units(length, spans):
    inside = {i for a, b in spans for i in range(a, b)}
    return sorted([*map(tuple, spans), *((i, i + 1) for i in range(length) if i not in inside)])


def hide(length, chosen):
    mask = torch.zeros(length)
    for a, b in chosen:
        mask[a:b] = 1.0
    return mask


def until(us, order, enough):
    taken, hidden = [], 0
    for n in order:
        if enough(hidden, len(taken)):
            break
        taken.append(us[n])
        hidden += us[n][1] - us[n][0]
    return taken


@answer("entity-mask", "all units are hidden", "wrong")
def _(length, spans, order, share):
    return hide(length, units(length, spans))


@answer("entity-mask", "the share is of the units", "wrong")
def _(length, spans, order, share):
    us = units(length, spans)
    return hide(length, until(us, order, lambda hidden, taken: taken >= share * len(us)))


@answer("entity-mask", "stops before the share is passed", "wrong")
def _(length, spans, order, share):
    us, taken, hidden = units(length, spans), [], 0
    for n in order:
        size = us[n][1] - us[n][0]
        if hidden + size > share * length:
            break
        taken.append(us[n])
        hidden += size
    return hide(length, taken)


@answer("entity-mask", "intervals are closed", "wrong")
def _(length, spans, order, share):
    us = units(length, spans)
    return hide(length, [(a, b + (b - a > 1)) for a, b in until(us, order, lambda h, _: h >= share * length)])


@answer("entity-mask", "spans only", "wrong")
def _(length, spans, order, share):
    us = units(length, spans)
    chosen = until(us, order, lambda h, _: h >= share * length)
    return hide(length, [u for u in chosen if u in set(map(tuple, spans))])


@answer("entity-mask", "order is of tokens", "wrong")
def _(length, spans, order, share):
    mask = torch.zeros(length)
    for n in order:
        if mask.sum() >= share * length:
            break
        mask[n] = 1.0
    return mask


@answer("entity-mask", "the share is rounded down", "wrong")
def _(length, spans, order, share):
    us = units(length, spans)
    return hide(length, until(us, order, lambda h, _: h >= int(share * length)))


@answer("entity-mask", "the units by rank in the order", "wrong")
def _(length, spans, order, share):
    us = units(length, spans)
    rank = sorted(range(len(order)), key=lambda i: order[i])
    return hide(length, until(us, rank, lambda h, _: h >= share * length))


@answer("entity-mask", "at least one token more than the share", "wrong")
def _(length, spans, order, share):
    us = units(length, spans)
    return hide(length, until(us, order, lambda h, _: h > share * length))


@answer("entity-mask", "a loop over tokens that looks for its unit", "right")
def _(length, spans, order, share):
    number, n, i = [], 0, 0
    starts = {a: b for a, b in spans}
    while i < length:
        end = starts.get(i, i + 1)
        number += [n] * (end - i)
        n, i = n + 1, end
    mask = torch.zeros(length)
    for unit in order:
        if float(mask.sum()) >= share * length:
            return mask
        mask = mask + torch.tensor([float(x == unit) for x in number])
    return mask


@answer("entity-mask", "cumulated sizes", "right")
def _(length, spans, order, share):
    us = units(length, spans)
    before = 0
    mask = torch.zeros(length)
    for n in order:
        a, b = us[n]
        if before < share * length:
            mask[a:b] = 1
        before += b - a
    return mask
