"""The private half of causal-convolution-state."""

import torch
import torch.nn.functional as F
from llmcourse.checks.labs.mamba.causal_convolution_state import filtered
from llmcourse.mamba import block

from grading.exercises import misconception, reference, variant

CASES = {
    "a longer sequence": filtered(L=30, E=4, W=4),
    "a wide window": filtered(3, L=2, E=2, W=6),
    "one token, a window of two": filtered(2, L=1, E=3, W=2),
}


@reference
def causal_conv1d(x, weight, bias, last):
    return block.causal_conv1d(x, weight, bias, last)


@variant
def by_unfold(x, weight, bias, last):
    padded = torch.cat((last, x), dim=-2)
    W = weight.shape[-1]
    windows = padded.unfold(-2, W, 1)  # (..., L, E, W)
    return (windows * weight).sum(-1) + bias, padded[..., padded.shape[-2] - W + 1 :, :]


@variant
def by_conv1d(x, weight, bias, last):
    padded = torch.cat([last, x], -2)
    flat = padded.reshape(-1, *padded.shape[-2:]).mT
    y = F.conv1d(flat, weight.unsqueeze(1), bias, groups=weight.shape[0]).mT
    return y.reshape(x.shape), padded[..., x.shape[-2] :, :]


@misconception(
    says="the convolution with its weights turned round: the oldest token gets the newest's weight",
    hint="`weight[:, -1]` belongs to the token itself.",
)
def flipped(x, weight, bias, last):
    padded, L, W = torch.cat([last, x], -2), x.shape[-2], weight.shape[-1]
    y = sum(padded[..., i : i + L, :] * weight[:, W - 1 - i] for i in range(W))
    return y + bias, padded[..., L:, :]


@misconception(
    says="the convolution that starts from zeros whatever it is given",
    hint="Put the last inputs, not zeros, in front of x.",
)
def without_memory(x, weight, bias, last):
    padded, L = torch.cat([torch.zeros_like(last), x], -2), x.shape[-2]
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(weight.shape[-1]))
    return y + bias, torch.cat([last, x], -2)[..., L:, :]


@misconception(
    says="the convolution without the bias",
    hint="Every channel adds its bias.",
)
def without_bias(x, weight, bias, last):
    padded, L = torch.cat([last, x], -2), x.shape[-2]
    return sum(padded[..., i : i + L, :] * weight[:, i] for i in range(weight.shape[-1])), padded[..., L:, :]


@misconception(
    says="the right outputs, with the memory as it came",
    hint="Return the last W - 1 inputs now: the end of what you put together.",
)
def old_memory(x, weight, bias, last):
    padded, L = torch.cat([last, x], -2), x.shape[-2]
    return sum(padded[..., i : i + L, :] * weight[:, i] for i in range(weight.shape[-1])) + bias, last * 1


@misconception(
    says="the right outputs, with outputs in the memory",
    hint="What the next call needs are inputs: the end of `torch.cat([last, x], dim=-2)`.",
)
def remembers_outputs(x, weight, bias, last):
    padded, L = torch.cat([last, x], -2), x.shape[-2]
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(weight.shape[-1])) + bias
    return y, torch.cat([last, y], -2)[..., L:, :]


@misconception(
    says="the convolution that does not see the token itself",
    hint="The window of token t ends with token t.",
)
def one_late(x, weight, bias, last):
    padded, L = torch.cat([last[..., :1, :] * 0, last, x], -2), x.shape[-2]
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(weight.shape[-1]))
    return y + bias, padded[..., L + 1 :, :]


@misconception(
    says="the convolution that adds its bias at every tap, W times",
    hint="The bias is added once, after the sum.",
)
def bias_at_every_tap(x, weight, bias, last):
    padded, L, W = torch.cat([last, x], -2), x.shape[-2], weight.shape[-1]
    y = sum(padded[..., i : i + L, :] * weight[:, i] + bias for i in range(W))
    return y, padded[..., L:, :]


@misconception(
    says="the convolution without its newest tap: a token does not see itself",
    hint="There are W taps, `range(W)`; the last, `weight[:, -1]`, belongs to the token itself.",
)
def without_the_token(x, weight, bias, last):
    padded, L, W = torch.cat([last, x], -2), x.shape[-2], weight.shape[-1]
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W - 1))
    return y + bias, padded[..., L:, :]


@misconception(
    says="the convolution without its oldest tap",
    hint="There are W taps, `range(W)`; the first, `weight[:, 0]`, belongs to the input W - 1 places back.",
)
def without_the_oldest(x, weight, bias, last):
    padded, L, W = torch.cat([last, x], -2), x.shape[-2], weight.shape[-1]
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(1, W))
    return y + bias, padded[..., L:, :]


@misconception(
    says="the convolution with the last inputs put behind x in place of in front",
    hint="They came before x: `torch.cat([last, x], dim=-2)`.",
)
def memory_behind(x, weight, bias, last):
    padded, L, W = torch.cat([x, last], -2), x.shape[-2], weight.shape[-1]
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W))
    return y + bias, padded[..., L:, :]


@misconception(
    says="the convolution that looks ahead: its window begins with the token, and zeros stand behind x",
    hint="The window of a token ends with it. Put the last inputs in front of x.",
)
def looks_ahead(x, weight, bias, last):
    padded, L, W = torch.cat([last, x], -2), x.shape[-2], weight.shape[-1]
    ahead = F.pad(x, (0, 0, 0, W - 1))
    y = sum(ahead[..., i : i + L, :] * weight[:, i] for i in range(W))
    return y + bias, padded[..., L:, :]


@misconception(
    says="the convolution with the mean over its taps in place of their sum",
    hint="A convolution sums; the weights say how much of each.",
)
def mean_of_taps(x, weight, bias, last):
    padded, L, W = torch.cat([last, x], -2), x.shape[-2], weight.shape[-1]
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W)) / W
    return y + bias, padded[..., L:, :]


@misconception(
    says="the right values, but no gradient flows from the outputs to the last inputs",
    hint="Leave out `.detach()`.",
)
def detached_in_the_sum(x, weight, bias, last):
    padded, L, W = torch.cat([last.detach(), x], -2), x.shape[-2], weight.shape[-1]
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W))
    return y + bias, torch.cat([last, x], -2)[..., L:, :]


@misconception(
    says="the convolution with a SiLU on its result, as the block has it later",
    hint="Here the sum and the bias are all; the SiLU comes in the next exercise.",
)
def through_silu(x, weight, bias, last):
    L, W = x.shape[-2], weight.shape[1]
    padded = torch.cat([last, x], -2)
    y = sum(padded[..., i : i + L, :] * weight[:, i] for i in range(W)) + bias
    return torch.nn.functional.silu(y), padded[..., L:, :]
