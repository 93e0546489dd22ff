"""Instruction tuning: a model learns to do what it is asked.

rouge  how similar two texts are
"""
