"""The private half of complexity-labels."""

import torch
from llmcourse.checks.labs.agentic_rag.complexity_labels import outcomes

from grading.exercises import misconception, reference, variant

CASES = {
    "a hundred questions": outcomes(100),
    "nothing is known by heart": outcomes(30, (0.0, 0.4, 0.4), every=False),
    "several retrievals are always right": outcomes(18, (0.2, 0.3, 1.0)),
}


@reference
def complexity_labels(right, several):
    labels = torch.where(right.any(1), right.int().argmax(1), 1 + several.long())
    count = torch.bincount(labels, minlength=3)
    return labels, len(labels) / (3 * count[labels])


@variant
def from_the_dearest(right, several):
    labels = 1 + several.long()
    for strategy in (2, 1, 0):
        labels = torch.where(right[:, strategy], torch.tensor(strategy), labels)
    size = torch.stack([(labels == label).sum() for label in range(3)])
    return labels, (len(labels) / 3) / size[labels]


@variant
def question_by_question(right, several):
    labels = []
    for row, hops in zip(right.tolist(), several.tolist()):
        labels.append(row.index(True) if any(row) else 2 if hops else 1)
    weights = [len(labels) / (3 * labels.count(label)) for label in labels]
    return torch.tensor(labels), torch.tensor(weights)


@misconception(
    says="class 0 where no strategy was right",
    hint="argmax of a row without any true column is 0: there the kind of the question decides.",
)
def none_where_nothing_helped(right, several):
    labels = right.int().argmax(1)
    count = torch.bincount(labels, minlength=3)
    return labels, len(labels) / (3 * count[labels])


@misconception(
    says="the dearest strategy that was right",
    hint="The cheapest one that was right is enough: the first true column.",
)
def dearest(right, several):
    last = 2 - right.flip(1).int().argmax(1)
    labels = torch.where(right.any(1), last, 1 + several.long())
    count = torch.bincount(labels, minlength=3)
    return labels, len(labels) / (3 * count[labels])


@misconception(
    says="labels by the kind of the question alone",
    hint="What the strategies have achieved comes first; the kind decides only where none was right.",
)
def kind_alone(right, several):
    labels = 1 + several.long()
    count = torch.bincount(labels, minlength=3)
    return labels, len(labels) / (3 * count[labels])


@misconception(
    says="class 2 wherever no strategy was right",
    hint="A question of one hop that nobody answered is labelled 1: more rounds are not what it lacks.",
)
def always_several(right, several):
    labels = torch.where(right.any(1), right.int().argmax(1), torch.tensor(2))
    count = torch.bincount(labels, minlength=3)
    return labels, len(labels) / (3 * count[labels])


@misconception(
    says="class 1 wherever no strategy was right",
    hint="A question with several hops that nobody answered is labelled 2.",
)
def always_one(right, several):
    labels = torch.where(right.any(1), right.int().argmax(1), torch.tensor(1))
    count = torch.bincount(labels, minlength=3)
    return labels, len(labels) / (3 * count[labels])


@misconception(
    says="class 0 for one hop and 1 for several where no strategy was right",
    hint="Where nothing was right, retrieval is needed in any case: 1 for one hop, 2 for several.",
)
def kinds_from_zero(right, several):
    labels = torch.where(right.any(1), right.int().argmax(1), several.long())
    count = torch.bincount(labels, minlength=3)
    return labels, len(labels) / (3 * count[labels])


@misconception(
    says="labels that count the strategies that were right",
    hint="The label is the *place* of the first strategy that was right.",
)
def counted(right, several):
    labels = torch.where(right.any(1), right.sum(1) - 1, 1 + several.long())
    count = torch.bincount(labels, minlength=3)
    return labels, len(labels) / (3 * count[labels])


@misconception(
    says="the right labels with weights that grow with the class",
    hint="A question of a rare class weighs *more*: divide by the count of its class.",
)
def weights_upside_down(right, several):
    labels = torch.where(right.any(1), right.int().argmax(1), 1 + several.long())
    count = torch.bincount(labels, minlength=3)
    return labels, 3 * count[labels] / len(labels)


@misconception(
    says="the right labels with weights n / count, without the 3",
    hint="Divide by the number of classes as well, so that the weights are 1 where all classes are equally large.",
)
def weights_without_classes(right, several):
    labels = torch.where(right.any(1), right.int().argmax(1), 1 + several.long())
    count = torch.bincount(labels, minlength=3)
    return labels, len(labels) / count[labels]


@misconception(
    says="the right labels with weights for the classes that occur",
    hint="Divide by 3, the number of classes there are, even if one of them does not occur.",
)
def weights_of_those_that_occur(right, several):
    labels = torch.where(right.any(1), right.int().argmax(1), 1 + several.long())
    count = torch.bincount(labels, minlength=3)
    return labels, len(labels) / ((count > 0).sum() * count[labels])


@misconception(
    says="the right labels with one weight for each class",
    hint="Return a weight for each question, (n,): index the classes' weights with the labels.",
)
def weights_of_classes(right, several):
    labels = torch.where(right.any(1), right.int().argmax(1), 1 + several.long())
    count = torch.bincount(labels, minlength=3)
    return labels, len(labels) / (3 * count.clamp(min=1))


@misconception(
    says="labels that begin with 1",
    hint="The classes are 0, 1 and 2: no, one, several retrievals.",
)
def from_one(right, several):
    labels = torch.where(right.any(1), right.int().argmax(1), 1 + several.long())
    count = torch.bincount(labels, minlength=3)
    return labels + 1, len(labels) / (3 * count[labels])
