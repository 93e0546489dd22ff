"""Lab 05, bootstrapping: references, variants and misconceptions.

Every function here stands alone (torch and math apart), since sample submissions are made of their source.
"""

import torch
from llmcourse.bootstrapping import em, rouge
from llmcourse.checks.bootstrapping import _bound, _drawn, _loop, _paths, _rewards, _texts, _tries

from . import Private

# ------------------------------------------------------------------ bound-and-gap


def bound_reference(log_p, r, q):
    return em.elbo(log_p, r, q), em.gap(log_p, r, q)


def bound_by_xlogy(log_p, r, q):
    L = (torch.xlogy(q, r) - torch.xlogy(q, q) + q * log_p).sum(-1)
    return L, torch.logsumexp(log_p + r.log(), dim=-1) - L


def bound_in_a_loop(log_p, r, q):
    bounds, gaps = [], []
    for lp, rewards, weights in zip(log_p, r, q):
        keep = weights > 0
        posterior = (lp.exp() * rewards)[keep] / (lp.exp() * rewards).sum()
        bounds.append((weights[keep] * (rewards[keep].log() - (weights[keep].log() - lp[keep]))).sum())
        gaps.append((weights[keep] * (weights[keep] / posterior).log()).sum())
    return torch.stack(bounds), torch.stack(gaps)


def bound_without_entropy(log_p, r, q):
    """E_q[log r + log p]: the entropy of q is missing

    KL(q || p) is E_q[log q - log p]: subtract q log q as well.
    """
    L = torch.where(q > 0, q * (r.log() + log_p), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


def bound_plus_divergence(log_p, r, q):
    """E_q[log r] plus the KL

    A q far from the model must cost something: the KL is subtracted.
    """
    L = torch.where(q > 0, q * (r.log() - log_p + q.log()), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


def bound_reversed_divergence(log_p, r, q):
    """the bound with KL(p || q)

    Expectations are under q: KL(q || p) = sum_y q (log q - log p).
    """
    p = log_p.exp()
    L = torch.where(q > 0, q * r.log(), 0.0).sum(-1) - torch.where(q > 0, p * (log_p - q.log()), 0.0).sum(-1)
    return L, (p * r).sum(-1).log() - L


def bound_expected_under_p(log_p, r, q):
    """the bound with the expectation of log r under p

    q is the distribution of the answers here: E_q[log r].
    """
    p = log_p.exp()
    L = torch.where(q > 0, p * r.log() - q * (q.log() - log_p), 0.0).sum(-1)
    return L, (p * r).sum(-1).log() - L


def bound_of_reward(log_p, r, q):
    """the bound with r in place of log r

    What stands in the expectation is log p(O = 1 | x, y): take the logarithm of the reward.
    """
    L = torch.where(q > 0, q * (r + log_p - q.log()), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


def bound_log_outside(log_p, r, q):
    """the bound with log E_q[r] in place of E_q[log r]

    The logarithm went inside of the expectation; that is where Jensen's inequality came from.
    """
    L = (q * r).sum(-1).log() - torch.where(q > 0, q * (q.log() - log_p), 0.0).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


def bound_gap_to_unnormalised(log_p, r, q):
    """the right L, with the gap to q* as it stands on the slide: not divided by its sum

    sum q log(q / q*) is -L. The gap is the KL to q* / Z, which is log Z - L.
    """
    L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)
    return L, -L


def bound_gap_to_model(log_p, r, q):
    """the right L, with KL(q || p) for the gap

    The gap closes at the best q, which is proportional to r p, and not at q = p.
    """
    L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)
    return L, torch.where(q > 0, q * (q.log() - log_p), 0.0).sum(-1)


def bound_gap_negative(log_p, r, q):
    """the right L, with the gap's sign turned

    L is a lower bound: log Z - L is never negative.
    """
    L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)
    return L, L - (log_p.exp() * r).sum(-1).log()


def bound_without_zeros(log_p, r, q):
    """the right formulas, with nan where q and r are zero

    0 log 0 counts as 0: choose with `torch.where(q > 0, ..., 0.0)`, or use `torch.xlogy`.
    """
    L = (q * (r.log() + log_p - q.log())).sum(-1)
    return L, (log_p.exp() * r).sum(-1).log() - L


# ------------------------------------------------------------------ e-step


def e_step_reference(log_p, r, f):
    q = f(r) * log_p.exp()
    Z = q.sum(-1, keepdim=True)
    return q / torch.where(Z > 0, Z, 1.0)


def e_step_by_softmax(log_p, r, f):
    return torch.nan_to_num(torch.softmax(log_p + f(r).log(), dim=-1), nan=0.0)


def e_step_in_a_loop(log_p, r, f):
    rows = []
    for lp, reward in zip(log_p, r):
        q = f(reward) * torch.exp(lp)
        rows.append(q / q.sum() if q.sum() > 0 else torch.zeros_like(q))
    return torch.stack(rows)


def e_step_not_normalised(log_p, r, f):
    """q* as it stands on the slide: it does not sum to one

    Divide by the sum over the answers of each question.
    """
    return f(r) * log_p.exp()


def e_step_one_normaliser(log_p, r, f):
    """weights with one normaliser for all questions

    q(y | x) sums to one for each x: `sum(-1, keepdim=True)`.
    """
    q = f(r) * log_p.exp()
    return q / q.sum()


def e_step_without_policy(log_p, r, f):
    """weights in proportion to f(r) alone

    All Y answers are listed here, and nobody drew them: what the model thinks of them counts. Multiply by p.
    """
    q = f(r)
    Z = q.sum(-1, keepdim=True)
    return q / torch.where(Z > 0, Z, torch.ones_like(Z))


def e_step_without_f(log_p, r, f):
    """the weights for f = identity, whatever f is

    Call f: it says how a reward becomes a weight.
    """
    q = r * log_p.exp()
    Z = q.sum(-1, keepdim=True)
    return q / torch.where(Z > 0, Z, torch.ones_like(Z))


def e_step_f_of_product(log_p, r, f):
    """weights f(r p)

    f acts on the reward alone, and p is multiplied afterwards.
    """
    q = f(r * log_p.exp())
    Z = q.sum(-1, keepdim=True)
    return q / torch.where(Z > 0, Z, torch.ones_like(Z))


def e_step_exponential(log_p, r, f):
    """a softmax of f(r) + log p: the weights of RLHF's best policy

    There p is multiplied by exp(r / beta); here by f(r) itself. A reward of 0 excludes an answer.
    """
    return (log_p + f(r)).softmax(-1)


def e_step_log_policy(log_p, r, f):
    """weights made of log p in place of p

    log p is negative. Take the exponential first.
    """
    q = f(r) * log_p
    Z = q.sum(-1, keepdim=True)
    return q / torch.where(Z != 0, Z, torch.ones_like(Z))


def e_step_divides_by_rewards(log_p, r, f):
    """f(r) p, divided by the sum of f(r)

    The normaliser is the sum of what stands above: of f(r) p.
    """
    Z = f(r).sum(-1, keepdim=True)
    return f(r) * log_p.exp() / torch.where(Z > 0, Z, torch.ones_like(Z))


def e_step_best_only(log_p, r, f):
    """all weight on the one best answer

    The E-step keeps every answer that has a reward, each with its share.
    """
    q = f(r) * log_p.exp()
    best = torch.nn.functional.one_hot(q.argmax(-1), q.shape[-1]).to(q.dtype)
    return best * (q.sum(-1, keepdim=True) > 0)


def e_step_nan(log_p, r, f):
    """the right weights, with nan where a question has no reward

    Nothing can be reweighted there: let its weights be zero, so that it drops out of the M-step.
    """
    q = f(r) * log_p.exp()
    return q / q.sum(-1, keepdim=True)


# ------------------------------------------------------------------ weighted-gradient


def gradient_reference(logits, y, r):
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


def gradient_by_autograd(logits, y, r):
    with torch.enable_grad():
        z = logits.detach().clone().requires_grad_()
        J = (r * z.log_softmax(-1).gather(1, y)).mean()
        return torch.autograd.grad(J, z)[0]


def gradient_by_one_hot(logits, y, r):
    hot = torch.nn.functional.one_hot(y, logits.shape[1]).to(logits.dtype)
    return (r.unsqueeze(-1) * (hot - torch.softmax(logits, 1).unsqueeze(1))).sum(1) / (y.shape[0] * y.shape[1])


def gradient_without_reward(logits, y, r):
    """the gradient of the plain likelihood, without rewards

    Every answer's gradient is multiplied by its r: wrong ones must not count.
    """
    counts = torch.zeros_like(logits).scatter_add(1, y, torch.ones_like(r))
    return (counts - y.shape[1] * logits.softmax(-1)) / y.numel()


def gradient_of_loss(logits, y, r):
    """the gradient of -J, the loss

    J is to be made large: onehot(y) counts with a plus.
    """
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return -(counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


def gradient_without_softmax(logits, y, r):
    """the rewards at the drawn answers, without the softmax that is subtracted

    log softmax(z)_y = z_y - log sum exp(z): the second part has a gradient too.
    """
    return torch.zeros_like(logits).scatter_add(1, y, r) / y.numel()


def gradient_summed(logits, y, r):
    """the sum over the answers, in place of the mean

    J is a mean over all B N draws: divide by `y.numel()`.
    """
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return counts - r.sum(-1, keepdim=True) * logits.softmax(-1)


def gradient_mean_over_draws(logits, y, r):
    """the mean over a question's N answers, summed over questions

    J is a mean over the questions too: divide by B N.
    """
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / y.shape[1]


def gradient_softmax_once(logits, y, r):
    """a gradient in which the softmax is subtracted N times, whatever the rewards

    Each answer brings r (onehot - p): the softmax is subtracted sum of r times.
    """
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    return (counts - y.shape[1] * logits.softmax(-1)) / y.numel()


def gradient_with_baseline(logits, y, r):
    """the gradient with the mean reward subtracted: REINFORCE with a baseline

    That is another method, in which wrong answers push away. ReST-EM only pulls: weights are r itself.
    """
    a = r - r.mean(-1, keepdim=True)
    counts = torch.zeros_like(logits).scatter_add(1, y, a)
    return (counts - a.sum(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


def gradient_normalised(logits, y, r):
    """the gradient divided by the sum of the rewards of each question

    J of Algorithm 1 is not normalised: a question with few right answers counts less. Divide by B N.
    """
    counts = torch.zeros_like(logits).scatter_add(1, y, r)
    total = r.sum(-1, keepdim=True)
    return (counts - total * logits.softmax(-1)) / torch.where(total > 0, total, torch.ones_like(total)) / len(y)


def gradient_overwrites(logits, y, r):
    """a gradient in which an answer that was drawn twice counts once

    Indexing on the left, `counts[b, y] = r`, keeps the last one only. `scatter_add` adds.
    """
    counts = torch.zeros_like(logits)
    for b in range(len(y)):
        for n in range(y.shape[1]):
            counts[b, y[b, n]] = r[b, n]
    return (counts - r.sum(-1, keepdim=True) * logits.softmax(-1)) / y.numel()


# ------------------------------------------------------------------ generate-and-improve


def loop_reference(base, r, draws, sample):
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


def loop_by_one_hot(base, r, draws, sample):
    policy, sampled = base, base.new_zeros(len(draws))
    for t in range(draws.shape[0]):
        hot = torch.nn.functional.one_hot(sample(policy, draws[t]), base.shape[1]).to(base.dtype)
        kept = (hot * r[:, None]).sum(1)
        sampled[t] = kept.sum() / draws[t].numel()
        policy = (base + kept) / (base + kept).sum(1, keepdim=True)
    return policy, sampled


def loop_question_by_question(base, r, draws, sample):
    policy, sampled = base.clone(), []
    for u in draws:
        y, new, total = sample(policy, u), base.clone(), 0.0
        for x in range(len(base)):
            for answer in y[x].tolist():
                new[x, answer] += r[x, answer]
                total = total + r[x, answer]
        policy = new / new.sum(-1, keepdim=True)
        sampled.append(total / u.numel())
    return policy, torch.stack(sampled)


def loop_from_base(base, r, draws, sample):
    """a loop in which every round draws from the first policy: rounds that do not build on each other

    Generate with the newest policy: `sample(policy, u)`.
    """
    policy, sampled = base, []
    for u in draws:
        y = sample(base, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


def loop_improves_the_last(base, r, draws, sample):
    """a loop that trains on from the last policy

    As in the paper, each M-step starts from `base`: old luck is not built in for good.
    """
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (policy + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


def loop_without_filter(base, r, draws, sample):
    """a loop that learns from every draw, right or wrong

    Weights are the rewards: a wrong answer has none. Count `r.gather(1, y)`, and not ones.
    """
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        sampled.append(r.gather(1, y).mean())
        counts = torch.zeros_like(base).scatter_add(1, y, torch.ones_like(u))
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


def loop_accumulates(base, r, draws, sample):
    """a loop that keeps the answers of all rounds

    D_i is drawn anew in each round: forget the last round's counts.
    """
    policy, sampled, counts = base, [], torch.zeros_like(base)
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = counts.scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


def loop_counts_once(base, r, draws, sample):
    """a loop in which an answer that was drawn several times counts once

    How often an answer was drawn is its weight: that is where p comes in. `scatter_add` adds.
    """
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter(1, y, 1.0) * r
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


def loop_exact_expectation(base, r, draws, sample):
    """a loop with exact expectations in place of draws

    Count what was drawn: the policy's own probabilities are not known to a real sampler.
    """
    policy, sampled = base, []
    for u in draws:
        sampled.append((policy * r).sum(-1).mean())
        counts = u.shape[-1] * policy * r
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)


def loop_measures_after(base, r, draws, sample):
    """the right policy, with the mean reward measured after the improvement

    `sampled` is the mean reward of the draws that were trained on.
    """
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        counts = torch.zeros_like(base).scatter_add(1, y, r.gather(1, y))
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
        sampled.append(r.gather(1, sample(policy, u)).mean())
    return policy, torch.stack(sampled)


def loop_forgets_base(base, r, draws, sample):
    """a loop that fits the kept answers alone, and lets a question without one fall back to base

    The M-step starts from `base`, which counts like one answer: add it to the counts.
    """
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        total = counts.sum(-1, keepdim=True)
        policy = torch.where(total > 0, counts / torch.where(total > 0, total, torch.ones_like(total)), base)
    return policy, torch.stack(sampled)


def loop_one_normaliser(base, r, draws, sample):
    """a loop with one normaliser for all questions

    Each question has a distribution of its own: `counts.sum(-1, keepdim=True)`.
    """
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum() / len(base))
    return policy, torch.stack(sampled)


# ------------------------------------------------------------------ rationalisation


def rationalisation_reference(plain, hinted, first, told, gold):
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    enters = right | (told[:, -1] == gold)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return tokens[enters], targets[enters]


def rationalisation_in_a_loop(plain, hinted, first, told, gold):
    tokens, targets = [], []
    for question, z, with_hint, answer in zip(plain, first, told, gold):
        chosen = z if z[-1] == answer else with_hint if with_hint[-1] == answer else None
        if chosen is not None:
            tokens.append(torch.cat([question, chosen]))
            targets.append(torch.cat([torch.full_like(question, -100), chosen]))
    return torch.stack(tokens), torch.stack(targets)


def rationalisation_by_masking(plain, hinted, first, told, gold):
    after_hint = (told[:, -1] == gold) & (first[:, -1] != gold)
    rationale = first * (1 - after_hint[:, None].long()) + told * after_hint[:, None].long()
    keep = (rationale[:, -1] == gold).nonzero()[:, 0]
    tokens = torch.cat([plain, rationale], 1)[keep]
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens, targets


def rationalisation_keeps_hint(plain, hinted, first, told, gold):
    """a set in which rationales after a hint stand behind the question with the hint

    At test time nobody tells the answer: train on the plain question.
    """
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    enters = right | (told[:, -1] == gold)
    question = torch.where(right[:, None], plain, hinted)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return torch.cat([question, rationale], dim=1)[enters], targets[enters]


def rationalisation_without(plain, hinted, first, told, gold):
    """a set without rationalisation: first tries alone

    A question whose first try is wrong has a second chance, the rationale that was written with the hint.
    """
    right = first[:, -1] == gold
    targets = torch.cat([torch.full_like(plain, -100), first], dim=1)
    return torch.cat([plain, first], dim=1)[right], targets[right]


def rationalisation_unchecked(plain, hinted, first, told, gold):
    """a set in which rationales after a hint are not checked

    A model may miss the answer even when it is told: keep only what ends in it.
    """
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return torch.cat([plain, rationale], dim=1), targets


def rationalisation_prefers_hint(plain, hinted, first, told, gold):
    """a set that prefers the rationale after a hint, where both are right

    The hint is for questions that the model fails: a first try that is right stays.
    """
    told_right = told[:, -1] == gold
    rationale = torch.where(told_right[:, None], told, first)
    enters = told_right | (first[:, -1] == gold)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return torch.cat([plain, rationale], dim=1)[enters], targets[enters]


def rationalisation_takes_both(plain, hinted, first, told, gold):
    """a set with all first tries that are right, and after them all rationales that are right with the hint

    One rationale for each question, in the order of the questions; the hint only where the first try is wrong.
    """
    a, b = first[:, -1] == gold, told[:, -1] == gold
    rationale = torch.cat([first[a], told[b]])
    question = torch.cat([plain[a], plain[b]])
    return torch.cat([question, rationale], dim=1), torch.cat([torch.full_like(question, -100), rationale], dim=1)


def rationalisation_groups(plain, hinted, first, told, gold):
    """the right rows, first tries before those after a hint

    Leave the questions in their order.
    """
    a = first[:, -1] == gold
    b = (told[:, -1] == gold) & ~a
    rationale, question = torch.cat([first[a], told[b]]), torch.cat([plain[a], plain[b]])
    return torch.cat([question, rationale], dim=1), torch.cat([torch.full_like(question, -100), rationale], dim=1)


def rationalisation_learns_questions(plain, hinted, first, told, gold):
    """a set in which the question is a target too

    The model is asked questions, and should not learn to write them: targets are -100 there.
    """
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    enters = right | (told[:, -1] == gold)
    tokens = torch.cat([plain, rationale], dim=1)[enters]
    return tokens, tokens.clone()


def rationalisation_answers_only(plain, hinted, first, told, gold):
    """a set in which the answer alone is a target

    The rationale is what is to be learned: all of its tokens are targets.
    """
    right = first[:, -1] == gold
    rationale = torch.where(right[:, None], first, told)
    enters = right | (told[:, -1] == gold)
    tokens = torch.cat([plain, rationale], dim=1)[enters]
    targets = torch.full_like(tokens, -100)
    targets[:, -1] = tokens[:, -1]
    return tokens, targets


def rationalisation_first_wrong(plain, hinted, first, told, gold):
    """a set that keeps first tries with a wrong answer

    A first try enters when its last token is the right answer; `==`, not `!=`.
    """
    wrong = first[:, -1] != gold
    rationale = torch.where(wrong[:, None], first, told)
    enters = wrong | (told[:, -1] == gold)
    targets = torch.cat([torch.full_like(plain, -100), rationale], dim=1)
    return torch.cat([plain, rationale], dim=1)[enters], targets[enters]


# ------------------------------------------------------------------ distinct-paths


def select_reference(paths, answers, gold, k):
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b] and path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


def select_by_comparing(paths, answers, gold, k):
    right = answers == gold[:, None]
    same = (paths[:, :, None] == paths[:, None]).all(-1)  # (B, N, N)
    earlier = torch.ones(paths.shape[1], paths.shape[1], dtype=torch.bool).tril(-1)
    new = right & ~(same & earlier & right[:, None]).any(-1)
    return new & (new.long().cumsum(1) <= k)


def select_with_a_dictionary(paths, answers, gold, k):
    keep = torch.zeros(answers.shape, dtype=torch.bool)
    for b in range(paths.shape[0]):
        first = {}
        for n in range(paths.shape[1]):
            if int(answers[b, n]) == int(gold[b]):
                first.setdefault(str(paths[b, n].tolist()), n)
        keep[b, list(first.values())[:k]] = True
    return keep


def select_with_repetitions(paths, answers, gold, k):
    """a selection that takes the same path several times

    Remember the paths that were taken, and take each once.
    """
    right = answers == gold[:, None]
    return right & (right.long().cumsum(1) <= k)


def select_any_answer(paths, answers, gold, k):
    """a selection that does not ask whether the answer is right

    RFT rejects first: a path with a wrong answer is never taken.
    """
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


def select_wrong_uses_up(paths, answers, gold, k):
    """a selection in which a wrong answer uses up its path

    The same steps may end in a slip the first time and right the second: ask for the answer before you remember a path.
    """
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found, taken = set(), 0
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if path not in found and answers[b, n] == gold[b] and taken < k:
                keep[b, n] = True
                taken += 1
            found.add(path)
    return keep


def select_any_order(paths, answers, gold, k):
    """a selection that takes two orders of the same steps for one path

    Steps in another order are another way to the answer: compare the paths as they are, not sorted.
    """
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(paths[b].tolist()):
            path = tuple(sorted(path))
            if answers[b, n] == gold[b] and path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


def select_one_more(paths, answers, gold, k):
    """a selection of k + 1 paths

    Stop when k are taken: `len(found) < k`.
    """
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b] and path not in found and len(found) <= k:
                found.add(path)
                keep[b, n] = True
    return keep


def select_without_limit(paths, answers, gold, k):
    """a selection without a limit

    At most k paths of a question are taken.
    """
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b].tolist())):
            if answers[b, n] == gold[b] and path not in found:
                found.add(path)
                keep[b, n] = True
    return keep


def select_among_the_first(paths, answers, gold, k):
    """a selection among the first k draws only

    The limit is on what is taken: go through all N.
    """
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n, path in enumerate(map(tuple, paths[b, :k].tolist())):
            if answers[b, n] == gold[b] and path not in found:
                found.add(path)
                keep[b, n] = True
    return keep


def select_last(paths, answers, gold, k):
    """a selection that takes the last of each path, and the last k

    Go through the draws from the front: the first of each path stays.
    """
    keep = torch.zeros_like(answers, dtype=torch.bool)
    for b in range(len(gold)):
        found = set()
        for n in reversed(range(paths.shape[1])):
            path = tuple(paths[b, n].tolist())
            if answers[b, n] == gold[b] and path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep


def select_across_questions(paths, answers, gold, k):
    """a selection with one set of paths for all questions

    What another question has used does not matter: begin each question with an empty set.
    """
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


# ------------------------------------------------------------------ rouge-l


def rouge_reference(a, b):
    common = rouge.lcs(a, b)
    return 2 * common / (len(a) + len(b)) if common else 0.0


def rouge_recursive(a, b):
    import functools

    @functools.cache
    def common(i, j):
        if i == len(a) or j == len(b):
            return 0
        return 1 + common(i + 1, j + 1) if a[i] == b[j] else max(common(i + 1, j), common(i, j + 1))

    found = common(0, 0)
    if found == 0:
        return 0.0
    P, R = found / len(b), found / len(a)
    return 2 * P * R / (P + R)


def rouge_by_table(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            same = a[i - 1] == b[j - 1]
            table[i][j] = table[i - 1][j - 1] + 1 if same else max(table[i - 1][j], table[i][j - 1])
    return 2 * table[-1][-1] / max(1, len(a) + len(b))


def rouge_substring(a, b):
    """the longest common run of words, without gaps

    A subsequence may leave words out: where the words differ, take the larger of the two neighbours, and not 0.
    """
    best, row = 0, [0] * (len(b) + 1)
    for x in a:
        row = [0] + [row[j] + 1 if x == y else 0 for j, y in enumerate(b)]
        best = max(best, *row)
    return 2 * best / (len(a) + len(b)) if best else 0.0


def rouge_bag(a, b):
    """ROUGE-1: common words in any order

    In ROUGE-L the order counts: find the longest common *subsequence*.
    """
    common = sum(min(a.count(w), b.count(w)) for w in set(a))
    return 2 * common / (len(a) + len(b)) if common else 0.0


def rouge_sets(a, b):
    """the overlap of two sets of words

    Neither order nor repetitions count there; in ROUGE-L both do.
    """
    common = len(set(a) & set(b))
    return 2 * common / (len(set(a)) + len(set(b))) if common else 0.0


def rouge_recall(a, b):
    """the recall: lcs / len(a)

    F is the harmonic mean of precision and recall: 2 lcs / (len(a) + len(b)).
    """
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return row[-1] / len(a) if a else 0.0


def rouge_precision(a, b):
    """the precision: lcs / len(b)

    F is the harmonic mean of precision and recall: 2 lcs / (len(a) + len(b)).
    """
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return row[-1] / len(b) if b else 0.0


def rouge_arithmetic_mean(a, b):
    """the arithmetic mean of precision and recall

    The harmonic mean, 2 P R / (P + R), is nearer to the smaller of the two.
    """
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return (row[-1] / len(a) + row[-1] / len(b)) / 2 if a and b else 0.0


def rouge_half(a, b):
    """half of F

    2 P R / (P + R): two equal texts have an F of 1.
    """
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return row[-1] / (len(a) + len(b)) if a or b else 0.0


def rouge_greedy(a, b):
    """a greedy subsequence: each word of a takes its next place in b

    Taking a word early may cost two others later. Compare both ways with a table: take the word, or leave it.
    """
    at, common = 0, 0
    for x in a:
        if x in b[at:]:
            at = b.index(x, at) + 1
            common += 1
    return 2 * common / (len(a) + len(b)) if common else 0.0


def rouge_empty(a, b):
    """the right F, which divides by zero for texts without words

    Where nothing is common, F is 0: say so before you divide.
    """
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return 2 * row[-1] / (len(a) + len(b))


LAST = "the last axis of two is axis 1"

PRIVATE = {
    "bound-and-gap": Private(
        reference=bound_reference,
        variants=(bound_by_xlogy, bound_in_a_loop),
        misconceptions=(
            bound_without_entropy,
            bound_plus_divergence,
            bound_reversed_divergence,
            bound_expected_under_p,
            bound_of_reward,
            bound_log_outside,
            bound_gap_to_unnormalised,
            bound_gap_to_model,
            bound_gap_negative,
            bound_without_zeros,
        ),
        hidden={"many answers": _bound(4, 40), "most are excluded": _bound(3, 9, zeros=6)},
        equivalent={"-1 -> +1": LAST},
    ),
    "e-step": Private(
        reference=e_step_reference,
        variants=(e_step_by_softmax, e_step_in_a_loop),
        misconceptions=(
            e_step_not_normalised,
            e_step_one_normaliser,
            e_step_without_policy,
            e_step_without_f,
            e_step_f_of_product,
            e_step_exponential,
            e_step_log_policy,
            e_step_divides_by_rewards,
            e_step_best_only,
            e_step_nan,
        ),
        hidden={
            "many answers": _rewards(4, 30),
            "a threshold, many answers": _rewards(4, 30, threshold=True, hopeless=True),
        },
        equivalent={"-1 -> +1": LAST},
    ),
    "weighted-gradient": Private(
        reference=gradient_reference,
        variants=(gradient_by_autograd, gradient_by_one_hot),
        misconceptions=(
            gradient_without_reward,
            gradient_of_loss,
            gradient_without_softmax,
            gradient_summed,
            gradient_mean_over_draws,
            gradient_softmax_once,
            gradient_with_baseline,
            gradient_normalised,
            gradient_overwrites,
        ),
        hidden={"more draws than answers": _drawn(4, 5, 20), "one question": _drawn(1, 12, 7)},
        equivalent={"-1 -> +1": LAST},
    ),
    "generate-and-improve": Private(
        reference=loop_reference,
        variants=(loop_by_one_hot, loop_question_by_question),
        misconceptions=(
            loop_from_base,
            loop_improves_the_last,
            loop_without_filter,
            loop_accumulates,
            loop_counts_once,
            loop_exact_expectation,
            loop_measures_after,
            loop_forgets_base,
            loop_one_normaliser,
        ),
        hidden={"many rounds": _loop(5, 7, 6, 10), "many questions": _loop(20, 10, 3, 6, right=1)},
        equivalent={"-1 -> +1": LAST},
    ),
    "rationalisation": Private(
        reference=rationalisation_reference,
        variants=(rationalisation_in_a_loop, rationalisation_by_masking),
        misconceptions=(
            rationalisation_keeps_hint,
            rationalisation_without,
            rationalisation_unchecked,
            rationalisation_prefers_hint,
            rationalisation_takes_both,
            rationalisation_groups,
            rationalisation_learns_questions,
            rationalisation_answers_only,
            rationalisation_first_wrong,
        ),
        hidden={"thirty questions": _tries(30, 6, 8), "seven questions": _tries(7, 1, 1)},
    ),
    "distinct-paths": Private(
        reference=select_reference,
        variants=(select_by_comparing, select_with_a_dictionary),
        misconceptions=(
            select_with_repetitions,
            select_any_answer,
            select_wrong_uses_up,
            select_any_order,
            select_one_more,
            select_without_limit,
            select_among_the_first,
            select_last,
            select_across_questions,
        ),
        hidden={"many draws": _paths(3, 30, 4, k=4, kinds=5), "many questions": _paths(10, 10, 2, k=2)},
    ),
    "rouge-l": Private(
        reference=rouge_reference,
        variants=(rouge_recursive, rouge_by_table),
        misconceptions=(
            rouge_substring,
            rouge_bag,
            rouge_sets,
            rouge_recall,
            rouge_precision,
            rouge_arithmetic_mean,
            rouge_half,
            rouge_greedy,
            rouge_empty,
        ),
        hidden={"long texts": _texts((20, 25), (30, 28), words=6), "one word": _texts((1, 1), (1, 5), (4, 1))},
        equivalent={"1 -> 2": "one zero more in the first row, which nobody reads"},
    ),
}
