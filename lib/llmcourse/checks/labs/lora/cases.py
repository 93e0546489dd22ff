"""What several exercises of this lab share: makers of cases."""

import torch


def layer(*lead, d_in, d_out, r, alpha=6.0):
    """A layer's input and output, and an adapter that is not at its start."""

    def make(generator):
        draw = lambda *shape: torch.randn(*shape, generator=generator)
        return {"x": draw(*lead, d_in), "y": draw(*lead, d_out), "A": draw(r, d_in), "B": draw(d_out, r),
                "alpha": torch.tensor(alpha)}  # fmt: skip

    return make
