"""Answers to parameter-counts by people who have not seen its private half."""

import math
from functools import reduce

import numpy as np
import torch

from grading.answers import answer


@answer("parameter-counts", "LoRA: r * d_out * d_in", "wrong", means="whole_matrices")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * o * i for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + r * len(shapes)


@answer("parameter-counts", "LoRA: only A", "wrong", means="one_factor")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * i for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + r * len(shapes)


@answer("parameter-counts", "LoRA: only B", "wrong", means="b_alone")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * o for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + r * len(shapes)


@answer("parameter-counts", "LoRA counts the frozen weights too", "wrong", means="with_the_base")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = full + sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + r * len(shapes)


@answer("parameter-counts", "LoRA with a core r x r", "wrong", means="with_a_core")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) + r * r for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + r * len(shapes)


@answer("parameter-counts", "the rank counted once: o + i", "wrong", means="rank_added")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(o + i for o, i in shapes) + r
    return full, lora, lora + sum(o for o, _ in shapes), lora + r * len(shapes)


@answer("parameter-counts", "DoRA: one magnitude for each input", "wrong", means="dora_by_inputs")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + sum(i for _, i in shapes), lora + r * len(shapes)


@answer("parameter-counts", "DoRA: one magnitude for each layer", "wrong", means="dora_by_layers")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + len(shapes), lora + r * len(shapes)


@answer("parameter-counts", "DoRA: the magnitudes alone", "wrong", means="magnitudes_alone")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, sum(o for o, _ in shapes), lora + r * len(shapes)


@answer("parameter-counts", "DoRA: magnitudes of the last layer only", "wrong", means="magnitudes_of_the_last")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + shapes[-1][0], lora + r * len(shapes)


@answer("parameter-counts", "DoRA: r magnitudes for each output", "wrong", means="magnitudes_for_each_rank")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + r * sum(o for o, _ in shapes), lora + r * len(shapes)


@answer("parameter-counts", "DoRA: magnitudes for rows and columns", "wrong", means="magnitudes_both_ways")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + sum(o + i for o, i in shapes), lora + r * len(shapes)


@answer("parameter-counts", "AdaLoRA: one r for all layers", "wrong", means="lambda_once")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + r


@answer("parameter-counts", "AdaLoRA: a diagonal matrix counted as r * r", "wrong", means="lambda_squared")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + r * r * len(shapes)


@answer("parameter-counts", "AdaLoRA: one number for each layer", "wrong", means="one_value_a_layer")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + len(shapes)


@answer("parameter-counts", "AdaLoRA: singular values alone", "wrong", means="values_alone")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), r * len(shapes)


@answer("parameter-counts", "AdaLoRA: min(d_out, d_in) singular values", "wrong", means="all_values")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + sum(min(s) for s in shapes)


@answer("parameter-counts", "AdaLoRA on top of DoRA", "wrong", means="adalora_on_dora")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    dora = lora + sum(o for o, _ in shapes)
    return full, lora, dora, dora + r * len(shapes)


@answer("parameter-counts", "full: with biases", "wrong", means="with_biases")
def _(shapes, r):
    full = sum(o * i + o for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + r * len(shapes)


@answer("parameter-counts", "full: outputs plus inputs", "wrong", means="sides_for_entries")
def _(shapes, r):
    full = sum(o + i for o, i in shapes)
    lora = r * full
    return full, lora, lora + sum(o for o, _ in shapes), lora + r * len(shapes)


@answer("parameter-counts", "dora and adalora exchanged", "wrong")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + r * len(shapes), lora + sum(o for o, _ in shapes)


@answer("parameter-counts", "only the first layer", "wrong", means="first_layer")
def _(shapes, r):
    o, i = shapes[0]
    lora = r * (o + i)
    return o * i, lora, lora + o, lora + r


@answer("parameter-counts", "the total overwritten in the loop: only the last layer", "wrong", means="last_layer")
def _(shapes, r):
    for o, i in shapes:
        full, lora = o * i, r * (o + i)
        dora, adalora = lora + o, lora + r
    return full, lora, dora, adalora


@answer("parameter-counts", "equal layers counted once", "wrong", means="equal_layers_once")
def _(shapes, r):
    shapes = set(shapes)
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + r * len(shapes)


@answer("parameter-counts", "product over the layers", "wrong", means="product_over_layers")
def _(shapes, r):
    full = math.prod(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + r * len(shapes)


@answer("parameter-counts", "return inside the loop", "wrong", means="first_layer")
def _(shapes, r):
    full = lora = dora = adalora = 0
    for o, i in shapes:
        full += o * i
        lora += r * (o + i)
        dora += r * (o + i) + o
        adalora += r * (o + i) + r
        if full > 0:
            return full, lora, dora, adalora


@answer("parameter-counts", "shares of full instead of counts", "wrong", means="shares")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora / full, (lora + sum(o for o, _ in shapes)) / full, (lora + r * len(shapes)) / full


@answer("parameter-counts", "one list for each method, not summed", "wrong")
def _(shapes, r):
    full = [o * i for o, i in shapes]
    lora = [r * (o + i) for o, i in shapes]
    dora = [r * (o + i) + o for o, i in shapes]
    return full, lora, dora, [n + r for n in lora]


@answer("parameter-counts", "a dict", "wrong")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return {"full": full, "lora": lora, "dora": lora + sum(o for o, _ in shapes), "adalora": lora + r * len(shapes)}


@answer("parameter-counts", "LoRA: B counted as large as W", "wrong", means="b_as_large_as_w")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * i + o * i for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + r * len(shapes)


@answer("parameter-counts", "layers where LoRA does not save are trained in full", "wrong", means="at_most_full")
def _(shapes, r):
    full = lora = dora = adalora = 0
    for o, i in shapes:
        n = min(r * (o + i), o * i)
        full += o * i
        lora += n
        dora += n + o
        adalora += n + r
    return full, lora, dora, adalora


@answer("parameter-counts", "one loop with four totals", "right")
def _(shapes, r):
    full = lora = dora = adalora = 0
    for d_out, d_in in shapes:
        full += d_out * d_in
        lora += r * d_out + r * d_in
        dora += r * d_out + r * d_in + d_out
        adalora += r * d_out + r * d_in + r
    return full, lora, dora, adalora


@answer("parameter-counts", "counts entries of tensors without memory", "right")
def _(shapes, r):
    full = lora = magnitudes = 0
    for o, i in shapes:
        W = torch.empty(o, i, device="meta")
        A, B, m = torch.empty(r, i, device="meta"), torch.empty(o, r, device="meta"), torch.empty(o, device="meta")
        full, lora, magnitudes = full + W.numel(), lora + A.numel() + B.numel(), magnitudes + m.numel()
    return full, lora, lora + magnitudes, lora + r * len(shapes)


@answer("parameter-counts", "numpy, turned into ints", "right")
def _(shapes, r):
    o, i = np.array(shapes, dtype=np.int64).reshape(-1, 2).T
    lora = r * (o + i)
    return tuple(int(x.sum()) for x in (o * i, lora, lora + o, lora + r))


@answer("parameter-counts", "recursion", "right")
def _(shapes, r):
    def add(rest):
        if not rest:
            return 0, 0, 0, 0
        (o, i), more = rest[0], add(rest[1:])
        mine = (o * i, r * (o + i), (r + 1) * o + r * i, r * (o + i + 1))
        return tuple(a + b for a, b in zip(mine, more))

    return add(list(shapes))


@answer("parameter-counts", "zip and map, a list of four", "right")
def _(shapes, r):
    outs, ins = zip(*shapes)
    lora = r * (sum(outs) + sum(ins))
    return [sum(map(int.__mul__, outs, ins)), lora, lora + sum(outs), lora + r * len(outs)]


@answer("parameter-counts", "matrix products of the shapes", "right")
def _(shapes, r):
    s = torch.tensor(shapes)
    o, i = s.unbind(1)
    lora = r * s.sum().item()
    return (o @ i).item(), lora, lora + o.sum().item(), lora + r * len(s)


@answer(
    "parameter-counts", "the same shapes counted once: iterates over set(shapes)", "wrong", means="equal_layers_once"
)
def _(shapes, r):
    shapes = set(shapes)
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + r * len(shapes)


@answer(
    "parameter-counts", "AdaLoRA has an r x r matrix of singular values in each layer", "wrong", means="lambda_squared"
)
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + sum(o for o, _ in shapes), lora + r * r * len(shapes)


@answer("parameter-counts", "the rank is clipped at min(d_out, d_in)", "wrong", means="rank_clipped")
def _(shapes, r):
    full = lora = dora = ada = 0
    for o, i in shapes:
        k = min(r, o, i)
        full += o * i
        lora += k * (o + i)
        dora += k * (o + i) + o
        ada += k * (o + i) + k
    return full, lora, dora, ada


@answer("parameter-counts", "the frozen weights counted with the adapters", "wrong", means="with_the_base")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = full + sum(r * (o + i) for o, i in shapes)
    dora = lora + sum(o for o, i in shapes)
    return full, lora, dora, lora + r * len(shapes)


@answer("parameter-counts", "DoRA's magnitude for each input, not output", "wrong", means="dora_by_inputs")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(r * (o + i) for o, i in shapes)
    return full, lora, lora + sum(i for o, i in shapes), lora + r * len(shapes)


@answer("parameter-counts", "biases counted in full fine-tuning", "wrong", means="with_biases")
def _(shapes, r):
    full = sum(o * i + o for o, i in shapes)
    lora = sum(r * o + r * i for o, i in shapes)
    return full, lora, lora + sum(o for o, i in shapes), lora + r * len(shapes)


@answer("parameter-counts", "AdaLoRA built on DoRA: magnitudes and singular values", "wrong", means="adalora_on_dora")
def _(shapes, r):
    full, lora, dora, ada = 0, 0, 0, 0
    for d_out, d_in in shapes:
        full += d_out * d_in
        lora += r * (d_out + d_in)
        dora += r * (d_out + d_in) + d_out
        ada += r * (d_out + d_in) + d_out + r
    return full, lora, dora, ada


@answer("parameter-counts", "return inside the loop: only the first layer is counted", "wrong", means="first_layer")
def _(shapes, r):
    full, lora, dora, ada = 0, 0, 0, 0
    for d_out, d_in in shapes:
        full += d_out * d_in
        lora += r * (d_out + d_in)
        dora += r * (d_out + d_in) + d_out
        ada += r * (d_out + d_in) + r
        return full, lora, dora, ada


@answer("parameter-counts", "A and B both taken as (r, d_in): 2 r d_in", "wrong", means="inputs_twice")
def _(shapes, r):
    full = sum(o * i for o, i in shapes)
    lora = sum(2 * r * i for o, i in shapes)
    return full, lora, lora + sum(o for o, i in shapes), lora + r * len(shapes)


@answer("parameter-counts", "counts the entries of tensors on the meta device", "right")
def _(shapes, r):
    n = lambda *s: torch.empty(*s, device="meta").numel()
    full = sum(n(o, i) for o, i in shapes)
    lora = sum(n(r, i) + n(o, r) for o, i in shapes)
    dora = lora + sum(n(o) for o, i in shapes)
    ada = lora + sum(n(r) for _ in shapes)
    return full, lora, dora, ada


@answer("parameter-counts", "reduce over tuples", "right")
def _(shapes, r):
    def add(t, shape):
        o, i = shape
        low = r * o + r * i
        return t[0] + o * i, t[1] + low, t[2] + low + o, t[3] + low + r

    return reduce(add, shapes, (0, 0, 0, 0))


@answer("parameter-counts", "recursion over the list", "right")
def _(shapes, r):
    def go(rest):
        if not rest:
            return 0, 0, 0, 0
        (o, i), *more = rest
        f, l, d, a = go(more)
        return f + o * i, l + r * (o + i), d + r * (o + i) + o, a + r * (o + i + 1)

    return go(list(shapes))
