"""The damped, multi-dimensional exponential moving average of MEGA, as a recurrence and as a convolution.

    x, y         (..., L, d)  input and output; each channel j has an average of its own, with h numbers
    alpha, delta (d, h)       in (0, 1): how much of the new is taken, how much of the old is let go
    beta, eta    (d, h)       a channel is expanded by beta to h numbers, and they are read by eta
    H            (..., d, h)  state
    K            (d, L)       kernel, the response to an impulse

    u_t^(j) = beta_j x_t,j
    H_t^(j) = alpha_j * u_t^(j) + (1 - alpha_j * delta_j) * H_(t-1)^(j)
    y_t,j = eta_j^T H_t^(j)

delta = 1 is the usual moving average. Without a nonlinearity inside, y is x convolved with
K_l = eta^T (alpha * beta * (1 - alpha * delta)^l): a linear, diagonal state space model.

Ma et al. 2022, "Mega", eqs. 2 and 3, section 3.1 and appendix B.
"""

import math

import torch
from torch import Tensor, nn


def recurrent(x: Tensor, alpha: Tensor, delta: Tensor, beta: Tensor, eta: Tensor, state: Tensor | None = None):
    """The definition, token by token. Returns y (..., L, d) and the state (..., d, h) after the last token."""
    H = x.new_zeros(*x.shape[:-2], *alpha.shape) if state is None else state
    y = []
    for x_t in x.unbind(-2):
        H = alpha * (beta * x_t[..., None]) + (1 - alpha * delta) * H  # (..., d, h)
        y.append((eta * H).sum(-1))
    return (torch.stack(y, dim=-2) if y else x), H


def kernel(alpha: Tensor, delta: Tensor, beta: Tensor, eta: Tensor, L: int) -> Tensor:
    """K (d, L), without L powers of each of the h numbers.

    With l = a m + b, (1 - alpha delta)^l is a product of two powers: one matrix product of tables with about sqrt(L)
    columns gives all of K.
    """
    q, m = 1 - alpha * delta, max(1, math.isqrt(L))
    powers = lambda q, count: q[..., None] ** torch.arange(count, device=q.device)  # 0^0 is 1
    fine, coarse = powers(q, m), powers(q**m, -(-L // m))  # (d, h, m), (d, h, L / m)
    K = ((eta * alpha * beta)[..., None] * coarse).mT @ fine  # (d, L / m, m)
    return K.flatten(-2)[..., :L]


def convolution(x: Tensor, alpha: Tensor, delta: Tensor, beta: Tensor, eta: Tensor, state: Tensor | None = None):
    """The same as `recurrent`, in O(L log L): x convolved with K by FFT. Returns y and the last state."""
    L = x.shape[-2]
    if not L:
        return recurrent(x, alpha, delta, beta, eta, state)
    y = convolve(kernel(alpha, delta, beta, eta, L), x.mT).mT
    q = 1 - alpha * delta
    ages = torch.arange(L - 1, -1, -1, device=x.device)
    H = torch.einsum("...ld,dhl->...dh", x, (alpha * beta)[..., None] * q[..., None] ** ages)
    if state is None:
        return y, H
    fading = q[..., None] ** torch.arange(1, L + 1, device=x.device)  # (d, h, L)
    left = (eta[..., None] * fading * state[..., None]).sum(-2)  # (..., d, L)
    return y + left.mT, H + q**L * state


def convolve(K: Tensor, x: Tensor) -> Tensor:
    """Causal convolution y_t = sum_l K_l x_{t-l} by FFT, O(L log L): K (..., L) and x (..., L) to (..., L).

    Both are padded to 2 L: a product of transforms is a circular convolution, and at length L the end would leak into
    the beginning. Inputs in half precision are computed in float32, as FFTs require.
    """
    L, dtype = x.shape[-1], x.dtype
    if L == 0:
        return x
    wide = lambda z: z.to(torch.promote_types(z.dtype, torch.float32))
    product = torch.fft.rfft(wide(x), 2 * L) * torch.fft.rfft(wide(K)[..., :L], 2 * L)
    return torch.fft.irfft(product, 2 * L)[..., :L].to(dtype)


class DampedEMA(nn.Module):
    """d channels with h averages each. Without `damped`, delta is 1."""

    def __init__(self, d: int, h: int = 16, damped: bool = True):
        super().__init__()
        start = lambda: nn.Parameter(0.2 * torch.randn(d, h))
        self.alpha, self.delta = start(), (start() if damped else None)  # before the sigmoid
        signs = 1.0 - 2.0 * (torch.arange(h) % 2)  # as published: "seems more stable"
        self.beta = nn.Parameter(signs + 0.02 * torch.randn(d, h))
        self.eta = nn.Parameter(torch.randn(d, h) * h**-0.5)

    def numbers(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """alpha, delta, beta, eta: what the functions of this file take."""
        delta = torch.ones_like(self.alpha) if self.delta is None else self.delta.sigmoid()
        return self.alpha.sigmoid(), delta, self.beta, self.eta

    def forward(self, x: Tensor) -> Tensor:
        """x (..., L, d) -> y (..., L, d)."""
        return convolve(kernel(*self.numbers(), x.shape[-2]), x.mT).mT
