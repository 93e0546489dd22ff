# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 01 · Learning from preferences
#
# How good is this summary, as a number? Nobody can say. Which of two summaries is better? Almost everybody can. A language model that should
# do what people want has to be trained on the second kind of answer. This lecture turns "this one rather than that one" into ratings of
# chatbots, with error bars, and into a reward for every single step of a behaviour. Then it trains a policy on the learned reward, and
# watches what happens when the policy finds out where the reward is wrong.

# %% [markdown] tags=["badge"]
# about 115 minutes

# %% [markdown] tags=["preview"]
# ![A loop. The policy sends actions to the environment and gets observations; pairs of segments of what it did go to a person; her answers train the reward predictor; its reward for each step trains the policy.](pictures/01_preferences.webp)
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
# - turn comparisons into ratings with the Bradley-Terry model, and say why the classic iteration is an EM algorithm;
# - say when no best rating exists, and what a ghost has to do with it;
# - put an interval on a rating and a range on a rank, and read a leaderboard accordingly;
# - write the loss that learns a reward from compared segments, ties included, and its gradient;
# - say what a policy trained on a learned reward will exploit, and how to notice;
# - help a learner with a potential, and recognise a bonus that changes what is best.
#
# The letters are those of the papers, and two of them mean two things. $\sigma_1,\sigma_2$ are segments of behaviour, while $\sigma(x)=1/(1+e^{-x})$, with
# something in brackets, is the logistic function. $\gamma_i$ and $\gamma(\sigma_1)$ are ratings, until the last section, where $\gamma$ is the discount of reinforcement learning. And
# $\mu$ is the answer to a comparison, $\hat r$ a predicted reward. In code `r` is $\log\gamma$.

# %%
import math

import torch
from llmcourse import records, runtime
from llmcourse.data import comparisons
from llmcourse.figures import quiz, show_source
from llmcourse.preferences import arena, bradley_terry, control, experiments, linear, segments, shaping, ties
from llmcourse.preferences.lecture_01 import claims, pictures, tables

float64 = torch.float64
print(runtime.describe())

# %% [markdown]
# ## Everybody can compare
#
# Four journals of statistics cite each other. Take a citation for a vote: the journal that is cited has won. The table holds
# thousands of real votes, counted by Stigler. Who is first?

# %%
W = comparisons.citations()  # W[i, j]: how often i won against j
votes = int(W.sum() - W.diagonal().sum())
print(f"{votes:,} votes between different journals; a journal's citations of itself are no votes")

# %% tags=["hide-input"]
# @title Figure: votes
pictures.votes(W, comparisons.JOURNALS)

# %% [markdown]
# Counting wins is not enough: a win over a strong opponent should count for more, and who is strong is what we want to know. Bradley and
# Terry give everyone one number, a **rating** $\gamma_i>0$, and suppose
#
# $$\hat p(i\succ j)=\frac{\gamma_i}{\gamma_i+\gamma_j}=\sigma(r_i-r_j),\qquad r_i=\log\gamma_i .$$
#
# The second form is a logistic function of a difference. So this is a logistic regression: one observation per game, one feature per player, which is $+1$ for $i$,
# $-1$ for $j$ and 0 for everybody who did not play. Nothing changes when all $\gamma$ are doubled: only differences of $r$ are in the data. We fix their mean at 0.

# %%
gamma = torch.tensor([0.3, 1.2, 2.0], dtype=float64)
apart = bradley_terry.probability(gamma.log()) - bradley_terry.probability((2 * gamma).log())
print(f"all ratings doubled: probabilities change by {apart.abs().max():.0e}")

# %% [markdown]
# Games are independent, so the logarithms of their probabilities add. This is what we maximise:
#
# $$\ell(r)=\sum_{i\ne j}W_{ij}\,\log\sigma(r_i-r_j).$$
#
# **Now do exercise 1** of the lab. It is this formula, at ratings so far apart that a careless version returns minus infinity.
#
# ## Two clocks, and a step that cannot fail
#
# The classic way to the maximum is an EM algorithm. EM needs something hidden. What is hidden in a game?
#
# Imagine two clocks that ring at random, with rates $\gamma_i$ and $\gamma_j$. The player whose clock rings first wins. Then $i$ wins with probability
# $\gamma_i/(\gamma_i+\gamma_j)$: the model. What nobody wrote down is *when* it rang. Is that true? Let the clocks run:

# %%
g = runtime.seed(0)
rates = torch.tensor([3.0, 1.0])
rings = -torch.rand(runtime.pick(full=400_000, smoke=20_000), 2, generator=g).log() / rates
first = rings.min(1)
print(
    f"rates 3 and 1: the first clock wins {(first.indices == 0).double().mean():.3f} of the games; the model says 0.75"
)
for who in (0, 1):
    when = first.values[first.indices == who].mean()
    print(f"mean time until the ring, when clock {who} won: {when:.3f}; 1 / (3 + 1) = 0.25")

# %% [markdown]
# The second result deserves a pause: the time does not depend on who won. Its mean is $1/(\gamma_i+\gamma_j)$ either way.
#
# Suppose that somebody had noted all the times. A game of $i$ against $j$ that $i$ wins after a time $t$ has the density $\gamma_i\,e^{-(\gamma_i+\gamma_j)t}$: $i$'s clock rang at $t$, and $j$'s, which
# was at risk just as long, had not. Multiply over all games and take the logarithm. With $w_i$ the wins of $i$, and $T_i$ the total length of its games, won *or lost*, this is the **complete-data log-likelihood**
#
# $$\log p(\text{wins, times})=\sum_i\big(w_i\log\gamma_i-\gamma_i T_i\big),\qquad\text{largest at}\quad \gamma_i=\frac{w_i}{T_i}:$$
#
# wins over time at risk. The times are unknown, so the **E-step** replaces each $T_i$ by its expectation under the present ratings, and the **M-step** takes the maximum again:
#
# $$\gamma_i\;\leftarrow\;\frac{\sum_j W_{ij}}{\sum_j (W_{ij}+W_{ji})\,/\,(\gamma_i+\gamma_j)} .$$
#
# **Now do exercise 2.**
#
# Why can such a step never make things worse? Because it maximises a **lower bound** that touches. The logarithm lies below each of its
# tangents, so $-\log x\ge-\log y-(x-y)/y$. Let $x=\gamma_i+\gamma_j$, and $y$ the same sum with the ratings of before. Every term that tied two ratings together
# comes apart, and at the old ratings the bound equals the log-likelihood. Step up on the bound, and the log-likelihood,
# which is above it, has gone up as well. Algorithms of this kind are called MM: minorise, maximise.

# %% tags=["hide-input"]
# @title Source
show_source(bradley_terry.lower_bound)

# %% [markdown]
# Are these two arguments for the same step, or two bounds? Subtract the expected complete-data log-likelihood from the bound, at ratings drawn at random:

# %%
old, *others = (torch.rand(6, 4, generator=g, dtype=float64) + 0.1).unbind()
wins, times = bradley_terry.off_diagonal(W).sum(1), bradley_terry.expected_times(W, old).sum(1)
left = [(bradley_terry.lower_bound(W, new, old) - (wins * new.log() - new * times).sum()).item() for new in others]
print(f"bound less expected log-likelihood at five ratings: from {min(left):.6f} to {max(left):.6f}")

# %% [markdown]
# A constant: the two bounds are one, and EM and MM are two names for this step. Watch it with two teams of 1987: Milwaukee beat Baltimore 11 times and lost twice.
# Baltimore's rating is held at 1. Milwaukee's next one is its 11 wins over the expected time of 13 games.

# %%
duel = torch.tensor([[0, 11], [2, 0]], dtype=float64)
path = [1.0]
for _ in range(7):
    path.append(11 / (13 / (path[-1] + 1)))

# %% tags=["hide-input"]
# @title Figure: bound
pictures.bound(duel, path)

# %% [markdown]
# The steps get shorter: MM is safe, not fast. Where does it come to rest? The gradient of $\ell$ in $r_i$ is *games won less games that the
# ratings expected to be won*: the **surprise**. Here is the whole league. Each arrow is a team's surprise, and the ratings move until nobody is surprised. You will meet this
# difference twice more: in Elo's update, and in the training of the reward model.

# %%
won, lost = comparisons.baseball()
season = won + lost.mT
gamma, settling = torch.ones(7, dtype=float64), []
for _ in range(9):
    settling.append(gamma.log())
    gamma = bradley_terry.mm_update(season, gamma)

# %% tags=["hide-input"]
# @title Figure: settling
pictures.settling(season, settling, comparisons.TEAMS)

# %% [markdown]
# There are two rivals. Gradient ascent follows the surprise, here with the longest step that is safe for any data. Newton's method divides the surprise by the
# curvature, the information matrix. One thing needs care: that matrix is singular, since a shift of all ratings changes nothing. Adding $1/n$ to each of its entries fills exactly this gap, and keeps the mean at 0.

# %% tags=["hide-input"]
# @title Source
show_source(bradley_terry.gradient, bradley_terry.information, bradley_terry.ascend)

# %%
fits = {"MM": bradley_terry.mm(W), "gradient": bradley_terry.ascend(W, 200), "Newton": bradley_terry.newton(W)}
agree = max((fit.r - fits["MM"].r).abs().max().item() for fit in fits.values())
print(f"the three end at the same ratings, to {agree:.0e}")

# %% tags=["hide-input"]
# @title Figure: climbs
pictures.climbs(fits)

# %% [markdown]
# And is it right? Stigler's citations and Agresti's baseball season have been fitted by many people. Here are their printed estimates
# and ours.

# %%
names = {"journals": comparisons.JOURNALS, "teams": comparisons.TEAMS}
fitted, off_print = {}, 0.0
for group, games in (("journals", W), ("teams", season)):
    r = bradley_terry.mm(games).r
    fitted[group] = r, bradley_terry.standard_errors(games, r, reference=0)
    off_print = max(off_print, (r - r[0] - torch.tensor(claims.PRINTED[group], dtype=float64)).abs().max().item())

# %% tags=["hide-input"]
# @title Table: books
tables.books(fitted, names)

# %% [markdown]
# ## When there is no best rating
#
# Three players: Ann beat Ben twice and Cem once, Ben beat Cem, Cem beat Ben. Nobody ever beat Ann. How good is she? The higher her rating, the likelier
# the games, without end. And two leagues that never met have no common scale at all. The library says so, by name:

# %%
unbeaten = torch.tensor([[0, 2, 1], [0, 0, 3], [0, 1, 0]], dtype=float64)
leagues = torch.tensor([[0, 1, 0, 0], [2, 0, 0, 0], [0, 0, 0, 1], [0, 0, 2, 0]], dtype=float64)
for games in (unbeaten, leagues):
    try:
        bradley_terry.mm(games, names=("Ann", "Ben", "Cem", "Dan"))
    except ValueError as error:
        print(error, end="\n\n")

# %% [markdown]
# Ford's condition of 1957: a maximum exists when a chain of wins leads from every player to every other. Where it does not,
# let everybody play against a **ghost** of rating 1, and win and lose half a game. It is a prior: it pulls all ratings towards
# each other, and those with few games most.

# %%
priors = torch.logspace(-3, 1, 40)
pulled = torch.stack([bradley_terry.newton(unbeaten, prior=p.item()).r for p in priors])

# %% tags=["hide-input"]
# @title Figure: ghost
pictures.ghost(priors, pulled, ("Ann", "Ben", "Cem"))

# %% [markdown]
# ## How sure are we?
#
# The inverse of the information is the covariance of the ratings. Since only differences are in the data, a standard error is always that of a difference: from the mean of all, or from one player, whose own error is then 0,
# as in the table of the books. Change the number of times that Boston beat Milwaukee and look at everybody else. The bars are 95 % intervals.


# %%
def with_boston(wins):
    changed = season.clone()
    changed[1, 4] = wins
    r = bradley_terry.newton(changed).r
    return r, bradley_terry.standard_errors(changed, r)


seen = int(season[1, 4])
what_if = {k: with_boston(k) for k in runtime.pick(full=(0, 1, 2, 3, 4, 6, 8, 10, 12, 16, 20), smoke=(0, seen))}
moved = (max(what_if.items())[1][0] - what_if[0][0]).abs()
r, error = with_boston(seen)
overlap = sum(bool((r[i] - r[j]).abs() < 1.96 * (error[i] + error[j])) for i in range(7) for j in range(i))
print(
    f"in 1987: {seen} of {int(season[1, 4] + season[4, 1])} games, and then {overlap} of 21 pairs of intervals overlap"
)
print("largest move:", ", ".join(f"{name} {m:.2f}" for name, m in zip(comparisons.TEAMS, moved.tolist())))

# %% tags=["hide-input"]
# @title Figure: one result
pictures.one_result(what_if, comparisons.TEAMS, start=seen)

# %% [markdown]
# Two ratings move much, the others little. But be careful with overlap: **two intervals may overlap although the players differ.** An interval is $\pm1.96$ errors of one rating. The error of a *difference* is not
# the sum of both errors, but the root of the sum of their squares, some 1.4 errors instead of 2. "The intervals do not overlap" is a stricter test than "the interval of the difference excludes 0".
#
# **Ties** need one more number. Asked to compare two puddings, people often had no preference. Davidson's model gives the tie a weight between the two, so that win, tie and loss are as
#
# $$\gamma_i\;:\;\nu\sqrt{\gamma_i\gamma_j}\;:\;\gamma_j .$$
#
# **Being first** needs one more number as well: add a constant to the difference, $\sigma(r_i-r_j+h)$. Both are printed in books.

# %%
fit, nu = ties.davidson(*comparisons.puddings())
i, j = ((won + lost) > 0).nonzero().mT  # home team, visitors
weights, covariance = linear.fit(linear.players(i, j, 7, home=True), won[i, j], lost[i, j])

# %% tags=["hide-input"]
# @title Figure: win tie loss
pictures.win_tie_loss(nu)

# %% tags=["hide-input"]
# @title Table: ties and home
tables.ties_and_home(torch.softmax(fit.r, 0), nu, weights[-1].item(), covariance[-1, -1].sqrt().item())

# %% [markdown]
# **Now do exercise 3.**
#
# ## The Arena
#
# Now the same with language models. A visitor of LMArena asks, two anonymous models answer, the visitor prefers one. Ratings are printed on
# **Elo's scale**, on which 400 points are odds of ten to one. What does a lead mean?

# %%
text, text_votes = comparisons.leaderboard("text")
lead = (text[0] - text[7]).item()
print(f"first against eighth of the text board, end of 2025: {lead:.0f} points")
print(f"so the first wins {1 / (1 + 10 ** (-lead / 400)):.0%} of the battles")

# %% [markdown]
# **Now do exercise 5**, which turns ratings into points.
#
# A board shows scores and votes, not battles. So we make battles: as many as there were votes, with outcomes drawn from the printed scores.
# They are synthetic, and that is the point: now the truth is known, and we can see what a board of so many votes can tell. (In the
# real Arena the opponents are all its models, not these eight.) The intervals come from the **bootstrap**: draw the battles again with replacement, fit, repeat.

# %% tags=["hide-input"]
# @title Source
show_source(arena.simulate, arena.resample)

# %% [markdown]
# From intervals to ranks: model $j$ is *surely above* model $i$ if the low end of $j$'s interval exceeds the high end of $i$'s. The best rank left open to $i$ is one more than the number of models surely above
# it, the worst leaves room for all that are surely below. (By the remark on overlap above, this is cautious.)

# %%
times = runtime.pick(full=300, smoke=30)
at = text.mean().item()
battles = arena.simulate(text, text_votes, torch.Generator().manual_seed(0))
board = arena.leaderboard(battles, times, torch.Generator().manual_seed(1), at=at)

# %% tags=["hide-input"]
# @title Figure: board
pictures.board(board, text)

# %% [markdown]
# How many votes would settle it? An error shrinks with the root of the votes: a hundred times the votes for a tenth of the width.

# %%
boards = {}
for factor in runtime.pick(full=[0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0], smoke=[0.1, 1.0]):
    more = arena.simulate(text, (text_votes * factor).round(), torch.Generator().manual_seed(2))
    boards[factor] = arena.leaderboard(more, times // 2, torch.Generator().manual_seed(3), at=at)
widths = {factor: (b.high - b.low).mean().item() for factor, b in boards.items()}
slope = math.log(widths[max(widths)] / widths[min(widths)]) / math.log(max(widths) / min(widths))
print(f"width goes as the votes to the power of {slope:.2f}")

# %% tags=["hide-input"]
# @title Figure: boards
pictures.boards(boards)

# %% [markdown]
# **Now do exercise 6.**
#
# One simulated board may be lucky. Here are forty. On how many does the fit put all eight models in the true order? And how often does the range of ranks hold the true rank?

# %%
simulated = {"in order": [], "in range": []}
for seed in range(runtime.pick(full=40, smoke=2)):
    new = arena.simulate(text, text_votes, torch.Generator().manual_seed(10 + seed))
    r = bradley_terry.newton(new).r
    simulated["in order"].append(sum(bool(r[i] > r[j]) for i in range(8) for j in range(i + 1, 8)))
    if seed < 12:  # the bootstrap takes longer
        b = arena.leaderboard(new, times // 2, torch.Generator().manual_seed(seed))
        simulated["in range"].append(sum(bool(b.best[k] <= k + 1 <= b.worst[k]) for k in range(8)))
whole = sum(n == 28 for n in simulated["in order"])
print(f"all 28 pairs in order on {whole} of {len(simulated['in order'])} boards")
print(f"the true rank in range for {sum(simulated['in range'])} of {8 * len(simulated['in range'])} models")

# %% [markdown]
# **Online Elo** is older and needs no fit: after each battle the winner takes $K$ times the probability with which it should have lost. That is
# one gradient step on one battle, with the surprise in it. What does it cost? The same battles, in two orders:

# %%
cells = torch.repeat_interleave(torch.arange(64), battles.flatten().long())  # a battle is the number of its cell
orders = [cells[torch.randperm(len(cells), generator=torch.Generator().manual_seed(s))] for s in (0, 1)]
last = [arena.online_elo(c // 8, c % 8, 8, K=4.0)[-1] for c in orders]
print(f"{len(cells):,} battles, K = 4: two orders end {(last[0] - last[1]).abs().mean():.1f} points apart on average")
print(f"a fit of all battles does not depend on the order; its intervals are {widths[1.0]:.0f} points wide")

# %% [markdown]
# And size? A million games among ten thousand players fill only one pair in fifty. `preferences.games` stores those, and solves
# Newton's equations without a matrix, in seconds.
#
# ## From players to what is compared
#
# A rating for each player is useless for an answer that nobody has seen yet. So let the rating depend on *what is compared*:
# $r=\hat r(\mathbf x)$. The simplest is linear, and there are 2,929 real choices of 235 people to learn it from: which of two train journeys
# would you take, in the Netherlands of 1987, given price, time, changes, comfort?

# %%
choices = comparisons.train_choices()
test = choices.person % 5 == 0  # whole people are held out
X, mu = choices.first - choices.second, choices.mu
w, _ = linear.fit(X[~test], mu[~test], 1 - mu[~test])
p = torch.sigmoid(X[test] @ w)
accuracy = ((p > 0.5) == (mu[test] > 0.5)).double().mean().item()
bins = [(p > k / 10) & (p <= (k + 1) / 10) for k in range(10)]
told, did = zip(*((p[b].mean().item(), mu[test][b].mean().item()) for b in bins if b.sum() > 5))
hour = (w[1] / w[0]).item()
print({name: round(v, 3) for name, v in zip(comparisons.FEATURES, w.tolist())})
print(f"an hour is worth {hour:.0f} guilders to them, or {hour / 2.20371:.1f} euros")

# %% tags=["hide-input"]
# @title Figure: calibration
pictures.calibration(told, did, accuracy)

# %% [markdown]
# Four weights, and the value of an hour is the ratio of two. A word on units: a published analysis of these data *multiplies* guilders by 2.20371 to get euros, but
# a euro was 2.20371 guilders, so one has to divide. Its weights agree with ours digit for digit (there is a test), its "euros" an hour do not.
#
# ## Christiano et al.: a reward for every step
#
# In 2017 the same was done with behaviour.

# %% tags=["pictured", "hide-input"]
# @title Figure: loop
pictures.loop()

# %% [markdown]
# A person sees two short clips, **segments** $\sigma_1,\sigma_2$ of some steps each, of a robot or a game, and says which is better,
# or that they are equal. A network predicts a reward $\hat r(o,a)$ for each step, of observation $o$ and action $a$. A segment's rating is
# $\gamma(\sigma_1)=e^{\sum_t \hat r(o_t,a_t)}$, the sum over its steps, and the rest is Bradley and Terry. With $D$ the comparisons made so far,
#
# $$\mathcal L=-\sum_{(\sigma_1,\sigma_2,\mu)\in D}\big(\mu(1)\log\hat p(\sigma_1\succ\sigma_2)+\mu(2)\log\hat p(\sigma_2\succ\sigma_1)\big).$$
#
# $\mu$ is all on one side, or half and half if there is no preference. What does one answer about two whole segments tell the reward of a single step? Let autograd say.

# %%
first, second = ((0.2 * torch.randn(8, generator=g, dtype=float64)).requires_grad_() for _ in range(2))
answer = torch.tensor(1.0, dtype=float64)  # the first is preferred
slopes = torch.autograd.grad(segments.preference_loss(first, second, answer), (first, second))
p = segments.probability(first, second).item()

# %% tags=["hide-input"]
# @title Figure: pushes
pictures.pushes(*slopes, p)

# %% [markdown]
# Every step gets the same push, whatever it was: the answer does not say which of them it was about, and only many answers about many segments can. How long is the push? It is the surprise, once more.
# **Now do exercise 4**, and find its formula.
#
# ### A pole, and a judge that is a program
#
# The task: balance a pole on a cart. The equations are gymnasium's CartPole. Three things differ: the force is continuous; the true reward is 1 for each of 200 steps after which
# the pole is upright and the cart on its track; and an episode never ends early, because its *length* would give the reward away. The policy has 25 weights, and
# the search is crude on purpose: draw 64 policies, keep the 10 best, draw again around them.

# %% tags=["hide-input"]
# @title Source
show_source(control.step, control.search)

# %% [markdown]
# The judge is a program that sees true returns of segments of 25 steps. As the paper assumes of people, it gives one answer in ten at random, so that one in twenty is wrong; and it calls the closest pairs ties. The reward model is an **ensemble** of three small
# networks, each trained on its own bootstrap of the answers. A quarter of the answers is asked for before the search starts, the
# rest while it goes on, **about what the policies do now**. The learner never sees the true reward.

# %% tags=["hide-input"]
# @title Source
show_source(segments.judge, experiments.ask)


# %%
def run_live(name, seed=0):
    options = dict(experiments.WAYS[name], iterations=runtime.pick(full=30, smoke=2))
    if options.get("labels"):
        options["labels"] = runtime.pick(full=options["labels"], smoke=8)
    return experiments.learn(seed, **options)


live = {name: run_live(name) for name in ("true reward", "200 answers, spread", "20 answers, all at the start")}
for name, run in live.items():
    print(f"{name}: {run.labels} answers, {run.ties} of them ties; final policy {run.final:.0f} of {control.STEPS}")

# %% tags=["hide-input"]
# @title Figure: training
pictures.training({name: run.true for name, run in live.items()}, control.STEPS)

# %% [markdown]
# Look at the ties. Many pairs of segments are equal to this judge: both poles stand, or both lie. So most of the answers say "no preference", and what stands in for the reward is the few dozen others. The loss uses the ties, too:
# half of $\mu$ on either side pulls the two sums together.
#
# By this one seed, twenty answers before the search would do. One seed shows little. The record has twelve of each way of asking, and twenty of those in which runs differ most:

# %%
record = records.load("01_pole")
by_way = {name: [run for run in record["runs"] if run["way"] == name] for name in experiments.WAYS}
print(records.made(record))

# %% tags=["hide-input"]
# @title Table: ways
tables.ways(by_way, record["most"])

# %% [markdown]
# The paper asked people about 700 times for simulated robots, and 5,500 times for Atari. Two hundred answers on a pole are as good as the reward. Forty are nearly as good, **if they are spread**: the same number before the search starts is a
# gamble. The paper has a trick: ask about the pairs on which the members of the ensemble **disagree**. What that brings here, the table of claims at the end says, with its interval; in the paper it harmed on some tasks.
#
# ### Better than the true reward?
#
# With 1,400 answers, Christiano et al. report, robots got slightly *better* than with the true reward. How can a copy be better than the original? Their guess: it is better **shaped**. On our pole it can't show, because the true reward already
# reaches everything there is. So make the true reward sparse: pay only within 3 % of the track and of the lean, a pole that stands within a third of a degree. The judge sees nothing else either. As a control, a third learner is paid a smooth reward written by hand: minus the squared distance from the middle and from upright.

# %%
rare = records.load("01_sparse")
by_pay = {name: [run for run in rare["runs"] if run["way"] == name] for name in experiments.SPARSE}
print(records.made(rare))
curves = {name: torch.tensor([run["true"] for run in runs]) for name, runs in by_pay.items()}  # (seeds, iterations)
asked = by_pay["1,400 answers, spread"]
print(
    f"ties among {asked[0]['labels']:,} answers: {min(r['ties'] for r in asked):,} to {max(r['ties'] for r in asked):,}"
)

# %% tags=["hide-input"]
# @title Figure: sparse
pictures.sparse(rare, curves)

# %% [markdown]
# The learned reward is ahead on the way up; at the end, ten seeds can't tell the two apart (the interval is in the table of claims). The smooth reward by hand is ahead to the end. So the guess holds as far as shape goes. On the right is how: the true reward is a narrow
# box, outside of which nothing tells better from worse. The network can't draw such a box. In most seeds it learned a hill, which says on either side which way is up. But it had to learn it from a judge that saw only the box, and to whom most pairs were alike.
#
# ## Specification gaming
#
# In the paper one agent learned, from a reward that nobody updated any more, to keep the ball of Pong in play for ever instead of scoring. The frozen rows of the table are ours: all
# answers before the search, then silence. How often does the learned reward rise while the true return falls?

# %%
frozen = {name: runs for name, runs in by_way.items() if "at the start" in name}
gamed = [run for runs in frozen.values() for run in runs if claims.gamed(run)]
shown = gamed[0]  # not the deepest fall: the first
print(f"drawn below: {shown['way']}, seed {shown['seed']}")

# %% tags=["hide-input"]
# @title Table: frozen
tables.frozen(frozen)

# %% tags=["hide-input"]
# @title Figure: gaming
pictures.gaming(shown, by_way["40 answers, spread"][shown["seed"]])

# %% [markdown]
# Nobody cheated. The search finds what the network likes best, and the network knows only what it was asked about. What do such policies do? Here are final policies of gamed runs, next to what the judge was shown and to an honest policy:

# %%
g_ = torch.Generator().manual_seed(5)
drawn = control.SPREAD * torch.randn(64, control.WEIGHTS, generator=g_)
behaviours = {"what the judge was shown": control.rollout(drawn, 1, g_).inputs}
final = {f"{run['way']}, seed {run['seed']}": run_live(run["way"], run["seed"]) for run in gamed[::3]}
for name, run in {**final, "true reward": live["true reward"]}.items():
    behaviours[name] = control.rollout(torch.tensor(run.policy)[None], 64, g_).inputs

# %% tags=["hide-input"]
# @title Table: behaviours
tables.behaviours(behaviours)

# %% [markdown]
# With forty answers, seed 1, the policy keeps the pole up and lets the cart run away: it optimises the half of the task that its answers happened to tell apart, at the cost of the other. With twenty, pole and cart are hardly ever both where they should be:
# the reward model likes something that nobody was ever asked about. Asking again about what the policy does *now* helps: of the twelve runs with forty answers that were spread, none was gamed. The next module holds the policy near its start instead.
#
# ## Reward shaping
#
# A pole pays at every step. Often the pay comes once, at the end, and a learner gropes about until then. It is tempting to help: pay
# something on the way. What may you pay without changing what is best?
#
# Ng, Harada and Russell: any **potential difference**. With a potential $\Phi(s)$, and $\gamma$ now the discount,
#
# $$R'(s,s')=R(s,s')+\gamma\,\Phi(s')-\Phi(s),$$
#
# and $\Phi=0$ where the episode ends. Along any path the discounted additions telescope to $-\Phi(s_0)$: every path gets the same, so the best stays the best.
# On a grid of 15 by 15, from one corner to the other, values can be computed exactly:

# %%
size = runtime.pick(full=15, smoke=5)
Phi = shaping.potential(size)
exact = shaping.best_values(size, 0.99)
with_potential = shaping.best_values(size, 0.99, shaping.shaped(Phi, 0.99))
off = (exact - Phi[:, None] - with_potential)[:-1].abs().max()
print(f"the best values with a potential are those without it, less Phi: they differ by {off:.0e}")

# Wiewiora: learning with it from Q = 0 is learning without it from Q = Phi, step for step
helped, Q_helped = shaping.learn(size, 60, torch.Generator().manual_seed(0), shaping.shaped(Phi, 0.99))
started, Q_started = shaping.learn(size, 60, torch.Generator().manual_seed(0), start=Phi)
off = (Q_helped + Phi[:, None] - Q_started)[:-1].abs().max()
print(f"same episodes: {helped == started}; Q + Phi and Q differ by {off:.0e}")

# %% [markdown]
# The second line is Wiewiora's: shaping is nothing but a better first guess of the values. **Now do exercise 7.**
#
# Now three learners: no help, a potential, and a bonus of 0.05
# for every step that leads nearer, which takes nothing away for a step back. The bonus looks as harmless as the potential.

# %%
seeds, episodes = range(runtime.pick(full=8, smoke=2)), runtime.pick(full=400, smoke=20)
paid = {name: [experiments.shape(name, s, size, episodes) for s in seeds] for name in experiments.PAID}
shortest = 2 * (size - 1)
first_good = lambda steps: next((k for k, n in enumerate(steps) if n <= 2 * shortest), len(steps))
soon = {name: [first_good(steps) for steps, _ in runs] for name, runs in paid.items()}
walks = {name: [len(cells) - 1 for _, cells in runs] for name, runs in paid.items()}

# %% tags=["hide-input"]
# @title Figure: shaping
pictures.shaping(paid, size)

# %% tags=["hide-input"]
# @title Table: grid
tables.grid(soon, walks, shortest)

# %% [markdown]
# Why does the learner never arrive? Add up what each way of life pays, with the discount. To and fro for ever earns the bonus at every second step; the shortest way earns it at each of its steps, and then the goal.

# %%
to_and_fro = 0.05 / (1 - 0.99**2)
honest = sum(0.05 * 0.99**t for t in range(28)) + 0.99**27
print(f"to and fro for ever: {to_and_fro:.2f}; the shortest way, 28 bonuses and the goal: {honest:.2f}")

# %% [markdown]
# A bonus without its negative half is a pump. This, too, is specification gaming, and here the mistake was made by whoever wrote the reward.
#
# ## The claims, put to the test

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(off_print, fits["MM"].history, simulated, slope, by_way, by_pay, soon, walks, shortest)

# %% [markdown]
# ## Errata
#
# - The slide on Bradley-Terry takes ratings $\gamma_i\in\mathbb{R}$; they have to be positive. With $\gamma=-1$ against $3$ the formula gives $-0.5$, which is no probability. $\gamma(\sigma_1)=e^{\sum\hat r}$ is positive.
# - On the slide's second board, WebDev, the eighth row has a higher score than the fifth, sixth and seventh, which a sorted board can't. The text of a picture is easily misread, so one of these digits may be wrong. The models' names are garbled there: rows go by rank here.
# - "Steinon et al." is Stiennon et al.; its loss, on the next slide, lacks a minus.
# - Title slide, facts about 11 December: in 1792 it was Louis XVI who stood trial, and Edward VIII abdicated in 1936.
#
# ## What to remember
#
# 1. Comparisons give ratings up to a shift: a logistic regression on differences.
# 2. MM counts wins over expected time at risk. It is EM, it never falls, and Newton is faster.
# 3. No chain of wins, no maximum. A ghost is a prior.
# 4. A rank without a range is an anecdote: errors shrink with the root of the votes.
# 5. A segment's rating is $e$ to the sum of its rewards. One surprise goes to every step.
# 6. A learned reward is good where it was asked about. Keep asking about what the policy does now, or it will be gamed.
# 7. A learned reward is smooth. Where the true one is sparse, a smooth one is easier to climb.
# 8. Potentials change nothing but the speed. Any other payment may change which policy is best.
#
# ## Test yourself

# %% tags=["hide-input"]
# @title Question
quiz("01-hidden-times")

# %% tags=["hide-input"]
# @title Question
quiz("01-thirty-wins")

# %% tags=["hide-input"]
# @title Question
quiz("01-votes-to-tell-apart")

# %% tags=["hide-input"]
# @title Question
quiz("01-rising-reward")

# %% tags=["hide-input"]
# @title Question
quiz("01-better-than-true")

# %% [markdown]
# ## References
#
# - Bradley, Terry. *Rank analysis of incomplete block designs: I. The method of paired comparisons.* Biometrika, 1952. [doi:10.2307/2334029](https://doi.org/10.2307/2334029)
# - Hunter. *MM algorithms for generalized Bradley-Terry models.* Annals of Statistics, 2004. [doi:10.1214/aos/1079120141](https://doi.org/10.1214/aos/1079120141). Caron, Doucet. *Efficient Bayesian inference for generalized Bradley-Terry models.* 2012. [arXiv:1011.1761](https://arxiv.org/abs/1011.1761)
# - Davidson. *On extending the Bradley-Terry model to accommodate ties in paired comparison experiments.* JASA, 1970. [doi:10.1080/01621459.1970.10481082](https://doi.org/10.1080/01621459.1970.10481082)
# - Agresti. *Categorical data analysis*, 2nd ed., 2002. Turner, Firth. *Bradley-Terry models in R.* Journal of Statistical Software 48(9), 2012. [doi:10.18637/jss.v048.i09](https://doi.org/10.18637/jss.v048.i09)
# - Christiano, Leike, Brown, Martic, Legg, Amodei. *Deep reinforcement learning from human preferences.* 2017. [arXiv:1706.03741](https://arxiv.org/abs/1706.03741)
# - Ng, Harada, Russell. *Policy invariance under reward transformations.* ICML 1999. Wiewiora. *Reward shaping.* Encyclopedia of Machine Learning, 2010; *Potential-based shaping and Q-value initialization are equivalent.* JAIR, 2003. [doi:10.1613/jair.1190](https://doi.org/10.1613/jair.1190)
# - Chiang et al. *Chatbot Arena: an open platform for evaluating LLMs by human preference.* 2024. [arXiv:2403.04132](https://arxiv.org/abs/2403.04132)
# - Ben-Akiva, Bolduc, Bradley. *Estimation of travel choice models with randomly distributed values of time.* 1993. Data and licences: `llmcourse.data.comparisons`.

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 01](../work/01_preferences/01_lab.ipynb), about 110 minutes. **Next:** [02 From human feedback to a policy](02_rlhf.ipynb).
