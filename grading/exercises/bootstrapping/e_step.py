"""The private half of e-step."""

import torch
from llmcourse.checks.labs.bootstrapping.e_step import rewarded

from grading.exercises import misconception, reference, variant

CASES = {
    "many answers": rewarded(4, 30),
    "a threshold, many answers": rewarded(4, 30, threshold=True, hopeless=True),
}


@reference
def e_step(log_p, r, f):
    q = f(r) * log_p.exp()
    Z = q.sum(-1, keepdim=True)
    return q / torch.where(Z > 0, Z, 1.0)


@variant
def by_softmax(log_p, r, f):
    return torch.nan_to_num(torch.softmax(log_p + f(r).log(), dim=-1), nan=0.0)


@variant
def in_a_loop(log_p, r, f):
    rows = []
    for lp, reward in zip(log_p, r):
        q = f(reward) * torch.exp(lp)
        rows.append(q / q.sum() if q.sum() > 0 else torch.zeros_like(q))
    return torch.stack(rows)


@misconception(
    says="q* before it is divided by its sum: it does not sum to one",
    hint="Divide by the sum over the answers of each question.",
)
def not_normalised(log_p, r, f):
    return f(r) * log_p.exp()


@misconception(
    says="weights with one normaliser for all questions",
    hint="q(y | x) sums to one for each x: `sum(-1, keepdim=True)`.",
)
def one_normaliser(log_p, r, f):
    q = f(r) * log_p.exp()
    return q / q.sum()


@misconception(
    says="weights in proportion to f(r) alone",
    hint="All Y answers are listed here, and nobody drew them: what the model thinks of them counts. Multiply by p.",
)
def without_policy(log_p, r, f):
    q = f(r)
    Z = q.sum(-1, keepdim=True)
    return q / torch.where(Z > 0, Z, torch.ones_like(Z))


@misconception(
    says="the weights for f = identity, whatever f is",
    hint="Call f: it says how a reward becomes a weight.",
)
def without_f(log_p, r, f):
    q = r * log_p.exp()
    Z = q.sum(-1, keepdim=True)
    return q / torch.where(Z > 0, Z, torch.ones_like(Z))


@misconception(
    says="weights f(r p)",
    hint="f acts on the reward alone, and p is multiplied afterwards.",
)
def f_of_product(log_p, r, f):
    q = f(r * log_p.exp())
    Z = q.sum(-1, keepdim=True)
    return q / torch.where(Z > 0, Z, torch.ones_like(Z))


@misconception(
    says="a softmax of f(r) + log p: the weights of RLHF's best policy",
    hint="There p is multiplied by exp(r / beta); here by f(r) itself. A reward of 0 excludes an answer.",
)
def exponential(log_p, r, f):
    return (log_p + f(r)).softmax(-1)


@misconception(
    says="weights made of log p in place of p",
    hint="log p is negative. Take the exponential first.",
)
def log_policy(log_p, r, f):
    q = f(r) * log_p
    Z = q.sum(-1, keepdim=True)
    return q / torch.where(Z != 0, Z, torch.ones_like(Z))


@misconception(
    says="f(r) p, divided by the sum of f(r)",
    hint="The normaliser is the sum of what stands above: of f(r) p.",
)
def divides_by_rewards(log_p, r, f):
    Z = f(r).sum(-1, keepdim=True)
    return f(r) * log_p.exp() / torch.where(Z > 0, Z, torch.ones_like(Z))


@misconception(
    says="all weight on the one best answer",
    hint="The E-step keeps every answer that has a reward, each with its share.",
)
def best_only(log_p, r, f):
    q = f(r) * log_p.exp()
    best = torch.nn.functional.one_hot(q.argmax(-1), q.shape[-1]).to(q.dtype)
    return best * (q.sum(-1, keepdim=True) > 0)


@misconception(
    says="the right weights, with nan where a question has no reward",
    hint="Nothing can be reweighted there: let its weights be zero, so that it drops out of the M-step.",
)
def nan_without_reward(log_p, r, f):
    q = f(r) * log_p.exp()
    return q / q.sum(-1, keepdim=True)


@misconception(
    says="a softmax of f(r) p",
    hint="Divide f(r) p by its sum: a softmax takes exponentials, and gives weight to what has none.",
)
def softmax_of_weights(log_p, r, f):
    return (f(r) * log_p.exp()).softmax(-1)


@misconception(
    says="log q in place of q",
    hint="Take the exponential at the end: q sums to one.",
)
def logarithms(log_p, r, f):
    q = log_p + f(r).log()
    return q - torch.logsumexp(q, -1, keepdim=True)


@misconception(
    says="weights f(r) / p",
    hint="What the model thinks likely gets more weight, not less: multiply by p.",
)
def divides_by_policy(log_p, r, f):
    q = f(r) / log_p.exp()
    Z = q.sum(-1, keepdim=True)
    return q / torch.where(Z > 0, Z, torch.ones_like(Z))


@misconception(
    says="weights that are not normalised where their sum is below one",
    hint="A clamp at 1 guards against zero, and changes all sums below 1. Only a sum of 0 needs another divisor.",
)
def clamped_at_one(log_p, r, f):
    q = f(r) * log_p.exp()
    return q / q.sum(-1, keepdim=True).clamp(min=1.0)


@misconception(
    says="weights that sum to one over the questions, for each answer",
    hint="q(y | x) sums to one over the answers y of a question: the last axis.",
)
def over_questions(log_p, r, f):
    q = f(r) * log_p.exp()
    Z = q.sum(0, keepdim=True)
    return q / torch.where(Z > 0, Z, torch.ones_like(Z))


@misconception(
    says="the right weights, and equal ones where a question has no reward",
    hint="Nothing was right there, and nothing is to be learned: such a question's weights are all 0.",
)
def uniform_without_reward(log_p, r, f):
    q = f(r) * log_p.exp()
    Z = q.sum(-1, keepdim=True)
    return torch.where(Z > 0, q / torch.where(Z > 0, Z, torch.ones_like(Z)), torch.full_like(q, 1 / q.shape[-1]))


@misconception(
    says="the right weights, and the model's own where a question has no reward",
    hint="Nothing was right there, and nothing is to be learned: such a question's weights are all 0.",
)
def policy_without_reward(log_p, r, f):
    q = f(r) * log_p.exp()
    Z = q.sum(-1, keepdim=True)
    return torch.where(Z > 0, q / torch.where(Z > 0, Z, torch.ones_like(Z)), log_p.exp())


@misconception(
    says="weights divided by their mean",
    hint="Divide by the sum: then they sum to one.",
)
def divides_by_mean(log_p, r, f):
    q = f(r) * log_p.exp()
    Z = q.mean(-1, keepdim=True)
    return q / torch.where(Z > 0, Z, torch.ones_like(Z))


@misconception(
    says="weights divided by the largest of them",
    hint="Divide by the sum: then they sum to one.",
)
def divides_by_largest(log_p, r, f):
    q = f(r) * log_p.exp()
    Z = q.amax(-1, keepdim=True)
    return q / torch.where(Z > 0, Z, torch.ones_like(Z))


@misconception(
    says="weights divided by the sum of the first question's",
    hint="Each question has its own sum: `sum(-1, keepdim=True)` is (B, 1).",
)
def first_normaliser(log_p, r, f):
    q = f(r) * log_p.exp()
    Z = q.sum(-1)[0]
    return q / torch.where(Z > 0, Z, torch.ones_like(Z))


@misconception(
    says="weights with 1e-3 added to their sum",
    hint="Then rows sum to less than one. Only a sum of 0 needs another divisor: `torch.where(Z > 0, Z, 1.0)`.",
)
def epsilon_3(log_p, r, f):
    q = f(r) * log_p.exp()
    return q / (q.sum(-1, keepdim=True) + 1e-3)


@misconception(
    says="weights with 1e-6 added to their sum",
    hint="Then rows sum to less than one. Only a sum of 0 needs another divisor: `torch.where(Z > 0, Z, 1.0)`.",
)
def epsilon_6(log_p, r, f):
    q = f(r) * log_p.exp()
    return q / (q.sum(-1, keepdim=True) + 1e-6)


@misconception(
    says="weights with 1e-8 added to their sum",
    hint="Then rows sum to less than one. Only a sum of 0 needs another divisor: `torch.where(Z > 0, Z, 1.0)`.",
)
def epsilon_8(log_p, r, f):
    q = f(r) * log_p.exp()
    return q / (q.sum(-1, keepdim=True) + 1e-8)


@misconception(
    says="weights that ask only whether f(r) is above 0, and not how large it is",
    hint="f(r) is a weight: q is proportional to f(r) p.",
)
def filter_alone(log_p, r, f):
    q = (f(r) > 0).to(log_p.dtype) * log_p.exp()
    Z = q.sum(-1, keepdim=True)
    return q / torch.where(Z > 0, Z, torch.ones_like(Z))


@misconception(
    says="the right weights, and zeros for all questions as soon as one has no reward",
    hint="Decide question by question: `torch.where(Z > 0, Z, 1.0)`, without an `if` about any of them.",
)
def one_makes_all_zero(log_p, r, f):
    q = f(r) * log_p.exp()
    Z = q.sum(-1, keepdim=True)
    return torch.zeros_like(q) if bool((Z == 0).any()) else q / Z


EQUIVALENT = {"-1 -> +1": "the last axis of two is axis 1"}
