"""`python -m lib.bench.rlhf`: an update of PPO against torchrl's ClipPPOLoss, and sampling from SmolLM2 against
transformers' generate -> lib/BENCHMARKS-rlhf.md.

The update: policy and critic of 0.2 million parameters each, the same rollouts, forward and backward; in every round
both take a turn, one thread. Sampling: SmolLM2-135M-Instruct, prompts of equal length, all tokens drawn; ours returns
the log-probabilities of what it has drawn as well.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # read when torch is imported

import torch
from llmcourse import models, runtime
from llmcourse.rlhf import prose, rollout, trainer
from llmcourse.rlhf.pretrained import Pretrained
from torch import Tensor, nn

from . import machine, measure, report

ANSWERS, ROUNDS = 128, 6
PROMPTS, PROMPT, TOKENS, TURNS = 16, 32, 32, 3
PAGE = Path(__file__).resolve().parents[1] / "BENCHMARKS-rlhf.md"
OURS, TORCHRL, GENERATE = "llmcourse", "torchrl, ClipPPOLoss", "transformers, generate"
Calls = dict[str, Callable[[], object]]


# ------------------------------------------------------------------ an update


def models_and_rollouts() -> tuple[models.GPT, trainer.Critic, trainer.Experience]:
    """A policy, a critic, and answers of T tokens each: none ends, so that no convention on masks is in the way."""
    generator = runtime.seed(0)
    policy = models.GPT(len(prose.prose().words), 64, 2, models.SoftmaxAttention)
    critic = trainer.Critic(policy)
    nn.init.normal_(critic.model.head.weight, std=0.1)
    reward = lambda tokens, mask: prose.gold(tokens[:, 1:])
    topics = prose.prompts(ANSWERS, generator)
    e = trainer.experience(policy, policy, critic, reward, topics, prose.T, 0.1, generator, end=-1)
    moved = 0.2 * torch.randn(e.log_probs.shape, generator=generator)  # as after a few updates: the clip is at work
    return policy, critic, e._replace(log_probs=e.log_probs + moved)


def updates() -> Calls:
    """Name -> losses and their gradients, on the same rollouts; the number returned is the policy's loss."""
    policy, critic, e = models_and_rollouts()

    def ours() -> float:
        of_policy, of_critic = trainer.losses(policy, critic, e)
        (of_policy + of_critic).backward()
        return of_policy.item()

    try:
        loss, batch = torchrl_loss(policy, critic, e)
    except ImportError:
        return {OURS: ours}

    def theirs() -> float:
        out = loss(batch)
        (out["loss_objective"] + out["loss_critic"]).backward()
        return out["loss_objective"].item()

    return {OURS: ours, TORCHRL: theirs}


def torchrl_loss(policy: models.GPT, critic: trainer.Critic, e: trainer.Experience):
    """torchrl's loss with these models inside, and the rollouts as it takes them."""
    from tensordict import TensorDict
    from tensordict.nn import TensorDictModule
    from torchrl.modules import ProbabilisticActor
    from torchrl.objectives import ClipPPOLoss

    class Logits(nn.Module):
        def __init__(self):
            super().__init__()
            self.policy = policy

        def forward(self, tokens: Tensor) -> Tensor:
            return self.policy(tokens)[0]

    class Values(nn.Module):
        def __init__(self):
            super().__init__()
            self.critic = critic.model

        def forward(self, tokens: Tensor) -> Tensor:
            return self.critic(tokens)[0]

    actor = ProbabilisticActor(
        TensorDictModule(Logits(), in_keys=["tokens"], out_keys=["logits"]), in_keys=["logits"],
        distribution_class=torch.distributions.Categorical, return_log_prob=True,
    )  # fmt: skip
    values = TensorDictModule(Values(), in_keys=["tokens"], out_keys=["state_value"])
    loss = ClipPPOLoss(
        actor, values, clip_epsilon=0.2, entropy_bonus=False, critic_coeff=0.5, loss_critic_type="l2", functional=False
    )
    batch = TensorDict(
        {"tokens": e.tokens[:, :-1], "action": e.tokens[:, 1:], "action_log_prob": e.log_probs,
         "advantage": e.advantages[..., None], "value_target": e.returns[..., None]},
        batch_size=list(e.mask.shape),
    )  # fmt: skip
    return loss, batch


# ------------------------------------------------------------------ sampling


def samplers() -> Calls:
    """Name -> a batch of answers drawn from SmolLM2, (PROMPTS, TOKENS)."""
    lm = models.load(dtype=torch.float32)
    generator = runtime.seed(0)
    prompts = torch.randint(1000, 40_000, (PROMPTS, PROMPT), generator=generator)
    ours = Pretrained(lm.model, keep=1)

    def generate() -> Tensor:
        seen = torch.ones_like(prompts)
        return lm.model.generate(
            prompts, attention_mask=seen, do_sample=True, top_k=0, top_p=1.0, temperature=1.0, max_new_tokens=TOKENS,
            min_new_tokens=TOKENS, pad_token_id=0,
        )[:, PROMPT:]  # fmt: skip

    return {OURS: lambda: rollout(ours, prompts, TOKENS, generator).answers, GENERATE: generate}


def in_turn(calls: Calls, rounds: int) -> dict[str, list[float]]:
    """Seconds of each call, taken in turn; the first turn does not count."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in calls.items():
            seconds = measure.seconds(call)
            if turn:
                times[name].append(seconds)
    return times


# ------------------------------------------------------------------ the page


def page(updated: dict[str, list[float]], sampled: dict[str, list[float]], took: float, load: str) -> str:
    lines = [
        "# Learning from preferences",
        "",
        "Written by `make bench`; processor time, minimum over rounds in which all take turns, one thread.",
        "",
        f"- Machine: {machine.describe('cpu')}.",
        f"- {time.strftime('%Y-%m-%d')}; {took:.0f} s; {load}.",
        f"- An update of PPO: {ANSWERS} answers of {prose.T} tokens, losses of policy and critic, and their gradients.",
        f"- Sampling: {PROMPTS} prompts of {PROMPT} tokens, {TOKENS} tokens each, SmolLM2-135M-Instruct, float32.",
        "",
        "| | method | ms |",
        "|---|---|---|",
    ]
    for what, times in (("update", updated), ("sampling", sampled)):
        lines += [f"| {what} | {name} | {1e3 * min(seconds):.0f} |" for name, seconds in times.items()]
    lines += ["", "| target | measured | |", "|---|---|---|"]
    lines += [target("update no slower than torchrl's", updated, TORCHRL)]
    lines += [target("sampling at least as fast as transformers'", sampled, GENERATE)]
    return "\n".join(lines) + "\n"


def target(what: str, times: dict[str, list[float]], peer: str) -> str:
    if peer not in times:
        return f"| {what} | not measured: {peer.partition(',')[0]} is not installed | |"
    ratio = min(times[OURS]) / min(times[peer])
    return f"| {what} | {ratio:.2f} x its time | {'reached' if ratio <= 1 else '**not reached**'} |"


def main() -> int:
    torch.set_num_threads(1)
    start, load = time.time(), report.load()
    calls = updates()
    agree = {name: call() for name, call in calls.items()}
    print("loss of the policy:", ", ".join(f"{name} {value:.6f}" for name, value in agree.items()), flush=True)
    updated, sampled = in_turn(calls, ROUNDS), in_turn(samplers(), TURNS)
    PAGE.write_text(page(updated, sampled, time.time() - start, f"load average {load} before"), encoding="utf-8")
    print(f"wrote lib/{PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
