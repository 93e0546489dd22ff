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
# A small network adds numbers of two digits and gets fewer than half of them right. Nobody tells it another answer. It only hears which of *its own* answers are
# right, and learns from those. Three rounds later it gets nine out of ten. Where did the knowledge come from? This lecture derives the loop from a lower bound, one line at a time,
# runs five methods that are this loop in different clothes, and looks at where each of them stops.

# %% [markdown] tags=["badge"]
# about 100 minutes · builds on 02 From human feedback to a policy, 04 Instruction tuning

# %% [markdown] tags=["preview"]
# ![A loop of four boxes: draw (the model answers many times), check (somebody can tell right from wrong), keep (what passed and is new), train (on what was kept), and back to draw. A question enters at draw.](pictures/05_bootstrapping.webp)
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
# - derive the loop of ReST-EM as two steps of ascent on one bound, and check it by numbers;
# - say why the best $q$ must be normalised, and which objective Algorithm 1 climbs;
# - run ReST-EM, and read coverage, accuracy and what is known by heart from round to round;
# - say what a hint adds to STaR, and what a filter by the answer lets through;
# - tell more *different* paths from more of the same, and say what the filter cannot see;
# - build Self-Instruct's filter, and judge what a model of 135 million parameters makes up;
# - keep a generated program within walls, and say why a winner has to be measured again.
#
# The letters: question $\mathbf{x}$, answer $\mathbf{y}$, reward $r(\mathbf{x},\mathbf{y})\ge0$, model $p_\theta(\mathbf{y}|\mathbf{x})$, and a variable
# $O$ that is 1 when an answer is good. A model that we look at as something that *acts*, by drawing an answer, is called a **policy**.

# %%
import copy
import itertools
import random

import torch
from llmcourse import models, records, runtime
from llmcourse.bootstrapping import em, experiments, problems, rest, rft, rouge, self_instruct, star, stop, writer
from llmcourse.bootstrapping.lecture_05 import claims, pictures, tables
from llmcourse.figures import quiz, show_source

threads = torch.get_num_threads()
torch.set_num_threads(1)  # the small network's matrices are too small to share
kept = {
    "rest": records.load("05_rest"),
    "star": records.load("05_star"),
    "rft": records.load("05_rft"),
    "dose": records.load("05_dose"),
    "instruct": records.load("05_instruct"),
    "rotation": records.load("05_rotation"),
    "stop": records.load("05_stop"),
    "stop_checked": records.load("05_stop_checked"),
    "edits": records.load("05_edits"),
}
found = {name: record[name.removesuffix("_checked")] for name, record in kept.items()}
print(runtime.describe())

# %% [markdown]
# ## One loop, five methods

# %% tags=["pictured", "hide-input"]
# @title Figure: loop
pictures.loop()

# %% tags=["hide-input"]
# @title Table: methods
tables.methods()

# %% [markdown]
# ## The right answer is in there
#
# First a model that knows a little: a network of 0.1 million parameters, trained on 700 sums with their answers. There are 10,000 sums of two-digit numbers.
# What does it say to one that it gets wrong?

# %%
data = experiments.Sums.drawn(seed=0)
steps, N, draws = runtime.pick(full=(300, 8, 200), smoke=(60, 4, 8))
first = data.first(0, steps)
print(f"{first.parameters_count:,} parameters; {data.accuracy(first):.0%} of {len(data.test)} test questions right")
examples = experiments.missed_but_known(first, data.unlabelled[-30:], draws)[:3]
drawn = [experiments.drawn_answers(first, examples, draws)]

# %% tags=["hide-input"]
# @title Figure: answers
pictures.answers(drawn[0], draws)

# %% [markdown]
# The dark bar is right, and is not the highest. A model that draws many times hits on the right answer now and then. If somebody can **check** an
# answer, those draws can be told apart from the others, and learned from. Checking is easier than answering, and that is where the knowledge comes from.
#
# ## What should be maximised?
#
# The expected reward, $\mathcal{L}_{\mathrm{RL}}(\theta)=\mathbb{E}_{\mathbf{x}}\mathbb{E}_{\mathbf{y}\sim p_\theta}[r(\mathbf{x},\mathbf{y})]$. Its gradient is the **policy gradient**. Since $\nabla p=p\,\nabla\log p$,
#
# $$\nabla_\theta\,\mathbb{E}_{\mathbf{y}\sim p_\theta}[r]=\sum_{\mathbf{y}}r\,\nabla_\theta p_\theta(\mathbf{y}|\mathbf{x})=\mathbb{E}_{\mathbf{y}\sim p_\theta}\big[r\,\nabla_\theta\log p_\theta(\mathbf{y}|\mathbf{x})\big].$$
#
# The expectation is under the very model that the step changes, so every step needs fresh draws, and draws are expensive. The way round: say
# that an answer is *good* with probability $p(O=1|\mathbf{x},\mathbf{y})\propto f(r(\mathbf{x},\mathbf{y}))$, where $f$ never decreases, and maximise the **evidence**
#
# $$\log p(O=1|\mathbf{x}) = \log\sum_{\mathbf{y}} p_\theta(\mathbf{y}|\mathbf{x})\,p(O=1|\mathbf{x},\mathbf{y}).$$
#
# The sum over all answers is out of reach for a language model. For one-digit sums it is not: there are 19 answers. So everything below can be computed twice, by the
# bound and by the sum. Here are 30 such questions, and a fresh network whose probabilities for all 19 answers we list.

# %%
digits = problems.sums(1, seed=0)[: runtime.pick(full=30, smoke=4)]
possible = [str(y) for y in range(19)]
listed = writer.encode([(x, y) for x in digits for y in possible])
right = torch.tensor([[problems.right(x, y) for y in possible] for x in digits]).double()
r = 0.05 + 0.95 * right  # a wrong answer is good with probability 0.05: nothing is excluded yet


def log_p(model):
    """log p(y | x), (questions, 19). What the network gives to other texts is missing: nothing there has a reward."""
    return writer.log_likelihood(model, *listed).cpu().view(len(digits), len(possible))


pairs = [(x, str(problems.total(x))) for x in digits[:15]]
few = runtime.pick(full=30, smoke=2)
small = writer.fine_tune(writer.small(seed=1), pairs, few, runtime.seed(1), batch=32)[0].double()
p = log_p(small).detach()

# %% [markdown]
# ## The bound
#
# Multiply and divide by any distribution $q(\mathbf{y}|\mathbf{x})$, and let the logarithm go inside. That is Jensen's inequality: the logarithm is concave.
#
# $$\log p(O=1|\mathbf{x}) = \log\mathbb{E}_{q}\!\left[\frac{p(O=1|\mathbf{x},\mathbf{y})\,p_\theta(\mathbf{y}|\mathbf{x})}{q(\mathbf{y}|\mathbf{x})}\right]
# \ \ge\ \mathbb{E}_{q}\!\left[\log\frac{p(O=1|\mathbf{x},\mathbf{y})\,p_\theta(\mathbf{y}|\mathbf{x})}{q(\mathbf{y}|\mathbf{x})}\right]
# = \mathbb{E}_{q}[\log p(O=1|\mathbf{x},\mathbf{y})]-\mathrm{KL}(q\,\|\,p_\theta) = \mathcal{L}(p_\theta,q).$$
#
# What exactly is lost? The gap is a divergence, too: from $q$ to the **posterior**, the model's answers given that they are good,
#
# $$\log p(O=1|\mathbf{x}) - \mathcal{L}(p_\theta,q) = \mathrm{KL}\!\left(q\,\Big\|\,\frac{q_*}{Z}\right),\qquad q_*(\mathbf{y}|\mathbf{x})=p(O=1|\mathbf{x},\mathbf{y})\,p_\theta(\mathbf{y}|\mathbf{x}),\quad Z=\sum_{\mathbf{y}}q_* .$$
#
# Three choices of $q$. In each row the third column and the fourth add up to the second; the gap is computed as the divergence, not as the difference.

# %%
at_random = torch.rand(p.shape, generator=runtime.seed(0), dtype=torch.float64)
posterior = em.e_step(p, r)
qs = {
    "at random": at_random / at_random.sum(-1, keepdim=True),
    "the model's own p": p.softmax(-1),
    "the posterior, q* / Z": posterior,
}

# %% tags=["hide-input"]
# @title Table: bounds
tables.bounds(p, r, qs)

# %% [markdown]
# The last column takes $q_*$ without its sum. It looks like a divergence and is none: $q_*$ sums to $Z$ and not to one, so at the posterior the column is not 0 but $-\log Z$. The choice of $q$ does not mind, for $\log Z$ does not
# depend on $q$: the best $q$ is $q_*$ *divided by its sum*, and there the gap is 0.

# %%
log_q_star = p + r.log()
Z = log_q_star.exp().sum(-1)
errors = {
    f"evidence = bound + gap, q {name}": em.log_evidence(p, r) - em.elbo(p, r, q) - em.gap(p, r, q)
    for name, q in qs.items()
} | {"at the posterior, the last column is -log Z": em.divergence(posterior, log_q_star) + Z.log()}
errors = {name: error.abs().max().item() for name, error in errors.items()}
print(f"q* sums to {Z.min():.3f} up to {Z.max():.3f}; all identities hold to {max(errors.values()):.0e}")

# %% [markdown]
# **Now do [exercises 1 and 2](../work/05_bootstrapping/05_lab.ipynb)**: the bound with its gap, and the step that closes it.
#
# ## Two steps, one hill
#
# $\mathcal{L}$ has two arguments. Take turns: the best $q$ for this model (**E**), the best model for this $q$ (**M**). Neither can lower $\mathcal{L}$. For one question
# with two answers both arguments are a number: how likely is the better answer, under the model ($p$) and under $q$? The better one has $r=0.9$, the
# other $r=0.3$. The picture is the hill with its path; drag the slider.

# %%
two = torch.tensor([0.3, 0.9], dtype=torch.float64)  # r of the worse and of the better answer
at, path = 0.08, [(0.08, 0.6)]
for _ in range(6):
    q = em.e_step(torch.tensor([[1 - at, at]], dtype=torch.float64).log(), two[None])[0, 1].item()
    path += [(at, q), (q, q)]  # E moves q alone; M moves p alone: a table can be fitted exactly, so p = q
    at = q

# %% tags=["hide-input"]
# @title Figure: hill
pictures.hill(two, path)

# %% [markdown]
# Every step goes up, and the stairs get lower. After an E-step the path stands on the dashed ridge, where the bound *is* the evidence. Note where it leads: to
# $p=1$ for the better answer. With $f(r)=r$ each round multiplies the odds by $0.9/0.3$. The other $f$ in use is a threshold: good enough, or not.

# %%
some_p = torch.tensor([0.4, 0.25, 0.2, 0.1, 0.05], dtype=torch.float64)
some_r = torch.tensor([0.2, 0.6, 0.1, 0.9, 0.7], dtype=torch.float64)
weights = {"f(r) = r": some_r, "f(r) = 1 if r > 0.5": em.threshold(0.5)(some_r)}
shares = {"model p": some_p} | {name: em.e_step(some_p[None].log(), f[None])[0] for name, f in weights.items()}

# %% tags=["hide-input"]
# @title Figure: reweighted
pictures.reweighted(some_r, shares)

# %% [markdown]
# ## The M-step is supervised learning
#
# For a fixed $q$, only one part of $\mathcal{L}$ depends on $\theta$:
#
# $$\arg\max_\theta\mathcal{L}(p_\theta,q) = \arg\min_\theta\mathrm{KL}(q\,\|\,p_\theta) = \arg\min_\theta\ \sum_{\mathbf{y}}-q(\mathbf{y}|\mathbf{x})\log p_\theta(\mathbf{y}|\mathbf{x}).$$
#
# That is the cross-entropy of ordinary fine-tuning, with weights. No draw is needed while the model changes.
#
# ## ReST-EM: the same with draws
#
# A real model has no list of answers. Replace the sum by $N$ draws for each question: an answer that is drawn often counts often, so $p_{\theta^{(t)}}$ is already in the data,
# and the weight is $f(r)$ alone. With more draws the weighted draws approach the posterior. Here for the five answers above:

# %%
for n, error in experiments.errors_of_draws(some_p, some_r, (10, 100, 1000, 10_000)).items():
    print(f"{n:6,} draws: q is off by {error:.3f}, mean of 50 repeats")

# %% [markdown]
# That is **ReST-EM**. It is given a first policy $p_{\theta^{(0)}}$, questions $D$ for which answers can be checked (most of them come without an answer), and other questions $D_{\mathrm{val}}$ to choose by.
#
# > **Algorithm 1.** For $t=0,1,\dots$
# >
# > 1. *Generate (E).* Draw $N$ answers to every question of $D$ from the newest policy $p_{\theta^{(t)}}$, and give each its reward.
# > 2. *Improve (M).* Starting from the *first* policy, make $J(\theta)=\mathbb{E}_{\mathbf{x}\sim D}\,\mathbb{E}_{\mathbf{y}\sim p_{\theta^{(t)}}}\big[r(\mathbf{x},\mathbf{y})\log p_\theta(\mathbf{y}|\mathbf{x})\big]$ large, for as long as the reward on $D_{\mathrm{val}}$ rises. (Our code takes a fixed number of steps and keeps the weights that were best on $D_{\mathrm{val}}$.)
#
# **Coverage** is the share of the questions of $D$ for which at least one of the $N$ draws is right. What is not covered cannot be learned from.

# %% [markdown]
# ## What Algorithm 1 climbs
#
# Between the E-step and $J$ a normaliser was lost: the posterior is $r\,p$ divided by $Z(\mathbf{x})$, a *different* number for each question, and $J$ leaves it out. So a question that is answered right half of the time
# counts fifty times as much as one that is right once in a hundred. Is $J$ wrong, then? No: it belongs to another bound. Let the question be hidden, too, and the same two steps climb $\log\mathbb{E}_{\mathbf{x}}\mathbb{E}_{\mathbf{y}}[r]$, the
# logarithm of the very reward that we began with. At $\theta=\theta^{(t)}$ the gradient of $J$ is the policy gradient; with a normaliser for each question it points elsewhere:

# %%
gradient = lambda value: torch.cat([z.flatten() for z in torch.autograd.grad(value, list(small.parameters()))])
reward = gradient((log_p(small).exp() * r).sum(-1).mean())
with_Z, without_Z = (gradient(-em.weighted_nll(log_p(small), q)) for q in (posterior, p.exp() * r))
policy_error = ((without_Z - reward).norm() / reward.norm()).item()
print(f"gradient of J and of the expected reward: {policy_error:.0e} apart")
turned = torch.nn.functional.cosine_similarity(with_Z, reward, dim=0)
print(f"with a normaliser for each question: cosine {turned:.2f} with the gradient of the expected reward")

# %% [markdown]
# Now run both, exactly, on the network: an E-step over all 19 answers, then a few gradient steps, and so on. Rewards are 0 and 1 from here on.

# %%
rounds, m_steps = runtime.pick(full=(4, 10), smoke=(2, 1))


def climb(by_question):
    """Bound and evidence after every half step, on a copy of the network."""
    model = copy.deepcopy(small)
    parameters = list(model.parameters())
    return em.ascend(lambda: log_p(model), parameters, right, rounds, m_steps, lr=1e-3, by_question=by_question)


climbs = {"a normaliser for each question": climb(True), "Algorithm 1: none": climb(False)}
halves = [pair for path in climbs.values() for pair in itertools.pairwise(path)]
rises = [after["evidence"] - before["evidence"] for before, after in halves if after["step"] == "M"]

# %% tags=["hide-input"]
# @title Figure: climbs
pictures.climbs(climbs)

# %% [markdown]
# On the left no gap opens. Why not? One answer to each question is right, so the posterior is the same for every model: all of it on that answer. There EM is supervised learning after one E-step. On
# the right $q$ also shares the weight out among the questions, and that changes as the model learns.
#
# **Now do exercises 3 and 4**: the gradient of $J$, and Algorithm 1 for a policy that is a table. Then look at Algorithm 1 for a network:

# %% tags=["hide-input"]
# @title Source
show_source(rest.generate, rest.accepted, rest.rest_em)

# %% [markdown]
# ## Running it
#
# The policy learns from nothing but its own answers: of the 2,500 questions of $D$, 700 once came with an answer; the other 1,800 never do.

# %%
D = data.unlabelled[: runtime.pick(full=2500, smoke=800)]
live = rest.rest_em(first, D, problems.right, 2, N, runtime.pick(full=250, smoke=3), runtime.seed(0),
                    experiments.LENGTH, data.validation)  # fmt: skip
for t, done in enumerate(live, 1):
    drawn.append(experiments.drawn_answers(done.policy, examples, draws))
    print(f"round {t}: {done.sampled:.0%} of the draws right, coverage {done.coverage:.0%}; then", end=" ")
    print(f"{data.accuracy(done.policy):.0%} of the test questions right")

# %% tags=["hide-input"]
# @title Figure: rounds
pictures.rounds(drawn)

# %% [markdown]
# Live there were two rounds, shortened. The record has four, from three seeds, and as a **ceiling** the same network trained on the true answers to all questions of $D$. What a round has learned
# **by heart** shows as a difference: right on questions that it has trained on ($D$; here 500 that never came with an answer), wrong on others of the kind (test).

# %%
print(records.made(kept["rest"]))

# %% tags=["hide-input"]
# @title Figure: learning
pictures.learning(found["rest"]["runs"])

# %% tags=["hide-input"]
# @title Table: learning
tables.learning(found["rest"]["runs"])

# %% [markdown]
# Read it from left to right. Each round covers more questions, so the next has more to learn from; once nearly all are covered there is little left to gain. That is why two or three rounds are
# enough. The right panel is what is known by heart. On smaller sets that is worse: in the paper, on the smaller of two data sets, accuracy on test questions falls after the first round. (What the paper reports and we can't test
# here: PaLM 2-L, tuned like this, comes near GPT-4 on competition mathematics, and gains on programs, too.)
#
# ## STaR: give the reason, too
#
# So far the answer came at once. Let the model write its steps: a **rationale** $\mathbf{z}$, then the answer. For sums: column by column from the right, digit and carry.

# %%
columns = experiments.Columns.drawn(seed=0)
question = columns.test[2][0]
print(f"{question}  ->  {problems.columns(question)}")
print(f"with the answer told: {problems.hinted(question)}  ->  {problems.columns(question)}")
told = sum("(" in x for x, _ in columns.seeds)
single = sum(len(x) == len("1+2:") for x in columns.questions)
print(f"the first model learns from {len(columns.seeds)} rationales, {told} of them with the answer told")
print(f"STaR then asks {len(columns.questions)} questions, {single} of them with one digit")

# %% [markdown]
# A question that the model never gets right never teaches it anything: that is the trouble with plain filtering. Zelikman et al.'s way out is **rationalisation**. Tell the answer, ask for a
# rationale that leads there, check it, and train on it *as if nobody had told*. For that the model must know what to do with a hint. In the paper a few examples in the prompt show it; a network of this
# size has to be trained for it, so **half of the first model's examples carry the hint**. What does a hint do for it?

# %%
explainer, _ = writer.fine_tune(
    writer.small(0), columns.seeds, runtime.pick(full=250, smoke=3), runtime.seed(0), batch=64, name="first model"
)
plain, with_hint = columns.accuracy(explainer), columns.accuracy(explainer, told=True)

# %% tags=["hide-input"]
# @title Table: hint helps
tables.hint_helps(plain, with_hint)

# %% [markdown]
# Copying a digit from the hint is easier than adding. Rationalisation feeds on that difference. The record: STaR with and without it, from the same first models; a thin line is a seed.

# %%
print(records.made(kept["star"]))

# %% tags=["hide-input"]
# @title Figure: hints
pictures.hints(found["star"]["runs"])

# %% tags=["hide-input"]
# @title Table: kept rationales
tables.kept_rationales(found["star"]["runs"])

# %% [markdown]
# With hints, the first round already keeps a rationale for most questions; without them, the model has little to learn from but what it could do before. Why are the easier sums the harder ones here? There are only a
# hundred sums of one digit, and half of them are for testing: the printed count says how few are left to train on, among nearly a thousand.
#
# The last two columns of the table are what no filter sees. A rationale is kept when its *answer* is right; nobody asked about its steps. Here somebody can: every column was checked. In this task the digits of the steps are the digits of the
# answer, so a wrong way hardly ever ends in the right place. That is the task's doing, and not the filter's: ask the same question about any task of your own.
#
# **Now do exercise 5**, STaR's training set as tensors. Here it is with texts:

# %% tags=["hide-input"]
# @title Source
show_source(star.select, star.star)

# %% [markdown]
# ## RFT: many ways to the same answer
#
# One round only, many draws, and a finer filter: keep what is right, equations included, *and different*. Two paths are the same when their lists of equations are. For a sum of
# three numbers there are a dozen paths: take any two, write their sum, put it back.

# %%
rng = random.Random(0)
sum_of_three = problems.chain_questions(experiments.TERMS, 1, seed=3, largest=experiments.LARGEST)[0]
ways = [problems.chain(sum_of_three, rng) for _ in range(8)]

# %% tags=["hide-input"]
# @title Table: paths
tables.paths(sum_of_three, ways)

# %% [markdown]
# Do more paths help? Two experiments. In the first the paths are *given*: each question gets exactly 1, 2, 4 or 8 of them, all right, and nothing else changes, neither the questions nor the number of training steps. With one path, the
# same path is simply seen more often. In the second the model draws them itself, as RFT does, thirty times a question, and keeps at most 3 or 12. The dashed line is the control for "more": up to 12 right draws, repeats included.

# %%
print(records.made(kept["dose"]))
print(records.made(kept["rft"]))
paths_given, paths_drawn = found["dose"]["runs"], found["rft"]["runs"]

# %% tags=["hide-input"]
# @title Figure: doses
pictures.doses({"given: as many as one likes": paths_given, "drawn: as many as the model finds": paths_drawn})

# %%
mean = lambda key: sum(run[key] for run in found["rft"]["runs"]) / len(found["rft"]["runs"])
right_draws = mean("right") * found["rft"]["N"]
print(f"of a model's own draws {mean('right'):.0%} were right, {right_draws:.1f} a question")
print(
    f"with the given path they make {mean('distinct'):.1f} distinct paths; {mean('faithful'):.0%} have every step right"
)

# %% [markdown]
# A model that is seldom right finds few paths, and finds the same ones again. Whether repeats are kept or not then makes no difference.
#
# And what does the filter not see? It checks the answer and every equation. It does not check that the equations are about the question:

# %%
judged = ("3+8=11,11+5=16", "8+5=13,13+3=16", "3+8=11,12+4=16", "10+6=16", "3+8=12,12+5=16")

# %% tags=["hide-input"]
# @title Table: judged paths
tables.judged_paths("3+8+5:", judged)

# %% [markdown]
# The third and the fourth path count as two more different right ones. They are the same mistake, written differently: numbers that are not there. **Now do exercise 6**, and compare:

# %% tags=["hide-input"]
# @title Source
show_source(rft.equations, rft.distinct)

# %% [markdown]
# ## Self-Instruct: make up the questions, too
#
# Until now somebody brought the questions. Wang et al. let the model make them up: show it eight instructions, let it continue the list, keep what is new. Then it says which of them are classifications,
# makes inputs and outputs, and is trained on its own tasks, once: the tuned model does not go back to make the next pool. With GPT-3 that came within five points of InstructGPT, whose instructions people had written. Here is the whole of it around SmolLM2, 135 million parameters. (It has been tuned on
# instructions before, and Wang et al.'s GPT-3 had not. Keep that in mind when you read what became of the claims.)

# %% tags=["hide-input"]
# @title Source
show_source(self_instruct.instruction_prompt, self_instruct.why_not, self_instruct.grow)

# %% [markdown]
# The measure of "new" is **ROUGE-L**: the length of the longest common subsequence of two texts (the same words in the same order, with anything in between), as a share of both. Below 0.7 with everything in the pool, an instruction may enter. May this one?

# %% tags=["hide-input"]
# @title Figure: common words
pictures.common_words(
    "Give three tips for staying focused at work.", "Give me three good tips for falling asleep at night."
)

# %%
torch.set_num_threads(threads)
tasks = self_instruct.seed_tasks()
random.Random(0).shuffle(tasks)
pool, answered = self_instruct.Pool(tasks[8:]), []
try:
    lm = models.load()
except (models.NoWeights, ImportError) as error:
    lm = None
    print(f"Without the real model the lecture goes on with the records alone. {error}")
if lm:
    batch = runtime.pick(full=16, smoke=2)
    self_instruct.grow(pool, lm, batch, seed=0, batch=batch)
    print(f"{len(pool.made)} of {batch} proposals enter the pool; refused: {dict(pool.refused)}")

# %% tags=["hide-input"]
# @title Table: instructions
tables.instructions(pool)

# %% [markdown]
# As instructions, some will do. Now the branch. A classification gets its output first and its input after, for otherwise the model tends to write inputs of one class only. Can a model of this size tell classifications from other tasks? On human
# tasks that it is not shown, whose kind we know:

# %%
kinds = {kind: [task for task in pool.seeds if task.classification == kind][:4] for kind in (True, False)}
others = [task for task in tasks if task not in kinds[True] + kinds[False]]
if lm:
    scores = self_instruct.classification_score(lm, [t.instruction for t in others], kinds[True] + kinds[False])
    agree = sum((score > 0) == task.classification for score, task in zip(scores, others)) / len(others)
    never = sum(not task.classification for task in others) / len(others)
    print(f"{agree:.0%} of {len(others)} on the right branch; always saying 'no classification' gives {never:.0%}")
    asked = pool.made[: runtime.pick(full=8, smoke=1)]
    answered = self_instruct.instances(lm, asked, False, kinds[False], seed=0)

# %% tags=["hide-input"]
# @title Table: instances
tables.instances(answered, len(pool.made[:8]))

# %% [markdown]
# Read them one by one, and be strict. At this size, a model that makes up a sensible question often cannot answer it. The last step is fine-tuning on what came out: LoRA on the outputs alone. Does the model predict *human* outputs better for it? The record holds out
# a quarter of the 32 human tasks at a time, so each is judged by a model that has not seen it: the model as it is; tuned on the other human tasks; tuned on these and on 24 that it made up, for the same number of steps.

# %%
print(records.made(kept["rotation"]))

# %% tags=["hide-input"]
# @title Table: tuned
tables.tuned(found["rotation"]["losses"])

# %% [markdown]
# Human tasks help, few as they are. The made-up ones on top do not: they take half of the training steps from the human ones, and most of their outputs are wrong, as the table above shows. Wang et al.'s model was a thousand times larger, had never been
# tuned on instructions, and made 52,000 tasks.
#
# **Now do exercise 7**, and compare:

# %% tags=["hide-input"]
# @title Source
show_source(rouge.lcs, rouge.rouge_l)

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
# Generated programs are run, thousands of times. Never do that in your own process. They go into a child process within four walls: the text is read first, and most of Python is not allowed in it; few built-in functions exist; the operating system
# limits time, memory and files; and there is a clock outside. Besides, the search counts how often a program asks for something. What stops which program?

# %%
begin = "def improve(program, utility, propose):\n    "
tries = {
    "is harmless: the seed improver": stop.SEED,
    "imports": begin + "import socket\n    return program",
    "climbs out of a tuple": begin + "return ().__class__.__base__",
    "reads a file": begin + "return open('/etc/passwd')",
    "fills the memory": begin + "return [0] * 100000000000",
    "never ends": begin + "while 1 > 0:\n        best = program",
    "asks for ever": begin + "while 1 > 0:\n        value = utility(program)",
}
outcomes = {name: stop.attempt(source) for name, source in tries.items()}

# %% tags=["hide-input"]
# @title Table: walls
tables.walls(outcomes)

# %% [markdown]
# No wall relies on another. The program that reads a file passes the first one and finds no `open` inside; had there been one, the operating system would have refused the file.
#
# The tasks of the search: cut a graph in two, fulfil clauses. On other tasks (new graphs, heaps of stones, formulas) nobody selects: they say whether an improver got better or was lucky. An improver may ask
# for the worth of a program 48 times, whatever it does. What is there to be found? Some single edits of the seed improver, made by hand:

# %%
edited = {
    "the seed improver": stop.SEED,
    "goes on from the best: propose(best, 1)": stop.SEED.replace("propose(program", "propose(best"),
    "walks along plains: score >= value": stop.SEED.replace("score > value", "score >= value"),
    "tries more: range(40)": stop.SEED.replace("range(12)", "range(40)"),
    "jumps: propose(program, 5)": stop.SEED.replace("propose(program, 1)", "propose(program, 5)"),
}
repeat = runtime.pick(full=2, smoke=1)
worth = {name: stop.meta_utility(source, stop.HELD_OUT, repeat=repeat) for name, source in edited.items()}

# %% tags=["hide-input"]
# @title Table: edits
tables.edits(worth)

# %% [markdown]
# Climbing and jumping are worth a great deal; more tries, without either, little.
#
# Now the recursion. One trap first: a round looks at up to 24 improvers, measures each once, with luck in it, and keeps the best value. The winner's value is therefore too high (the *winner's curse*), and an improver that was made worse by luck does all the work of the
# next round. So let a new improver take over only if it beats the old one on **fresh draws**, eight for each. The paper does not do this; the record has both.

# %%
show_source(stop.better, stop.stop)
steps = stop.stop(runtime.pick(full=2, smoke=1), seed=1)

# %% tags=["hide-input"]
# @title Table: live
tables.live(steps)

# %%
print(records.made(kept["stop"]))
print(records.made(kept["stop_checked"]))
with_check, without = found["stop_checked"]["runs"], found["stop"]["runs"]

# %% tags=["hide-input"]
# @title Figure: improvers
pictures.improvers(with_check, without)

# %% tags=["hide-input"]
# @title Table: exhibit
tables.exhibit(with_check)

# %% [markdown]
# This is the recursion that did best on the tasks of the search; the other tasks had no say. Compare it with the edits made by hand. It has found the jump (more than eight edits at once are never made) and more tries, and nobody told it. It
# also carries damage along: `best = propose` returns a function when nothing better is found. Nothing that it was measured by has punished that. Now the single runs, for a mean hides how a recursion fails:

# %% tags=["hide-input"]
# @title Table: single runs
tables.single_runs(with_check, without)

# %% [markdown]
# Without the check, the run from seed 4 loses ground and then looks at two candidates in a round where it looked at thirteen: an improver that was made worse does all later work worse. With the check no run ends like that. And still the seed improver, changing the
# newest text round after round without becoming better itself, gets at least as far. Why? What does it do to a text when several things are edited at once?

# %% tags=["hide-input"]
# @title Table: edits at once
tables.edits_at_once(found["edits"], claims.META)

# %% [markdown]
# **What improves a list of twelve bits destroys a program.** The more edits at once, the better for the tasks, and the worse for an improver's text. So an improver that has learned to jump is better at the tasks and can no longer improve itself; the seed improver
# still changes one thing at a time. Meta-utility asks how well an improver does the *tasks*, and not how well it improves improvers. In the paper, too, the recursion paid with the strongest language model, and not with weaker ones.
#
# ## What became of the claims
#
# Intervals are 95 %, over seeds or tasks; differences are paired. A claim is *reproduced* when the whole interval lies where it says, *not here* when the interval excludes it, and *inconclusive* when it contains both.

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(errors, rises, policy_error, found)

# %% [markdown]
# ## Errata
#
# - The deck's $q_*=p(O=1|\mathbf{x},\mathbf{y})\,p_\theta(\mathbf{y}|\mathbf{x})$ is not normalised, so its $\mathcal{L}=-\mathrm{KL}(q\,\|\,q_*)$ is a divergence only up to $\log Z$ (the table of the bound).
# - From $q\propto r\,p$ to $J$ a normaliser $Z(\mathbf{x})$ is dropped that differs from question to question. $J$ is right, but belongs to the bound of $\log\mathbb{E}_{\mathbf{x}}\mathbb{E}_{\mathbf{y}}[r]$, not to the mean
#   of $\log p(O=1|\mathbf{x})$ (the cell with the policy gradient).
# - $p(O=1|\mathbf{x},\mathbf{y})\propto f(r)$ must be a probability: with rewards above one, a factor is needed. It shifts $\mathcal{L}$ by a constant and changes neither step.
#
# ## What to remember
#
# 1. Checking is easier than answering: that difference is the fuel of every method here.
# 2. E-step: reweight what the model draws by how good it is. M-step: fine-tune on it. Both climb one bound; the gap is a divergence from the posterior.
# 3. Two or three rounds: once all questions that can be covered are covered, nothing new comes in.
# 4. A filter by the answer does not see the steps, and a filter by the equations does not see where they come from.
# 5. Rationalisation helps where a hint makes a hard question easy, and the model knows how to use a hint.
# 6. Whoever picks the best of many noisy values must measure it again.
# 7. Generated programs run in another process, with limits that the operating system keeps.

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
quiz("05-coverage")

# %% tags=["hide-input"]
# @title Question
quiz("05-rationales-kept")

# %% tags=["hide-input"]
# @title Question
quiz("05-paths-given")

# %% tags=["hide-input"]
# @title Question
quiz("05-judge")

# %% tags=["hide-input"]
# @title Question
quiz("05-winner")

# %% [markdown]
# ## References
#
# - Singh et al. *Beyond human data: scaling self-training for problem-solving with language models* (ReST-EM). 2024. [arXiv:2312.06585](https://arxiv.org/abs/2312.06585)
# - Neal, Hinton. *A view of the EM algorithm that justifies incremental, sparse, and other variants.* 1998. [doi:10.1007/978-94-011-5014-9_12](https://doi.org/10.1007/978-94-011-5014-9_12)
# - Wang et al. *Self-Instruct: aligning language models with self-generated instructions.* 2023. [arXiv:2212.10560](https://arxiv.org/abs/2212.10560)
# - Zelikman, Wu, Mu, Goodman. *STaR: bootstrapping reasoning with reasoning.* 2022. [arXiv:2203.14465](https://arxiv.org/abs/2203.14465)
# - Yuan et al. *Scaling relationship on learning mathematical reasoning with large language models* (RFT). 2023. [arXiv:2308.01825](https://arxiv.org/abs/2308.01825)
# - Zelikman, Lorch, Mackey, Kalai. *Self-Taught Optimizer (STOP): recursively self-improving code generation.* 2024. [arXiv:2310.02304](https://arxiv.org/abs/2310.02304)
# - Lin. *ROUGE: a package for automatic evaluation of summaries.* 2004. [aclanthology.org/W04-1013](https://aclanthology.org/W04-1013)
# - The seed tasks were written for this course (`llmcourse/bootstrapping/seed_tasks.json`).

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 05](../work/05_bootstrapping/05_lab.ipynb), about 120 minutes. **Next:** [06 Sparse attention](06_sparse_attention.ipynb).
