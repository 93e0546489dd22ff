"""Learned rewards in the world that can be enumerated."""

from itertools import pairwise

import pytest
import torch
from llmcourse.rlhf import TablePolicy, experiments, kl
from llmcourse.rlhf import proxy_experiments as proxy

WORLD = experiments.world(0)


def test_letters_alone_cannot_see_a_repetition():
    texts = torch.tensor([[1, 1, 3, 3], [1, 3, 1, 3]])
    blind, seeing = (proxy.features(texts, 5, pairs) for pairs in (False, True))
    assert torch.equal(blind[0], blind[1]) and not torch.equal(seeing[0], seeing[1])
    assert blind.sum(1).tolist() == [4, 4] and seeing.sum(1).tolist() == [7, 7]


def test_comparisons_teach_what_can_be_seen():
    """Whims about single texts are beyond both models; repetitions are beyond the one that counts letters."""
    g = torch.Generator().manual_seed(0)
    compared = proxy.compare(WORLD, WORLD.reference, 20_000, g)
    agree = lambda pairs: torch.corrcoef(torch.stack([proxy.learned_reward(WORLD, *compared, pairs), WORLD.r]))[0, 1]
    assert agree(True) > 0.85 > agree(False) > 0.5


def test_the_proxy_never_falls_along_the_best_policies():
    """The best policy at a lower price earns no less proxy and goes no less far: it would be the best at the other."""
    rows = proxy.sweep(0, 200, pairs=False)["best policy"]
    for (k0, p0, _), (k1, p1, _) in pairwise(rows):
        assert k1 >= k0 - 1e-4 and p1 >= p0 - 1e-4


def test_a_win_rate_is_a_half_against_oneself_and_one_against_a_worse_text():
    log_p = WORLD.log_ref
    assert proxy.win_rate(log_p, log_p, WORLD.r) == pytest.approx(0.5, abs=1e-5)
    sure = lambda k: torch.full((625,), -torch.inf).index_fill(0, torch.tensor([k]), 0.0)
    best, worst = WORLD.r.argmax().item(), WORLD.r.argmin().item()
    assert proxy.win_rate(sure(best), sure(worst), WORLD.r) == 1.0


def test_demonstrations_and_ptx_pull_where_they_should():
    g = torch.Generator().manual_seed(0)
    tuned = proxy.supervised(WORLD, 100, 20, g)
    assert (tuned.log_probs().exp() @ WORLD.r) > (WORLD.log_ref.exp() @ WORLD.r)
    assert TablePolicy(5, 4, tuned.logits).log_probs().exp().sum().item() == pytest.approx(1, abs=1e-4)
    far, near = (proxy.reinforced(WORLD, 10, g, gamma, WORLD.log_ref).log_probs().detach() for gamma in (0.0, 5.0))
    assert kl(WORLD.log_ref, near) < kl(WORLD.log_ref, far)


def test_three_steps_report_every_model():
    run = proxy.three_steps(0, demonstrations=20, comparisons=40, batches=2)
    assert set(run["gold"]) == set(run["loss"]) == {"first", "SFT", "PPO", "PPO-ptx"}
    assert all(0 < rate < 1 for rate in run["wins"].values())
