"""Answers to rationalisation by people who have not seen its private half."""

import torch

from grading.answers import answer


@answer("rationalisation", "hinted in front of what was told", "wrong", means="keeps_hint")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    question = torch.where(ok1[:, None], plain, hinted)
    tokens = torch.cat([question, torch.where(ok1[:, None], first, told)], 1)
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens[ok1 | ok2], targets[ok1 | ok2]


@answer("rationalisation", "hinted in front of everything", "wrong", means="hinted_everywhere")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([hinted, torch.where(ok1[:, None], first, told)], 1)
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens[ok1 | ok2], targets[ok1 | ok2]


@answer("rationalisation", "told taken without asking whether it is right", "wrong", means="unchecked")
def _(plain, hinted, first, told, gold):
    ok = first[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok[:, None], first, told)], 1)
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "second chance forgotten: only right first tries", "wrong", means="first_tries_alone")
def _(plain, hinted, first, told, gold):
    ok = first[:, -1] == gold
    tokens = torch.cat([plain, first], 1)[ok]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "both rationales enter where both are right", "wrong", means="both_in_turn")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    rows = []
    for i in range(len(gold)):
        if ok1[i]:
            rows.append(torch.cat([plain[i], first[i]]))
        if ok2[i]:
            rows.append(torch.cat([plain[i], told[i]]))
    tokens = torch.stack(rows) if rows else plain.new_zeros(0, plain.shape[1] + first.shape[1])
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "the hinted rationale is preferred", "wrong", means="prefers_hint")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok2[:, None], told, first)], 1)
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens[ok1 | ok2], targets[ok1 | ok2]


@answer(
    "rationalisation", "right first tries before all second ones: order of questions lost", "wrong", means="grouped"
)
def _(plain, hinted, first, told, gold):
    ok1 = first[:, -1] == gold
    ok2 = ~ok1 & (told[:, -1] == gold)
    tokens = torch.cat([torch.cat([plain[ok1], first[ok1]], 1), torch.cat([plain[ok2], told[ok2]], 1)])
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "targets not masked", "wrong", means="learns_questions")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 | ok2]
    return tokens, tokens.clone()


@answer("rationalisation", "tokens and targets share memory: -100 in both", "wrong", means="one_memory")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 | ok2]
    targets = tokens
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "the rationale masked instead of the question", "wrong", means="rationale_ignored")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 | ok2]
    targets = tokens.clone()
    targets[:, plain.shape[1] :] = -100
    return tokens, targets


@answer("rationalisation", "everything masked but the answer", "wrong", means="answers_only")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 | ok2]
    targets = tokens.clone()
    targets[:, :-1] = -100
    return tokens, targets


@answer("rationalisation", "one place too few masked (Q - 1, shifted)", "wrong", means="one_place_less")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 | ok2]
    targets = tokens.clone()
    targets[:, : plain.shape[1] - 1] = -100
    return tokens, targets


@answer("rationalisation", "targets shifted by one, as the next token", "wrong", means="shifted")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 | ok2]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    targets = torch.cat([targets[:, 1:], torch.full_like(targets[:, :1], -100)], 1)
    return tokens, targets


@answer("rationalisation", "mask is 0 instead of -100", "wrong", means="zeros_for_ignored")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 | ok2]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = 0
    return tokens, targets


@answer("rationalisation", "the answer looked up at the first token", "wrong", means="first_token")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, 0] == gold, told[:, 0] == gold
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 | ok2]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "right where the answer occurs anywhere in the rationale", "wrong", means="anywhere")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = (first == gold[:, None]).any(1), (told == gold[:, None]).any(1)
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 | ok2]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "told asked for only where first is right (and for or)", "wrong", means="both_needed")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 & ok2]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "exclusive or: questions with both right are left out", "wrong", means="exclusive")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 ^ ok2]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "wrong ones kept as rows of -100", "wrong", means="kept_as_ignored")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    targets[~(ok1 | ok2)] = -100
    return tokens, targets


@answer("rationalisation", "rationale before the question", "wrong", means="rationale_in_front")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([torch.where(ok1[:, None], first, told), plain], 1)[ok1 | ok2]
    targets = tokens.clone()
    targets[:, -plain.shape[1] :] = -100
    return tokens, targets


@answer("rationalisation", "targets are only the rationales, (M, S)", "wrong", means="targets_short")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    answers = torch.where(ok1[:, None], first, told)[ok1 | ok2]
    return torch.cat([plain[ok1 | ok2], answers], 1), answers


@answer("rationalisation", "only tokens returned", "wrong")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    return torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 | ok2]


@answer("rationalisation", "lists of rows returned", "wrong")
def _(plain, hinted, first, told, gold):
    tokens, targets = [], []
    for p, a, b, g in zip(plain.tolist(), first.tolist(), told.tolist(), gold.tolist()):
        pick = a if a[-1] == g else b if b[-1] == g else None
        if pick is not None:
            tokens.append(p + pick)
            targets.append([-100] * len(p) + pick)
    return tokens, targets


@answer("rationalisation", "torch.stack of an empty list where nothing enters", "wrong", means="stack_of_nothing")
def _(plain, hinted, first, told, gold):
    tokens, targets = [], []
    for i in range(len(gold)):
        for rationale in (first[i], told[i]):
            if rationale[-1] == gold[i]:
                tokens.append(torch.cat([plain[i], rationale]))
                targets.append(torch.cat([torch.full_like(plain[i], -100), rationale]))
                break
    return torch.stack(tokens), torch.stack(targets)


@answer("rationalisation", "the answer token itself masked as well", "wrong", means="answer_ignored")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 | ok2]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    targets[:, -1] = -100
    return tokens, targets


@answer("rationalisation", "targets as float", "wrong")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 | ok2]
    targets = torch.full(tokens.shape, -100.0)
    targets[:, plain.shape[1] :] = tokens[:, plain.shape[1] :].float()
    return tokens, targets


@answer(
    "rationalisation", "wrong first tries enter where the hinted try is right too", "wrong", means="first_everywhere"
)
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, first], 1)[ok1 | ok2]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "where with the condition's branches exchanged", "wrong", means="branches_exchanged")
def _(plain, hinted, first, told, gold):
    ok1, ok2 = first[:, -1] == gold, told[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok1[:, None], told, first)], 1)[ok1 | ok2]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer(
    "rationalisation", "the hinted rationale enters where it is the same as the first", "wrong", means="told_like_first"
)
def _(plain, hinted, first, told, gold):
    ok1 = first[:, -1] == gold
    ok2 = told[:, -1] == first[:, -1]
    tokens = torch.cat([plain, torch.where(ok1[:, None], first, told)], 1)[ok1 | ok2]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "Python lists inside, tensors at the end", "right")
def _(plain, hinted, first, told, gold):
    Q, S = plain.shape[1], first.shape[1]
    tokens, targets = [], []
    for p, a, b, g in zip(plain.tolist(), first.tolist(), told.tolist(), gold.tolist()):
        for rationale in (a, b):
            if rationale[-1] == g:
                tokens.append(p + rationale)
                targets.append([-100] * Q + rationale)
                break
    return (
        torch.tensor(tokens, dtype=plain.dtype).reshape(-1, Q + S),
        torch.tensor(targets, dtype=plain.dtype).reshape(-1, Q + S),
    )


@answer("rationalisation", "both sets joined, then sorted back into the questions' order", "right")
def _(plain, hinted, first, told, gold):
    one = torch.nonzero(first[:, -1] == gold)[:, 0]
    two = torch.nonzero((first[:, -1] != gold) & (told[:, -1] == gold))[:, 0]
    order = torch.cat([one, two]).argsort()
    rationale = torch.cat([first[one], told[two]])[order]
    question = torch.cat([plain[one], plain[two]])[order]
    return torch.cat([question, rationale], 1), torch.cat([torch.full_like(question, -100), rationale], 1)


@answer("rationalisation", "arithmetic with masks", "right")
def _(plain, hinted, first, told, gold):
    a = (first[:, -1:] == gold[:, None]).long()
    b = (1 - a) * (told[:, -1:] == gold[:, None]).long()
    rationale = a * first + b * told
    enters = (a + b)[:, 0] == 1
    tokens = torch.hstack([plain, rationale])[enters]
    seen = torch.arange(tokens.shape[1]) < plain.shape[1]
    return tokens, tokens.masked_fill(seen, -100)


@answer("rationalisation", "stack and gather the chosen rationale", "right")
def _(plain, hinted, first, told, gold):
    both = torch.stack([first, told], 1)
    ok = both[:, :, -1] == gold[:, None]
    which = ok.int().argmax(1)
    rows = ok.any(1)
    rationale = both[torch.arange(len(gold)), which][rows]
    tokens = torch.cat((plain[rows], rationale), dim=-1)
    targets = torch.nn.functional.pad(rationale, (plain.shape[1], 0), value=-100)
    return tokens, targets


@answer("rationalisation", "writes into a tensor made before", "right")
def _(plain, hinted, first, told, gold):
    B, Q = plain.shape
    tokens = plain.new_zeros(B, Q + first.shape[1])
    tokens[:, :Q] = plain
    keep = []
    for i in range(B):
        if first[i, -1].item() == gold[i].item():
            tokens[i, Q:] = first[i]
        elif told[i, -1].item() == gold[i].item():
            tokens[i, Q:] = told[i]
        else:
            continue
        keep.append(i)
    tokens = tokens[torch.tensor(keep, dtype=torch.long)]
    targets = tokens.clone()
    targets[:, :Q].fill_(-100)
    return tokens, targets


@answer("rationalisation", "numpy inside", "right")
def _(plain, hinted, first, told, gold):
    import numpy as np

    p, a, b, g = (t.numpy() for t in (plain, first, told, gold))
    ok = a[:, -1] == g
    rationale = np.where(ok[:, None], a, b)
    rows = rationale[:, -1] == g
    tokens = np.concatenate([p, rationale], 1)[rows]
    targets = tokens.copy()
    targets[:, : p.shape[1]] = -100
    return torch.from_numpy(tokens), torch.from_numpy(targets)


@answer("rationalisation", "targets = tokens without clone: -100 gets into the tokens too", "wrong", means="one_memory")
def _(plain, hinted, first, told, gold):
    ok = first[:, -1] == gold
    told_ok = told[:, -1] == gold
    written = torch.where(ok[:, None], first, told)
    tokens = torch.cat([plain, written], 1)[ok | told_ok]
    targets = tokens
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "masks by value", "wrong", means="ignored_by_value")
def _(plain, hinted, first, told, gold):
    ok = first[:, -1] == gold
    written = torch.where(ok[:, None], first, told)
    tokens = torch.cat([plain, written], 1)[ok | (told[:, -1] == gold)]
    targets = tokens.clone()
    for row, q in zip(targets, tokens[:, : plain.shape[1]]):
        row[torch.isin(row, q)] = -100
    return tokens, targets


@answer("rationalisation", "all first tries, then all told ones: order of the questions lost", "wrong", means="grouped")
def _(plain, hinted, first, told, gold):
    ok = first[:, -1] == gold
    second = ~ok & (told[:, -1] == gold)
    tokens = torch.cat([torch.cat([plain, first], 1)[ok], torch.cat([plain, told], 1)[second]])
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer(
    "rationalisation", "the told rationale is not checked: every failed question enters", "wrong", means="unchecked"
)
def _(plain, hinted, first, told, gold):
    ok = first[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok[:, None], first, told)], 1)
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "a try is right when the answer stands anywhere in it", "wrong", means="anywhere")
def _(plain, hinted, first, told, gold):
    ok = (first == gold[:, None]).any(1)
    ok2 = (told == gold[:, None]).any(1)
    tokens = torch.cat([plain, torch.where(ok[:, None], first, told)], 1)[ok | ok2]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "targets shifted by one, as for next-token prediction", "wrong", means="shifted")
def _(plain, hinted, first, told, gold):
    ok = first[:, -1] == gold
    tokens = torch.cat([plain, torch.where(ok[:, None], first, told)], 1)[ok | (told[:, -1] == gold)]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    targets = torch.cat([targets[:, 1:], torch.full_like(targets[:, :1], -100)], 1)
    return tokens, targets


@answer("rationalisation", "list and torch.stack: fails when no question enters", "wrong", means="stack_of_nothing")
def _(plain, hinted, first, told, gold):
    rows, targets = [], []
    for q, a, b, g in zip(plain, first, told, gold):
        if a[-1] == g:
            chosen = a
        elif b[-1] == g:
            chosen = b
        else:
            continue
        rows.append(torch.cat([q, chosen]))
        targets.append(torch.cat([torch.full_like(q, -100), chosen]))
    return torch.stack(rows), torch.stack(targets)


@answer("rationalisation", "told rationales stand behind the hinted question", "wrong", means="keeps_hint")
def _(plain, hinted, first, told, gold):
    ok = (first[:, -1] == gold)[:, None]
    q = torch.where(ok, plain, hinted)
    tokens = torch.cat([q, torch.where(ok, first, told)], 1)
    tokens = tokens[(first[:, -1] == gold) | (told[:, -1] == gold)]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@answer("rationalisation", "both right rationales of a question enter: first and told", "wrong", means="both_in_turn")
def _(plain, hinted, first, told, gold):
    rows, Q = [], plain.shape[1]
    for b in range(len(gold)):
        for t in (first[b], told[b]):
            if t[-1] == gold[b]:
                rows.append(torch.cat([plain[b], t]))
    tokens = torch.stack(rows) if rows else plain.new_zeros(0, Q + first.shape[1])
    targets = tokens.clone()
    targets[:, :Q] = -100
    return tokens, targets


@answer("rationalisation", "Python lists, empty case by reshape", "right")
def _(plain, hinted, first, told, gold):
    Q, S = plain.shape[1], first.shape[1]
    rows, goals = [], []
    for q, a, b, g in zip(plain.tolist(), first.tolist(), told.tolist(), gold.tolist()):
        way = next((t for t in (a, b) if t[-1] == g), None)
        if way is not None:
            rows.append(q + way)
            goals.append([-100] * Q + way)
    as_t = lambda v: torch.tensor(v, dtype=plain.dtype).reshape(-1, Q + S)
    return as_t(rows), as_t(goals)


@answer("rationalisation", "stack of two tries, argmax of the first that is right, masked_fill", "right")
def _(plain, hinted, first, told, gold):
    tries = torch.stack([first, told], 1)
    good = tries[..., -1] == gold[:, None]
    enters = good.any(1).nonzero().flatten()
    which = good.int().argmax(1)
    way = tries[torch.arange(len(gold)), which]
    tokens = torch.cat([plain, way], 1).index_select(0, enters)
    question = torch.arange(tokens.shape[1]) < plain.shape[1]
    return tokens, tokens.masked_fill(question, -100)


@answer("rationalisation", "cat of both groups with their question numbers, sorted back", "right")
def _(plain, hinted, first, told, gold):
    a = (first[:, -1] == gold).nonzero()[:, 0]
    b = ((first[:, -1] != gold) & (told[:, -1] == gold)).nonzero()[:, 0]
    number = torch.cat([a, b])
    order = number.argsort()
    way = torch.cat([first[a], told[b]])[order]
    q = plain[number[order]]
    return torch.cat([q, way], 1), torch.cat([torch.full_like(q, -100), way], 1)
