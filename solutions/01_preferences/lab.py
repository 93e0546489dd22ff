# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 01 · Learning from preferences
#
# Nobody can say how good an answer is. Everybody can say which of two is better. In this lab you turn such answers into ratings, with
# honest error bars, and into a reward for every single step of a behaviour. Then you help a learner along without misleading it.
#
# - **You need**: [lecture 01](../../lectures/01_preferences.ipynb), logarithms, tensors with two indices.
# - **Time**: about an hour and three quarters: seven exercises, then an open task on real choices of real people.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.
#
# The letters are the lecture's: ratings $\gamma_i$ (and $r_i = \log\gamma_i$), predicted rewards $\hat r$, answers $\mu$. Two segments of behaviour are $\sigma_1$ and
# $\sigma_2$, while $\sigma(x)=1/(1+e^{-x})$ is the logistic function.

# %% [markdown] tags=["badge"]
# about 110 minutes

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
import math

import torch
from llmcourse import data, figures, runtime
from llmcourse.checks import check

print(runtime.describe())

# %% [markdown] tags=["exercise:bt-likelihood"]
# ## Exercise 1 · How likely are these games?
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `log_likelihood(W, r)`
#
# Return the dtype of the inputs; a gradient must flow through `r`.

# %% [markdown]
# Four journals cite each other. A citation is a vote: the journal that is cited has won. `W[i, j]` says how often $i$ beat $j$. Bradley and
# Terry say
#
# $$\hat p(i\succ j)=\frac{\gamma_i}{\gamma_i+\gamma_j}=\sigma(r_i-r_j),\qquad r_i=\log\gamma_i .$$
#
# How likely are all the games under given ratings? Return the logarithm of that probability. A win against oneself is no
# game: the diagonal of `W` does not count. And ratings may be far apart, so no probability may be rounded to zero on the way.


# %% nbgrader={"grade": false, "grade_id": "bt-likelihood", "locked": false, "schema_version": 3, "solution": true, "task": false}
def log_likelihood(W, r):
    """The log-probability of all games.

    W        (n, n), W[i, j] is how often i beat j; the diagonal does not count
    r        (n,) log-ratings
    returns  a number (a tensor without dimensions); a gradient flows to r
    """
    ### BEGIN SOLUTION
    logs = torch.nn.functional.logsigmoid(r[:, None] - r)  # (n, n)
    return (W * (1 - torch.eye(len(r), dtype=r.dtype)) * logs).sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bt-likelihood-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:bt-likelihood"]
check("bt-likelihood", log_likelihood)

# %% [markdown] tags=["hints:bt-likelihood"]
# <details><summary>Hint 1 of 4</summary>
#
# With r = log gamma, P(i beats j) = sigmoid(r_i - r_j). All pairs at once: `r[:, None] - r`.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# W_ij counts the games that i won. Each of them adds the logarithm of its probability, once.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# `torch.sigmoid(-150)` is 0, and its logarithm minus infinity: `torch.nn.functional.logsigmoid` does both in one step.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Leave the diagonal out: `(W * (1 - torch.eye(len(r))) * logs).sum()`.
#
# </details>

# %% [markdown]
# **See it work.** The four journals, all alike, and then with Stigler's published ratings.

# %%
W = data.comparisons.citations()
published = torch.tensor([0.0, -2.9491, -0.4796, 0.2690], dtype=torch.float64)
alike, better = log_likelihood(W, torch.zeros(4, dtype=torch.float64)), log_likelihood(W, published)
print(f"all alike: {alike:.1f}; with the published ratings: {better:.1f}")
print(f"that makes these citations e^{better - alike:.0f} times as likely")

# %% [markdown] tags=["exercise:mm-update"]
# ## Exercise 2 · One step uphill, without a step size
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `mm_update(W, gamma)`

# %% [markdown]
# Where is the maximum? Imagine that in every game two clocks run, with rates $\gamma_i$ and $\gamma_j$; the player whose clock rings first wins. Nobody wrote
# the times down, but their mean is known: $1/(\gamma_i+\gamma_j)$. So divide wins by the time at risk:
#
# $$\gamma_i^{\text{new}} = \frac{\sum_{j\ne i} W_{ij}}{\sum_{j\ne i} (W_{ij}+W_{ji})\,/\,(\gamma_i+\gamma_j)},$$
#
# for all $i$ at once, from the old $\gamma$. Only ratios of ratings are in the data; scale the result so that its **geometric mean is 1**.


# %% nbgrader={"grade": false, "grade_id": "mm-update", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mm_update(W, gamma):
    """One step of the MM algorithm for Bradley-Terry.

    W        (n, n), W[i, j] is how often i beat j; the diagonal does not count
    gamma    (n,) ratings before, positive
    returns  (n,) ratings after, of geometric mean 1
    """
    ### BEGIN SOLUTION
    W = W * (1 - torch.eye(len(gamma), dtype=W.dtype))
    time = (W + W.mT) / (gamma[:, None] + gamma)  # (n, n)
    new = W.sum(1) / time.sum(1)
    return new / new.log().mean().exp()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mm-update-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:mm-update"]
check("mm-update", mm_update)

# %% [markdown] tags=["hints:mm-update"]
# <details><summary>Hint 1 of 4</summary>
#
# Above the line stands how many games i won, against anybody: a sum over the columns of W.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Below it, over all j: the games of i and j, `W + W.mT`, divided by gamma_i + gamma_j of *before*.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Take the diagonal out of W first, or everybody plays against himself.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Last, divide by the geometric mean: `new / new.log().mean().exp()`.
#
# </details>

# %% [markdown]
# **See it work.** Sixty steps for the journals: the likelihood never falls, and the end is Stigler's table.

# %%
gamma = torch.ones(4, dtype=torch.float64)
climb = []
for _ in range(60):
    climb.append(log_likelihood(W, gamma.log()).item())
    gamma = mm_update(W, gamma)
r = gamma.log()
print("differences from Biometrika:", [round(v, 4) for v in (r - r[0]).tolist()], "published:", published.tolist())
missing = [climb[-1] - v for v in climb[:25]]
with figures.figure(
    alt=f"The distance of the log-likelihood from its maximum over 25 steps, logarithmic: from {missing[0]:.0f} down to {missing[-1]:.0e}, always falling."
) as ax:
    ax.semilogy(missing)
    ax.set(title="Every step makes the games more likely", xlabel="step", ylabel="log-likelihood still missing")

# %% [markdown] tags=["exercise:davidson-ties"]
# ## Exercise 3 · A model that can say: no preference
#
# **3 points** · stretch · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `outcomes(r, nu)`
#
# Return the dtype of the inputs; a gradient must flow through `r`, `nu`.

# %% [markdown]
# Asked about two puddings, one person in four has no preference. Davidson gives the tie a weight of its own:
#
# $$p(i\succ j)=\frac{\gamma_i}{D_{ij}},\qquad p(i\sim j)=\frac{\nu\sqrt{\gamma_i\gamma_j}}{D_{ij}},\qquad
#   D_{ij}=\gamma_i+\gamma_j+\nu\sqrt{\gamma_i\gamma_j} .$$
#
# Return, for every pair of row $i$ and column $j$, the probabilities of **win, tie, loss** of $i$ along a last axis.


# %% nbgrader={"grade": false, "grade_id": "davidson-ties", "locked": false, "schema_version": 3, "solution": true, "task": false}
def outcomes(r, nu):
    """Davidson's model of comparisons with ties.

    r        (n,) log-ratings
    nu       a tensor without dimensions, at least 0
    returns  (n, n, 3): win, tie, loss of i against j; a gradient flows to r and nu
    """
    ### BEGIN SOLUTION
    half = (r[:, None] - r) / 2  # every weight divided by the root: nothing overflows
    weights = torch.stack([half.exp(), nu * torch.ones_like(half), (-half).exp()], dim=-1)
    return weights / weights.sum(-1, keepdim=True)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "davidson-ties-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:davidson-ties"]
check("davidson-ties", outcomes)

# %% [markdown] tags=["hints:davidson-ties"]
# <details><summary>Hint 1 of 4</summary>
#
# Three weights for every pair: gamma_i, nu sqrt(gamma_i gamma_j), gamma_j. Their sum is D_ij.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# gamma = e^r; i runs over rows, `gamma[:, None]`, and j over columns, `gamma[None, :]`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# gamma_i alone has one shape and the root another: `gamma[:, None].expand(n, n)`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `weights = torch.stack([win, tie, loss], dim=-1)`, divided by `weights.sum(-1, keepdim=True)`.
#
# </details>

# %% [markdown]
# **See it work.** Davidson's six puddings, with his ratings and his $\nu$: as many ties as there were.

# %%
wins, ties = data.comparisons.puddings()
davidson = torch.tensor([0.1388, 0.1730, 0.1617, 0.1654, 0.1587, 0.2024], dtype=torch.float64)
p = outcomes(davidson.log(), torch.tensor(0.7468, dtype=torch.float64))
expected = ((wins + wins.mT + ties) * p[..., 1]).triu(1).sum()
print(f"ties expected: {expected:.1f}; ties seen: {ties.triu(1).sum():.0f}")

# %% [markdown] tags=["exercise:preference-gradient"]
# ## Exercise 4 · What an answer tells the reward of a step
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `preference_gradient(first, second, mu)`

# %% [markdown]
# Now what is compared is behaviour: two segments of $L$ steps, and a network that says $\hat r$ for each step. A segment's rating is
# $\gamma(\sigma)=e^{\sum_t\hat r_t}$, so $\hat p(\sigma_1\succ\sigma_2)=\sigma\big(\sum_t\hat r_{1t}-\sum_t\hat r_{2t}\big)$, and the loss is
#
# $$\mathcal L=-\sum\Big(\mu(1)\log\hat p(\sigma_1\succ\sigma_2)+\mu(2)\log\hat p(\sigma_2\succ\sigma_1)\Big),\qquad \mu(2)=1-\mu(1),$$
#
# a sum over the comparisons. `mu` is $\mu(1)$: 1, 0, or 0.5 for a tie. Return the loss **and its slope by every single step's reward**, by a
# formula of your own. What one answer about 25 steps tells each of them is worth seeing once. Sums of 25 rewards may be far
# apart: here, too, no probability may be rounded to zero on the way.


# %% nbgrader={"grade": false, "grade_id": "preference-gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
def preference_gradient(first, second, mu):
    """The loss of comparisons of segments, and its derivatives.

    first, second  (B, L) predicted rewards of the steps of the two segments
    mu             (B,) how much of the preference goes to the first
    returns        the loss (a number), its derivative by `first` (B, L), its derivative by `second` (B, L)
    """
    ### BEGIN SOLUTION
    lead = first.sum(-1) - second.sum(-1)  # (B,)
    loss = -(mu * torch.nn.functional.logsigmoid(lead) + (1 - mu) * torch.nn.functional.logsigmoid(-lead)).sum()
    slope = (torch.sigmoid(lead) - mu)[:, None]  # (B, 1)
    return loss, slope.expand_as(first), -slope.expand_as(second)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "preference-gradient-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:preference-gradient"]
check("preference-gradient", preference_gradient)

# %% [markdown] tags=["hints:preference-gradient"]
# <details><summary>Hint 1 of 4</summary>
#
# A segment counts by its sum: `lead = first.sum(-1) - second.sum(-1)`, and p = sigmoid(lead).
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# The loss is minus the sum of `mu * logsigmoid(lead) + (1 - mu) * logsigmoid(-lead)`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# d loss / d lead = p - mu. And d lead / d (a reward of the first) is 1 for every one of its steps.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `(p - mu)[:, None].expand_as(first)` for the first; the opposite sign for the second.
#
# </details>

# %% [markdown]
# **See it work.** A reward for each of ten states, learned from 400 comparisons of random walks by your gradient alone. The true reward
# is 1 in states 6 and 7, and nobody tells it. (Synthetic: so that there is a truth to compare with.)

# %%
g = runtime.seed(0)
true = torch.zeros(10)
true[6:8] = 1.0
walks = [torch.randint(10, (400, 8), generator=g) for _ in range(2)]
returns = [true[w].sum(1) for w in walks]
mu = torch.where(returns[0] == returns[1], 0.5, (returns[0] > returns[1]).float())
learned = torch.zeros(10)
for _ in range(300):
    _, a, b = preference_gradient(learned[walks[0]], learned[walks[1]], mu)
    slope = torch.zeros(10).index_add(0, walks[0].flatten(), a.flatten())
    learned = learned - 0.01 * slope.index_add(0, walks[1].flatten(), b.flatten())
with figures.figure(
    alt="Learned rewards of ten states as bars: states 6 and 7 stand high above all others, which are alike."
) as ax:
    ax.bar(range(10), learned - learned[:6].mean(), color="#004488")
    ax.set(title="Nobody said which states pay", xlabel="state", ylabel="learned reward", xticks=range(10))

# %% [markdown] tags=["exercise:elo-scale"]
# ## Exercise 5 · Elo's scale
#
# **2 points** · core · difficulty ●○○○○ (1 of 5) · about 8 minutes · define `to_elo(r, anchor, at)`
#
# Return the dtype of the inputs; a gradient must flow through `r`.

# %% [markdown]
# A leaderboard does not print $r=1.73$. On Elo's scale **400 points are odds of ten to one**, and one player, the anchor, has a
# score that is fixed by agreement. Convert.


# %% nbgrader={"grade": false, "grade_id": "elo-scale", "locked": false, "schema_version": 3, "solution": true, "task": false}
def to_elo(r, anchor, at):
    """Log-ratings on Elo's scale.

    r        (n,) log-ratings
    anchor   index of the player whose score is fixed
    at       his score
    returns  (n,) scores; a gradient flows to all of r, the anchor's rating included
    """
    ### BEGIN SOLUTION
    scores = 400 / math.log(10) * r
    return scores - scores[anchor] + at
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "elo-scale-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:elo-scale"]
check("elo-scale", to_elo)

# %% [markdown] tags=["hints:elo-scale"]
# <details><summary>Hint 1 of 3</summary>
#
# On Elo's scale 400 points are odds of ten to one; on the scale of r, odds of e to one are 1.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# Odds of ten to one are ln 10 on the scale of r, so a unit of r is 400 / ln 10 points.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Then shift all by the same number: `scores - scores[anchor] + at`.
#
# </details>

# %% [markdown]
# **See it work.** The American League East of 1987, on the scale of chess, with the last team at 1000.

# %%
won, lost = data.comparisons.baseball()
W, gamma = won + lost.mT, torch.ones(7, dtype=torch.float64)
for _ in range(60):
    gamma = mm_update(W, gamma)
scores = to_elo(gamma.log(), 0, 1000.0)
order = scores.argsort(descending=True).tolist()
figures.table(
    [[data.comparisons.TEAMS[i], f"{scores[i]:.0f}", int(W[i].sum())] for i in order], ["team", "Elo", "games won"]
)

# %% [markdown] tags=["exercise:rank-ranges"]
# ## Exercise 6 · A leaderboard that knows what it does not know
#
# **4 points** · stretch · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `rank_ranges(samples)`

# %% [markdown]
# Is the first on the board really better than the second? Draw the battles again, with replacement, many times; fit each time; you have
# `samples`, $B$ scores of each model. The middle 95 % are its interval (`torch.quantile`). Model $j$ is *surely above* model $i$ when
# the low end of $j$ is above the high end of $i$. Then
#
# - the **best rank** left open to $i$ is 1 + the number of models surely above it,
# - the **worst rank** is $n$ − the number of models surely below it.
#
# "Surely" is meant: two intervals may overlap a little although the interval of the difference excludes 0.


# %% nbgrader={"grade": false, "grade_id": "rank-ranges", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rank_ranges(samples):
    """Intervals and ranges of ranks from bootstrapped scores.

    samples  (B, n) scores
    returns  low (n,), high (n,), best rank (n,), worst rank (n,)
    """
    ### BEGIN SOLUTION
    low, high = torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)
    above = low[None, :] > high[:, None]  # above[i, j]: j is surely above i
    return low, high, 1 + above.sum(1), samples.shape[1] - above.sum(0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rank-ranges-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:rank-ranges"]
check("rank-ranges", rank_ranges)

# %% [markdown] tags=["hints:rank-ranges"]
# <details><summary>Hint 1 of 4</summary>
#
# The interval of a model: `torch.quantile(samples, q, dim=0)` at q = 0.025 and q = 0.975.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# j is surely above i when low_j > high_i: `above = low[None, :] > high[:, None]`, row i, column j.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# best = 1 + how many are surely above: a sum over columns.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# worst = n - how many are surely below: i is above j in row j, a sum over rows, `above.sum(0)`.
#
# </details>

# %% [markdown]
# **See it work.** The seven teams again, from 200 bootstraps of the season. How much does a whole season say?

# %%
g = runtime.seed(0)
games = torch.repeat_interleave(torch.arange(49), W.flatten().long())  # every game, as the number of its cell in W
samples = []
for _ in range(200):
    drawn = games[torch.randint(len(games), (len(games),), generator=g)]
    again = torch.bincount(drawn, minlength=49).view(7, 7).double()
    gamma = torch.ones(7, dtype=torch.float64)
    for _ in range(30):
        gamma = mm_update(again, gamma)
    scores = to_elo(gamma.log(), 0, 1000.0)
    samples.append(scores - scores.mean() + 1000)  # around the league's mean
low, high, best, worst = rank_ranges(torch.stack(samples))
figures.table(
    [
        [data.comparisons.TEAMS[i], f"{low[i]:.0f} to {high[i]:.0f}", f"{int(best[i])} to {int(worst[i])}"]
        for i in order
    ],
    ["team", "95 % interval, Elo", "ranks left open"],
)

# %% [markdown] tags=["exercise:potential-shaping"]
# ## Exercise 7 · Help that changes nothing
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `shaped_reward(reward, Phi, Phi_next, done, discount)`

# %% [markdown]
# A learner that is paid only at the goal gropes about for a long time. Help it with a potential $\Phi$, how promising a state is:
#
# $$R' = R + \gamma\,\Phi(s') - \Phi(s),$$
#
# where $\gamma$ is here the discount of reinforcement learning. Over any path the additions telescope, so no path gains on another, and the best policy
# stays the best. One thing must hold: **where the episode ends, nothing follows**, and the potential after the step is 0, whatever
# `Phi_next` says.


# %% nbgrader={"grade": false, "grade_id": "potential-shaping", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shaped_reward(reward, Phi, Phi_next, done, discount):
    """Potential-based shaping.

    reward, Phi, Phi_next  (T,) the reward of each step, the potential before it and after it
    done                   (T,) 1 where the step ends the episode, else 0
    discount               a number
    returns                (T,)
    """
    ### BEGIN SOLUTION
    return reward + discount * (1 - done) * Phi_next - Phi
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "potential-shaping-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:potential-shaping"]
check("potential-shaping", shaped_reward)

# %% [markdown] tags=["hints:potential-shaping"]
# <details><summary>Hint 1 of 3</summary>
#
# Add discount times the potential after the step, and subtract the potential before it.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# Where an episode ends, nothing follows: the potential after the step is 0, whatever Phi_next says.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# `(1 - done)` multiplies Phi_next, not the reward and not Phi.
#
# </details>

# %% [markdown]
# **See it work.** To and fro between two cells for ever, discounted: what does your shaping pay for it? And what does a bonus of 0.05 for
# every step nearer, which takes nothing for a step back?

# %%
T, discount = 2000, 0.99
weights = discount ** torch.arange(T, dtype=torch.float64)
near, far = 0.6 * torch.ones(T // 2), 0.5 * torch.ones(T // 2)
before, after = torch.stack([far, near], 1).flatten().double(), torch.stack([near, far], 1).flatten().double()
zero = torch.zeros(T, dtype=torch.float64)
potential = (weights * shaped_reward(zero, before, after, zero, discount)).sum()
bonus = (weights * 0.05 * (after > before)).sum()
print(
    f"potential: {potential:.3f}, minus the potential of where it began; bonus: {bonus:.2f}. On the lecture's grid the "
    "shortest way to the goal earns 1.99 with the same bonus"
)

# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · What is an hour worth? (6 points, 25 minutes)
#
# In 1987, 235 people in the Netherlands chose between two train journeys, 2,929 times: price, time, number of changes, comfort. A reward
# model for journeys is $\hat r = \mathbf w^\top\mathbf x$, and $\hat p(1\succ2)=\sigma(\hat r_1-\hat r_2)$.
#
# 1. Fit $\mathbf w$ on 188 of the people and predict the choices of the other 47; compare with a model that knows nothing. Say why you hold out *people*, not choices.
# 2. How many guilders is an hour worth to them, and how sure are you? Give an interval from a bootstrap over people, and one over choices, and
#    explain the difference.
# 3. Improve the reward (other features, a small network, a weight that differs between people), and show in a figure or table whether held-out
#    people are predicted better. A change that does not help is a result.
# 4. In three sentences: what would go wrong if a planner maximised this reward?
#
# `data.comparisons.train_choices()` has all of it. Work in the cell below and in as many of your own as you like, code and text, all below this one. They are
# marked by hand, with the outputs that you leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 1 point: people are held out, not choices, with the reason (choices of one person are alike).
# - 1 point: held-out accuracy or log-likelihood, beside that of a model that knows nothing.
# - 2 points: value of an hour as a ratio of weights with the right unit, and both intervals; the one over people is wider, or the
#   answer says why it is not.
# - 1 point: an honest comparison of an improvement on the same held-out people.
# - 1 point: what maximising does (free, instant journeys outside of what anybody was asked about; the reward is not valid there).
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
choices = data.comparisons.train_choices()
test = choices.person % 5 == 0  # every fifth person
X, mu = choices.first - choices.second, choices.mu
w = torch.zeros(4, dtype=torch.float64)
for _ in range(20):  # Newton's method: the gradient is that of your exercise, with features in place of steps
    p = torch.sigmoid(X[~test] @ w)
    information = X[~test].mT @ ((p * (1 - p))[:, None] * X[~test])
    w = w + torch.linalg.solve(information, X[~test].mT @ (mu[~test] - p))
right = ((X[test] @ w > 0) == (mu[test] > 0.5)).double().mean()
print({name: round(v, 3) for name, v in zip(data.comparisons.FEATURES, w.tolist())})
print(
    f"an hour is worth {w[1] / w[0]:.1f} guilders; {right:.0%} of {int(test.sum())} choices of other people predicted"
)

# %% tags=["save"]
from llmcourse import work

work.save()
