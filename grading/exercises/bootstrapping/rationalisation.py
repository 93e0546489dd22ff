"""The private half of rationalisation."""

import torch
from llmcourse.checks.labs.bootstrapping.rationalisation import tries

from grading.exercises import misconception, reference, variant

CASES = {"thirty questions": tries(30, 6, 8), "seven questions": tries(7, 1, 1)}


@reference
def training_set(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    enters = right | (told[:, -1] == gold)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return tokens[enters], targets[enters]


@variant
def in_a_loop(plain, hinted, first, told, gold):
    tokens, targets = [], []
    for question, z, with_hint, answer in zip(plain, first, told, gold):
        chosen = z if z[-1] == answer else with_hint if with_hint[-1] == answer else None
        if chosen is not None:
            tokens.append(torch.cat([question, chosen]))
            targets.append(torch.cat([torch.full_like(question, -100), chosen]))
    return torch.stack(tokens), torch.stack(targets)


@variant
def by_masking(plain, hinted, first, told, gold):
    after_hint = (told[:, -1] == gold) & (first[:, -1] != gold)
    rationale = first * (1 - after_hint[:, None].long()) + told * after_hint[:, None].long()
    keep = (rationale[:, -1] == gold).nonzero()[:, 0]
    tokens = torch.cat([plain, rationale], 1)[keep]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


@misconception(
    says="a set in which rationales after a hint stand behind the question with the hint",
    hint="At test time nobody tells the answer: train on the plain question.",
)
def keeps_hint(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    enters = right | (told[:, -1] == gold)
    question = torch.where(right[:, None], plain, hinted)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return torch.cat([question, rationale], dim=1)[enters], targets[enters]


@misconception(
    says="a set without rationalisation: first tries alone",
    hint="A question whose first try is wrong has a second chance, the rationale that was written with the hint.",
)
def first_tries_alone(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    targets = torch.cat([torch.full_like(plain, -100), first], dim=1)
    return torch.cat([plain, first], dim=1)[right], targets[right]


@misconception(
    says="a set in which rationales after a hint are not checked",
    hint="A model may miss the answer even when it is told: keep only what ends in it.",
)
def unchecked(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return torch.cat([plain, rationale], dim=1), targets


@misconception(
    says="a set that prefers the rationale after a hint, where both are right",
    hint="The hint is for questions that the model fails: a first try that is right stays.",
)
def prefers_hint(plain, hinted, first, told, gold):
    told_right = told[:, -1] == gold
    rationale = torch.where(told_right[:, None], told, first)
    enters = told_right | (first[:, -1] == gold)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return torch.cat([plain, rationale], dim=1)[enters], targets[enters]


@misconception(
    says="a set with all first tries that are right, and after them all rationales that are right with the hint",
    hint="One rationale for each question, in the order of the questions; the hint only where the first try is wrong.",
)
def takes_both(plain, hinted, first, told, gold):
    a, b = first[:, -1] == gold, told[:, -1] == gold
    rationale = torch.cat([first[a], told[b]])
    question = torch.cat([plain[a], plain[b]])
    return torch.cat([question, rationale], dim=1), torch.cat([torch.full_like(question, -100), rationale], dim=1)


@misconception(
    says="the right rows, first tries before those after a hint",
    hint="Leave the questions in their order.",
)
def grouped(plain, hinted, first, told, gold):
    a = first[:, -1] == gold
    b = (told[:, -1] == gold) & ~a
    rationale, question = torch.cat([first[a], told[b]]), torch.cat([plain[a], plain[b]])
    return torch.cat([question, rationale], dim=1), torch.cat([torch.full_like(question, -100), rationale], dim=1)


@misconception(
    says="a set in which the question is a target too",
    hint="The model is asked questions, and should not learn to write them: targets are -100 there.",
)
def learns_questions(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    enters = right | (told[:, -1] == gold)
    tokens = torch.cat([plain, rationale], dim=1)[enters]
    return tokens, tokens.clone()


@misconception(
    says="a set in which the answer alone is a target",
    hint="The rationale is what is to be learned: all of its tokens are targets.",
)
def answers_only(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    enters = right | (told[:, -1] == gold)
    tokens = torch.cat([plain, rationale], dim=1)[enters]
    targets = torch.full_like(tokens, -100)
    targets[:, -1] = tokens[:, -1]
    return tokens, targets


@misconception(
    says="a set that keeps first tries with a wrong answer",
    hint="A first try enters when its last token is the right answer; `==`, not `!=`.",
)
def first_wrong(plain, hinted, first, told, gold):
    wrong = first[:, -1] != gold
    rationale = torch.where(wrong[:, None], first, told)
    enters = wrong | (told[:, -1] == gold)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return torch.cat([plain, rationale], dim=1)[enters], targets[enters]
