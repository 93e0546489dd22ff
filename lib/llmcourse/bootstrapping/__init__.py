"""Bootstrapping: a model draws, something checks, and the model learns from what passed.

em            the bound, the gap and both steps, exact for outputs that can be enumerated
rest          ReST-EM, Algorithm 1                   star   rationales, and rationalisation with a hint
rft           different right paths                  stop   a program that improves programs, applied to itself
self_instruct tasks that a language model makes up
writer        the small model of the experiments     problems  what it is asked
sandbox       runs generated programs within limits  experiments  the records of lecture 05

`rouge`, the similarity of two texts, is that of `llmcourse.instructions`.
"""

from llmcourse.instructions import rouge as rouge
