"""Checks: what a student is told and what an instructor scores, from one definition of each exercise.

    exercise   what an exercise is                  answer    running an answer on a case
    compare    is a reply right?                    check     all of it, for a notebook
    card       the feedback card                    registry  finding exercises by name
    values     what cases hold, and how it travels  differences   where two values differ, in words
    public_cases   the cases that a student may see

The public halves of the exercises themselves are in `labs`.
"""

from .check import check
from .exercise import Exercise, Lab
from .registry import CheckFailed, drafts, find, lab, labs

__all__ = ["CheckFailed", "Exercise", "Lab", "check", "drafts", "find", "lab", "labs"]
