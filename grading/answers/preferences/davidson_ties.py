"""Answers to davidson-ties by people who have not seen its private half."""

import torch

from grading.answers import answer

RULE = "nu is at least 0, and a gradient flows to nu: at nu = 0 as well"


def grid(r):
    g = r.exp()
    n = len(r)
    return g[:, None].expand(n, n), g[None, :].expand(n, n)


def shares(win, tie, loss):
    return torch.stack([win, tie, loss], -1) / (win + tie + loss)[..., None]


@answer("davidson-ties", "square root forgotten in the tie", "wrong", means="without_root")
def _(r, nu):
    a, b = grid(r)
    return shares(a, nu * a * b, b)


@answer("davidson-ties", "nu forgotten", "wrong", means="without_nu")
def _(r, nu):
    a, b = grid(r)
    return shares(a, torch.sqrt(a * b), b)


@answer("davidson-ties", "nu inside the root", "wrong", means="nu_under_the_root")
def _(r, nu):
    a, b = grid(r)
    return shares(a, torch.sqrt(nu * a * b), b)


@answer("davidson-ties", "tie missing in D", "wrong", means="no_tie_in_the_sum")
def _(r, nu):
    a, b = grid(r)
    return torch.stack([a, nu * (a * b).sqrt(), b], -1) / (a + b)[..., None]


@answer("davidson-ties", "nu missing in D only", "wrong", means="nu_outside")
def _(r, nu):
    a, b = grid(r)
    root = (a * b).sqrt()
    return torch.stack([a, nu * root, b], -1) / (a + b + root)[..., None]


@answer("davidson-ties", "win and loss exchanged", "wrong", means="loss_first")
def _(r, nu):
    a, b = grid(r)
    return shares(b, nu * (a * b).sqrt(), a)


@answer("davidson-ties", "order win, loss, tie", "wrong", means="tie_last")
def _(r, nu):
    a, b = grid(r)
    tie = nu * (a * b).sqrt()
    return torch.stack([a, b, tie], -1) / (a + b + tie)[..., None]


@answer("davidson-ties", "stacked along the first axis", "wrong")
def _(r, nu):
    a, b = grid(r)
    tie = nu * (a * b).sqrt()
    return torch.stack([a, tie, b]) / (a + b + tie)


@answer("davidson-ties", "r taken for gamma", "wrong", means="log_ratings")
def _(r, nu):
    n = len(r)
    a, b = r[:, None].expand(n, n), r[None, :].expand(n, n)
    return shares(a, nu * (a * b).sqrt(), b)


@answer("davidson-ties", "r for gamma, abs in the root against nan", "wrong", means="absolute_log_ratings")
def _(r, nu):
    n = len(r)
    a, b = r[:, None].expand(n, n), r[None, :].expand(n, n)
    return shares(a, nu * (a * b).abs().sqrt(), b)


@answer("davidson-ties", "root of the sum, not of the product", "wrong", means="root_of_the_sum")
def _(r, nu):
    a, b = grid(r)
    return shares(a, nu * (a + b).sqrt(), b)


@answer("davidson-ties", "tie by exp of the difference", "wrong", means="root_of_the_ratio")
def _(r, nu):
    a, b = grid(r)
    return shares(a, nu * torch.exp((r[:, None] - r[None, :]) / 2), b)


@answer("davidson-ties", "arithmetic mean in the tie", "wrong", means="arithmetic_mean")
def _(r, nu):
    a, b = grid(r)
    return shares(a, nu * (a + b) / 2, b)


@answer("davidson-ties", "Rao and Kupper's model: theta = 1 + nu", "wrong", means="rao_kupper")
def _(r, nu):
    a, b = grid(r)
    theta = 1 + nu
    win, loss = a / (a + theta * b), b / (b + theta * a)
    return torch.stack([win, 1 - win - loss, loss], -1)


@answer("davidson-ties", "win and loss from Bradley-Terry, tie over D", "wrong", means="beside_bradley_terry")
def _(r, nu):
    a, b = grid(r)
    tie = nu * (a * b).sqrt() / (a + b + nu * (a * b).sqrt())
    win = torch.sigmoid(r[:, None] - r[None, :])
    return torch.stack([win, tie, 1 - win], -1)


@answer("davidson-ties", "loss as 1 - win", "wrong", means="loss_is_the_rest")
def _(r, nu):
    a, b = grid(r)
    D = a + b + nu * (a * b).sqrt()
    return torch.stack([a / D, nu * (a * b).sqrt() / D, 1 - a / D], -1)


@answer("davidson-ties", "softmax over the weights, not the logs", "wrong", means="softmax_of_weights")
def _(r, nu):
    a, b = grid(r)
    return torch.softmax(torch.stack([a, nu * (a * b).sqrt(), b], -1), -1)


@answer("davidson-ties", "softmax over the wrong axis", "wrong", means="across_opponents")
def _(r, nu):
    a, b = grid(r)
    weights = torch.stack([a, nu * (a * b).sqrt(), b], -1)
    return weights / weights.sum(1, keepdim=True)


@answer("davidson-ties", "weights, not divided", "wrong", means="not_divided")
def _(r, nu):
    a, b = grid(r)
    return torch.stack([a, nu * (a * b).sqrt(), b], -1)


@answer("davidson-ties", "log-probabilities", "wrong")
def _(r, nu):
    a, b = grid(r)
    return shares(a, nu * (a * b).sqrt(), b).log()


@answer("davidson-ties", "tuple of three matrices", "wrong")
def _(r, nu):
    a, b = grid(r)
    tie = nu * (a * b).sqrt()
    D = a + b + tie
    return a / D, tie / D, b / D


@answer("davidson-ties", "diagonal set to zero", "wrong")
def _(r, nu):
    a, b = grid(r)
    p = shares(a, nu * (a * b).sqrt(), b)
    return p * (1 - torch.eye(len(r), dtype=r.dtype))[..., None]


@answer("davidson-ties", "diagonal: certainly a tie with oneself", "wrong")
def _(r, nu):
    a, b = grid(r)
    p = shares(a, nu * (a * b).sqrt(), b)
    i = torch.arange(len(r))
    p[i, i] = torch.tensor([0.0, 1.0, 0.0], dtype=r.dtype)
    return p


@answer("davidson-ties", "tie is only gamma_i under the root", "wrong", means="own_rating")
def _(r, nu):
    a, b = grid(r)
    return shares(a, nu * a.sqrt() * a.sqrt(), b)


@answer("davidson-ties", "D summed over all opponents of i too", "wrong")
def _(r, nu):
    a, b = grid(r)
    weights = torch.stack([a, nu * (a * b).sqrt(), b], -1)
    return weights / weights.sum(dim=(1, 2), keepdim=True)


@answer("davidson-ties", "nu multiplied without log in the softmax", "wrong", means="nu_as_an_exponent")
def _(r, nu):
    n = len(r)
    i, j = r[:, None].expand(n, n), r[None, :].expand(n, n)
    return torch.softmax(torch.stack([i, nu * (i + j) / 2, j], -1), -1)


@answer("davidson-ties", "nu by item(): no gradient to nu", "wrong")
def _(r, nu):
    a, b = grid(r)
    return shares(a, nu.item() * (a * b).sqrt(), b)


@answer("davidson-ties", "only pairs i < j filled", "wrong", means="half_of_the_pairs")
def _(r, nu):
    g = r.exp()
    n = len(r)
    p = torch.zeros(n, n, 3, dtype=r.dtype)
    for i in range(n):
        for j in range(i + 1, n):
            tie = nu * (g[i] * g[j]).sqrt()
            D = g[i] + g[j] + tie
            p[i, j] = torch.stack([g[i] / D, tie / D, g[j] / D])
    return p


@answer("davidson-ties", "10 ** r, as on Elo's scale", "wrong", means="base_ten")
def _(r, nu):
    a, b = grid(r * 2.302585)
    return shares(a, nu * (a * b).sqrt(), b)


@answer("davidson-ties", "sigmoid of the difference minus half of the tie", "wrong", means="half_a_tie_each")
def _(r, nu):
    a, b = grid(r)
    tie = nu * (a * b).sqrt() / (a + b + nu * (a * b).sqrt())
    win = torch.sigmoid(r[:, None] - r[None, :])
    return torch.stack([win - tie / 2, tie, 1 - win - tie / 2], -1)


@answer("davidson-ties", "softmax of the logarithms", "right", rule=RULE)
def _(r, nu):
    n = len(r)
    i, j = r[:, None].expand(n, n), r[None, :].expand(n, n)
    return torch.softmax(torch.stack([i, torch.log(nu) + (i + j) / 2, j], -1), -1)


@answer("davidson-ties", "by the difference alone", "right")
def _(r, nu):
    half = (r[:, None] - r[None, :]) / 2
    win, loss = torch.exp(half), torch.exp(-half)
    total = win + loss + nu
    return torch.stack([win / total, nu / total, loss / total], dim=2)


@answer("davidson-ties", "loops over pairs", "right")
def _(r, nu):
    rows = []
    for i in range(len(r)):
        row = []
        for j in range(len(r)):
            a, b = torch.exp(r[i]), torch.exp(r[j])
            tie = nu * torch.sqrt(a * b)
            row.append(torch.stack([a, tie, b]) / (a + tie + b))
        rows.append(torch.stack(row))
    return torch.stack(rows)


@answer("davidson-ties", "transposed win as loss", "right")
def _(r, nu):
    g = torch.exp(r.double())
    root = torch.outer(g.sqrt(), g.sqrt())
    D = g[:, None] + g + nu.double() * root
    win = g[:, None] / D
    return torch.stack([win, 1 - win - win.T, win.T], -1).to(r.dtype)


@answer("davidson-ties", "filled into zeros", "right")
def _(r, nu):
    g = r.exp()
    n = len(r)
    p = torch.zeros(n, n, 3, dtype=r.dtype)
    p[..., 0] = g.view(n, 1)
    p[..., 1] = nu * torch.einsum("i,j->ij", g, g) ** 0.5
    p[..., 2] = g
    return p / p.sum(2, keepdim=True)


@answer("davidson-ties", "L1 normalize of broadcast tensors", "right", rule=RULE)
def _(r, nu):
    g = (r - r.max()).exp()
    win, loss = torch.broadcast_tensors(g[:, None], g[None, :])
    tie = nu * win.sqrt() * loss.sqrt()
    return torch.nn.functional.normalize(torch.stack((win, tie, loss), -1), p=1, dim=-1)


@answer("davidson-ties", "sigmoid form of a win", "right")
def _(r, nu):
    d = r[:, None] - r[None, :]
    win = 1 / (1 + torch.exp(-d) + nu * torch.exp(-d / 2))
    loss = 1 / (1 + torch.exp(d) + nu * torch.exp(d / 2))
    tie = nu / (nu + torch.exp(d / 2) + torch.exp(-d / 2))
    return torch.stack([win, tie, loss], -1)


@answer("davidson-ties", "order along the last axis: win, loss, tie", "wrong", means="tie_last")
def _(r, nu):
    g = r.exp()
    gi, gj = g[:, None].expand(len(r), len(r)), g[None, :].expand(len(r), len(r))
    t = nu * (gi * gj).sqrt()
    D = gi + gj + t
    return torch.stack([gi / D, gj / D, t / D], -1)


@answer("davidson-ties", "Rao and Kupper's model", "wrong", means="rao_kupper")
def _(r, nu):
    g = r.exp()
    th = 1 + nu
    win = g[:, None] / (g[:, None] + th * g[None, :])
    loss = g[None, :] / (g[None, :] + th * g[:, None])
    return torch.stack([win, 1 - win - loss, loss], -1)


@answer("davidson-ties", "nu missing in the denominator only", "wrong", means="nu_outside")
def _(r, nu):
    g = r.exp()
    n = len(g)
    gi = g[:, None].expand(n, n)
    gj = g[None, :].expand(n, n)
    root = torch.sqrt(gi * gj)
    D = gi + gj + root
    return torch.stack([gi / D, nu * root / D, gj / D], dim=-1)


@answer(
    "davidson-ties",
    "softmax over logits with nu.log(): at nu = 0 the gradient is nan",
    "wrong",
    means="logarithm_of_nu",
)
def _(r, nu):
    n = len(r)
    ri = r[:, None].expand(n, n)
    rj = r[None, :].expand(n, n)
    return torch.stack([ri, nu.log() + (ri + rj) / 2, rj], -1).softmax(-1)


@answer("davidson-ties", "stacks the three along the first axis (3, n, n)", "wrong")
def _(r, nu):
    g = torch.exp(r)
    n = len(r)
    gi, gj = g.view(n, 1).expand(n, n), g.view(1, n).expand(n, n)
    t = nu * torch.sqrt(gi * gj)
    p = torch.stack([gi, t, gj])
    return p / p.sum(0)


@answer("davidson-ties", "the root is of the sum: sqrt(gamma_i + gamma_j)", "wrong", means="root_of_the_sum")
def _(r, nu):
    g = r.exp()
    n = len(r)
    gi, gj = g[:, None].expand(n, n), g[None].expand(n, n)
    w = torch.stack([gi, nu * (gi + gj).sqrt(), gj], -1)
    return w / w.sum(-1, keepdim=True)


@answer("davidson-ties", "the diagonal is set to zero, as no game against oneself", "wrong", means="diagonal_emptied")
def _(r, nu):
    g = r.exp()
    n = len(r)
    gi, gj = g[:, None].expand(n, n), g[None].expand(n, n)
    w = torch.stack([gi, nu * (gi * gj).sqrt(), gj], -1)
    p = w / w.sum(-1, keepdim=True)
    return p * (1 - torch.eye(n, dtype=r.dtype))[..., None]


@answer("davidson-ties", "float(nu): no gradient to nu", "wrong")
def _(r, nu):
    nu = float(nu)
    g = r.exp()
    D = g[:, None] + g[None] + nu * torch.sqrt(g[:, None] * g[None])
    return torch.stack([g[:, None] / D, nu * torch.sqrt(g[:, None] * g[None]) / D, g[None] / D], -1)


@answer("davidson-ties", "the geometric mean written exp(r_i + r_j), without the half", "wrong", means="without_root")
def _(r, nu):
    n = len(r)
    win = r.exp()[:, None].expand(n, n)
    loss = r.exp()[None, :].expand(n, n)
    tie = nu * torch.exp(r[:, None] + r[None, :])
    w = torch.stack([win, tie, loss], -1)
    return w / w.sum(-1, keepdim=True)


@answer("davidson-ties", "divided by the root: e^(d/2), nu, e^(-d/2)", "right")
def _(r, nu):
    d = (r[:, None] - r[None, :]) / 2
    a, b = torch.exp(d), torch.exp(-d)
    D = a + b + nu
    return torch.stack([a / D, nu / D, b / D], dim=-1)


@answer("davidson-ties", "nested loops and stack", "right")
def _(r, nu):
    rows = []
    for i in range(len(r)):
        row = []
        for j in range(len(r)):
            gi, gj = r[i].exp(), r[j].exp()
            t = nu * torch.exp(0.5 * (r[i] + r[j]))
            row.append(torch.stack([gi, t, gj]) / (gi + t + gj))
        rows.append(torch.stack(row))
    return torch.stack(rows)


@answer("davidson-ties", "outer products, numerically shifted by the maximum, tie as what is left", "right")
def _(r, nu):
    g = torch.exp((r - r.max().detach()).double())
    s = g.sqrt()
    t = nu * torch.outer(s, s)
    D = g[:, None] + g[None, :] + t
    win = g[:, None] / D
    loss = win.mT
    return torch.stack([win, t / D, loss], -1).to(r.dtype)
