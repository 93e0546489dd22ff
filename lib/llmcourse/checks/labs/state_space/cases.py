"""What several exercises of this lab share: makers of cases, and a probe."""

import torch


def stable_system(N, dt, integrator=False, chain=False):
    """A stable system: something that turns, and something that fades. With `integrator`, one state never fades.

    chain  each state fades alike and feeds the next one: A has one eigenvector only
    """

    def make(generator):
        turn = torch.randn(N, N, generator=generator)
        fade = 0.2 + torch.rand(N, generator=generator)
        A = turn - turn.mT - torch.diag(fade)
        if integrator:
            A[0] = 0.0
        if chain:
            A = torch.diag(turn[0, 1:].abs() + 0.5, -1) - torch.eye(N) / 2
        return {"A": A, "B": torch.randn(N, generator=generator), "dt": torch.tensor(dt)}

    return make


def probe_step(answer, inputs):
    A_, B_ = answer(inputs["A"], inputs["B"], inputs["dt"])
    return {"A_": A_, "B_": B_}
