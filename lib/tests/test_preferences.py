"""Preferences: against published tables, choix and gymnasium; and statements about EM, errors, gradients, shaping."""

import choix
import numpy as np
import pytest
import torch
from gymnasium.envs.classic_control.cartpole import CartPoleEnv
from llmcourse import preferences
from llmcourse.data import comparisons
from llmcourse.preferences import arena, bradley_terry, control, experiments, games, linear, segments, shaping, ties
from llmcourse.preferences.lecture_01 import claims
from scipy import optimize, stats

float64 = torch.float64
FITS = {"MM": bradley_terry.mm, "Newton": bradley_terry.newton}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def random_games(n, seed, share=0.6, most=6):
    """Wins of a random graph on a ring, so that there is a maximum."""
    g = generator(seed)
    W = torch.randint(0, most, (n, n), generator=g) * (torch.rand(n, n, generator=g) < share)
    ring = torch.arange(n)
    W[ring, (ring + 1) % n] += 1
    return W.double()


def as_list(W):
    """Every game, as choix takes them: [(winner, loser), ...]."""
    off = W * (1 - torch.eye(len(W), dtype=W.dtype))
    return [(i, j) for i, j in off.nonzero().tolist() for _ in range(int(off[i, j]))]


def close(a, b, tolerance):
    torch.testing.assert_close(a, torch.as_tensor(b, dtype=a.dtype), rtol=0, atol=tolerance)


# ------------------------------------------------------------------ published tables


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_citations_are_stiglers(fit):
    """Turner and Firth 2012, JSS 48(9), section 2.1: estimates, deviance."""
    W = comparisons.citations()
    r = fit(W).r
    close(r - r[0], [0.0, -2.9491, -0.4796, 0.2690], 5e-5)
    N = (W + W.mT).fill_diagonal_(1)
    saturated = (W * (W / N).log()).fill_diagonal_(0).sum()
    close(2 * (saturated - bradley_terry.log_likelihood(W, r)), 4.293, 5e-4)


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_baseball_is_agrestis(fit):
    """Agresti 2002, table 10.11, as in the vignette of BradleyTerry2: estimates and standard errors."""
    won, lost = comparisons.baseball()
    W = won + lost.mT
    r = fit(W).r
    assert W.sum() == 273
    close(r - r[0], [0.0, 1.1077, 0.6839, 1.4364, 1.5814, 1.2476, 1.2945], 5e-5)
    close(bradley_terry.standard_errors(W, r, 0), [0.0, 0.334, 0.332, 0.340, 0.343, 0.336, 0.337], 5e-4)


def test_home_advantage_is_agrestis():
    won, lost = comparisons.baseball()
    i, j = ((won + lost) > 0).nonzero().T
    w, covariance = linear.fit(linear.players(i, j, 7, home=True), won[i, j], lost[i, j])
    close(w[-1], 0.3023, 5e-5)
    close(covariance[-1, -1].sqrt(), 0.1309, 5e-5)
    shares = torch.softmax(torch.cat([torch.zeros(1, dtype=float64), w[:6]]), 0)
    close(shares, [0.044, 0.137, 0.088, 0.190, 0.220, 0.157, 0.164], 5e-4)


def test_puddings_are_davidsons():
    """Davidson 1970, example 2, as printed by PlackettLuce after his seven iterations: four digits agree."""
    fit, nu = ties.davidson(*comparisons.puddings())
    close(torch.softmax(fit.r, 0), [0.1388005, 0.1729985, 0.1617420, 0.1653930, 0.1586805, 0.2023855], 5e-5)
    assert nu == pytest.approx(0.7468147, abs=5e-5)


def test_journeys_are_mlogits():
    """Croissant's mlogit on `Train`: weights, errors, likelihood. Its price is in guilders times 2.20371."""
    choices = comparisons.train_choices()
    assert len(choices.mu) == 2929 and len(choices.person.unique()) == 235 and choices.mu.sum() == 1474
    X = (choices.first - choices.second) * torch.tensor([2.20371, 1.0, 1.0, 1.0], dtype=float64)
    w, covariance = linear.fit(X, choices.mu, 1 - choices.mu)
    close(w, [-0.0673580, -1.7205514, -0.3263409, -0.9457256], 2e-6)
    close(covariance.diagonal().sqrt(), [0.0033933, 0.1603517, 0.0594892, 0.0649455], 2e-6)
    close(linear.log_likelihood(w, X, choices.mu, 1 - choices.mu), -1724.2, 0.051)


@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_ghost_is_plackett_luces(fit):
    """The toy ranking of PlackettLuce's vignette, where D never wins: npseudo = 0.5; and without D."""
    W = torch.tensor([[0, 1, 0, 1], [1, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]], dtype=float64)
    r = fit(W, prior=0.5).r
    close(r - r[0], [0.0, 0.5184185, 0.1354707, -1.1537565], 1e-6)
    r = fit(W[:3, :3]).r
    close(r - r[0], [0.0, 0.8392, 0.4196], 5e-5)
    close(bradley_terry.standard_errors(W[:3, :3], r, 0), [0.0, 1.3596, 1.5973], 5e-5)


def test_leaderboards_are_the_decks():
    for name in ("text", "webdev"):
        scores, votes = comparisons.leaderboard(name)
        assert scores.shape == votes.shape == (8,)
    text, web = comparisons.leaderboard("text")[0], comparisons.leaderboard("webdev")[0]
    assert (text.diff() < 0).all() and web.diff().argmax() == 6 and (web.diff()[:6] < 0).all()  # row 8 is out of order


# ------------------------------------------------------------------ Bradley-Terry


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_ratings_are_choixs(fit, seed):
    W = random_games(4 + 3 * seed, seed)
    theirs = torch.tensor(choix.ilsr_pairwise(len(W), as_list(W), max_iter=1000, tol=1e-12), dtype=float64)
    close(fit(W).r, theirs - theirs.mean(), 1e-6)


def test_mm_never_falls_on_a_hundred_graphs():
    for seed in range(100):
        W = random_games(3 + seed % 12, seed, share=0.2 + 0.007 * seed)
        history = torch.tensor(bradley_terry.mm(W, most=60).history, dtype=float64)
        assert (history.diff() >= -1e-10 * history.abs().max()).all()


def test_bound_is_below_and_touches():
    for seed in range(20):
        W, g = random_games(6, seed), generator(seed)
        at, other = (torch.randn(6, generator=g, dtype=float64).exp() for _ in range(2))
        assert bradley_terry.lower_bound(W, other, at) <= bradley_terry.log_likelihood(W, other.log()) + 1e-9
        close(bradley_terry.lower_bound(W, at, at), bradley_terry.log_likelihood(W, at.log()), 1e-9)
        best = bradley_terry.mm_update(W, at)
        for _ in range(5):  # nothing nearby has a higher bound: the step is its maximum, up to scale
            near = best * (0.1 * torch.randn(6, generator=g, dtype=float64)).exp()
            near, new = (x * _best_scale(W, x, at) for x in (near, best))
            assert bradley_terry.lower_bound(W, near, at) <= bradley_terry.lower_bound(W, new, at) + 1e-12


def _best_scale(W, gamma, at):
    """The scale of gamma at which the bound is largest: games over the time they were expected to take."""
    W = W.clone().fill_diagonal_(0)
    return W.sum() / (bradley_terry.expected_times(W, at).sum(-1) * gamma).sum()


def test_clocks_are_the_model():
    """Exponential clocks: the first to ring wins with Bradley-Terry's probability, after 1 / (sum of rates)."""
    torch.manual_seed(0)
    rates = torch.tensor([0.5, 2.0])
    rings = torch.distributions.Exponential(rates).sample((200_000,))
    first = rings.min(1)
    assert (first.indices == 1).double().mean() == pytest.approx(0.8, abs=0.01)
    assert first.values.mean() == pytest.approx(1 / 2.5, rel=0.01)
    assert first.values[first.indices == 0].mean() == pytest.approx(1 / 2.5, rel=0.02)  # whoever won


def test_gradient_and_information_are_autograds():
    W, r = random_games(5, 1), torch.randn(5, generator=generator(), dtype=float64)
    for prior in (0.0, 0.7):
        f = lambda r, prior=prior: bradley_terry.log_likelihood(W, r, prior)
        close(bradley_terry.gradient(W, r, prior), torch.autograd.functional.jacobian(f, r), 1e-10)
        close(bradley_terry.information(W, r, prior), -torch.autograd.functional.hessian(f, r), 1e-10)


def test_gradient_ascent_gets_there_too():
    W = random_games(5, 2)
    fit = bradley_terry.ascend(W, 3000)
    close(fit.r, bradley_terry.newton(W).r, 1e-6)
    assert (torch.tensor(fit.history).diff() > -1e-9).all()


def test_batches_are_fits():
    W = torch.stack([random_games(5, seed) for seed in range(4)])
    for fit in FITS.values():
        close(fit(W).r, torch.stack([fit(w).r for w in W]), 1e-9)


def test_errors_are_those_of_repeated_seasons():
    """Fisher's standard errors against the spread of estimates from 400 simulated seasons."""
    r = torch.tensor([0.8, 0.2, -0.3, -0.7], dtype=float64)
    counts = 200 * (1 - torch.eye(4, dtype=float64)).triu()
    won = torch.binomial(
        counts.expand(400, 4, 4), bradley_terry.probability(r).expand(400, 4, 4), generator=generator()
    )
    W = won + (counts - won).mT
    spread = bradley_terry.newton(W).r.std(0)
    torch.testing.assert_close(spread, bradley_terry.standard_errors(W[0], r), rtol=0.12, atol=0)


def test_far_apart_is_finite():
    r = torch.tensor([800.0, -800.0])
    assert bradley_terry.log_likelihood(torch.tensor([[0.0, 0.0], [1.0, 0.0]]), r) == -1600


@pytest.mark.parametrize(
    "rows, reason",
    [
        ([[0, 1, 1], [0, 0, 1], [0, 1, 0]], r"Ann has never lost to anyone else"),
        ([[0, 1, 1], [1, 0, 1], [0, 0, 0]], r"Cem has never beaten anyone else"),
        ([[0, 1, 0], [1, 0, 0], [0, 0, 0]], r"Cem has never met anyone else"),
    ],
)
def test_without_a_maximum_the_players_are_named(rows, reason):
    W = torch.tensor(rows, dtype=float64)
    for fit in FITS.values():
        with pytest.raises(ValueError, match=reason + r".*prior=0.5"):
            fit(W, names=["Ann", "Ben", "Cem"])
        assert fit(W, prior=0.5).r.isfinite().all()


def test_a_group_is_named_together():
    W = torch.zeros(5, 5, dtype=float64)
    W[0, 1] = W[1, 0] = W[2, 3] = W[3, 4] = W[4, 2] = W[0, 2] = 1
    with pytest.raises(ValueError, match="0, 1 have never lost to anyone else"):
        bradley_terry.mm(W)


def test_mm_would_run_away_without_a_maximum():
    W = torch.tensor([[0, 3], [0, 0]], dtype=float64)
    gamma = torch.ones(2, dtype=float64)
    for _ in range(3):
        gamma = bradley_terry.mm_update(W + 1e-12, gamma)
    assert gamma[0] / gamma[1] > 1e5


# ------------------------------------------------------------------ linear, ties, many players


def test_linear_is_scipys():
    g = generator()
    X, mu = torch.randn(60, 3, generator=g, dtype=float64), torch.rand(60, generator=g, dtype=float64).round()
    w, _ = linear.fit(X, mu, 1 - mu, ridge=0.5)
    loss = lambda w: (
        np.logaddexp(0, -X.numpy() @ w) * mu.numpy() + np.logaddexp(0, X.numpy() @ w) * (1 - mu.numpy())
    ).sum()
    close(w, optimize.minimize(lambda w: loss(w) + 0.25 * w @ w, np.zeros(3), tol=1e-12).x, 1e-5)


def test_linear_explains_why_not():
    X = torch.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=float64)
    one = torch.ones(2, dtype=float64)
    with pytest.raises(ValueError, match="Some column"):
        linear.fit(X, one, one)
    with pytest.raises(ValueError, match="ridge"):
        linear.fit(X[:, :1], one, 0 * one)


def test_davidson_is_a_maximum_and_mm_never_falls():
    W, T = comparisons.puddings()
    fit, nu = ties.davidson(W, T)
    assert (torch.tensor(fit.history).diff() > -1e-9).all()
    found = torch.cat([fit.r, torch.tensor([nu], dtype=float64)])
    slope = torch.autograd.functional.jacobian(lambda z: ties.log_likelihood(W, T, z[:6], z[6]), found)
    assert slope.abs().max() < 1e-6


def test_ties_without_ties_are_bradley_terry():
    W = random_games(5, 3)
    close(ties.davidson(W, torch.zeros_like(W))[0].r, bradley_terry.mm(W).r, 1e-8)
    p = ties.outcomes(torch.randn(4, generator=generator()), 0.8)
    close(p.sum(-1), torch.ones(4, 4), 1e-6)
    close(p[..., 0], p[..., 2].mT, 1e-6)


def test_sparse_is_dense():
    W = random_games(30, 4, share=0.2)
    played = torch.tensor(as_list(W))
    few = games.collect(played[:, 0], played[:, 1], 30)
    expected = bradley_terry.newton(W).r
    close(games.newton(few)[0], expected, 1e-7)
    close(games.mm(few, tolerance=1e-11)[0], expected, 1e-7)
    close(few.log_likelihood(expected), bradley_terry.log_likelihood(W, expected), 1e-9)


def test_sparse_names_who_is_cut_off():
    with pytest.raises(ValueError, match="to 2, 3"):
        games.newton(games.collect(torch.tensor([0, 1, 2, 3]), torch.tensor([1, 0, 3, 2]), 4))


# ------------------------------------------------------------------ Elo and the arena


def test_elo_is_ten_to_one_at_400():
    r = torch.tensor([0.3, -1.0, 0.4], dtype=float64)
    scores = arena.to_elo(r, anchor=1, at=1200)
    assert scores[1] == 1200
    odds = 10 ** ((scores[0] - scores[2]) / 400)
    close(odds / (1 + odds), torch.sigmoid(r[0] - r[2]), 1e-12)
    close(arena.from_elo(scores), r - r.mean(), 1e-12)


def test_online_elo_keeps_the_mean_and_depends_on_the_order():
    winner, loser = torch.tensor([0, 1, 2, 0, 0]), torch.tensor([1, 2, 0, 2, 1])
    path = arena.online_elo(winner, loser, 3)
    close(path.mean(1), torch.full((6,), 1000.0, dtype=float64), 1e-9)
    assert path[1, 0] == 1016
    assert (path[-1] - arena.online_elo(winner.flip(0), loser.flip(0), 3)[-1]).abs().max() > 0.1


def test_an_elo_step_is_a_gradient_step():
    r = torch.tensor([0.2, -0.4, 0.1], dtype=float64)
    W = torch.zeros(3, 3, dtype=float64)
    W[0, 1] = 1
    scores = arena.to_elo(r)
    surprise = 1 / (1 + 10 ** ((scores[0] - scores[1]) / 400))
    close(bradley_terry.gradient(W, r), torch.stack([surprise, -surprise, 0 * surprise]), 1e-12)


def test_pair_counts_give_each_model_its_votes():
    for name in ("text", "webdev"):
        votes = comparisons.leaderboard(name)[1]
        counts = arena.pair_counts(votes)
        assert torch.equal(counts, counts.mT) and (counts.diagonal() == 0).all()
        assert (counts.sum(1) - votes).abs().max() <= 4  # rounding, eight players
    with pytest.raises(ValueError, match="Player 1 has 9 votes"):
        arena.pair_counts(torch.tensor([2.0, 9.0, 3.0]))


def test_bootstrap_agrees_with_fisher():
    scores, votes = comparisons.leaderboard("text")
    W = arena.simulate(scores, votes, generator())
    board = preferences.leaderboard(W, 400, generator(1), at=scores.mean().item())
    fisher = 1.96 * arena.SCALE * bradley_terry.standard_errors(W, arena.from_elo(board.scores))
    torch.testing.assert_close((board.high - board.low) / 2, fisher, rtol=0.15, atol=0)


def test_rank_ranges_by_hand():
    best, worst = arena.rank_range(torch.tensor([90.0, 70.0, 60.0, 10.0]), torch.tensor([99.0, 85.0, 75.0, 20.0]))
    assert best.tolist() == [1, 2, 2, 4] and worst.tolist() == [1, 3, 3, 4]


def test_resampling_keeps_the_number_of_battles():
    W = random_games(6, 5)
    again = arena.resample(W, 50, generator())
    assert (again.sum((1, 2)) == W.sum()).all() and (again[:, W == 0] == 0).all()
    close(again.mean(0), W, 1.5)


# ------------------------------------------------------------------ segments and control


def test_preference_loss_is_cross_entropy_and_its_gradient_autograds():
    g = generator()
    first, second = (torch.randn(7, 5, generator=g, dtype=float64, requires_grad=True) for _ in range(2))
    mu = torch.tensor([1, 0, 0.5, 1, 0, 0.5, 1], dtype=float64)
    loss = segments.preference_loss(first, second, mu)
    lead = first.sum(1) - second.sum(1)
    close(loss, torch.nn.functional.binary_cross_entropy_with_logits(lead, mu, reduction="sum").item(), 1e-12)
    for mine, theirs in zip(
        segments.preference_gradient(first, second, mu), torch.autograd.grad(loss, (first, second))
    ):
        close(mine, theirs, 1e-12)


def test_a_constant_reward_changes_nothing():
    first, second, mu = torch.randn(4, 6), torch.randn(4, 6), torch.tensor([1, 0, 0.5, 1])
    close(segments.preference_loss(first + 3, second + 3, mu), segments.preference_loss(first, second, mu), 1e-4)


def test_members_of_the_ensemble_are_separate():
    torch.manual_seed(0)
    ensemble, x = segments.RewardEnsemble(5), torch.randn(7, 3, 5)
    together = ensemble(x)
    assert together.shape == (3, 7, 3)
    close(ensemble.each(x.expand(3, 7, 3, 5)), together, 1e-6)
    for k in range(3):
        h = x
        for n, (w, b) in enumerate(zip(ensemble.weights, ensemble.biases)):
            h = (h.tanh() if n else h) @ w[k] + b[k]
        close(together[k], h[..., 0], 1e-5)
    close(ensemble.reward(x), together.mean(0), 1e-6)


def test_ensemble_learns_a_reward():
    g = generator()
    torch.manual_seed(0)
    true = lambda x: x[..., 0] - x[..., 1].square()
    first, second = (torch.randn(400, 6, 5, generator=g) for _ in range(2))
    mu = segments.judge(true(first).sum(1), true(second).sum(1), g)
    ensemble = segments.RewardEnsemble(5)
    segments.fit(ensemble, first, second, mu, g, steps=400)
    x = torch.randn(500, 5, generator=g)
    assert stats.spearmanr(ensemble.reward(x), true(x)).statistic > 0.8


def test_judge_errs_and_ties_as_often_as_promised():
    g = generator()
    first, second = torch.randn(20_000, generator=g), torch.randn(20_000, generator=g)
    mu = segments.judge(first, second, g)
    tied = mu == 0.5
    assert tied.float().mean() == pytest.approx(0.1, abs=0.005)
    assert (first - second)[tied].abs().max() <= (first - second)[~tied].abs().min()
    assert ((mu == 1) != (first > second))[~tied].float().mean() == pytest.approx(
        0.05, abs=0.01
    )  # Christiano: 10 % at random
    assert (segments.judge(torch.zeros(5), torch.zeros(5), g) == 0.5).all()


def test_disagreement_is_largest_where_members_differ():
    torch.manual_seed(0)
    ensemble, x = segments.RewardEnsemble(5), torch.randn(6, 4, 5)
    close(segments.disagreement(ensemble, x, x), torch.zeros(6), 1e-12)
    assert (segments.disagreement(ensemble, x, -x) > 0).all()


def test_pole_is_gymnasiums():
    """A full push to either side is CartPole-v1's action; its angle and track end an episode where our reward stops."""
    env, rng = CartPoleEnv(), np.random.default_rng(0)
    for _ in range(20):
        env.reset(seed=int(rng.integers(1000)))
        env.state = s = rng.normal(size=4) * [1.2, 1, 0.12, 1]
        for _ in range(20):
            side = int(rng.integers(2))
            env.steps_beyond_terminated = None
            _, _, ended, *_ = env.step(side)
            s = control.step(s, np.array(2.0 * side - 1))
            np.testing.assert_allclose(s, env.state, rtol=1e-12, atol=1e-12)
            assert bool(control.reward(s)) is not ended


def test_a_sparse_reward_pays_for_a_part_of_what_the_full_one_pays_for():
    weights = torch.randn(6, control.WEIGHTS, generator=generator())
    wide, narrow = (control.rollout(weights, 3, generator(), width) for width in (1.0, experiments.NARROW))
    assert torch.equal(wide.inputs, narrow.inputs)
    assert (narrow.rewards <= wide.rewards).all() and 0 < narrow.rewards.sum() < wide.rewards.sum()
    close(control.closeness(torch.tensor([[0.0, 9, 0, 9, 9], [1, 0, 2, 0, 0]])), [0, -5], 0)


def test_rollouts_are_policies_one_by_one():
    weights = torch.randn(3, control.WEIGHTS, generator=generator())
    o = np.random.default_rng(0).normal(size=(3, 2, 4))
    for p in range(3):
        w = weights[p].double()
        h = torch.tanh(torch.from_numpy(o[p]) @ w[:16].view(4, 4) + w[16:20])
        np.testing.assert_allclose(
            control.act(weights.double().numpy(), o)[p], torch.tanh(h @ w[20:24] + w[24]), atol=1e-12
        )
    behaviour = control.rollout(weights, 2, generator())
    assert behaviour.inputs.shape == (control.STEPS, 3, 2, 5) and behaviour.returns.shape == (3,)
    assert behaviour.inputs.abs().max() <= 5 and ((behaviour.rewards == 0) | (behaviour.rewards == 1)).all()


def test_search_finds_a_maximum():
    goal = torch.randn(control.WEIGHTS, generator=generator(3))
    found = control.search(lambda w, _: -(w - goal).square().sum(1), 60, generator())
    assert (found - goal).abs().max() < 0.5


def test_schedules_ask_as_often_as_promised():
    assert experiments.schedule(40, 30, frozen=True) == {0: 40}
    spread = experiments.schedule(200, 30, frozen=False)
    assert spread[0] == 50 and max(spread) < 0.6 * 30 and 180 <= sum(spread.values()) <= 200
    assert sum(experiments.schedule(40, 2, frozen=False).values()) == 38  # rounds that fall together add up


def test_segments_are_cut_from_one_episode():
    inputs = torch.arange(200.0)[:, None, None, None].expand(200, 4, 1, 5)
    behaviour = control.Behaviour(inputs + 1000 * torch.arange(4.0)[:, None, None], torch.ones(200, 4, 1))
    cut, returns = experiments.cut(behaviour, 30, generator())
    assert cut.shape == (30, experiments.SEGMENT, 5) and (returns == experiments.SEGMENT).all()
    assert (cut.diff(dim=1) == 1).all()


def test_a_short_run_repeats_itself():
    runs = [experiments.learn(0, labels=16, iterations=3, refit=10, by_disagreement=True) for _ in range(2)]
    assert runs[0] == runs[1] and len(runs[0].true) == 3 and 0 <= runs[0].final <= 200


def test_gamed_is_a_fall_while_the_learned_reward_rises():
    run = lambda true, proxy: {"true": true, "proxy": proxy}
    assert claims.gamed(run([20, 100, 70], [0, 3, 4]))
    assert not claims.gamed(run([20, 100, 71], [0, 3, 4]))  # not far enough
    assert not claims.gamed(run([20, 100, 50], [0, 3, 2]))  # the search failed: neither of them rose
    assert not claims.gamed(run([20, 50, 100], [0, 3, 4]))


# ------------------------------------------------------------------ shaping


def test_shaping_shifts_the_best_values_and_nothing_else():
    """Ng et al. 1999: Q* with shaping is Q* less Phi, so the best actions are the same."""
    Phi = shaping.potential(8)
    before, after = (shaping.best_values(8, 0.95, extra) for extra in (shaping.plain, shaping.shaped(Phi, 0.95)))
    close((before - Phi[:, None])[:-1], after[:-1], 1e-10)
    assert len(shaping.walk(after, 8)) - 1 == 14


def test_any_potential_will_do():
    g = generator()
    Phi = torch.randn(25, generator=g, dtype=float64)
    Phi[-1] = 0
    before, after = (shaping.best_values(5, 0.9, extra) for extra in (shaping.plain, shaping.shaped(Phi, 0.9)))
    close((before - Phi[:, None])[:-1], after[:-1], 1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_shaping_is_a_better_start(seed):
    """Wiewiora 2003: with shaping from Q = 0, and without it from Q = Phi: the same steps."""
    Phi = shaping.potential(7)
    shaped, Q = shaping.learn(7, 40, generator(seed), shaping.shaped(Phi, 0.99))
    started, other = shaping.learn(7, 40, generator(seed), start=Phi)
    assert shaped == started
    close((Q + Phi[:, None])[:-1], other[:-1], 1e-12)


def test_a_bonus_makes_it_walk_to_and_fro():
    size = 6
    Q = shaping.best_values(size, 0.99, shaping.bonus(shaping.grid(size)[1]))
    cells = shaping.walk(Q, size, most=60)
    assert len(cells) == 61 and len(set(cells[20:])) == 2
    assert Q[0].max() > 1 + 0.05 * 2 * (size - 1)  # more than the goal and all bonuses on the way


# ------------------------------------------------------------------ the bench


def test_bench_measures_us_and_choix_and_says_where_it_stops():
    from lib.bench import preferences as bench

    found = bench.run((20, 30))
    assert {"Newton, sparse", "MM, sparse", "choix.opt_pairwise", "choix.mm_pairwise"} <= {name for name, _ in found}
    assert all(off < 1e-3 for _, off in found.values())
    page = bench.page(found | {("choix.mm_pairwise", 20): (1e3, 0.0)}, (20, 30), 1.0, "")
    assert "| Newton, sparse |" in page and "30 players" in page
    assert bench._over({("choix.ilsr_pairwise", 20): (50.0, 0.0)}, "choix.ilsr_pairwise", 30, (20, 30))
