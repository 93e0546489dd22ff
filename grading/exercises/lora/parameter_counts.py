"""The private half of parameter-counts."""

import torch
from llmcourse.checks.labs.lora.parameter_counts import layers

from grading.exercises import misconception, reference, variant


def any_layers(generator):
    draw = lambda low, high, *shape: torch.randint(low, high, shape, generator=generator)
    return {"shapes": draw(8, 64, 5, 2), "r": draw(2, 8)}


CASES = {
    "a real block": layers([[576, 576], [192, 576], [192, 576], [576, 576], [1536, 576], [576, 1536]], 8),
    "two layers": layers([[5, 7], [7, 5]], 4),
    "layers of any size": any_layers,
}


@reference
def count(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@variant
def in_a_loop(shapes, r):
    full = lora = outputs = values = 0
    for d_out, d_in in shapes:
        full += d_in * d_out
        lora += r * d_in + d_out * r
        outputs += d_out
        values += r
    return full, lora, lora + outputs, lora + values


@variant
def by_tensors(shapes, r):
    sizes = torch.tensor(shapes)
    lora = r * sizes.sum()
    return sizes.prod(1).sum(), lora, lora + sizes[:, 0].sum(), lora + r * len(sizes)


@misconception(
    says="the numbers of one factor alone",
    hint="LoRA has two: A with r d_in numbers and B with r d_out.",
)
def one_factor(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * d_in for _, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the numbers of r whole matrices",
    hint="A and B are thin: r (d_in + d_out), not r d_in d_out.",
)
def whole_matrices(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * d_out * d_in for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the numbers for a DoRA with a magnitude for each input",
    hint="A magnitude belongs to an output: d_out of them in a layer.",
)
def dora_by_inputs(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_in for _, d_in in shapes), lora + r * len(shapes)


@misconception(
    says="the numbers for a DoRA with a single magnitude in a layer",
    hint="Every output has a magnitude of its own.",
)
def dora_by_layers(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + len(shapes), lora + r * len(shapes)


@misconception(
    says="the numbers for an AdaLoRA whose Lambda is a full r x r matrix",
    hint="It is diagonal: r numbers in a layer.",
)
def lambda_squared(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * r * len(shapes)


@misconception(
    says="the numbers for an AdaLoRA with one Lambda for all layers",
    hint="Every layer has its own r singular values.",
)
def lambda_once(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r


@misconception(
    says="the numbers of base and adapter together",
    hint="The base is frozen: count only what is trained.",
)
def with_the_base(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = full + sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


EQUIVALENT = {"(d_out, d_in) -> (d_in, d_out)": "product and sum of two numbers don't know their order"}
