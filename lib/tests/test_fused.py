"""The GPU kernels are the engine and the scan. Without a GPU they run through Triton's interpreter.

Lengths are odd on purpose, and so are channels. Skipped where Triton is not installed.
"""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from llmcourse import runtime, triton_language
from llmcourse.mamba import scan
from llmcourse.recurrence import engine, zoo
from llmcourse.recurrence.zoo import ZOO

LIB = Path(__file__).parents[1]
with_triton = pytest.mark.skipif(
    not triton_language.installed(), reason="Triton is not installed, which the kernels are written in"
)
ROWS = ("linear", "norm", "mamba2", "mlstm", "gla", "hgrn2")  # no decay, one, one per channel; a normaliser, a floor


@pytest.fixture(scope="module")
def chunks():
    """The engine's chunks as kernels, of 16 tokens."""
    from llmcourse.recurrence import fused

    return partial(fused.chunkwise, chunk=16)


@pytest.fixture(scope="module")
def fused_scan():
    from llmcourse.mamba import fused

    return fused.selective_scan


def mixture(x):
    weights = torch.cos(torch.arange(x.numel(), dtype=torch.float64, device=x.device))
    return (x.double() * weights.view(x.shape)).sum()


def gradients(outputs, leaves):
    found = torch.autograd.grad(sum(map(mixture, outputs)), list(leaves), allow_unused=True)
    return [x.detach() for x in (*outputs, *found) if x is not None]


def of_row(name, inputs, form, state=None):
    """Output, state and gradients, with respect to the state too if there is one."""
    device = runtime.device()
    leaves = {n: x.detach().to(device).requires_grad_() for n, x in inputs.items()}
    start = None if state is None else engine.State(state.to(device).requires_grad_())
    o, after = form(ZOO[name](**leaves), start)
    return gradients([o, after.S], [*leaves.values(), *([] if start is None else [start.S])])


def of_scan(form, inputs):
    leaves = [z.detach().to(runtime.device()).requires_grad_() for z in inputs]
    return gradients(form(*leaves), leaves)


def assert_close(got, want, tolerance):
    """Largest error in units of the root mean square of the tensor, or of a tenth of the largest in the set."""
    floor = 0.1 * max(x.double().square().mean().sqrt().item() for x in want)
    for a, b in zip(got, want, strict=True):
        assert a.shape == b.shape
        error = (a.double() - b.double()).abs().max().item() / max(b.double().square().mean().sqrt().item(), floor)
        assert error < tolerance, f"{tuple(b.shape)}: {error:.1e}"


def draw(name, L=35, dtype=torch.float32, gate=1.0):
    return zoo.draw(ZOO[name], (1,), L, 5, 6, torch.Generator().manual_seed(0), dtype, gate)


def scanned(L=37, D=18, N=3, dtype=torch.float32, steps=1.0):
    """x, dt, A, B, C, D and a state."""
    g = torch.Generator().manual_seed(0)
    randn = lambda *shape: torch.randn(*shape, generator=g)
    inputs = [randn(L, D), steps * F.softplus(randn(L, D) - 1), -randn(D, N).exp(), randn(L, N), randn(L, N), randn(D)]
    return [z.to(dtype) if i in (0, 1, 3, 4) else z for i, z in enumerate(inputs)] + [randn(D, N)]


# ------------------------------------------------------------------ chunks


@with_triton
@pytest.mark.parametrize("name", ROWS)
def test_the_kernels_are_the_engine(chunks, name):
    inputs = draw(name)
    exact = of_row(name, {n: x.double() for n, x in inputs.items()}, engine.recurrent)
    assert_close(of_row(name, inputs, chunks), exact, 2e-5)


@with_triton
@pytest.mark.parametrize("L", [1, 16])
def test_short_lengths_and_whole_chunks(chunks, L):
    for name in ("mamba2", "gla"):
        assert_close(of_row(name, draw(name, L), chunks), of_row(name, draw(name, L), engine.chunkwise), 2e-5)


@with_triton
@pytest.mark.parametrize("name", ["mamba2", "gla", "hgrn2"])
def test_extreme_gates_are_as_exact(chunks, name):
    """Gates that are open or shut. A shut one leaves no rounding behind in its own gradient."""
    inputs = draw(name, gate=300)
    exact = of_row(name, {n: x.double() for n, x in inputs.items()}, engine.recurrent)
    assert_close(of_row(name, inputs, chunks), exact, 2e-5)


@with_triton
@pytest.mark.parametrize("strong", [-5, -100])
def test_a_weak_decay_after_a_strong_one_keeps_its_digits(chunks, strong):
    g = torch.where(torch.arange(48)[:, None] % 3 == 0, strong, -0.01)
    q, k, v = torch.randn(3, 48, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for width in (1, 8):
        r = engine.Recurrence(q, k, v, gk=g.double().expand(48, width))
        single = engine.Recurrence(*(x.float().to(runtime.device()) for x in (q, k, v, r.gk)))
        assert_close([chunks(single)[0].cpu()], [engine.recurrent(r)[0]], 1e-5)


@with_triton
@pytest.mark.parametrize("name", ["mamba2", "gla"])
def test_a_given_state_is_continued(chunks, name):
    """Split and carry is whole, and the first state has a gradient."""
    inputs, S = draw(name, 21), torch.randn(1, 6, 5, generator=torch.Generator().manual_seed(1))
    want = of_row(name, inputs, engine.chunkwise, S)
    assert_close(of_row(name, inputs, chunks, S), want, 2e-5)
    cut = lambda part: {n: x[..., part, :] if x.dim() > 2 else x for n, x in inputs.items()}
    first, state, *_ = of_row(name, cut(slice(0, 10)), chunks, S)
    second, state, *_ = of_row(name, cut(slice(10, 21)), chunks, state)
    assert_close([torch.cat([first, second], -2), state], want[:2], 2e-5)


@with_triton
@pytest.mark.parametrize("name", ["mamba2", "gla"])
def test_the_future_does_not_leak(chunks, name):
    inputs = draw(name, 33)
    changed = {
        n: torch.cat([x[..., :20, :], x[..., 20:, :].flip(-2)], -2) if x.dim() > 2 else x for n, x in inputs.items()
    }
    (o, *_), (other, *_) = of_row(name, inputs, chunks), of_row(name, changed, chunks)
    assert torch.equal(o[..., :20, :], other[..., :20, :]) and not torch.allclose(o[..., 20:, :], other[..., 20:, :])


@with_triton
@pytest.mark.parametrize("name", ["mamba2", "gla"])
def test_sums_are_float32_in_bfloat16(chunks, name):
    inputs = draw(name, 33, torch.bfloat16)
    o, S, *rest = of_row(name, inputs, chunks)
    assert o.dtype == torch.bfloat16 and S.dtype == torch.float32 and all(x.isfinite().all() for x in rest)
    exact = of_row(name, {n: x.double() for n, x in inputs.items()}, engine.recurrent)
    assert_close([o, S], exact[:2], 5e-2)
    assert_close(rest, exact[2:], 1e-1)


@with_triton
@pytest.mark.parametrize("name", ["deltanet", "dfw", "rwkv6"])
def test_what_has_no_kernel_is_refused(chunks, name):
    with pytest.raises(NotImplementedError, match="engine's chunkwise"):
        chunks(ZOO[name](**draw(name)))


# ------------------------------------------------------------------ the selective scan


@with_triton
@pytest.mark.parametrize(("L", "steps"), [(1, 1), (37, 1), (37, 300)])
def test_the_kernel_is_the_scan(fused_scan, L, steps):
    """With a skip and a given state; steps of 300 leave nothing of the past."""
    inputs = scanned(L, steps=steps)
    assert_close(of_scan(fused_scan, inputs), of_scan(scan.sequential, [z.double() for z in inputs]), 2e-5)


@with_triton
def test_a_scan_can_be_continued_and_does_not_see_the_future(fused_scan):
    x, dt, A, B, C, D, h = (z.to(runtime.device()) for z in scanned(35))
    y, end = fused_scan(x, dt, A, B, C, D, h)
    first, middle = fused_scan(x[:20], dt[:20], A, B[:20], C[:20], D, h)
    second, last = fused_scan(x[20:], dt[20:], A, B[20:], C[20:], D, middle)
    assert torch.equal(first, y[:20])
    assert_close([second, last], [y[20:], end], 1e-5)


@with_triton
def test_a_scan_in_bfloat16_has_a_state_in_float32(fused_scan):
    inputs = scanned(20, dtype=torch.bfloat16)
    y, h, *rest = of_scan(fused_scan, inputs)
    assert (y.dtype, h.dtype) == (torch.bfloat16, torch.float32)
    exact = of_scan(scan.sequential, [z.double() for z in inputs])
    assert_close([h], exact[1:2], 1e-5)
    assert_close([y, *rest], [exact[0], *exact[2:]], 5e-2)


# ------------------------------------------------------------------ triton


def python(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=LIB,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(LIB), *filter(None, sys.path)])} | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_topics_imports_no_triton():
    assert (
        python("import sys, llmcourse.recurrence, llmcourse.mamba; print('triton.language' in sys.modules)")
        == "False\n"
    )


@with_triton
@pytest.mark.skipif(torch.cuda.is_available(), reason="with a GPU nothing is interpreted")
def test_kernels_are_interpreted_even_if_triton_was_imported_before():
    """As by torch's counter of operations, with which lecture 08 begins."""
    code = "import triton.language, torch; from llmcourse.mamba import fused\n"
    code += "x, A, B = torch.ones(3, 2), -torch.ones(2, 4), torch.ones(3, 4)\n"
    code += "print(fused.selective_scan(x, x, A, B, B)[0].shape)"
    assert python(code, TRITON_INTERPRET="") == "torch.Size([3, 2])\n"


def test_without_triton_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setattr(triton_language.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install triton"):
        triton_language.language()
