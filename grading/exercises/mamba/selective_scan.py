"""The private half of selective-scan."""

import torch
from llmcourse.checks.labs.mamba.selective_scan import discretised

from grading.exercises import misconception, reference, variant

CASES = {"a longer sequence": discretised(L=40, D=3, N=4), "one state": discretised(3, L=6, D=2, N=1)}


@reference
def scan(decay, write, C, h):
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * h + b
        y.append((h @ c[..., None])[..., 0])
    return torch.stack(y, -2), h


@variant
def from_all_states(decay, write, C, h):
    states = []
    for t in range(decay.shape[-3]):
        h = decay[..., t, :, :] * h + write[..., t, :, :]
        states.append(h)
    return torch.einsum("...ldn,...ln->...ld", torch.stack(states, -3), C), h


@variant
def by_doubling(decay, write, C, h):
    a, b, back = decay, write, 1
    while back < decay.shape[-3]:
        ones, zeros = torch.ones_like(a[..., :back, :, :]), torch.zeros_like(b[..., :back, :, :])
        before_a = torch.cat([ones, a[..., :-back, :, :]], -3)
        before_b = torch.cat([zeros, b[..., :-back, :, :]], -3)
        a, b, back = a * before_a, a * before_b + b, 2 * back
    states = a * h[..., None, :, :] + b
    return (states * C[..., None, :]).sum(-1), states[..., -1, :, :]


@misconception(
    says="the scan that reads before it writes",
    hint="A token sees itself: update the state first.",
)
def reads_before_writing(decay, write, C, h):
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        y.append((h @ c[..., None])[..., 0])
        h = a * h + b
    return torch.stack(y, -2), h


@misconception(
    says="the scan that starts from an empty state whatever it is given",
    hint="Start from the h in the arguments: a long text comes in pieces.",
)
def ignores_state(decay, write, C, h):
    h, y = torch.zeros_like(h), []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * h + b
        y.append((h @ c[..., None])[..., 0])
    return torch.stack(y, -2), h


@misconception(
    says="the scan without the decay",
    hint="The state fades first: a h + b.",
)
def never_forgets(decay, write, C, h):
    y = []
    for b, c in zip(write.unbind(-3), C.unbind(-2)):
        h = h + b
        y.append((h @ c[..., None])[..., 0])
    return torch.stack(y, -2), h


@misconception(
    says="the scan whose new write fades at once: a (h + b)",
    hint="Only the past fades: a h + b.",
)
def decays_the_write(decay, write, C, h):
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * (h + b)
        y.append((h @ c[..., None])[..., 0])
    return torch.stack(y, -2), h


@misconception(
    says="the scan that sums the state in place of reading it with C",
    hint="C says how much of every state the token wants: (h * c).sum(-1).",
)
def without_reading(decay, write, C, h):
    y = []
    for a, b in zip(decay.unbind(-3), write.unbind(-3)):
        h = a * h + b
        y.append(h.sum(-1))
    return torch.stack(y, -2), h


@misconception(
    says="the scan whose every token reads the final state",
    hint="Read inside the loop: later tokens are the future.",
)
def reads_the_end(decay, write, C, h):
    for a, b in zip(decay.unbind(-3), write.unbind(-3)):
        h = a * h + b
    return torch.einsum("...dn,...ln->...ld", h, C), h
