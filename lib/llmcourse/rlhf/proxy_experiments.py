"""What becomes of a learned reward in the world that can be enumerated: quick enough for many seeds, and exact.

learned_reward  a linear reward from comparisons, which sees letters alone, or pairs of letters as well
sweep           the best policy for it at every price of KL, and best-of-n: proxy and gold against the KL
three_steps     InstructGPT's three steps, each against the one before, and their price on the reference's texts

gold is the world's own reward; everything about policies is a sum over all texts, only labels and PPO are random.
"""

from itertools import islice

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from .enumeration import TablePolicy, kl, optimum
from .experiments import World, ppo, world
from .ppo import ppo_ptx
from .reward_model import pairwise_loss
from .selection import log_best_of_n

DECAYS = (0.3, 1.0, 3.0, 10.0)


def features(texts: Tensor, A: int, pairs: bool) -> Tensor:
    """How often each letter comes, and, with `pairs`, how often each follows each: (N, L) to (N, A or A + A^2).

    Without pairs a reward model cannot see that a letter is repeated, which the worlds' gold dislikes.
    """
    letters = F.one_hot(texts, A).sum(1)
    follows = F.one_hot(A * texts[:, :-1] + texts[:, 1:], A * A).sum(1)
    return (torch.cat([letters, follows], dim=1) if pairs else letters).float()


def compare(w: World, policy: TablePolicy, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """n comparisons of a policy's texts by judges who err: numbers of those preferred and of the others, (n,) each."""
    first, second = policy.sample(n, generator), policy.sample(n, generator)
    preferred = torch.rand(n, generator=generator) < torch.sigmoid(w.r[first] - w.r[second])
    return torch.where(preferred, first, second), torch.where(preferred, second, first)


def learned_reward(w: World, better: Tensor, worse: Tensor, pairs: bool) -> Tensor:
    """The reward of every text, (A^L,), learned from comparisons. A fifth of them chooses the weight decay."""
    x = features(w.reference.texts, w.reference.A, pairs)
    n = len(better) // 5
    held_out = lambda weights: pairwise_loss(x[better[:n]] @ weights, x[worse[:n]] @ weights).item()
    lead = x[better] - x[worse]
    decay = min(DECAYS, key=lambda decay: held_out(_regression(lead[n:], decay)))
    return x @ _regression(lead, decay)


def _regression(lead: Tensor, decay: float) -> Tensor:
    """Weights (features,) that make leads (N, features) likely."""
    weights = torch.zeros(lead.shape[1], requires_grad=True)
    solver = torch.optim.LBFGS([weights], max_iter=50, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        loss = F.softplus(-lead @ weights).sum() + decay * weights.square().sum() / 2
        loss.backward()
        return loss

    solver.step(closure)
    return weights.detach()


PRICES = tuple(10 ** (1 - k / 8) for k in range(21))  # of a nat, from 10 to 0.03
BEST_OF = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


def sweep(seed: int, comparisons: int, pairs: bool) -> dict[str, list[list[float]]]:
    """For a reward model from one seed: KL, and proxy and gold above the reference's, of the "best policy" at each of
    PRICES, and of "best-of-n" at each of BEST_OF."""
    w, generator = world(seed), torch.Generator().manual_seed(seed)
    proxy = learned_reward(w, *compare(w, w.reference, comparisons, generator), pairs)

    def told(log_pi: Tensor) -> list[float]:
        gained = [((log_pi.exp() - w.log_ref.exp()) * r).sum().item() for r in (proxy, w.r)]
        return [kl(log_pi, w.log_ref).item(), *gained]

    return {
        "best policy": [told(optimum(w.log_ref, proxy, beta)) for beta in PRICES],
        "best-of-n": [told(log_best_of_n(w.log_ref, proxy, n)) for n in BEST_OF],
    }


# ------------------------------------------------------------------ InstructGPT's three steps


def supervised(w: World, demonstrations: int, steps: int, generator: Generator) -> TablePolicy:
    """The reference, tuned on what people write: good texts, drawn from the optimum at a price of 1."""
    log_good = optimum(w.log_ref, w.r, 1.0)
    shown = torch.multinomial(log_good.exp(), demonstrations, replacement=True, generator=generator)
    policy = TablePolicy(w.reference.A, w.reference.L, w.reference.logits)
    learner = torch.optim.Adam(policy.parameters(), 0.05)
    for _ in range(steps):
        learner.zero_grad()
        (-policy.log_probs()[shown].mean()).backward()
        learner.step()
    return policy


def reinforced(w: World, batches: int, generator: Generator, gamma: float, pretraining: Tensor) -> TablePolicy:
    """PPO from the world's reference on its reward; with gamma, PPO-ptx on texts drawn from log-probabilities
    `pretraining` (A^L,)."""
    policy = TablePolicy(w.reference.A, w.reference.L, w.reference.logits)
    learner = torch.optim.Adam(policy.parameters(), 0.05)
    for loss in islice(ppo(white=True)(w, policy, generator, 64), 4 * batches):
        own = torch.multinomial(pretraining.exp(), 64, replacement=True, generator=generator)
        learner.zero_grad()
        ppo_ptx(loss, -policy.token_log_probs()[own].mean(), gamma).backward()
        learner.step()
    return policy


def win_rate(log_new: Tensor, log_old: Tensor, r: Tensor) -> float:
    """How often a text of the new policy is better than one of the old one; equal texts count half."""
    better = (r[:, None] > r[None]).float() + 0.5 * (r[:, None] == r[None]).float()
    return (log_new.exp() @ better @ log_old.exp()).item()


def three_steps(
    seed: int, demonstrations: int = 100, comparisons: int = 500, batches: int = 60, gamma: float = 0.2
) -> dict[str, dict[str, float]]:
    """The first model, SFT, PPO and PPO-ptx: gold, loss on the first model's texts, and wins over the step before."""
    w, generator = world(seed), torch.Generator().manual_seed(seed)
    tuned = supervised(w, demonstrations, 20, generator)
    proxy = learned_reward(w, *compare(w, tuned, comparisons, generator), pairs=True)
    tuned_world = World(tuned, proxy, w.beta)
    models = {"first": w.reference, "SFT": tuned}
    for name, weight in (("PPO", 0.0), ("PPO-ptx", gamma)):
        models[name] = reinforced(tuned_world, batches, generator, weight, w.log_ref)
    log_pi = {name: model.log_probs().detach() for name, model in models.items()}
    before = {"SFT": "first", "PPO": "SFT", "PPO-ptx": "SFT"}
    return {
        "gold": {name: (log_p.exp() @ w.r).item() for name, log_p in log_pi.items()},
        "loss": {name: -(w.log_ref.exp() @ log_p).item() / w.reference.L for name, log_p in log_pi.items()},
        "wins": {name: win_rate(log_pi[name], log_pi[old], w.r) for name, old in before.items()},
    }
