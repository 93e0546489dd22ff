"""The benchmark's machinery, on sequences of 64 tokens. Nothing here depends on measured times."""

import importlib
import inspect
import mmap
import subprocess
import sys

import pytest
import torch
from llmcourse import course, runtime
from llmcourse.recurrence.engine import chunkwise, recurrent
from llmcourse.recurrence.zoo import ZOO

from lib.bench import __main__ as command
from lib.bench import machine, measure, report
from lib.bench import recurrence as run
from lib.bench.zoo import Case, cases, decoders, draw

L = 64
on_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
INSTALLED = [c for c in cases() if c.run]


@pytest.fixture(autouse=True)
def one_thread():
    """One thread, like the benchmark itself: on a busy machine two threads wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("case", INSTALLED, ids=lambda c: c.name)
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=on_a_gpu)])
def test_every_case_computes_what_it_is_compared_with(case, device):
    inputs = draw(case.row, L, device=device)
    o = case.run(**case.prepare(inputs))
    if case.name.startswith("SDPA"):
        assert o.shape == inputs["v"].shape  # the one that answers another question
        return
    want = recurrent(ZOO[case.row](**inputs))[0]
    o = o if o.shape == want.shape else o.transpose(1, 2)
    assert (o - want).abs().max() < 1e-4 * want.abs().max()


def peak(call):
    found = measure.peak_bytes(call)
    if found is None:
        pytest.skip("this system does not say how much memory a process had at most")
    return found


def test_peak_bytes_are_those_alive_at_once():
    x = torch.ones(16, 2**20, device=runtime.device())  # 64 MB
    assert peak(lambda: (x + 1) + (x + 2)) == pytest.approx(3 * x.nbytes, rel=0.05)


def test_peak_bytes_are_not_those_of_files(tmp_path):
    """Such as the code that a call runs: with Python 3.13 and torch for CUDA it was 15 per cent of the test above."""
    x, path = torch.ones(4, 2**20, device=runtime.device()), tmp_path / "library.so"
    path.write_bytes(bytes(32 << 20))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as library:
        assert peak(lambda: (library.find(b"x"), x + 1)) == pytest.approx(x.nbytes, rel=0.1)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it is about the heap of glibc")
@pytest.mark.skipif(torch.cuda.is_available(), reason="with a GPU, torch's own allocator counts")
def test_peak_bytes_count_what_the_c_library_had_free():
    """Free memory at the end of a heap that cannot grow in place stays resident; a call would reuse it unnoticed."""
    script = """
        import ctypes, mmap, torch
        from lib.bench.measure import peak_bytes
        libc = ctypes.CDLL(None)
        libc.sbrk.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
        x, end = torch.ones(4, 2**20), libc.sbrk(0)
        torch.empty(28 << 20, dtype=torch.uint8)  # from now on blocks up to this size come from the heap
        MAP_FIXED_NOREPLACE = 0x100000
        at = end + -end % mmap.PAGESIZE
        libc.mmap(at, mmap.PAGESIZE, mmap.PROT_READ, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0)
        blocks = [torch.ones(20 << 20, dtype=torch.uint8) for _ in range(3)]
        blocks.pop()
        print(peak_bytes(lambda: x + 1) / x.nbytes)
        """
    run = subprocess.run([sys.executable, "-c", inspect.cleandoc(script)], capture_output=True, text=True, check=True)
    assert float(run.stdout.splitlines()[-1]) == pytest.approx(1, rel=0.05)


def test_arithmetic_counts_products_and_exponentials():
    a = torch.ones(8, 16)
    assert measure.arithmetic(lambda: (a @ a.mT).exp()) == (2 * 8 * 16 * 8, 64)


def test_a_page_says_what_was_measured_and_what_was_not(monkeypatch):
    monkeypatch.setattr(report, "AT", L)
    monkeypatch.setattr(measure, "peak_bytes", lambda call: 1000 * (call() is not None))  # a fork per call is slow here
    monkeypatch.setattr(measure, "seconds", lambda call, repeat=1: 0.001 * (call() is not None))
    results, rows = {}, [c for c in INSTALLED if c.row in ("linear", "gla") or c.name.endswith("chunkwise")]
    for size in (L // 4, L):
        run.measure_size(size, [c for c in rows if not c.peer], results, rounds=2)
    assert len(results["SDPA, causal", L].both) == 2
    decoding = {L: run.measure_decoding(L)}
    gone = Case("somebody's code", "linear", None, peer=True)
    monkeypatch.setattr(report, "SIZES", (L,))
    limits = machine.Limits(1e11, 1e10, 1e9)
    text = report.page([*rows[:2], gone], results, decoding, limits, "cpu", 1.0, "0.0")
    assert "somebody's code | not installed" in text and "| linear, chunkwise |" in text
    assert "never quadratic in memory" in text and set(decoding[L]) == set(decoders(L))


def test_a_kernel_has_targets_of_its_own(monkeypatch):
    monkeypatch.setattr(report, "AT", L)
    results = {(report.SDPA, L): run.Result([4.0]), ("linear, kernel", L): run.Result([1.0])}
    results["fla kernel linear attention", L] = run.Result([0.5])
    assert report._faster("", results, "linear", "forward", 4, "kernel") == ("", "4.0 x", True)
    peer = report.KERNELS["linear"][1]
    assert report._peer("", results, "linear", peer, "forward", 1 / 1.5, "kernel") == ("", "0.50 x its speed", False)


def test_kernels_are_not_timed_in_the_interpreter():
    kernels = [c for c in cases() if "kernel" in c.name]
    assert len(kernels) == 7 and (torch.cuda.is_available() or not any(c.run for c in kernels))
    assert all("takes a GPU" in c.lacks for c in kernels)


def test_a_method_stops_after_its_first_size_over_ten_seconds():
    case = Case("slow", "linear", lambda **x: x["q"])
    seen = {("slow", 1024): run.Result([1.0], [11.0])}
    assert run._over(seen, case, 4096, "both") and not run._over(seen, case, 4096, "forward")


def test_time_from_the_row_includes_its_state_and_gates():
    inputs = draw("mamba2", L)
    assert set(inputs) == {"q", "k", "v", "a", "A"}
    assert torch.isfinite(chunkwise(ZOO["mamba2"](**inputs))[0]).all()


def test_benchmarks_are_found_by_their_topics(monkeypatch):
    found = command.found()
    assert {"adapters", "recurrence", "mamba"} <= set(found) and found == sorted(found, key=course.topics().index)
    others = {"__init__", "__main__", "machine", "measure", "report", "zoo"}
    assert {path.stem for path in command.FOLDER.glob("*.py")} - others == set(command.found()) <= set(course.topics())
    for module in course.MODULES:
        assert module.bench.rpartition(".")[2] == module.topic
    called = []
    monkeypatch.setattr(command.subprocess, "call", lambda words: called.append(words[2:]) or int("mamba" in words[2]))
    assert command.main(["all"]) == 1 and called == [[f"lib.bench.{topic}"] for topic in command.found()]
    assert command.main(["recurrence", "cuda"]) == 0 and called[-1] == ["lib.bench.recurrence", "cuda"]
    with pytest.raises(SystemExit):
        command.main(["recurence"])  # codespell:ignore recurence


@pytest.mark.parametrize("topic", command.found())
def test_a_benchmark_can_be_started(topic):
    module = importlib.import_module(f"lib.bench.{topic}")
    assert callable(module.main) and 'if __name__ == "__main__"' in inspect.getsource(module)


def test_sparse_attention_is_compared_with_layers_of_the_same_weights():
    """Our Longformer gives what transformers' gives; BigBird draws other blocks, but has as many pairs."""
    from lib.bench import attention

    L = 768
    forms = attention.forms(L)
    out = {name: form(*inputs).detach() for name, (form, inputs) in forms.items()}
    assert torch.allclose(out[attention.LONGFORMER], out[attention.THEIR_LONGFORMER], atol=1e-5)
    assert out[attention.BIGBIRD].shape == out[attention.THEIR_BIGBIRD].shape == (1, L, attention.H * attention.D)
    assert torch.allclose(out[attention.BIGBIRD][:, :64], out[attention.THEIR_BIGBIRD][:, :64], atol=1e-5)  # see all
    found = attention.run((L,), rounds=1)
    assert {len(times) for times in found.values()} == {1} and len(found) == 2 * len(forms)
    tokens = attention.decoding((300, 600))
    page = attention.page(found, 10**9, tokens, machine.Limits(1e11, 1e10, 1e9), 1.0, "idle")
    assert page.count("| reached |") + page.count("**not reached**") == 9


def test_graphs_are_read_asked_and_reasoned_on_as_by_their_peers():
    """At small sizes; the functions raise where two disagree. torch_geometric is no package of the course."""
    from lib.bench import knowledge

    steps = knowledge.steps(4)
    assert len({round(step(), 4) for step in steps.values()}) == 1
    read = knowledge.reading((20, 200))
    assert [(r.name, r.lines) for r in read][2:] == [("n_triples", 200), ("pyoxigraph alone", 200)]
    asked = knowledge.asking(2000, 400, 10)
    assert {len(times) for times in asked.values()} == {10}
    page = knowledge.page(read, asked, knowledge.reasoning(1), 1.0, "idle")
    assert page.count("| reached |") + page.count("**not reached**") + page.count("| not measured |") == 4
