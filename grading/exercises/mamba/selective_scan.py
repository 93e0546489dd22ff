"""The private half of selective-scan."""

import torch
from llmcourse.checks.labs.mamba.selective_scan import discretised

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer sequence": discretised(L=40, D=3, N=4),
    "one state": discretised(3, L=6, D=2, N=1),
    "very strong decays": discretised(2, L=6, D=2, N=2, power=60),
}


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


@misconception(
    says="the scan of a gate: a h + (1 - a) b",
    hint="What is written comes as it is, with dt in it already: a h + b.",
)
def as_a_gate(decay, write, C, h):
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * h + (1 - a) * b
        y.append((h @ c[..., None])[..., 0])
    return torch.stack(y, -2), h


@misconception(
    says="the scan with the exponential of the decay",
    hint="The decay comes ready, between 0 and 1: a h + b.",
)
def exponential_again(decay, write, C, h):
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a.exp() * h + b
        y.append((h @ c[..., None])[..., 0])
    return torch.stack(y, -2), h


@misconception(
    says="the scan that reads what is written, and not the state",
    hint="Read the state after its update: `h` with the token's C.",
)
def reads_the_write(decay, write, C, h):
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * h + b
        y.append((b @ c[..., None])[..., 0])
    return torch.stack(y, -2), h


@misconception(
    says="the scan in which the state that is given does not fade at the first token",
    hint="Every token makes the state fade, the first too: begin the loop with it.",
)
def first_not_faded(decay, write, C, h):
    h, y = h + write[..., 0, :, :], []
    y.append((h @ C[..., 0, :, None])[..., 0])
    for a, b, c in zip(decay.unbind(-3)[1:], write.unbind(-3)[1:], C.unbind(-2)[1:]):
        h = a * h + b
        y.append((h @ c[..., None])[..., 0])
    return torch.stack(y, -2), h


@misconception(
    says="the scan from the last token to the first",
    hint="Time goes forwards: token 0 first.",
)
def backwards(decay, write, C, h):
    y = []
    for a, b, c in zip(*(z[::-1] for z in (decay.unbind(-3), write.unbind(-3), C.unbind(-2)))):
        h = a * h + b
        y.append((h @ c[..., None])[..., 0])
    return torch.stack(y[::-1], -2), h


@misconception(
    says=(
        "the scan by a cumulative product and a division by it: where decays are strong the product is zero, and "
        "the quotient not finite"
    ),
    hint="Do not divide by what is left of the past: go through time, or join stretches.",
)
def by_quotient(decay, write, C, h):
    left = decay.cumprod(-3)
    states = left * (h[..., None, :, :] + (write / left).cumsum(-3))
    return (states * C[..., None, :]).sum(-1), states[..., -1, :, :]


@misconception(
    says="the scan that makes the state fade after it has been read",
    hint="In this order: the state fades, the token writes, and reads.",
)
def fades_after(decay, write, C, h):
    y = []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = h + b
        y.append((h @ c[..., None])[..., 0])
        h = a * h
    return torch.stack(y, -2), h


@misconception(
    says="the scan whose every token is read with the last token's C",
    hint="Each token reads with a C of its own: go through `C.unbind(-2)` as well.",
)
def reads_with_the_last(decay, write, C, h):
    y = []
    for a, b in zip(decay.unbind(-3), write.unbind(-3)):
        h = a * h + b
        y.append((h * C[..., -1, None, :]).sum(-1))
    return torch.stack(y, -2), h
