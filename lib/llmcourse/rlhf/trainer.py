"""PPO for a language model, whole: draw answers, judge them, say what was better than expected, and learn from it.

    prompts  (B, P)      of equal length
    tokens   (B, P + T)  prompts and answers
    mask     (B, T)      1.0 on the answers' tokens; log_probs, values, advantages, returns are (B, T) as well
    score    (B,)        the reward model's verdict on whole answers

Ouyang et al. 2022, section 3.5 and appendix C.4. Departs from it: advantages are whitened over the batch, the whole
batch is one minibatch, the critic starts from the reference with a head of zeros, and its loss is not clipped: it
has to follow rewards that grow tenfold.
"""

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from llmcourse.models import GPT, LanguageModel

from .answers import rollout, token_log_probs
from .penalty import token_rewards
from .ppo import gae, policy_loss, value_loss, whiten

Reward = Callable[[Tensor, Tensor], Tensor]  # tokens (B, P + T) and their mask (B, P + T) -> scores (B,)


class Critic(nn.Module):
    """A language model whose head says what is still to come after each token: tokens (B, L) to (B, L)."""

    def __init__(self, model: GPT):
        super().__init__()
        self.model = copy.deepcopy(model)
        self.model.head = nn.Linear(model.head.in_features, 1)
        nn.init.zeros_(self.model.head.weight)
        nn.init.zeros_(self.model.head.bias)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.model(tokens)[0][..., 0]


class Experience(NamedTuple):
    """A batch of answers with all that an update needs."""

    tokens: Tensor
    mask: Tensor
    log_probs: Tensor
    score: Tensor
    KL: Tensor  # log pi - log pi_ref of whole answers, (B,)
    values: Tensor
    advantages: Tensor
    returns: Tensor

    @property
    def length(self) -> int:
        """T, the tokens of the longest answer."""
        return self.mask.shape[1]


@torch.no_grad()
def experience(
    policy: LanguageModel, reference: LanguageModel, critic: Critic, reward: Reward, prompts: Tensor, length: int,
    beta: float, generator: Generator, end: int,
) -> Experience:  # fmt: skip
    """Answers of the policy to prompts (B, P), judged; each token pays beta for its log-ratio to the reference."""
    drawn = rollout(policy, prompts, length, generator, end)
    T, mask = drawn.mask.shape[1], drawn.mask
    tokens = torch.cat([prompts, torch.where(mask > 0, drawn.answers, end)], dim=1)
    ref = token_log_probs(reference(tokens)[0], tokens)[:, -T:] * mask
    score = reward(tokens, F.pad(mask, (prompts.shape[1], 0)))
    values = critic(tokens[:, :-1])[:, -T:]
    rewards = token_rewards(score, drawn.log_probs, ref, mask, beta)
    advantages, returns = gae(rewards, values, mask)
    KL = (drawn.log_probs - ref).sum(1)
    return Experience(tokens, mask, drawn.log_probs, score, KL, values, whiten(advantages, mask), returns)


def losses(policy: LanguageModel, critic: Critic, e: Experience) -> tuple[Tensor, Tensor]:
    """PPO's loss of the policy and of the critic on a batch, two numbers."""
    before, written = e.tokens[:, :-1], e.tokens[:, -e.length :]  # the last token predicts nothing
    of_next = policy(before)[0][:, -e.length :].float().log_softmax(-1)
    log_probs = of_next.gather(-1, written[..., None])[..., 0]
    values = critic(before)[:, -e.length :]
    return policy_loss(log_probs, e.log_probs, e.advantages, e.mask), value_loss(
        values, e.values, e.returns, e.mask, epsilon=torch.inf
    )


def train_ppo(
    policy: LanguageModel, reference: LanguageModel, reward: Reward, prompts: Iterable[Tensor], length: int,
    beta: float, generator: Generator, end: int, extra: Callable[[LanguageModel], Tensor] | None = None,
    epochs: int = 2, lr: float = 2e-3,
) -> Iterator[Experience]:  # fmt: skip
    """Train `policy` in place. Each batch is yielded as it was drawn, before the policy learns from it.

    extra  a loss that is added to the policy's at every step, such as that of PPO-ptx
    """
    critic = Critic(reference)
    learners = [torch.optim.Adam(model.parameters(), lr) for model in (policy, critic)]
    for batch in prompts:
        e = experience(policy, reference, critic, reward, batch, length, beta, generator, end)
        yield e
        for _ in range(epochs):
            of_policy, of_critic = losses(policy, critic, e)
            of_policy = of_policy + extra(policy) if extra else of_policy
            for model, learner, loss in zip((policy, critic), learners, (of_policy, of_critic)):
                learner.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                learner.step()
