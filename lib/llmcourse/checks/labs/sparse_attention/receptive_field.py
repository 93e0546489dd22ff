"""receptive-field: Ask the gradient."""

import torch

from llmcourse.checks import Exercise


def stack(L, *layers, i, d=2, mirrored=True, shifted=False):
    """Layers of attention, each given by the distances i - j that it sees, and the output to ask about."""

    def make(generator):
        apart = torch.arange(L)[:, None] - torch.arange(L)
        masks = torch.stack([torch.isin(apart, torch.tensor([0, *back])) for back in layers])
        x = torch.randn(L, d, generator=generator).clamp(-2, 2)
        how = {"mirrored": torch.tensor(mirrored), "shifted": torch.tensor(shifted)}
        return {"x": x, "masks": masks, "i": torch.tensor(i), **how}

    return make


def drawn(longest):
    """A length, two layers that see two or three distances each, and an output in the middle: others for each seed."""

    def make(generator):
        draw = lambda low, high: torch.randint(low, high + 1, (), generator=generator).item()
        L = draw(longest // 2, longest)
        layers = [torch.randperm(5, generator=generator)[:2] + 1 for _ in range(2)]
        return stack(L, *((draw(-3, -1), *back.tolist()) for back in layers), i=draw(L // 3, L // 2), d=1)(generator)

    return make


def probe(answer, inputs):
    def model(x):
        """Layers of attention. If `mirrored`, each channel of the output comes with its negative; if `shifted`, further
        channels show what the token before has."""
        for mask in inputs["masks"]:
            scores = (x @ x.mT / 4).masked_fill(~mask, -torch.inf)
            x = (scores.softmax(-1) @ x + 0.1).tanh()
        x = torch.cat([x, x.roll(1, 0)], -1) if inputs["shifted"] else x
        return torch.cat([x, -x], -1) if inputs["mirrored"] else x

    return {"field": answer(model, inputs["x"], int(inputs["i"]))}


EXERCISE = Exercise(
    name="receptive-field",
    title="Ask the gradient",
    answer="receptive_field",
    parameters=("model", "x", "i"),
    points=3,
    difficulty=3,
    minutes=12,
    cases={
        "one layer": stack(6, (1, 2), i=4, d=1, mirrored=False),
        "two layers with gaps": stack(11, (2,), (2, 3), i=8),
        "WaveNet's three layers": stack(12, (1,), (2,), (4,), i=9),
        "channels that look at different tokens": stack(10, (3,), (1,), i=7, d=1, mirrored=False, shifted=True),
        "drawn layers": drawn(20),
        "the future is seen too": stack(9, (-1, 1), (-3,), i=4),
    },
    probe=probe,
    hints=(
        "Token j is in the field if the gradient of output i with respect to `x[j]` is not zero.",
        "`x = x.detach().clone().requires_grad_()`, then `torch.autograd.grad(number, x)` gives a gradient (L, d).",
        "The gradient needs one number from all channels of `model(x)[i]`. A plain sum may cancel, and after a layer "
        "norm a sum of squares does so as well: weigh the channels by random numbers.",
        "`o = model(x)[i]` and `(g,) = torch.autograd.grad((o * torch.randn_like(o)).sum(), x)`, then "
        "`(g != 0).any(-1)`.",
    ),
)
