"""The cases in a topic's `agreement` module give the same results on a GPU as on the CPU. Not every topic has one."""

import importlib

import pytest
import torch
from llmcourse import course, dependencies

on_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
FOUND = [name for name in dict.fromkeys(m.agreement for m in course.MODULES) if dependencies.module_file(name)]
LISTED = {name.split(".")[1]: importlib.import_module(name).cases() for name in FOUND}
CASES = {f"{topic}: {name}": case for topic, cases in LISTED.items() for name, case in cases.items()}


def test_cases_are_found():
    assert {"llmcourse.recurrence.agreement", "llmcourse.mamba.agreement"} <= set(FOUND) and len(CASES) > 40


@pytest.mark.parametrize("name", CASES)
def test_every_case_can_be_compared(name):
    """Even without a GPU: its values are finite, and it runs on the device it is given.

    "meta" is a device without values, where a tensor that a form creates on the CPU by mistake cannot mix with others.
    """
    found = CASES[name]("cpu")
    assert len(found) > 1 and all(x.dtype == torch.float64 and x.isfinite().all() for x in found)
    assert [(x.shape, x.is_meta) for x in CASES[name]("meta")] == [(x.shape, True) for x in found]


@on_a_gpu
@pytest.mark.parametrize("name", CASES)
def test_a_gpu_and_the_cpu_agree(name):
    for on_cpu, on_gpu in zip(CASES[name]("cpu"), CASES[name]("cuda"), strict=True):
        assert on_gpu.device.type == "cuda"
        assert torch.allclose(on_gpu.cpu(), on_cpu, rtol=1e-8, atol=1e-8 * on_cpu.abs().max().item())
