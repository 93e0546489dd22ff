"""The private half of speculative-scores."""

import torch
from llmcourse.checks.labs.agentic_rag.speculative_scores import drafts

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "eight drafts": drafts(8, rationale=7),
    "very long rationales": drafts(4, answer=3, rationale=120, low=2.0, high=5.0),
    "yes takes three tokens": drafts(4, yes=3),
    "one draft": drafts(1),
}


@reference
def speculative_scores(log_p, part, log_rationale, log_answer):
    contained = (log_p * ((part == 1) | (part == 2))).sum(1)
    reflected = (log_p * (part == 4)).sum(1)
    scores = torch.logaddexp(log_rationale, log_answer) + contained + reflected
    return scores, scores.argmax()


@stages
def steps(log_p, part, log_rationale, log_answer):
    return {
        "log rho_draft": torch.logaddexp(log_rationale, log_answer),
        "log rho_SC": (log_p * ((part == 1) | (part == 2))).sum(1),
        "log rho_SR": (log_p * (part == 4)).sum(1),
    }


@variant
def draft_by_draft(log_p, part, log_rationale, log_answer):
    scores = []
    for row, kind, b, a in zip(log_p, part, log_rationale, log_answer):
        total = torch.logsumexp(torch.stack([b, a]), 0)
        for p, k in zip(row, kind.tolist()):
            if k in (1, 2, 4):
                total = total + p
        scores.append(total)
    return torch.stack(scores), int(torch.stack(scores).argmax())


@variant
def by_a_table(log_p, part, log_rationale, log_answer):
    judged = torch.tensor([0.0, 1.0, 1.0, 0.0, 1.0, 0.0])[part]
    largest = torch.maximum(log_rationale, log_answer)
    draft = largest + ((log_rationale - largest).exp() + (log_answer - largest).exp()).log()
    scores = draft + (judged * log_p).sum(-1)
    return scores, scores.max(0).indices


@misconception(
    says="rho_draft as a product of the two probabilities",
    hint="The paper adds them: P(rationale) + P(answer | rationale). Their logarithms meet in `torch.logaddexp`.",
)
def draft_is_a_product(log_p, part, log_rationale, log_answer):
    contained = (log_p * ((part == 1) | (part == 2))).sum(1)
    scores = log_rationale + log_answer + contained + (log_p * (part == 4)).sum(1)
    return scores, scores.argmax()


@misconception(
    says="products that were computed before the logarithm: log 0 where a rationale is long",
    hint="Stay in logarithms: a product of a hundred probabilities is smaller than any float.",
)
def underflow(log_p, part, log_rationale, log_answer):
    p = log_p.float().exp()
    contained = torch.where((part == 1) | (part == 2), p, torch.ones_like(p)).prod(1)
    reflected = torch.where(part == 4, p, torch.ones_like(p)).prod(1)
    scores = ((log_rationale.float().exp() + log_answer.float().exp()) * contained * reflected).log()
    return scores, scores.argmax()


@misconception(
    says="scores without rho_draft",
    hint="The drafter's own confidence is a factor too: rho_draft rho_SC rho_SR.",
)
def without_draft(log_p, part, log_rationale, log_answer):
    scores = (log_p * ((part == 1) | (part == 2) | (part == 4))).sum(1)
    return scores, scores.argmax()


@misconception(
    says="scores without self-reflection",
    hint='The tokens of "Yes", part 4, are judged as well.',
)
def without_reflection(log_p, part, log_rationale, log_answer):
    scores = torch.logaddexp(log_rationale, log_answer) + (log_p * ((part == 1) | (part == 2))).sum(1)
    return scores, scores.argmax()


@misconception(
    says="self-containment of the answer alone",
    hint="rho_SC is P(answer, rationale | Q): parts 1 and 2.",
)
def answer_alone(log_p, part, log_rationale, log_answer):
    scores = torch.logaddexp(log_rationale, log_answer) + (log_p * ((part == 1) | (part == 4))).sum(1)
    return scores, scores.argmax()


@misconception(
    says="self-containment of the rationale alone",
    hint="rho_SC is P(answer, rationale | Q): parts 1 and 2.",
)
def rationale_alone(log_p, part, log_rationale, log_answer):
    scores = torch.logaddexp(log_rationale, log_answer) + (log_p * ((part == 2) | (part == 4))).sum(1)
    return scores, scores.argmax()


@misconception(
    says="scores in which the question is judged as well",
    hint="The question is given, it is no part of a draft: only parts 1, 2 and 4 count.",
)
def with_question(log_p, part, log_rationale, log_answer):
    judged = (part == 0) | (part == 1) | (part == 2) | (part == 4)
    scores = torch.logaddexp(log_rationale, log_answer) + (log_p * judged).sum(1)
    return scores, scores.argmax()


@misconception(
    says="scores in which the reflection question R is judged as well",
    hint='R, part 3, is given: only its answer "Yes" is judged.',
)
def with_reflection_question(log_p, part, log_rationale, log_answer):
    judged = (part > 0) & (part < 5)
    scores = torch.logaddexp(log_rationale, log_answer) + (log_p * judged).sum(1)
    return scores, scores.argmax()


@misconception(
    says="scores in which padding is judged as well",
    hint="Padding, part 5, is no token: leave it out.",
)
def with_padding(log_p, part, log_rationale, log_answer):
    judged = (part != 0) & (part != 3)
    scores = torch.logaddexp(log_rationale, log_answer) + (log_p * judged).sum(1)
    return scores, scores.argmax()


@misconception(
    says="scores from probabilities per token",
    hint="rho_SC is the product over all tokens: add their logarithms, and do not divide by their number.",
)
def per_token(log_p, part, log_rationale, log_answer):
    mean = lambda mask: (log_p * mask).sum(1) / mask.sum(1)
    scores = torch.logaddexp(log_rationale, log_answer) + mean((part == 1) | (part == 2)) + mean(part == 4)
    return scores, scores.argmax()


@misconception(
    says="the right scores, and the draft with the smallest",
    hint="The best draft has the largest score: `argmax`.",
)
def the_worst(log_p, part, log_rationale, log_answer):
    judged = (part == 1) | (part == 2) | (part == 4)
    scores = torch.logaddexp(log_rationale, log_answer) + (log_p * judged).sum(1)
    return scores, scores.argmin()
