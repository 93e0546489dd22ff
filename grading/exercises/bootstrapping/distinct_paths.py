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
    hint="Remember the paths that were taken, and take each once.",
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
