"""The world of prose: its texts and its judge, PPO for a language model, and the experiments at a small size."""

import pytest
import torch
from llmcourse import models, runtime
from llmcourse.rlhf import RewardModel, overoptimisation, prose, rollout, token_log_probs, trainer
from llmcourse.rlhf import prose_experiments as experiments
from llmcourse.rlhf.lecture_02 import claims
from llmcourse.rlhf.pretrained import Pretrained

WORLD = prose.prose()


def text(*words: str) -> torch.Tensor:
    """An answer of these words, and its end."""
    tokens = [WORLD.words.index(word) for word in words]
    return torch.tensor(tokens + [prose.END] * (prose.T - len(tokens)))


@pytest.fixture(scope="module")
def small() -> models.GPT:
    torch.manual_seed(0)
    return models.GPT(len(WORLD.words), 16, 1, models.SoftmaxAttention)


def test_held_out_texts_are_not_in_the_training_texts():
    seen = {tuple(row) for row in WORLD.train.tolist()}
    assert not seen & {tuple(row) for row in WORLD.test.tolist()}
    assert len(seen) == len(WORLD.train) > 1000 and len(WORLD.test) > 200


def test_every_text_has_a_topic_and_an_end():
    for rows in (WORLD.train, WORLD.test):
        assert {WORLD.words[i] for i in rows[:, 0].tolist()} == set(prose.TOPICS)
        assert (rows[:, -1] == prose.END).all() and (rows[:, 1] != prose.END).all()


def test_a_text_is_written_as_it_was_read():
    assert WORLD.write(text("tropical", ";", "rainy", "season")) == "tropical; rainy season"


@pytest.mark.parametrize(
    ("words", "points"),
    [
        (("hills", "in", "north"), 0),
        (("rainy", "coast"), 2),
        (("coast", "coast"), 0),  # one point, and one off
        (("in", "in", "in"), 0),  # short words may come again
        (("hills",) * 3, -2),
        (("hills", "coast") * 8, 1 - 14 - 2),  # and it never ends
    ],
)
def test_the_judge_counts_different_words_and_dislikes_repetition(words, points):
    assert prose.gold(text(*words)) == points
    assert prose.gold(torch.stack([text(*words)] * 2)).tolist() == [points] * 2


def test_what_follows_the_end_does_not_count():
    answer = text("rainy")
    answer[2:] = WORLD.words.index("coast")
    assert prose.gold(answer) == 1


def test_the_judge_errs_as_bradley_and_terry_say():
    lead = torch.full((20_000,), 1.0)
    share = prose.prefer(lead, torch.zeros_like(lead), runtime.seed(0)).double().mean().item()
    assert share == pytest.approx(torch.sigmoid(torch.tensor(1.0)).item(), abs=0.01)


def test_the_critic_begins_at_zero_and_leaves_the_model_alone(small):
    before = small.head.weight.clone()
    values = trainer.Critic(small)(WORLD.train[:3])
    assert values.shape == (3, 1 + prose.T) and not values.any()
    assert torch.equal(small.head.weight, before)


def test_the_first_update_follows_reinforce(small):
    """Before the first step the ratio is 1 and nothing is clipped: PPO's gradient is that of -A log pi."""
    generator, reward = runtime.seed(0), lambda tokens, mask: (tokens == 9).sum(1).float()
    x = prose.prompts(8, generator)
    e = trainer.experience(small, small, trainer.Critic(small), reward, x, prose.T, 0.1, generator, prose.END)
    loss, _ = trainer.losses(small, trainer.Critic(small), e)
    grads = torch.autograd.grad(loss, list(small.parameters()))
    log_p = small(e.tokens[:, :-1])[0].log_softmax(-1).gather(-1, e.tokens[:, 1:, None])[..., 0]
    plain = -(log_p * e.advantages * e.mask).sum() / e.mask.sum()
    for ours, theirs in zip(grads, torch.autograd.grad(plain, list(small.parameters()))):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_a_policy_that_is_its_reference_has_no_kl(small):
    generator = runtime.seed(0)
    x, reward = prose.prompts(8, generator), lambda tokens, mask: mask.sum(1)
    e = trainer.experience(small, small, trainer.Critic(small), reward, x, prose.T, 0.1, generator, prose.END)
    torch.testing.assert_close(e.KL, torch.zeros(8), atol=1e-4, rtol=0)
    torch.testing.assert_close(e.score, e.mask.sum(1))


def test_ppo_learns_to_be_short(small):
    """A reward for ending at once, which an untrained model hardly ever does."""
    policy, reward = models.GPT(len(WORLD.words), 16, 1, models.SoftmaxAttention), lambda tokens, mask: -mask.sum(1)
    policy.load_state_dict(small.state_dict())
    generator = runtime.seed(0)
    topics = (prose.prompts(32, generator) for _ in range(40))
    run = trainer.train_ppo(policy, small, reward, topics, prose.T, 0.0, generator, prose.END, lr=1e-2)
    scores = [e.score.mean().item() for e in run]
    assert scores[0] < -prose.T + 1 and scores[-1] > scores[0] + 4


def test_counts_read_the_answer_up_to_its_end(small):
    reward = RewardModel(experiments.Counts(), len(WORLD.words))
    weight = WORLD.words.index("rainy")
    torch.nn.init.zeros_(reward.head.weight)
    reward.head.weight.data[0, weight] = 2.0
    rows = torch.stack(
        [torch.cat([WORLD.train[0, :1], text(*words)]) for words in (("rainy", "coast", "rainy"), ("hills",))]
    )
    assert reward(rows, experiments.mask(rows)).tolist() == [4.0, 0.0]


def test_a_weight_for_each_word_finds_what_the_judge_likes():
    """Texts of the world, compared by a judge of another taste: one word, and nothing else."""
    likes = WORLD.words.index("mountains")
    has = (WORLD.train == likes).any(1)
    some, without = WORLD.train[has][:60], WORLD.train[~has][:60]
    reward = experiments.by_counts((some, without[: len(some)]))
    assert experiments.likes(reward, 1)[0][0] == "mountains"


def test_a_normalised_reward_has_mean_0_and_deviation_1(small):
    reward = experiments.RewardModel.of(small)
    texts = WORLD.train[:100]
    r = experiments.scored(experiments.normalised(reward, texts), texts)
    assert r.mean().item() == pytest.approx(0, abs=1e-5) and r.std().item() == pytest.approx(1, abs=1e-4)


def test_experiments_run_at_a_small_size(monkeypatch):
    monkeypatch.setattr(experiments, "first_model", lambda seed: _first(seed))
    run = experiments.comparisons_run(0, (20, 40), steps=20, tests=50)
    assert [row["comparisons"] for row in run["rows"]] == [20, 40] and 0.5 < run["judge"] < 1
    monkeypatch.setattr(experiments, "BEST_OF", (1, 4))
    run = experiments.goodhart_run(0, 40, 2, (0.0, 0.3), 8)
    assert [len(r["path"]) for r in run["runs"]] == [2, 2] and [row[0] for row in run["best_of"]] == [1, 4]
    run = experiments.steps_run(0, 40, 2, 2, 8)
    assert all(sum(counted) == 8 for counted in run["wins"].values()) and set(run["held_out"]) == set(run["gold"])


def _first(seed: int):
    generator = runtime.seed(seed)
    return models.GPT(len(WORLD.words), 16, 1, models.SoftmaxAttention), generator


@pytest.mark.parametrize("kind", ["RL", "best-of-n"])
def test_a_fitted_curve_is_the_one_that_the_points_lie_on(kind):
    true = overoptimisation.Curve(kind, 1.5, 0.5)
    KL = torch.linspace(0, 20, 30, dtype=torch.float64)
    d = KL.sqrt()
    found = overoptimisation.fit(KL, torch.where(d > 0, true(d), 0.0), kind)
    assert (found.alpha, found.beta) == pytest.approx((1.5, 0.5))
    around = torch.tensor([0.99, 1.0, 1.01], dtype=torch.float64) * found.peak
    assert found(around).argmax() == 1
    assert overoptimisation.Curve(kind, 1.0, -0.1).peak == float("inf")


def test_a_curve_says_what_it_cannot_fit():
    with pytest.raises(ValueError, match="no curve for 'DPO'"):
        overoptimisation.fit(torch.ones(3), torch.ones(3), "DPO")
    with pytest.raises(ValueError, match="1 points with a positive KL"):
        overoptimisation.fit(torch.tensor([0.0, 1.0]), torch.ones(2), "RL")


def test_a_model_of_transformers_is_rolled_out_like_our_own():
    """Token by token with its cache: the log-probabilities are those of one pass over the whole text."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=50, hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2
    )
    model = Pretrained(transformers.LlamaForCausalLM(config).eval())
    prompts = torch.randint(50, (3, 4), generator=runtime.seed(0))
    drawn = rollout(Pretrained(model.model, keep=1), prompts, 6, runtime.seed(0))
    tokens = torch.cat([prompts, drawn.answers], dim=1)
    torch.testing.assert_close(token_log_probs(model(tokens)[0], tokens)[:, 3:], drawn.log_probs, atol=1e-4, rtol=1e-4)


def test_gold_is_compared_at_the_same_kl():
    rows = [[1.0, 0, 1.0], [4.0, 0, 2.0]]
    assert [claims.at_kl(rows, KL) for KL in (0.5, 1.0, 2.5)] == pytest.approx([0.5, 1.0, 1.5])
    with pytest.raises(ValueError, match="as far as 5"):
        claims.at_kl(rows, 5.0)
