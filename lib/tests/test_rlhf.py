"""RLHF: losses and advantages against trl, torchrl and stable-baselines3; everything else against enumeration."""

import itertools
import math
from pathlib import Path

import pytest
import torch
from llmcourse import rlhf
from llmcourse.models import GPT, SoftmaxAttention
from llmcourse.rlhf import answers, direct, enumeration, experiments, group, penalty, ppo, reward_model, selection
from safetensors.torch import load_file

float64 = torch.float64
OTHERS = load_file(Path(__file__).parent / "references" / "rlhf.safetensors")
BETA = 0.5


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def close(a, b, tolerance=1e-10):
    torch.testing.assert_close(a, torch.as_tensor(b, dtype=a.dtype), rtol=0, atol=tolerance)


def policy(A=3, L=2, seed=0, spread=1.0):
    blank = rlhf.TablePolicy(A, L)
    logits = spread * torch.randn(blank.logits.shape, generator=generator(seed), dtype=float64)
    return rlhf.TablePolicy(A, L, logits)


def small_world(A=3, L=2):
    r = torch.randn(A**L, generator=generator(2), dtype=float64)
    return experiments.World(policy(A, L, seed=1), r, BETA)


def gradient(value, of):
    return torch.autograd.grad(value, of.logits)[0]


def gpt(vocabulary=7, seed=0):
    torch.manual_seed(seed)
    return GPT(vocabulary, 16, 1, SoftmaxAttention)


# ------------------------------------------------------------------ other people's code


@pytest.fixture
def drawn():
    logits = OTHERS["logits"].clone().requires_grad_()
    log_probs = logits.log_softmax(-1).gather(-1, OTHERS["tokens"][..., None])[..., 0]
    return logits, log_probs, OTHERS["mask"]


@pytest.mark.parametrize("who", ["torchrl", "sb3"])
def test_advantages_are_those_of_others(who):
    A, returns = ppo.gae(OTHERS["rewards"], OTHERS["values"], OTHERS["mask"], lam=0.9, gamma=0.97)
    close(A, OTHERS[f"{who}.advantages"], 1e-5)
    close(returns, OTHERS[f"{who}.returns"], 1e-5)


def test_ppos_policy_loss_is_torchrls(drawn):
    logits, log_probs, mask = drawn
    loss = ppo.policy_loss(log_probs, OTHERS["old"], OTHERS["advantages"], mask, epsilon=0.2)
    close(loss, OTHERS["torchrl.policy_loss"], 1e-6)
    close(torch.autograd.grad(loss, logits)[0][mask > 0], OTHERS["torchrl.policy_gradient"], 1e-6)


def test_ppos_value_loss_is_torchrls():
    values = OTHERS["values"].clone().requires_grad_()
    loss = ppo.value_loss(values, OTHERS["old_values"], OTHERS["rewards"], OTHERS["mask"], epsilon=0.3)
    close(loss, OTHERS["torchrl.value_loss"], 1e-6)
    slope = torch.autograd.grad(loss, values)[0][OTHERS["mask"] > 0]
    close(slope, OTHERS["torchrl.value_gradient"], 1e-6)


def test_dpos_loss_is_trls(drawn):
    _, log_probs, mask = drawn
    sums, ref = (log_probs * mask).sum(1), (OTHERS["ref"] * mask).sum(1)
    close(direct.dpo_loss(sums[:3], sums[3:], ref[:3], ref[3:], 0.3), OTHERS["trl.dpo_loss"], 1e-5)


def test_grpos_loss_is_trls(drawn):
    _, log_probs, mask = drawn
    loss = group.grpo_loss(log_probs, OTHERS["old"], OTHERS["ref"], OTHERS["answer_advantages"], mask, 0.3)
    close(loss, OTHERS["trl.grpo_loss"], 1e-5)


def test_grpos_advantages_are_trls():
    close(group.group_advantages(OTHERS["r"]), OTHERS["trl.group_advantages"], 1e-5)


def test_trls_rloo_is_ppos_clip_on_whole_answers(drawn):
    """trl clips in its RLOO; at the first step of a batch the ratio is 1, and ours has the same gradient."""
    _, log_probs, mask = drawn
    sums, old = (log_probs * mask).sum(1, keepdim=True), (OTHERS["old"] * mask).sum(1, keepdim=True)
    loss = ppo.policy_loss(sums, old, OTHERS["answer_advantages"][:, None], torch.ones_like(sums))
    close(loss, OTHERS["trl.rloo_loss"], 1e-5)


def test_the_pairwise_loss_is_trls():
    better, worse = OTHERS["r"].flatten().chunk(2)
    close(reward_model.pairwise_loss(better, worse), OTHERS["trl.reward_loss"], 1e-6)


# ------------------------------------------------------------------ the exact judge


def test_a_table_is_a_distribution_over_texts():
    pi = policy(4, 3)
    close(pi.log_probs().exp().sum(), 1.0)
    close(pi.token_log_probs().exp().view(4, 4, 4, 3)[0, 0, :, 2].sum(), 1.0)  # the third letter after two


def test_a_table_draws_what_it_says():
    pi = policy(3, 2)
    counts = torch.bincount(pi.sample(200_000, generator()), minlength=9) / 200_000
    close(counts.double(), pi.log_probs().exp().detach(), 0.005)


def test_nothing_is_better_than_the_optimum():
    """J(pi*) - J(pi) = beta KL(pi || pi*), so pi* is the only maximum."""
    w = small_world()
    best = enumeration.objective(w.log_best, w.log_ref, w.r, BETA)
    for seed in range(5):
        log_pi = policy(seed=10 + seed).log_probs().detach()
        missing = best - enumeration.objective(log_pi, w.log_ref, w.r, BETA)
        close(missing, BETA * enumeration.kl(log_pi, w.log_best))


def test_the_optimum_lies_between_reference_and_best_text():
    w = small_world()
    close(enumeration.optimum(w.log_ref, w.r, 1e6), w.log_ref, 1e-5)
    close(enumeration.optimum(w.log_ref, w.r, 1e-3).exp().max(), 1.0)
    assert enumeration.optimum(w.log_ref, w.r, 1e-3).argmax() == w.r.argmax()


def test_the_reward_can_be_read_off_the_optimum():
    w = small_world()
    implied = direct.implicit_reward(w.log_best, w.log_ref, BETA)
    close(implied - implied.mean(), w.r - w.r.mean())


def test_the_gradient_of_J_is_a_policy_gradient():
    w, pi = small_world(), policy()
    log_pi = pi.log_probs()
    R = (w.r - BETA * (log_pi - w.log_ref)).detach()
    expected = (log_pi.exp().detach() * R * log_pi).sum()
    close(gradient(expected, pi), gradient(enumeration.objective(pi.log_probs(), w.log_ref, w.r, BETA), pi))


def groups(pi, n):
    """Every group of n texts with its probability: the expectation over groups, by enumeration."""
    k = torch.tensor(list(itertools.product(range(len(pi.texts)), repeat=n)))
    return k, pi.log_probs().detach()[k].sum(-1).exp()


@pytest.mark.parametrize("n", [2, 3])
def test_rloos_expected_gradient_is_that_of_J(n):
    w, pi = small_world(), policy()
    k, chance = groups(pi, n)
    log_pi = pi.log_probs()
    R = (w.r - BETA * (log_pi - w.log_ref)).detach()
    loss = -(chance[:, None] * group.leave_one_out(R[k]) * log_pi[k]).sum() / n
    close(gradient(-loss, pi), gradient(enumeration.objective(pi.log_probs(), w.log_ref, w.r, BETA), pi))


def test_grpos_expected_gradient_is_shorter_and_with_the_deviation_turned():
    """Undivided, it is (n - 1) / n of RLOO's, as the mean contains the answer itself; divided, it points elsewhere."""
    w, pi = small_world(), policy()
    k, chance = groups(pi, 3)
    log_pi = pi.log_probs()
    right = gradient(enumeration.objective(log_pi, w.log_ref, w.r, BETA), pi)
    R = (w.r - BETA * (pi.log_probs() - w.log_ref)).detach()

    def of(scale):
        return gradient((chance[:, None] * group.group_advantages(R[k], scale) * pi.log_probs()[k]).sum() / 3, pi)

    close(of(False), 2 / 3 * right)
    assert torch.cosine_similarity(of(True).flatten(), right.flatten(), dim=0) < 0.999


def test_rloo_is_less_noisy_than_reinforce():
    w, pi = small_world(), policy()
    k, chance = groups(pi, 3)
    log_pi = pi.log_probs().detach()
    R = 5 + w.r - BETA * (log_pi - w.log_ref)  # a reward that is not centred
    each = torch.stack([gradient(pi.log_probs()[i], pi) for i in range(9)]).flatten(1)  # grad log pi of each text
    variance = lambda A: (chance @ (g := (A[..., None] * each[k]).mean(1)).square() - (chance @ g).square()).sum()
    assert variance(group.leave_one_out(R[k])) < variance(R[k]) / 3


# ------------------------------------------------------------------ estimators of the KL


def test_k1_and_k3_are_right_on_average_and_k2_is_not():
    pi, ref = policy().log_probs().detach(), policy(seed=1).log_probs().detach()
    KL, u = enumeration.kl(pi, ref), pi - ref
    close((pi.exp() * penalty.k1(u)).sum(), KL)
    close((pi.exp() * penalty.k3(u)).sum(), KL)
    assert abs((pi.exp() * penalty.k2(u)).sum() - KL) > 0.01
    assert (penalty.k2(u) >= 0).all() and (penalty.k3(u) >= 0).all() and (penalty.k1(u) < 0).any()


def test_k3_is_the_quietest_near_the_reference():
    """Schulman's note: u is O(e) there, k2 and k3 are O(e^2), and so is their deviation."""
    pi, ref = policy().log_probs().detach(), policy(seed=1).log_probs().detach()
    near = (0.95 * ref + 0.05 * pi).log_softmax(-1)
    variance = lambda k: (near.exp() * k.square()).sum() - (near.exp() * k).sum().square()
    u = near - ref
    assert variance(penalty.k3(u)) < variance(penalty.k1(u)) / 100
    bias = (near.exp() * penalty.k2(u)).sum() / enumeration.kl(near, ref) - 1
    assert abs(bias) < 0.05


def test_gradients_of_k2_and_k3_are_those_of_different_divergences():
    pi, log_ref = policy(), policy(seed=1).log_probs().detach()
    held = pi.log_probs().detach().exp()
    of = lambda k: gradient((held * k(pi.log_probs() - log_ref)).sum(), pi)
    close(of(penalty.k1), torch.zeros_like(pi.logits))
    close(of(penalty.k2), gradient(enumeration.kl(pi.log_probs(), log_ref), pi))
    close(of(penalty.k3), gradient(enumeration.kl(log_ref, pi.log_probs()), pi))


# ------------------------------------------------------------------ rewards and advantages of tokens


def ragged(B=4, T=6, seed=0):
    g = generator(seed)
    mask = (torch.arange(T) < torch.tensor([6, 1, 3, 5])[:B, None]).to(float64)
    return mask, *(torch.randn(B, T, generator=g, dtype=float64) for _ in range(3))


def test_token_rewards_sum_to_the_penalised_reward():
    mask, now, ref, _ = ragged()
    score = torch.arange(4.0, dtype=float64)
    rewards = penalty.token_rewards(score, now, ref, mask, 0.3)
    close(rewards.sum(1), score - 0.3 * ((now - ref) * mask).sum(1))
    assert (rewards[mask == 0] == 0).all()
    close(rewards[2, 2], 2.0 - 0.3 * (now - ref)[2, 2])


def test_advantages_are_their_definition():
    mask, rewards, values, _ = ragged()
    A, returns = ppo.gae(rewards, values, mask, lam=0.8, gamma=0.9)
    for b, length in enumerate(mask.sum(1).int().tolist()):
        V = [*values[b, :length].tolist(), 0.0]
        delta = [rewards[b, t].item() + 0.9 * V[t + 1] - V[t] for t in range(length)]
        for t in range(length):
            close(A[b, t], sum((0.9 * 0.8) ** (s - t) * delta[s] for s in range(t, length)))
            close(returns[b, t], A[b, t] + V[t])
    assert (A[mask == 0] == 0).all() and (returns[mask == 0] == 0).all()


def test_lambda_one_is_the_whole_future_and_zero_the_next_step():
    mask, rewards, values, _ = ragged()
    future = (rewards * mask).flip(1).cumsum(1).flip(1) * mask
    close(ppo.gae(rewards, values, mask, lam=1.0)[1], future)
    after = torch.cat([(values * mask)[:, 1:], torch.zeros(4, 1)], dim=1)
    close(ppo.gae(rewards, values, mask, lam=0.0)[0], (rewards + after - values) * mask)


def test_what_lies_after_the_end_changes_nothing():
    mask, rewards, values, now = ragged()
    garbage = torch.where(mask > 0, 0.0, torch.nan).to(float64)
    close(ppo.gae(rewards + garbage, values + garbage, mask)[0], ppo.gae(rewards, values, mask)[0])
    A = ppo.gae(rewards, values, mask)[0]
    close(ppo.policy_loss(now + garbage, rewards, A, mask), ppo.policy_loss(now, rewards, A, mask))
    close(ppo.value_loss(now + garbage, values, A, mask), ppo.value_loss(now, values, A, mask))
    white = ppo.whiten(A + garbage, mask)
    close(white[mask > 0].mean(), 0.0)
    close(white[mask > 0].std(correction=0), 1.0, 1e-6)


def test_the_clip_takes_gains_and_leaves_losses():
    at = lambda ratio, A: ppo.policy_loss(
        torch.tensor([[math.log(ratio)]]), torch.zeros(1, 1), torch.tensor([[A]]), torch.ones(1, 1)
    )
    close(at(1.5, 1.0), -1.2, 1e-6)
    close(at(1.5, -1.0), 1.5, 1e-6)
    close(at(0.5, 1.0), -0.5, 1e-6)
    close(at(0.5, -1.0), 0.8, 1e-6)
    inside = torch.tensor([[1.5, 1.5, 0.5, 0.5]]).log()
    share = ppo.clipped_share(inside, torch.zeros(1, 4), torch.tensor([[1.0, -1, 1, -1]]), torch.ones(1, 4))
    assert share == 0.5


def test_at_the_first_step_ppo_is_the_policy_gradient():
    mask, now, A, _ = ragged()
    now = now.requires_grad_()
    slope = torch.autograd.grad(ppo.policy_loss(now, now.detach(), A, mask), now)[0]
    close(slope, -A * mask / mask.sum())


def test_beta_follows_the_kl():
    beta = rlhf.AdaptiveBeta(0.1, target=6.0)
    close(torch.tensor(beta.update(600.0)), 0.102, 1e-9)
    close(torch.tensor(beta.update(6.0)), 0.102, 1e-9)
    close(torch.tensor(beta.update(0.0)), 0.102 * 0.98, 1e-9)


def test_ptx_adds_a_language_models_loss():
    close(ppo.ppo_ptx(torch.tensor(1.0), torch.tensor(2.0), gamma=3.0), 7.0)


# ------------------------------------------------------------------ best of n


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("ties", [False, True])
def test_the_policy_of_best_of_n_is_enumerated(n, ties):
    ref = policy()
    r = torch.randn(9, generator=generator(3), dtype=float64)
    r = r.round() if ties else r
    k, chance = groups(ref, n)
    won = torch.zeros(9, dtype=float64).index_add(0, k.gather(1, selection.best_of_n(r[k])[:, None])[:, 0], chance)
    close(selection.log_best_of_n(ref.log_probs().detach(), r, n).exp(), won)


def test_the_kl_of_best_of_n_is_below_its_formula_and_reaches_it():
    r = torch.randn(4**6, generator=generator(), dtype=float64)
    few, many = torch.zeros(4).log_softmax(0).double(), torch.zeros(4**6, dtype=float64).log_softmax(0)
    for n in (1, 2, 4, 16):
        formula = selection.best_of_n_kl(n)
        assert enumeration.kl(selection.log_best_of_n(few, r[:4], n), few) <= formula + 1e-6
        close(enumeration.kl(selection.log_best_of_n(many, r, n), many), formula, 0.01)


def test_expected_best_of_n_is_the_mean_over_subsets():
    gold, proxy = torch.randn(2, 7, generator=generator(), dtype=float64)
    for n in (1, 3, 7):
        each = [gold[list(s)][selection.best_of_n(proxy[list(s)])] for s in itertools.combinations(range(7), n)]
        close(selection.expected_best_of_n(gold, proxy, n), torch.stack(each).mean())


# ------------------------------------------------------------------ reward models


def test_ranked_is_the_mean_over_pairs():
    r = torch.randn(3, 5, generator=generator(), dtype=float64)
    rank = torch.stack([torch.randperm(5, generator=generator(s)) for s in range(3)])
    pairs = [
        reward_model.pairwise_loss(row[i], row[j])
        for row, places in zip(r, rank) for i in range(5) for j in range(5) if places[i] < places[j]
    ]  # fmt: skip
    close(reward_model.ranked_loss(r, rank), torch.stack(pairs).mean())


def test_ties_do_not_count_and_prompts_weigh_the_same():
    r = torch.tensor([[2.0, 1.0, 0.0], [2.0, 1.0, 0.0]])
    loss = reward_model.ranked_loss(r, torch.tensor([[1, 1, 2], [1, 2, 2]]))
    soft = lambda x: math.log1p(math.exp(-x))
    close(loss, ((soft(2) + soft(1)) / 2 + (soft(1) + soft(2)) / 2) / 2, 1e-6)
    one = reward_model.ranked_loss(r, torch.tensor([[1, 2, 3], [1, 2, 2]]))
    close(one, ((soft(1) + soft(2) + soft(1)) / 3 + (soft(1) + soft(2)) / 2) / 2, 1e-6)


@pytest.fixture
def texts():
    tokens = torch.randint(7, (2, 3, 6), generator=generator())
    lengths = torch.tensor([[6, 4, 3], [5, 6, 4]])
    places = torch.arange(6)
    return tokens, ((places >= 2) & (places < lengths[..., None])).float()


def test_one_pass_over_k_answers_is_one_pass_for_each(texts):
    """Values, and gradients of the loss over all pairs."""
    tokens, mask = texts
    model = reward_model.RewardModel.of(gpt())
    rank = torch.tensor([[1, 2, 3], [3, 1, 2]])
    slopes = []
    for r in (model(tokens, mask), torch.stack([model(t, m) for t, m in zip(tokens.unbind(1), mask.unbind(1))], 1)):
        slopes.append(torch.autograd.grad(reward_model.ranked_loss(r, rank), list(model.parameters())))
    for a, b in zip(*slopes):
        close(a, b, 1e-5)


def test_a_reward_ignores_what_follows_the_answer(texts):
    tokens, mask = texts
    model = reward_model.RewardModel.of(gpt())
    other = torch.where(mask.flip(-1).cumsum(-1).flip(-1) > 0, tokens, (tokens + 1) % 7)
    close(model(other, mask), model(tokens, mask).detach(), 1e-6)


def test_a_reward_model_leaves_the_policy_alone_and_can_be_centred(texts):
    base = gpt()
    before = {name: p.clone() for name, p in base.state_dict().items()}
    model = reward_model.RewardModel.of(base)
    model.centre(*texts)
    close(model(*texts).mean().detach(), 0.0, 1e-6)
    optimiser = torch.optim.SGD(model.parameters(), lr=1.0)
    model(*texts).sum().backward()
    optimiser.step()
    for name, p in base.state_dict().items():
        close(p, before[name], 0)


def test_a_reward_model_stands_on_a_model_of_transformers(texts):
    transformers = pytest.importorskip("transformers")
    config = transformers.LlamaConfig(
        vocab_size=7, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2
    )
    r = reward_model.RewardModel.of(transformers.LlamaForCausalLM(config))(*texts)
    assert r.shape == (2, 3) and r.isfinite().all()


def test_a_reward_model_learns_what_is_preferred():
    """Texts with more of token 3 are better; nearly all held-out pairs are ordered rightly."""
    tokens = torch.randint(7, (512, 2, 6), generator=generator())
    mask = torch.ones(512, 2, 6)
    gold = (tokens == 3).sum(-1)
    keep = gold[:, 0] != gold[:, 1]
    tokens, mask, rank = tokens[keep], mask[keep], (-gold[keep])
    model = reward_model.RewardModel.of(gpt())
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(30):
        optimiser.zero_grad()
        reward_model.ranked_loss(model(tokens[:200], mask[:200]), rank[:200]).backward()
        optimiser.step()
    with torch.no_grad():
        r, gold = model(tokens[200:], mask[200:]), -rank[200:]
    better = gold.argmax(1, keepdim=True)
    assert reward_model.accuracy(r.gather(1, better), r.gather(1, 1 - better)) > 0.9


# ------------------------------------------------------------------ answers


def test_log_probs_of_a_rollout_are_those_of_one_pass():
    model, prompts = gpt(), torch.randint(7, (16, 3), generator=generator())
    drawn = answers.rollout(model, prompts, 6, generator(), end=0)
    tokens = torch.cat([prompts, drawn.answers], dim=1)
    mask = torch.cat([torch.zeros(16, 3), drawn.mask], dim=1)
    with torch.no_grad():
        again = answers.answer_log_probs(model(tokens)[0], tokens, mask)
    close(drawn.log_probs.sum(1), again, 1e-5)
    for row, kept in zip(drawn.answers.tolist(), drawn.mask.sum(1).int().tolist()):
        assert 0 not in row[: kept - 1] and (kept == len(row) or row[kept - 1] == 0)


def test_log_probs_of_answers_sum_to_one_over_all_answers():
    model = gpt(vocabulary=4)
    texts = torch.cat([torch.zeros(16, 1, dtype=torch.long), rlhf.enumeration.all_texts(4, 2)], dim=1)
    mask = torch.tensor([[0.0, 1.0, 1.0]]).expand(16, 3)
    close(answers.answer_log_probs(model(texts)[0], texts, mask).exp().sum().detach(), 1.0, 1e-5)


def test_packed_texts_are_scored_as_if_alone():
    model = gpt()
    prompts, written = [[1, 2], [3], [4, 5, 6]], [[1], [2, 3, 0], [5, 5]]
    tokens, mask = answers.pack(prompts, written, pad=0)
    together = answers.answer_log_probs(model(tokens)[0], tokens, mask).detach()
    for p, a, expected in zip(prompts, written, together):
        alone = answers.pack([p], [a], pad=0)
        close(answers.answer_log_probs(model(alone.tokens)[0], *alone)[0].detach(), expected, 1e-5)


# ------------------------------------------------------------------ every method, and where it arrives


def missing(name, steps=300, **options):
    run = experiments.learn(experiments.METHODS[name], experiments.world(0), steps, seed=1, **options)
    return run[-1].missing, run[0].missing


@pytest.mark.parametrize("name", ["exact gradient", "RLOO", "GRPO, KL in the reward", "PPO"])
def test_methods_with_the_kl_in_the_reward_approach_the_optimum(name):
    after, before = missing(name, steps=1200 if name == "PPO" else 300)
    assert after < 0.1 < 2 < before


def test_k3_in_the_loss_ends_elsewhere():
    assert missing("GRPO, k3 in the loss")[0] > 3 * missing("GRPO, KL in the reward")[0]


def test_dpo_needs_labels_and_not_steps():
    few, many = experiments.dpo(500), experiments.dpo(50_000)
    w = experiments.world(0)
    run = lambda method: experiments.learn(method, w, 400, seed=1, at=(100,), batch=256)
    (_, early, late), (_, _, enough) = run(few), run(many)
    assert late.missing > early.missing > 1.0
    assert enough.missing < late.missing / 4


def test_the_record_has_every_method(monkeypatch):
    monkeypatch.setattr(experiments, "BATCHES", 3)
    made = experiments.record_optimum(seeds=1)
    assert [run["method"] for run in made["runs"]] == list(experiments.METHODS)
    assert all(run["measured"][0][0] == 0 and run["measured"][-1][0] == 3 for run in made["runs"])
    begun = {tuple(run["measured"][0]) for run in made["runs"]}
    assert len(begun) == 1  # all begin at the reference


# ------------------------------------------------------------------ what is told to a student

ONE, NONE = torch.ones(2, 3), torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
NAN = torch.tensor([1.0, torch.nan])


@pytest.mark.parametrize(
    "what, call",
    [
        ("K = 1", lambda: reward_model.ranked_loss(torch.ones(2, 1), torch.ones(2, 1))),
        ("only ties", lambda: reward_model.ranked_loss(torch.ones(2, 3), torch.tensor([[1, 2, 3], [1, 1, 1]]))),
        ("not a number", lambda: reward_model.ranked_loss(NAN[None], torch.tensor([[1, 2]]))),
        ("not a number", lambda: penalty.token_rewards(NAN, ONE, ONE, ONE, 0.1)),
        ("are empty", lambda: penalty.token_rewards(torch.ones(2), ONE, ONE, NONE, 0.1)),
        ("are empty", lambda: ppo.policy_loss(ONE, ONE, ONE, NONE)),
        ("is empty", lambda: answers.pack([[1]], [[]], pad=0)),
        ("context holds 3", lambda: answers.pack([[1, 2]], [[3, 4]], pad=0, context=3)),
        ("position 0", lambda: answers.answer_log_probs(torch.ones(2, 3, 5), torch.ones(2, 3).long(), ONE)),
        ("reference 6", lambda: answers.log_ratio(torch.ones(1, 3, 5), torch.ones(1, 3, 6), torch.ones(1, 3).long())),
        ("needs a prompt", lambda: answers.rollout(gpt(), torch.zeros(2, 0).long(), 3, generator())),
        ("no other", lambda: group.leave_one_out(torch.ones(4, 1))),
        ("no other", lambda: group.group_advantages(torch.ones(4, 1))),
        ("needs a positive one", lambda: enumeration.optimum(torch.zeros(3), torch.zeros(3), 0.0)),
        ("needs a positive one", lambda: direct.dpo_loss(*torch.zeros(4, 2), beta=0.0)),
        ("at least n", lambda: selection.expected_best_of_n(torch.ones(3), torch.ones(3), 4)),
        ("one answer at least", lambda: selection.best_of_n_kl(0)),
        ("not a number", lambda: selection.best_of_n(NAN)),
        ("too many to list", lambda: enumeration.all_texts(10, 6)),
        ("one row for each prefix", lambda: rlhf.TablePolicy(3, 2, torch.zeros(3, 3))),
        ("have to be positive", lambda: rlhf.AdaptiveBeta(0.0, 6.0)),
    ],
)  # fmt: skip
def test_bad_input_is_named(what, call):
    with pytest.raises(ValueError, match=what) as caught:
        call()
    assert "\n" not in str(caught.value)
