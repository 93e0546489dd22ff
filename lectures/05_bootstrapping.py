# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 05 · Bootstrapping: a model teaches itself
#
# A small network adds numbers of two digits and gets a third of them right. Nobody tells it another answer. It only hears which of
# *its own* answers are right, and learns from those. Three rounds later it gets nine of ten. Where did the knowledge come from? This lecture
# derives the loop from a lower bound, one line at a time, runs five methods that are this loop in different clothes, and looks at where each of them stops.

# %% [markdown] tags=["badge"]
# about 100 minutes · builds on 02 From human feedback to a policy, 04 Instruction tuning

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
# - derive the loop of ReST-EM as two steps of ascent on one bound, and check every line by a number;
# - say what the slide's $q_*$ is not, and which objective Algorithm 1 really climbs;
# - run ReST-EM, and read coverage, accuracy and overfitting from round to round;
# - say what a hint adds to STaR, and what a filter by the answer lets through;
# - tell when more paths help, and when they are the same mistake written differently;
# - build Self-Instruct's pipeline around a real model, and judge what comes out at 135 million parameters;
# - run a program that improves itself inside of walls, and compare it with the same search without recursion.
#
# The letters are the slides': question $\mathbf{x}$, answer $\mathbf{y}$, reward $r(\mathbf{x},\mathbf{y})\ge0$, model $p_\theta(\mathbf{y}|\mathbf{x})$, and a variable
# $O$ that is 1 when an answer is good.

# %%
import copy
import itertools
import random
import statistics
import time

import torch
from llmcourse import figures, models, records, runtime
from llmcourse.bootstrapping import (
    em,
    experiments,
    problems,
    rest,
    rft,
    rouge,
    sandbox,
    self_instruct,
    star,
    stop,
    stop_child,
    writer,
)
from llmcourse.figures import COLOURS, Claim, explore, figure, quiz, show_source, table

STYLES = ("-", "--", "-.", ":", (0, (9, 2)))
THREADS = torch.get_num_threads()
torch.set_num_threads(1)  # the small network's matrices are too small to share
print(runtime.describe())

# %% [markdown]
# ## The right answer is in there
#
# First a model that knows a little: a network of 0.1 million parameters, trained on 700 sums with their answers. There are 10,000 sums of two-digit numbers.
# What does it say to one that it gets wrong?

# %%
data = experiments.Sums.drawn(seed=0)
steps, N, draws = runtime.pick(full=(300, 8, 200), smoke=(60, 4, 8))
first = data.first(0, steps)
accuracy = [data.accuracy(first)]
print(f"{first.parameters_count:,} parameters; {accuracy[0]:.0%} of {len(data.test)} test questions right")


def said(model, question):
    """How often each answer is drawn, the most frequent first."""
    answers = writer.draw(model, [question], draws, runtime.seed(0), experiments.LENGTH)[0]
    return sorted(((answers.count(y) / draws, y) for y in set(answers)), reverse=True)


def missed_but_known(model, questions):
    """Questions whose greedy answer is wrong and whose right answer is drawn now and then."""
    greedy = writer.write(model, questions, runtime.seed(0), experiments.LENGTH, 0.0)
    wrong = [x for x, y in zip(questions, greedy) if not problems.right(x, y)]
    return [x for x in wrong if any(problems.right(x, y) and share > 0.02 for share, y in said(model, x))] or wrong


examples = missed_but_known(first, data.unlabelled[-30:])[:3]


def bars(ax, model, question):
    """The eight most frequent answers; the right one dark."""
    drawn = said(model, question)[:8]
    colours = [COLOURS[0] if problems.right(question, y) else "#bbbbbb" for _, y in drawn]
    ax.bar(
        [y or "(none)" for _, y in drawn],
        [share for share, _ in drawn],
        color=colours,
        edgecolor="black",
        linewidth=0.6,
    )
    ax.set(title=question, xlabel="answer", ylim=(0, 1))
    ax.tick_params(axis="x", rotation=60)


with figure(
    alt="Shares of the answers drawn to three questions. The right answer, dark, is not the most frequent one, but it is among them.",
    columns=3,
    width=9,
    height=2.8,
) as axes:
    for ax, x in zip(axes, examples):
        bars(ax, first, x)
    axes[0].set(ylabel=f"share of {draws} draws")

# %% [markdown]
# The dark bar is right, and is not the highest. A model that draws many times holds the right answer now and then. If somebody can **check** an
# answer, those draws can be told apart, and learned from. That checking is easier than answering is where the knowledge comes from.
#
# ## What should be maximised?
#
# The expected reward, $\mathcal{L}_{\mathrm{RL}}(\theta)=\mathbb{E}_{\mathbf{x}}\mathbb{E}_{\mathbf{y}\sim p_\theta}[r(\mathbf{x},\mathbf{y})]$. Its gradient needs fresh samples at every step. The way round: say
# that an answer is *good* with probability $p(O=1|\mathbf{x},\mathbf{y})\propto f(r(\mathbf{x},\mathbf{y}))$, with some $f$ that does not fall, and maximise
#
# $$\log p(O=1|\mathbf{x}) = \log\sum_{\mathbf{y}} p_\theta(\mathbf{y}|\mathbf{x})\,p(O=1|\mathbf{x},\mathbf{y}).$$
#
# The sum over all answers is out of reach for a language model. For one-digit sums it is not: 19 answers. So everything below can be computed twice, by the
# bound and by the sum. Here are 30 such questions, and a fresh network whose probabilities for all 19 answers we list.

# %%
digits = [x for x in problems.sums(1, seed=0)][: runtime.pick(full=30, smoke=4)]
possible = [str(y) for y in range(19)]
listed = writer.encode([(x, y) for x in digits for y in possible])
r = torch.tensor([[1.0 if problems.right(x, y) else 0.0 for y in possible] for x in digits], dtype=torch.float64)
r = 0.05 * (1 - r) + r  # a wrong answer is good with probability 0.05: nothing is excluded yet


def log_p(model):
    """log p(y | x), (questions, 19). What the network gives to other texts is missing: nothing there has a reward."""
    return writer.log_likelihood(model, *listed).cpu().view(len(digits), len(possible))


small, _ = writer.fine_tune(
    writer.small(seed=1),
    [(x, str(problems.total(x))) for x in digits[:15]],
    runtime.pick(full=30, smoke=2),
    runtime.seed(1),
    batch=32,
)
small = small.double()
with torch.no_grad():
    p = log_p(small)
evidence = em.log_evidence(p, r)
print(f"log p(O = 1 | x) of the first three questions: {', '.join(f'{v:.3f}' for v in evidence[:3])}")

# %% [markdown]
# ## The bound
#
# Multiply and divide by any $q(\mathbf{y}|\mathbf{x})$, and let the logarithm go inside: Jensen's inequality, because the logarithm is concave.
#
# $$\log p(O=1|\mathbf{x}) = \log\mathbb{E}_{q}\!\left[\frac{p(O=1|\mathbf{x},\mathbf{y})\,p_\theta(\mathbf{y}|\mathbf{x})}{q(\mathbf{y}|\mathbf{x})}\right]
# \ \ge\ \mathbb{E}_{q}\!\left[\log\frac{p(O=1|\mathbf{x},\mathbf{y})\,p_\theta(\mathbf{y}|\mathbf{x})}{q(\mathbf{y}|\mathbf{x})}\right]
# = \mathbb{E}_{q}[\log p(O=1|\mathbf{x},\mathbf{y})]-\mathrm{KL}(q\,\|\,p_\theta) = \mathcal{L}(p_\theta,q).$$
#
# Three lines, three checks, with a $q$ drawn at random for every question:

# %% tags=["hide-input"]
# @title Source
show_source(em.divergence, em.elbo, em.gap)

# %%
g = runtime.seed(0)
q = torch.rand(p.shape, generator=g, dtype=torch.float64)
q = q / q.sum(-1, keepdim=True)
inside = r * p.exp() / q
line_1 = (q * inside).sum(-1).log()  # the logarithm of an expectation under q
line_2 = (q * inside.log()).sum(-1)  # the expectation of a logarithm
L = em.elbo(p, r, q)
print(f"line 1 is the evidence:          differs by {(line_1 - evidence).abs().max():.0e}")
print(f"line 2 is below it:              by {(line_1 - line_2).min():.2f} to {(line_1 - line_2).max():.2f} nats")
print(f"line 3 is line 2:                differs by {(L - line_2).abs().max():.0e}")

# %% [markdown]
# What exactly is lost? The gap is again a divergence: from $q$ to the **posterior**, the model's answers given that they are good,
#
# $$\log p(O=1|\mathbf{x}) - \mathcal{L}(p_\theta,q) = \mathrm{KL}\!\left(q\,\Big\|\,\frac{q_*}{Z}\right),\qquad q_*(\mathbf{y}|\mathbf{x})=p(O=1|\mathbf{x},\mathbf{y})\,p_\theta(\mathbf{y}|\mathbf{x}),\quad Z=\sum_{\mathbf{y}}q_* .$$

# %%
gap = em.gap(p, r, q)
identity_error = (evidence - L - gap).abs().max().item()
print(f"evidence = bound + gap: differs by {identity_error:.0e}; the smallest gap is {gap.min():.2f}")
q_star = r * p.exp()
best = em.e_step(p, r)
rows = []
for name, some in (
    ("random q", q),
    ("q = p, the model", p.exp() / p.exp().sum(-1, keepdim=True)),
    ("q = q* / Z, the posterior", best),
):
    rows.append(
        (
            name,
            *(f"{v.mean():.4f}" for v in (em.elbo(p, r, some), em.gap(p, r, some), em.divergence(some, q_star.log()))),
        )
    )
table(
    rows,
    ["q", "bound L", "gap: KL(q ‖ q* / Z)", "sum of q log(q / q*)"],
    f"means over {len(digits)} questions, in nats; log p(O = 1 | x) is {evidence.mean():.4f}",
)

# %% [markdown]
# **Erratum.** The slide writes $\mathcal{L}=-\mathrm{KL}(q\,\|\,q_*)$ with $q_*=p(O=1|\mathbf{x},\mathbf{y})\,p_\theta(\mathbf{y}|\mathbf{x})$. That $q_*$ does not sum to one, so
# the last column is no divergence: at the posterior it is not 0 but $-\log Z$. The E-step does not mind, for $\log Z$ does not depend on $q$:
# the best $q$ is $q_*$ *divided by its sum*.

# %%
sums_to = q_star.sum(-1)
print(f"q* sums to {sums_to.min():.3f} up to {sums_to.max():.3f}, and not to one")
erratum = (em.divergence(best, q_star.log()) + sums_to.log()).abs().max().item()
print(f"at the best q, the 'KL' is -log Z: differs by {erratum:.0e}")

# %% [markdown]
# ## Two steps, one hill
#
# $\mathcal{L}$ has two arguments. Take turns: best $q$ for this model (**E**), best model for this $q$ (**M**). Neither can lower $\mathcal{L}$. For one question
# with two answers, both arguments are a number: how likely is the better answer, under the model ($p$) and under $q$? The better one has $r=0.9$, the
# other $r=0.3$. The hill, and the path; drag it.

# %%
two = torch.tensor([0.3, 0.9], dtype=torch.float64)
grid = torch.linspace(0.005, 0.995, 120, dtype=torch.float64)
pair = lambda t: torch.stack([1 - t, t], -1)  # (..., 2)
hill = em.elbo(pair(grid)[None].log(), two, pair(grid)[:, None].expand(120, 120, 2))  # rows: q, columns: p
ridge = em.e_step(pair(grid).log(), two.expand(120, 2))[:, 1]

at, path = 0.08, []  # the model's probability of the better answer
path.append((at, 0.6))
for _ in range(6):
    now = em.e_step(pair(torch.tensor(at, dtype=torch.float64))[None].log(), two[None])[0, 1].item()
    path.append((at, now))  # E: straight up
    at = now  # M: a table of probabilities is fitted exactly, p = q
    path.append((at, now))
heights = [
    em.elbo(
        pair(torch.tensor([a], dtype=torch.float64)).log(), two[None], pair(torch.tensor([b], dtype=torch.float64))
    ).item()
    for a, b in path
]


def draw_hill(ax, n):
    ax.contour(
        grid,
        grid,
        hill,
        levels=[-3, -2, -1.5, -1.2, -1, -0.8, -0.6, -0.45, -0.3, -0.2, -0.12],
        colors="#999999",
        linewidths=0.8,
        linestyles="solid",
    )
    ax.plot(grid, ridge, color=COLOURS[1], linestyle="--", marker="", label="best q for p (E)")
    ax.plot(grid, grid, color=COLOURS[2], linestyle=":", marker="", label="best p for q (M)")
    ax.plot(*zip(*path[: n + 1]), color="black", linestyle="-", marker="o", markersize=4, label="_")
    ax.set(
        title=f"after {n} half steps: L = {heights[n]:.3f}",
        xlabel="p: the model's probability of the better answer",
        ylabel="q",
    )
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.legend(loc="lower right")


explore(
    draw_hill,
    range(len(path)),
    label="half steps",
    alt=lambda n: (
        f"Level lines of the bound over p and q, and a staircase of {n} half steps between two curves; the bound is {heights[n]:.3f}"
    ),
    width=5.6,
    height=4.6,
)

# %% [markdown]
# Every step goes up, and the stairs get lower. After an E-step, the path stands on the dashed ridge, where the bound *is* the evidence. Note where it leads: to
# $p=1$ for the better answer. With $f=\mathrm{id}$ each round multiplies the odds by $0.9/0.3$. The other $f$ that is used is a threshold: good enough, or not.

# %%
with figure(
    alt="Weights of five answers under the model, after an E-step with f = identity, and with a threshold: the threshold keeps the ratios of the model among those above it.",
    height=2.8,
) as ax:
    some_p, some_r = (
        torch.tensor([[0.4, 0.25, 0.2, 0.1, 0.05]], dtype=torch.float64),
        torch.tensor([[0.2, 0.6, 0.1, 0.9, 0.7]], dtype=torch.float64),
    )
    shares = {
        "model p": some_p,
        "f = identity": em.e_step(some_p.log(), some_r),
        "f = threshold at 0.5": em.e_step(some_p.log(), em.threshold(0.5)(some_r)),
    }
    for i, ((name, share), hatch) in enumerate(zip(shares.items(), ("", "//", ".."))):
        ax.bar(
            [k + 0.27 * (i - 1) for k in range(5)],
            share[0],
            width=0.25,
            label=name,
            hatch=hatch,
            edgecolor="black",
            linewidth=0.6,
        )
    ax.set_xticks(range(5), [f"y{k + 1}, r = {v:g}" for k, v in enumerate(some_r[0].tolist())])
    ax.set(title="Two ways to reweight what the model draws", ylabel="probability")
    ax.legend()

# %% [markdown]
# ## The M-step is supervised learning
#
# For a fixed $q$, only one part of $\mathcal{L}$ depends on $\theta$:
#
# $$\arg\max_\theta\mathcal{L}(p_\theta,q) = \arg\min_\theta\mathrm{KL}(q\,\|\,p_\theta) = \arg\min_\theta\ \sum_{\mathbf{y}}-q(\mathbf{y}|\mathbf{x})\log p_\theta(\mathbf{y}|\mathbf{x}).$$
#
# That is the cross-entropy of ordinary fine-tuning, with weights. Same gradient in every parameter of the network:


# %%
def gradient(value, model):
    return torch.cat([z.flatten() for z in torch.autograd.grad(value, list(model.parameters()))])


bound_gradient = gradient(em.elbo(log_p(small), r, best).mean(), small)
likelihood_gradient = gradient(-em.weighted_nll(log_p(small), best), small)
m_step_error = ((bound_gradient - likelihood_gradient).norm() / bound_gradient.norm()).item()
print(
    f"gradient of the bound, and of the weighted likelihood: {m_step_error:.0e} apart, over {len(bound_gradient):,} parameters"
)

# %% [markdown]
# ## What Algorithm 1 really climbs
#
# With $f=\mathrm{id}$ the slide ends at $J(\theta)=\mathbb{E}_{\mathbf{x}}\mathbb{E}_{\mathbf{y}\sim p_{\theta^{(t)}}}[r\log p_\theta(\mathbf{y}|\mathbf{x})]$. On the way a normaliser was lost: $q\propto r\,p$ is divided by
# $Z(\mathbf{x})$, a *different* number for each question, and $J$ leaves it out. So a question that is answered right half of the time counts fifty times as much as one that is right in
# one of a hundred. Is $J$ then wrong? No: it belongs to another bound. Let the question be hidden too, and the same two steps climb $\log\mathbb{E}_{\mathbf{x}}\mathbb{E}_{\mathbf{y}}[r]$, the
# logarithm of the very reward that we began with. At $\theta=\theta^{(t)}$ the gradient of $J$ is the policy gradient:

# %%
now = (log_p(small).exp() * r).detach()  # r p, not normalised
reward_gradient = gradient((log_p(small).exp() * r).sum(-1).mean(), small)
J_gradient = gradient(-em.weighted_nll(log_p(small), now), small)
by_question = gradient(-em.weighted_nll(log_p(small), best), small)
policy_error = ((J_gradient - reward_gradient).norm() / reward_gradient.norm()).item()
turned = torch.nn.functional.cosine_similarity(by_question, reward_gradient, dim=0).item()
print(f"gradient of J and of the expected reward: {policy_error:.0e} apart")
print(f"with a normaliser for each question, the gradient points elsewhere: cosine {turned:.2f}")

# %% [markdown]
# Now run both, exactly, on the network: an E-step over all 19 answers, then a few gradient steps, and so on. Rewards are 0 and 1 from here on.

# %%
right_or_wrong = (r > 0.5).double()
climbs = {}
for name, each in (("a normaliser for each question", True), ("Algorithm 1: none", False)):
    climber = copy.deepcopy(small)
    climbs[name] = em.ascend(
        lambda climber=climber: log_p(climber),
        list(climber.parameters()),
        right_or_wrong,
        rounds=runtime.pick(full=4, smoke=2),
        m_steps=runtime.pick(full=10, smoke=1),
        lr=1e-3,
        by_question=each,
    )
falls = [min(b["evidence"] - a["evidence"] for a, b in itertools.pairwise(path)) for path in climbs.values()]
touches = max(abs(row["evidence"] - row["bound"]) for path in climbs.values() for row in path if row["step"] == "E")

with figure(
    alt="Bound and evidence over half steps, for both. The bound meets the evidence after every E-step; on the right it falls behind in every M-step; both rise.",
    columns=2,
    width=9,
    height=3.2,
) as axes:
    for ax, (name, path) in zip(axes, climbs.items()):
        ax.plot(
            [row["evidence"] for row in path],
            color="black",
            linestyle="-",
            marker="s",
            markersize=4,
            label="what is climbed",
        )
        ax.plot(
            [row["bound"] for row in path], color=COLOURS[0], linestyle="--", marker="o", markersize=4, label="bound L"
        )
        ax.set_xticks(range(len(path)), [row["step"] for row in path])
        ax.set(title=name, xlabel="half steps")
        ax.legend(loc="lower right")
    axes[0].set(ylabel="mean of log p(O = 1 | x), nats")
    axes[1].set(ylabel="log of the mean reward, nats")
print(
    f"after E-steps, bound and evidence differ by {touches:.0e}; the smallest change of the evidence is {min(falls):+.1e}"
)

# %% [markdown]
# On the left no gap opens. Why not? One answer of each question is right, so the posterior is the same for every model: all of it on that answer. There, EM is supervised learning after one E-step. On
# the right $q$ also shares the weight out among the questions, and that changes as the model learns.
#
# ## ReST-EM: the same with draws
#
# A real model has no list of answers. Replace the sum by $N$ draws for each question: an answer that is drawn often counts often, so $p_{\theta^{(t)}}$ is already in the data,
# and the weight is $r$ alone. With more and more draws, the weighted draws become the posterior:

# %%
show_source(em.sample_weights)
for n in (10, 100, 1000, 10_000, 100_000):
    y = torch.multinomial(some_p[0], n, replacement=True, generator=g)[None]
    estimate = torch.zeros_like(some_p).scatter_add(1, y, em.sample_weights(some_r.gather(1, y)))
    print(f"{n:7,} draws: the estimate of q is off by {(estimate - shares['f = identity']).abs().max():.3f}")

# %% [markdown]
# That is all of Algorithm 1:

# %% tags=["hide-input"]
# @title Source
show_source(rest.generate, rest.accepted, rest.rest_em)

# %% [markdown]
# Two things to notice. Each M-step starts from the *first* policy. And the policy learns from nothing but its own answers: of the 2,500 questions below, 700 once came
# with an answer; the other 1,800 never do.

# %%
start = time.perf_counter()
policies = [first]
live = {"sampled": [], "coverage": []}
for done in rest.rest_em(
    first,
    data.unlabelled[: runtime.pick(full=2500, smoke=800)],
    problems.right,
    2,
    N,
    runtime.pick(full=250, smoke=3),
    runtime.seed(0),
    experiments.LENGTH,
    data.validation,
):
    policies.append(done.policy)
    accuracy.append(data.accuracy(done.policy))
    live["sampled"].append(done.sampled)
    live["coverage"].append(done.coverage)
    print(
        f"round {len(accuracy) - 1}: {done.sampled:.0%} of the draws were right, for {done.coverage:.0%} of the questions one or more; "
        f"then {accuracy[-1]:.0%} of the test questions ({time.perf_counter() - start:.0f} s)"
    )


# %%
def draw_policy(axes, t):
    for ax, x in zip(axes, examples):
        bars(ax, policies[t], x)
    axes[0].set(ylabel=f"share of draws, round {t}")


explore(
    draw_policy,
    range(len(policies)),
    label="round",
    alt=lambda t: f"Answers drawn to the three questions of the beginning after {t} rounds, the right one dark",
    columns=3,
    width=9,
    height=2.8,
)

# %% [markdown]
# Live there were two rounds, shortened. The record has four, from three seeds, and as a **ceiling** the same network trained on the true answers to all of the questions.

# %%
record = records.load("05_rest")
runs = record["rest"]["runs"]


def over_seeds(key):
    """Mean and half interval over seeds, a row for each round."""
    return [
        records.interval(column) for column in zip(*([row[key] for row in run["rows"] if key in row] for run in runs))
    ]


curve, known, covered = over_seeds("test"), over_seeds("train"), over_seeds("coverage")
ceiling = records.interval([run["ceiling"] for run in runs])
by_heart = [
    records.interval([run["rows"][t]["train"] - run["rows"][t]["test"] for run in runs]) for t in range(len(curve))
]


def band(ax, values, **style):
    mean, half = (torch.tensor(column) for column in zip(*values))
    (line,) = ax.plot(mean, **style)
    ax.fill_between(range(len(mean)), mean - half, mean + half, color=line.get_color(), alpha=0.15, linewidth=0)


with figure(
    alt=f"On test questions: {', '.join(f'{m:.2f}' for m, _ in curve)}, ceiling {ceiling[0]:.2f}. Ahead on the questions of D by {', '.join(f'{m:.2f}' for m, _ in by_heart)}.",
    columns=2,
    width=9.5,
    height=3.6,
) as axes:
    band(axes[0], known, color=COLOURS[2], linestyle=":", marker="^", markersize=4, label="on D, never told")
    band(
        axes[0], covered, color=COLOURS[1], linestyle="--", marker="s", markersize=4, label="coverage of the next draws"
    )
    band(axes[0], curve, color=COLOURS[0], linestyle="-", marker="o", markersize=4, label="test")
    axes[0].axhline(ceiling[0], color="black", linewidth=1, linestyle="-.", label="true answers")
    axes[0].set(
        title="Rising, then flat", xlabel="round", ylabel="share right", ylim=(0, 1.05), xticks=range(len(curve))
    )
    axes[0].legend(loc="lower right")
    band(axes[1], by_heart, color=COLOURS[2], linestyle="-", marker="^", markersize=4)
    axes[1].axhline(0, color="black", linewidth=0.8)
    axes[1].set(
        title="How far D is ahead of the test",
        xlabel="round",
        ylabel="difference of the shares",
        xticks=range(len(curve)),
    )
print(records.made(record))
table(
    [
        (
            t,
            f"{m:.3f} ± {h:.3f}",
            f"{known[t][0]:.3f}",
            f"{by_heart[t][0]:+.3f} ± {by_heart[t][1]:.3f}",
            f"{covered[t][0]:.3f}" if t < len(covered) else "",
        )
        for t, (m, h) in enumerate(curve)
    ],
    ["round", "test accuracy", "on questions of D", "difference", "coverage of the next draws"],
    f"{runs[0]['questions']:,} questions, of which {runs[0]['labelled']} once came with an answer; 95 % intervals over 3 seeds; ceiling {ceiling[0]:.3f} ± {ceiling[1]:.3f}",
)

# %% [markdown]
# Read it from left to right. Each round covers more questions, so the next has more to learn from; once nearly all are covered there is little left to gain. That is why two or three rounds are
# enough. The right panel is what a round learns **by heart**: right on a question that it has trained on, wrong on others of the kind. Here it is a few points, and it does not go away. On
# smaller sets it is worse: in the paper, the smaller data set gets *worse* on test questions after its first round.
#
# ## STaR: give the reason, too
#
# So far the answer came at once. Let the model write its steps: a **rationale** $\mathbf{z}$, then the answer. For sums: column by column from the right, digit and carry.

# %%
columns = experiments.Columns.drawn(seed=0)
question = columns.test[experiments.DIGITS[-1]][0]
print(f"{question}  ->  {problems.columns(question)}")
print(f"with the answer told: {problems.hinted(question)}")
show_source(star.select, star.star)

# %% [markdown]
# Zelikman et al.'s problem with plain filtering: a question that the model never gets right never teaches it anything. Their way out is **rationalisation**. Tell the answer, ask for a
# rationale that leads there, check it, and train on it *as if nobody had told*. A first model, and what a hint does for it:

# %%
explainer, _ = writer.fine_tune(
    writer.small(0), columns.seeds, runtime.pick(full=250, smoke=3), runtime.seed(0), batch=64, name="first model"
)
plain, told = columns.accuracy(explainer), columns.accuracy(explainer, told=True)
table(
    [(n, f"{a:.2f}", f"{b:.2f}") for n, a, b in zip(experiments.DIGITS, plain, told)],
    ["digits", "right without a hint", "right with the answer told"],
    "share of the test questions, before any round of STaR",
)

# %% [markdown]
# Copying a digit from the hint is easier than adding. That difference is what rationalisation feeds on. The record: STaR with and without it, from the same first models.

# %%
star_record = records.load("05_star")
star_runs = star_record["star"]["runs"]


def star_curve(arm, digits):
    rounds = zip(*([row["test"][digits - 1] for row in run["arms"][arm]] for run in star_runs))
    return [records.interval(values) for values in rounds]


with figure(
    alt="Accuracy over rounds: "
    + "; ".join(
        f"{n} digits from {star_curve('with', n)[0][0]:.2f} to {star_curve('with', n)[-1][0]:.2f} with hints, {star_curve('without', n)[-1][0]:.2f} without"
        for n in experiments.DIGITS
    ),
    columns=2,
    width=8.5,
    height=3.2,
) as axes:
    for ax, n in zip(axes, experiments.DIGITS):
        for arm, colour, style in (("with", COLOURS[0], "-"), ("without", COLOURS[1], "--")):
            band(ax, star_curve(arm, n), color=colour, linestyle=style, marker="o", markersize=4, label=f"{arm} hints")
        ax.set(
            title=f"{n} digit{'s' * (n > 1)}", xlabel="round", ylim=(0, 1.02), xticks=range(len(star_curve("with", n)))
        )
    axes[0].set(ylabel="test questions right")
    axes[0].legend(loc="upper left")
print(records.made(star_record))
rows = []
for arm in ("without", "with"):
    for t in range(1, len(star_runs[0]["arms"][arm])):
        some = [run["arms"][arm][t] for run in star_runs]
        right_steps = [[row["faithful"][i] for row in some if row["faithful"][i] is not None] for i in (0, 1)]
        rows.append(
            (
                arm,
                t,
                *(f"{statistics.mean(row[key] for row in some):.0f}" for key in ("tried", "told_kept")),
                *(f"{statistics.mean(v):.2f}" if v else "" for v in right_steps),
            )
        )
table(
    rows,
    [
        "hints",
        "round",
        "kept: first tries",
        "kept: with a hint",
        "all steps right, of first tries",
        "of those with a hint",
    ],
    f"of {star_runs[0]['questions']:,} questions, means over {len(star_runs)} seeds",
)

# %% [markdown]
# With hints, the first round already keeps a rationale for nearly every question; without them, the model has little to learn from but what it could do before. The last two columns are what no filter
# sees. A rationale is kept when its *answer* is right; whether its steps are, nobody asked. Here somebody can: every column was checked. In this task the digits of the steps are the digits of the
# answer, so a wrong way hardly ever ends in the right place. That is the task's doing, and not the filter's: ask the same question about any task of your own.
#
# ## RFT: many ways to the same answer
#
# One round only, many draws, and a finer filter: keep what is right, equations included, *and different*. Two paths are the same when their lists of equations are. For a sum of
# several numbers there are many paths: take any two, write their sum, put it back.

# %% tags=["hide-input"]
# @title Source
show_source(rft.equations, rft.distinct)

# %%
sum_of_three = problems.chain_questions(experiments.TERMS, 1, seed=3, largest=experiments.LARGEST)[0]
rng = random.Random(0)
ways = [problems.chain(sum_of_three, rng) for _ in range(8)]
different = rft.distinct(sum_of_three, ways, problems.calculates)
table(
    [(z, "kept" if z in different and ways.index(z) == i else "again") for i, z in enumerate(ways)],
    ["path", ""],
    f"{sum_of_three} {len(different)} of 8 draws are distinct",
)

# %%
rft_record = records.load("05_rft")
rft_runs = rft_record["rft"]["runs"]
kept = [row["k"] for row in rft_runs[0]["rows"]]
by_k = [records.interval([run["rows"][i]["test"] for run in rft_runs]) for i in range(len(kept))]
paths = [statistics.mean(run["rows"][i]["paths"] for run in rft_runs) for i in range(len(kept))]
repeated = records.interval([run["repeated"] for run in rft_runs])
with figure(
    alt="Test accuracy against the mean number of distinct paths a question, with intervals: "
    + ", ".join(f"{n:.1f} paths {m:.2f}" for n, (m, _) in zip(paths, by_k)),
    height=3.4,
) as ax:
    ax.errorbar(paths, [m for m, _ in by_k], [h for _, h in by_k], marker="o", linestyle="-", capsize=3)
    ax.axhline(repeated[0], color="black", linestyle="--", linewidth=1)
    ax.annotate(
        f"up to {max(kept)} right draws, not distinct",
        (paths[0], repeated[0]),
        textcoords="offset points",
        xytext=(4, 5),
        fontsize=9,
    )
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter(lambda value, position: f"{value:g}")
    ax.set(
        title="Accuracy against distinct paths", xlabel="distinct paths a question, mean", ylabel="test questions right"
    )
print(records.made(rft_record))
faithful_paths = records.interval([run["faithful"] for run in rft_runs])
print(
    f"of the draws {statistics.mean(run['right'] for run in rft_runs):.0%} were right; {statistics.mean(run['distinct'] for run in rft_runs):.1f} distinct paths a question; "
    f"of these, {faithful_paths[0]:.0%} ± {faithful_paths[1]:.0%} have every step right"
)

# %% [markdown]
# Every model here was trained for the same number of steps: more paths are not more training, they are other data. Is it that they *differ*, or that there are more? The dashed line answers: it has as many
# right draws at most, and lets them repeat. With few draws that are right, hardly any repeat, and the filter for difference has little to do.
#
# ## Self-Instruct: make up the questions, too
#
# Until now somebody brought the questions. Wang et al. let the model make them up: show it eight instructions, let it go on with the list, keep what is new. Then it says which are classifications,
# makes inputs and outputs, and is trained on its own tasks. Here is the whole of it, around a real model: SmolLM2, 135 million parameters. (It has been tuned on
# instructions before; Wang et al. began with a GPT-3 that had not. Keep that in mind when you read the last row of the claims.)

# %% tags=["hide-input"]
# @title Source
show_source(self_instruct.instruction_prompt, self_instruct.why_not, self_instruct.grow)

# %% [markdown]
# The measure of "new" is ROUGE-L: the longest common subsequence of two texts, as a share of both. Below 0.7 with everything in the pool, an instruction may enter.

# %% tags=["hide-input"]
# @title Source
show_source(rouge.lcs, rouge.rouge_l)

# %%
torch.set_num_threads(THREADS)
tasks = self_instruct.seed_tasks()
random.Random(0).shuffle(tasks)
pool = self_instruct.Pool(tasks[8:])
try:
    lm = models.load()
except (models.NoWeights, ImportError) as error:
    lm = None
    print(f"Without the real model the lecture goes on with the record alone. {error}")
if lm:
    start = time.perf_counter()
    self_instruct.grow(pool, lm, runtime.pick(full=16, smoke=2), seed=0, batch=runtime.pick(full=16, smoke=2))
    print(
        f"{len(pool.made)} of {len(pool.made) + sum(pool.refused.values())} enter the pool, in {time.perf_counter() - start:.0f} s; refused: {dict(pool.refused)}"
    )
table(
    [(text, f"{rouge.nearest(text, [t for t in pool.instructions if t != text]):.2f}") for text in pool.made[:8]],
    ["instruction", "nearest in the pool"],
    "made up by the model, as they came",
)

# %% [markdown]
# Instructions: not bad. Now the branch. Classifications get their answer first, for otherwise the model tends to write inputs of one class only. Can a model of this size tell them apart? On seeds
# that it is not shown, whose kind we know:

# %%
kinds = {kind: [t for t in pool.seeds if t.classification == kind][:4] for kind in (True, False)}
asked = [t for t in tasks if t not in kinds[True] and t not in kinds[False]]
if lm:
    scores = self_instruct.classification_score(lm, [t.instruction for t in asked], kinds[True] + kinds[False])
    pairs = [
        (a, b)
        for a, t in zip(scores, asked)
        for b, u in zip(scores, asked)
        if t.classification and not u.classification
    ]
    branch = (
        sum((s > 0) == t.classification for s, t in zip(scores, asked)) / len(asked),
        statistics.mean((a > b) + 0.5 * (a == b) for a, b in pairs),
    )
    print(
        f"{branch[0]:.0%} of {len(asked)} on the right branch; a classification scores higher than another task in {branch[1]:.0%} of the pairs"
    )
    print(
        f"whoever says 'never a classification' is right in {sum(not t.classification for t in asked) / len(asked):.0%}"
    )
    start = time.perf_counter()
    answered = self_instruct.instances(lm, pool.made[: runtime.pick(full=8, smoke=1)], False, kinds[False], seed=0)
    print(f"{len(answered)} of {len(pool.made[:8])} instances can be read, in {time.perf_counter() - start:.0f} s")

# %% tags=["hide-input"]
# @title Table
table(
    [(t.instruction, t.input[:80], t.output[:80]) for t in answered] if lm else [],
    ["instruction", "input", "output"],
    "instances by the model",
)

# %% [markdown]
# Read them one by one, and be strict. At this size, whoever makes up a sensible question can often not answer it. The last step, fine-tuning on what came out, is
# `self_instruct.fine_tune`: LoRA on the outputs alone. Does the model predict *human* outputs better by it? Eight of the seed tasks were held back. The record compares the model as it is, tuned on the other
# seeds, and tuned on the seeds and on what it made up, for the same number of steps; intervals are over the eight tasks.

# %%
show_source(self_instruct.fine_tune)
instruct = records.load("05_instruct")
losses = instruct["instruct"]["losses"]
tuned = {
    name: records.interval([a - b for a, b in zip(losses["untuned"], losses[name])])
    for name in ("seeds", "seeds and made up")
}
own_tasks = records.interval([a - b for a, b in zip(losses["seeds"], losses["seeds and made up"])])
print(records.made(instruct))
print(
    f"{instruct['instruct']['asked']} proposals, {len(instruct['instruct']['made'])} in the pool, {len(instruct['instruct']['tasks'])} with an instance that can be read"
)
table(
    [
        (name, f"{statistics.mean(values):.2f}", "" if name == "untuned" else "{:+.2f} ± {:.2f}".format(*tuned[name]))
        for name, values in losses.items()
    ],
    ["tuned on", "nats a token", "gain over untuned"],
    "loss on the outputs of eight held-out human tasks",
)

# %% [markdown]
# ## STOP: improve the improver
#
# The last step up. An **improver** is a program that takes a program and a measure of its worth, and returns a better program. It is a program itself. So hand it its own text,
# with its **meta-utility** as the measure: how good are the programs that it makes?
#
# $$I_t = I_{t-1}(\hat u, I_{t-1}),\qquad \hat u(I) = \text{mean over tasks of } u\big(I(u, \text{first program})\big).$$
#
# In the paper an improver asks GPT-4 for better versions of a text. **There is no language model in what follows.** Proposals are random edits of a syntax tree: a constant, a name, a
# comparison, an operator. They know the grammar and nothing else. What can be seen here is the recursion, not a model's ideas. The seed improver, as in the paper, makes some
# candidates from the first program and returns the best:

# %%
print(stop.SEED)

# %% [markdown]
# Generated programs are run, thousands of times. Never do that in your own process. They go into a child with walls: the text is read first, and most of Python is not in it; limits of the operating system on
# time, memory and files; a clock outside.

# %% tags=["hide-input"]
# @title Source
show_source(stop_child.refuse, stop_child.limit, sandbox.run)

# %%
tries = {
    "reads a file": "def solve(x):\n    return open('/etc/passwd')",
    "imports": "def solve(x):\n    import socket\n    return 1",
    "climbs out of a tuple": "def solve(x):\n    return ().__class__.__base__",
    "never ends": "def improve(program, utility, propose):\n    while 1 > 0:\n        program = program",
}
told = []
for name, source in tries.items():
    try:
        stop_child.refuse(source)
        request = {"do": "meta", "improver": source, "tasks": stop.TRAIN[:1], "budget": 4, "seed": 0}
        worth = sandbox.run(request)["value"]
        told.append((name, f"run, stopped, and worth {worth:g}"))
    except ValueError as error:
        told.append((name, f"not run: {error}"))
table(told, ["a program that", "what happens"])

# %% [markdown]
# The tasks: cut a graph in two, fulfil clauses. On others (new graphs, heaps of stones, formulas) nobody selects: they say whether the improver got better or was lucky. An improver may ask
# for the worth of a program 48 times, whatever it does.

# %%
start = time.perf_counter()
found = stop.stop(runtime.pick(full=3, smoke=1), seed=1)
table(
    [(t, step.tried, f"{step.train:.3f}", f"{step.held_out:.3f}") for t, step in enumerate(found)],
    ["round", "improvers looked at", "meta-utility, tasks of the search", "other tasks"],
    f"live, one seed, {time.perf_counter() - start:.0f} s",
)

# %%
stop_record = records.load("05_stop")
stop_runs = stop_record["stop"]["runs"]


def meta(recursive, key):
    chosen = [[step[key] for step in run["steps"]] for run in stop_runs if run["recursive"] == recursive]
    return [records.interval(values) for values in zip(*chosen)]


with figure(
    alt="Meta-utility over rounds, recursive and not, on the tasks of the search and on other tasks, with intervals over five seeds.",
    columns=2,
    width=9,
    height=3.4,
) as axes:
    for ax, (key, name) in zip(axes, (("train", "tasks of the search"), ("held_out", "other tasks"))):
        for recursive, colour, style in ((True, COLOURS[0], "-"), (False, COLOURS[1], "--")):
            band(
                ax,
                meta(recursive, key),
                color=colour,
                linestyle=style,
                marker="o",
                markersize=4,
                label="recursive" if recursive else "seed improver only",
            )
        ax.set(title=name, xlabel="round", ylim=(0.2, 1.05))
        ax.legend(loc="lower right")
    axes[0].set(ylabel="meta-utility")
print(records.made(stop_record))
champion = max((run["steps"][-1] for run in stop_runs), key=lambda step: step["held_out"])
print(f"the best of them, {champion['held_out']:.3f} on other tasks:\n\n{champion['source']}")

# %% [markdown]
# Look for the edits that mattered. `propose(best, ...)` in place of `propose(program, ...)` turns guessing into climbing; `>=` lets it walk along a plain; a larger count makes bigger jumps. Nobody told it any of
# them. And now look at the single runs, for the mean hides how a recursion fails:

# %%
rows = []
for run in stop_runs:
    looked = [step["tried"] for step in run["steps"][1:]]
    values = [step["held_out"] for step in run["steps"]]
    rows.append(
        (
            "yes" if run["recursive"] else "no",
            run["seed"],
            f"{values[0]:.2f}",
            f"{max(values):.2f}",
            f"{values[-1]:.2f}",
            f"{looked[0]} to {looked[-1]}",
        )
    )
table(
    rows,
    ["recursive", "seed", "first", "best", "last", "improvers looked at in a round"],
    "meta-utility on other tasks",
)

# %% [markdown]
# An improver whose own text was made worse, by a draw that looked good on few tasks, does the next round worse, and has no way back: it may look at two candidates where it looked at thirteen, or
# return what it should not. The seed improver never loses its skill. Recursion pays when an improvement of the improver is worth more than the risk of damage; random edits
# are mostly damage. (In the paper, too, the recursion paid with the strongest language model, and not with weaker ones.)

# %% [markdown]
# ## The claims, put to the test


# %%
def gain(pairs):
    """Mean and half interval of paired differences over seeds, as text, and whether the interval is above zero, below it, or neither."""
    mean, half = records.interval([b - a for a, b in pairs])
    return f"{mean:+.3f} ± {half:.3f}", (mean > half) - (mean < -half)


rise, rises = gain([(run["rows"][0]["test"], run["rows"][3]["test"]) for run in runs])
late, goes_on = gain([(run["rows"][3]["test"], run["rows"][-1]["test"]) for run in runs])
share_late = statistics.mean(run["rows"][-1]["test"] - run["rows"][3]["test"] for run in runs) / statistics.mean(
    run["rows"][3]["test"] - run["rows"][0]["test"] for run in runs
)
ahead, is_ahead = gain([(run["rows"][1]["test"], run["rows"][1]["train"]) for run in runs])
at_end = lambda run, arm: statistics.mean(run["arms"][arm][-1]["test"])
hints, hints_help = gain([(at_end(run, "without"), at_end(run, "with")) for run in star_runs])
from_paths, paths_help = gain([(run["rows"][0]["test"], run["rows"][-1]["test"]) for run in rft_runs])
from_distinct, distinct_helps = gain([(run["repeated"], run["rows"][-1]["test"]) for run in rft_runs])
proposed = len(pool.made) + sum(pool.refused.values())
ends = {flag: [run["steps"][-1] for run in stop_runs if run["recursive"] == flag] for flag in (True, False)}
starts = [run["steps"][0] for run in stop_runs if run["recursive"]]
improved, improves = gain([(a["held_out"], b["held_out"]) for a, b in zip(starts, ends[True])])
recursion, recursion_helps = gain([(a["held_out"], b["held_out"]) for a, b in zip(ends[False], ends[True])])
verdict = lambda sign: {1: "reproduced", 0: "partly", -1: "not here"}[sign]

figures.claims(
    [
        Claim(
            "The bound, its gap, and the M-step are what the slides say; q* is a distribution only after it is divided by its sum",
            f"evidence = bound + gap to {identity_error:.0e}; with q* as printed the 'KL' is off by -log Z ({erratum:.0e}); M-step gradient to {m_step_error:.0e}",
            "reproduced" if max(identity_error, erratum, m_step_error) < 1e-8 else "not here",
            "With the erratum.",
        ),
        Claim(
            "Neither step of EM lowers the bound, nor what it bounds",
            f"smallest change of the evidence over all half steps {min(falls):+.0e}, on a network with all answers listed; J is the policy gradient to {policy_error:.0e}",
            "reproduced" if min(falls) > -1e-9 and policy_error < 1e-8 else "partly",
        ),
        Claim(
            "ReST-EM: accuracy rises over two or three rounds, then stops",
            f"{' → '.join(f'{m:.2f}' for m, _ in curve)}: rounds 1 to 3 bring {rise}, the fourth {late}, {share_late:.0%} of that; true answers {ceiling[0]:.2f}",
            "reproduced" if rises > 0 and share_late < 0.1 else "partly" if rises > 0 else "not here",
        ),
        Claim(
            "ReST-EM overfits: what a round has trained on runs ahead of what it has understood",
            f"accuracy on D minus on test questions after round 1: {ahead}; after the last {by_heart[-1][0]:+.3f} ± {by_heart[-1][1]:.3f}",
            verdict(is_ahead),
        ),
        Claim(
            "STaR: rationalisation speeds up learning",
            f"with hints minus without, mean over one and two digits after {len(star_runs[0]['arms']['with']) - 1} rounds: {hints}",
            verdict(hints_help),
            "The first model could use a hint much better than it could add: that is what it needs.",
        ),
        Claim(
            "RFT: the more distinct paths, the better",
            f"{paths[-1]:.1f} paths a question against one: {from_paths}; against as many right draws that may repeat: {from_distinct}",
            "reproduced" if paths_help > 0 and distinct_helps > 0 else "partly" if paths_help > 0 else "not here",
            f"Of the paths kept, {faithful_paths[0]:.0%} have every step right.",
        ),
        Claim(
            "Self-Instruct: a pool of tasks grows from a model's own proposals",
            f"{len(pool.made)} of {proposed} proposals are new; {len(answered)} of {len(pool.made[:8])} instances can be read"
            if lm
            else "not run: no model here",
            "reproduced" if pool.made else "not here",
        ),
        Claim(
            "Self-Instruct: a model gets better by tasks that it made up",
            "loss on human outputs, gain by the seeds {:+.2f} ± {:.2f}, by seeds and made-up tasks {:+.2f} ± {:.2f}; ".format(
                *tuned["seeds"], *tuned["seeds and made up"]
            )
            + "the made-up ones add {:+.2f} ± {:.2f} nats a token".format(*own_tasks),
            "reproduced"
            if own_tasks[0] > own_tasks[1]
            else "partly"
            if tuned["seeds and made up"][0] > tuned["seeds and made up"][1]
            else "not here",
            "One seed, eight tasks, a model that was tuned on instructions before, and outputs that are often wrong, as the table shows.",
        ),
        Claim(
            "STOP: an improver that is applied to itself gets better, also on tasks that it was not chosen by",
            f"meta-utility on other tasks {improved} after {len(stop_runs[0]['steps']) - 1} rounds; recursion against the seed improver doing the rounds: {recursion}",
            "reproduced" if improves > 0 and recursion_helps > 0 else "partly" if improves > 0 else "not here",
            "Proposals are random edits here, and no language model's.",
        ),
    ]
)

# %% [markdown]
# ## Errata
#
# - The slide's $q_*=p(O=1|\mathbf{x},\mathbf{y})\,p_\theta(\mathbf{y}|\mathbf{x})$ is not normalised, so $\mathcal{L}=-\mathrm{KL}(q\,\|\,q_*)$ is a divergence only up to $\log Z$ (the cells under the bound).
# - From $q\propto r\,p$ to $J$ a normaliser $Z(\mathbf{x})$ is dropped that differs from question to question. $J$ is right, but belongs to the bound of $\log\mathbb{E}_{\mathbf{x}}\mathbb{E}_{\mathbf{y}}[r]$, not to the mean
#   of $\log p(O=1|\mathbf{x})$ (the cell with the policy gradient).
# - $p(O=1|\mathbf{x},\mathbf{y})\propto f(r)$ must be a probability: with rewards above one, a factor is needed. It shifts $\mathcal{L}$ by a constant and changes neither step.
#
# ## What to remember
#
# 1. Checking is easier than answering: that difference is the fuel of every method here.
# 2. E-step: reweight what the model draws by how good it is. M-step: fine-tune on it. Both climb one bound; the gap is a KL to the posterior.
# 3. Two or three rounds: once all questions that can be covered are covered, nothing new comes in. A small set is learned by heart.
# 4. A filter by the answer does not see the steps.
# 5. Rationalisation helps where a hint makes a hard question easy, and the check is on the answer.
# 6. Generated programs run in another process, with limits that the operating system keeps.

# %% [markdown]
# ## Test yourself

# %% tags=["hide-input"]
# @title Question
quiz("05-unnormalised")

# %% tags=["hide-input"]
# @title Question
quiz("05-weights-of-questions")

# %% tags=["hide-input"]
# @title Question
quiz("05-rationales-kept")

# %% [markdown]
# ## References
#
# - Singh et al. *Beyond human data: scaling self-training for problem-solving with language models* (ReST-EM). 2024. [arXiv:2312.06585](https://arxiv.org/abs/2312.06585)
# - Neal, Hinton. *A view of the EM algorithm that justifies incremental, sparse, and other variants.* 1998.
# - Wang et al. *Self-Instruct: aligning language models with self-generated instructions.* 2023. [arXiv:2212.10560](https://arxiv.org/abs/2212.10560)
# - Zelikman, Wu, Mu, Goodman. *STaR: bootstrapping reasoning with reasoning.* 2022. [arXiv:2203.14465](https://arxiv.org/abs/2203.14465)
# - Yuan et al. *Scaling relationship on learning mathematical reasoning with large language models* (RFT). 2023. [arXiv:2308.01825](https://arxiv.org/abs/2308.01825)
# - Zelikman, Lorch, Mackey, Kalai. *Self-Taught Optimizer (STOP): recursively self-improving code generation.* 2024. [arXiv:2310.02304](https://arxiv.org/abs/2310.02304)
# - Lin. *ROUGE: a package for automatic evaluation of summaries.* 2004.
# - The seed tasks were written for this course (`llmcourse/bootstrapping/seed_tasks.json`).

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 05](../work/05_bootstrapping/05_lab.ipynb), about 120 minutes. **Next:** [08 Linear attention](08_linear_attention.ipynb).
