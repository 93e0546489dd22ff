"""Answers that leave the work to a library earn nothing: each is graded, in a sandbox, as a submission."""

import ast
import inspect
import textwrap

import nbformat
import pytest
import torch
from llmcourse.checks import find, labs
from llmcourse.checks.check import absent
from llmcourse.checks.imports import refused
from llmcourse.course import topics

from grading import paths
from grading.authoring.mutation_test import earned
from grading.exercises import home, private, solutions
from grading.running import autograde, sandbox

CALLS = [(e.name, call) for lab in labs() for e in lab.exercises for call in private(e.name).library_calls]
LABS = list(dict.fromkeys(find(name)[0].slug for name, _ in CALLS))


def packages(text: str) -> set[str]:
    """What a source imports."""
    found = set()
    for node in ast.walk(ast.parse(textwrap.dedent(text))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        found |= {name for name in (*names, node.module if isinstance(node, ast.ImportFrom) else "") if name}
    return found


@pytest.mark.parametrize("name, call", CALLS, ids=lambda x: getattr(x, "__name__", x))
def test_a_library_call_is_right_and_its_package_is_absent_from_the_lab(name, call):
    lab, exercise = find(name)
    torch.set_num_threads(1)
    assert earned(exercise, call, 0).points > 0, "it does not hold the answer"
    used = {module.partition(".")[0] for module in packages(inspect.getsource(call))}
    assert used and used <= set(lab.deny)
    assert set(refused(lab, call)) == used and used & set(absent(lab, call).split("`"))


@pytest.mark.parametrize("lab", labs(), ids=lambda lab: lab.slug)
def test_what_a_reference_takes_from_the_course_is_absent_from_its_lab(lab):
    for exercise in lab.exercises:
        module = inspect.getsource(__import__(f"{home(lab)}.{exercise.module}", fromlist=["_"]))
        used = {name.split(".")[1] for name in packages(module) if name.startswith("llmcourse.")}
        assert not used & set(lab.allow) and used <= {*topics(), "checks"}


@pytest.mark.parametrize("lab", labs(), ids=lambda lab: lab.slug)
def test_no_right_answer_is_refused(lab):
    for exercise in lab.exercises:
        answers = (solutions.answer(lab, exercise.name), *private(exercise.name).variants)
        assert not [name for answer in answers for name in refused(lab, answer) if "llmcourse" not in name]


def test_what_an_answer_may_use():
    lab, scope = find("quadratic-map")[0], {}
    source = """
import math, re, numpy, torch, functools
from torch.nn import functional as F
import sklearn.metrics, matplotlib.pyplot as plt
from sklearn.metrics import ndcg_score
def fine(x): return F.softmax(torch.tensor(math.pi) * numpy.pi) if re else x
def module(x): return sklearn.metrics.ndcg_score(x)
def function(x): return [ndcg_score(y) for y in x]
def inside(x):
    from llmcourse import recurrence
    import yaml
    return recurrence
def helper(x): return module(x)
def through_a_helper(x): return (lambda y: helper(y))(x)
def closed(f):
    def inner(x): return f(x)
    return inner
in_a_closure, partial = closed(ndcg_score), functools.partial(module, 1)
class Model(torch.nn.Module):
    def forward(self, x): return plt.plot(x)
def made(x): return Model()(x)
"""
    exec(source, scope)
    told = {name: refused(lab, scope[name]) for name in scope if callable(scope[name])}
    assert told["fine"] == []
    assert all(told[n] == ["sklearn"] for n in ("module", "function", "through_a_helper", "in_a_closure", "partial"))
    assert told["inside"] == ["llmcourse.recurrence", "yaml"] and told["made"] == ["matplotlib"]


@pytest.mark.slow
@pytest.mark.skipif(sandbox.kind() == "none", reason="no sandbox here")
@pytest.mark.parametrize("slug", LABS)
def test_library_calls_earn_nothing(slug, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_GRADING", str(tmp_path))
    here = [(name, call) for name, call in CALLS if find(name)[0].slug == slug]
    while here:
        tried, notebook = dict(here), nbformat.read(paths.solution(slug), 4)
        here = [(name, call) for name, call in here if tried[name] is not call]
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = solutions.as_answer(name, tried[name]) if name in tried else cell.source
        graded = autograde.grade_submission(nbformat.writes(notebook).encode(), slug, "eve")
        assert graded.status == "graded", graded.reason
        wrong = {e.name: e.points for e in graded.exercises if e.points != (0 if e.name in tried else e.maximum)}
        assert not wrong
