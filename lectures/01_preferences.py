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
# chatbots, with errors, and into a reward for every single step of a behaviour. Then it trains a policy on the learned reward, and
# watches what happens when the policy finds out where the reward is wrong.

# %% [markdown] tags=["badge"]
# about 100 minutes

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
# - train a policy on a few hundred answers, and show how it exploits a reward that nobody updates;
# - help a learner with a potential, and recognise a bonus that changes what is best.
#
# The letters are the slides': ratings $\gamma_i$, segments $\sigma$, answers $\mu$, a predicted reward $\hat r$. In code `r` is $\log\gamma$.

# %%
import math
import statistics
import time

import torch
from llmcourse import figures, records, runtime
from llmcourse.data import comparisons
from llmcourse.figures import COLOURS, Claim, explore, figure, label_lines, quiz, show_source, table
from llmcourse.preferences import arena, bradley_terry, control, experiments, games, linear, segments, shaping, ties

STYLES = ("-", "--", "-.", ":", (0, (9, 2)))
float64 = torch.float64
print(runtime.describe())

# %% [markdown]
# ## Everybody can compare
#
# Four journals of statistics cite each other. Take a citation for a vote: who is cited has won. The table holds
# thousands of real votes, counted by Stigler. Who is first?

# %%
W = comparisons.citations()
N = W + W.mT
share = (W / N).fill_diagonal_(float("nan"))
with figure(
    alt="A matrix of shares of wins among four journals. Communications in Statistics loses to all others most of the time; "
    "the other three are close to each other.",
    height=3.6,
    width=5.5,
) as ax:
    ax.imshow(share, vmin=0, vmax=1, cmap="cividis")
    for i in range(4):
        for j in range(4):
            if i != j:
                ax.text(
                    j,
                    i,
                    f"{share[i, j]:.2f}",
                    ha="center",
                    va="center",
                    color="white" if share[i, j] < 0.6 else "black",
                )
    ax.set(title="Share of the citations that the row won", xticks=range(4), yticks=range(4), xlabel="against")
    ax.set_xticklabels(comparisons.JOURNALS, rotation=20, ha="right")
    ax.set_yticklabels(comparisons.JOURNALS)
votes = int(W.sum() - W.diagonal().sum())
print(f"{votes:,} votes between different journals; what a journal cites of its own is no vote")

# %% [markdown]
# Counting wins is not enough: a win over a strong opponent should count for more, and who is strong is what we want to know. Bradley and
# Terry give everyone one number, a **rating** $\gamma_i>0$, and suppose
#
# $$\hat p(i\succ j)=\frac{\gamma_i}{\gamma_i+\gamma_j}=\sigma(r_i-r_j),\qquad r_i=\log\gamma_i .$$
#
# The second form is a logistic function of a difference. So every game is a logistic regression with two features, and nothing
# changes when all $\gamma$ are doubled: only differences of $r$ are in the data. We fix their mean at 0.
#
# **Erratum.** The slide says $\gamma_i\in\mathbb{R}$. They have to be positive; the check:

# %%
print(f"gamma = -1 against 3: p = {-1 / (-1 + 3):.1f}, which is no probability")
doubled = torch.tensor([0.3, 1.2, 2.0], dtype=float64)
gauge = (bradley_terry.probability(doubled.log()) - bradley_terry.probability((2 * doubled).log())).abs().max()
print(f"all ratings doubled: probabilities change by {gauge:.0e}")

# %% [markdown]
# Games are independent, so the logarithms of their probabilities add. This is what we maximise:

# %% tags=["hide-input"]
# @title Source
show_source(bradley_terry.probability, bradley_terry.log_likelihood)

# %% [markdown]
# ## Two clocks, and a step that cannot fail
#
# The slide promises a beautiful EM algorithm. EM needs something hidden. What is hidden in a game?
#
# Imagine two clocks that ring at random, with rates $\gamma_i$ and $\gamma_j$. Who rings first wins. Then $i$ wins with probability
# $\gamma_i/(\gamma_i+\gamma_j)$: the model. What nobody wrote down is *when* it rang. Is that true? Let clocks run:

# %%
g = runtime.seed(0)
rates = torch.tensor([3.0, 1.0])
rings = -torch.rand(runtime.pick(full=400_000, smoke=20_000), 2, generator=g).log() / rates
first = rings.min(1)
print(
    f"rates 3 and 1: the first clock wins {(first.indices == 0).double().mean():.3f} of the games; the model says {3 / 4}"
)
for who in (0, 1):
    print(
        f"mean time until the ring when clock {who} won: {first.values[first.indices == who].mean():.3f}; 1 / (3 + 1) = 0.25"
    )

# %% [markdown]
# The second thing is worth a pause: the time does not depend on who won. It has mean $1/(\gamma_i+\gamma_j)$ either way.
#
# Were the times known, the best rating would be what any count of events says: **wins over time at risk**. They are not, so take their expectation
# with the present ratings (the **E-step**), and then the best ratings (the **M-step**). With $W_{ij}$ wins of $i$ over $j$,
#
# $$\gamma_i\;\leftarrow\;\frac{\sum_j W_{ij}}{\sum_j (W_{ij}+W_{ji})\,/\,(\gamma_i+\gamma_j)} .$$

# %% tags=["hide-input"]
# @title Source
show_source(bradley_terry.expected_times, bradley_terry.mm_update)

# %% [markdown]
# Why can such a step never make things worse? Because it maximises a **lower bound** that touches. The logarithm lies below each of its
# tangents, so $-\log x\ge-\log y-(x-y)/y$. Put $x=\gamma_i+\gamma_j$ and $y$ the same with the ratings of before: every term that ties two ratings together
# comes apart, and the bound is equal to the log-likelihood at the old ratings. Step up on the bound, and the log-likelihood,
# which is above it, has gone up as well. Algorithms of this kind are called MM: minorise, maximise.
#
# Watch it with two teams of 1987: Milwaukee beat Baltimore 11 times and lost twice. Baltimore's rating is held at 1.

# %% tags=["hide-input"]
# @title Source
show_source(bradley_terry.lower_bound)

# %%
duel = torch.tensor([[0.0, 11.0], [2.0, 0.0]], dtype=float64)
path = [1.0]
for _ in range(7):
    gamma = torch.tensor([path[-1], 1.0], dtype=float64)
    path.append((duel[0, 1] / bradley_terry.expected_times(duel, gamma)[0, 1]).item())
axis = torch.linspace(0.5, 9, 200, dtype=float64)
pairs = torch.stack([axis, torch.ones_like(axis)], dim=-1)  # (200, 2)
likelihood = bradley_terry.log_likelihood(duel, pairs.log())


def draw_bound(ax, k):
    at = torch.tensor([path[k], 1.0], dtype=float64)
    bound = bradley_terry.lower_bound(duel, pairs, at)
    ax.plot(axis, likelihood, color=COLOURS[0], marker="", label="log-likelihood")
    ax.plot(axis, bound, color=COLOURS[1], linestyle="--", marker="", label="bound")
    for gamma, marker, word in ((path[k], "o", "now"), (path[k + 1], "^", "next")):
        here = bradley_terry.log_likelihood(duel, torch.tensor([gamma, 1.0], dtype=float64).log())
        ax.plot([gamma], [here], linestyle="", marker=marker, markersize=8, color="black", label=word)
    ax.axvline(path[k + 1], color="#999999", linewidth=0.8)
    ax.set(
        title=f"step {k + 1}: from {path[k]:.2f} to {path[k + 1]:.2f}",
        xlabel="Milwaukee's rating",
        ylabel="log-likelihood",
    )
    ax.set(ylim=(-12, -5), xlim=(0.5, 9))
    ax.legend(loc="lower right", ncols=2)


explore(
    draw_bound,
    list(range(7)),
    label="step",
    alt=lambda k: (
        f"The log-likelihood of Milwaukee's rating and a bound that touches it at {path[k]:.2f}; the bound's top is at "
        f"{path[k + 1]:.2f}, nearer to the maximum at 5.5."
    ),
    height=3.4,
)

# %% [markdown]
# The steps get shorter: MM is safe, not fast. With $n$ ratings there are two rivals. The gradient is *games won less games that the
# ratings expected to be won*, the same surprise that will train the reward model below. Newton's method divides it by the curvature.

# %% tags=["hide-input"]
# @title Source
show_source(bradley_terry.gradient, bradley_terry.information)

# %%
fits = {
    "MM": bradley_terry.mm(W),
    "gradient": bradley_terry.ascend(W, 200),
    "Newton": bradley_terry.newton(W),
}
top = max(fit.history[-1] for fit in fits.values())
rises = all(b >= a - 1e-9 for a, b in zip(fits["MM"].history, fits["MM"].history[1:]))
with figure(
    alt=f"What is missing to the maximum against steps, logarithmic: Newton falls like a stone and ends after {fits['Newton'].steps} steps, MM falls "
    f"along a line and ends after {fits['MM'].steps}, the gradient is the slowest.",
    height=3.3,
) as ax:
    for (name, fit), style in zip(fits.items(), STYLES):
        missing = [top - v for v in fit.history[:70] if top - v > 1e-9]  # less than that is rounding
        ax.semilogy(missing, linestyle=style, label=name)
    ax.set(title="MM is safe, Newton is fast", xlabel="step", ylabel="log-likelihood still missing")
    ax.set(ylim=(1e-10, 1e4), xlim=(0, 72))
    label_lines(ax)
print(
    f"MM never falls: {rises}; the three agree to {max((f.r - fits['MM'].r).abs().max().item() for f in fits.values()):.0e}"
)

# %% [markdown]
# And is it right? Stigler's citations and Agresti's baseball season have been fitted by many people. Here are their printed estimates
# and ours, as differences from the first row.

# %%
won, lost = comparisons.baseball()
season = won + lost.mT
printed = {
    "journals": (comparisons.JOURNALS, W, (0.0, -2.9491, -0.4796, 0.2690)),
    "teams": (comparisons.TEAMS, season, (0.0, 1.1077, 0.6839, 1.4364, 1.5814, 1.2476, 1.2945)),
}
rows, off_print = [], 0.0
for names, wins, theirs in printed.values():
    r = bradley_terry.mm(wins).r
    ours, errors = r - r[0], bradley_terry.standard_errors(wins, r, reference=0)
    off_print = max(off_print, (ours - torch.tensor(theirs, dtype=float64)).abs().max().item())
    rows += [
        (name, f"{p:.4f}", f"{o:.4f}", f"{e:.3f}")
        for name, p, o, e in zip(names, theirs, ours.tolist(), errors.tolist())
    ]
table(rows, ["", "printed", "ours, by MM", "standard error"], "log-ratings, relative to Biometrika and to Baltimore")

# %% [markdown]
# ## When there is no best rating
#
# Three players: Ann beat Ben, Ben beat Cem, Cem beat Ben. Nobody ever beat Ann. How good is she? The more infinite her rating, the more likely
# the games. And two leagues that never met have no common scale at all. The library says so, by name:

# %%
for games_ in (
    [[0, 2, 1], [0, 0, 3], [0, 1, 0]],
    [[0, 1, 0, 0], [2, 0, 0, 0], [0, 0, 0, 1], [0, 0, 2, 0]],
):
    try:
        bradley_terry.mm(torch.tensor(games_, dtype=float64), names=("Ann", "Ben", "Cem", "Dan"))
    except ValueError as error:
        print(error, end="\n\n")

# %% [markdown]
# Ford's condition of 1957: a maximum exists when between any two players, in both directions, there leads a chain of wins. Where it does not,
# let everybody play against a **ghost** of rating 1, half a game won and half a game lost. It is a prior: it pulls all ratings towards
# each other, those with few games most.

# %%
unbeaten = torch.tensor([[0, 2, 1], [0, 0, 3], [0, 1, 0]], dtype=float64)
priors = torch.logspace(-3, 1, 40)
pulled = torch.stack([bradley_terry.newton(unbeaten, prior=p.item()).r for p in priors])
with figure(
    alt="Log-ratings of three players against the strength of the prior. Ann's grows without end as the prior vanishes; all meet at 0 as "
    "it grows.",
    height=2.8,
) as ax:
    for name, values, style in zip(("Ann", "Ben", "Cem"), pulled.flip(0).T, STYLES):
        ax.semilogx(priors.flip(0), values, linestyle=style, marker="", label=name)
    ax.invert_xaxis()
    ax.set(
        title="Without a ghost, Ann goes to infinity",
        xlabel="games won, and lost, against the ghost",
        ylabel="log-rating",
    )
    label_lines(ax)

# %% [markdown]
# ## How sure are we?
#
# Drag the number of times that Boston beat Milwaukee and look at everybody else; the season's own number is printed first. The bars are 95 %
# intervals from Fisher's information, the curvature that Newton uses.


# %%
def with_boston(k):
    changed = season.clone()
    changed[1, 4] = k
    r = bradley_terry.newton(changed).r
    return r, bradley_terry.standard_errors(changed, r)


print(f"in 1987: {int(season[1, 4])} of {int(season[1, 4] + season[4, 1])} games")


def draw_boston(ax, k):
    r, error = with_boston(k)
    for i, name in enumerate(comparisons.TEAMS):
        colour = COLOURS[2] if name in ("Boston", "Milwaukee") else COLOURS[0]
        ax.errorbar(
            [r[i]], [i], xerr=[1.96 * error[i]], fmt="s" if colour == COLOURS[2] else "o", color=colour, capsize=3
        )
    ax.set(title=f"Boston beat Milwaukee {k} times", xlabel="log-rating around the league's mean", xlim=(-2.2, 2.2))
    ax.set(yticks=range(7), yticklabels=comparisons.TEAMS)
    ax.invert_yaxis()


explore(
    draw_boston,
    runtime.pick(full=[0, 1, 2, 3, 4, 6, 8, 10, 12, 16, 20], smoke=[0, 6]),
    label="wins of Boston over Milwaukee",
    alt=lambda k: (
        f"Seven teams with intervals; with {k} wins Boston stands at {with_boston(k)[0][1]:.2f}, Milwaukee at {with_boston(k)[0][4]:.2f}."
    ),
    height=3.3,
)

# %% [markdown]
# Two ratings move, the others hardly; and the intervals of a whole season still overlap nearly everywhere.
#
# **Ties** need one more number. Asked to compare two puddings, people often had no preference. Davidson's model gives the tie a weight between the two:
# $\nu\sqrt{\gamma_i\gamma_j}$. **Being first** needs one more as well: add a constant to the difference, $\sigma(r_i-r_j+h)$. Again both are printed in books.

# %% tags=["hide-input"]
# @title Source
show_source(ties.outcomes)

# %%
pudding_wins, pudding_ties = comparisons.puddings()
fit, nu = ties.davidson(pudding_wins, pudding_ties)
worth = torch.softmax(fit.r, 0)
i, j = ((won + lost) > 0).nonzero().T
weights, covariance = linear.fit(linear.players(i, j, 7, home=True), won[i, j], lost[i, j])
table(
    [
        *((f"pudding {k + 1}", f"{p:.4f}", f"{w:.4f}") for k, (p, w) in enumerate(zip((0.1388, 0.1730, 0.1617, 0.1654, 0.1587, 0.2024), worth.tolist()))),
        ("how common ties are, nu", "0.7468", f"{nu:.4f}"),
        ("at home, 1987", "0.3023 (s.e. 0.1309)", f"{weights[-1]:.4f} (s.e. {covariance[-1, -1].sqrt():.4f})"),
    ],
    ["", "printed", "ours"],
    f"{int(pudding_ties.sum() / 2)} of {int(pudding_wins.sum() + pudding_ties.sum() / 2)} comparisons of puddings were ties",
)  # fmt: skip

# %% [markdown]
# ## The Arena
#
# Now the same with language models. A visitor asks, two anonymous models answer, the visitor prefers one. Ratings are printed on
# **Elo's scale**, where 400 points are odds of ten to one: a unit of $r$ is $400/\ln10\approx174$ points. What does a lead mean?

# %%
text, text_votes = comparisons.leaderboard("text")
lead = (text[0] - text[7]).item()
print(
    f"first against eighth on the deck's text board: {lead:.0f} points, so the first wins {torch.sigmoid(torch.tensor(lead / arena.SCALE)):.0%} of the battles"
)

# %% [markdown]
# The deck shows scores and votes, not battles. So we make battles: as many as there were votes, with outcomes drawn from the printed scores.
# They are synthetic, and that is the point: now the truth is known, and we can see what a board of so many votes can tell. (In the
# real Arena the opponents are all its models, not these eight.) The intervals come from the **bootstrap**: draw the battles again with replacement, fit, repeat.

# %% tags=["hide-input"]
# @title Source
show_source(arena.resample, arena.rank_range)

# %%
times = runtime.pick(full=300, smoke=30)
board_wins = arena.simulate(text, text_votes, torch.Generator().manual_seed(0))
board = arena.leaderboard(board_wins, times, torch.Generator().manual_seed(1), at=text.mean().item())
with figure(
    alt=f"Scores of eight models with 95 % intervals; {int((board.best != board.worst).sum())} of the eight have more than one rank left open. "
    "Grey diamonds, the deck's scores, lie in or near the intervals.",
    height=3.4,
) as ax:
    for k in range(8):
        ax.plot([board.low[k], board.high[k]], [k, k], color=COLOURS[0], linestyle="-", marker="|")
        ax.plot([board.scores[k]], [k], linestyle="", marker="o", color=COLOURS[0])
        ax.plot([text[k]], [k], linestyle="", marker="D", color="#777777", markersize=4)
        ax.annotate(f"ranks {int(board.best[k])} to {int(board.worst[k])}", (1503, k), va="center", fontsize=9)
    ax.set(title="From the votes alone, most ranks stay open", xlabel="score (diamonds: the truth, as on the deck)")
    ax.set(yticks=range(8), yticklabels=[f"deck's rank {k + 1}" for k in range(8)], xlim=(1430, 1518))
    ax.invert_yaxis()

# %% [markdown]
# How many votes would settle it? An error shrinks with the root of the votes: a hundred times the votes for a tenth of the width.


# %%
def at_votes(factor):
    wins = arena.simulate(text, (text_votes * factor).round(), torch.Generator().manual_seed(2))
    return arena.leaderboard(
        wins, runtime.pick(full=200, smoke=20), torch.Generator().manual_seed(3), at=text.mean().item()
    )


factors = runtime.pick(full=[0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0], smoke=[0.1, 1.0])
boards = {factor: at_votes(factor) for factor in factors}
widths = {factor: (b.high - b.low).mean().item() for factor, b in boards.items()}
slope = math.log(widths[factors[-1]] / widths[factors[0]]) / math.log(factors[-1] / factors[0])


def draw_votes(ax, factor):
    b = boards[factor]
    for k in range(8):
        ax.plot([b.low[k], b.high[k]], [k, k], color=COLOURS[0], linestyle="-", marker="|")
        ax.plot([b.scores[k]], [k], linestyle="", marker="o", color=COLOURS[0])
    ax.set(
        title=f"{factor:g} times the votes: intervals of {widths[factor]:.0f} points", xlabel="score", xlim=(1420, 1520)
    )
    ax.set(yticks=range(8), yticklabels=[f"deck's rank {k + 1}" for k in range(8)])
    ax.invert_yaxis()


explore(
    draw_votes,
    factors,
    label="times the votes of the deck",
    alt=lambda f: (
        f"Eight scores with intervals that are {widths[f]:.0f} points wide on average, at {f:g} times the deck's votes."
    ),
    height=3.3,
)

# %% [markdown]
# **Online Elo** is older and needs no fit: after each battle the winner takes $K$ times the probability with which it should have lost. That is
# one gradient step on one battle. What does it cost? The same battles, in two orders:

# %%
cells = torch.repeat_interleave(torch.arange(64), board_wins.flatten().long())
orders = [cells[torch.randperm(len(cells), generator=torch.Generator().manual_seed(s))] for s in (0, 1)]
last = [arena.online_elo(c // 8, c % 8, 8, K=4.0)[-1] for c in orders]
apart = (last[0] - last[1]).abs().mean().item()
print(f"{len(cells):,} battles, K = 4: two orders of the same battles end {apart:.1f} points apart on average")
print(f"a fit of all battles does not depend on the order; its intervals are {widths[1.0]:.0f} points wide")

# %% [markdown]
# **Erratum.** On the deck's second board, WebDev, the eighth row has a higher score than the fifth, sixth and seventh. A board that is sorted by its score can't.
# Text of a picture is easily misread, so one of these digits may be wrong; we take the numbers as they are and name rows by rank.

# %%
web = comparisons.leaderboard("webdev")[0]
print(f"WebDev as printed: {[int(v) for v in web]}; sorted: {bool((web.diff() <= 0).all())}")
right_order, in_range = [], []
for seed in range(5):
    b = arena.leaderboard(
        arena.simulate(text, text_votes, torch.Generator().manual_seed(10 + seed)),
        times,
        torch.Generator().manual_seed(seed),
    )
    right_order.append(sum(bool(b.scores[i] > b.scores[j]) for i in range(8) for j in range(i + 1, 8)))
    in_range.append(sum(bool(b.best[k] <= k + 1 <= b.worst[k]) for k in range(8)))
print(
    f"text, five simulated boards: {right_order} of 28 pairs in the deck's order; deck's rank within the range for {in_range} of 8 models"
)

# %% [markdown]
# And size? An arena with ten thousand players has fifty million pairs, but a million games fill only one in fifty. Store those, and solve
# Newton's equations by conjugate gradients:

# %%
n, G = runtime.pick(full=(3000, 200_000), smoke=(300, 10_000))
truth = torch.randn(n, generator=g, dtype=float64)
a = torch.randint(n, (G,), generator=g)
b = (a + torch.randint(1, n, (G,), generator=g)) % n
a_wins = torch.rand(G, generator=g, dtype=float64) < torch.sigmoid(truth[a] - truth[b])
start = time.perf_counter()
many = games.collect(torch.where(a_wins, a, b), torch.where(a_wins, b, a), n)
found, steps = games.newton(many)
print(
    f"{n:,} players, {G:,} games: {steps} steps, {time.perf_counter() - start:.1f} s; correlation with the truth {torch.corrcoef(torch.stack([found, truth]))[0, 1]:.3f}"
)

# %% [markdown]
# `lib/BENCHMARKS-preferences.md` has ten thousand players and a million games, beside another library.
#
# ## From players to what is compared
#
# A rating for each player is useless for an answer that nobody has seen yet. So let the rating depend on *what is compared*:
# $r=\hat r(\mathbf x)$. The simplest is linear, and there are 2,929 real choices of 235 people to learn it from: which of two train journeys
# would you take, in the Netherlands of 1987, given price, time, changes, comfort?

# %%
choices = comparisons.train_choices()
test = choices.person % 5 == 0  # whole people are held out: the choices of one person are alike
X, mu = choices.first - choices.second, choices.mu
w, covariance = linear.fit(X[~test], mu[~test], 1 - mu[~test])
p = torch.sigmoid(X[test] @ w)
accuracy = ((p > 0.5) == (mu[test] > 0.5)).double().mean().item()
hour = (w[1] / w[0]).item()
bins = torch.bucketize(p, torch.linspace(0, 1, 11, dtype=float64)[1:-1])
said = [p[bins == k].mean().item() for k in range(10) if (bins == k).sum() > 5]
seen = [mu[test][bins == k].mean().item() for k in range(10) if (bins == k).sum() > 5]
with figure(
    alt=f"Predicted probability of the first journey against the share that took it, for held-out people: the points follow the diagonal. Accuracy {accuracy:.0%}.",
    width=4.6,
    height=3.8,
) as ax:
    ax.plot([0, 1], [0, 1], color="#999999", marker="", linewidth=1)
    ax.plot(said, seen, linestyle="", marker="o", color=COLOURS[0])
    ax.set(
        title=f"People never seen: {accuracy:.0%} predicted",
        xlabel="predicted share that takes the first",
        ylabel="share that did",
    )
print({name: round(v, 3) for name, v in zip(comparisons.FEATURES, w.tolist())})
print(f"an hour is worth {hour:.0f} guilders to them, or {hour / 2.20371:.1f} euros")

# %% [markdown]
# Four weights, and the value of an hour falls out as a ratio. A word on units: a published analysis of these data *multiplies* guilders by 2.20371 to get euros, but
# a euro was 2.20371 guilders, so one has to divide. Its weights agree with ours digit for digit (there is a test), its "euros" an hour do not.
#
# ## Christiano et al.: a reward for every step
#
# In 2017 the same was done with behaviour. A person sees two short clips, **segments** $\sigma_1,\sigma_2$ of some steps each, of a robot or a game, and says which is better,
# or that they are equal. A network predicts a reward $\hat r(o,a)$ for each step; a segment's rating is
# $\gamma(\sigma)=e^{\sum_t \hat r(o_t,a_t)}$, and the rest is Bradley and Terry:
#
# $$\mathcal L=-\sum_{(\sigma_1,\sigma_2,\mu)}\big(\mu(1)\log\hat p(\sigma_1\succ\sigma_2)+\mu(2)\log\hat p(\sigma_2\succ\sigma_1)\big).$$
#
# $\mu$ is all on one side, or half and half for a tie. And the gradient? Every step of the first segment gets the same number, $\hat p-\mu(1)$: the
# surprise of Elo and of MM, once more.

# %% tags=["hide-input"]
# @title Source
show_source(segments.preference_loss, segments.preference_gradient)

# %%
first, second = (torch.randn(6, 4, generator=g, dtype=float64, requires_grad=True) for _ in range(2))
answers = torch.tensor([1, 0, 0.5, 1, 0, 0.5], dtype=float64)
by_hand = segments.preference_gradient(first, second, answers)
by_autograd = torch.autograd.grad(segments.preference_loss(first, second, answers), (first, second))
gradient_error = max((a - b).abs().max().item() for a, b in zip(by_hand, by_autograd))
print(f"the formula and autograd differ by {gradient_error:.0e}")

# %% [markdown]
# The task: balance a pole on a cart. The equations are gymnasium's CartPole. Three things differ: the force is continuous; the true reward is 1 for each of 200 steps on which
# the pole stands; and an episode never ends early, because a *length* would give the reward away. The policy has 25 weights, and
# the search is crude on purpose: draw 64 policies, keep the 10 best, draw again around them.

# %% tags=["hide-input"]
# @title Source
show_source(control.step, control.search)

# %% [markdown]
# The judge is a program that sees true returns of segments of 25 steps. It errs in one answer of ten, and calls the closest pairs ties. The reward model is an **ensemble** of three small
# networks, each trained on its own bootstrap of the answers. A quarter of the answers is asked for before the search starts, the
# rest while it goes on, **about what the policies do now**. The learner never sees the true reward.

# %% tags=["hide-input"]
# @title Source
show_source(experiments.ask)


# %%
def run_live(name, seed):
    options = dict(experiments.WAYS[name], iterations=runtime.pick(full=30, smoke=2))
    if options.get("labels"):
        options["labels"] = runtime.pick(full=options["labels"], smoke=8)
    return experiments.learn(seed, **options)


live = {name: run_live(name, 0) for name in ("true reward", "200 answers, spread", "40 answers, all at the start")}
with figure(
    alt="True return of the 64 policies against iterations. On the true reward and on about 200 answers it rises to 200; on 40 answers that were all "
    "given at the start it does not.",
    height=3.3,
) as ax:
    for (name, run), style in zip(live.items(), STYLES):
        ax.plot(run.true, linestyle=style, label=name)
    ax.set(
        title="Two hundred answers stand in for the reward",
        xlabel="iteration of the search",
        ylabel="mean true return, steps upright",
    )
    ax.set(ylim=(0, 210))
    label_lines(ax)
for name, run in live.items():
    print(f"{name}: {run.labels} answers, {run.ties} of them ties; final policy {run.final:.0f} of 200")

# %% [markdown]
# Look at the ties. Most pairs of segments are equal to this judge: both poles stand, or both lie. So most answers say "no preference", and the loss uses them: half of $\mu$ on either
# side pulls the two sums together. The uniform $\mu$ on the slide is no ornament.
#
# One seed shows little. The record has six of each:

# %%
record = records.load("01")
by_way = {name: [r for r in record["pole"]["runs"] if r["way"] == name] for name in experiments.WAYS}
finals = {name: [r["final"] for r in runs] for name, runs in by_way.items()}
pole = {name: records.interval(values) for name, values in finals.items()}
print(records.made(record))
table(
    [
        (name, by_way[name][0]["labels"], f"{m:.0f} ± {h:.0f}", f"{statistics.median(finals[name]):.0f}", ", ".join(f"{v:.0f}" for v in finals[name]))
        for name, (m, h) in pole.items()
    ],
    ["trained on", "answers", "true return, 95 % interval", "median", "each seed"],
    "true return of the final policy, of 200; six seeds",
)  # fmt: skip

# %% [markdown]
# The paper asked people about 700 times for simulated robots, and 5,500 times for Atari. Two hundred answers on a pole are as good as the reward, at every seed. Forty are nearly as good, **if they are spread**: the same number before the search starts is a
# gamble. The paper has a trick: ask about the pairs on which the members of the ensemble **disagree**. Here that comes out behind asking at random, as the row
# says; the paper, too, found it harmful in some of its tasks. We did not find out why.
#
# ## Specification gaming
#
# In the paper one agent learned, from a reward that nobody updated any more, to keep the ball of Pong in play for ever instead of scoring. The two lowest rows are ours: all
# answers before the search, then silence. Draw both returns, the one the policy is paid and the one we want:

# %%
frozen = by_way["40 answers, all at the start"]
peaks = [max(r["true"]) for r in frozen]
ends = [r["true"][-1] for r in frozen]
paid_more = [r["proxy"][-1] > r["proxy"][0] for r in frozen]
fell = [e < 0.7 * p for e, p in zip(ends, peaks)]
eight = by_way["8 answers, all at the start"]
eight_paid_more = [r["proxy"][-1] > r["proxy"][0] for r in eight]
eight_worse = [r["true"][-1] < r["true"][0] for r in eight]
shown = max(frozen, key=lambda r: max(r["true"]) - r["true"][-1])
spread_run = by_way["40 answers, spread"][shown["seed"]]
with figure(
    alt=f"Left, answers frozen at the start: the learned reward rises, the true return climbs to {max(shown['true']):.0f} and then falls to "
    f"{shown['true'][-1]:.0f}. Right, the same number of answers spread over the training.",
    columns=2,
    width=9,
    height=3.4,
) as axes:
    for ax, run, title in zip(axes, (shown, spread_run), ("answers frozen at the start", "as many answers, spread")):
        low, high = min(run["proxy"]), max(run["proxy"])
        ax.plot(run["true"], linestyle="-", color=COLOURS[0], label="true return")
        ax.plot(
            [200 * (v - low) / (high - low) for v in run["proxy"]],
            linestyle="--",
            color=COLOURS[1],
            label="learned reward, scaled",
        )
        ax.set(title=title, xlabel="iteration", ylabel="true return", ylim=(0, 210))
        ax.legend(loc="lower right")
print(f"40 answers, frozen (drawn: seed {shown['seed']}, the deepest fall): the learned reward ends higher than it began in {sum(paid_more)} of "
      f"{len(frozen)} seeds; the true return ends more than 30 % below its best in {sum(fell)}")  # fmt: skip
print(
    f"8 answers, frozen: the learned reward ends higher in {sum(eight_paid_more)}, the true return lower than at random in {sum(eight_worse)}"
)

# %% [markdown]
# Nobody cheated. The search finds what the network likes best, and the network knows what it was asked about. What do such policies do? Here are the final ones of two
# frozen runs, beside what the judge was shown and beside an honest policy:

# %%
g_ = torch.Generator().manual_seed(5)
judged = control.rollout(control.SPREAD * torch.randn(64, control.WEIGHTS, generator=g_), 1, g_).inputs
looked_at = {"what the judge was shown": judged}
for name, run in (
    ("frozen, seed 0", live["40 answers, all at the start"]),
    (f"frozen, seed {shown['seed']}", run_live("40 answers, all at the start", shown["seed"])),
    ("true reward", live["true reward"]),
):
    looked_at[name] = control.rollout(torch.tensor(run.policy)[None], 64, g_).inputs
table(
    [
        (name, f"{on.double().mean():.0%}", f"{up.double().mean():.0%}", f"{(on & up).double().mean():.0%}")
        for name, on, up in ((n, x[..., 0].abs() < 1, x[..., 2].abs() < 1) for n, x in looked_at.items())
    ],
    ["policies", "cart on its track", "pole upright", "both, which is paid"],
    "share of all steps",
)

# %% [markdown]
# Read the two frozen rows against each other. One policy keeps the cart on the track and lets the pole drop. The other keeps the pole up and lets the cart run away. Each has learned the
# half of the task that its forty answers happened to tell apart, and optimises that half at the cost of the other. Asking again about what the policy does *now* cures it; lecture 02 holds the policy
# near its start instead.

# %% [markdown]
# ## Reward shaping
#
# A pole pays at every step. Often the pay comes once, at the end, and a learner gropes about until then. It is tempting to help: pay
# something on the way. What may you pay without changing what is best?
#
# Ng, Harada and Russell: any **potential difference**. With a potential $\Phi(s)$, and $\gamma$ now the discount of reinforcement learning,
#
# $$R'(s,s')=R(s,s')+\gamma\,\Phi(s')-\Phi(s),$$
#
# and $\Phi=0$ where the episode ends. Along any path the additions telescope to $-\Phi(s_0)$: every path gets the same, so the best stays the best.
# On a grid of 15 by 15, from one corner to the other, values can be computed exactly:

# %% tags=["hide-input"]
# @title Source
show_source(shaping.shaped, shaping.bonus)

# %%
size = runtime.pick(full=15, smoke=5)
Phi = shaping.potential(size)
exact = shaping.best_values(size, 0.99)
with_potential = shaping.best_values(size, 0.99, shaping.shaped(Phi, 0.99))
shift_error = (exact - Phi[:, None] - with_potential)[:-1].abs().max().item()
print(f"the best values with a potential are those without it, less Phi: they differ by {shift_error:.0e}")

# Wiewiora: learning with it from Q = 0 is learning without it from Q = Phi, step for step
with_it, Q_with = shaping.learn(size, 60, torch.Generator().manual_seed(0), shaping.shaped(Phi, 0.99))
without, Q_without = shaping.learn(size, 60, torch.Generator().manual_seed(0), start=Phi)
wiewiora_error = (Q_with + Phi[:, None] - Q_without)[:-1].abs().max().item()
print(f"same episodes: {with_it == without}; Q + Phi and Q differ by {wiewiora_error:.0e}")

# %% [markdown]
# The second line is Wiewiora's: shaping is nothing but a better first guess of the values. Now three learners: no help, a potential, and a bonus of 0.05
# for every step that leads nearer, which takes nothing away for a step back. The bonus looks as harmless as the potential.

# %%
seeds = range(runtime.pick(full=5, smoke=2))
paid = {
    name: [experiments.shape(name, s, size, runtime.pick(full=400, smoke=20)) for s in seeds]
    for name in experiments.PAID
}
shortest = 2 * (size - 1)
soon = {
    name: [next((k for k, n in enumerate(steps) if n <= 2 * shortest), len(steps)) for steps, _ in runs]
    for name, runs in paid.items()
}
arrives = {name: [len(cells) - 1 for _, cells in runs] for name, runs in paid.items()}
with figure(
    alt="Left: steps of each episode, logarithmic; with a potential the first episodes are short at once. Right: greedy walks on the grid; with the bonus the "
    "walk goes to and fro between two cells.",
    columns=2,
    width=9,
    height=3.6,
) as axes:
    for (name, runs), colour, style in zip(paid.items(), COLOURS, STYLES):
        medians = torch.tensor([steps for steps, _ in runs]).double().median(0).values
        axes[0].semilogy(range(1, len(medians) + 1), medians, color=colour, linestyle=style, marker="", label=name)
        path_ = torch.tensor(runs[0][1])
        axes[1].plot(
            path_ % size,
            path_ // size,
            color=colour,
            linestyle=style,
            marker="o" if "bonus" in name else "",
            label=name,
        )
    axes[0].set(title="A potential saves the groping", xlabel="episode", ylabel="steps to the goal (2000: given up)")
    axes[0].legend()
    axes[1].plot([size - 1], [size - 1], marker="*", markersize=14, color="black", linestyle="")
    axes[1].set(title="Where the greedy policy walks", xlabel="column", ylabel="row", xlim=(-1, size), ylim=(size, -1))
    stuck = torch.tensor(paid["a bonus for nearer"][0][1][-2:])
    axes[1].plot(
        stuck % size,
        stuck // size,
        linestyle="",
        marker="s",
        markersize=9,
        color=COLOURS[2],
        label="to and fro, for ever",
    )
    axes[1].legend(loc="lower left")
table(
    [
        (name, ", ".join(map(str, soon[name])), ", ".join(f"{n}" if n < 500 else "never" for n in arrives[name]))
        for name in paid
    ],
    ["paid on top", "first episode of at most twice the shortest way, by seed", "steps of the final walk, by seed"],
    f"the shortest way has {shortest} steps",
)

# %% [markdown]
# The arithmetic of the trap: to and fro pays 0.05 at every second step, which is worth $0.05/(1-0.99^2)$ when discounted, more than the goal's 1. A bonus without its negative
# half is a pump. This, too, is specification gaming, and here the mistake was made by the one who wrote the reward.

# %%
print(f"to and fro for ever: {0.05 / (1 - 0.99**2):.2f}; the goal: 1")

# %% [markdown]
# ## The claims, put to the test

# %%
true_mean = pole["true reward"][0]
few_mean, few_half = pole["200 answers, spread"]
near = [v >= 0.9 * true_mean for v in finals["200 answers, spread"]]
sooner = records.interval([a - b for a, b in zip(soon["nothing on top"], soon["a potential"])])
figures.claims(
    [
        Claim(
            "RLHF, Christiano et al.: a few hundred comparisons train a policy close to one on the true reward",
            f"about 200 answers: {few_mean:.0f} ± {few_half:.0f} of {true_mean:.0f}; {sum(near)} of {len(near)} seeds within 10 %; 40 answers: "
            f"{pole['40 answers, spread'][0]:.0f} ± {pole['40 answers, spread'][1]:.0f}",
            "reproduced"
            if few_mean - few_half >= 0.9 * true_mean
            else "partly"
            if sum(near) > len(near) / 2
            else "not here",
            "With a judge that is a program and errs in a tenth of its answers; six seeds.",
        ),
        Claim(
            "Bradley-Terry: the printed ratings; the likelihood rises at every step",
            f"largest difference from what is printed {off_print:.0e}; MM never falls: {rises}",
            "reproduced" if off_print < 5.1e-5 and rises else "not here",
            "Printed to four digits. Against another library, choix, the tests ask for 1e-6.",
        ),
        Claim(
            "Potential-based shaping: fewer episodes, same final policy; a bonus changes it",
            f"sooner by {sooner[0]:.0f} ± {sooner[1]:.0f} episodes; final walks {sorted(set(arrives['a potential']))} against "
            f"{sorted(set(arrives['nothing on top']))}; with the bonus it arrives in {sum(n < 500 for n in arrives['a bonus for nearer'])} of {len(list(seeds))}",
            "reproduced"
            if sooner[0] > sooner[1]
            and set(arrives["a potential"]) == {shortest}
            and min(arrives["a bonus for nearer"]) >= 500
            else "partly",
        ),
        Claim(
            "Specification gaming: the learned reward rises while the true one falls",
            f"8 frozen answers: learned reward up in {sum(eight_paid_more)} of {len(eight)} seeds, true return below random in {sum(eight_worse)}; 40: up in "
            f"{sum(paid_more)}, true return {statistics.mean(peaks):.0f} at its best and {statistics.mean(ends):.0f} at the end, more than 30 % down in {sum(fell)}",
            "reproduced"
            if sum(eight_paid_more) + sum(eight_worse) >= 2 * len(eight) - 1
            else "partly"
            if any(fell)
            else "not here",
            "With more answers it becomes rarer: some of the rewards from 40 are good enough.",
        ),
        Claim(
            "The leaderboard: its order comes back from simulated battles; intervals shrink with votes",
            f"{statistics.mean(right_order):.1f} of 28 pairs in order; the deck's rank within the range for {sum(in_range)} of {8 * len(in_range)}; width falls as votes to the {slope:.2f}",
            "reproduced" if min(right_order) == 28 else "partly",
            "Neighbours a point apart cannot be told apart by so many votes; the ranges of ranks say so.",
        ),
    ]
)

# %% [markdown]
# ## Errata
#
# - The slide takes ratings $\gamma_i\in\mathbb{R}$; they have to be positive (checked under the definition). $\gamma(\sigma)=e^{\sum\hat r}$ is.
# - WebDev's eighth row is printed with a higher score than rows five to seven (checked above). The models' names are garbled in the deck's text: rows go by rank here.
# - "Steinon et al." is Stiennon et al.; its loss, on the next slide, lacks a minus. Lecture 02 shows it.
# - Not about models: on 11 December 1792 it was Louis XVI who stood trial, and Edward VIII abdicated in 1936.
#
# ## What to remember
#
# 1. Comparisons give ratings up to a shift: a logistic regression on differences.
# 2. MM counts wins over expected time at risk. It is EM, it never falls, and Newton is faster.
# 3. No chain of wins, no maximum. A ghost is a prior.
# 4. A rank without a range is an anecdote: errors shrink with the root of the votes.
# 5. A segment's rating is $e$ to the sum of its rewards. One surprise, $\hat p-\mu$, goes to every step.
# 6. A learned reward is good where it was asked about. Keep asking about what the policy does now, or it will be gamed.
# 7. Potentials change nothing but the speed. Anything else may change what is best.

# %% [markdown]
# ## Test yourself

# %% tags=["hide-input"]
# @title Question
quiz("01-thirty-wins")

# %% tags=["hide-input"]
# @title Question
quiz("01-votes-to-tell-apart")

# %% tags=["hide-input"]
# @title Question
quiz("01-rising-reward")

# %% [markdown]
# ## References
#
# - Bradley, Terry. *Rank analysis of incomplete block designs: I. The method of paired comparisons.* Biometrika, 1952.
# - Hunter. *MM algorithms for generalized Bradley-Terry models.* Annals of Statistics, 2004. Caron, Doucet. *Efficient Bayesian inference for generalized Bradley-Terry models.* 2012. [arXiv:1011.1761](https://arxiv.org/abs/1011.1761)
# - Davidson. *On extending the Bradley-Terry model to accommodate ties in paired comparison experiments.* JASA, 1970.
# - Agresti. *Categorical data analysis*, 2nd ed., 2002. Turner, Firth. *Bradley-Terry models in R.* Journal of Statistical Software 48(9), 2012.
# - Christiano, Leike, Brown, Martic, Legg, Amodei. *Deep reinforcement learning from human preferences.* 2017. [arXiv:1706.03741](https://arxiv.org/abs/1706.03741)
# - Ng, Harada, Russell. *Policy invariance under reward transformations.* ICML 1999. Wiewiora. *Reward shaping.* Encyclopedia of Machine Learning, 2010; *Potential-based shaping and Q-value initialization are equivalent.* JAIR, 2003.
# - Chiang et al. *Chatbot Arena: an open platform for evaluating LLMs by human preference.* 2024. [arXiv:2403.04132](https://arxiv.org/abs/2403.04132)
# - Ben-Akiva, Bolduc, Bradley. *Estimation of travel choice models with randomly distributed values of time.* 1993. Data and licences: `llmcourse.data.comparisons`.

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 01](../work/01_preferences/01_lab.ipynb), about 110 minutes. **Next:** [03 LoRA and other adapters](03_lora.ipynb).
