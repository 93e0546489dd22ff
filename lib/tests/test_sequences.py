"""The small data sets and synthetic tasks of modules 09 and 10 are what they claim to be."""

import gzip

import pytest
import torch
from llmcourse import data, runtime
from llmcourse.data import signals
from llmcourse.mamba import experiments as mamba
from llmcourse.state_space import experiments as state_space
from scipy import signal


def test_a_year_of_temperatures():
    f = data.sea_temperature()
    assert f.shape == (19226,) and f.dtype == torch.float64
    assert f.min() > 3 and f.max() < 23  # degrees Celsius, off the coast of Maine
    winter, summer = f[: 48 * 14].mean(), f[48 * 160 : 48 * 174].mean()
    assert summer - winter > 8


def test_digits_are_split_once_and_for_all():
    (x, y), (x_test, y_test) = data.digits()
    assert x.shape == (1437, 8, 8) and x_test.shape == (360, 8, 8)
    assert x.min() == 0 and x.max() == 16 and set(y.tolist()) == set(range(10)) == set(y_test.tolist())
    together = torch.cat([x, x_test]).flatten(1)
    assert len(together.unique(dim=0)) == len(together)  # no image is in both parts


def test_damaged_data_is_refused(monkeypatch, tmp_path):
    signals._read.cache_clear()
    monkeypatch.setattr(signals.resources, "files", lambda package: tmp_path)
    (tmp_path / "digits.csv.gz").write_bytes(gzip.compress(b"1,2,3\n"))
    with pytest.raises(ValueError, match=r"digits\.csv\.gz has changed or is damaged"):
        data.digits()
    signals._read.cache_clear()


def test_low_pass_is_a_butterworth_filter_run_both_ways():
    f = state_space.standardised(data.sea_temperature())
    b, a = signal.butter(3, 2 * 20 / len(f))
    theirs = torch.from_numpy(signal.filtfilt(b, a, f.numpy()).copy())
    assert (state_space.low_pass(f, 20) - theirs)[3000:-3000].abs().max() < 1e-3  # the ends are continued differently


def test_a_window_can_be_read_back_and_what_is_older_cannot():
    x = torch.randn(4000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x = state_space.standardised(state_space.low_pass(x, 0.05 * len(x), order=4))
    A_, B_ = state_space.memories(64, torch.Generator().manual_seed(0))["LegT"]
    missing = dict(zip(state_space.DELAYS, state_space.read_back(A_, B_, x)))
    assert missing[100] < 0.01 and missing[400] > 0.9


def test_copying_asks_for_the_tokens_in_their_order():
    tokens, targets = next(mamba.copying_batches(32, torch.Generator().manual_seed(0)))
    assert tokens.shape == targets.shape == (32, mamba.NOISE + mamba.ASKED)
    for row, wanted in zip(tokens, targets):
        assert row[row > 1].tolist() == wanted[wanted >= 0].tolist()
        assert (row[-mamba.ASKED :] == 1).all() and (wanted[: mamba.NOISE] == -100).all()


@pytest.mark.parametrize("L", [64, 128])
def test_induction_asks_what_followed(L):
    training = next(mamba.induction_batches(16, torch.Generator().manual_seed(0), L))
    for (tokens, targets), asked in ((training, 4), (mamba.induction_test(L), 1)):
        for row, wanted in zip(tokens, targets):
            places = (row == mamba.SYMBOLS).nonzero()[:, 0]
            assert (wanted >= 0).nonzero()[:, 0].tolist() == places[1:].tolist() and len(places) == asked + 1
            assert (wanted[wanted >= 0] == row[places[0] + 1]).all()


def test_language_models_are_of_one_size():
    sizes = {name: make(90).parameters_count for name, make in mamba.LANGUAGE.items()}
    assert sizes["attention"] == pytest.approx(sizes["Mamba"], rel=0.02)
    active = {name: mamba.active_parameters(make(90)) for name, make in mamba.LANGUAGE.items()}
    assert active["MoE-Mamba, 8 experts"] == pytest.approx(active["Mamba + MLP"], rel=0.02)


@pytest.mark.parametrize("name", mamba.BLOCKS)
@torch.no_grad()
def test_every_block_is_causal(name):
    torch.manual_seed(0)
    model = mamba.small(20, name)
    tokens = torch.randint(0, 20, (1, 30), device=runtime.device())
    changed = tokens.clone()
    changed[:, 20:] = (changed[:, 20:] + 1) % 20
    torch.testing.assert_close(model(tokens)[0][:, :20], model(changed)[0][:, :20], rtol=1e-4, atol=1e-5)


def test_rotary_scores_depend_on_the_distance_alone():
    q, k = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))
    scores = mamba.rotated(q.expand(12, 8)) @ mamba.rotated(k.expand(12, 8)).mT
    for shift in range(-5, 6):
        assert scores.diagonal(shift).std() < 1e-5
