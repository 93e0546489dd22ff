"""The private half of distinct-paths."""

import torch
from llmcourse.checks.labs.bootstrapping.distinct_paths import drawn_paths

from grading.exercises import misconception, reference, variant

CASES = {"many draws": drawn_paths(3, 30, 4, k=4, kinds=5), "many questions": drawn_paths(10, 10, 2, k=2)}


@reference
def select(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b] and path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


@variant
def by_comparing(paths, answers, gold, k):
    right = answers == gold[:, None]
    same = (paths[:, :, None] == paths[:, None]).all(-1)  # (B, N, N)
    earlier = torch.ones(paths.shape[1], paths.shape[1], dtype=torch.bool).tril(-1)
    new = right & ~(same & earlier & right[:, None]).any(-1)
    return new & (new.long().cumsum(1) <= k)


@variant
def with_a_dictionary(paths, answers, gold, k):
    keep = torch.zeros(answers.shape, dtype=torch.bool)
    for b in range(paths.shape[0]):
        first = {}
        for n in range(paths.shape[1]):
            if int(answers[b, n]) == int(gold[b]):
                first.setdefault(str(paths[b, n].tolist()), n)
        keep[b, list(first.values())[:k]] = True
    return keep


@misconception(
    says="a selection that takes the same path several times",
    hint="Remember what was taken, and take each path once: as a tuple, since a tensor equals no other in a set.",
)
def with_repetitions(paths, answers, gold, k):
    right = answers == gold[:, None]
    return right & (right.long().cumsum(1) <= k)


@misconception(
    says="a selection that does not ask whether the answer is right",
    hint="RFT rejects first: a path with a wrong answer is never taken.",
)
def any_answer(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection in which a wrong answer uses up its path",
    hint=(
        "The same steps may end in a slip the first time and right the second: ask for the answer before you remember "
        "a path."
    ),
)
def wrong_uses_up(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found, taken = set(), 0
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if path not in found and answers[b, n] == gold[b] and taken < k:
                keep[b, n] = True
                taken += 1
            found.add(path)
    return keep


@misconception(
    says="a selection that takes two orders of the same steps for one path",
    hint="Steps in another order are another way to the answer: compare the paths as they are, not sorted.",
)
def any_order(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(paths[b].tolist()):
            path = tuple(sorted(path))
            if answers[b, n] == gold[b] and path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection of k + 1 paths",
    hint="Stop when k are taken: `len(found) < k`.",
)
def one_more(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b] and path not in found and len(found) <= k:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection without a limit",
    hint="At most k paths of a question are taken.",
)
def without_limit(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b] and path not in found:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection among the first k draws only",
    hint="The limit is on what is taken: go through all N.",
)
def among_the_first(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b, :k].tolist())):
            if answers[b, n] == gold[b] and path not in found:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection that takes the last of each path, and the last k",
    hint="Go through the draws from the front: the first of each path stays.",
)
def last(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n in reversed(range(paths.shape[1])):
            path = tuple(paths[b, n].tolist())
            if answers[b, n] == gold[b] and path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection with one set of paths for all questions",
    hint="What another question has used does not matter: begin each question with an empty set.",
)
def across_questions(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    found = set()
    for b in range(len(gold)):
        taken = 0
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b] and path not in found and taken < k:
                found.add(path)
                taken += 1
                keep[b, n] = True
    return keep


@misconception(
    says="a selection that takes two paths with the same last step for one",
    hint="Two paths are the same when *all* steps are: compare `tuple(path.tolist())`.",
)
def by_last_step(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            path = path[-1]
            if answers[b, n] == gold[b] and path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection that takes two paths with the same first step for one",
    hint="Two paths are the same when *all* steps are: compare `tuple(path.tolist())`.",
)
def by_first_step(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            path = path[0]
            if answers[b, n] == gold[b] and path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection that takes two paths for one when they have a step at the same place in common",
    hint="They are the same when all steps agree: `all`, not `any`.",
)
def any_step_agrees(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b] and all(x != y for old in found for x, y in zip(path, old)) and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection by the digits of all steps in a row: (1, 23) is (12, 3) there",
    hint="Joining needs a separator; `tuple(path.tolist())` is the key that has one already.",
)
def joined_digits(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            path = "".join(map(str, path))
            if answers[b, n] == gold[b] and path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection that does not compare steps with the number 0",
    hint="0 is a step like any other; nothing here is padding.",
)
def without_zeros(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            path = tuple(step for step in path if step)
            if answers[b, n] == gold[b] and path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection that takes two orders of a path's steps, and repeated steps, for one",
    hint="A set forgets the order of the steps, and how often they come: use a tuple.",
)
def set_of_steps(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            path = frozenset(path)
            if answers[b, n] == gold[b] and path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection that compares with the path kept last, and not with those before it",
    hint="A path may come back later: remember all that were kept.",
)
def compared_with_last(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        last, taken = None, 0
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b] and path != last and taken < k:
                last, taken = path, taken + 1
                keep[b, n] = True
    return keep


@misconception(
    says="a selection that compares each draw with the one just before it",
    hint="A path may come back later, and what came before may have been wrong: remember all that were kept.",
)
def compared_with_neighbour(paths, answers, gold, k):
    same = torch.zeros_like(answers, dtype=torch.bool)
    same[:, 1:] = (paths[:, 1:] == paths[:, :-1]).all(-1)
    fresh = (answers == gold[:, None]) & ~same
    return fresh & (fresh.long().cumsum(1) <= k)


@misconception(
    says="a selection of k - 1 paths",
    hint="k are taken: ask `len(found) < k` before the next one is added.",
)
def one_less(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b] and path not in found and len(found) < k - 1:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection of k paths from the whole batch",
    hint="k is the limit for each question: count anew for each.",
)
def limit_for_all(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b] and path not in found and int(keep.sum()) < k:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection in which a right path that comes again counts towards k",
    hint="k limits what is kept: count a path when it is kept, and not when it is passed over.",
)
def repetitions_count(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found, count = set(), 0
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b] and count < k:
                count += 1
                if path in found:
                    continue
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection in which paths with wrong answers count towards k",
    hint="k limits what is kept: a path with a wrong answer is neither kept nor counted.",
)
def wrong_count(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            path = (*path, int(answers[b, n]))
            if path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = answers[b, n] == gold[b]
    return keep


@misconception(
    says="a selection that takes the last of each path, for the k paths that come first",
    hint="A dictionary keeps what was written last; the first of each path is to stay: `setdefault`.",
)
def last_of_each(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        where = {}
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b]:
                where[path] = n
        keep[b, list(where.values())[:k]] = True
    return keep


@misconception(
    says="a selection without any path that comes twice",
    hint="A path that comes again is kept once, where it comes first.",
)
def no_copies(paths, answers, gold, k):
    right = answers == gold[:, None]
    same = (paths[:, :, None] == paths[:, None]).all(-1) & right[:, None]
    fresh = right & (same.sum(-1) == 1)
    return fresh & (fresh.long().cumsum(1) <= k)


@misconception(
    says="a selection of the k paths that come first when sorted by their steps",
    hint="`torch.unique` sorts; take the paths in the order in which they were drawn.",
)
def sorted_first(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        where = {}
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b]:
                where.setdefault(path, n)
        keep[b, [where[path] for path in sorted(where)[:k]]] = True
    return keep


@misconception(
    says="a selection that ends at the first right path that comes again",
    hint="Pass over it and go on: `continue`, not `break`.",
)
def ends_at_repetition(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b] and True:
                if path in found or len(found) == k:
                    break
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection that ends at the first wrong answer",
    hint="Pass over it and go on: `continue`, not `break`.",
)
def ends_at_wrong(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] != gold[b]:
                break
            if len(found) < k and path not in found:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection in which the first question's answer is the right one for all",
    hint="Each question has its own: `gold[b]`, or `gold[:, None]` beside answers (B, N).",
)
def first_gold(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[0] and path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection that takes two paths with the same sum of steps for one",
    hint="Steps are numbers only by name: compare the paths themselves, `tuple(path.tolist())`.",
)
def by_sum(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(paths[b].sum(-1).tolist()):
            if answers[b, n] == gold[b] and path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


@misconception(
    says="a selection that takes the last of each path, and of these the first k",
    hint="A dictionary keeps what was written last; the first of each path is to stay: `setdefault`.",
)
def first_of_the_last(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        where = {}
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b]:
                where[path] = n
        keep[b, sorted(where.values())[:k]] = True
    return keep
