# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 02 · From human feedback to a policy
#
# People have said which answers they prefer. How does a model come to write such answers, and how far should it go? You build every part
# of the way: a reward from rankings, a reward for each token, PPO, and two short cuts around it. In a world of 625 texts you know the best policy there is,
# so you will see who reaches it.
#
# - **You need**: [lecture 02](../../lectures/02_rlhf.ipynb), [lab 01](../01_preferences/lab.ipynb), and what a gradient is.
# - **Time**: about two hours: eight exercises, then an open task on a reward of your own.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.
#
# The letters are the lecture's: the policy $\pi$, the reference $\pi_{\text{ref}}$ that it starts from, rewards $r$, advantages $A$, and $\beta$, what
# a nat of KL costs. $\sigma(x)=1/(1+e^{-x})$ is the logistic function, and logarithms are natural.

# %% [markdown] tags=["badge"]
# about 120 minutes · builds on 01 Learning from preferences

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

# %%
import torch
from llmcourse import figures, runtime
from llmcourse.checks import check

torch.set_num_threads(1)
print(runtime.describe())

# %% [markdown]
# **The small world.** A text has four letters out of *a* to *e*, so there are 625. A policy is a table: a row of five logits for each of the 156 beginnings of
# a text. The true reward is known to us alone: it likes *b*, likes *d* half as much, dislikes a letter that is repeated at once, and has a
# whim about each text.

# %%
texts = torch.cartesian_prod(*[torch.arange(5)] * 4)  # (625, 4)
begun = torch.zeros(625, dtype=torch.long)
rows = []
for t in range(4):
    rows.append(sum(5**k for k in range(t)) + begun)
    begun = 5 * begun + texts[:, t]
rows = torch.stack(rows, 1)  # (625, 4): the row of the table that each letter is drawn from

g = runtime.seed(0)
reference = torch.randn(156, 5, generator=g)
liked = (texts == 1).sum(1) + 0.5 * (texts == 3).sum(1)
repeated = (texts[:, 1:] == texts[:, :-1]).sum(1)
reward = liked - repeated + 0.5 * torch.randn(625, generator=g)


def letters_log_probs(table):
    """log pi of each letter of each text, (625, 4)."""
    return table.log_softmax(-1)[rows, texts]


def spell(k):
    """Text number k in letters."""
    return "".join("abcde"[letter] for letter in texts[k].tolist())


log_ref = letters_log_probs(reference).sum(1)  # (625,)
print(
    f"mean reward of the reference: {(log_ref.exp() * reward).sum():.2f}; the best text, {spell(reward.argmax())}: {reward.max():.2f}"
)

# %% [markdown] tags=["exercise:ranked-loss"]
# ## Exercise 1 · What a ranking of answers says
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `ranked_loss(r, rank)`
#
# Return the dtype of the inputs; a gradient must flow through `r`.

# %% [markdown]
# People rank $K$ answers to a prompt. Each pair says: the one is better than the other. In Stiennon's loss, a pair of which $j$ is preferred to $k$
# adds $-\log\sigma(r_j-r_k)$. InstructGPT takes all pairs of a prompt from one pass of the model over its $K$ answers:
#
# $$\mathcal L=\frac1B\sum_{b=1}^{B}\ \frac1{|P_b|}\sum_{(j,k)\in P_b}-\log\sigma(r_{bj}-r_{bk}),\qquad P_b=\{(j,k):\ \text{rank}_{bj}<\text{rank}_{bk}\}.$$
#
# Rank 1 is the best. **Ties say nothing**: they are not in $P_b$. Every prompt weighs the same, however many of its pairs are tied. Rewards may be far
# apart, so no probability may be rounded to zero on the way.


# %% nbgrader={"grade": false, "grade_id": "ranked-loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ranked_loss(r, rank):
    """InstructGPT's loss of a reward model, for rankings with ties.

    r        (B, K) rewards of K answers to each of B prompts
    rank     (B, K) their places, 1 the best; equal places are ties. Each prompt has one pair at least that is no tie
    returns  a number; a gradient flows to r
    """
    ### BEGIN SOLUTION
    above = (rank[:, :, None] < rank[:, None, :]).to(r.dtype)  # (B, K, K): j ranks above k
    losses = -torch.nn.functional.logsigmoid(r[:, :, None] - r[:, None, :])
    return ((above * losses).sum((1, 2)) / above.sum((1, 2))).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ranked-loss-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:ranked-loss"]
check("ranked-loss", ranked_loss)

# %% [markdown] tags=["hints:ranked-loss"]
# <details><summary>Hint 1 of 4</summary>
#
# All pairs at once: `r[:, :, None] - r[:, None, :]` has in [b, j, k] by how much answer j leads answer k.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# j is preferred to k where `rank[:, :, None] < rank[:, None, :]`. That leaves out ties and the diagonal.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Each pair adds -log sigmoid(r_j - r_k): `-torch.nn.functional.logsigmoid(lead)`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# First the mean over a prompt's pairs, `(above * losses).sum((1, 2)) / above.sum((1, 2))`; then over prompts.
#
# </details>

# %% [markdown]
# **See it work.** A reward with three weights: how many *b*, how many *d*, how many repetitions. It learns from 300 rankings of four texts, by judges who make
# mistakes, as Bradley and Terry describe them. Nobody tells it a reward.

# %%
features = torch.stack([(texts == 1).sum(1), (texts == 3).sum(1), repeated], 1).float()  # (625, 3)
shown = torch.randint(625, (300, 4), generator=g)
noise = -torch.log(-torch.log(torch.rand(300, 4, generator=g)))  # Gumbel's: then P(j before k) is the sigmoid
rank = 1 + (reward[shown] + noise).argsort(1, descending=True).argsort(1)
w = torch.zeros(3, requires_grad=True)
descent = torch.optim.Adam([w], 0.05)
for _ in range(200):
    descent.zero_grad()
    ranked_loss(features[shown] @ w, rank).backward()
    descent.step()
figures.table(
    [
        [what, f"{true}", f"{learned:.2f}"]
        for what, true, learned in zip(["b", "d", "repetition"], [1, 0.5, -1], w.tolist())
    ],
    ["feature", "true weight", "learned"],
)

# %% [markdown] tags=["exercise:answer-log-probs"]
# ## Exercise 2 · How likely was this answer?
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `answer_log_probs(logits, tokens, mask)`
#
# Return the dtype of the inputs; a gradient must flow through `logits`.

# %% [markdown]
# All that follows needs one number of a policy: how likely is this answer to this prompt? A language model returns logits at every position, and **those at
# position $t$ predict token $t+1$**. Prompts and answers have lengths of their own; `mask` marks the answers' tokens.
#
# $$\log\pi(y\mid x)=\sum_{t\ \text{in the answer}}\log\pi(y_t\mid x,y_{<t}).$$
#
# Return the sum, not a mean: probabilities of tokens multiply. An answer may be as unlikely as it likes: no probability may be rounded to zero on the way.


# %% nbgrader={"grade": false, "grade_id": "answer-log-probs", "locked": false, "schema_version": 3, "solution": true, "task": false}
def answer_log_probs(logits, tokens, mask):
    """log pi(answer | prompt).

    logits   (B, L, V); those at position t predict token t + 1
    tokens   (B, L) prompt, answer, padding; there is a prompt of at least one token
    mask     (B, L) 1.0 on the answer's tokens, else 0.0
    returns  (B,); a gradient flows to logits
    """
    ### BEGIN SOLUTION
    of_next = logits[:, :-1].log_softmax(-1)  # (B, L - 1, V)
    each = of_next.gather(-1, tokens[:, 1:, None])[..., 0]  # (B, L - 1)
    return (each * mask[:, 1:]).sum(-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "answer-log-probs-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:answer-log-probs"]
check("answer-log-probs", answer_log_probs)

# %% [markdown] tags=["hints:answer-log-probs"]
# <details><summary>Hint 1 of 4</summary>
#
# Logits at position t predict token t + 1: drop the last position of the logits, the first of tokens and mask.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# `logits[:, :-1].log_softmax(-1)` has log-probabilities of all words; `gather` picks those that were written.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# `.gather(-1, tokens[:, 1:, None])[..., 0]` is (B, L - 1).
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Multiply by `mask[:, 1:]` and sum over the last axis: a product of probabilities, so a sum of logarithms.
#
# </details>

# %% [markdown]
# **See it work.** The table as a language model, after a prompt of one token. Over all 625 answers, the probabilities should sum to 1.

# %%
prompted = torch.cat([torch.zeros(625, 1, dtype=torch.long), texts], 1)  # (625, 5)
logits = torch.cat([reference[rows], torch.zeros(625, 1, 5)], 1)  # the last position predicts what nobody wrote
answered = torch.tensor([0.0, 1, 1, 1, 1]).expand(625, 5)
found = answer_log_probs(logits, prompted, answered)
print(
    f"sum of the probabilities: {found.exp().sum():.4f}; the likeliest text is {spell(found.argmax())}, {found.max().exp():.1%}"
)

# %% [markdown] tags=["exercise:optimal-policy"]
# ## Exercise 3 · The best policy there is
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 10 minutes · define `optimal_policy(log_ref, r, beta)`

# %% [markdown]
# Where do we want to go? Not to the text with the highest reward: a reward model is wrong somewhere, and a policy would find out where. Stiennon and his colleagues
# maximise the reward *less the way from the reference*:
#
# $$J(\pi)=\mathbb E_{y\sim\pi}[r(y)]-\beta\,\mathrm{KL}(\pi\,\|\,\pi_{\text{ref}}),\qquad
#   \pi^*(y)=\frac{\pi_{\text{ref}}(y)\,e^{r(y)/\beta}}{Z},\qquad Z=\sum_{y}\pi_{\text{ref}}(y)\,e^{r(y)/\beta}.$$
#
# The sum over all texts is what makes it hard, and here there are few enough. Return $\log\pi^*$ and $J^*=J(\pi^*)$. For a small $\beta$, $e^{r/\beta}$ is infinite in
# a computer; your answer should not be.


# %% nbgrader={"grade": false, "grade_id": "optimal-policy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def optimal_policy(log_ref, r, beta):
    """The policy that maximises E[r] - beta KL(pi || pi_ref), and the maximum.

    log_ref  (Y,) log-probability of each text under the reference
    r        (Y,) its reward
    beta     a positive number
    returns  log pi* (Y,), J* (a number)
    """
    ### BEGIN SOLUTION
    log_Z = torch.logsumexp(log_ref + r / beta, 0)
    return log_ref + r / beta - log_Z, beta * log_Z
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "optimal-policy-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:optimal-policy"]
check("optimal-policy", optimal_policy)

# %% [markdown] tags=["hints:optimal-policy"]
# <details><summary>Hint 1 of 4</summary>
#
# log pi* = log pi_ref + r / beta - log Z, and Z is what makes the probabilities sum to 1.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# `torch.logsumexp(log_ref + r / beta, 0)` is log Z, and nothing overflows on the way.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# `(log_ref + r / beta).log_softmax(0)` is log pi*.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Put pi* into J: E[r] - beta E[log pi* - log pi_ref], with log pi* - log pi_ref = r / beta - log Z. What remains is beta log Z.
#
# </details>

# %% [markdown]
# **See it work.** Three prices of a nat: what the best policy earns, and how far it goes for that.

# %%
shown = []
for beta in (4.0, 0.5, 0.05):
    log_best, J = optimal_policy(log_ref, reward, beta)
    p = log_best.exp()
    KL = (p * (log_best - log_ref)).sum()
    shown.append([beta, f"{(p * reward).sum():.2f}", f"{KL:.2f}", f"{J:.2f}", f"{spell(p.argmax())}, {p.max():.0%}"])
figures.table(shown, ["beta", "mean reward", "KL from the reference", "J*", "likeliest text"])

# %% [markdown] tags=["exercise:token-rewards"]
# ## Exercise 4 · A reward for every token
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `token_rewards(score, log_probs, ref_log_probs, mask, beta)`

# %% [markdown]
# From here on we only draw samples, as one must with a real model. The KL is a mean of $\log\pi(y)-\log\pi_{\text{ref}}(y)$ over samples of $\pi$, and that is a sum over
# tokens. So every token can pay for itself, at once:
#
# $$R_t=-\beta\big(\log\pi(y_t\mid y_{<t})-\log\pi_{\text{ref}}(y_t\mid y_{<t})\big)\;+\;\begin{cases}r(y)&\text{at the answer's last token}\\0&\text{before}\end{cases}$$
#
# Answers end at different places; `mask` is 1.0 on their tokens and 0.0 on the padding after them. Padding earns nothing. Leave the inputs as they are.


# %% nbgrader={"grade": false, "grade_id": "token-rewards", "locked": false, "schema_version": 3, "solution": true, "task": false}
def token_rewards(score, log_probs, ref_log_probs, mask, beta):
    """A reward for every token: the price of its KL, and the score at the last.

    score                     (B,) what the reward model says of whole answers
    log_probs, ref_log_probs  (B, T) of the answers' tokens, under the policy and under the reference
    mask                      (B, T) 1.0 on the answer's tokens, which come first, one at least; 0.0 on padding
    returns                   (B, T), 0 on padding
    """
    ### BEGIN SOLUTION
    rewards = -beta * (log_probs - ref_log_probs) * mask
    rewards[torch.arange(len(score)), mask.sum(1).long() - 1] += score
    return rewards
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "token-rewards-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:token-rewards"]
check("token-rewards", token_rewards)

# %% [markdown] tags=["hints:token-rewards"]
# <details><summary>Hint 1 of 4</summary>
#
# Every token of the answer pays -beta (log pi - log pi_ref); padding pays nothing: multiply by the mask.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# The score comes once, at the last token of the answer, which is at position `mask.sum(1) - 1`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Rows and columns together: `rewards[torch.arange(len(score)), mask.sum(1).long() - 1]` are the last tokens.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Do not change the inputs: `rewards = -beta * (log_probs - ref_log_probs) * mask` is a new tensor, and you may add to it.
#
# </details>

# %% [markdown]
# **See it work.** A policy that has moved a little, one answer of it, and who pays.

# %%
moved = reference + 0.8 * torch.randn(156, 5, generator=g)
k = torch.multinomial(letters_log_probs(moved).sum(1).exp(), 1, generator=g)
paid = token_rewards(reward[k], letters_log_probs(moved)[k], letters_log_probs(reference)[k], torch.ones(1, 4), 0.5)
print(f"{spell(k[0])}, score {reward[k[0]]:.2f}:", ", ".join(f"{v:+.2f}" for v in paid[0].tolist()))

# %% [markdown] tags=["exercise:advantage-estimate"]
# ## Exercise 5 · Better than expected?
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `gae(rewards, values, mask, lam, gamma)`

# %% [markdown]
# The score comes at the last token. Which of the tokens earned it? A critic says before each token what it expects from there on, $V_t$. Its errors say who surprised it:
#
# $$\delta_t=R_t+\gamma V_{t+1}-V_t,\qquad A_t=\delta_t+\gamma\lambda A_{t+1},$$
#
# where **after the last token of an answer nothing follows**: $V_{t+1}$ and $A_{t+1}$ are 0 there, whatever the arrays hold on padding. With $\lambda=0$ a token is judged by the critic's
# next word alone; with $\lambda=1$, by all that came after it. $\gamma$ makes what is later worth less; for answers one mostly takes 1. Return the advantages, and the *returns* $A_t+V_t$ that the critic will be taught.


# %% nbgrader={"grade": false, "grade_id": "advantage-estimate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gae(rewards, values, mask, lam, gamma):
    """Generalised advantage estimation for answers.

    rewards, values  (B, T) of the answers' tokens; what they say of padding means nothing
    mask             (B, T) 1.0 on the answer's tokens, which come first; 0.0 on padding
    lam, gamma       numbers from 0 to 1
    returns          advantages (B, T), returns (B, T), both 0 on padding
    """
    ### BEGIN SOLUTION
    after_A = after_V = rewards.new_zeros(len(rewards))
    found = []
    for t in reversed(range(rewards.shape[1])):
        delta = rewards[:, t] + gamma * after_V - values[:, t]
        after_A = (delta + gamma * lam * after_A) * mask[:, t]
        after_V = values[:, t] * mask[:, t]
        found.append(after_A)
    advantages = torch.stack(found[::-1], 1)
    return advantages, (advantages + values) * mask
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "advantage-estimate-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:advantage-estimate"]
check("advantage-estimate", gae)

# %% [markdown] tags=["hints:advantage-estimate"]
# <details><summary>Hint 1 of 4</summary>
#
# delta_t = r_t + gamma V_{t+1} - V_t. After the last token of an answer there is no value: V_{t+1} is 0 there.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Go backwards: A_t = delta_t + gamma lam A_{t+1}, and A is 0 after the end.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# In a loop over `t` from T - 1 down to 0, keep A and V of the step after, both (B,), and multiply each by `mask[:, t]` before you pass it on.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Returns are `(advantages + values) * mask`. `torch.stack(found[::-1], 1)` puts the steps in order.
#
# </details>

# %% [markdown]
# **See it work.** A critic that expects nothing until the last token, and a score of 1 at the end: how far back does the credit reach?

# %%
end, nothing = torch.tensor([[0.0, 0, 0, 0, 0, 1]]), torch.zeros(1, 6)
for lam in (0.0, 0.5, 0.95, 1.0):
    print(f"lambda {lam}:", ", ".join(f"{v:.2f}" for v in gae(end, nothing, torch.ones(1, 6), lam, 1.0)[0][0].tolist()))

# %% [markdown] tags=["exercise:clipped-objective"]
# ## Exercise 6 · Do not go too far on one batch
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `policy_loss(log_probs, old_log_probs, advantages, mask, epsilon)`
#
# Return the dtype of the inputs; a gradient must flow through `log_probs`.

# %% [markdown]
# Samples are dear, so each batch is used for several steps. But after the first of them, the policy is no longer the one that drew. PPO looks at the ratio
# $\rho_t=\pi(y_t)/\pi_{\text{old}}(y_t)$, and takes away the gain from going further than $\epsilon$:
#
# $$\mathcal L=-\frac1{\#\text{tokens}}\sum_{t}\min\big(\rho_tA_t,\ \mathrm{clip}(\rho_t,1-\epsilon,1+\epsilon)\,A_t\big),$$
#
# a mean over the tokens of all answers together. The minimum takes gains away and leaves losses: who went the wrong way still has a gradient.


# %% nbgrader={"grade": false, "grade_id": "clipped-objective", "locked": false, "schema_version": 3, "solution": true, "task": false}
def policy_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    """PPO's loss.

    log_probs      (B, T) of the tokens under the policy that is trained
    old_log_probs  (B, T) under the policy that drew them
    advantages     (B, T)
    mask           (B, T) 1.0 on the answers' tokens, 0.0 on padding
    returns        a number, which is to be minimised; a gradient flows to log_probs
    """
    ### BEGIN SOLUTION
    ratio = (log_probs - old_log_probs).exp()
    clipped = ratio.clamp(1 - epsilon, 1 + epsilon)
    return -(torch.minimum(ratio * advantages, clipped * advantages) * mask).sum() / mask.sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "clipped-objective-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:clipped-objective"]
check("clipped-objective", policy_loss)

# %% [markdown] tags=["hints:clipped-objective"]
# <details><summary>Hint 1 of 4</summary>
#
# The ratio of probabilities is the exponential of a difference of logarithms.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Two candidates for each token: `ratio * A`, and `ratio.clamp(1 - epsilon, 1 + epsilon) * A`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The smaller of the two counts, whatever the sign of A: `torch.minimum`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# A loss is minimised, so it has a minus. The mean is over all tokens of all answers: `-(objective * mask).sum() / mask.sum()`.
#
# </details>

# %% [markdown]
# **See it work.** PPO, whole, from your last three answers. A critic that is a table, 100 batches of 64 texts, four steps on each. After every batch we measure exactly
# how far the policy is from $\pi^*$, which it has never seen.

# %%
beta = 0.5
log_best, J = optimal_policy(log_ref, reward, beta)


def missing(table):
    """KL(pi || pi*), over all texts."""
    log_pi = letters_log_probs(table).sum(1)
    return (log_pi.exp() * (log_pi - log_best)).sum().item()


table, critic = reference.clone().requires_grad_(), torch.zeros(156, requires_grad=True)
steps = [torch.optim.Adam([table], 0.05), torch.optim.Adam([critic], 0.1)]
every, path = torch.ones(64, 4), []
for _ in range(100):
    with torch.no_grad():
        now = letters_log_probs(table)
        path.append(missing(table))
        k = torch.multinomial(now.sum(1).exp(), 64, replacement=True, generator=g)
        earned = token_rewards(reward[k], now[k], letters_log_probs(reference)[k], every, beta)
        A, returns = gae(earned, critic[rows[k]], every, 0.95, 1.0)
    for _ in range(4):
        losses = (
            policy_loss(letters_log_probs(table)[k], now[k], A, every, 0.2),
            (critic[rows[k]] - returns).square().mean(),
        )
        for step, loss in zip(steps, losses):
            step.zero_grad()
            loss.backward()
            step.step()
with figures.figure(
    alt=f"The KL from the policy to the best one over 100 batches of PPO: from {path[0]:.2f} down to {path[-1]:.2f}."
) as ax:
    ax.plot(path, marker="")
    ax.set(
        title="PPO finds a policy that it has never seen", xlabel="batch", ylabel="KL to the best policy, nats", ylim=0
    )

# %% [markdown] tags=["exercise:best-of-n"]
# ## Exercise 7 · The best of n, and what it costs
#
# **4 points** · stretch · difficulty ●●●●○ (4 of 5) · about 15 minutes · define `best_of_n(p_ref, r, n)`

# %% [markdown]
# Is there a simpler way? Draw $n$ answers, keep the one that the reward likes best. No training at all. That is a policy as well: with what probability does it write
# a given text, and how far from the reference is it?
#
# Think of $F(y)$, the probability that one draw has a reward of **at most** $r(y)$, and of $F_{<}(y)$, that it has **less**. All $n$ draws have at most $r(y)$ with probability
# $F^n$. Texts with equal rewards prefer neither: they share their part in proportion to $\pi_{\text{ref}}$. Return the probabilities, and the KL from the
# reference, computed from them.
#
# (Papers give $\log n-\frac{n-1}n$ for the KL. That holds where no two draws tie. Where texts are few, two draws may be the same one, and it is an upper bound.)


# %% nbgrader={"grade": false, "grade_id": "best-of-n", "locked": false, "schema_version": 3, "solution": true, "task": false}
def best_of_n(p_ref, r, n):
    """The policy that draws n texts from the reference and keeps the one with the highest reward.

    p_ref    (Y,) probability of each text under the reference, positive
    r        (Y,) its reward; some may be equal
    n        how many are drawn
    returns  the probability that each text is kept (Y,), and KL(kept || p_ref) (a number, in nats)
    """
    ### BEGIN SOLUTION
    F = p_ref @ (r[:, None] <= r).to(p_ref.dtype)  # (Y,) that one draw has at most this reward
    below = p_ref @ (r[:, None] < r).to(p_ref.dtype)
    p = p_ref * (F**n - below**n) / (F - below)
    return p, (p * (p / p_ref).log()).sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "best-of-n-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:best-of-n"]
check("best-of-n", best_of_n)

# %% [markdown] tags=["hints:best-of-n"]
# <details><summary>Hint 1 of 4</summary>
#
# The best of n has a reward of at most x exactly when all n have: F(x)^n, where F(x) is the probability that one draw has a reward of at most x.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# So the best has reward x with probability F(x)^n - F_below(x)^n; F_below counts smaller rewards only.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# `p_ref @ (r[:, None] <= r).to(p_ref.dtype)` is F of every text's reward; with `<` it is F_below.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Texts of equal reward share as the reference has it: p = p_ref (F^n - F_below^n) / (F - F_below). KL = sum p log(p / p_ref).
#
# </details>

# %% [markdown]
# **See it work.** Who gets more reward for the same KL: best-of-$n$, or the best policy at some $\beta$? The optimum is the frontier: nobody is above it.

# %%
kept = [best_of_n(log_ref.exp().double(), reward.double(), n) for n in (1, 2, 4, 8, 16, 32)]
ways = [(KL.item(), (p * reward).sum().item()) for p, KL in kept]
frontier = []
for price in torch.logspace(1.5, -0.8, 40).tolist():
    p = optimal_policy(log_ref.double(), reward.double(), price)[0]
    frontier.append(((p.exp() * (p - log_ref)).sum().item(), (p.exp() * reward).sum().item()))
with figures.figure(
    alt=f"Mean reward against KL from the reference. Best-of-n, from n = 1 to 32, lies just below the curve of the best policies: with n = 32 it earns {ways[-1][1]:.2f} at {ways[-1][0]:.2f} nats."
) as ax:
    ax.plot(*zip(*frontier), color="#004488", marker="")
    ax.annotate("best policies", frontier[-8], xytext=(-8, 8), textcoords="offset points", ha="right", color="#004488")
    ax.plot(*zip(*ways), "o", color="#BB5566")
    ax.annotate("best of 32", ways[-1], xytext=(8, -12), textcoords="offset points", color="#BB5566")
    ax.set(title="Best-of-n is nearly as good as can be", xlabel="KL from the reference, nats", ylabel="mean reward")

# %% [markdown] tags=["exercise:dpo-loss"]
# ## Exercise 8 · Preferences without a reward model
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 8 minutes · define `dpo_loss(chosen, rejected, ref_chosen, ref_rejected, beta)`
#
# Return the dtype of the inputs; a gradient must flow through `chosen`, `rejected`.

# %% [markdown]
# Can one leave the reward model out? Solve the formula for $\pi^*$ for the reward: $r(y)=\beta\log\frac{\pi^*(y)}{\pi_{\text{ref}}(y)}+\beta\log Z$. In a comparison of two answers to one prompt, the last
# term cancels. So a policy *is* a reward model, with $\hat r(y)=\beta\log\frac{\pi(y)}{\pi_{\text{ref}}(y)}$, and Bradley and Terry's likelihood trains it without a single sample:
#
# $$\mathcal L=-\frac1B\sum_{b}\log\sigma\big(\hat r(y^{\text{chosen}}_b)-\hat r(y^{\text{rejected}}_b)\big).$$


# %% nbgrader={"grade": false, "grade_id": "dpo-loss", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dpo_loss(chosen, rejected, ref_chosen, ref_rejected, beta):
    """DPO's loss.

    chosen, rejected          (B,) log pi(y | x) of the answer that was preferred, and of the other
    ref_chosen, ref_rejected  (B,) the same under the reference
    returns                   a number; a gradient flows to chosen and rejected
    """
    ### BEGIN SOLUTION
    lead = beta * ((chosen - ref_chosen) - (rejected - ref_rejected))
    return -torch.nn.functional.logsigmoid(lead).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dpo-loss-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:dpo-loss"]
check("dpo-loss", dpo_loss)

# %% [markdown] tags=["hints:dpo-loss"]
# <details><summary>Hint 1 of 4</summary>
#
# The policy's own reward of an answer is beta (log pi - log pi_ref).
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# d is the reward of the chosen answer less that of the rejected one.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Bradley and Terry say that the chosen one is preferred with probability sigmoid(d).
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `-torch.nn.functional.logsigmoid(d).mean()`: no probability is rounded to 0 on the way.
#
# </details>

# %% [markdown]
# **See it work.** DPO on 500 preferences and on 50,000, by the same judges. The thin grey line is the reference, where both began.

# %%
paths = {}
for pairs in (500, 50_000):
    g = runtime.seed(1)
    first, second = torch.multinomial(log_ref.exp(), 2 * pairs, replacement=True, generator=g).view(2, pairs)
    preferred = torch.rand(pairs, generator=g) < torch.sigmoid(reward[first] - reward[second])
    won, lost = torch.where(preferred, first, second), torch.where(preferred, second, first)
    table = reference.clone().requires_grad_()
    step, paths[pairs] = torch.optim.Adam([table], 0.05), []
    for _ in range(400):
        paths[pairs].append(missing(table.detach()))
        k = torch.randint(pairs, (256,), generator=g)
        log_pi = letters_log_probs(table).sum(1)
        loss = dpo_loss(log_pi[won[k]], log_pi[lost[k]], log_ref[won[k]], log_ref[lost[k]], beta)
        step.zero_grad()
        loss.backward()
        step.step()
with figures.figure(
    alt=f"The KL to the best policy over 400 steps of DPO. With 500 pairs it falls, turns, and ends at {paths[500][-1]:.2f}; with 50,000 it falls to {paths[50_000][-1]:.2f}."
) as ax:
    for pairs, path in paths.items():
        ax.plot(path, marker="")
        ax.annotate(f"{pairs:,} pairs", (len(path), path[-1]), xytext=(4, 0), textcoords="offset points", va="center")
    ax.axhline(missing(reference), color="0.6", linewidth=1)
    ax.set(
        title="What DPO lacks is labels, not steps",
        xlabel="step",
        ylabel="KL to the best policy, nats",
        xlim=(0, 520),
        ylim=0,
    )

# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · A reward of your own, and how it is gamed (6 points, 25 minutes)
#
# A policy does what the reward says and not what you meant. Make that happen, and then do something against it.
#
# 1. Say in a sentence what you want of a text of four letters: your *gold* reward, a function of the 625 texts. Then write down a *proxy* that somebody in a hurry would use for it, or learn one
#    from a few rankings (exercise 1).
# 2. Maximise the proxy at five values of $\beta$ at least: by any of the methods above, or exactly, as the cell below does. Draw gold and proxy against the KL from the reference. Is there a point from which on gold falls?
# 3. Read what the policy writes there: its ten likeliest texts. Which flaw of the proxy has it found?
# 4. Change one thing (the proxy, $\beta$, best-of-$n$ in place of training, more rankings), and show whether it helps. A change that does not is a result.
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by hand, with the outputs that you
# leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 1 point: gold and proxy are both defined, and differ in a way that somebody might overlook.
# - 2 points: a figure or table of gold and proxy against the KL, with five values of beta at least, from policies and not from single texts.
# - 2 points: texts are shown, and the flaw that was exploited is named and explained by the proxy's definition (or it is shown that there was none).
# - 1 point: one change, compared at equal KL or equal proxy, with an honest verdict.
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
gold = reward
proxy = (texts == 1).sum(1).float()  # somebody in a hurry counts the letter b, and forgets that repetitions are ugly
shown = []
for price in (4.0, 2.0, 1.0, 0.5, 0.25, 0.1, 0.03):
    log_pi = optimal_policy(log_ref, proxy, price)[0]
    p = log_pi.exp()
    likeliest = ", ".join(spell(k) for k in p.topk(3).indices.tolist())
    shown.append([price, *(f"{v:.2f}" for v in ((p * (log_pi - log_ref)).sum(), p @ proxy, p @ gold)), likeliest])
figures.table(shown, ["beta", "KL from the reference", "proxy", "gold", "likeliest texts"])

# %% tags=["save"]
from llmcourse import work

work.save()
