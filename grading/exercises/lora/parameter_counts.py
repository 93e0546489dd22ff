"""The private half of parameter-counts."""

import math

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


@misconception(
    says="the numbers of B alone",
    hint="LoRA has two thin factors in each layer: A with r d_in numbers and B with r d_out.",
)
def b_alone(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * d_out for d_out, _ in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the numbers of a LoRA with an r x r matrix between its factors",
    hint="LoRA has two thin factors in each layer: A with r d_in numbers and B with r d_out. Nothing is between them.",
)
def with_a_core(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) + r * r for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the numbers of a LoRA of rank one",
    hint="LoRA has two thin factors in each layer: A with r d_in numbers and B with r d_out.",
)
def rank_one(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(d_out + d_in for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the numbers of a LoRA with the rank added, where it should multiply",
    hint="LoRA has two thin factors in each layer: A with r d_in numbers and B with r d_out.",
)
def rank_added(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(d_out + d_in for d_out, d_in in shapes) + r
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the numbers of a LoRA with the rank added in each layer, where it should multiply",
    hint="LoRA has two thin factors in each layer: A with r d_in numbers and B with r d_out.",
)
def rank_added_in_each_layer(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(d_out + d_in + r for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the numbers of a LoRA whose B is as large as W",
    hint="LoRA has two thin factors in each layer: A with r d_in numbers and B with r d_out.",
)
def b_as_large_as_w(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * d_in + d_out * d_in for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the numbers of a LoRA that trains a layer in full where that is less",
    hint=(
        "Count A and B wherever they are, even where they are larger than W: the table below the check shows where "
        "that happens."
    ),
)
def at_most_full(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(min(r * (d_out + d_in), d_out * d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the right numbers, but for DoRA: the magnitudes without LoRA's factors",
    hint="DoRA is LoRA and one magnitude for each output: d_out more in each layer.",
)
def magnitudes_alone(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the right numbers, but for DoRA: magnitudes for the last layer only",
    hint="DoRA is LoRA and one magnitude for each output: d_out more in each layer. Add up over all layers.",
)
def magnitudes_of_the_last(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + shapes[-1][0], lora + r * len(shapes)


@misconception(
    says="the right numbers, but for DoRA: r magnitudes for each output",
    hint="DoRA is LoRA and one magnitude for each output: d_out more in each layer.",
)
def magnitudes_for_each_rank(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + r * sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the right numbers, but for DoRA: magnitudes for outputs and for inputs",
    hint="DoRA is LoRA and one magnitude for each output: d_out more in each layer.",
)
def magnitudes_both_ways(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out + d_in for d_out, d_in in shapes), lora + r * len(shapes)


@misconception(
    says="the right numbers, but for DoRA: a magnitude for each weight",
    hint="DoRA is LoRA and one magnitude for each output: d_out more in each layer.",
)
def magnitudes_for_weights(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + full, lora + r * len(shapes)


@misconception(
    says="the right numbers, but for AdaLoRA: one singular value for each layer",
    hint="AdaLoRA is LoRA and one singular value for each rank: r more in each layer.",
)
def one_value_a_layer(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + len(shapes)


@misconception(
    says="the right numbers, but for AdaLoRA: the singular values without the factors",
    hint="AdaLoRA is LoRA and one singular value for each rank: r more in each layer.",
)
def values_alone(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), r * len(shapes)


@misconception(
    says="the right numbers, but for AdaLoRA: as many singular values as W has, min(d_out, d_in)",
    hint="AdaLoRA is LoRA and one singular value for each rank: r more in each layer.",
)
def all_values(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + sum(min(shape) for shape in shapes)


@misconception(
    says="the right numbers, but for AdaLoRA: magnitudes are counted as well",
    hint="AdaLoRA has no magnitudes: it is LoRA and r singular values for each layer.",
)
def adalora_on_dora(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return (
        full,
        lora,
        lora + sum(d_out for d_out, _ in shapes),
        lora + sum(d_out for d_out, _ in shapes) + r * len(shapes),
    )


@misconception(
    says="the right numbers, but for full fine-tuning: a bias for each output is counted as well",
    hint="The task counts the layers' weights: d_out d_in numbers each.",
)
def with_biases(shapes, r):
    full = sum(d_out * d_in + d_out for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the right numbers, but for full fine-tuning: d_out + d_in in place of d_out d_in",
    hint="A matrix has d_out times d_in entries.",
)
def sides_for_entries(shapes, r):
    full = sum(d_out + d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the right numbers, but for full fine-tuning: multiplied over the layers in place of added",
    hint="Every layer counts: add up over all of `shapes`.",
)
def product_over_layers(shapes, r):
    full = math.prod(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the numbers of the first layer alone",
    hint="Every layer counts: add up over all of `shapes`. Is there a `return` inside your loop?",
)
def first_layer(shapes, r):
    shapes = shapes[:1]
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the numbers of the last layer alone",
    hint="Every layer counts: add up over all of `shapes`. In a loop, write `+=`.",
)
def last_layer(shapes, r):
    shapes = shapes[-1:]
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the numbers of the different shapes alone: equal layers are counted once",
    hint="Two layers of one shape have weights of their own: no `set` and no dictionary by shape.",
)
def equal_layers_once(shapes, r):
    shapes = list(dict.fromkeys(shapes))
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the right number for full fine-tuning, and the others as shares of it",
    hint="The task asks for counts: four whole numbers.",
)
def shares(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora / full, (lora + sum(d_out for d_out, _ in shapes)) / full, (lora + r * len(shapes)) / full


@misconception(
    says="the numbers of a LoRA whose factors both have d_in for their longer side",
    hint="A is (r, d_in), and B is (d_out, r): r d_in and r d_out numbers.",
)
def inputs_twice(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(2 * r * d_in for _, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the numbers of a LoRA whose factors both have d_out for their longer side",
    hint="A is (r, d_in), and B is (d_out, r): r d_in and r d_out numbers.",
)
def outputs_twice(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(2 * r * d_out for d_out, _ in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + r * len(shapes)


@misconception(
    says="the numbers of adapters whose rank is cut to the layer's smaller side",
    hint=(
        "Nothing cuts r: with a rank above min(d_out, d_in) the factors only have more numbers than W. Count r as it "
        "is given."
    ),
)
def rank_clipped(shapes, r):
    rank = lambda shape: min(r, *shape)
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(rank(shape) * sum(shape) for shape in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + sum(map(rank, shapes))


@misconception(
    says="the right numbers, but for AdaLoRA, whose singular values are cut to the layer's smaller side",
    hint="AdaLoRA is LoRA and r singular values for each layer, however large r is.",
)
def values_clipped(shapes, r):
    full = sum(d_out * d_in for d_out, d_in in shapes)
    lora = sum(r * (d_out + d_in) for d_out, d_in in shapes)
    return full, lora, lora + sum(d_out for d_out, _ in shapes), lora + sum(min(r, *shape) for shape in shapes)


EQUIVALENT = {"(d_out, d_in) -> (d_in, d_out)": "product and sum of two numbers don't know their order"}
