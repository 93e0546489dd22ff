"""The private half of curriculum-budget."""

from llmcourse.checks.labs.instructions.curriculum_budget import examples

from grading.exercises import misconception, reference, variant

CASES = {"many examples": examples(60, 4, 48), "many equal ones": examples(40, 4, 40, ties=True)}


@reference
def plan(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return sorted(chosen, key=lambda i: float(difficulty[i]))

    waiting = {hard: order(hard) for hard in (False, True)}
    rounds = []
    for share in shares:
        taken = []
        for hard in (False, True):
            left = budget * (share if hard else 1 - share)
            while waiting[hard] and int(cost[waiting[hard][0]]) <= left:
                i = waiting[hard].pop(0)
                left -= int(cost[i])
                taken.append(i)
        rounds.append(taken)
    return rounds


@variant
def with_places(difficulty, cost, threshold, shares, budget):
    easiest = difficulty.argsort(stable=True).tolist()
    groups = [[i for i in easiest if difficulty[i] <= threshold], [i for i in easiest if difficulty[i] > threshold]]
    place, rounds = [0, 0], []
    for share in shares:
        rounds.append([])
        for g, part in enumerate((1 - share, share)):
            spent = 0
            while place[g] < len(groups[g]) and spent + cost[groups[g][place[g]]] <= part * budget:
                spent += int(cost[groups[g][place[g]]])
                rounds[-1].append(groups[g][place[g]])
                place[g] += 1
    return rounds


@variant
def by_sums(difficulty, cost, threshold, shares, budget):
    rows = sorted(zip(difficulty.tolist(), range(len(cost)), cost.tolist()))
    easy = [(i, c) for d, i, c in rows if not d > threshold]
    hard = [(i, c) for d, i, c in rows if d > threshold]
    rounds = []
    for share in shares:
        chosen = []
        for group, limit in ((easy, (1 - share) * budget), (hard, share * budget)):
            n = 0
            while n < len(group) and sum(c for _, c in group[: n + 1]) <= limit:
                n += 1
            chosen += [i for i, _ in group[:n]]
            del group[:n]
        rounds.append(chosen)
    return tuple(rounds)


@misconception(
    says="groups from the hardest to the easiest",
    hint="Within a group, the easiest come first.",
)
def hardest_first(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return sorted(chosen, key=lambda i: -float(difficulty[i]))

    waiting = {hard: order(hard) for hard in (False, True)}
    rounds = []
    for share in shares:
        taken = []
        for hard in (False, True):
            left = budget * (share if hard else 1 - share)
            while waiting[hard] and int(cost[waiting[hard][0]]) <= left:
                i = waiting[hard].pop(0)
                left -= int(cost[i])
                taken.append(i)
        rounds.append(taken)
    return rounds


@misconception(
    says="groups in the order of their numbers",
    hint="Sort each group by difficulty.",
)
def in_the_order_given(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return chosen

    waiting = {hard: order(hard) for hard in (False, True)}
    rounds = []
    for share in shares:
        taken = []
        for hard in (False, True):
            left = budget * (share if hard else 1 - share)
            while waiting[hard] and int(cost[waiting[hard][0]]) <= left:
                i = waiting[hard].pop(0)
                left -= int(cost[i])
                taken.append(i)
        rounds.append(taken)
    return rounds


@misconception(
    says="groups from the cheapest to the dearest",
    hint="The order is that of the difficulty; the cost only says how many fit.",
)
def cheapest_first(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return sorted(chosen, key=lambda i: int(cost[i]))

    waiting = {hard: order(hard) for hard in (False, True)}
    rounds = []
    for share in shares:
        taken = []
        for hard in (False, True):
            left = budget * (share if hard else 1 - share)
            while waiting[hard] and int(cost[waiting[hard][0]]) <= left:
                i = waiting[hard].pop(0)
                left -= int(cost[i])
                taken.append(i)
        rounds.append(taken)
    return rounds


@misconception(
    says="the share spent on easy examples, and the rest on hard ones",
    hint="The share is that of the hard examples: it grows from round to round.",
)
def shares_exchanged(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return sorted(chosen, key=lambda i: float(difficulty[i]))

    waiting = {hard: order(hard) for hard in (False, True)}
    rounds = []
    for share in shares:
        taken = []
        for hard in (False, True):
            left = budget * (1 - share if hard else share)
            while waiting[hard] and int(cost[waiting[hard][0]]) <= left:
                i = waiting[hard].pop(0)
                left -= int(cost[i])
                taken.append(i)
        rounds.append(taken)
    return rounds


@misconception(
    says="examples at the threshold among the hard ones",
    hint="Hard is what lies *above* the threshold.",
)
def equal_is_hard(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) >= threshold) == hard]
        return sorted(chosen, key=lambda i: float(difficulty[i]))

    waiting = {hard: order(hard) for hard in (False, True)}
    rounds = []
    for share in shares:
        taken = []
        for hard in (False, True):
            left = budget * (share if hard else 1 - share)
            while waiting[hard] and int(cost[waiting[hard][0]]) <= left:
                i = waiting[hard].pop(0)
                left -= int(cost[i])
                taken.append(i)
        rounds.append(taken)
    return rounds


@misconception(
    says="rounds that begin from the easiest again",
    hint="What has been taken is gone: the next round goes on from there.",
)
def used_again(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return sorted(chosen, key=lambda i: float(difficulty[i]))

    rounds = []
    for share in shares:
        taken, waiting = [], {hard: order(hard) for hard in (False, True)}
        for hard in (False, True):
            left = budget * (share if hard else 1 - share)
            while waiting[hard] and int(cost[waiting[hard][0]]) <= left:
                i = waiting[hard].pop(0)
                left -= int(cost[i])
                taken.append(i)
        rounds.append(taken)
    return rounds


@misconception(
    says="rounds that pass over what does not fit, and take a cheaper one behind it",
    hint="Stop at the first that does not fit: it is the next in the following round.",
)
def passes_over(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return sorted(chosen, key=lambda i: float(difficulty[i]))

    waiting = {hard: order(hard) for hard in (False, True)}
    rounds = []
    for share in shares:
        taken = []
        for hard in (False, True):
            left = budget * (share if hard else 1 - share)
            for i in list(waiting[hard]):
                if int(cost[i]) <= left:
                    waiting[hard].remove(i)
                    left -= int(cost[i])
                    taken.append(i)
        rounds.append(taken)
    return rounds


@misconception(
    says="rounds with one example more than fits",
    hint="An example is taken if its whole cost still fits: ask before you take it.",
)
def one_too_many(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return sorted(chosen, key=lambda i: float(difficulty[i]))

    waiting = {hard: order(hard) for hard in (False, True)}
    rounds = []
    for share in shares:
        taken = []
        for hard in (False, True):
            left = budget * (share if hard else 1 - share)
            while waiting[hard] and left > 0:
                i = waiting[hard].pop(0)
                left -= int(cost[i])
                taken.append(i)
        rounds.append(taken)
    return rounds


@misconception(
    says="groups that are never filled to the last token",
    hint="A cost that is just what is left fits: `<=`.",
)
def not_quite_full(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return sorted(chosen, key=lambda i: float(difficulty[i]))

    waiting = {hard: order(hard) for hard in (False, True)}
    rounds = []
    for share in shares:
        taken = []
        for hard in (False, True):
            left = budget * (share if hard else 1 - share)
            while waiting[hard] and int(cost[waiting[hard][0]]) < left:
                i = waiting[hard].pop(0)
                left -= int(cost[i])
                taken.append(i)
        rounds.append(taken)
    return rounds


@misconception(
    says="a budget of examples in place of tokens",
    hint="Every example costs its tokens.",
)
def examples_for_tokens(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return sorted(chosen, key=lambda i: float(difficulty[i]))

    waiting = {hard: order(hard) for hard in (False, True)}
    rounds = []
    for share in shares:
        taken = []
        for hard in (False, True):
            left = budget * (share if hard else 1 - share)
            while waiting[hard] and left >= 1:
                i = waiting[hard].pop(0)
                left -= 1
                taken.append(i)
        rounds.append(taken)
    return rounds


@misconception(
    says="rounds that carry over what was left",
    hint="What is not spent in a round is lost.",
)
def carried_over(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return sorted(chosen, key=lambda i: float(difficulty[i]))

    waiting = {hard: order(hard) for hard in (False, True)}
    rounds, rest = [], {False: 0.0, True: 0.0}
    for share in shares:
        taken = []
        for hard in (False, True):
            left = rest[hard] + budget * (share if hard else 1 - share)
            while waiting[hard] and int(cost[waiting[hard][0]]) <= left:
                i = waiting[hard].pop(0)
                left -= int(cost[i])
                taken.append(i)
            rest[hard] = left
        rounds.append(taken)
    return rounds


@misconception(
    says="rounds with the hard examples before the easy ones",
    hint="Each round begins with its easy examples.",
)
def hard_before_easy(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return sorted(chosen, key=lambda i: float(difficulty[i]))

    waiting = {hard: order(hard) for hard in (False, True)}
    rounds = []
    for share in shares:
        taken = []
        for hard in (True, False):
            left = budget * (share if hard else 1 - share)
            while waiting[hard] and int(cost[waiting[hard][0]]) <= left:
                i = waiting[hard].pop(0)
                left -= int(cost[i])
                taken.append(i)
        rounds.append(taken)
    return rounds


@misconception(
    says="the whole budget for each of the two groups",
    hint="The two groups share the budget of a round.",
)
def one_budget(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return sorted(chosen, key=lambda i: float(difficulty[i]))

    waiting = {hard: order(hard) for hard in (False, True)}
    rounds = []
    for _ in shares:
        taken = []
        for hard in (False, True):
            left = budget
            while waiting[hard] and int(cost[waiting[hard][0]]) <= left:
                i = waiting[hard].pop(0)
                left -= int(cost[i])
                taken.append(i)
        rounds.append(taken)
    return rounds


@misconception(
    says="the first share in every round",
    hint="The share grows: each round has its own.",
)
def first_share(difficulty, cost, threshold, shares, budget):
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return sorted(chosen, key=lambda i: float(difficulty[i]))

    waiting = {hard: order(hard) for hard in (False, True)}
    rounds = []
    for _ in shares:
        taken = []
        for hard in (False, True):
            left = budget * (shares[0] if hard else 1 - shares[0])
            while waiting[hard] and int(cost[waiting[hard][0]]) <= left:
                i = waiting[hard].pop(0)
                left -= int(cost[i])
                taken.append(i)
        rounds.append(taken)
    return rounds


@misconception(
    says="all examples in one order, without the two groups",
    hint="Each round has a part for easy and a part for hard examples.",
)
def one_group(difficulty, cost, threshold, shares, budget):
    waiting = sorted(range(len(difficulty)), key=lambda i: float(difficulty[i]))
    rounds = []
    for _ in shares:
        taken, left = [], budget
        while waiting and int(cost[waiting[0]]) <= left:
            i = waiting.pop(0)
            left -= int(cost[i])
            taken.append(i)
        rounds.append(taken)
    return rounds


@misconception(
    says="rounds in which what easy examples leave over goes to the hard ones",
    hint="What is not spent is lost: hard examples may cost `shares[r] * budget`, and no more.",
)
def rest_to_the_hard(difficulty, cost, threshold, shares, budget):
    order = sorted(range(len(cost)), key=lambda i: float(difficulty[i]))
    easy = [i for i in order if difficulty[i] <= threshold]
    hard = [i for i in order if difficulty[i] > threshold]
    rounds = []
    for share in shares:
        taken, left = [], 0.0
        for group, part in ((easy, 1 - share), (hard, share)):
            left = left + part * budget
            while group and int(cost[group[0]]) <= left:
                left -= int(cost[group[0]])
                taken.append(group.pop(0))
        rounds.append(taken)
    return rounds


@misconception(
    says="rounds in the order of the numbers",
    hint="A round lists its examples in the order in which they were taken, the easy ones first.",
)
def sorted_by_number(difficulty, cost, threshold, shares, budget):
    order = sorted(range(len(cost)), key=lambda i: float(difficulty[i]))
    easy = [i for i in order if difficulty[i] <= threshold]
    hard = [i for i in order if difficulty[i] > threshold]
    rounds = []
    for share in shares:
        taken = []
        for group, part in ((easy, 1 - share), (hard, share)):
            left = part * budget
            while group and int(cost[group[0]]) <= left:
                left -= int(cost[group[0]])
                taken.append(group.pop(0))
        rounds.append(sorted(taken))
    return rounds


EQUIVALENT = {}
