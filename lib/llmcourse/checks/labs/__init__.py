"""The public halves of the exercises: a package for every lab, a module for every exercise.

    <lab>/__init__.py               the letters and shapes of the lab, and `LAB`, which names its exercises in order
    <lab>/<exercise>.py             `EXERCISE`, with the makers of its cases and its probe
    <lab>/<exercise>.safetensors.gz its public cases, written by `python -m grading visible`
    <lab>/cases.py                  what several exercises of the lab share

The private halves are in `grading/exercises`, under the same names.
"""
