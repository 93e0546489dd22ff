"""Linear attention and feature maps: every form equals the definition, which with e^(q.k) is softmax attention."""

import pytest
import torch
import torch.nn.functional as F
from llmcourse.recurrence import ZOO, chunkwise, feature_maps, kernels, linear
from llmcourse.recurrence.feature_maps import RandomFeatures, elu_plus_one, exponential

FORMS = {"recurrent": linear.recurrent, "parallel": linear.parallel}


def draw(*lead, L=9, d_k=5, d_v=3, seed=0, dtype=torch.float64):
    g = torch.Generator().manual_seed(seed)
    q, k, v = (torch.randn(*lead, L, d, generator=g, dtype=torch.float64) for d in (d_k, d_k, d_v))
    return elu_plus_one(q).to(dtype), elu_plus_one(k).to(dtype), v.to(dtype)


def with_gradients(form, inputs, **kwargs):
    leaves = [x.clone().requires_grad_() for x in inputs]
    z, state = form(*leaves, **kwargs)
    loss = sum((x * torch.cos(torch.arange(x.numel(), dtype=x.dtype)).view(x.shape)).sum() for x in (z, *state))
    return [z, *state, *torch.autograd.grad(loss, leaves)]


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("lead", [(), (2,), (2, 1, 3)])
@pytest.mark.parametrize("L", [1, 2, 33])
def test_parallel_is_recurrent(lead, L, normalise):
    inputs = draw(*lead, L=L)
    for a, b in zip(*(with_gradients(form, inputs, normalise=normalise) for form in FORMS.values())):
        assert torch.allclose(a, b, atol=1e-10)


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_causal_form_is_pairs_under_a_mask(form, normalise):
    inputs = draw(2)
    assert torch.allclose(form(*inputs, normalise=normalise)[0], linear.pairs(*inputs, True, normalise), atol=1e-12)


@pytest.mark.parametrize("normalise", [True, False])
def test_brackets_are_pairs(normalise):
    inputs = draw(2, 3)
    assert torch.allclose(linear.brackets(*inputs, normalise)[0], linear.pairs(*inputs, False, normalise), atol=1e-12)


def test_exponential_weights_are_softmax_attention():
    """With e^(q.k) as the weight, the definition is what torch computes."""
    q, k, v = torch.randn(3, 2, 7, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    weights = (q @ k.mT).exp()
    eye = torch.eye(7, dtype=torch.float64).expand(2, 7, 7)
    ours = linear.pairs(weights, eye, v, causal=True)
    assert torch.allclose(ours, F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=1.0), atol=1e-5)


def test_random_features_converge_to_the_exponential():
    g = torch.Generator().manual_seed(0)
    q, k = 0.3 * torch.randn(2, 20, 4, generator=g, dtype=torch.float64)
    exact = (q @ k.T).exp()

    def error(m):
        draws = [RandomFeatures(4, m, g) for _ in range(100)]
        return torch.stack([phi(q) @ phi(k).T - exact for phi in draws]).square().mean().sqrt()

    assert error(64) / error(1024) == pytest.approx(4, rel=0.25)  # falls as 1 / sqrt(m)
    mean = torch.stack([(phi := RandomFeatures(4, 256, g))(q) @ phi(k).T for _ in range(200)]).mean(0)
    assert torch.allclose(mean, exact, rtol=0.05)  # unbiased


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_split_and_carry_is_whole(form):
    q, k, v = draw(2, L=20)
    whole, end = form(q, k, v)
    first, state = form(q[:, :7], k[:, :7], v[:, :7])
    second, state = form(q[:, 7:], k[:, 7:], v[:, 7:], state)
    assert torch.allclose(torch.cat([first, second], 1), whole, atol=1e-12)
    assert torch.allclose(state.S, end.S) and torch.allclose(state.u, end.u)


def test_steps_are_the_recurrence():
    q, k, v = draw(2, L=6)
    state, out = None, []
    for t in range(6):
        z, state = linear.step(q[:, t], k[:, t], v[:, t], state)
        out.append(z)
    assert torch.allclose(torch.stack(out, 1), linear.recurrent(q, k, v)[0], atol=1e-12)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_future_does_not_leak(form):
    q, k, v = draw(2, L=10)
    other = form(*(torch.cat([x[:, :6], x[:, 6:].flip(1)], 1) for x in (q, k, v)))[0]
    assert torch.equal(form(q, k, v)[0][:, :6], other[:, :6])


@pytest.mark.parametrize("form", [*FORMS.values(), linear.brackets], ids=[*FORMS, "brackets"])
def test_length_zero(form):
    z, state = form(*draw(2, L=0))
    assert z.shape == (2, 0, 3) and not state.S.any() and not state.u.any()


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_state_is_float32_at_least(form, dtype):
    inputs = draw(2, L=64, dtype=dtype)
    z, state = form(*inputs)
    assert z.dtype == dtype and state.S.dtype == state.u.dtype == torch.float32
    exact = linear.recurrent(*(x.double() for x in inputs))[0]
    assert (z.double() - exact).abs().max() < {torch.bfloat16: 2e-2, torch.float32: 1e-5}[dtype]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_gradcheck(form):
    inputs = tuple(x.requires_grad_() for x in draw(L=4, d_k=3, d_v=2))
    assert torch.autograd.gradcheck(lambda *x: (form(*x)[0], *form(*x)[1]), inputs)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_arguments_are_not_changed(form):
    inputs, state = draw(2), linear.recurrent(*draw(2, seed=1))[1]
    kept, S = [x.clone() for x in inputs], state.S.clone()
    form(*inputs, state)
    assert all(map(torch.equal, inputs, kept)) and torch.equal(state.S, S)


def test_zoo_has_the_same_first_rows():
    """engine.py and linear.py agree, on raw queries and keys."""
    q, k, v = torch.randn(3, 2, 40, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    plain = linear.recurrent(q, k, v, normalise=False)[0]
    normed = linear.recurrent(elu_plus_one(q), elu_plus_one(k), v)[0]
    assert torch.allclose(chunkwise(ZOO["linear"](q, k, v))[0], plain, atol=1e-12)
    assert torch.allclose(chunkwise(ZOO["norm"](q, k, v))[0], normed, atol=1e-12)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_quadratic_map_has_the_quadratic_kernel(d):
    x, y = torch.randn(2, 3, 4, d, dtype=torch.float64)
    phi = kernels.quadratic_map(x)
    assert phi.shape[-1] == d + d * (d + 1) // 2
    assert torch.allclose(phi @ kernels.quadratic_map(y).mT, kernels.quadratic_kernel(x, y), atol=1e-12)


@pytest.mark.parametrize("phi", [elu_plus_one, feature_maps.relu, exponential])
def test_feature_maps_are_not_negative_and_finite(phi):
    x = torch.tensor([-1e4, -100.0, 0.0, 100.0, 1e4])
    assert (phi(x) >= 0).all() and phi(x).isfinite().all()
