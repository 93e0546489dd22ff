"""Bootstrapping: a model draws, something checks, and the model learns from what passed.

em            the bound, the gap, both steps, exactly: for outputs that can be enumerated
rest          ReST-EM, Algorithm 1                   star   rationales, and rationalisation with a hint
rft           different right paths                  stop   a program that improves programs, applied to itself
self_instruct tasks that a language model makes up
writer        the small model of the experiments     problems  what it is asked
sandbox       generated programs, bounded            experiments  the records of lecture 05

`rouge`, how alike two texts are, is the one of `llmcourse.instructions`.
"""

from llmcourse.instructions import rouge as rouge
