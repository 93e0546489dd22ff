"""The private half of linear-brackets."""

import torch
from llmcourse.checks.labs.linear_attention.cases import attention
from llmcourse.recurrence import linear

from grading.exercises import misconception, reference, stages, variant

CASES = {
    "a single token": attention(L=1, d_k=3, d_v=2),
    "one value channel": attention(L=7, d_k=2, d_v=1),
    "a longer sequence": attention(3, L=200, d_k=5, d_v=4),
    "a longer sequence, one head": attention(L=333, d_k=8, d_v=7),
}


@reference
def linear_attention(phi_q, phi_k, v):
    return linear.brackets(phi_q, phi_k, v)[0]


@variant
def by_einsum(phi_q, phi_k, v):
    S = torch.einsum("...ld,...le->...de", phi_k, v)
    z = torch.einsum("...ld,...de->...le", phi_q, S)
    return z / torch.einsum("...ld,...d->...l", phi_q, phi_k.sum(-2)).unsqueeze(-1)


@variant
def with_a_row_of_ones(phi_q, phi_k, v):
    ones = torch.ones_like(v[..., :1])
    both = phi_q @ (phi_k.transpose(-1, -2) @ torch.cat([v, ones], dim=-1))
    return both[..., :-1] / (both[..., -1:] + 1e-6)


@stages
def on_the_way(phi_q, phi_k, v):
    S = phi_k.mT @ v
    u = phi_k.sum(-2)
    return {
        "S, the sum of keys times values": S,
        "u, the sum of the keys": u,
        "the numerator, S read by the queries": phi_q @ S,
        "the normaliser, u read by the queries": (phi_q @ u[..., None])[..., 0],
    }


@misconception(
    says="the right answer computed from all pairs: its values are right, and it makes an L × L matrix on the way",
    hint="Move the brackets: `phi_k.mT @ v` first. Then nothing is larger than L × d.",
)
def all_pairs(phi_q, phi_k, v):
    scores = phi_q @ phi_k.mT
    return scores @ v / scores.sum(-1, keepdim=True)


@misconception(
    says="the answer without the normaliser",
    hint="Divide every row by `phi_q @ u`, where u is the sum of `phi_k` over the positions.",
)
def without_normaliser(phi_q, phi_k, v):
    return phi_q @ (phi_k.mT @ v)


@misconception(
    says="the answer divided by the length L in place of the normaliser",
    hint="The weights of one query have to sum to one: the divisor is `phi_q @ u`, which differs from query to query.",
)
def divided_by_length(phi_q, phi_k, v):
    return phi_q @ (phi_k.mT @ v) / phi_k.shape[-2]


@misconception(
    says="the answer divided by the sum of the query's own features",
    hint="The normaliser sums over the positions of the keys, `phi_k.sum(-2)`, and is then read by the query.",
)
def sum_of_query(phi_q, phi_k, v):
    return phi_q @ (phi_k.mT @ v) / phi_q.sum(-1, keepdim=True)


@misconception(
    says="the answer with the keys summed over channels and positions, without the query",
    hint="u is a vector of d_k numbers, `phi_k.sum(-2)`; each query weighs them: `phi_q @ u`.",
)
def sum_of_channels(phi_q, phi_k, v):
    return phi_q @ (phi_k.mT @ v) / phi_k.sum((-2, -1))[..., None, None]


@misconception(
    says="softmax attention over the mapped queries and keys",
    hint="There is no exponential any more: the weight of a pair is `phi_q · phi_k` itself.",
)
def softmax(phi_q, phi_k, v):
    return torch.softmax(phi_q @ phi_k.mT, dim=-1) @ v


@misconception(
    says="the causal answer: every query sees only the past",
    hint="Here each query sees all keys. The causal form is the next exercise.",
)
def causal(phi_q, phi_k, v):
    scores = (phi_q @ phi_k.mT).tril()
    return scores @ v / scores.sum(-1, keepdim=True)


@misconception(
    says="the answer with both maps normalised by a softmax first",
    hint="`phi_q` and `phi_k` come mapped already: use them as they are.",
)
def softmaxed_features(phi_q, phi_k, v):
    return torch.softmax(phi_q, -1) @ (torch.softmax(phi_k, -2).mT @ v)


@misconception(
    says="the right answer from a loop over the queries: its values are right, and each query still looks at every key",
    hint="Sum over the keys once, before any query: `phi_k.mT @ v`.",
)
def query_by_query(phi_q, phi_k, v):
    z = []
    for q in phi_q.unbind(-2):
        weight = (phi_k * q[..., None, :]).sum(-1, keepdim=True)
        z.append((weight * v).sum(-2) / weight.sum(-2))
    return torch.stack(z, dim=-2)


@misconception(
    says="the answer divided by the sum of each key's own features",
    hint="u sums over the positions, `phi_k.sum(-2)`, and is then read by the query.",
)
def sum_of_own_key(phi_q, phi_k, v):
    return phi_q @ (phi_k.mT @ v) / phi_k.sum(-1, keepdim=True)


@misconception(
    says="the right values, but no gradient flows through the normaliser",
    hint="Leave out `.detach()`: the normaliser depends on queries and keys, too.",
)
def normaliser_detached(phi_q, phi_k, v):
    return phi_q @ (phi_k.mT @ v) / (phi_q @ phi_k.sum(-2)[..., None]).detach()


@misconception(
    says="the answer divided by the weight of the query's own key alone",
    hint="The weights of all keys are summed: the divisor is `phi_q @ u`, where u is the sum of `phi_k`.",
)
def own_weight(phi_q, phi_k, v):
    return phi_q @ (phi_k.mT @ v) / (phi_q * phi_k).sum(-1, keepdim=True)


@misconception(
    says="the answer with queries divided by their sum over channels, and keys by their sum over positions",
    hint="What has to sum to one are the weights of a query, `phi_q · phi_k` over the keys: divide by `phi_q @ u`.",
)
def both_divided_first(phi_q, phi_k, v):
    return phi_q / phi_q.sum(-1, keepdim=True) @ ((phi_k / phi_k.sum(-2, keepdim=True)).mT @ v)


@misconception(
    says="the answer with the feature map applied once more",
    hint="`phi_q` and `phi_k` come mapped already: use them as they are.",
)
def mapped_again(phi_q, phi_k, v):
    phi_q, phi_k = torch.nn.functional.elu(phi_q) + 1, torch.nn.functional.elu(phi_k) + 1
    return phi_q @ (phi_k.mT @ v) / (phi_q @ phi_k.sum(-2)[..., None])
