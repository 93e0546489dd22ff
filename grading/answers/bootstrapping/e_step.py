"""Answers to e-step by people who have not seen its private half."""

import torch
import torch.nn.functional as F

from grading.answers import answer


@answer("e-step", "f forgotten: weights are r itself", "wrong", means="without_f")
def _(log_p, r, f):
    w = r * log_p.exp()
    Z = w.sum(-1, keepdim=True)
    return w / torch.where(Z > 0, Z, 1.0)


@answer("e-step", "log_p used as p", "wrong", means="log_policy")
def _(log_p, r, f):
    w = f(r) * log_p
    Z = w.sum(-1, keepdim=True)
    return w / torch.where(Z != 0, Z, 1.0)


@answer("e-step", "normaliser over the whole batch", "wrong", means="one_normaliser")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    return w / w.sum().clamp(min=1e-12)


@answer("e-step", "normalised over the questions", "wrong", means="over_questions")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    Z = w.sum(0, keepdim=True)
    return w / torch.where(Z > 0, Z, 1.0)


@answer("e-step", "nan where nothing has a weight", "wrong", means="nan_without_reward")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    return w / w.sum(-1, keepdim=True)


@answer("e-step", "keepdim forgotten", "wrong")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    Z = w.sum(-1)
    return w / torch.where(Z > 0, Z, 1.0)


@answer("e-step", "uniform where nothing has a weight", "wrong", means="uniform_without_reward")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    Z = w.sum(-1, keepdim=True)
    return torch.where(Z > 0, w / Z, torch.full_like(w, 1 / w.shape[-1]))


@answer("e-step", "falls back to p where nothing has a weight", "wrong", means="policy_without_reward")
def _(log_p, r, f):
    p = log_p.exp()
    w = f(r) * p
    Z = w.sum(-1, keepdim=True)
    return torch.where(Z > 0, w / Z, p)


@answer("e-step", "softmax of f(r) p instead of dividing by the sum", "wrong", means="softmax_of_weights")
def _(log_p, r, f):
    return (f(r) * log_p.exp()).softmax(-1)


@answer("e-step", "softmax of log p + f(r): the exponential tilt", "wrong", means="exponential")
def _(log_p, r, f):
    return (log_p + f(r)).softmax(-1)


@answer("e-step", "softmax of log_p + log f(r), nan in rows without weight", "wrong", means="nan_without_reward")
def _(log_p, r, f):
    return F.softmax(log_p + f(r).log(), -1)


@answer("e-step", "the model forgotten: f(r) normalised", "wrong", means="without_policy")
def _(log_p, r, f):
    w = f(r)
    Z = w.sum(-1, keepdim=True)
    return w / torch.where(Z > 0, Z, 1.0)


@answer("e-step", "f applied to r times p", "wrong", means="f_of_product")
def _(log_p, r, f):
    w = f(r * log_p.exp())
    Z = w.sum(-1, keepdim=True)
    return w / torch.where(Z > 0, Z, 1.0)


@answer("e-step", "normaliser is the sum of f(r)", "wrong", means="divides_by_rewards")
def _(log_p, r, f):
    w = f(r)
    Z = w.sum(-1, keepdim=True)
    return w * log_p.exp() / torch.where(Z > 0, Z, 1.0)


@answer("e-step", "normaliser forgotten", "wrong", means="not_normalised")
def _(log_p, r, f):
    return f(r) * log_p.exp()


@answer("e-step", "mean instead of sum as normaliser", "wrong", means="divides_by_mean")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    Z = w.mean(-1, keepdim=True)
    return w / torch.where(Z > 0, Z, 1.0)


@answer("e-step", "epsilon of 0.01 in the denominator", "wrong")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    return w / (w.sum(-1, keepdim=True) + 0.01)


@answer("e-step", "denominator clamped at 1", "wrong", means="clamped_at_one")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    return w / w.sum(-1, keepdim=True).clamp(min=1.0)


@answer("e-step", "adds an epsilon to the weights: zeros become positive", "wrong")
def _(log_p, r, f):
    w = f(r) * log_p.exp() + 1e-3
    return w / w.sum(-1, keepdim=True)


@answer("e-step", "log of q returned", "wrong", means="logarithms")
def _(log_p, r, f):
    w = log_p + f(r).log()
    return w - torch.logsumexp(w, -1, keepdim=True)


@answer("e-step", "f normalised before, then reweighted without a second normaliser", "wrong")
def _(log_p, r, f):
    p = log_p.softmax(-1)
    share = f(r / r.sum(-1, keepdim=True).clamp(min=1e-9))
    return share * p


@answer("e-step", "argmax: all mass on the best answer", "wrong", means="best_only")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    return F.one_hot(w.argmax(-1), w.shape[-1]).to(w.dtype) * (w.sum(-1, keepdim=True) > 0)


@answer("e-step", "threshold hard-coded at 0.5, f not called", "wrong")
def _(log_p, r, f):
    w = (r > 0.5).to(log_p.dtype) * log_p.exp()
    Z = w.sum(-1, keepdim=True)
    return w / torch.where(Z > 0, Z, 1.0)


@answer("e-step", "divides in place by Z read row by row, first row's Z for all", "wrong", means="first_normaliser")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    Z = w[0].sum()
    return w / (Z if Z > 0 else 1.0)


@answer("e-step", "the check for empty rows is for the whole batch", "wrong", means="nan_without_reward")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    if (w == 0).all():
        return torch.zeros_like(w)
    return w / w.sum(-1, keepdim=True)


@answer("e-step", "rows without weight are dropped", "wrong")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    kept = w.sum(-1) > 0
    return w[kept] / w[kept].sum(-1, keepdim=True)


@answer("e-step", "divides by p instead of multiplying (importance weight)", "wrong", means="divides_by_policy")
def _(log_p, r, f):
    w = f(r) / log_p.exp()
    Z = w.sum(-1, keepdim=True)
    return w / torch.where(Z > 0, Z, 1.0)


@answer("e-step", "log space, then exp and nan_to_num", "right")
def _(log_p, r, f):
    return F.softmax(log_p + f(r).log(), -1).nan_to_num(nan=0.0)


@answer("e-step", "loop over questions", "right")
def _(log_p, r, f):
    weights = f(r)
    q = torch.zeros_like(log_p)
    for i in range(len(r)):
        w = weights[i] * log_p[i].exp()
        if w.sum() > 0:
            q[i] = w / w.sum()
    return q


@answer("e-step", "F.normalize with p=1", "right")
def _(log_p, r, f):
    return F.normalize(f(r) * log_p.exp(), p=1, dim=-1)


@answer("e-step", "float64 inside and cast back", "right")
def _(log_p, r, f):
    w = f(r).double() * log_p.double().exp()
    Z = torch.einsum("by->b", w)
    Z[Z == 0] = 1
    return torch.einsum("by,b->by", w, 1 / Z).to(log_p.dtype)


@answer("e-step", "nan_to_num on the quotient", "right")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    return torch.nan_to_num(w / w.sum(dim=1, keepdim=True), nan=0.0)


@answer("e-step", "p normalised first by softmax, which changes nothing", "right")
def _(log_p, r, f):
    w = f(r) * log_p.softmax(-1)
    Z = w.sum(-1, keepdim=True)
    return w.div(Z.masked_fill(Z == 0, 1.0))


@answer("e-step", "numpy inside", "right")
def _(log_p, r, f):
    import numpy as np

    w = f(r).detach().numpy() * np.exp(log_p.detach().numpy())
    Z = w.sum(1, keepdims=True)
    return torch.from_numpy(np.divide(w, Z, out=np.zeros_like(w), where=Z > 0))


@answer("e-step", "the weights are normalised first, the product with p not", "wrong", means="divides_by_rewards")
def _(log_p, r, f):
    w = f(r).to(log_p.dtype)
    s = w.sum(-1, keepdim=True)
    w = w / torch.where(s > 0, s, torch.ones_like(s))
    return w * log_p.exp()


@answer("e-step", "softmax of log p + f(r)", "wrong", means="exponential")
def _(log_p, r, f):
    return torch.softmax(log_p + f(r), dim=-1)


@answer("e-step", "one normaliser for the whole batch", "wrong", means="one_normaliser")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    return w / w.sum() if w.sum() > 0 else torch.zeros_like(log_p)


@answer("e-step", "where nothing has a weight, falls back to the model p", "wrong", means="policy_without_reward")
def _(log_p, r, f):
    p = log_p.exp()
    w = f(r) * p
    Z = w.sum(-1, keepdim=True)
    return torch.where(Z > 0, w / Z, p)


@answer("e-step", "Z + 1e-3 against division by zero", "wrong", means="epsilon_3")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    return w / (w.sum(-1, keepdim=True) + 1e-3)


@answer("e-step", "f applied to the product r p", "wrong", means="f_of_product")
def _(log_p, r, f):
    w = f(r * log_p.exp()).to(log_p.dtype)
    Z = w.sum(-1, keepdim=True)
    return torch.where(Z > 0, w / Z.clamp(min=1e-30), torch.zeros_like(w))


@answer("e-step", "if any question has no weight, all of q is zero", "wrong", means="one_makes_all_zero")
def _(log_p, r, f):
    w = f(r) * log_p.exp()
    Z = w.sum(-1, keepdim=True)
    if (Z == 0).any():
        return torch.zeros_like(log_p)
    return w / Z


@answer("e-step", "f used only as a filter f(r) > 0, its size ignored", "wrong", means="filter_alone")
def _(log_p, r, f):
    w = (f(r) > 0).to(log_p.dtype) * log_p.exp()
    Z = w.sum(-1, keepdim=True)
    return w / torch.where(Z > 0, Z, torch.ones_like(Z))


@answer("e-step", "log p used without exp", "wrong", means="log_policy")
def _(log_p, r, f):
    w = f(r) * log_p
    Z = w.sum(-1, keepdim=True)
    return torch.where(Z != 0, w / Z, torch.zeros_like(w))


@answer("e-step", "in logs: softmax of log p + log f(r), nan to zero", "right")
def _(log_p, r, f):
    return torch.softmax(log_p + f(r).to(log_p.dtype).log(), dim=-1).nan_to_num(0.0)


@answer("e-step", "loop over questions, plain floats", "right")
def _(log_p, r, f):
    w = f(r)
    q = torch.zeros_like(log_p)
    for b in range(log_p.shape[0]):
        terms = [w[b, k].item() * log_p[b, k].exp().item() for k in range(log_p.shape[1])]
        total = sum(terms)
        if total > 0:
            q[b] = torch.tensor([t / total for t in terms], dtype=log_p.dtype)
    return q


@answer("e-step", "F.normalize with p = 1, double", "right")
def _(log_p, r, f):
    w = f(r).double() * log_p.double().exp()
    return F.normalize(w, p=1.0, dim=-1, eps=1e-300).to(log_p.dtype)
