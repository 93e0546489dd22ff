"""From human feedback to a policy: a reward model, policies that maximise it, and a world in which the best is known.

reward_model  a scalar head on a language model; losses for pairs and for K ranked answers
answers       answers in batches, with log-probabilities and masks
penalty       the KL as a reward for each token; an adaptive beta; estimators k1, k2, k3
ppo           advantages, clipped losses, PPO-ptx
selection     keeping the best of n, and the KL that this costs
direct        DPO
group         RLOO and GRPO
enumeration   all texts of a few letters, and the exact optimum
experiments   every method against that optimum
proxy_experiments  learned rewards in that world: over-optimisation, and InstructGPT's three steps
overoptimisation  Gao et al.'s curves: gold against the KL
trainer       PPO for a language model, whole
pretrained    models of transformers, for rollouts
prose         a world of prose: a small model that writes about countries, and a judge whose taste is a program
prose_experiments  reward models, over-optimisation and InstructGPT's three steps in that world
"""

from .answers import answer_log_probs, pack, rollout, token_log_probs
from .direct import dpo_loss
from .enumeration import TablePolicy, kl, objective, optimum
from .group import group_advantages, grpo_loss, leave_one_out, rloo_loss
from .penalty import AdaptiveBeta, k1, k2, k3, token_rewards
from .ppo import gae, policy_loss, ppo_ptx, value_loss, whiten
from .reward_model import RewardModel, pairwise_loss, ranked_loss
from .selection import best_of_n, best_of_n_kl, expected_best_of_n, log_best_of_n

__all__ = [
    "AdaptiveBeta",
    "RewardModel",
    "TablePolicy",
    "answer_log_probs",
    "best_of_n",
    "best_of_n_kl",
    "dpo_loss",
    "expected_best_of_n",
    "gae",
    "group_advantages",
    "grpo_loss",
    "k1",
    "k2",
    "k3",
    "kl",
    "leave_one_out",
    "log_best_of_n",
    "objective",
    "optimum",
    "pack",
    "pairwise_loss",
    "policy_loss",
    "ppo_ptx",
    "ranked_loss",
    "rloo_loss",
    "rollout",
    "token_log_probs",
    "token_rewards",
    "value_loss",
    "whiten",
]
