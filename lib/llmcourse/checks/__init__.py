"""Checks: what a student is told, and what an instructor counts, from one definition of each exercise.

    exercise   what an exercise is                  answer    running an answer on a case
    compare    is a reply right?                    visible   the cases that a student may see
    card       the feedback card                    check     all of it, for a notebook
    registry   finding exercises by name            values    what cases hold, and how it travels
    differences  where two values differ, in words

Every other module here is one lab: the public half of its exercises.
"""

from .check import check
from .exercise import Exercise, Lab
from .registry import CheckFailed, find, lab, labs

__all__ = ["CheckFailed", "Exercise", "Lab", "check", "find", "lab", "labs"]
