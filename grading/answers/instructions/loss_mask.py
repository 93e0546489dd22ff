"""Answers to loss-mask by people who have not seen its private half."""

import torch

from grading.answers import answer


def learned(tokens, start, end, assistant, head=False, close=True, only="all"):
    """Which tokens are learned, (B, L): the assistant's turns, by their places."""
    mask = torch.zeros_like(tokens, dtype=torch.bool)
    for b, row in enumerate(tokens.tolist()):
        spans = []
        for t, token in enumerate(row):
            if token == start and row[t + 1] == assistant:
                last = row.index(end, t)
                spans.append((t if head else t + 2, last + 1 if close else last))
        spans = spans[-1:] if only == "last" else spans[:1] if only == "first" else spans
        for a, z in spans:
            mask[b, a:z] = True
    return mask


def shifted(tokens, mask):
    targets = torch.full_like(tokens, -100)
    targets[:, :-1] = torch.where(mask[:, 1:], tokens[:, 1:], -100)
    return targets


@answer("loss-mask", "not shifted", "wrong")
def _(tokens, start, end, assistant):
    return torch.where(learned(tokens, start, end, assistant), tokens, -100)


@answer("loss-mask", "shifted the other way", "wrong")
def _(tokens, start, end, assistant):
    mask, targets = learned(tokens, start, end, assistant), torch.full_like(tokens, -100)
    targets[:, 1:] = torch.where(mask[:, :-1], tokens[:, :-1], -100)
    return targets


@answer("loss-mask", "the end is not learned", "wrong")
def _(tokens, start, end, assistant):
    return shifted(tokens, learned(tokens, start, end, assistant, close=False))


@answer("loss-mask", "start and role are learned too", "wrong")
def _(tokens, start, end, assistant):
    return shifted(tokens, learned(tokens, start, end, assistant, head=True))


@answer("loss-mask", "the last turn alone", "wrong")
def _(tokens, start, end, assistant):
    return shifted(tokens, learned(tokens, start, end, assistant, only="last"))


@answer("loss-mask", "the first turn alone", "wrong")
def _(tokens, start, end, assistant):
    return shifted(tokens, learned(tokens, start, end, assistant, only="first"))


@answer("loss-mask", "every token is learned", "wrong")
def _(tokens, start, end, assistant):
    return shifted(tokens, torch.ones_like(tokens, dtype=torch.bool))


@answer("loss-mask", "all but the padding and the heads, of everybody", "wrong")
def _(tokens, start, end, assistant):
    mask = torch.zeros_like(tokens, dtype=torch.bool)
    for b, row in enumerate(tokens.tolist()):
        inside = skip = False
        for t, token in enumerate(row):
            if token == start:
                inside = skip = True
            elif skip:
                skip = False
            elif inside:
                mask[b, t] = True
                inside = token != end
    return shifted(tokens, mask)


@answer("loss-mask", "everybody but the assistant", "wrong")
def _(tokens, start, end, assistant):
    mask = torch.zeros_like(tokens, dtype=torch.bool)
    for b, row in enumerate(tokens.tolist()):
        inside = False
        for t, token in enumerate(row):
            if token == start:
                inside = row[t + 1] != assistant
            elif row[t - 1] != start and inside:
                mask[b, t] = True
                inside = token != end
    return shifted(tokens, mask)


@answer("loss-mask", "padding is learned behind an answer", "wrong")
def _(tokens, start, end, assistant):
    mask = torch.zeros_like(tokens, dtype=torch.bool)
    for b, row in enumerate(tokens.tolist()):
        speaks = False
        for t, token in enumerate(row):
            if token == start:
                speaks = row[t + 1] == assistant
            elif row[t - 1] != start:
                mask[b, t] = speaks
    return shifted(tokens, mask)


@answer("loss-mask", "every assistant token opens a turn", "wrong")
def _(tokens, start, end, assistant):
    mask = torch.zeros_like(tokens, dtype=torch.bool)
    for b, row in enumerate(tokens.tolist()):
        speaks = False
        for t, token in enumerate(row):
            if token == start:
                speaks = False
            elif token == assistant:
                speaks = True
            elif speaks:
                mask[b, t] = True
                speaks = token != end
    return shifted(tokens, mask)


@answer("loss-mask", "what equals an end is never learned", "wrong")
def _(tokens, start, end, assistant):
    targets = shifted(tokens, learned(tokens, start, end, assistant))
    return torch.where(targets == end, -100, targets)


@answer("loss-mask", "zeros in place of -100", "wrong")
def _(tokens, start, end, assistant):
    targets = shifted(tokens, learned(tokens, start, end, assistant))
    return torch.where(targets == -100, 0, targets)


@answer("loss-mask", "the mask in place of the targets", "wrong")
def _(tokens, start, end, assistant):
    return learned(tokens, start, end, assistant).long()


@answer("loss-mask", "the role's position predicts nothing", "wrong")
def _(tokens, start, end, assistant):
    targets = shifted(tokens, learned(tokens, start, end, assistant))
    return torch.where(tokens == assistant, -100, targets)


@answer("loss-mask", "the end behind every turn is learned", "wrong")
def _(tokens, start, end, assistant):
    mask = learned(tokens, start, end, assistant)
    for b, row in enumerate(tokens.tolist()):
        for t, token in enumerate(row):
            if token == start:
                mask[b, row.index(end, t)] = True
    return shifted(tokens, mask)


@answer("loss-mask", "a row shorter by one", "wrong")
def _(tokens, start, end, assistant):
    return shifted(tokens, learned(tokens, start, end, assistant))[:, :-1]


@answer("loss-mask", "one row for all: the first one's mask", "wrong")
def _(tokens, start, end, assistant):
    mask = learned(tokens[:1], start, end, assistant).expand(tokens.shape)
    return shifted(tokens, mask)


@answer("loss-mask", "only where the whole row is the assistant's", "wrong")
def _(tokens, start, end, assistant):
    mask = learned(tokens, start, end, assistant)
    return shifted(tokens, mask & mask.all(1, keepdim=True))


@answer("loss-mask", "the answer's first word missing", "wrong")
def _(tokens, start, end, assistant):
    mask = learned(tokens, start, end, assistant)
    before = torch.zeros_like(mask)
    before[:, 1:] = mask[:, :-1]
    return shifted(tokens, mask & before)


@answer("loss-mask", "places and a shift", "right")
def _(tokens, start, end, assistant):
    return shifted(tokens, learned(tokens, start, end, assistant))


@answer("loss-mask", "cumulative sums, no loop", "right")
def _(tokens, start, end, assistant):
    before = torch.nn.functional.pad(tokens, (1, 0), value=-1)[:, :-1]
    role = before == start
    place = torch.arange(tokens.shape[1]).expand(tokens.shape)
    last = torch.where(role, place, -1).cummax(1).values
    mine = torch.where(last >= 0, tokens.gather(1, last.clamp(min=0)) == assistant, False)
    closed = (tokens == end).long().cumsum(1)
    ended = closed - (tokens == end).long()
    since = ended - torch.where(last >= 0, ended.gather(1, last.clamp(min=0)), 0)
    mask = mine & (place > last) & (tokens != start) & (since == 0)
    return shifted(tokens, mask)
