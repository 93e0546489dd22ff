"""Instruction tuning: a model learns to do what it is asked.

schema         tasks of Natural Instructions       encodings      how much of a task stands before the input
mixture        66 small tasks, made by programs    templates      P3: a row of a dataset, asked in several ways
chat           conversations, and what is learned  teachers       models and programs that are asked
distillation   Alpaca, Vicuna                      traces         Orca: explanations under system messages
unnatural      three examples in, a fourth out     self_chat      Baize, and Dolly's records
evolve         Evol-Instruct, with elimination     oss            OSS-Instruct from the standard library
metamath       rephrased and backward questions    word_problems  what the last rows are tried on
curriculum     which examples, in which order      imitation      style and facts
diversity      how unlike generated texts are      rouge          how similar two texts are
students       small models, trained here  experiments    what the lecture measures: also small_, model_, imitation_
"""
