"""Makes `rlhf.safetensors`: what other people's code returns for the losses and advantages of `llmcourse.rlhf`.

    pip install --no-deps --target FOLDER trl accelerate datasets pandas pyarrow dill multiprocess xxhash pytz tzdata \
        torchrl "tensordict<0.15" pyvers hoptorch orjson cloudpickle importlib_metadata stable-baselines3 \
        farama-notifications
    python lib/tests/references/make_rlhf.py FOLDER

It was made with trl 1.16.0 (Apache 2.0), torchrl 0.14.1 (MIT) and stable-baselines3 2.9.2 (MIT), run here, not copied.
trl's losses are methods of its trainers: they are called with a stand-in for the trainer, which has the settings that
the loss reads and discards what it logs.
"""

import sys
from importlib import import_module as of  # none of these packages is installed where the course is
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import torch
from gymnasium.spaces import Discrete
from safetensors.torch import save_file
from torch import nn

B, T, V = 6, 7, 5
LENGTHS = (7, 1, 4, 7, 2, 5)


def draw() -> dict[str, torch.Tensor]:
    g = torch.Generator().manual_seed(0)
    r = lambda *shape: torch.randn(*shape, generator=g)
    mask = (torch.arange(T) < torch.tensor(LENGTHS)[:, None]).float()
    tokens = torch.randint(V, (B, T), generator=g)
    logits = r(B, T, V)
    near = lambda spread: (logits + spread * r(B, T, V)).log_softmax(-1).gather(-1, tokens[..., None])[..., 0]
    return {
        "mask": mask, "tokens": tokens, "logits": logits, "old": near(0.4), "ref": near(0.8), "rewards": r(B, T),
        "values": r(B, T), "old_values": r(B, T), "advantages": r(B, T), "answer_advantages": r(B), "r": r(4, 3),
    }  # fmt: skip


def trainer(**settings) -> mock.MagicMock:
    """A trainer that is not in training, on one process: what it gathers is what it was given."""
    same = lambda x, *a, **kw: x
    accelerator = SimpleNamespace(
        device=torch.device("cpu"), gather=same, gather_for_metrics=same, reduce=same, num_processes=1
    )
    made = mock.MagicMock(accelerator=accelerator, model=SimpleNamespace(training=False), aux_loss_enabled=False)
    made.configure_mock(**settings)
    return made


def of_torchrl(x):
    TensorDict, TensorDictModule = of("tensordict").TensorDict, of("tensordict.nn").TensorDictModule
    ProbabilisticActor, ClipPPOLoss = of("torchrl.modules").ProbabilisticActor, of("torchrl.objectives").ClipPPOLoss
    generalized_advantage_estimate = of("torchrl.objectives.value.functional").generalized_advantage_estimate

    column = lambda y: y[..., None]
    after = torch.cat([x["values"][:, 1:], torch.zeros(B, 1)], dim=1)
    done = torch.zeros(B, T, dtype=torch.bool)
    done[torch.arange(B), torch.tensor(LENGTHS) - 1] = True
    A, target = generalized_advantage_estimate(
        0.97, 0.9, column(x["values"]), column(after), column(x["rewards"]), column(done)
    )
    yield "torchrl.advantages", A[..., 0] * x["mask"]
    yield "torchrl.returns", target[..., 0] * x["mask"]

    actor = ProbabilisticActor(
        TensorDictModule(nn.Identity(), in_keys=["seen"], out_keys=["logits"]), in_keys=["logits"],
        distribution_class=torch.distributions.Categorical, return_log_prob=True,
    )  # fmt: skip
    critic = TensorDictModule(nn.Identity(), in_keys=["judged"], out_keys=["state_value"])
    loss = ClipPPOLoss(
        actor, critic, clip_epsilon=0.2, entropy_bonus=False, critic_coeff=0.5, loss_critic_type="l2", clip_value=0.3
    )
    kept = x["mask"] > 0
    logits, values = x["logits"][kept].requires_grad_(), column(x["values"][kept]).requires_grad_()
    action, advantage = x["tokens"][kept], column(x["advantages"][kept])
    batch = TensorDict(
        {"seen": logits, "judged": values, "action": action, "action_log_prob": x["old"][kept], "advantage": advantage,
         "value_target": column(x["rewards"][kept]), "state_value": column(x["old_values"][kept])},
        batch_size=[int(kept.sum())],
    )  # fmt: skip
    out = loss(batch)
    yield "torchrl.policy_loss", out["loss_objective"]
    yield "torchrl.value_loss", out["loss_critic"]
    yield "torchrl.policy_gradient", torch.autograd.grad(out["loss_objective"], logits)[0]
    yield "torchrl.value_gradient", torch.autograd.grad(out["loss_critic"], values)[0][:, 0]


def of_stable_baselines(x):
    buffer = of("stable_baselines3.common.buffers").RolloutBuffer(
        T, Discrete(1), Discrete(1), device="cpu", gae_lambda=0.9, gamma=0.97, n_envs=B
    )
    buffer.reset()
    buffer.rewards, buffer.values = (x[name].T.numpy().copy() for name in ("rewards", "values"))
    for row, length in enumerate(LENGTHS):
        if length < T:
            buffer.episode_starts[length, row] = 1.0
    buffer.compute_returns_and_advantage(torch.zeros(B), torch.ones(B).numpy())
    yield "sb3.advantages", torch.from_numpy(buffer.advantages).T * x["mask"]
    yield "sb3.returns", torch.from_numpy(buffer.returns).T * x["mask"]


def of_trl(x):
    trl, nanstd = of("trl"), of("trl.trainer.utils").nanstd
    log_probs = x["logits"].log_softmax(-1).gather(-1, x["tokens"][..., None])[..., 0]
    r = x["r"]
    yield "trl.group_advantages", (r - r.mean(1, keepdim=True)) / (nanstd(r, dim=1, keepdim=True) + 1e-4)

    none = torch.zeros(B, 0, dtype=torch.long)
    inputs = {"prompt_ids": none, "prompt_mask": none, "completion_ids": x["tokens"], "completion_mask": x["mask"]}
    inputs |= {"old_per_token_logps": x["old"], "ref_per_token_logps": x["ref"], "advantages": x["answer_advantages"]}
    inputs |= {"old_logps": (x["old"] * x["mask"]).sum(1)}
    with_logs = lambda *a, **kw: (log_probs, torch.zeros(B, T), None)
    shared = {"epsilon_low": 0.2, "epsilon_high": 0.2, "_get_per_token_logps_and_entropies": with_logs}
    grpo = trainer(
        **shared, beta=0.3, loss_type="grpo", importance_sampling_level="token", top_entropy_quantile=1.0,
        off_policy_mask_threshold=None, use_vllm=False, _entropy_bonus_enabled=False,
        current_gradient_accumulation_steps=1, args=SimpleNamespace(delta=None, use_bias_correction_kl=False),
    )  # fmt: skip
    yield "trl.grpo_loss", trl.GRPOTrainer._compute_loss(grpo, None, inputs)
    yield "trl.rloo_loss", trl.RLOOTrainer._compute_loss(trainer(**shared), None, inputs)

    # DPO's batch is chosen, then rejected; its model returns log-probabilities, 0 outside of the answers.
    first = torch.cat([torch.zeros(B, 1), x["mask"]], dim=1)
    logged = {"entropy": x["mask"], "mean_logits": x["mask"], "is_top1": x["mask"] > 0}
    out = SimpleNamespace(log_probs=log_probs * x["mask"], **logged)
    model = mock.MagicMock(return_value=out, training=False)
    reference = lambda **kw: SimpleNamespace(log_probs=x["ref"] * x["mask"])
    dpo = trainer(
        beta=0.3, ld_alpha=None, precompute_ref_logps=False, ref_model=reference, f_divergence_type="reverse_kl",
        loss_types=["sigmoid"], loss_weights=[1.0], label_smoothing=0.0, use_weighting=False, model=model,
        args=SimpleNamespace(gradient_checkpointing=False, gradient_checkpointing_kwargs=None, rpo_alpha=None),
    )  # fmt: skip
    tokens = torch.cat([torch.zeros(B, 1, dtype=torch.long), x["tokens"]], dim=1)
    inputs = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens), "completion_mask": first}
    with mock.patch("trl.trainer.dpo_trainer.disable_gradient_checkpointing"):
        yield "trl.dpo_loss", trl.DPOTrainer._compute_loss(dpo, model, inputs, False)

    scores = SimpleNamespace(logits=x["r"].reshape(-1, 1))
    reward = trainer(args=SimpleNamespace(center_rewards_coefficient=None), _total_train_tokens=0, _tp_size=1)
    inputs = {"attention_mask": torch.ones(12, 1)}
    yield "trl.reward_loss", trl.RewardTrainer.compute_loss(reward, lambda **kw: scores, inputs)


if __name__ == "__main__":
    sys.path.append(sys.argv[1])
    x = draw()
    made = dict(x)
    for source in (of_torchrl, of_stable_baselines, of_trl):
        made |= {name: value.detach().contiguous() for name, value in source(x)}
    save_file(made, Path(__file__).with_name("rlhf.safetensors"))
    print({name: tuple(value.shape) or round(value.item(), 5) for name, value in made.items()})
