"""Mamba: the scan's forms compared with each other, transformers and the zoo; blocks with transformers' weights."""

import pytest
import torch
from llmcourse.mamba import Mamba2Block, MambaBlock, MambaLM, block, load_transformers, measure, model, networks, scan
from llmcourse.mamba.model import SwitchMLP
from llmcourse.recurrence import ZOO, engine
from torch.utils._python_dispatch import TorchDispatchMode

float64 = torch.float64
FORMS = {"sequential": scan.sequential, "chunked": scan.chunked, "associative": scan.associative}
forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def draw(*lead, L=7, channels=3, N=4, dtype=float64, dt=0.0, seed=0):
    """Inputs of a scan, with a skip and a state."""
    g = torch.Generator().manual_seed(seed)
    randn = lambda *shape: torch.randn(*shape, generator=g, dtype=float64)
    steps = torch.nn.functional.softplus(randn(*lead, L, channels) + dt)
    inputs = [randn(*lead, L, channels), steps, -randn(channels, N).exp(), randn(*lead, L, N), randn(*lead, L, N)]
    return [z.to(dtype) for z in (*inputs, randn(channels))], randn(*lead, channels, N).to(dtype)


def everything(form, inputs, state):
    """Output, state, and the gradients of a mixture of both."""
    leaves = [z.clone().requires_grad_() for z in (*inputs, state)]
    y, h = form(*leaves)
    mixture = sum((z * torch.cos(torch.arange(z.numel(), dtype=z.dtype)).view(z.shape)).sum() for z in (y, h))
    return [y, h, *torch.autograd.grad(mixture, leaves)]


# ------------------------------------------------------------------ the scan


@forms
@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
@pytest.mark.parametrize("L", [1, 2, 63, 64, 65, 200])
def test_forms_agree(form, lead, L):
    inputs, state = draw(*lead, L=L)
    for mine, definition in zip(everything(form, inputs, state), everything(scan.sequential, inputs, state)):
        torch.testing.assert_close(mine, definition, rtol=1e-10, atol=1e-10)


def test_small_pieces_agree(monkeypatch):
    """Pieces of one and of three tokens, to test what is carried from piece to piece, forwards and backwards."""
    inputs, state = draw(2, L=20)
    expected = everything(scan.sequential, inputs, state)
    for longest in (1, 3):
        monkeypatch.setattr(scan, "LONGEST", longest)
        for mine, definition in zip(everything(scan.chunked, inputs, state), expected):
            torch.testing.assert_close(mine, definition, rtol=1e-10, atol=1e-10)


@forms
def test_nothing_to_scan(form):
    inputs, state = draw(2, L=0)
    y, h = form(*inputs, state)
    assert y.shape == (2, 0, 3) and torch.equal(h, state)


@forms
def test_split_and_carry(form):
    inputs, state = draw(2, L=30)
    pieces = [[z[..., a:b, :] if z.dim() > 2 else z for z in inputs] for a, b in ((0, 11), (11, 12), (12, 30))]
    found, carried = [], state
    for piece in pieces:
        y, carried = form(*piece, carried)
        found.append(y)
    whole, end = form(*inputs, state)
    torch.testing.assert_close(torch.cat(found, -2), whole)
    torch.testing.assert_close(carried, end)


def test_steps_are_the_scan():
    inputs, state = draw(2, L=9)
    h, found = state, []
    for t in range(9):
        y, h = scan.selective_scan(*[z[..., t : t + 1, :] if z.dim() > 2 else z for z in inputs], h)
        found.append(y)
    whole, end = scan.sequential(*inputs, state)
    torch.testing.assert_close(torch.cat(found, -2), whole)
    torch.testing.assert_close(h, end)


@forms
def test_the_future_does_not_matter(form):
    inputs, state = draw(L=20)
    changed = [z.clone() for z in inputs]
    for z in changed:
        if z.shape[0] == 20:
            z[12:] = z[12:] + 0.5
    assert torch.equal(form(*inputs, state)[0][:12], form(*changed, state)[0][:12])


@forms
def test_gradcheck(form):
    inputs, state = draw(2, L=4, channels=2, N=2)
    assert torch.autograd.gradcheck(form, [z.requires_grad_() for z in (*inputs, state)])


@forms
@pytest.mark.parametrize("dt", [-30.0, 30.0, 300.0])
def test_extreme_steps(form, dt):
    """Steps that keep everything and steps that forget everything give finite values and gradients in float32."""
    inputs, state = draw(2, L=70, dtype=torch.float32, dt=dt)
    exact, _ = draw(2, L=70, dt=dt)
    found = everything(form, inputs, state)
    assert all(z.isfinite().all() for z in found)
    y = scan.sequential(*exact, state.double())[0]
    assert (found[0] - y).norm() / y.norm() < 1e-5


@forms
def test_bfloat16_inputs_have_a_float32_state(form):
    inputs, state = draw(2, L=100, dtype=torch.bfloat16)
    y, h = form(*inputs, state.float())
    exact, _ = scan.sequential(*[z.double() for z in inputs], state.double())
    assert y.dtype == torch.bfloat16 and h.dtype == torch.float32
    assert (y - exact).norm() / exact.norm() < 5e-3


def test_the_law_is_associative():
    g = torch.Generator().manual_seed(0)
    one, two, three = (tuple(torch.randn(2, 5, generator=g, dtype=float64)) for _ in range(3))
    left = scan.combine(scan.combine(one, two), three)
    right = scan.combine(one, scan.combine(two, three))
    torch.testing.assert_close(left, right)
    h = torch.randn(5, generator=g, dtype=float64)
    step_by_step = h
    for a, b in (one, two, three):
        step_by_step = a * step_by_step + b
    torch.testing.assert_close(left[0] * h + left[1], step_by_step)


def test_scan_is_transformers():
    from transformers.models.mamba import modeling_mamba

    theirs = modeling_mamba.mamba_selective_scan
    theirs = getattr(theirs, "__wrapped__", theirs)
    (x, dt, A, B, C, D), _ = draw(2, L=40, dtype=torch.float32)
    y = theirs(x.mT, dt.mT, A, B.mT, C.mT, D=D)
    y = y[0] if isinstance(y, tuple) else y
    torch.testing.assert_close(scan.chunked(x, dt, A, B, C, D)[0], y.mT, rtol=1e-4, atol=1e-5)


def test_mamba_row_of_the_zoo_is_this_scan():
    (x, dt, A, B, C, D), _ = draw(L=30)
    o, after = engine.recurrent(ZOO["mamba"](q=C, k=B, v=x, dt=dt, A=(-A).log(), D=D[None]))
    y, h = scan.selective_scan(x, dt, A, B, C, D)
    torch.testing.assert_close(y, o)
    torch.testing.assert_close(h, after.S.squeeze(-2))


class Allocated(TorchDispatchMode):
    """Counts the numbers in all results: a measure of work and memory that does not depend on the clock."""

    def __enter__(self):
        self.numbers, self.largest = 0, 0
        return super().__enter__()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for z in result if isinstance(result, tuple | list) else (result,):
            size = z.numel() if isinstance(z, torch.Tensor) else 0
            self.numbers, self.largest = self.numbers + size, max(self.largest, size)
        return result


def test_work_is_linear_and_memory_small():
    """Twice the length writes twice the numbers, forward and backward, and no tensor has L D N numbers."""

    def run(L):
        inputs, state = draw(L=L, channels=32, N=16, dtype=torch.float32)
        leaves = [z.requires_grad_() for z in inputs]
        with Allocated() as counted:
            y, _ = scan.chunked(*leaves, state)
            torch.autograd.grad(y.sum(), leaves)
        return counted

    short, long = run(1024), run(2048)
    assert 1.8 < long.numbers / short.numbers < 2.2
    assert long.largest <= max(2048 * 32, scan.LONGEST * 32 * 16)


# ------------------------------------------------------------------ the convolution


def test_convolution_is_torchs_and_carries():
    g = torch.Generator().manual_seed(0)
    x, weight, bias = (torch.randn(*s, generator=g, dtype=float64) for s in ((2, 20, 5), (5, 4), (5,)))
    theirs = torch.nn.functional.conv1d(x.mT, weight[:, None], bias, padding=3, groups=5)[..., :20].mT
    whole, last = block.causal_conv1d(x, weight, bias)
    torch.testing.assert_close(whole, theirs)
    first, middle = block.causal_conv1d(x[:, :1], weight, bias)
    second, end = block.causal_conv1d(x[:, 1:], weight, bias, middle)
    torch.testing.assert_close(torch.cat([first, second], 1), theirs)
    torch.testing.assert_close(end, last)


# ------------------------------------------------------------------ blocks and models


SIZES = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "state_size": 4, "expand": 2, "conv_kernel": 4}


def mamba(**kwargs):
    from transformers import MambaConfig, MambaForCausalLM

    torch.manual_seed(0)
    theirs = _shaken(MambaForCausalLM(MambaConfig(**SIZES, **kwargs)))
    return theirs, MambaLM(50, 16, 2, lambda d: MambaBlock(d, d_state=4), tied=True)


def mamba2(groups, chunk_size=8):
    from transformers import Mamba2Config, Mamba2ForCausalLM

    torch.manual_seed(0)
    config = Mamba2Config(**SIZES, num_heads=4, head_dim=8, n_groups=groups, chunk_size=chunk_size)
    theirs = _shaken(Mamba2ForCausalLM(config))
    return theirs, MambaLM(50, 16, 2, lambda d: Mamba2Block(d, d_state=4, head_dim=8, groups=groups), tied=False)


def _shaken(theirs):
    """Weights, none of which is zero, one or equal to its neighbour."""
    with torch.no_grad():
        for p in theirs.parameters():
            p.add_(0.1 * torch.randn_like(p))
    return theirs.eval()


MODELS = {"Mamba": mamba, "Mamba-2": lambda: mamba2(1), "Mamba-2, two groups": lambda: mamba2(2)}
models = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)


@models
@torch.no_grad()
def test_logits_are_transformers(make):
    """29 tokens, which are three of their chunks and a part of one; also with a state carried along."""
    theirs, mine = make()
    load_transformers(mine, theirs.state_dict())
    tokens = torch.randint(0, 50, (2, 29), generator=torch.Generator().manual_seed(0))
    expected = theirs(tokens).logits
    found, _ = mine(tokens)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=2e-5)
    first, state = mine(tokens[:, :13])
    rest = []
    for t in range(13, 29):
        logits, state = mine(tokens[:, t : t + 1], state)
        rest.append(logits)
    torch.testing.assert_close(torch.cat([first, *rest], 1), expected, rtol=1e-3, atol=2e-5)


@models
@torch.no_grad()
def test_padding_in_front_leaves_no_trace(make):
    theirs, mine = make()
    load_transformers(mine, theirs.state_dict())
    tokens = torch.randint(0, 50, (1, 9), generator=torch.Generator().manual_seed(0))
    padded = torch.cat([torch.zeros(1, 5, dtype=torch.long), tokens], 1)
    mask = torch.cat([torch.zeros(1, 5), torch.ones(1, 9)], 1)
    expected = theirs(padded, attention_mask=mask.long()).logits[:, 5:]
    found = mine(padded, mask=mask)[0][:, 5:]
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=2e-5)
    torch.testing.assert_close(found, mine(tokens)[0], rtol=1e-3, atol=2e-5)


def test_missing_weights_are_named():
    theirs, mine = mamba()
    weights = {n: x for n, x in theirs.state_dict().items() if "dt_proj.bias" not in n}
    with pytest.raises(RuntimeError, match=r"dt_proj\.bias"):
        load_transformers(mine, weights)


def test_heads_and_groups_must_fit():
    with pytest.raises(ValueError, match=r"30 inner channels.*heads of 8"):
        Mamba2Block(15, head_dim=8)


@pytest.mark.parametrize("make", [MambaBlock, Mamba2Block])
def test_blocks_take_any_leading_dimensions(make):
    torch.manual_seed(0)
    layer = make(16).double()
    x = torch.randn(2, 3, 11, 16, dtype=float64)
    torch.testing.assert_close(layer(x)[1, 2], layer(x[1, 2]))


@torch.no_grad()
def test_generation_needs_no_more_memory_in_a_longer_context():
    torch.manual_seed(0)
    language_model = MambaLM(20, 16, 2)
    size = lambda state: sum(z.numel() for layer in state for z in layer)
    tokens = torch.randint(0, 20, (1, 300))
    _, short = language_model(tokens[:, :10])
    _, long = language_model(tokens)
    assert size(short) == size(long)
    g = torch.Generator
    out = language_model.generate(tokens[:, :10], 5, g().manual_seed(0))
    torch.testing.assert_close(out, language_model.generate(tokens[:, :10], 5, g().manual_seed(0)))


@torch.no_grad()
def test_a_state_is_saved_and_restored(tmp_path):
    torch.manual_seed(0)
    language_model = MambaLM(20, 16, 2)
    tokens = torch.randint(0, 20, (1, 30))
    _, state = language_model(tokens[:, :20])
    torch.save(state, tmp_path / "state.pt")
    restored = torch.load(tmp_path / "state.pt", weights_only=True)
    torch.testing.assert_close(language_model(tokens[:, 20:], restored)[0], language_model(tokens)[0][:, 20:])


# ------------------------------------------------------------------ experts


def test_every_token_goes_through_its_expert():
    torch.manual_seed(0)
    experts = SwitchMLP(8, experts=4, hidden=16)
    x = torch.randn(3, 10, 8)
    probability = experts.router(x).softmax(-1)
    for b in range(3):
        for t in range(10):
            i = probability[b, t].argmax()
            y = torch.nn.functional.gelu(x[b, t] @ experts.up[i].mT) @ experts.down[i].mT
            torch.testing.assert_close(experts(x)[b, t], probability[b, t, i] * y)


def test_balance_is_one_when_experts_share_alike():
    experts = SwitchMLP(4, experts=4)
    with torch.no_grad():
        experts.router.weight.copy_(torch.eye(4))
    experts(5 * torch.eye(4))  # one token for each
    assert experts.balance.item() == pytest.approx(1.0)
    experts(5 * torch.eye(4)[:1].expand(4, 4))  # all for the first
    assert experts.balance.item() > 3


def test_active_parameters_are_those_one_token_uses():
    small, large = model.moe_mamba(10, 8, 1), MambaLM(10, 8, 1, rest=lambda d: SwitchMLP(d, experts=1))
    assert model.active_parameters(large) == large.parameters_count
    assert model.active_parameters(small) == large.parameters_count + 7 * 8  # the router is wider


def test_the_router_learns():
    torch.manual_seed(0)
    language_model = model.moe_mamba(10, 8, 1)
    logits, _ = language_model(torch.randint(0, 10, (2, 20)))
    (logits.sum() + model.balance(language_model)).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in language_model.parameters())
    assert language_model.layers[0].rest[1].router.weight.grad.abs().sum() > 0


NETWORKS = {"look_back": networks.look_back, "tree": networks.tree}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("L", [1, 2, 3, 8, 21, 64])
def test_a_network_joins_every_prefix(name, L):
    prefixes = [tuple(range(t + 1)) for t in range(L)]
    assert networks.run(NETWORKS[name](L), lambda a, b: a + b, [(t,) for t in range(L)]) == prefixes


@pytest.mark.parametrize("name", NETWORKS)
def test_a_round_can_be_done_at_once(name):
    """No place is joined twice in a round; the tree reads no place that the same round writes."""
    for pairs in NETWORKS[name](32):
        places = [place for _, place in pairs]
        assert len(set(places)) == len(places)
        if name == "tree":
            assert not {earlier for earlier, _ in pairs} & set(places)


def test_the_tree_works_less_in_more_rounds():
    L = 1024
    assert networks.work(networks.look_back(L)) == L * 10 - (L - 1) and len(networks.look_back(L)) == 10
    assert networks.work(networks.tree(L)) == 2 * L - 2 - 10 and len(networks.tree(L)) == 19


def test_what_is_kept_is_what_autograd_saves():
    x, y = torch.randn(2, 100)
    square = lambda a, b: ((a.exp() * b), None)  # saves exp(a), which is no input, and b, which is one
    assert measure.kept_for_backward(square, (x, y)) == 400
    assert measure.numbers([(x, None), [y[:3]]]) == 103
