"""Answers to f2-verification, written from the task alone."""

from statistics import fmean

from grading.answers import answer


def degrees(evidence, known, plausible):
    return [1.0 if t in known else plausible.get(t, 0.0) for t in evidence]


@answer("f2-verification", "without evidence: 1", "wrong")
def _(evidence, known, plausible, faithful, gamma):
    f = degrees(evidence, known, plausible)
    return gamma * (fmean(f) if f else 1.0) + (1 - gamma) * faithful


@answer("f2-verification", "without evidence: 0 in all", "wrong")
def _(evidence, known, plausible, faithful, gamma):
    f = degrees(evidence, known, plausible)
    return gamma * fmean(f) + (1 - gamma) * faithful if f else 0.0


@answer("f2-verification", "plausibility is not asked", "wrong")
def _(evidence, known, plausible, faithful, gamma):
    f = [float(t in known) for t in evidence]
    return gamma * (fmean(f) if f else 0.0) + (1 - gamma) * faithful


@answer("f2-verification", "the larger of graph and plausibility, plausibility 1 by default", "wrong")
def _(evidence, known, plausible, faithful, gamma):
    f = [1.0 if t in known else plausible.get(t, 1.0) for t in evidence]
    return gamma * (fmean(f) if f else 0.0) + (1 - gamma) * faithful


@answer("f2-verification", "the mean over what counts only", "wrong")
def _(evidence, known, plausible, faithful, gamma):
    f = [d for d in degrees(evidence, known, plausible) if d > 0]
    return gamma * (fmean(f) if f else 0.0) + (1 - gamma) * faithful


@answer("f2-verification", "the geometric mean of both", "wrong")
def _(evidence, known, plausible, faithful, gamma):
    f = degrees(evidence, known, plausible)
    return (fmean(f) if f else 0.0) ** gamma * faithful ** (1 - gamma)


@answer("f2-verification", "a set of triples", "wrong")
def _(evidence, known, plausible, faithful, gamma):
    f = degrees(set(evidence), known, plausible)
    return gamma * (fmean(f) if f else 0.0) + (1 - gamma) * faithful


@answer("f2-verification", "the best triple decides", "wrong")
def _(evidence, known, plausible, faithful, gamma):
    return gamma * max(degrees(evidence, known, plausible), default=0.0) + (1 - gamma) * faithful


@answer("f2-verification", "both have half of the weight", "wrong")
def _(evidence, known, plausible, faithful, gamma):
    f = degrees(evidence, known, plausible)
    return 0.5 * (fmean(f) if f else 0.0) + 0.5 * faithful


@answer("f2-verification", "a loop", "right")
def _(evidence, known, plausible, faithful, gamma):
    total = 0.0
    for t in evidence:
        if t in known:
            total += 1
        elif t in plausible:
            total += plausible[t]
    return gamma * total / max(len(evidence), 1) + (1 - gamma) * faithful


@answer("f2-verification", "known triples put into the dict", "right")
def _(evidence, known, plausible, faithful, gamma):
    degree = {**plausible, **dict.fromkeys(known, 1.0)}
    facts = sum(degree.get(t, 0) for t in evidence) / len(evidence) if evidence else 0
    return faithful + gamma * (facts - faithful)
