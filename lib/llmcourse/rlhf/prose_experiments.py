"""Experiments in the world of prose, and their records: what the enumerable world can't have, a reward model that is
wrong somewhere and a policy that can go there.

comparisons  how well a reward model orders answers by the judge's gold, against the number of comparisons
goodhart     PPO at several beta and best-of-n: proxy and gold against the KL that they cost
steps        InstructGPT's three steps, each against the one before; their price on held-out text, without ptx and with

Every seed has its own model, comparisons and answers.
"""

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from llmcourse import records, runtime
from llmcourse.models import GPT
from llmcourse.records import trials

from .answers import rollout, until_end
from .ppo import ppo_ptx
from .prose import END, T, gold, prefer, prompts, prose, supervised, text_loss
from .reward_model import RewardModel, accuracy, pairwise_loss
from .selection import best_of_n_kl, expected_best_of_n
from .trainer import train_ppo

SEEDS = (0, 1, 2, 3)
Pairs = tuple[Tensor, Tensor]  # texts (N, 1 + T) that were preferred, and those that they were compared with


def first_model(seed: int, steps: int = 200) -> tuple[GPT, Generator]:
    """The model that everything starts from, trained on the texts as they are."""
    generator = runtime.seed(seed)
    return supervised(prose().train, steps, generator), generator


def answer(model: GPT, topics: Tensor, generator: Generator) -> Tensor:
    """Topics (B, 1) with answers: (B, 1 + T)."""
    drawn = rollout(model, topics, T, generator, END)
    answers = torch.where(drawn.mask > 0, drawn.answers, END)
    return torch.cat([topics, F.pad(answers, (0, T - answers.shape[1]), value=END)], dim=1)


def mask(texts: Tensor) -> Tensor:
    """1.0 on the answers' tokens, up to their end: (B, 1 + T)."""
    return F.pad(until_end(texts[:, 1:], END), (1, 0))


# ------------------------------------------------------------------ comparisons, and what is learned from them


def compare(model: GPT, n: int, generator: Generator) -> Pairs:
    """n comparisons by the judge, of two answers of the model to the same topic."""
    topics = prompts(n, generator)
    first, second = answer(model, topics, generator), answer(model, topics, generator)
    preferred = prefer(gold(first[:, 1:]), gold(second[:, 1:]), generator)[:, None]
    return torch.where(preferred, first, second), torch.where(preferred, second, first)


def split(pairs: Pairs) -> tuple[Pairs, Pairs]:
    """Four fifths to learn from, and one to choose by."""
    n = len(pairs[0]) // 5
    return (pairs[0][n:], pairs[1][n:]), (pairs[0][:n], pairs[1][:n])


class Counts(nn.Module):
    """The plainest backbone: how often each word has come so far, (B, L) to (B, L, words)."""

    def forward(self, tokens: Tensor) -> Tensor:
        return F.one_hot(tokens, len(prose().words)).float().cumsum(1)


def loss_of(reward: RewardModel, pairs: Pairs) -> Tensor:
    better, worse = (reward(texts, mask(texts)) for texts in pairs)
    return pairwise_loss(better, worse)


@torch.no_grad()
def held_out_loss(reward: RewardModel, pairs: Pairs) -> float:
    return loss_of(reward, pairs).item()


def by_counts(pairs: Pairs, decays: Sequence[float] = (0.3, 1, 3, 10, 30)) -> RewardModel:
    """A weight for each word: Bradley-Terry's regression. Held-out pairs choose the decay, then all are learned."""
    learned, held_out = split(pairs)
    best = min(decays, key=lambda decay: held_out_loss(_regression(learned, decay), held_out))
    return _regression(pairs, best)


def _regression(pairs: Pairs, decay: float) -> RewardModel:
    reward = RewardModel(Counts(), len(prose().words))
    nn.init.zeros_(reward.head.weight)
    counts = [torch.zeros(len(t), len(prose().words)).scatter_add(1, t, mask(t)) for t in pairs]
    solver = torch.optim.LBFGS(reward.parameters(), max_iter=60, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        fit = pairwise_loss(*(reward.head(x) for x in counts))
        loss = fit + decay * reward.head.weight.square().sum() / (2 * len(pairs[0]))
        loss.backward()
        return loss

    solver.step(closure)
    return reward


def by_gpt(
    model: GPT, pairs: Pairs, generator: Generator, steps: int = 120, rates: Sequence[float] = (1e-3, 3e-3)
) -> RewardModel:
    """A copy of the model with a scalar head, as Stiennon et al. have it. Held-out pairs choose rate and step."""
    learned, held_out = split(pairs)
    best, kept = float("inf"), RewardModel.of(model)
    for lr in rates:
        reward = RewardModel.of(model)
        learner = torch.optim.AdamW(reward.parameters(), lr)
        for step in range(1, steps + 1):
            k = torch.randint(len(learned[0]), (32,), generator=generator)
            learner.zero_grad()
            loss_of(reward, (learned[0][k], learned[1][k])).backward()
            learner.step()
            if step % 20 == 0 and (loss := held_out_loss(reward, held_out)) < best:
                best, kept = loss, copy.deepcopy(reward)
    return kept


def order(reward: RewardModel, first: Tensor, second: Tensor) -> float:
    """The share of pairs of unequal gold that the reward model puts in the order of gold."""
    ahead = gold(first[:, 1:]) - gold(second[:, 1:])
    lead = scored(reward, first) - scored(reward, second)
    right = (lead * ahead.sign())[ahead != 0]
    return accuracy(right, torch.zeros_like(right))


def judged(first: Tensor, second: Tensor) -> float:
    """The same for one answer of the judge, whose mistakes are known."""
    ahead = (gold(first[:, 1:]) - gold(second[:, 1:])).abs()
    return torch.sigmoid(ahead[ahead > 0]).mean().item()


SIZES = (50, 200, 500, 2000)


def comparisons_run(seed: int, sizes: Sequence[int] = SIZES, steps: int = 120, tests: int = 2000) -> dict:
    """Two reward models by the number of comparisons, from one seed."""
    model, generator = first_model(seed)
    pairs = compare(model, max(sizes), generator)
    first, second = compare(model, tests, generator)
    rows = []
    for n in sizes:
        some = (pairs[0][:n], pairs[1][:n])
        arms = {"words": by_counts(some), "GPT": by_gpt(model, some, generator, steps)}
        rows.append({"comparisons": n} | {name: round(order(arm, first, second), 4) for name, arm in arms.items()})
    return {"seed": seed, "judge": round(judged(first, second), 4), "rows": rows}


@records.record("02_comparisons")
def record_comparisons() -> dict:
    """A weight for each word against a GPT with a scalar head, on the same comparisons."""
    return {"runs": trials.each(comparisons_run, zip(SEEDS))}


# ------------------------------------------------------------------ what a policy makes of the reward


def scored(reward: RewardModel, texts: Tensor) -> Tensor:
    with torch.no_grad():
        return reward(texts, mask(texts))


@torch.no_grad()
def normalised(reward: RewardModel, texts: Tensor) -> RewardModel:
    """The reward model with mean 0 and deviation 1 on these texts, so that a beta means the same for every one.

    As in Ziegler et al. 2019. Without it, a reward model that is sure of itself makes KL cheap.
    """
    reward.head.weight /= scored(reward, texts).std()
    reward.centre(texts, mask(texts))
    return reward


def improve(
    reference: GPT, reward: RewardModel, beta: float, batches: int, generator: Generator, gamma: float = 0.0,
    size: int = 64,
) -> tuple[GPT, list[list[float]]]:  # fmt: skip
    """A policy trained by PPO from the reference; KL, proxy and gold of each batch as it was drawn.

    gamma  of PPO-ptx: how much the loss on the world's own texts counts
    """
    policy, train, path = copy.deepcopy(reference), prose().train, []
    topics = (prompts(size, generator) for _ in range(batches))

    def remember(model: GPT) -> Tensor:
        own = train[torch.randint(len(train), (64,), generator=generator)]
        return ppo_ptx(torch.zeros(()), text_loss(model, own), gamma)

    extra = remember if gamma else None
    for e in train_ppo(policy, reference, reward, topics, T, beta, generator, END, extra):
        answers = F.pad(e.tokens[:, 1:], (0, T - e.length), value=END)
        path.append([round(x.mean().item(), 3) for x in (e.KL, e.score, gold(answers))])
    return policy, path


def samples(model: GPT, generator: Generator, n: int = 4) -> list[str]:
    texts = answer(model, prompts(n, generator), generator)
    return [f"{prose().words[t[0]]}: {prose().write(t[1:])}" for t in texts]


BETAS = (0.0, 0.1, 0.3)
BEST_OF = (1, 2, 4, 8, 16, 32, 64, 128)


def goodhart_run(
    seed: int, comparisons: int = 1000, batches: int = 30, betas: Sequence[float] = BETAS, tests: int = 512
) -> dict:
    """From one seed: a reward model, PPO at each beta, and best-of-n."""
    model, generator = first_model(seed)
    reward = by_counts(compare(model, comparisons, generator))
    before = answer(model, prompts(tests, generator), generator)
    normalised(reward, before)
    means = lambda texts: [round(x.mean().item(), 3) for x in (scored(reward, texts), gold(texts[:, 1:]))]
    runs = []
    for beta in betas:
        policy, path = improve(model, reward, beta, batches, generator)
        after = answer(policy, before[:, :1], generator)
        runs.append({"beta": beta, "path": path, "after": means(after), "samples": samples(policy, generator)})
    return {
        "seed": seed,
        "before": means(before),
        "samples": samples(model, generator),
        "weights": likes(reward),
        "runs": runs,
        "best_of": best_of(model, reward, generator, BEST_OF),
    }


def likes(reward: RewardModel, n: int = 12) -> list[list]:
    """The words that the reward model likes best, with their weights."""
    weights = reward.head.weight[0].detach()
    return [[prose().words[i], round(weights[i].item(), 2)] for i in weights.argsort(descending=True)[:n].tolist()]


def best_of(
    model: GPT, reward: RewardModel, generator: Generator, sizes: Sequence[int], topics: int = 40
) -> list[list[float]]:
    """n, KL, proxy and gold of best-of-n, estimated from max(sizes) answers to each of some topics."""
    asked = prompts(topics, generator).repeat_interleave(max(sizes), 0)
    texts = torch.cat([answer(model, part, generator) for part in asked.split(1024)])
    proxy, true = (x.view(topics, -1) for x in (scored(reward, texts), gold(texts[:, 1:])))
    earned = lambda r, n: round(expected_best_of_n(r, proxy, n).mean().item(), 3)
    return [[n, round(best_of_n_kl(n), 4), earned(proxy, n), earned(true, n)] for n in sizes]


@records.record("02_goodhart")
def record_goodhart() -> dict:
    """PPO at three beta and best-of-n, on the proxy: columns of a path are KL, proxy, gold."""
    return {"runs": trials.each(goodhart_run, zip(SEEDS))}


# ------------------------------------------------------------------ InstructGPT's three steps


BETA, GAMMA = 0.3, 1.0
WANTED = 2.0  # gold from which a text serves as a demonstration


def demonstrations() -> Tensor:
    """What a labeller would write: those of the world's own texts that the judge likes, (N, 1 + T)."""
    train = prose().train
    return train[gold(train[:, 1:]) >= WANTED]


def held_out(model: GPT) -> float:
    """Nats a token on texts of countries that nothing was trained on."""
    with torch.no_grad():
        return round(text_loss(model, prose().test).item(), 4)


def wins(new: Tensor, old: Tensor) -> list[int]:
    """How often the judge, without mistakes, finds the new answer better than the old one to the same topic: wins,
    ties, losses."""
    ahead = gold(new[:, 1:]) - gold(old[:, 1:])
    return [int((ahead > 0).sum()), int((ahead == 0).sum()), int((ahead < 0).sum())]


def steps_run(seed: int, comparisons: int = 2000, batches: int = 30, sft: int = 40, tests: int = 512) -> dict:
    """The first model, SFT, PPO and PPO-ptx from one seed: wins over the step before, gold, loss on held-out text."""
    base, generator = first_model(seed)
    tuned = supervised(demonstrations(), sft, generator, copy.deepcopy(base), lr=1e-3)
    reward = by_counts(compare(tuned, comparisons, generator))
    topics = prompts(tests, generator)
    normalised(reward, answer(tuned, topics, generator))
    models = {"first": base, "SFT": tuned}
    for name, gamma in (("PPO", 0.0), ("PPO-ptx", GAMMA)):
        models[name], _ = improve(tuned, reward, BETA, batches, generator, gamma)
    texts = {name: answer(model, topics, generator) for name, model in models.items()}
    against = {"SFT": "first", "PPO": "SFT", "PPO-ptx": "SFT"}
    return {
        "seed": seed,
        "gold": {name: round(gold(t[:, 1:]).mean().item(), 3) for name, t in texts.items()},
        "proxy": {name: round(scored(reward, t).mean().item(), 3) for name, t in texts.items()},
        "held_out": {name: held_out(model) for name, model in models.items()},
        "wins": {name: wins(texts[name], texts[old]) for name, old in against.items()},
        "samples": {name: samples(model, generator) for name, model in models.items()},
    }


@records.record("02_steps")
def record_steps() -> dict:
    """InstructGPT's three steps, for each seed."""
    return {"demonstrations": len(demonstrations()), "runs": trials.each(steps_run, zip(SEEDS))}
