"""The private half of salient-mask."""

import torch
from llmcourse.checks.labs.retrieval_models.salient_mask import tagged
from llmcourse.retrieval_models import masking

from grading.exercises import misconception, reference, variant

CASES = {
    "many texts": tagged([(1, 2, 3), (4, 1), (2, 2), (1, 1, 1, 1), (5, 2)], 14),
    "spans that touch, in longer texts": tagged([(3, 3, 2), (2, 1, 4), (1, 1, 1)], 11, glued=True),
    "one span": tagged([(3,), (1,), (4,)], 8),
}


@reference
def salient_mask(tokens, tags, chosen, mask):
    return masking.mask_span(tokens, tags, chosen, mask)


@variant
def row_by_row(tokens, tags, chosen, mask):
    hidden, targets = tokens.clone(), torch.full_like(tokens, -100)
    for b in range(len(tokens)):
        first = (tags[b] == 1).nonzero()[int(chosen[b]), 0].item()
        last = first + 1
        while last < tokens.shape[1] and tags[b, last] == 2:
            last += 1
        targets[b, first:last] = tokens[b, first:last]
        hidden[b, first:last] = mask
    return hidden, targets


@variant
def by_where(tokens, tags, chosen, mask):
    number = torch.where(tags > 0, (tags == 1).long().cumsum(-1), 0)
    gap = number == chosen.unsqueeze(-1) + 1
    return torch.where(gap, torch.full_like(tokens, mask), tokens), torch.where(gap, tokens, torch.tensor(-100))


@misconception(
    says="the span's first token hidden, and the rest of it left to be read",
    hint="The rest gives the name away. Hide the tokens with the tag 2 that follow as well.",
)
def first_token_only(tokens, tags, chosen, mask):
    gap = ((tags == 1).cumsum(1) - 1 == chosen[:, None]) & (tags == 1)
    return tokens.masked_fill(gap, mask), tokens.masked_fill(~gap, -100)


@misconception(
    says="all salient spans hidden",
    hint="Only the chosen span of each text is hidden. What else the text says is what a document is looked for with.",
)
def every_span(tokens, tags, chosen, mask):
    gap = tags != 0
    return tokens.masked_fill(gap, mask), tokens.masked_fill(~gap, -100)


@misconception(
    says="the gap going on after the span, until the next one begins",
    hint="After a span the running number stays as it is. Ask for the tag as well: it must not be 0.",
)
def until_the_next(tokens, tags, chosen, mask):
    gap = (tags == 1).cumsum(1) - 1 == chosen[:, None]
    return tokens.masked_fill(gap, mask), tokens.masked_fill(~gap, -100)


@misconception(
    says="the span before the one that was chosen",
    hint="`chosen` counts from 0, and a running sum is 1 in the first span: subtract 1.",
)
def counts_from_one(tokens, tags, chosen, mask):
    gap = ((tags == 1).cumsum(1) == chosen[:, None]) & (tags != 0)
    return tokens.masked_fill(gap, mask), tokens.masked_fill(~gap, -100)


@misconception(
    says="targets everywhere: the visible tokens are to be predicted as well",
    hint="A token that can be read teaches nothing. Outside the gap the targets are -100, which the loss ignores.",
)
def targets_everywhere(tokens, tags, chosen, mask):
    gap = ((tags == 1).cumsum(1) - 1 == chosen[:, None]) & (tags != 0)
    return tokens.masked_fill(gap, mask), tokens.clone()


@misconception(
    says="targets taken from the text in which the gap has been made",
    hint="The targets in the gap are the tokens that stood there: take them from `tokens`.",
)
def targets_of_the_gap(tokens, tags, chosen, mask):
    gap = ((tags == 1).cumsum(1) - 1 == chosen[:, None]) & (tags != 0)
    hidden = tokens.masked_fill(gap, mask)
    return hidden, hidden.masked_fill(~gap, -100)


@misconception(
    says="targets with 0 outside the gap",
    hint="0 is a token like any other, and would be learned. The loss ignores -100.",
)
def zeros_outside(tokens, tags, chosen, mask):
    gap = ((tags == 1).cumsum(1) - 1 == chosen[:, None]) & (tags != 0)
    return tokens.masked_fill(gap, mask), tokens * gap


@misconception(
    says="the rest of a span hidden, but not its first token",
    hint="The first token of a span has the tag 1. It belongs to the gap.",
)
def without_the_first(tokens, tags, chosen, mask):
    gap = ((tags == 1).cumsum(1) - 1 == chosen[:, None]) & (tags == 2)
    return tokens.masked_fill(gap, mask), tokens.masked_fill(~gap, -100)
