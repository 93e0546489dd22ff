"""The private half of chunked-scan."""

import torch
from llmcourse.checks.labs.mamba.cases import selective
from llmcourse.mamba import scan

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer sequence": selective(2, L=80, D=3, N=4, chunk=16),
    "chunks of one token": selective(L=50, D=2, N=3, chunk=1),
    "exactly one chunk": selective(L=5, D=2, N=2, chunk=5),
    "a single token": selective(2, L=1, D=2, N=2, chunk=3),
    "many small pieces": selective(L=60, D=3, N=3, chunk=2),
    "one channel": selective(L=61, D=1, N=2, chunk=7),
    "long steps": selective(L=64, D=2, N=2, dt=5.0, chunk=10),
    "short steps": selective(2, L=50, D=2, N=2, dt=-5.0, chunk=9),
}


@reference
def chunked_scan(x, dt, A, B, C, h, chunk):
    found = []
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        y, h = scan.sequential(x_p, dt_p, A, B_p, C_p, None, h)
        found.append(y)
    return torch.cat(found, -2), h


@variant
def token_by_token(x, dt, A, B, C, h, chunk):
    y = []
    for x_t, dt_t, b, c in zip(x.unbind(-2), dt.unbind(-2), B.unbind(-2), C.unbind(-2)):
        h = (dt_t[..., None] * A).exp() * h + (dt_t * x_t)[..., None] * b[..., None, :]
        y.append((h * c[..., None, :]).sum(-1))
    return torch.stack(y, -2), h


@variant
def by_slicing(x, dt, A, B, C, h, chunk):
    found, L = [], x.shape[-2]
    for start in range(0, L, chunk):
        end = min(start + chunk, L)
        states = []
        for t in range(start, end):
            step = dt[..., t, :].unsqueeze(-1)
            h = torch.exp(step * A) * h + step * x[..., t, :].unsqueeze(-1) * B[..., t, :].unsqueeze(-2)
            states.append(h)
        found.append((torch.stack(states, -3) @ C[..., start:end, :, None])[..., 0])
    return torch.cat(found, -2), h


@misconception(
    says="the right answer, with all L D N states in memory at once: its values are right, its memory is not small",
    hint="Discretise inside the loop over the pieces, not before it.",
)
def all_states(x, dt, A, B, C, h, chunk):
    decay, write, y = (dt[..., None] * A).exp(), (dt * x)[..., None] * B[..., None, :], []
    for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C.unbind(-2)):
        h = a * h + b
        y.append((h * c[..., None, :]).sum(-1))
    return torch.stack(y, -2), h


@misconception(
    says="the pieces without the state between them: each starts from the same h",
    hint="The state that one piece returns is where the next one starts.",
)
def without_carry(x, dt, A, B, C, h, chunk):
    found, start = [], h
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        h, y = start, []
        for x_t, dt_t, b, c in zip(x_p.unbind(-2), dt_p.unbind(-2), B_p.unbind(-2), C_p.unbind(-2)):
            h = (dt_t[..., None] * A).exp() * h + (dt_t * x_t)[..., None] * b[..., None, :]
            y.append((h * c[..., None, :]).sum(-1))
        found.append(torch.stack(y, -2))
    return torch.cat(found, -2), h


@misconception(
    says="the pieces, each from an empty state",
    hint="The first starts from the h in the arguments, every other one from where the piece before it ended.",
)
def from_zero(x, dt, A, B, C, h, chunk):
    found = []
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        h, y = torch.zeros_like(h), []
        for x_t, dt_t, b, c in zip(x_p.unbind(-2), dt_p.unbind(-2), B_p.unbind(-2), C_p.unbind(-2)):
            h = (dt_t[..., None] * A).exp() * h + (dt_t * x_t)[..., None] * b[..., None, :]
            y.append((h * c[..., None, :]).sum(-1))
        found.append(torch.stack(y, -2))
    return torch.cat(found, -2), h


@misconception(
    says="the scan that carries its state from piece to piece, but starts from an empty one",
    hint="The first piece starts from the h in the arguments.",
)
def ignore_state(x, dt, A, B, C, h, chunk):
    h, y = torch.zeros_like(h), []
    for x_t, dt_t, b, c in zip(x.unbind(-2), dt.unbind(-2), B.unbind(-2), C.unbind(-2)):
        h = (dt_t[..., None] * A).exp() * h + (dt_t * x_t)[..., None] * b[..., None, :]
        y.append((h * c[..., None, :]).sum(-1))
    return torch.stack(y, -2), h


@misconception(
    says="the right values, but the state is detached between the pieces: no gradient flows across them",
    hint="Leave out `.detach()`: what a piece has written is trained by what later pieces read.",
)
def detached(x, dt, A, B, C, h, chunk):
    found = []
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        h, y = h.detach(), []
        for x_t, dt_t, b, c in zip(x_p.unbind(-2), dt_p.unbind(-2), B_p.unbind(-2), C_p.unbind(-2)):
            h = (dt_t[..., None] * A).exp() * h + (dt_t * x_t)[..., None] * b[..., None, :]
            y.append((h * c[..., None, :]).sum(-1))
        found.append(torch.stack(y, -2))
    return torch.cat(found, -2), h


@misconception(
    says=(
        "the right answer in `chunk` pieces, in place of pieces of `chunk` tokens: its values are right, its "
        "pieces too long"
    ),
    hint="`torch.chunk` takes the number of pieces. `x.split(chunk, dim=-2)` takes the tokens of a piece.",
)
def number_of_pieces(x, dt, A, B, C, h, chunk):
    found = []
    for x_p, dt_p, B_p, C_p in zip(*(z.chunk(chunk, -2) for z in (x, dt, B, C))):
        decay, write, y = (dt_p[..., None] * A).exp(), (dt_p * x_p)[..., None] * B_p[..., None, :], []
        for a, b, c in zip(decay.unbind(-3), write.unbind(-3), C_p.unbind(-2)):
            h = a * h + b
            y.append((h * c[..., None, :]).sum(-1))
        found.append(torch.stack(y, -2))
    return torch.cat(found, -2), h


@misconception(
    says="the right values, but the state is detached at the end of each piece: nothing trains what it has gathered",
    hint="Leave out `.detach()`: what a piece has written is trained by what later pieces read.",
)
def detached_after(x, dt, A, B, C, h, chunk):
    found = []
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        y = []
        for x_t, dt_t, b, c in zip(x_p.unbind(-2), dt_p.unbind(-2), B_p.unbind(-2), C_p.unbind(-2)):
            h = (dt_t[..., None] * A).exp() * h + (dt_t * x_t)[..., None] * b[..., None, :]
            y.append((h * c[..., None, :]).sum(-1))
        found.append(torch.stack(y, -2))
        h = h.detach()
    return torch.cat(found, -2), h


@misconception(
    says="the scan with dt A for the decay, without its exponential",
    hint="The decay is exp(dt A), as `discretise` has it: between 0 and 1.",
)
def without_exponential(x, dt, A, B, C, h, chunk):
    found = []
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        y = []
        for x_t, dt_t, b, c in zip(x_p.unbind(-2), dt_p.unbind(-2), B_p.unbind(-2), C_p.unbind(-2)):
            h = (dt_t[..., None] * A) * h + (dt_t * x_t)[..., None] * b[..., None, :]
            y.append((h * c[..., None, :]).sum(-1))
        found.append(torch.stack(y, -2))
    return torch.cat(found, -2), h


@misconception(
    says="the scan with -exp(A) in place of A",
    hint="A is the rate itself here, negative as it comes; only the block stores a logarithm.",
)
def A_as_logarithm(x, dt, A, B, C, h, chunk):
    found = []
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        y = []
        for x_t, dt_t, b, c in zip(x_p.unbind(-2), dt_p.unbind(-2), B_p.unbind(-2), C_p.unbind(-2)):
            h = (dt_t[..., None] * -A.exp()).exp() * h + (dt_t * x_t)[..., None] * b[..., None, :]
            y.append((h * c[..., None, :]).sum(-1))
        found.append(torch.stack(y, -2))
    return torch.cat(found, -2), h


@misconception(
    says="the scan with decay and write exchanged",
    hint="`scan` takes the decay first: h becomes decay h + write.",
)
def decay_and_write_swapped(x, dt, A, B, C, h, chunk):
    found = []
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        y = []
        for x_t, dt_t, b, c in zip(x_p.unbind(-2), dt_p.unbind(-2), B_p.unbind(-2), C_p.unbind(-2)):
            h = (dt_t * x_t)[..., None] * b[..., None, :] * h + (dt_t[..., None] * A).exp()
            y.append((h * c[..., None, :]).sum(-1))
        found.append(torch.stack(y, -2))
    return torch.cat(found, -2), h


@misconception(
    says="the scan whose write lacks the step dt",
    hint="A long step writes more: dt x B.",
)
def write_without_dt(x, dt, A, B, C, h, chunk):
    found = []
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        y = []
        for x_t, dt_t, b, c in zip(x_p.unbind(-2), dt_p.unbind(-2), B_p.unbind(-2), C_p.unbind(-2)):
            h = (dt_t[..., None] * A).exp() * h + x_t[..., None] * b[..., None, :]
            y.append((h * c[..., None, :]).sum(-1))
        found.append(torch.stack(y, -2))
    return torch.cat(found, -2), h


@misconception(
    says="the pieces with a state that fades once more between them",
    hint="The next piece starts from the state as the last one has left it: nothing happens between two pieces.",
)
def fades_between(x, dt, A, B, C, h, chunk):
    found = []
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        y = []
        for x_t, dt_t, b, c in zip(x_p.unbind(-2), dt_p.unbind(-2), B_p.unbind(-2), C_p.unbind(-2)):
            h = (dt_t[..., None] * A).exp() * h + (dt_t * x_t)[..., None] * b[..., None, :]
            y.append((h * c[..., None, :]).sum(-1))
        found.append(torch.stack(y, -2))
        h = h * (dt_t[..., None] * A).exp()
    return torch.cat(found, -2), h


@misconception(
    says="the scan that reads before it writes",
    hint="A token sees itself: update the state first.",
)
def reads_before_writing(x, dt, A, B, C, h, chunk):
    found = []
    for x_p, dt_p, B_p, C_p in zip(*(z.split(chunk, -2) for z in (x, dt, B, C))):
        y = []
        for x_t, dt_t, b, c in zip(x_p.unbind(-2), dt_p.unbind(-2), B_p.unbind(-2), C_p.unbind(-2)):
            y.append((h * c[..., None, :]).sum(-1))
            h = (dt_t[..., None] * A).exp() * h + (dt_t * x_t)[..., None] * b[..., None, :]
        found.append(torch.stack(y, -2))
    return torch.cat(found, -2), h


@misconception(
    says="pieces that overlap by one token: the first token of a piece is written in the piece before, too",
    hint="A piece ends before the next one begins: `x[..., i : i + chunk, :]`.",
)
def overlapping(x, dt, A, B, C, h, chunk):
    y = []
    for i in range(0, x.shape[-2], chunk):
        for t in range(i, min(i + chunk + 1, x.shape[-2])):
            h = (dt[..., t, :, None] * A).exp() * h + (dt * x)[..., t, :, None] * B[..., t, None, :]
            if t < i + chunk:
                y.append((h * C[..., t, None, :]).sum(-1))
    return torch.stack(y, -2), h
