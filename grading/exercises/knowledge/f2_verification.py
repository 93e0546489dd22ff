"""The private half of f2-verification."""

import math

import torch
from llmcourse.checks.labs.knowledge.f2_verification import chain

from grading.exercises import misconception, reference, variant

CASES = {
    "much evidence": chain(4, 3, 3, 0.6),
    "one true triple": chain(1, 0, 0, 0.8),
    "one unknown triple": chain(0, 0, 1, 0.5),
    "one plausible triple": chain(0, 1, 0, 0.9),
}


@reference
def f2_score(evidence, known, plausible, faithful, gamma):
    factual = [1.0 if t in known else plausible.get(t, 0.0) for t in evidence]
    mean = sum(factual) / len(factual) if factual else 0.0
    return gamma * mean + (1 - gamma) * faithful


@variant
def in_a_loop(evidence, known, plausible, faithful, gamma):
    total = 0.0
    for triple in evidence:
        if triple in known:
            total += 1
        elif triple in plausible:
            total += plausible[triple]
    return faithful + gamma * (total / max(len(evidence), 1) - faithful)


@variant
def as_a_tensor(evidence, known, plausible, faithful, gamma):
    known = list(known)
    degrees = [plausible.get(t, 0.0) if known.count(t) == 0 else 1.0 for t in evidence]
    mean = torch.tensor(degrees, dtype=torch.float64).mean() if degrees else torch.tensor(0.0).double()
    return torch.lerp(torch.tensor(faithful).double(), mean, gamma)


@misconception(
    says="a score with gamma on the wrong side",
    hint="gamma weighs the facts, and 1 - gamma the faithfulness.",
)
def gamma_exchanged(evidence, known, plausible, faithful, gamma):
    factual = [1.0 if t in known else plausible.get(t, 0.0) for t in evidence]
    mean = sum(factual) / len(factual) if factual else 0.0
    return (1 - gamma) * mean + gamma * faithful


@misconception(
    says="a score with the sum over the triples",
    hint="Take the mean: more evidence must not make a chain truer than true.",
)
def sum_of_facts(evidence, known, plausible, faithful, gamma):
    return gamma * sum(1.0 if t in known else plausible.get(t, 0.0) for t in evidence) + (1 - gamma) * faithful


@misconception(
    says="a score that asks for the graph only",
    hint="A triple that the graph does not have may be plausible: `plausible.get(triple, 0.0)`.",
)
def graph_only(evidence, known, plausible, faithful, gamma):
    factual = [float(t in known) for t in evidence]
    mean = sum(factual) / len(factual) if factual else 0.0
    return gamma * mean + (1 - gamma) * faithful


@misconception(
    says="a score that asks for plausibility first",
    hint="What is in the graph is true, 1, however plausible it looks: ask the graph first.",
)
def plausibility_first(evidence, known, plausible, faithful, gamma):
    factual = [plausible.get(t, float(t in known)) for t in evidence]
    mean = sum(factual) / len(factual) if factual else 0.0
    return gamma * mean + (1 - gamma) * faithful


@misconception(
    says="a score that counts a chain without evidence as true",
    hint="Without any triple, the facts count as 0.",
)
def nothing_is_true(evidence, known, plausible, faithful, gamma):
    factual = [1.0 if t in known else plausible.get(t, 0.0) for t in evidence]
    mean = sum(factual) / len(factual) if factual else 1.0
    return gamma * mean + (1 - gamma) * faithful


@misconception(
    says="a score that is faithfulness alone when there is no evidence",
    hint="The facts keep their weight: gamma * 0 + (1 - gamma) * faithful.",
)
def faith_alone(evidence, known, plausible, faithful, gamma):
    if not evidence:
        return faithful
    factual = [1.0 if t in known else plausible.get(t, 0.0) for t in evidence]
    return gamma * sum(factual) / len(factual) + (1 - gamma) * faithful


@misconception(
    says="a score that is 0 when there is no evidence",
    hint="Only the facts count as 0 then: what is left is (1 - gamma) * faithful.",
)
def nothing_at_all(evidence, known, plausible, faithful, gamma):
    if not evidence:
        return 0.0
    factual = [1.0 if t in known else plausible.get(t, 0.0) for t in evidence]
    return gamma * sum(factual) / len(factual) + (1 - gamma) * faithful


@misconception(
    says="a score in which faithfulness has its full weight",
    hint="The two weights make 1: gamma for the facts, 1 - gamma for the faithfulness.",
)
def full_weight(evidence, known, plausible, faithful, gamma):
    factual = [1.0 if t in known else plausible.get(t, 0.0) for t in evidence]
    return gamma * (sum(factual) / len(factual) if factual else 0.0) + faithful


@misconception(
    says="a score with the product of the degrees",
    hint="The mean over all triples, not their product: one triple that is not known must not take everything.",
)
def product_of_degrees(evidence, known, plausible, faithful, gamma):
    factual = [1.0 if t in known else plausible.get(t, 0.0) for t in evidence]
    return gamma * (math.prod(factual) if factual else 0.0) + (1 - gamma) * faithful


@misconception(
    says="a score in which repeated triples count once",
    hint="The mean goes over the evidence as it was written: keep repetitions.",
)
def repetitions_count_once(evidence, known, plausible, faithful, gamma):
    factual = [1.0 if t in known else plausible.get(t, 0.0) for t in dict.fromkeys(evidence)]
    mean = sum(factual) / len(factual) if factual else 0.0
    return gamma * mean + (1 - gamma) * faithful


@misconception(
    says="a score of the weakest triple",
    hint="The mean over all triples, not their minimum.",
)
def weakest(evidence, known, plausible, faithful, gamma):
    factual = [1.0 if t in known else plausible.get(t, 0.0) for t in evidence]
    return gamma * min(factual, default=0.0) + (1 - gamma) * faithful


@misconception(
    says="a score without the triples that are neither known nor plausible",
    hint="Such a triple counts as 0, and makes the mean smaller.",
)
def unknown_left_out(evidence, known, plausible, faithful, gamma):
    factual = [1.0 if t in known else plausible[t] for t in evidence if t in known or t in plausible]
    mean = sum(factual) / len(factual) if factual else 0.0
    return gamma * mean + (1 - gamma) * faithful


@misconception(
    says="the product of facts and faithfulness",
    hint="The two are weighed against each other: gamma * mean + (1 - gamma) * faithful.",
)
def product(evidence, known, plausible, faithful, gamma):
    factual = [1.0 if t in known else plausible.get(t, 0.0) for t in evidence]
    return (sum(factual) / len(factual) if factual else 0.0) * faithful
