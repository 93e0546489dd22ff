"""Answers to distinct-paths by people who have not seen its private half."""

from collections import Counter

import torch

from grading.answers import answer


def _walk(paths, answers, gold, k, key=tuple):
    """The right walk, with a key of one's own for what makes two paths the same."""
    kept = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(paths.shape[0]):
        seen = set()
        for n in range(paths.shape[1]):
            name = key(paths[b, n].tolist())
            if answers[b, n] == gold[b] and name not in seen and len(seen) < k:
                seen.add(name)
                kept[b, n] = True
    return kept


@answer("distinct-paths", "order of steps ignored: sorted", "wrong", means="any_order")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold, k, lambda p: tuple(sorted(p)))


@answer("distinct-paths", "steps as a set: repetitions and order ignored", "wrong", means="set_of_steps")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold, k, frozenset)


@answer("distinct-paths", "compared by the sum of the steps", "wrong", means="by_sum")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold, k, sum)


@answer("distinct-paths", "compared by the last step", "wrong", means="by_last_step")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold, k, lambda p: p[-1])


@answer("distinct-paths", "compared by the first step", "wrong", means="by_first_step")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold, k, lambda p: p[0])


@answer("distinct-paths", "steps joined to a string without a separator", "wrong", means="joined_digits")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold, k, lambda p: "".join(map(str, p)))


@answer("distinct-paths", "a tensor in a set: never equal", "wrong", means="with_repetitions")
def _(paths, answers, gold, k):
    kept = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(paths)):
        seen = set()
        for n in range(paths.shape[1]):
            if answers[b, n] == gold[b] and paths[b, n] not in seen and len(seen) < k:
                seen.add(paths[b, n])
                kept[b, n] = True
    return kept


@answer("distinct-paths", "a wrong answer uses up its path", "wrong", means="wrong_uses_up")
def _(paths, answers, gold, k):
    kept = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(paths)):
        seen, count = set(), 0
        for n in range(paths.shape[1]):
            name = tuple(paths[b, n].tolist())
            if name in seen:
                continue
            seen.add(name)
            if answers[b, n] == gold[b] and count < k:
                kept[b, n] = True
                count += 1
    return kept


@answer("distinct-paths", "distinct paths with wrong answers count towards k", "wrong", means="wrong_count")
def _(paths, answers, gold, k):
    kept = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(paths)):
        seen = set()
        for n in range(paths.shape[1]):
            name = (*paths[b, n].tolist(), answers[b, n].item())
            if name not in seen and len(seen) < k:
                seen.add(name)
                kept[b, n] = answers[b, n] == gold[b]
    return kept


@answer("distinct-paths", "repeated right paths count towards k", "wrong", means="repetitions_count")
def _(paths, answers, gold, k):
    kept = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(paths)):
        seen, count = set(), 0
        for n in range(paths.shape[1]):
            if answers[b, n] == gold[b] and count < k:
                count += 1
                name = tuple(paths[b, n].tolist())
                if name not in seen:
                    seen.add(name)
                    kept[b, n] = True
    return kept


@answer("distinct-paths", "set not renewed for each question", "wrong", means="across_questions")
def _(paths, answers, gold, k):
    kept = torch.zeros_like(answers, dtype=torch.bool)
    seen = set()
    for b in range(len(paths)):
        count = 0
        for n in range(paths.shape[1]):
            name = tuple(paths[b, n].tolist())
            if answers[b, n] == gold[b] and name not in seen and count < k:
                seen.add(name)
                kept[b, n] = True
                count += 1
    return kept


@answer("distinct-paths", "k over the whole batch", "wrong", means="limit_for_all")
def _(paths, answers, gold, k):
    kept = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(paths)):
        seen = set()
        for n in range(paths.shape[1]):
            name = tuple(paths[b, n].tolist())
            if answers[b, n] == gold[b] and name not in seen and kept.sum() < k:
                seen.add(name)
                kept[b, n] = True
    return kept


@answer("distinct-paths", "k ignored", "wrong", means="without_limit")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold, paths.shape[1])


@answer("distinct-paths", "k + 1 kept (<=)", "wrong", means="one_more")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold, k + 1)


@answer("distinct-paths", "k - 1 kept", "wrong", means="one_less")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold, k - 1)


@answer("distinct-paths", "answers not checked", "wrong", means="any_answer")
def _(paths, answers, gold, k):
    return _walk(paths, gold[:, None].expand_as(answers), gold, k)


@answer("distinct-paths", "duplicates kept: only right answers and k", "wrong", means="with_repetitions")
def _(paths, answers, gold, k):
    right = answers == gold[:, None]
    return right & (right.long().cumsum(1) <= k)


@answer("distinct-paths", "only compared with the path just before", "wrong", means="compared_with_neighbour")
def _(paths, answers, gold, k):
    right = answers == gold[:, None]
    same = torch.zeros_like(right)
    same[:, 1:] = (paths[:, 1:] == paths[:, :-1]).all(-1)
    fresh = right & ~same
    return fresh & (fresh.long().cumsum(1) <= k)


@answer("distinct-paths", "only compared with the path kept last", "wrong", means="compared_with_last")
def _(paths, answers, gold, k):
    kept = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(paths)):
        last, count = None, 0
        for n in range(paths.shape[1]):
            path = paths[b, n].tolist()
            if answers[b, n] == gold[b] and path != last and count < k:
                last, count = path, count + 1
                kept[b, n] = True
    return kept


@answer("distinct-paths", "goes from the last draw to the first", "wrong", means="last")
def _(paths, answers, gold, k):
    return _walk(paths.flip(1), answers.flip(1), gold, k).flip(1)


@answer("distinct-paths", "the last of equal paths kept, by a dict", "wrong", means="last_of_each")
def _(paths, answers, gold, k):
    kept = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(paths)):
        where = {}
        for n in range(paths.shape[1]):
            if answers[b, n] == gold[b]:
                where[tuple(paths[b, n].tolist())] = n
        for n in list(where.values())[:k]:
            kept[b, n] = True
    return kept


@answer("distinct-paths", "first k in torch.unique's sorted order", "wrong", means="sorted_first")
def _(paths, answers, gold, k):
    kept = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(paths)):
        good = (answers[b] == gold[b]).nonzero()[:, 0]
        if len(good) == 0:
            continue
        unique, inverse = torch.unique(paths[b, good], dim=0, return_inverse=True)
        for u in range(min(k, len(unique))):
            kept[b, good[(inverse == u).nonzero()[0, 0]]] = True
    return kept


@answer("distinct-paths", "different where any step agrees (any for all)", "wrong", means="any_step_agrees")
def _(paths, answers, gold, k):
    kept = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(paths)):
        chosen = []
        for n in range(paths.shape[1]):
            new = not any((paths[b, n] == paths[b, m]).any() for m in chosen)
            if answers[b, n] == gold[b] and new and len(chosen) < k:
                chosen.append(n)
                kept[b, n] = True
    return kept


@answer("distinct-paths", "numbers of the kept draws returned", "wrong")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold, k).nonzero()


@answer("distinct-paths", "the kept paths returned", "wrong")
def _(paths, answers, gold, k):
    return paths[_walk(paths, answers, gold, k)]


@answer("distinct-paths", "list of lists", "wrong")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold, k).tolist()


@answer("distinct-paths", "0 and 1 as integers", "wrong")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold, k).long()


@answer("distinct-paths", "gold of the first question for all", "wrong", means="first_gold")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold[:1].expand_as(gold), k)


@answer("distinct-paths", "break at the first repetition", "wrong", means="ends_at_repetition")
def _(paths, answers, gold, k):
    kept = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(paths)):
        seen = set()
        for n in range(paths.shape[1]):
            if answers[b, n] != gold[b]:
                continue
            name = tuple(paths[b, n].tolist())
            if name in seen or len(seen) == k:
                break
            seen.add(name)
            kept[b, n] = True
    return kept


@answer("distinct-paths", "break at the first wrong answer", "wrong", means="ends_at_wrong")
def _(paths, answers, gold, k):
    kept = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(paths)):
        seen = set()
        for n in range(paths.shape[1]):
            if answers[b, n] != gold[b] or len(seen) == k:
                break
            name = tuple(paths[b, n].tolist())
            if name not in seen:
                seen.add(name)
                kept[b, n] = True
    return kept


@answer("distinct-paths", "all copies of a repeated path thrown away", "wrong", means="no_copies")
def _(paths, answers, gold, k):
    right = answers == gold[:, None]
    same = (paths[:, :, None] == paths[:, None]).all(-1) & right[:, None]
    fresh = right & (same.sum(-1) == 1)
    return fresh & (fresh.long().cumsum(1) <= k)


@answer("distinct-paths", "zeros taken for padding, left out of the comparison", "wrong", means="without_zeros")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold, k, lambda p: tuple(step for step in p if step != 0))


@answer("distinct-paths", "all pairs compared at once, and a cumulated sum", "right")
def _(paths, answers, gold, k):
    right = answers == gold[:, None]
    same = (paths[:, :, None] == paths[:, None]).all(-1)
    N = answers.shape[1]
    before = torch.ones(N, N, dtype=torch.bool).tril(-1)
    seen = (same & before & right[:, None]).any(-1)
    fresh = right & ~seen
    return fresh & (fresh.int().cumsum(1) <= k)


@answer("distinct-paths", "a list of kept paths in place of a set", "right")
def _(paths, answers, gold, k):
    rows = []
    for p, a, g in zip(paths.tolist(), answers.tolist(), gold.tolist()):
        kept, row = [], []
        for path, given in zip(p, a):
            take = given == g and path not in kept and len(kept) < k
            if take:
                kept.append(path)
            row.append(take)
        rows.append(row)
    return torch.tensor(rows, dtype=torch.bool).reshape(answers.shape)


@answer("distinct-paths", "strings with a separator", "right")
def _(paths, answers, gold, k):
    return _walk(paths, answers, gold, k, lambda p: "-".join(map(str, p)))


@answer("distinct-paths", "bytes of numpy rows", "right")
def _(paths, answers, gold, k):
    kept = torch.zeros(answers.shape, dtype=torch.bool)
    for b, rows in enumerate(paths.numpy()):
        seen = {}
        for n, row in enumerate(rows):
            if answers[b, n].item() == gold[b].item():
                seen.setdefault(row.tobytes(), n)
        kept[b, list(seen.values())[:k]] = True
    return kept


@answer("distinct-paths", "torch.equal against those kept", "right")
def _(paths, answers, gold, k):
    B, N, _S = paths.shape
    kept = torch.zeros(B, N, dtype=torch.bool)
    for b in range(B):
        for n in range(N):
            if kept[b].sum() >= k or answers[b, n] != gold[b]:
                continue
            kept[b, n] = not any(torch.equal(paths[b, n], path) for path in paths[b][kept[b]])
    return kept


@answer("distinct-paths", "first places through unique and scatter_reduce", "right")
def _(paths, answers, gold, k):
    kept = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(paths)):
        good = (answers[b] == gold[b]).nonzero()[:, 0]
        if len(good):
            unique, inverse = torch.unique(paths[b, good], dim=0, return_inverse=True)
            begin = torch.full((len(unique),), answers.shape[1])
            begin = begin.scatter_reduce(0, inverse, good, "amin").sort().values
            kept[b, begin[:k]] = True
    return kept


@answer("distinct-paths", "the order of the steps is lost: frozenset of the steps", "wrong", means="set_of_steps")
def _(paths, answers, gold, k):
    out = torch.zeros(answers.shape, dtype=torch.bool)
    for b in range(len(gold)):
        seen = set()
        for n in range(answers.shape[1]):
            key = frozenset(paths[b, n].tolist())
            if answers[b, n] == gold[b] and key not in seen and len(seen) < k:
                seen.add(key)
                out[b, n] = True
    return out


@answer(
    "distinct-paths",
    "compared only with the draw before, not with all that were kept",
    "wrong",
    means="compared_with_last",
)
def _(paths, answers, gold, k):
    out = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        last, kept = None, 0
        for n in range(answers.shape[1]):
            p = paths[b, n].tolist()
            if answers[b, n] == gold[b] and p != last and kept < k:
                out[b, n] = True
                kept += 1
                last = p
    return out


@answer("distinct-paths", "break at the first wrong answer", "wrong", means="ends_at_wrong")
def _(paths, answers, gold, k):
    out = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        seen = set()
        for n in range(answers.shape[1]):
            if answers[b, n] != gold[b] or len(seen) == k:
                break
            t = tuple(paths[b, n].tolist())
            if t not in seen:
                seen.add(t)
                out[b, n] = True
    return out


@answer("distinct-paths", "k counts right draws", "wrong", means="repetitions_count")
def _(paths, answers, gold, k):
    right = answers == gold[:, None]
    right = right & (right.cumsum(1) <= k)
    same = (paths[:, :, None] == paths[:, None]).all(-1)
    before = torch.ones(answers.shape[1], answers.shape[1]).tril(-1).bool()
    dup = (same & before & right[:, None, :]).any(-1)
    return right & ~dup


@answer("distinct-paths", "a duplicate of any earlier draw, wrong ones included", "wrong", means="wrong_uses_up")
def _(paths, answers, gold, k):
    N = answers.shape[1]
    right = answers == gold[:, None]
    same = (paths[:, :, None] == paths[:, None]).all(-1)
    before = torch.ones(N, N, dtype=torch.bool).tril(-1)
    new = right & ~(same & before).any(-1)
    return new & (new.cumsum(1) <= k)


@answer("distinct-paths", "paths that occur more than once are all thrown out", "wrong", means="no_copies")
def _(paths, answers, gold, k):
    out = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        right = [n for n in range(answers.shape[1]) if answers[b, n] == gold[b]]
        number = Counter(tuple(paths[b, n].tolist()) for n in right)
        once = [n for n in right if number[tuple(paths[b, n].tolist())] == 1]
        out[b, once[:k]] = True
    return out


@answer(
    "distinct-paths",
    "the set of seen paths is shared by all questions; k per question",
    "wrong",
    means="across_questions",
)
def _(paths, answers, gold, k):
    out = torch.zeros_like(answers, dtype=torch.bool)
    seen = set()
    for b in range(len(gold)):
        kept = 0
        for n in range(answers.shape[1]):
            t = tuple(paths[b, n].tolist())
            if answers[b, n] == gold[b] and t not in seen and kept < k:
                seen.add(t)
                kept += 1
                out[b, n] = True
    return out


@answer("distinct-paths", "the last of equal paths is kept, not the first", "wrong", means="first_of_the_last")
def _(paths, answers, gold, k):
    out = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        place = {}
        for n in range(answers.shape[1]):
            if answers[b, n] == gold[b]:
                place[tuple(paths[b, n].tolist())] = n
        out[b, sorted(place.values())[:k]] = True
    return out


@answer("distinct-paths", "one too many: kept while len <= k", "wrong", means="one_more")
def _(paths, answers, gold, k):
    out = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        seen = []
        for n in range(answers.shape[1]):
            t = paths[b, n].tolist()
            if answers[b, n] == gold[b] and t not in seen and len(seen) <= k:
                seen.append(t)
                out[b, n] = True
    return out


@answer("distinct-paths", "matrix of equal paths and cumulated sum", "right")
def _(paths, answers, gold, k):
    right = answers.eq(gold.unsqueeze(1))
    N = answers.shape[1]
    same = (paths.unsqueeze(2) == paths.unsqueeze(1)).all(-1)
    earlier = torch.arange(N)[None, :] < torch.arange(N)[:, None]
    dup = (same & earlier & right[:, None, :]).any(2)
    new = right & ~dup
    return new & (new.long().cumsum(1) <= k)


@answer("distinct-paths", "torch.unique with inverse, smallest index", "right")
def _(paths, answers, gold, k):
    out = torch.zeros(answers.shape, dtype=torch.bool)
    for b in range(paths.shape[0]):
        ids = (answers[b] == gold[b]).nonzero().flatten()
        if len(ids) == 0:
            continue
        _, inverse = torch.unique(paths[b, ids], dim=0, return_inverse=True)
        firsts = {}
        for place, group in zip(ids.tolist(), inverse.tolist()):
            firsts.setdefault(group, place)
        chosen = sorted(firsts.values())[:k]
        out[b, torch.tensor(chosen, dtype=torch.long)] = True
    return out


@answer("distinct-paths", "dict of strings, insertion order", "right")
def _(paths, answers, gold, k):
    rows = []
    for P, a, g in zip(paths.tolist(), answers.tolist(), gold.tolist()):
        first = {}
        for n, (p, x) in enumerate(zip(P, a)):
            if x == g:
                first.setdefault(",".join(map(str, p)), n)
        keep = set(list(first.values())[:k])
        rows.append([n in keep for n in range(len(a))])
    return torch.tensor(rows, dtype=torch.bool)
