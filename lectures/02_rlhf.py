# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 02 · From human feedback to a policy
#
# A language model writes what is likely. People want what is good, and cannot say what that is. But they can say which of two answers they prefer. This lecture goes the whole way from there to a model that
# writes better answers: a reward learned from comparisons, a policy that maximises it, and a price that keeps the policy from running away with what the reward got wrong. Twice you know more than anybody does in practice:
# in a world of 625 texts the best policy is known exactly, and in a world of prose the judge is a program.

# %% [markdown] tags=["badge"]
# about 90 minutes · builds on 01 Learning from preferences

# %% [markdown] tags=["preview"]
# ![Three columns of boxes, joined by arrows. 1  Demonstrations: a prompt, somebody writes the answer, the model learns to write it: SFT. 2  Comparisons: a prompt, and answers to it, somebody says which is better, a reward model r learns to agree. 3  Reinforcement: a prompt, the policy answers, r gives a reward, PPO: more of what earns more than expected. An arrow leads from each column to the next, and one from the third back to the second.](pictures/02_rlhf.webp)
#
# *A preview: you will draw this picture below.*

# %% tags=["setup", "hide-input"]
# @title Set-up: nothing to do where the course is installed
import glob, importlib.util, os, subprocess, sys

if not importlib.util.find_spec("llmcourse"):
    places = ["llmcourse-*.whl", "/content/llmcourse-*.whl", "/content/drive/MyDrive/**/llmcourse-*.whl"]
    found = [file for place in places for file in glob.glob(place, recursive=True)]
    clones = [folder for folder in ("..", "../..") if os.path.isdir(f"{folder}/lib/llmcourse")]
    if not found + clones:
        raise ModuleNotFoundError(
            "The course is not installed. On Colab: upload the wheel that your course gave you, llmcourse-....whl, "
            "with the folder sign on the left, or mount the Drive that has it. Then run this cell again."
        )
    source = "file://" + os.path.abspath(max(found, key=os.path.getmtime) if found else clones[0])
    package = f"llmcourse[data] @ {source}"
    if subprocess.call([sys.executable, "-m", "pip", "install", "-q", package]):
        raise ModuleNotFoundError("The course could not be installed. Is there a network? Then run this cell again.")

# %% [markdown]
# **After this lecture you can**
#
# - write down the loss of a reward model, for pairs and for $K$ ranked answers, and say what comparisons leave open;
# - derive the best policy at a given price of KL, and say what the price is for;
# - turn one score for an answer into a reward for each token, and estimate a KL from samples;
# - explain PPO's clip, and see what it prevents;
# - compare PPO, RLOO, GRPO and DPO with the exact optimum, and say who goes elsewhere and why;
# - say what best-of-$n$ costs, what DPO leaves out, and recognise over-optimisation in a plot of gold and proxy.
#
# The letters: prompt $x$, answer $y$ with tokens $y_t$, policy $\pi$, the reference $\pi_{\text{ref}}$ that it starts from, reward $r$, and $\beta$, what a nat of KL costs. $\sigma(x)=1/(1+e^{-x})$.

# %%
import torch
from llmcourse import models, records, runtime
from llmcourse.figures import quiz, show_source
from llmcourse.rlhf import RewardModel, enumeration, experiments, group, overoptimisation, penalty, prose, selection
from llmcourse.rlhf import dpo_loss, kl, optimum, pairwise_loss, policy_loss
from llmcourse.rlhf import prose_experiments as writing
from llmcourse.rlhf import proxy_experiments as learned_rewards
from llmcourse.rlhf.lecture_02 import claims, pictures, prose_claims, prose_pictures, tables

torch.set_num_threads(1)
print(runtime.describe())

# %% [markdown]
# ## The scheme
#
# Stiennon et al. taught a model to summarise posts that way in 2020 (steps 2 and 3), and Ouyang et al. made InstructGPT of it in 2022 (all three). Everything below fills one of these boxes.

# %% tags=["pictured", "hide-input"]
# @title Figure: scheme
pictures.scheme()

# %% [markdown]
# ## A world in which everything is known
#
# A text has four letters out of *a* to *e*: there are 625. The policy is a table with a row of five logits for each beginning of a text, so it can be any distribution over texts. The true reward likes *b* and, half as much, *d*, dislikes a
# letter that is repeated at once, and has a whim about every text. In practice nobody can write it down; here it plays the people who judge.

# %%
world = experiments.world(0)
texts, log_ref = world.reference.texts, world.log_ref
spell = lambda k: "".join("abcde"[i] for i in texts[k].tolist())
likely = ", ".join(f"{spell(k)} {log_ref[k].exp():.1%}" for k in log_ref.topk(3).indices)
good = ", ".join(f"{spell(k)} {world.r[k]:.1f}" for k in world.r.topk(3).indices)
print(f"what the reference writes most often: {likely}")
print(f"what the judges like best:            {good}")

# %% [markdown]
# **Step 2 of the picture: comparisons.** Two texts of the reference are shown, a judge prefers one. Judges err, as Bradley and Terry describe it (lecture 01): $p(j\succ k)=\sigma(r_j-r_k)$.

# %%
g = runtime.seed(0)


def compare(n):
    """Numbers of n texts that were preferred, and of those that they were compared with."""
    first, second = world.reference.sample(n, g), world.reference.sample(n, g)
    preferred = torch.rand(n, generator=g) < torch.sigmoid(world.r[first] - world.r[second])
    return torch.where(preferred, first, second), torch.where(preferred, second, first)


for j, k in zip(*compare(4)):
    print(f"{spell(j)} is better than {spell(k)}   (true rewards {world.r[j]:+.2f} and {world.r[k]:+.2f})")

# %% [markdown]
# **The reward model** is a language model whose head says one number instead of logits, read at the answer's last token. Its loss is what lecture 01 maximised, with a minus sign, now that it is minimised:
#
# $$\text{loss}(r)=-\log\sigma\big(r(x,y_j)-r(x,y_k)\big),\qquad y_j\text{ the preferred}.$$

# %% tags=["hide-input"]
# @title Figure: reward loss
pictures.reward_loss()

# %% [markdown]
# Two things follow from the formula. Only *differences* count, so a constant can be added for every prompt; Stiennon et al. subtract the mean reward of the reference summaries. And $K$ ranked answers to one prompt are $K(K-1)/2$ comparisons at the price of
# $K$ passes through the model. InstructGPT takes all of them into one batch element: spread over batches, each answer would be seen $K-1$ times an epoch, and the model would learn answers by heart.
#
# **Now do exercises 1 and 2** of the lab: the loss over rankings, and the log-probability of an answer, which all that follows needs. A model writes token by token, so it is a sum: $\log\pi(y\mid x)=\sum_t\log\pi(y_t\mid x,y_{<t})$.
#
# Here is a small GPT with a scalar head, learning from more and more comparisons. How often does it order two texts as the true reward does?

# %%
prompted = torch.cat([torch.full((625, 1), 5), texts], 1)  # token 5 is the prompt
answers = torch.tensor([0.0, 1, 1, 1, 1]).expand(625, 5)


def learn_reward(pairs, steps):
    """Learned rewards of all 625 texts, (625,)."""
    better, worse = pairs
    torch.manual_seed(0)
    model = RewardModel.of(models.GPT(6, 32, 1, models.SoftmaxAttention))
    descent = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=0.1)
    for _ in range(steps):
        k = torch.randint(len(better), (64,), generator=g)
        r = model(prompted[torch.cat([better[k], worse[k]])], answers[:128])
        descent.zero_grad()
        pairwise_loss(r[:64], r[64:]).backward()
        descent.step()
    model.centre(prompted, answers)
    return model(prompted, answers).detach()


pairs = compare(5000)
first, second = world.reference.sample(5000, g), world.reference.sample(5000, g)
lead = world.r[first] - world.r[second]
learned, agree = {}, {}
for n in runtime.pick(full=(50, 200, 1000, 5000), smoke=(50, 200)):
    learned[n] = learn_reward([side[:n] for side in pairs], runtime.pick(full=200, smoke=5))
    guess = learned[n][first] - learned[n][second]
    agree[n] = ((guess > 0) == (lead > 0))[lead != 0].double().mean().item()
one_judge = torch.sigmoid(lead.abs())[lead != 0].mean().item()

# %% tags=["hide-input"]
# @title Figure: agreement
pictures.agreement(agree, one_judge)

# %% [markdown]
# A judge is right in about three of four pairs, and a reward learned from enough of their answers is right more often than any of them: errors cancel. With few comparisons it knows little, and, worse, it does not know what it does not know.
#
# ## What to maximise
#
# The text with the highest learned reward? It is high there partly because the reward model is *wrong* there. So the reward is maximised *less a price for leaving the reference*:
#
# $$J(\pi)=\mathbb E_{y\sim\pi}\,r(y)-\beta\,\mathrm{KL}(\pi\,\|\,\pi_{\text{ref}})
#   =-\beta\;\mathbb E_{y\sim\pi}\log\frac{\pi(y)}{\pi_{\text{ref}}(y)\,e^{r(y)/\beta}}.$$
#
# The second form is the whole derivation. Up to a constant it is minus $\beta$ times a KL, from $\pi$ to the distribution that is proportional to the denominator. A KL is smallest, namely 0, where both are equal:
#
# $$\pi^*(y)\;\propto\;\pi_{\text{ref}}(y)\,e^{r(y)/\beta},\qquad J(\pi^*)-J(\pi)=\beta\,\mathrm{KL}(\pi\,\|\,\pi^*).$$
#
# So the distance from the optimum is a KL as well, and we can measure it. Is the second equation true? For three policies drawn at random:

# %%
log_best = optimum(log_ref, world.r, world.beta)
J = lambda log_pi: enumeration.objective(log_pi, log_ref, world.r, world.beta)
for log_pi in torch.randn(3, 625, generator=g).log_softmax(-1):
    print(f"J* - J = {J(log_best) - J(log_pi):.5f}; beta KL(pi || pi*) = {world.beta * kl(log_pi, log_best):.5f}")

# %% [markdown]
# **Now do exercise 3.** It computes $\pi^*$ where $e^{r/\beta}$ overflows, and what $J$ is there.
#
# The policy stands between the reference and the reward, and $\beta$ says where. Move it. The reward is the one learned from 200 comparisons, the policy is the best for *that* reward, and the true reward is computed, too.

# %%
proxy = learned[200]
prices = [10.0, 4.0, 2.0, 1.5, 1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05]
best = {beta: optimum(log_ref, proxy, beta) for beta in prices}
means = lambda log_pi: tuple((log_pi.exp() * r).sum().item() for r in (proxy, world.r))
policies = {beta: (kl(log_pi, log_ref).item(), *means(log_pi)) for beta, log_pi in best.items()}
top = max(policies, key=lambda beta: policies[beta][2])
print(f"true reward is highest at beta = {top}: {policies[top][2]:.2f} at {policies[top][0]:.1f} nats")
print(f"at beta = {prices[-1]}: {policies[prices[-1]][2]:.2f} at {policies[prices[-1]][0]:.1f} nats")
favourites = ", ".join(
    f"{spell(k)} (learned {proxy[k]:+.1f}, true {world.r[k]:+.1f})" for k in best[prices[-1]].topk(3).indices
)
print("its favourites there:", favourites)

# %% tags=["hide-input"]
# @title Figure: between
pictures.between(policies, proxy, log_ref, best)

# %% [markdown]
# The learned reward can only rise as $\beta$ falls. The true one need not, and where it turns nobody in practice can see: that is **over-optimisation**, here without any training, for the policy is exact. What is missing is data, not skill.
#
# ## A price for every token
#
# With a real model nobody sums over all texts. We draw answers, and the KL is a mean of $\log\pi(y)-\log\pi_{\text{ref}}(y)$ over them, which is a sum over tokens. So each token pays for itself at once, and the score of the whole answer comes at its last token. **Now do exercise 4.**
#
# A mean of $u=\log\pi(y)-\log\pi_{\text{ref}}(y)$ over few samples is noisy, and half of the time it may even be negative, which no KL is. Schulman proposed two more estimators:

# %% tags=["hide-input"]
# @title Source
show_source(penalty.k1, penalty.k2, penalty.k3)

# %% [markdown]
# With 625 texts, mean and deviation are sums. One policy near the reference, and one far from it:

# %%
policy = enumeration.TablePolicy(5, 4, world.reference.logits)
moved = {}
for name, size in (("near", 0.2), ("far", 1.5)):
    noise = torch.randn(policy.logits.shape, generator=g)
    policy.logits.data = world.reference.logits + size * noise
    moved[name] = policy.log_probs().detach()
estimates = {name: tables.estimated(log_pi, log_ref) for name, log_pi in moved.items()}

# %% tags=["hide-input"]
# @title Table: estimators
tables.estimators(estimates)

# %% [markdown]
# $k_1$ and $k_3$ are right on average. Near the reference, where a run spends its first steps, $k_3$ is the better thermometer: its deviation is less than a third of $k_1$'s. Far away it is the worse one, for now and then a text that the policy has nearly given up is drawn, and $e^{-u}$ is huge. Is it a good *penalty*? Whoever puts an estimator into the loss does not use its value but its gradient, at samples that are held fixed. Compare these gradients with those of the KL, and of the KL the other way round:

# %%
pull = {}
for name, k in (("k1", penalty.k1), ("k2", penalty.k2), ("k3", penalty.k3)):
    log_pi = policy.log_probs()
    value = (log_pi.detach().exp() * k(log_pi - log_ref)).sum()  # samples fixed: no gradient through their frequency
    pull[name] = torch.autograd.grad(value, policy.logits)[0]
log_pi = policy.log_probs()
wanted = torch.autograd.grad(kl(log_pi, log_ref), policy.logits)[0]
turned = torch.autograd.grad(kl(log_ref, policy.log_probs()), policy.logits)[0]

# %% tags=["hide-input"]
# @title Table: pulls
tables.pulls(pull, wanted, turned)

# %% [markdown]
# **The surprise:** $k_1$ in the loss does nothing at all, $k_2$ does what is wanted, and $k_3$ pulls along the gradient of $\mathrm{KL}(\pi_{\text{ref}}\,\|\,\pi)$: the other KL. Remember it for GRPO.
#
# ## PPO
#
# The policy gradient is $\mathbb E\,[A\,\nabla\log\pi(y)]$: make likelier what was better than expected, by its advantage $A$. In a text, each token gets an advantage of its own. A *critic* $V_t$ predicts what is still to come; $\delta_t=R_t+V_{t+1}-V_t$ is its surprise at token $t$; and
# generalised advantage estimation adds up the surprises to come, each $\lambda$ times less than the one before. (Where steps take time, what is later is worth less, by $\gamma$ a step. An answer is short, and $\gamma$ is 1 here; the lab's formula has it.) **Now do exercise 5.**
#
# That gradient holds for the policy that drew the samples. But samples are dear, and one would like to take several steps with each batch. The correction is the ratio $\rho_t=\pi(y_t)/\pi_{\text{old}}(y_t)$: $\mathbb E_{\text{old}}[\rho\,A]$ has the right gradient near the old policy, and nothing keeps the new one near. So PPO takes away
# the reason to go on. Move the ratio of a token that has done well, and of one that has done badly: the arrow is the pull on the ratio.

# %% tags=["hide-input"]
# @title Figure: clip
pictures.clip()

# %% [markdown]
# Watch what the clip does *not* do: on the other side, where the policy has gone the wrong way, the pull remains. **Now do exercise 6.**
#
# Does it matter? One batch of 64 texts and 60 steps on it, with the clip and without:

# %%
paths = {}
for name, epsilon in (("no clip", 1e9), ("clip at 0.2", 0.2)):
    policy = enumeration.TablePolicy(5, 4, world.reference.logits)
    y = policy.sample(64, torch.Generator().manual_seed(1))
    old, every = policy.token_log_probs()[y].detach(), torch.ones(64, 4)
    A = group.group_advantages(world.r[y])[:, None].expand(64, 4)
    descent, paths[name] = torch.optim.Adam(policy.parameters(), 0.05), []
    for _ in range(61):
        log_pi = policy.log_probs().detach()
        paths[name].append((kl(log_pi, log_ref).item(), J(log_pi).item()))
        descent.zero_grad()
        policy_loss(policy.token_log_probs()[y], old, A, every, epsilon).backward()
        descent.step()

# %% tags=["hide-input"]
# @title Figure: one batch
pictures.one_batch(paths)

# %% [markdown]
# Without the clip the policy gains more at first, for some twenty steps, and then loses all of it and more: it learns its 64 texts by heart. While one trains, nobody sees $J$. With the clip it stops early, and stays; a little beyond the clip, which takes the pull away and no more, for Adam's momentum and the tokens that share a logit carry it on.
#
# ## Without a critic: RLOO and GRPO
#
# A critic is a second model to train. If several answers to *one* prompt are drawn, the others say what was to be expected. RLOO subtracts from each reward the mean of the *others*. GRPO subtracts the mean of all, divides by the standard deviation of the group, clips like PPO, and puts the KL, as $k_3$, into the loss.

# %% tags=["hide-input"]
# @title Source
show_source(group.leave_one_out, group.group_advantages)

# %% [markdown]
# Which of them estimates the gradient of $J$? A batch enters the gradient only by how much weight each text gets, so the mean of very many batches costs no more than one. To make it harder, 3 is added to all rewards, which changes nothing about the best policy:

# %%
policy.logits.data = world.reference.logits + 0.5 * torch.randn(policy.logits.shape, generator=g)
n, batches = 8, runtime.pick(full=100_000, smoke=500)
log_pi = policy.log_probs().detach()
R = world.r + 3 - world.beta * (log_pi - log_ref)  # the KL in the reward
y = torch.multinomial(log_pi.exp(), batches * n, replacement=True, generator=g).view(batches, n)
weights = {
    "REINFORCE, no baseline": R[y],
    "RLOO": group.leave_one_out(R[y]),
    "GRPO, not divided by the deviation": group.group_advantages(R[y], scale=False),
    "GRPO": group.group_advantages(R[y]),
}
mean_weight = {name: torch.zeros(625).index_add(0, y.flatten(), w.flatten()) / w.numel() for name, w in weights.items()}
gradient = lambda w: torch.autograd.grad((w * policy.log_probs()).sum(), policy.logits)[0]
right = torch.autograd.grad(J(policy.log_probs()), policy.logits)[0]
found = {name: gradient(w) for name, w in mean_weight.items()}
size = {name: w.square().mean().sqrt().item() for name, w in weights.items()}

# %% tags=["hide-input"]
# @title Table: gradients
tables.gradients(found, right, size)

# %% [markdown]
# REINFORCE and RLOO are right on average, but REINFORCE averages weights nearly three times as large to get there, and noise is as large as they are: with a baseline, a constant in the reward does no harm. GRPO's plain version is RLOO times $(n-1)/n$: the mean includes the answer itself. Divided by the deviation the gradient is nearly parallel here, but no longer that of any expected reward: a group whose answers hardly differ speaks as loudly as one whose answers do.
#
# ## Who arrives?
#
# Every method, for 1,000 batches, in five worlds. After each the distance to the exact optimum is *computed*.

# %%
exact = records.load("02_optimum")
print(records.made(exact))

# %% tags=["hide-input"]
# @title Table: methods
tables.methods(exact)

# %% tags=["hide-input"]
# @title Figure: arrivals
pictures.arrivals(exact["runs"])

# %% [markdown]
# All with the KL in the reward arrive, REINFORCE slowest, and PPO quickly at first: it makes four steps with each batch. GRPO with $k_3$ in the loss comes to 0.3 nats and stays there or moves away again, with the division and without. You know why: its penalty is the other KL, so its best policy is another one. (*No scale*: not divided by the deviation. *Whitened*: advantages with mean 0 and deviation 1 in every batch, as is often done; here it is no better. DPO comes below; *probabilities* are labels that say how likely each of the two was to win.)
#
# ## Best of $n$: no training at all
#
# Draw $n$ answers, keep the one with the highest reward. If no two answers tie, the best of $n$ has density $n F^{n-1}$ relative to the reference, where $F$, the share of answers with a lower reward, is uniform between 0 and 1. Its KL is therefore the same for every reward:
#
# $$\mathrm{KL}=\int_0^1 nF^{n-1}\log\big(nF^{n-1}\big)\,dF=\log n-\frac{n-1}n .$$

# %%
price = {n: kl(selection.log_best_of_n(log_ref, world.r, n), log_ref).item() for n in (1, 2, 4, 8, 16, 32, 64, 128)}
earned = selection.log_best_of_n(log_ref, world.r, 16).exp() @ world.r
print(f"best of 16:  mean reward {earned:.2f} at {price[16]:.2f} nats")
print(f"the optimum: mean reward {log_best.exp() @ world.r:.2f} at {kl(log_best, log_ref):.2f} nats, beta {world.beta}")

# %% tags=["hide-input"]
# @title Figure: price
pictures.price(price)

# %% [markdown]
# Where there are finitely many texts, two draws may be the same one. That is a tie, and the formula an upper bound; with 625 texts it lies less than a hundredth of a nat above the KL, even for 128 draws. Sixteen times the computation for each answer buys less than two nats, and with them, here, nearly what the optimum earns. **Now do exercise 7**, which computes this policy exactly.
#
# ## DPO, and what it leaves out
#
# Solve the formula for $\pi^*$ for the reward: $r(y)=\beta\log\frac{\pi^*(y)}{\pi_{\text{ref}}(y)}+\beta\log Z$. In a comparison of two answers to one prompt $\log Z$ cancels. So every policy *is* a reward model, and Bradley and Terry's likelihood trains it, without a reward model, a critic, or a single sample. **Now do exercise 8.**
#
# What is lost on the way? The reward of a text is now as large as its own labels make it. Train on 500 pairs, and follow three numbers: the log-probability of the chosen texts, that of the rejected ones, and the probability of texts that *have won every comparison that they were in*.

# %%
chosen, rejected = (side[:500] for side in pairs)
won, lost = (torch.zeros(625).index_add(0, side, torch.ones(500)) for side in (chosen, rejected))
unbeaten = (won > 0) & (lost == 0)
policy = enumeration.TablePolicy(5, 4, world.reference.logits)
descent, path = torch.optim.Adam(policy.parameters(), 0.05), []
for _ in range(runtime.pick(full=301, smoke=11)):
    log_pi = policy.log_probs()
    now = log_pi.detach()
    path.append((now[chosen].mean().item(), now[rejected].mean().item(), now[unbeaten].exp().sum().item()))
    descent.zero_grad()
    dpo_loss(log_pi[chosen], log_pi[rejected], log_ref[chosen], log_ref[rejected], world.beta).backward()
    descent.step()
missing = kl(policy.log_probs().detach(), log_best).item()
print(f"{unbeaten.sum()} of 625 texts never lost, {(won[unbeaten] == 1).sum()} of them in a single comparison")
print(f"KL to the optimum: {kl(log_ref, log_best):.2f} -> {missing:.2f}")

# %% tags=["hide-input"]
# @title Figure: left out
pictures.left_out(path)

# %% [markdown]
# **Both** probabilities fall, those of the chosen texts as well: the loss looks at their difference only. And five sixths of the probability go to texts that never lost, most of which have won once. You know them from lecture 01: the player whom nobody ever beat has no finite rating. There a ghost helped. Here
# nothing does: the KL of the derivation holds at the optimum for a *given* reward, but no sample of the policy is ever drawn to pay for it. With a reward model, the same labels would also be asked about every text that the policy writes. DPO's policy is never asked what it writes now.
#
# More labels are a cure, as the record says:

# %% tags=["hide-input"]
# @title Figure: labels
pictures.labels(exact["runs"])

# %% [markdown]
# ## What the reward model cannot see
#
# You have seen a learned reward lead away from the true one. How much of that is lack of data? Two reward models learn from the same 500 comparisons. One counts letters; the other also counts which letter follows which, so that it can see what the judges dislike: a letter that is repeated at once. In ten worlds, the best policy for
# either is computed at 21 prices of KL, without any training, and best-of-$n$ for it as well. Before you look: what will the first one write where KL is cheap?

# %%
seeds = range(runtime.pick(full=10, smoke=2))
sweeps = {sees: [learned_rewards.sweep(seed, 500, sees == "pairs") for seed in seeds] for sees in ("letters", "pairs")}
for kind, curve in (("best policy", "RL"), ("best-of-n", "best-of-n")):
    peaks = [overoptimisation.fit(KL, gold, curve).peak ** 2 for KL, _, gold in claims.columns(sweeps["letters"], kind)]
    print(f"{kind}: Gao et al.'s curve, fitted to gold, turns at {min(peaks):.1f} to {max(peaks):.1f} nats")

# %% tags=["hide-input"]
# @title Figure: seen and unseen
pictures.seen_and_unseen(sweeps)

# %% [markdown]
# The one that counts letters cannot know that the second *b* in a row is worth less than the first. In every world gold rises, turns, and falls, in some below the reference, while the proxy rises to the end. More comparisons of the same kind would not help, for it could not learn from them what it cannot see. The one that sees pairs gains more and is over-optimised little. Gao, Schulman and Hilton measured such curves on
# language models and fitted, with $d=\sqrt{\mathrm{KL}}$, gold by $d(\alpha-\beta\log d)$ for reinforcement learning and by $d(\alpha-\beta d)$ for best-of-$n$. Those are the curves whose turning points are printed above.
#
# ## InstructGPT, end to end
#
# Ouyang et al. put a step in front, the left column of the scheme: people *show* what they want. Here 100 demonstrations are drawn from good texts, and the reference learns them for 20 steps (SFT). Then 500 comparisons of what SFT writes, a reward model that sees pairs, and PPO from SFT with its reward. PPO-ptx is the same with
# a second loss: it goes on learning the first model's texts. Win rates are exact, over all pairs of texts, by judges who make no mistakes.

# %%
steps = [learned_rewards.three_steps(seed) for seed in range(runtime.pick(full=8, smoke=2))]
for name in ("first", "SFT", "PPO", "PPO-ptx"):
    print(f"{name:8} mean gold {sum(run['gold'][name] for run in steps) / len(steps):.2f}")

# %% tags=["hide-input"]
# @title Figure: three steps
pictures.three_steps(steps)

# %% [markdown]
# Each step wins against the one before it. The price is on the right: the first model's own texts have become unlikely, under PPO's policy most of all, which has learned to write a few good ones. PPO-ptx takes about half of what PPO has added back, and keeps most of its wins.

# %% [markdown]
# ## A world of prose
#
# Now a language model. It has read short texts on six topics from the Factbook, word by word; a prompt is a topic. The judge likes water, and is a program: you may read it, but the reward model may not.

# %% tags=["hide-input"]
# @title Source
show_source(prose.gold)

# %%
model, g = writing.first_model(0, runtime.pick(full=200, smoke=3))
topics = prose.prompts(runtime.pick(full=200, smoke=8), g)
before = writing.answer(model, topics, g)

# %% tags=["hide-input"]
# @title Table: written
tables.written(before, shown=6)

# %% [markdown]
# Not the best of prose, and 0.1 million parameters. **The whole of Stiennon's picture** is three lines: comparisons, a reward model, PPO. The reward model is the plainest there is, a weight for each word, learned with the pairwise loss; so one can read it.

# %%
pairs = writing.compare(model, runtime.pick(full=1000, smoke=20), g)
reward = writing.normalised(writing.by_counts(pairs), before)
policy, path = writing.improve(model, reward, 0.3, runtime.pick(full=25, smoke=2), g)
after = writing.answer(policy, topics, g)
print("the reward model likes:", ", ".join(f"{word} {weight:+.1f}" for word, weight in writing.likes(reward, 10)))

# %% tags=["hide-input"]
# @title Table: before and after
tables.before_and_after(reward, {"before": before, "after PPO": after}, shown=4)

# %% [markdown]
# It has found words about water, and a few that only stood near them by chance. Now the same without a price, $\beta=0$:

# %%
wild, wild_path = writing.improve(model, reward, 0.0, runtime.pick(full=25, smoke=2), g)
paths = {"beta 0.3": path, "beta 0": wild_path}

# %% tags=["hide-input"]
# @title Figure: on the way
pictures.on_the_way(paths)

# %% tags=["hide-input"]
# @title Table: before and after
tables.before_and_after(reward, {"before": before, "beta 0": writing.answer(wild, topics, g)}, shown=4)

# %% [markdown]
# The proxy rises in both runs, from the first batch to the last. With the price gold rises with it, and the policy stays within eight nats of the reference. Without it gold rises for a moment, turns, and falls far below where it began, and the answers say why. A sum of weights of words cannot see that a word has come before:
# the answers it was learned from hardly repeat any, so nothing in the comparisons speaks against *coast coast coast*. The policy went there because the reward model is wrong there. That is over-optimisation, and here the flaw has a name. Notice what you would see in practice: the proxy, and nothing else.
#
# ### The same with four seeds
#
# One run proves little. First, how good is a reward model at all, given more comparisons? A weight for each word, and a GPT with a scalar head that starts from the policy, on the same comparisons:

# %%
asked = records.load("02_comparisons")
print(records.made(asked))

# %% tags=["hide-input"]
# @title Figure: order
prose_pictures.order(asked["runs"])

# %% [markdown]
# Both learn, and the weights learn faster: the judge counts words, so they have the right form, and two thousand comparisons of short answers are little for a network. Judges of prose do not count words; that the plain model wins is a fact about this judge.
#
# Then PPO without a price for longer, next to best-of-$n$, with Gao et al.'s curves fitted to gold:

# %%
gamed = records.load("02_goodhart")
print(records.made(gamed))

# %% tags=["hide-input"]
# @title Figure: Goodhart
prose_pictures.goodhart(gamed["runs"], prose_claims.fitted(gamed["runs"]))

# %% [markdown]
# Every seed turns, each elsewhere, and falls far below its start; what they write at the end is two or three words, over and over. Best-of-$n$ never leaves what the reference might have written: at 128 answers, not four nats away, its gold still rises. The fitted curves are smooth and can't follow so sharp a turn: with few seeds and a policy that collapses, their
# two numbers are a summary, not a law.
#
# Last, all three steps on prose: demonstrations are those of the world's own texts that the judge likes.

# %%
three = records.load("02_steps")
print(records.made(three))

# %% tags=["hide-input"]
# @title Figure: three steps on prose
prose_pictures.three_steps(three["runs"])

# %% [markdown]
# The first two bars are as in the small world: showing helps, and PPO wins against what was shown. The price is higher than there, about a nat a token. The third bar is a warning: PPO-ptx has lost PPO's wins with its price. Its second loss has the weight 1 here, which nobody searched for, and it outweighs
# the reward; in the small world it was 0.2. How much of other texts to keep is a choice that no formula makes for you.
#
# ## What became of the claims

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(exact, sweeps, steps)

# %% [markdown]
# Those were measured exactly, in the world of 625 texts. On prose:

# %% tags=["hide-input"]
# @title Claims: on prose
prose_claims.verdicts(asked, gamed, three)

# %% [markdown]
# ## Errata
#
# - *Slide of Stiennon et al.'s scheme:* the loss is printed as $\log\sigma(r_j-r_k)$. It has a minus sign, $-\log\sigma(r_j-r_k)$, for it is minimised; the figure of the loss above shows both. The slide redraws the paper's figure, which has the slip as well.
# - *The name* on the slide, "Steinon", is Stiennon.

# %% [markdown]
# ## To remember
#
# - Comparisons determine differences of rewards: $-\log\sigma(r_j-r_k)$, over all pairs of a ranking at once.
# - The best policy at a price $\beta$ is $\pi_{\text{ref}}\,e^{r/\beta}$, normalised; what a policy lacks is $\beta\,\mathrm{KL}(\pi\,\|\,\pi^*)$.
# - The price is there because the reward model is wrong somewhere. The learned reward cannot tell you when to stop.
# - PPO's clip takes the pull away from tokens that have gone far enough, in the direction of their advantage only.
# - An estimator that is right as a number may be wrong in the loss: $k_3$'s gradient belongs to the other KL.
# - RLOO needs no critic and reaches the optimum. DPO needs no samples either, and is as good as its labels are many.
# - Best-of-$n$ costs $\log n-\frac{n-1}n$ nats at most, and no training: the baseline that everything has to beat.

# %% tags=["hide-input"]
# @title Question
quiz("02-constant")

# %% tags=["hide-input"]
# @title Question
quiz("02-clip")

# %% tags=["hide-input"]
# @title Question
quiz("02-k3")

# %% tags=["hide-input"]
# @title Question
quiz("02-both-fall")

# %% tags=["hide-input"]
# @title Question
quiz("02-when-to-stop")

# %% [markdown]
# ## References
#
# - Christiano et al. *Deep reinforcement learning from human preferences.* 2017. [arXiv:1706.03741](https://arxiv.org/abs/1706.03741). Ziegler et al. *Fine-tuning language models from human preferences.* 2019. [arXiv:1909.08593](https://arxiv.org/abs/1909.08593)
# - Stiennon et al. *Learning to summarize from human feedback.* 2020. [arXiv:2009.01325](https://arxiv.org/abs/2009.01325)
# - Ouyang et al. *Training language models to follow instructions with human feedback.* 2022. [arXiv:2203.02155](https://arxiv.org/abs/2203.02155)
# - Schulman et al. *High-dimensional continuous control using generalized advantage estimation.* 2016. [arXiv:1506.02438](https://arxiv.org/abs/1506.02438). Schulman et al. *Proximal policy optimization algorithms.* 2017. [arXiv:1707.06347](https://arxiv.org/abs/1707.06347)
# - Schulman. *Approximating KL divergence.* 2020. [joschu.net](http://joschu.net/blog/kl-approx.html)
# - Gao, Schulman, Hilton. *Scaling laws for reward model overoptimization.* 2022. [arXiv:2210.10760](https://arxiv.org/abs/2210.10760). Beirami et al. *Theoretical guarantees on the best-of-n alignment policy.* 2024. [arXiv:2401.01879](https://arxiv.org/abs/2401.01879)
# - Rafailov et al. *Direct preference optimization.* 2023. [arXiv:2305.18290](https://arxiv.org/abs/2305.18290)
# - Ahmadian et al. *Back to basics: revisiting REINFORCE-style optimization for learning from human feedback in LLMs.* 2024. [arXiv:2402.14740](https://arxiv.org/abs/2402.14740). Shao et al. *DeepSeekMath.* 2024. [arXiv:2402.03300](https://arxiv.org/abs/2402.03300). Liu et al. *Understanding R1-Zero-like training.* 2025. [arXiv:2503.20783](https://arxiv.org/abs/2503.20783)

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 02](../work/02_rlhf/02_lab.ipynb), about 120 minutes. **Next:** [03 LoRA and other adapters](03_lora.ipynb).
