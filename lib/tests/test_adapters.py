"""Adapters: the same numbers as `peft`, a base that stays what it was, and what each method promises."""

import copy
from functools import partial

import peft
import pytest
import scipy.linalg
import torch
import torch.nn.functional as F
from llmcourse import adapters as ad
from torch import nn


class Net(nn.Module):
    """Two layers, one with a bias and one without, under names of different depth."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 5)
        self.block = nn.ModuleDict({"last": nn.Linear(5, 4, bias=False)})

    def forward(self, x):
        return self.block["last"](torch.tanh(self.first(x)))


PATHS = ["first", "block.last"]
METHODS = {
    "LoRA": partial(ad.LoRA, r=3, alpha=7),
    "rsLoRA": partial(ad.LoRA, r=3, alpha=7, rs=True),
    "DoRA": partial(ad.DoRA, r=3, alpha=7),
    "AdaLoRA": partial(ad.AdaLoRA, r=3, alpha=7),
    "SoRA": partial(ad.SoRA, r=3),
    "ALoRA": partial(ad.ALoRA, r=3, alpha=7),
    "DyLoRA": partial(ad.DyLoRA, r=3, alpha=7),
    "Bottleneck": partial(ad.Bottleneck, m=3),
}
PEFT = {
    "LoRA": peft.LoraConfig(r=3, lora_alpha=7, target_modules=["first", "last"], init_lora_weights=False),
    "rsLoRA": peft.LoraConfig(
        r=3, lora_alpha=7, target_modules=["first", "last"], init_lora_weights=False, use_rslora=True
    ),
    "DoRA": peft.LoraConfig(
        r=3, lora_alpha=7, target_modules=["first", "last"], init_lora_weights=False, use_dora=True
    ),
    "AdaLoRA": peft.AdaLoraConfig(
        init_r=3, target_r=2, total_step=10, lora_alpha=7, target_modules=["first", "last"], init_lora_weights=False
    ),
}
LOW_RANK = [name for name in METHODS if name != "Bottleneck"]


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def randomised(model, name="x"):
    """Redraw every parameter of an adapter: with B = 0 the tests would pass without testing anything."""
    for adapter in ad.by_path(model, name).values():
        for parameter in adapter.parameters():
            nn.init.normal_(parameter, std=0.5)
    return model


def adapted(method, name="x", base=None):
    model = base or Net()
    ad.attach(model, name, METHODS[method])
    return randomised(model, name)


def close(a, b, tolerance=2e-5):
    scale = max(b.abs().max().item(), 1.0)
    return (a - b).abs().max().item() <= tolerance * scale


# --- against peft


@pytest.fixture
def pair(request, tmp_path):
    """A model of peft's with random weights, and ours from the file that it saves."""
    base = Net()
    theirs = peft.get_peft_model(copy.deepcopy(base), PEFT[request.param])
    if request.param == "DoRA":  # peft starts the magnitude at the norm: it could then be missing unnoticed
        for name, parameter in theirs.named_parameters():
            if "magnitude" in name:
                nn.init.uniform_(parameter, 0.5, 2.0)
    theirs.save_pretrained(tmp_path)
    ad.load(base, tmp_path, "x")
    return base, theirs


each = pytest.mark.parametrize("pair", PEFT, indirect=True)


@each
def test_outputs_and_gradients_are_pefts(pair):
    ours, theirs = pair
    x = torch.randn(2, 7, 6)
    y, z = x.clone().requires_grad_(), x.clone().requires_grad_()
    weight = torch.randn(2, 7, 4)
    (ours(y) * weight).sum().backward()
    (theirs(z) * weight).sum().backward()
    assert close(ours(x), theirs(x)) and close(y.grad, z.grad)
    ours_by_shape = sorted((p.grad.flatten() for p in ours.parameters() if p.requires_grad), key=ordered)
    theirs_by_shape = sorted(
        (p.grad.flatten() for n, p in theirs.named_parameters() if p.requires_grad and "ranknum" not in n), key=ordered
    )
    assert len(ours_by_shape) == len(theirs_by_shape)
    assert all(close(a, b) for a, b in zip(ours_by_shape, theirs_by_shape))


def ordered(gradient):
    return len(gradient), round(gradient.norm().item(), 3)


@each
def test_merged_weights_and_counts_are_pefts(pair):
    ours, theirs = pair
    assert ad.trainable(ours) == theirs.get_nb_trainable_parameters()[0]
    plain, merged = ad.bake(ours), theirs.merge_and_unload()
    assert type(plain.first) is nn.Linear
    for path in PATHS:
        assert close(plain.get_submodule(path).weight, merged.get_submodule(path).weight)


@pytest.mark.parametrize("method", PEFT)
def test_peft_reads_what_is_saved_here(method, tmp_path):
    base = Net()
    theirs = copy.deepcopy(base)
    ours = adapted(method, base=base)
    ad.save(ours, "x", tmp_path)
    theirs = peft.PeftModel.from_pretrained(theirs, tmp_path)
    x = torch.randn(3, 6)
    assert close(theirs(x), ours(x))
    assert not close(theirs(x), Net()(x), 1e-2)


def test_an_adalora_that_peft_has_pruned_is_read(tmp_path):
    """peft leaves out what it has cut, and keeps the scale of the rank that training began with."""
    base = Net()
    theirs = peft.get_peft_model(copy.deepcopy(base), PEFT["AdaLoRA"])
    pattern = {"first.lora_E.default": [True, False, True], "block.last.lora_E.default": [True, True, False]}
    theirs.base_model.rankallocator.mask_using_rank_pattern(theirs.base_model.model, pattern)
    theirs.peft_config["default"].rank_pattern = pattern
    theirs.save_pretrained(tmp_path)
    ad.load(base, tmp_path, "x")
    x = torch.randn(3, 6)
    assert close(base(x), theirs(x)) and [a.rank for a in ad.by_path(base, "x").values()] == [2, 2]


def test_the_budget_is_pefts():
    """Twenty steps with the same gradients: the same budget, the same importance, the same triplets cut."""
    steps, warm_up, settle, every = 20, 3, 5, 2
    config = peft.AdaLoraConfig(
        init_r=4, target_r=2, total_step=steps, tinit=warm_up, tfinal=settle, deltaT=every, lora_alpha=7,
        target_modules=["first", "last"], init_lora_weights=False,
    )  # fmt: skip
    theirs = peft.get_peft_model(Net(), config)
    base = Net()
    ad.attach(base, "x", partial(ad.AdaLoRA, r=4, alpha=7))
    ours = ad.by_path(base, "x")
    layers = {path: theirs.base_model.model.get_submodule(path) for path in PATHS}
    allocator = theirs.base_model.rankallocator
    budget = ad.adalora.Budget(base, "x", 2, steps, warm_up, settle, every)
    for t in range(1, steps - settle + 1):
        for path, layer in layers.items():
            tensors = (layer.lora_A["default"], layer.lora_B["default"], layer.lora_E["default"])
            for theirs_p, ours_p in zip(tensors, (ours[path].Q, ours[path].P, ours[path].Lambda)):
                theirs_p.grad = torch.randn_like(theirs_p)
                with torch.no_grad():  # a step of training: the same new values for both
                    theirs_p.add_(0.1 * torch.randn_like(theirs_p))
                    ours_p.copy_(theirs_p.reshape(ours_p.shape))
                ours_p.grad = theirs_p.grad.reshape(ours_p.shape).clone()
        last = t == steps - settle
        if not last:
            allocator.update_and_allocate(theirs.base_model.model, t)
        found = budget.step()
        assert found == allocator.budget_schedule(t)[0]
        if t > warm_up and t % every == 0 and not last:
            for path, layer in layers.items():
                assert torch.equal(ours[path].Lambda == 0, layer.lora_E["default"][:, 0] == 0)
    assert sum(budget.ranks().values()) > 4
    while budget.t < steps:
        budget.step()
    assert sum(budget.ranks().values()) == 4


# --- one base, many adapters


@pytest.mark.parametrize("method", METHODS)
def test_training_begins_at_the_base(method):
    model, x = Net(), torch.randn(3, 6)
    before = model(x)
    ad.attach(model, "x", METHODS[method])
    assert close(model(x), before, 1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_only_the_adapter_learns_and_all_of_it(method):
    model = adapted(method)
    model(torch.randn(3, 6)).square().sum().backward()
    learns = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
    assert learns == {name for name, _ in model.named_parameters() if ".adapters." in name}


def test_stacked_switched_and_removed_adapters_leave_the_base_bit_for_bit():
    model, x = Net(), torch.randn(3, 6)
    layers, before = [model.first, model.block["last"]], model(x)
    state = copy.deepcopy(model.state_dict())
    for name, method in (("a", "LoRA"), ("b", "DoRA"), ("c", "Bottleneck")):
        adapted(method, name, model)
    alone = {}
    for name in "abc":
        ad.use(model, name)
        alone[name] = model.first(x)
    ad.use(model, "a", "b")
    plain = F.linear(x, state["first.weight"], state["first.bias"])
    assert close(model.first(x) - plain, alone["a"] - plain + alone["b"] - plain, 1e-5)
    ad.merge(model)
    ad.unmerge(model)
    ad.use(model)
    assert torch.equal(model(x), before)
    ad.detach(model, "b")
    assert ad.names(model) == {"a", "c"}
    ad.detach(model)
    assert model.first is layers[0] and model.block["last"] is layers[1]
    assert all(torch.equal(a, b) for a, b in zip(state.values(), model.state_dict().values()))
    assert torch.equal(model(x), before)


@pytest.mark.parametrize("method", LOW_RANK)
def test_merged_is_the_same_function(method):
    model, x = adapted(method), torch.randn(3, 6)
    before, kept = model(x), copy.deepcopy(model.first.base.weight)
    ad.merge(model)
    assert not torch.equal(model.first.base.weight, kept) and close(model(x), before)
    ad.unmerge(model)
    assert torch.equal(model.first.base.weight, kept) and torch.equal(model(x), before)


def test_in_bfloat16_the_merged_weight_is_the_exact_sum_rounded_once():
    model = Net().bfloat16()
    weight = model.first.weight.detach().clone()
    adapted("LoRA", base=model)
    adapter = ad.by_path(model, "x")["first"]
    exact = weight.double() + adapter.scale * adapter.B.double() @ adapter.A.double()
    ad.merge(model)
    error = (model.first.base.weight.double() - exact).abs()
    assert (error <= exact.abs() * 2**-8).all() and error.max() > 0
    ad.unmerge(model)
    assert torch.equal(model.first.base.weight, weight)


def test_a_bottleneck_is_no_change_of_a_weight():
    model = adapted("LoRA", "a")
    adapted("Bottleneck", "b", model)
    weight = model.first.base.weight.clone()
    ad.use(model, "a", "b")
    with pytest.raises(TypeError, match="Bottleneck is no change of a weight"):
        ad.merge(model)
    assert torch.equal(model.first.base.weight, weight), "nothing is merged when something can't be"


@pytest.mark.parametrize("method", METHODS)
def test_files_bring_back_the_same_adapter(method, tmp_path):
    base = Net()
    other = copy.deepcopy(base)
    model, x = adapted(method, base=base), torch.randn(3, 6)
    ad.save(model, "x", tmp_path)
    ad.load(other, tmp_path, "y")
    assert torch.equal(other(x), model(x)) and ad.files.size(tmp_path) > 0
    with pytest.raises(ValueError, match="another model"):
        ad.load(nn.Sequential(nn.Linear(6, 5)), tmp_path, "y")


def test_patterns_choose_layers_by_path_or_by_the_end_of_it():
    for targets, found in (("last", ["block.last"]), ("*", PATHS), ("block.*", ["block.last"]), (["first"], ["first"])):
        model = Net()
        assert list(ad.attach(model, "x", METHODS["LoRA"], targets)) == found


def test_mistakes_are_named():
    model = adapted("LoRA")
    with pytest.raises(ValueError, match=r"No linear layer matches \['middle'\]. There are layers called first, last"):
        ad.attach(Net(), "x", METHODS["LoRA"], "middle")
    with pytest.raises(ValueError, match="There is already an adapter 'x'"):
        ad.attach(model, "x", METHODS["LoRA"])
    with pytest.raises(ValueError, match="There is no adapter 'z'; there are"):
        ad.use(model, "z")
    with pytest.raises(ValueError, match="There is no adapter 'z' to save"):
        ad.save(model, "z", "/nowhere")
    with pytest.raises(FileNotFoundError, match=r"adapter_config.json in /nowhere"):
        ad.load(model, "/nowhere", "z")
    with pytest.raises(ValueError, match="The rank must be at least 1"):
        ad.attach(model, "z", partial(ad.LoRA, r=0))
    ad.merge(model)
    for wrong in (lambda: ad.attach(model, "z", METHODS["LoRA"]), lambda: ad.use(model)):
        with pytest.raises(ValueError, match="unmerge"):
            wrong()
    with pytest.raises(ValueError, match="There are no gradients"):
        ad.adalora.Budget(adapted("AdaLoRA"), "x", 2, 10, 1, 1).step()
    with pytest.raises(ValueError, match="leave none of 10"):
        ad.adalora.Budget(adapted("AdaLoRA"), "x", 2, 10, 5, 5)


def test_what_peft_can_and_we_can_not_is_refused(tmp_path):
    config = peft.LoraConfig(r=3, target_modules=["first"], bias="all")
    peft.get_peft_model(Net(), config).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="bias = 'all'"):
        ad.load(Net(), tmp_path, "x")


# --- what each method promises


def test_a_bottleneck_is_a_residual_network():
    for parallel in (True, False):
        base = nn.Linear(6, 5)
        adapter = ad.Bottleneck(base, 3, parallel)
        nn.init.normal_(adapter.up.weight)
        x = torch.randn(4, 6)
        y = base(x)
        read = x if parallel else y
        hidden = F.gelu(read @ adapter.down.weight.T + adapter.down.bias)
        assert close(adapter(x, y, base), hidden @ adapter.up.weight.T + adapter.up.bias, 1e-6)


def test_the_soft_threshold_is_torchs_softshrink_and_the_proximal_point():
    g = torch.linspace(-2, 2, 41)
    assert torch.equal(ad.soft_threshold(g, 0.3), F.softshrink(g, 0.3))
    z = torch.linspace(-3, 3, 6001)[:, None]
    best = z[(0.5 * (z - g).square() + 0.3 * z.abs()).argmin(0), 0]
    assert close(ad.soft_threshold(g, 0.3), best, 1e-3)


def test_closed_gates_can_be_left_out():
    model, x = adapted("SoRA"), torch.randn(3, 6)
    ad.sora.proximal_step(model, "x", lr=0.5, penalty=0.8)
    before, ranks = model(x), [a.rank for a in ad.by_path(model, "x").values()]
    for adapter in ad.by_path(model, "x").values():
        adapter.prune()
    assert 0 < sum(ranks) < 6 and [a.A.shape[0] for a in ad.by_path(model, "x").values()] == ranks
    assert close(model(x), before, 1e-6)


def test_the_proximal_step_minimises_loss_plus_penalty():
    """On a quadratic loss it ends at the soft-thresholded minimum: penalties are in units of the loss."""
    model = nn.Sequential(nn.Linear(4, 4))
    ad.attach(model, "x", partial(ad.SoRA, r=5))
    adapter, best = ad.by_path(model, "x")["0"], torch.tensor([1.0, 0.3, -0.3, -2.0, 0.1])
    for _ in range(300):
        (0.5 * (adapter.g - best).square().sum()).backward()
        ad.sora.proximal_step(model, "x", lr=0.1, penalty=0.2)
    assert close(adapter.g, F.softshrink(best, 0.2), 1e-5) and adapter.rank == 4


def test_the_importance_of_a_rank_is_what_leaving_it_out_costs_and_what_it_does_alone():
    """IS(r) = S(M) - S(M without r) + S(M with r alone) by columns of B in copies; alone means in the whole model."""
    model, x = adapted("ALoRA"), torch.randn(32, 6)
    target = model(x).detach()
    quality = lambda: -F.mse_loss(model(x), target).item()
    scores = ad.alora.importance(model, "x", quality)
    for path, adapter in ad.by_path(model, "x").items():
        for r in range(3):
            only, rest = copy.deepcopy(model), copy.deepcopy(model)
            for other, each in ad.by_path(only, "x").items():
                each.B.data[:, [i for i in range(3) if (other, i) != (path, r)]] = 0
            ad.by_path(rest, "x")[path].B.data[:, r] = 0
            expected = 0 + F.mse_loss(rest(x), target) - F.mse_loss(only(x), target)
            assert abs(scores[path][r].item() - expected.item()) < 1e-4
        assert torch.equal(adapter.g, torch.ones(3))


def test_ranks_move_and_their_sum_stays():
    model = adapted("ALoRA")
    x = torch.randn(3, 6)
    scores = {"first": torch.tensor([0.1, 0.2, 3.0]), "block.last": torch.tensor([1.0, 2.0, 3.0])}
    first = ad.by_path(model, "x")["first"]
    kept = (first.B[:, 2:] @ first.A[2:] * first.scale).detach()
    last = ad.by_path(model, "x")["block.last"].delta(None).detach()
    assert ad.alora.reallocate(model, "x", scores, moved=2) == {"first": 1, "block.last": 5}
    assert close(ad.by_path(model, "x")["first"].delta(None), kept, 1e-6)
    assert close(ad.by_path(model, "x")["block.last"].delta(None), last, 1e-6), "new ranks start at nothing"
    model(x).sum().backward()
    assert ad.by_path(model, "x")["block.last"].B.grad.shape == (4, 5)


def test_when_every_layer_loses_nothing_moves():
    model = adapted("ALoRA")
    scores = {"first": torch.tensor([0.1, 2.0, 3.0]), "block.last": torch.tensor([0.2, 2.0, 3.0])}
    assert ad.alora.reallocate(model, "x", scores, moved=2) == {"first": 3, "block.last": 3}


@pytest.mark.parametrize("b", [1, 2, 3])
def test_cut_to_b_dylora_is_a_lora_of_rank_b(b):
    model, x = adapted("DyLoRA"), torch.randn(3, 6)
    ad.dylora.set_rank(model, "x", b)
    plain = copy.deepcopy(model)
    for adapter in ad.by_path(plain, "x").values():
        adapter.b = adapter.r
    other = Net()
    other.load_state_dict({k.replace(".base", ""): v for k, v in plain.state_dict().items() if ".adapters." not in k})
    ad.attach(other, "x", partial(ad.LoRA, r=b, alpha=7))
    with torch.no_grad():
        for path, adapter in ad.by_path(other, "x").items():
            whole = ad.by_path(model, "x")[path]
            adapter.A.copy_(whole.A[:b])
            adapter.B.copy_(whole.B[:, :b])
    assert close(model(x), other(x), 1e-6)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_step_of_dylora_moves_the_first_b_or_the_last_of_them(frozen):
    model = Net()
    ad.attach(model, "x", partial(ad.DyLoRA, r=4, frozen=frozen))
    randomised(model)
    ad.dylora.set_rank(model, "x", 3)
    model(torch.randn(3, 6)).sum().backward()
    moved = ad.by_path(model, "x")["first"].A.grad.abs().sum(1) > 0
    assert moved.tolist() == ([False, False, True, False] if frozen else [True, True, True, False])


def test_every_rank_is_drawn():
    model, g = adapted("DyLoRA"), torch.Generator().manual_seed(0)
    assert {ad.dylora.draw_rank(model, "x", g) for _ in range(60)} == {1, 2, 3}
    with pytest.raises(ValueError, match="ranks 1 to 3; you asked for 4"):
        ad.dylora.set_rank(model, "x", 4)


def test_triplets_that_are_apart_cost_nothing():
    adapter = ad.AdaLoRA(nn.Linear(6, 5), 3)
    q = lambda n: torch.linalg.qr(torch.randn(n, 3)).Q
    adapter.P.data, adapter.Q.data = q(5), q(6).T.contiguous()
    assert adapter.orthogonality() < 1e-10
    adapter.Q.data[1] = adapter.Q.data[0]
    assert adapter.orthogonality() > 1


def test_magnitude_and_direction_are_told_apart():
    W = torch.randn(8, 6, dtype=torch.float64)
    longer = W * torch.linspace(1, 2, 8)[:, None]
    magnitude, direction = ad.magnitude_and_direction(W, longer)
    assert magnitude == pytest.approx(((torch.linspace(1, 2, 8) - 1) * W.norm(dim=1)).mean().item(), rel=1e-5)
    assert direction < 1e-12
    turned = W @ torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64)).Q
    magnitude, direction = ad.magnitude_and_direction(W, turned)
    assert magnitude < 1e-12 and direction > 0.1


# --- low rank


def test_truncation_is_the_best_of_its_rank():
    X = torch.randn(9, 7, dtype=torch.float64)
    u, s, vh = scipy.linalg.svd(X.numpy())
    for k in (0, 1, 3, 7):
        U, V = ad.low_rank.truncate(X, k)
        assert U.shape == (9, k) and V.shape == (k, 7)
        assert close(U @ V, torch.from_numpy((u[:, :k] * s[:k]) @ vh[:k]), 1e-12)
        error = (X - U @ V).norm() / X.norm()
        assert error == pytest.approx(ad.low_rank.errors(X)[k].item(), abs=1e-12)
        if k:
            other = torch.randn(9, k, dtype=torch.float64)
            fitted = other @ torch.linalg.lstsq(other, X).solution  # the best with these columns
            assert (X - fitted).norm() / X.norm() > error - 1e-12
    with pytest.raises(ValueError, match="between 0 and 7; you asked for 8"):
        ad.low_rank.truncate(X, 8)


def test_ranks_that_are_known():
    thin = torch.randn(9, 2, dtype=torch.float64) @ torch.randn(2, 7, dtype=torch.float64)
    assert ad.low_rank.rank_for(thin, 1 - 1e-12) == 2
    eye = torch.eye(5, dtype=torch.float64)
    assert ad.low_rank.effective_rank(eye) == pytest.approx(5) and ad.low_rank.rank_for(eye, 0.6) == 3
    assert ad.low_rank.effective_rank(torch.ones(4, 4)) == pytest.approx(1, abs=1e-5)
