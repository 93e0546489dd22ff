"""Linformer, GAU, FLASH and MEGA: definitions and fast forms agree, and others' code returns the same."""

import time
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from llmcourse import models, recurrence
from llmcourse.attention import compressed_experiments as small
from llmcourse.attention import ema, gau, linformer, mega
from llmcourse.attention import rank_experiments as rank
from llmcourse.recurrence import linear
from llmcourse.state_space import s4, system
from safetensors.torch import load_file
from torch import nn

OTHERS = load_file(Path(__file__).parent / "references" / "attention.safetensors")


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def others(name):
    """The weights of somebody else's layer, and what it returns for x, in float64."""
    start = f"{name}/weights/"
    weights = {n.removeprefix(start): w.double() for n, w in OTHERS.items() if n.startswith(start)}
    return weights, OTHERS["x"].double(), OTHERS[f"{name}/y"].double()


def same(a, b, tolerance=1e-12):
    assert a.shape == b.shape and (a - b).abs().max() <= tolerance * b.abs().max().clamp(min=1e-30)


def gradients(form, inputs, *args, **kw):
    leaves = [x.clone().requires_grad_() for x in inputs]
    return torch.autograd.grad(form(*leaves, *args, **kw).cos().sum(), leaves)


def reads(layer, x, i):
    """The tokens whose change changes output i by more than rounding, which an FFT spreads over all: (L,) bool."""
    y, found = layer(x), []
    for j in range(x.shape[-2]):
        moved = x.clone()
        moved[..., j, :] += 1.0
        found.append(not torch.allclose(layer(moved)[..., i, :], y[..., i, :], rtol=0, atol=1e-12))
    return torch.tensor(found)


# --- Linformer


@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
def test_linformer_is_attention_over_projected_keys(lead):
    q, k, v = (draw(*lead, 11, n, seed=n) for n in (4, 4, 3))
    E, F_ = draw(5, 11, seed=8), draw(5, 11, seed=9)
    same(linformer.linformer(q, k, v, E, F_), F.scaled_dot_product_attention(q, E @ k, F_ @ v))


def test_projections_that_are_the_identity_leave_attention_as_it_is():
    q, k, v = (draw(2, 7, 4, seed=n) for n in range(3))
    one = torch.eye(7, dtype=torch.float64)
    same(linformer.linformer(q, k, v, one, one), F.scaled_dot_product_attention(q, k, v))


@pytest.mark.parametrize("name", ["linformer", "linformer, shared"])
def test_linformer_is_what_the_package_computes(name):
    """With share_kv the package shares the matrix of keys and values too, not only E and F."""
    w, x, y = others(name)
    layer = linformer.LinformerAttention(8, 2, linformer.Projections(24, 5)).double()
    values = w.get("to_v.weight", w["to_k.weight"])
    layer.qkv.weight.data = torch.cat([w["to_q.weight"], w["to_k.weight"], values])
    layer.out.load_state_dict({"weight": w["to_out.weight"], "bias": w["to_out.bias"]})
    layer.projections.E.data = w["proj_k"].mT[None]
    layer.projections.F.data = w.get("proj_v", w["proj_k"]).mT[None]
    same(layer(x), y, 1e-6)


@pytest.mark.parametrize(("shared", "count"), [("none", 6), ("heads", 2), ("heads, keys and values", 1)])
def test_sharing_saves_parameters(shared, count):
    made = linformer.Projections(10, 4, heads=3, shared=shared)
    assert sum(p.numel() for p in made.parameters()) == count * 10 * 4


def test_layers_share_one_object():
    made = linformer.Projections(10, 4)
    layers = nn.ModuleList(linformer.LinformerAttention(6, 2, made) for _ in range(3))
    assert sum(p.numel() for p in layers.parameters()) == 3 * (4 * 36 + 6) + 2 * 40


def test_linformer_is_not_causal():
    layer = linformer.LinformerAttention(6, 2, linformer.Projections(9, 4)).double()
    assert reads(layer, draw(9, 6), 2).all()


def test_linformer_reads_shorter_texts_and_no_longer_ones():
    made = linformer.Projections(10, 4)
    assert torch.equal(made(7)[0], made.E[..., :7])
    with pytest.raises(ValueError, match="made for 10 tokens; the text has 11"):
        made(11)
    with pytest.raises(ValueError, match="between 1 and 10 places, not 12"):
        linformer.Projections(10, 12)
    with pytest.raises(ValueError, match="shared by one of"):
        linformer.Projections(10, 4, shared="layers")
    with pytest.raises(ValueError, match="a column for each key"):
        linformer.linformer(*(draw(9, 3) for _ in range(3)), draw(4, 8), draw(4, 8))
    with pytest.raises(ValueError, match="multiple of the number of heads"):
        linformer.LinformerAttention(7, 2, made)


# --- GAU and FLASH


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("name", ["gau", "flash"])
def test_gated_attention_is_what_the_package_computes(name, causal):
    w, x, y = others(name + ", causal" * causal)
    layer = gau.GAU(8, e=12, s=6, chunk=8 if name == "flash" else None, causal=causal).double()
    v_and_u = w["to_hidden.0.weight"].split(12), w["to_hidden.0.bias"].split(12)  # the package has the gate second
    layer.into.weight.data = torch.cat([*v_and_u[0][::-1], w["to_qk.0.weight"]])
    layer.into.bias.data = torch.cat([*v_and_u[1][::-1], w["to_qk.0.bias"]])
    out, heads = ("to_out", "qk_offset_scale") if name == "flash" else ("to_out.0", "offsetscale")
    order = [0, 2, 1, 3] if name == "flash" else [0, 1]  # the package has q, q_lin, k, k_lin
    layer.scale.data, layer.offset.data = w[f"{heads}.gamma"][order], w[f"{heads}.beta"][order]
    layer.out.load_state_dict({"weight": w[f"{out}.weight"], "bias": w[f"{out}.bias"]})
    normalised = F.layer_norm(x, (8,), w["norm.weight"], w["norm.bias"])
    same(layer(normalised)[0], y - x, 2e-6)


@pytest.mark.parametrize("C", [1, 3, 8, 20])
@pytest.mark.parametrize("causal", [False, True])
def test_flash_in_chunks_is_flash_with_all_pairs(causal, C):
    inputs = [draw(2, 2, 13, n, seed=i) for i, n in enumerate((4, 4, 4, 4, 5))]
    same(gau.flash(*inputs, C, causal), gau.flash_pairs(*inputs, C, causal))
    bias = draw(C, C, seed=7)
    same(gau.flash(*inputs, C, causal, bias), gau.flash_pairs(*inputs, C, causal, bias))
    for a, b in zip(gradients(gau.flash, inputs, C, causal), gradients(gau.flash_pairs, inputs, C, causal)):
        same(a, b)


@pytest.mark.parametrize("causal", [False, True])
def test_one_chunk_has_no_far_half_if_causal(causal):
    q, k, q_lin, k_lin, v = (draw(9, n, seed=i) for i, n in enumerate((4, 4, 4, 4, 5)))
    near = gau.squared_relu(q, k, v, causal)
    far = 0 if causal else linear.pairs(q_lin, k_lin, v, normalise=False) / 9
    same(gau.flash(q, k, q_lin, k_lin, v, 9, causal), near + far)


def test_the_far_half_is_linear_attention_of_module_08():
    """Chunks of one token, read one token late: the causal recurrence of linear attention, without a normaliser."""
    q, k, v = (draw(2, 9, n, seed=i) for i, n in enumerate((4, 4, 5)))
    nothing = torch.zeros_like(q)
    late = gau.flash(nothing, nothing, q, k, v, C=1, causal=True)
    own = (q * k).sum(-1, keepdim=True) * v
    same(late, linear.recurrent(q, k, v, normalise=False)[0] - own)
    chunked, _ = recurrence.chunkwise(recurrence.Recurrence(q, k, v))
    same(late + own, chunked)


def test_flash_with_a_long_text_does_not_change_its_beginning_but_gau_does():
    x = draw(20, 6)
    for chunk, kept in ((4, True), (None, False)):
        torch.manual_seed(0)
        layer = gau.GAU(6, s=4, chunk=chunk).double()
        same_beginning = torch.allclose(layer(x)[0][:10], layer(x[:10])[0], atol=1e-12)
        assert same_beginning == kept


@pytest.mark.parametrize("chunk", [None, 4])
def test_causal_gated_attention_reads_the_past(chunk):
    torch.manual_seed(0)
    layer = gau.GAU(6, s=4, chunk=chunk).double()
    found = reads(lambda x: layer(x)[0], draw(8, 11, 6), 6)  # several texts: a relu hides what it cuts
    assert not found[7:].any() and found[6] and found[:4].all()


def test_bad_chunks_say_so():
    with pytest.raises(ValueError, match="at least one token, not 0"):
        gau.flash(*(draw(4, 3) for _ in range(5)), 0)
    with pytest.raises(ValueError, match="at least one token, not 0"):
        mega.MegaAttention(4, chunk=0)


def test_a_gated_unit_is_a_mixer():
    model = models.GPT(10, 12, 2, lambda d: gau.GAU(d, s=8, chunk=4), mlp=0)
    assert model(torch.randint(0, 10, (2, 9)))[0].shape == (2, 9, 10)


# --- the moving average


def numbers(d=3, h=4):
    share = lambda seed: draw(d, h, seed=seed).sigmoid()
    return share(1), share(2), draw(d, h, seed=3), draw(d, h, seed=4)


@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
@pytest.mark.parametrize("L", [0, 1, 2, 37])
def test_the_moving_average_is_a_convolution(lead, L):
    x, given = draw(*lead, L, 3), draw(*lead, 3, 4, seed=9)
    for state in (None, given):
        for a, b in zip(ema.convolution(x, *numbers(), state), ema.recurrent(x, *numbers(), state)):
            same(a, b, 1e-10) if a.numel() else None
    if L:
        forms = [lambda *z, f=f: f(*z)[0] for f in (ema.convolution, ema.recurrent)]
        for a, b in zip(*(gradients(form, (x, *numbers())) for form in forms)):
            same(a, b, 1e-9)


def test_a_text_in_two_parts_is_the_text():
    x = draw(2, 20, 3)
    first, state = ema.convolution(x[:, :7], *numbers())
    second, state = ema.convolution(x[:, 7:], *numbers(), state)
    y, last = ema.recurrent(x, *numbers())
    same(torch.cat([first, second], 1), y, 1e-10)
    same(state, last, 1e-10)


def test_the_moving_average_is_the_diagonal_state_space_model_of_module_09():
    """A_ = diag(1 - alpha delta), B_ = alpha beta, C = eta: the kernel C A_^l B_; and S4D's, e^z being A_."""
    alpha, delta, beta, eta = numbers()
    K = ema.kernel(alpha, delta, beta, eta, 30)
    q = 1 - alpha * delta
    for j in range(3):
        same(K[j], system.kernel(torch.diag(q[j]), (alpha * beta)[j], eta[j], 30))
    same(K, s4.diagonal_kernel(q.log(), (eta * alpha * beta / 2).to(torch.complex128), 30), 1e-10)  # 2 Re(.)


def test_an_undamped_average_of_a_constant_is_the_constant():
    alpha, one = numbers()[0], torch.ones(3, 4, dtype=torch.float64)
    y, _ = ema.recurrent(torch.ones(400, 3, dtype=torch.float64), alpha, one, one, one / 4)
    same(y[-1], torch.ones(3, dtype=torch.float64), 1e-9)


def test_an_average_that_lets_everything_go_is_finite():
    alpha = delta = torch.ones(1, 1, dtype=torch.float64, requires_grad=True)
    K = ema.kernel(alpha, delta, alpha, alpha, 9)
    assert torch.equal(K, F.pad(torch.ones(1, 1, dtype=torch.float64), (0, 8)))
    assert torch.autograd.grad(K.sum(), alpha)[0].isfinite().all()


def test_the_average_is_that_of_the_authors():
    """They read with eta / sqrt(h), and return silu(EMA(x) + omega x)."""
    w, x, y = others("ema of the authors")
    one = lambda n: w[n][..., 0]
    given = one("alpha").sigmoid(), one("delta").sigmoid(), one("beta"), w["gamma"] / 4**0.5
    for form in (ema.recurrent, ema.convolution):
        same(F.silu(form(x, *given)[0] + w["omega"] * x), y, 1e-6)


def test_the_average_of_the_package_departs_from_the_paper():
    """mega-pytorch keeps (1 - a) d of the old, where the paper keeps 1 - a d; and one a, d for all channels."""
    w, x, y = others("ema of mega-pytorch")
    a, d = w["alphas"].sigmoid(), w["dampen_factors"].sigmoid()
    all_channels = lambda z: z.expand(8, 4)
    rest = w["expansion"].mT, w["reduction"].mT
    theirs = ema.recurrent(x, all_channels(a), all_channels((1 - (1 - a) * d) / a), *rest)[0]
    same(theirs, y, 1e-5)
    papers = ema.recurrent(x, all_channels(a), all_channels(d), *rest)[0]
    assert (papers - y).abs().max() > 0.1 * y.abs().max()


# --- MEGA


@pytest.mark.parametrize("name", ["mega", "mega, chunks"])
def test_mega_is_the_layer_of_its_authors(name):
    w, x, y = others(name)
    layer = mega.MegaAttention(8, h=4, s=6, e=12, chunk=8 if "chunks" in name else None).double()
    mine = {"average.beta": w["move.beta"][..., 0], "average.eta": w["move.gamma"] / 2, "own": w["move.omega"]}
    mine |= {f"average.{n}": w[f"move.{n}"][..., 0] for n in ("alpha", "delta")}
    mine |= {"scale": w["gamma"], "offset": w["beta"]}
    for ours, theirs in {"value": "v_proj", "mixed": "mx_proj", "candidate": "h_proj"}.items():
        mine |= {f"{ours}.{n}": w[f"{theirs}.{n}"] for n in ("weight", "bias")}
    layer.load_state_dict(mine)
    same(layer(x, F.layer_norm(x, (8,), w["norm.weight"], w["norm.bias"])), y, 1e-6)


@pytest.mark.parametrize("C", [1, 3, 8, 30, None])
@pytest.mark.parametrize("causal", [False, True])
def test_attention_in_chunks_is_attention_under_a_mask(causal, C):
    L = 11
    q, k, v = (draw(2, L, n, seed=n) for n in (3, 3, 5))
    k = draw(2, L, 3, seed=7)
    chunk = torch.arange(L) // (C or L)
    mask = chunk[:, None] == chunk
    mask = mask.tril() if causal else mask
    same(mega.in_chunks(q, k, v, C, causal), F.scaled_dot_product_attention(q, k, v, mask))


def test_chunks_are_linked_by_the_average_alone():
    torch.manual_seed(0)
    with_average = mega.MegaAttention(6, h=2, s=4, chunk=4).double()
    without = mega.MegaAttention(6, h=0, s=4, chunk=4).double()
    x = draw(12, 6)
    assert reads(with_average, x, 10).tolist() == [j <= 10 for j in range(12)]
    assert reads(without, x, 10).tolist() == [8 <= j <= 10 for j in range(12)]


def test_an_undamped_average_has_no_damping_to_learn():
    layer = mega.MegaAttention(6, h=2, damped=False)
    assert not any("delta" in name for name, _ in layer.named_parameters())
    assert torch.equal(layer.average.numbers()[1], torch.ones(6, 2))


def test_time_is_linear_in_the_length():
    """Twice the text, not four times the time: forms without an L x L matrix."""
    torch.manual_seed(0)
    layers = [gau.GAU(16, s=8, chunk=64), mega.MegaAttention(16, h=2, s=8, chunk=64)]
    layers.append(linformer.LinformerAttention(16, 2, linformer.Projections(16384, 16)))

    def seconds(layer, L):
        x = torch.randn(1, L, 16, requires_grad=True)
        start = time.process_time()
        y = layer(x)
        (y[0] if isinstance(y, tuple) else y).sum().backward()
        return time.process_time() - start

    for layer in layers:
        short, long = (min(seconds(layer, L) for _ in range(4)) for L in (4096, 16384))
        assert long < 9 * short


# --- experiments


def attention(H=2, L=20, seed=0):
    unseen = torch.ones(L, L, dtype=torch.bool).triu(1)
    return (3 * draw(H, L, L, seed=seed)).masked_fill(unseen, -torch.inf).softmax(-1)


def test_a_shuffled_row_has_the_same_weights_at_other_places():
    P = attention()
    mixed = rank.shuffled(P, torch.Generator().manual_seed(0))
    assert torch.equal(mixed.sort(-1).values, P.sort(-1).values) and torch.equal(mixed, mixed.tril())
    assert not torch.equal(mixed, P)


def test_without_its_sink_a_row_still_sums_to_one():
    rest = rank.without_sink(attention())
    assert rest.shape == (2, 19, 19)
    same(rest.sum(-1), torch.ones(2, 19, dtype=torch.float64))


def test_the_best_projection_is_the_truncated_decomposition_and_loses_least():
    P, V = attention(), torch.eye(20, dtype=torch.float64).expand(2, 20, 20)
    E = rank.best(P, 6)
    s = torch.linalg.svdvals(P).square()
    lost = (s[:, 6:].sum(-1) / s.sum(-1)).sqrt().mean().item()
    assert rank.error(P, V, E) == pytest.approx(lost)
    others = rank.random(P.float(), 6, torch.Generator().manual_seed(0)).double(), rank.fixed([attention(seed=1)], 6)
    for other in others:
        same(other @ other.mT, torch.eye(6, dtype=torch.float64).expand(2, 6, 6), 1e-5)
        assert rank.error(P, V, other) > lost
    assert rank.error(P, V, rank.fixed([P], 6)) == pytest.approx(lost)


def test_arms_of_the_language_models_have_as_many_parameters():
    counts = [small.language_model(arm, 90).parameters_count for arm in small.LANGUAGE]
    assert max(counts) < 1.02 * min(counts)


def test_arms_of_the_order_task_have_as_many_parameters_but_for_what_is_taken_out():
    counts = {arm: small.order_model(arm).parameters_count for arm in small.ORDER}
    whole = counts["MEGA"]
    assert abs(counts["attention"] - whole) < 0.02 * whole and counts["MEGA-chunk"] == whole
    assert all(0.85 * whole < count <= 1.02 * whole for count in counts.values())


def test_what_stood_back_is_the_target():
    tokens, targets = next(small.back(3, torch.Generator().manual_seed(0)))
    assert torch.equal(targets[:, small.BACK :], tokens[:, : -small.BACK]) and (targets[:, : small.BACK] == -100).all()


def test_the_latest_value_is_the_target():
    tokens, targets = next(small.latest(4, torch.Generator().manual_seed(0)))
    for row, wanted in zip(tokens.tolist(), targets.tolist()):
        known = {}
        for token, target in zip(row, wanted):
            if token < small.KEYS * small.VALUES:
                known[token // small.VALUES] = token % small.VALUES
                assert target == -100
            else:
                assert target == known.get(token - small.KEYS * small.VALUES, -100)


@pytest.mark.parametrize("arm", ["attention with positions", "MEGA-chunk"])
def test_a_run_is_reproducible(arm):
    one, two = (small.order(arm, 3, 0, 1e-2) for _ in range(2))
    assert one["validation"] == two["validation"] and len(small.last([one], arm)) == 1
