"""salient-mask: Gaps that only a document can fill."""

import torch

from llmcourse.checks import Exercise


def tagged(lengths, L, glued=False):
    """Texts of L tokens, each with spans of these lengths at random places; `glued`: without tokens between spans."""

    def make(generator):
        tags = torch.zeros(len(lengths), L, dtype=torch.long)
        for b, spans in enumerate(lengths):
            free = L - sum(spans)
            between = 0 if glued else 1
            spare = free - between * (len(spans) - 1)
            first = int(torch.randint(spare + 1, (), generator=generator))
            for n in spans:
                tags[b, first : first + n] = 2
                tags[b, first] = 1
                first += n + between
        most = torch.tensor([len(spans) for spans in lengths])
        chosen = (torch.rand(len(lengths), generator=generator) * most).long()
        tokens = torch.randint(10, 90, (len(lengths), L), generator=generator)
        return {"tokens": tokens, "tags": tags, "chosen": chosen, "mask": 99}

    return make


def probe(answer, inputs):
    hidden, targets = answer(*(inputs[name] for name in EXERCISE.parameters))
    return {"hidden": hidden, "targets": targets}


EXERCISE = Exercise(
    name="salient-mask",
    title="Gaps that only a document can fill",
    answer="salient_mask",
    parameters=("tokens", "tags", "chosen", "mask"),
    points=3,
    difficulty=2,
    minutes=12,
    cases={
        "two spans": tagged([(2, 1)], 7),
        "several texts": tagged([(3, 1, 2), (1, 1), (2, 2, 1)], 10),
        "spans that touch": tagged([(2, 2, 1), (1, 3)], 7, glued=True),
    },
    probe=probe,
    hints=(
        "Number the spans: a running sum over the tags that are 1 tells of each token how many spans have begun.",
        "`number = (tags == 1).cumsum(1) - 1`. A token is in the gap if its number is the chosen one, and if it is in "
        "a span at all: after a span's end the number stays, and the tag is 0.",
        "`gap = (number == chosen[:, None]) & (tags != 0)`",
        "`tokens.masked_fill(gap, mask)` hides; `tokens.masked_fill(~gap, -100)` keeps only what is asked for.",
    ),
)
