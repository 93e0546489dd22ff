"""A technical manual as a second corpus: torch 2.13's documentation of layers, losses, optimisers and data loaders.

A snapshot of docstrings, cut into passages: what a class is for, each of its arguments, each paragraph of notes. Real
documentation repeats itself: twenty classes have an argument `weight_decay`, and their passages differ in one word.

Source: PyTorch, https://pytorch.org, BSD-3-Clause, Copyright (c) 2016-present Facebook Inc. and the contributors; the
whole licence is next to the data, in `manual.licence.txt`. The data are made by `lib/tests/references/make_corpora.py`,
which removes markup, displayed formulas and examples. The questions were written for the course, one by one.
"""

import functools
import json

from .passages import Passage, Question, split
from .signals import _read

EDITION = "docstrings of torch 2.13"
# class | topic (A: argument, D: description) | question | answer
_QUESTIONS = """
BatchNorm2d | A momentum | Which momentum does BatchNorm2d use for its running statistics by default? | 0.1
BatchNorm2d | A eps | What is added to the denominator in BatchNorm2d by default? | 1e-5
LayerNorm | A eps | What is the default epsilon of LayerNorm? | 1e-5
Dropout | A p | With which probability does Dropout zero an element by default? | 0.5
Dropout | D 5 | By what are the outputs of Dropout scaled during training? | 1/1-p
LeakyReLU | A negative_slope | What is the default negative slope of LeakyReLU? | 1e-2
ELU | A alpha | What is the default alpha of ELU? | 1.0
Hardshrink | A lambd | What is the default lambda of Hardshrink? | 0.5
HuberLoss | A delta | At which threshold does HuberLoss change between L1 and L2 by default? | 1.0
CosineEmbeddingLoss | A margin | Which values are suggested for the margin of CosineEmbeddingLoss? | 0 to 0.5
TripletMarginLoss | A p | Which norm degree does TripletMarginLoss use for pairwise distances by default? | 2
CTCLoss | A blank | What is the blank label of CTCLoss by default? | 0
CrossEntropyLoss | D 7 | Which layer before NLLLoss makes it equal to CrossEntropyLoss? | torch.nn.LogSoftmax
BCEWithLogitsLoss | D | Which layer does BCEWithLogitsLoss combine with BCELoss? | Sigmoid
GRU | A num_layers | How many recurrent layers does a GRU have by default? | 1
LSTM | A batch_first | How are an LSTM's dimensions ordered when batch_first is True? | (batch, seq, feature)
MultiheadAttention | A embed_dim | What is the total dimension of the model called in MultiheadAttention? | embed_dim
Transformer | A d_model | How many features do the inputs of Transformer have by default? | 512
Transformer | A nhead | How many heads does Transformer have by default? | 8
TransformerEncoderLayer | A dim_feedforward | How wide is TransformerEncoderLayer's feedforward part? | 2048
TransformerEncoderLayer | A dropout | What is the default dropout of TransformerEncoderLayer? | 0.1
PairwiseDistance | A p | Which norm degree does PairwiseDistance use by default? | 2
Flatten | A start_dim | Which is the first dimension that Flatten flattens by default? | 1
GLU | A dim | On which dimension does GLU split its input by default? | -1
Hardtanh | A min_val | What is the minimum value of Hardtanh's linear region by default? | -1
Softplus | A threshold | Above which threshold does Softplus revert to a linear function? | 20
RReLU | A lower | What is the default lower bound of the uniform distribution in RReLU? | 1/8
Conv2d | A stride | What is the default stride of Conv2d? | 1
MaxPool2d | A ceil_mode | What does MaxPool2d use instead of floor when ceil_mode is True? | ceil
PReLU | A init | What is the initial value of a in PReLU? | 0.25
LocalResponseNorm | A alpha | What is the default multiplicative factor alpha in LocalResponseNorm? | 0.0001
GroupNorm | D 3 | By what must num_channels be divisible in GroupNorm? | num_groups
EmbeddingBag | A mode | Which mode does EmbeddingBag use by default? | mean
Module | D | What is the base class for all neural network modules? | Module
AdamW | A weight_decay | What is the default weight decay coefficient of AdamW? | 1e-2
AdamW | A betas | Which betas does AdamW use by default? | (0.9, 0.999)
AdamW | D 2 | Which paper describes the algorithm of AdamW? | Decoupled Weight Decay Regularization
Adamax | A lr | What is the default learning rate of Adamax? | 2e-3
Adamax | D | On which norm is Adamax, the variant of Adam, based? | infinity norm
Adagrad | A lr | What is the default learning rate of Adagrad? | 1e-2
Adagrad | A eps | What does Adagrad add to the denominator by default? | 1e-10
LBFGS | A history_size | What is the default history size of LBFGS? | 100
LBFGS | A max_iter | How many iterations does LBFGS make per optimization step at most by default? | 20
LBFGS | A line_search_fn | Which line search can LBFGS use? | strong_wolfe
Muon | A momentum | What is the default momentum factor of Muon? | 0.95
Muon | A ns_steps | How many Newton-Schulz steps does Muon make by default? | 5
Muon | A weight_decay | What is the default weight decay of Muon? | 0.1
NAdam | A momentum_decay | What is the default momentum decay of NAdam? | 4e-3
NAdam | D 2 | Which paper is NAdam taken from? | Incorporating Nesterov Momentum into Adam
RMSprop | A alpha | What is the default smoothing constant of RMSprop? | 0.99
Rprop | A etas | By which factors does Rprop decrease and increase its steps by default? | (0.5, 1.2)
Rprop | A step_sizes | What are the minimal and maximal step sizes of Rprop by default? | (1e-6, 50)
Rprop | D | What does Rprop implement? | resilient backpropagation
SGD | A lr | What is the default learning rate of SGD? | 1e-3
StepLR | A gamma | By which factor does StepLR multiply the learning rate by default? | 0.1
ConstantLR | A total_iters | For how many steps does ConstantLR multiply the learning rate by its factor by default? | 5
LinearLR | A end_factor | With which factor does LinearLR end by default? | 1.0
CyclicLR | A step_size_up | How many iterations has the increasing half of a cycle in CyclicLR by default? | 2000
CyclicLR | A base_momentum | What is the lower momentum boundary of CyclicLR by default? | 0.8
CyclicLR | A mode | Which policy does CyclicLR follow by default? | triangular
ReduceLROnPlateau | A factor | By which factor does ReduceLROnPlateau reduce the learning rate by default? | 0.1
ReduceLROnPlateau | A eps | Below which difference of learning rates does ReduceLROnPlateau ignore an update? | 1e-8
OneCycleLR | A pct_start | For which share of a cycle does OneCycleLR's learning rate rise by default? | 0.3
OneCycleLR | A anneal_strategy | Which annealing strategy does OneCycleLR use by default? | cos
DataLoader | A batch_size | How many samples per batch does DataLoader load by default? | 1
DataLoader | A num_workers | How many subprocesses does DataLoader use by default? | 0
DataLoader | A timeout | What is the default timeout of DataLoader for a batch from its workers? | 0
DataLoader | D | With what does a DataLoader combine a dataset? | sampler
RandomSampler | A replacement | Does RandomSampler draw with replacement by default? | False
"""


@functools.cache
def manual() -> tuple[Passage, ...]:
    """All passages, module by module, class by class."""
    rows = json.loads(_read("manual.json.gz"))
    return tuple(
        Passage(f"manual/{name}/{topic}", name, topic, text, f"{EDITION}, {module}.{name}")
        for name, topic, text, module in rows
    )


@functools.cache
def manual_questions() -> tuple[Question, ...]:
    """Questions with short answers, written by hand. The relation is the kind of passage that answers them."""
    rows = (map(str.strip, line.split("|")) for line in _QUESTIONS.strip().splitlines())
    long = lambda topic: " ".join({"A": "Argument", "D": "Description"}.get(word, word) for word in topic.split())
    return tuple(
        Question(text, (answer,), (f"manual/{name}/{long(topic)}",), long(topic).split()[0], split(name))
        for name, topic, text, answer in rows
    )
