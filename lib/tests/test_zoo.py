"""The zoo: a row for each model, one engine, four forms. Lengths are odd on purpose."""

import inspect
import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from llmcourse.recurrence import Mixer, engine, zoo
from llmcourse.recurrence.engine import Recurrence, State, chunkwise, parallel, recurrent, step
from llmcourse.recurrence.zoo import ZOO
from safetensors.torch import load_file

REFERENCES = load_file(Path(__file__).parent / "references" / "recurrence.safetensors")
REFERENCED = sorted({name.split("/")[0] for name in REFERENCES})
rows = pytest.mark.parametrize("name", ZOO)


def draw(name, lead=(), L=7, d_k=5, d_v=4, dtype=torch.float64, gate=1.0, seed=0):
    """Random inputs of a row by its name."""
    return zoo.draw(ZOO[name], lead, L, d_k, d_v, torch.Generator().manual_seed(seed), dtype, gate)


def row(name, inputs, state=None):
    """The row, given the state if it takes one (mLSTM)."""
    return ZOO[name](**inputs, **({"state": state} if "state" in inspect.signature(ZOO[name]).parameters else {}))


def mixture(x):
    return (x * torch.cos(torch.arange(x.numel(), dtype=x.dtype)).view(x.shape)).sum()


def everything(name, inputs, form, state=None, **kwargs):
    """Output, state, and the gradients of both: what two forms must agree on."""
    leaves = {n: x.clone().requires_grad_() for n, x in inputs.items()}
    o, after = form(row(name, leaves, state), state, **kwargs)
    gradients = torch.autograd.grad(mixture(o) + mixture(after.S), list(leaves.values()), allow_unused=True)
    return {"o": o, "S": after.S} | {f"gradient of {n}": g for n, g in zip(leaves, gradients) if g is not None}


def assert_close(got, want, tolerance):
    """Largest error in units of the root mean square of the tensor, or of a tenth of the largest in the set."""
    assert got.keys() == want.keys()
    floor = 0.1 * max((x.square().mean().sqrt().item() for x in want.values() if x.numel()), default=1.0)
    for name, x in want.items():
        assert got[name].shape == x.shape, name
        if x.numel():
            error = (got[name] - x).abs().max().item() / max(x.square().mean().sqrt().item(), floor)
            assert error < tolerance, f"{name}: {error:.1e}"


FORMS = {
    "chunkwise": chunkwise,
    "chunks of 16": lambda r, s: chunkwise(r, s, chunk=16, segment=32),
    "chunks of 1": lambda r, s: chunkwise(r, s, chunk=1, segment=8),
    "parallel": parallel,
}


@rows
@pytest.mark.parametrize("L", [1, 7, 64, 100])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_recurrent(name, L, form):
    inputs = draw(name, (2, 3), L)
    assert_close(everything(name, inputs, FORMS[form]), everything(name, inputs, recurrent), 1e-10)


@rows
@pytest.mark.parametrize("lead", [(), (3,), (2, 1, 3)])
def test_any_leading_dimensions(name, lead):
    inputs = draw(name, lead, 21)
    assert_close(everything(name, inputs, chunkwise), everything(name, inputs, recurrent), 1e-10)


@rows
def test_length_zero_leaves_the_state(name):
    for form in (recurrent, chunkwise, parallel):
        before = form(row(name, draw(name, (2,), 5)))[1]
        empty = {n: x[..., :0, :] if x.dim() > 2 else x for n, x in draw(name, (2,), 5).items()}
        o, after = form(row(name, empty, before), before)
        assert o.shape == (2, 0, 4) and torch.equal(after.S, before.S)


@rows
@pytest.mark.parametrize("form", [recurrent, chunkwise], ids=["recurrent", "chunkwise"])
def test_split_and_carry_is_whole(name, form):
    inputs = draw(name, (2, 3), 83)
    whole, end = recurrent(row(name, inputs))
    state, pieces = None, []
    for piece in (slice(0, 40), slice(40, 41), slice(41, 83)):
        cut = {n: x[..., piece, :] if x.dim() > 2 else x for n, x in inputs.items()}
        o, state = form(row(name, cut, state), state)
        pieces.append(o)
    assert_close({"o": torch.cat(pieces, -2), "S": state.S}, {"o": whole, "S": end.S}, 1e-10)


@rows
def test_step_by_step_is_whole(name):
    inputs, state, out = draw(name, (2, 3), 9), None, []
    for t in range(9):
        token = {n: x[..., t : t + 1, :] if x.dim() > 2 else x for n, x in inputs.items()}
        o, state = step(row(name, token, state), state)
        out.append(o)
    assert_close({"o": torch.cat(out, -2)}, {"o": recurrent(row(name, inputs))[0]}, 1e-10)


@rows
@pytest.mark.parametrize("form", [chunkwise, parallel], ids=["chunkwise", "parallel"])
def test_the_future_does_not_leak(name, form):
    inputs = draw(name, (2, 2), 70)
    changed = {
        n: torch.cat([x[..., :40, :], x[..., 40:, :].flip(-2)], -2) if x.dim() > 2 else x for n, x in inputs.items()
    }
    o, other = form(row(name, inputs))[0], form(row(name, changed))[0]
    assert torch.allclose(o[..., :40, :], other[..., :40, :], rtol=0, atol=1e-10 * o.abs().max())
    assert not torch.allclose(o[..., 40:, :], other[..., 40:, :])


@rows
def test_gradcheck(name):
    inputs = {n: x.requires_grad_() for n, x in draw(name, (), 5, 3, 2, seed=3).items()}
    if name == "mlstm":
        inputs["k"] = (3 * inputs["k"].detach()).requires_grad_()  # away from the kink of the maximum

    def call(*values):
        o, state = chunkwise(row(name, dict(zip(inputs, values))), chunk=4)
        return o, state.S

    assert torch.autograd.gradcheck(call, tuple(inputs.values()))


@rows
@pytest.mark.parametrize("gate", [1, 30, 300, 3000])
@pytest.mark.parametrize("form", [recurrent, chunkwise], ids=["recurrent", "chunkwise"])
def test_extreme_gates_stay_finite(name, gate, form):
    """At any logit; mLSTM's input gate only up to 300, because e^i itself is part of its state."""
    if name == "mlstm" and gate > 300:
        gate = 300
    found = everything(name, draw(name, (2,), 130, 8, 8, torch.float32, gate), form)
    assert all(x.isfinite().all() for x in found.values())


@pytest.mark.parametrize("name", ["retnet", "mamba2", "gla", "dfw", "rwkv6", "hgrn2", "gated_deltanet", "gated_rfa"])
@pytest.mark.parametrize("strong", [-0.01, -1, -5, -20, -100])
def test_chunks_are_as_exact_as_the_loop_at_any_decay(name, strong):
    """float32 against a float64 loop. Every third decay is strong, the others weak: sums of log decays that are
    subtracted from each other would lose the weak ones."""
    r = row(name, draw(name, (2,), 256, 16, 16))
    weak = torch.full_like(r.v[..., :1], -0.01)
    g = torch.where(torch.arange(256)[:, None] % 3 == 0, weak * 0 + strong, weak)
    wide = {} if r.gk is None else {"gk": g.expand(*r.gk.shape[:-2], 256, r.gk.shape[-1])}
    wide |= {} if r.gv is None else {"gv": g.expand(r.gv.shape)}
    fields = {n: getattr(r, n) for n in ("q", "k", "v", "beta", "bonus")} | wide
    exact = recurrent(Recurrence(**fields))[0]
    single = {n: x.float() for n, x in fields.items() if x is not None}
    assert_close({"o": chunkwise(Recurrence(**single))[0].double()}, {"o": exact}, 1e-5)


@pytest.mark.parametrize("std", [1, 10, 50, 120])
def test_mlstm_survives_large_input_gates(std):
    inputs = draw("mlstm", (2,), 100, dtype=torch.float64)
    inputs["i"] = inputs["i"] * std
    exact = recurrent(row("mlstm", inputs))[0]
    single = {n: x.float() for n, x in inputs.items()}
    found = everything("mlstm", single, chunkwise)
    assert all(x.isfinite().all() for x in found.values())
    assert_close({"o": found["o"].double()}, {"o": exact}, 1e-3)


@rows
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_state_is_float32_or_better_and_output_is_as_the_input(name, dtype):
    inputs = draw(name, (2,), 33, dtype=dtype)
    o, state = chunkwise(row(name, inputs))
    assert o.dtype == dtype and state.S.dtype == torch.promote_types(dtype, torch.float32)
    exact = recurrent(row(name, {n: x.double() for n, x in inputs.items()}))[0]
    scale = exact.square().mean().sqrt()
    error = (o.double() - exact).square().mean().sqrt() / scale
    assert error < {torch.bfloat16: 2e-2, torch.float32: 1e-5, torch.float64: 1e-10}[dtype]


@rows
def test_arguments_are_not_changed(name):
    inputs = draw(name, (2,), 12)
    state = recurrent(row(name, inputs))[1]
    kept, S = {n: x.clone() for n, x in inputs.items()}, state.S.clone()
    for form in (recurrent, chunkwise, parallel):
        form(row(name, inputs, state), state)
    assert all(torch.equal(x, kept[n]) for n, x in inputs.items()) and torch.equal(state.S, S)


@pytest.mark.parametrize("name", REFERENCED)
@pytest.mark.parametrize("form", [recurrent, chunkwise], ids=["recurrent", "chunkwise"])
def test_row_is_what_others_compute(name, form):
    """The others: fla's naive code, transformers and mlstm_kernels, frozen by references/make_recurrence.py.

    Their delta rules are bare; what DeltaNet does before is tested below.
    """
    own = {n.removeprefix(f"{name}/"): x for n, x in REFERENCES.items() if n.startswith(f"{name}/")}
    leaves = {n.removeprefix("in/"): x.double().requires_grad_() for n, x in own.items() if n.startswith("in/")}
    bare = {"deltanet": zoo.delta_rule, "gated_deltanet": zoo.gated_delta_rule}
    r = bare.get(name, ZOO[name])(**leaves)
    o, state = form(r)
    gradients = torch.autograd.grad(mixture(o), list(leaves.values()))
    found = {"o": o} | {f"gradient/{n}": g for n, g in zip(leaves, gradients)}
    if f"{name}/S" in REFERENCES:
        S = state.S[..., :-1, :] if r.normalised else state.S
        found["S"] = S
    assert_close(found, {n: x.double() for n, x in own.items() if not n.startswith("in/")}, 2e-5)


def test_all_but_two_rows_have_an_outside_reference():
    assert len(REFERENCED) >= 11 and set(REFERENCED) | {"dfw", "gated_rfa"} == set(ZOO)


def test_dfw_is_the_loop_on_the_slide():
    p = draw("dfw", (2,), 9)
    S, out = torch.zeros(2, 4, 5, dtype=torch.float64), []
    for t in range(9):
        alpha, beta = p["a_k"][:, t].sigmoid(), p["a_v"][:, t].sigmoid()
        S = S * torch.einsum("bv,bk->bvk", beta, alpha) + torch.einsum("bv,bk->bvk", p["v"][:, t], p["k"][:, t])
        out.append(torch.einsum("bvk,bk->bv", S, p["q"][:, t]))
    assert torch.allclose(chunkwise(row("dfw", p))[0], torch.stack(out, 1), atol=1e-12)


def test_gated_rfa_is_the_loop_on_the_slide():
    p = draw("gated_rfa", (2,), 9)
    phi = lambda x: F.elu(x) + 1
    S, u, out = torch.zeros(2, 4, 5, dtype=torch.float64), torch.zeros(2, 5, dtype=torch.float64), []
    for t in range(9):
        g, k, q = p["a"][:, t].sigmoid(), phi(p["k"][:, t]), phi(p["q"][:, t])
        S = g[..., None] * S + (1 - g)[..., None] * torch.einsum("bv,bk->bvk", p["v"][:, t], k)
        u = g * u + (1 - g) * k
        out.append(torch.einsum("bvk,bk->bv", S, q) / (u * q).sum(-1, keepdim=True))
    assert torch.allclose(chunkwise(row("gated_rfa", p))[0], torch.stack(out, 1), atol=1e-5)


def test_mlstm_without_its_stabiliser_is_the_slide_with_the_absolute_value():
    p = draw("mlstm", (2,), 9)
    S, u, out = torch.zeros(2, 4, 5, dtype=torch.float64), torch.zeros(2, 5, dtype=torch.float64), []
    for t in range(9):
        f, i, k, q = p["f"][:, t].sigmoid(), p["i"][:, t].exp(), p["k"][:, t], p["q"][:, t]
        S = f[..., None] * S + i[..., None] * torch.einsum("bv,bk->bvk", p["v"][:, t], k)
        u = f * u + i * k
        out.append(torch.einsum("bvk,bk->bv", S, q) / (u * q).sum(-1, keepdim=True).abs().clamp(min=1))
    assert torch.allclose(chunkwise(row("mlstm", p))[0], torch.stack(out, 1), atol=1e-10)


@pytest.mark.parametrize("name", ["deltanet", "gated_deltanet"])
def test_deltanet_is_the_published_layer(name):
    """q = SiLU(q) / |SiLU(q)|, k likewise, v = SiLU(v): fla's layer without its short convolution, token by token."""
    p = draw(name, (2,), 9)
    S, out = torch.zeros(2, 4, 5, dtype=torch.float64), []
    for t in range(9):
        q, k, v = (p[n][:, t] * p[n][:, t].sigmoid() for n in ("q", "k", "v"))
        q, k = (x / x.square().sum(-1, keepdim=True).sqrt() for x in (q, k))
        beta = p["b"][:, t].sigmoid()
        S = S * p["a"][:, t, :, None].sigmoid() if "a" in p else S
        held = torch.einsum("bvk,bk->bv", S, k)
        S = S + torch.einsum("bv,bk->bvk", beta * (v - held), k)
        out.append(torch.einsum("bvk,bk->bv", S, q))
    assert torch.allclose(chunkwise(row(name, p))[0], torch.stack(out, 1), atol=1e-12)


def test_delta_rule_replaces_what_linear_attention_piles_up():
    """The same key written twice: the delta rule with beta = 1 holds only the second value."""
    k = F.normalize(torch.randn(1, 3, generator=torch.Generator().manual_seed(0)), dim=-1).expand(2, 3)
    v = torch.tensor([[1.0, 2.0], [5.0, -1.0]])
    strong = torch.full((2, 1), 50.0)
    assert torch.allclose(chunkwise(zoo.delta_rule(k, k, v, strong))[0][-1], v[1], atol=1e-5)
    assert torch.allclose(chunkwise(zoo.linear(k, k, v))[0][-1], v.sum(0), atol=1e-5)


def test_cost_is_linear_in_length():
    """Counted, not timed: bytes that the operators allocate, forward and backward, for twice the length."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Bytes(TorchDispatchMode):
        total = 0

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            result = function(*args, **(kwargs or {}))
            for x in result if isinstance(result, tuple | list) else (result,):
                self.total += x.nbytes if isinstance(x, torch.Tensor) else 0
            return result

    def cost(name, form, L):
        inputs = {n: x.requires_grad_() for n, x in draw(name, (), L, 4, 4, torch.float32).items()}
        with Bytes() as counted:
            form(row(name, inputs))[0].sum().backward()
        return counted.total

    for name in ("linear", "norm", "retnet", "gla", "deltanet", "dfw"):
        for form in (recurrent, chunkwise):
            assert cost(name, form, 1024) / cost(name, form, 512) < 2.2, (name, form)
        assert cost(name, parallel, 2048) / cost(name, parallel, 1024) > 3


def test_delta_rule_with_channel_decay_says_what_to_do():
    x = torch.randn(5, 3)
    with pytest.raises(NotImplementedError, match="use recurrent"):
        chunkwise(Recurrence(x, x, x, gk=-x.exp(), beta=torch.ones(5, 1)))


def test_retnet_decays_are_the_papers():
    r = zoo.retnet(*torch.randn(3, 4, 6, 2))
    assert r.gk.exp().flatten().tolist() == pytest.approx([1 - 2.0 ** (-5 - h) for h in range(4)])


def test_state_is_a_tuple_that_adds_nothing_where_there_is_no_m():
    assert State(torch.zeros(1)).m is None and math.isclose(engine.SMALLEST, -40)


@rows
def test_every_row_is_a_mixer(name):
    """In one piece, and in two with the state carried over; gates that keep start so, and parameters get gradients."""
    torch.manual_seed(0)
    mixer = Mixer(16, ZOO[name], heads=2)
    x = torch.randn(2, 40, 16)
    whole, _ = mixer(x)
    first, state = mixer(x[:, :39])
    second, _ = mixer(x[:, 39:], state)
    assert torch.allclose(torch.cat([first, second], 1), whole, atol=1e-5)
    whole.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in mixer.parameters())
    r = mixer.recurrence(x)
    if r.gk is not None and name not in ("mlstm", "mamba", "s4", "retnet"):
        assert r.gk.exp().mean() > 0.6
