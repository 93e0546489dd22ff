# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 05 · Bootstrapping: a model teaches itself
#
# A model draws answers, something checks them, and the model learns from what passed. In this lab you build each part of that
# loop: the bound that says why it works, both of its steps, the loop itself, and the filters of STaR, RFT and Self-Instruct.
#
# - **You need**: [lecture 05](../../lectures/05_bootstrapping.ipynb), logarithms of probabilities, `torch.where` and `scatter_add`.
# - **Time**: about two hours: an hour and a half for seven exercises, then an open task with a model that you bootstrap yourself.
# - **How it works**: fill in the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly the whole answer.
#
# The letters are the lecture's: a question $\mathbf{x}$, an answer $\mathbf{y}$, a reward $r(\mathbf{x},\mathbf{y})\ge 0$, a model
# $p_\theta(\mathbf{y}|\mathbf{x})$, and $O=1$ for "this answer is good".

# %% [markdown] tags=["badge"]
# about 120 minutes · builds on 02 From human feedback to a policy, 04 Instruction tuning

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
import torch.nn.functional as F
from llmcourse import figures, runtime
from llmcourse.checks import check

print(runtime.describe())

# %% [markdown] tags=["exercise:bound-and-gap"]
# ## Exercise 1 · The bound and its gap
#
# **3 points** · stretch · difficulty ●●○○○ (2 of 5) · about 12 minutes · define `bound_and_gap(log_p, r, q)`

# %% [markdown]
# For each question all $Y$ answers are listed, with the model's $\log p(\mathbf{y}|\mathbf{x})$ and with $r=p(O=1|\mathbf{x},\mathbf{y})$ between 0 and 1.
# For any distribution $q(\mathbf{y}|\mathbf{x})$,
#
# $$\log p(O=1|\mathbf{x}) = \log\sum_{\mathbf{y}} p(\mathbf{y}|\mathbf{x})\,r(\mathbf{x},\mathbf{y})\ \ge\ \mathcal{L}(p,q) = \mathbb{E}_{q}[\log r] - \mathrm{KL}(q\,\|\,p).$$
#
# Return $\mathcal{L}$ and the **gap**, the left side minus the right, for each question. Where $q$ is zero, $r$ may be zero too, and $0\log 0$ counts as 0.


# %% nbgrader={"grade": false, "grade_id": "bound-and-gap", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bound_and_gap(log_p, r, q):
    """The lower bound of log p(O = 1 | x), and what is missing.

    log_p    (B, Y)  log-probabilities of the answers
    r        (B, Y)  p(O = 1 | x, y)
    q        (B, Y)  probabilities; zero wherever r is zero
    returns  L (B,), gap (B,)
    """
    ### BEGIN SOLUTION
    terms = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0)
    L = terms.sum(-1)
    evidence = (log_p.exp() * r).sum(-1).log()
    return L, evidence - L
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bound-and-gap-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:bound-and-gap"]
check("bound-and-gap", bound_and_gap)

# %% [markdown] tags=["hints:bound-and-gap"]
# <details><summary>Hint 1 of 4</summary>
#
# L has two parts: the expectation under q of log r, and minus KL(q || p). Sum over the last axis.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# 0 log 0 counts as 0: `torch.where(q > 0, q * r.log(), 0.0)`, or `torch.xlogy`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The gap is log Z - L, where Z = sum_y p(y) r(y) is what the bound is a bound of.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `L = torch.where(q > 0, q * (r.log() + log_p - q.log()), 0.0).sum(-1)`, and `gap = (log_p.exp() * r).sum(-1).log() - L`.
#
# </details>

# %% [markdown]
# **See it work.** One question with two answers, of which the second is twice as good. All of $q$ is one number, so the bound can be drawn:
# it touches the line at one place only.

# %%
log_p, r = torch.tensor([[0.7, 0.3]]).log(), torch.tensor([[0.4, 0.8]])
first = torch.linspace(0, 1, 101)
q = torch.stack([first, 1 - first], -1)
L, gap = bound_and_gap(log_p.expand(101, 2), r.expand(101, 2), q)
with figures.figure(
    alt="The bound against q of the first answer: a hill that touches the horizontal line of the evidence."
) as ax:
    ax.plot(first, L, marker="", label="bound L")
    ax.axhline((log_p.exp() * r).sum().log().item(), color="black", linestyle="--")
    ax.set(title=f"The bound touches at q = {first[gap.argmin()]:.2f}", xlabel="q of the first answer", ylabel="nats")

# %% [markdown] tags=["exercise:e-step"]
# ## Exercise 2 · The E-step
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `e_step(log_p, r, f)`

# %% [markdown]
# The E-step asks which $q$ closes the gap. It is the model's own distribution, reweighted by how good each answer is:
#
# $$q(\mathbf{y}|\mathbf{x}) = \frac{f(r(\mathbf{x},\mathbf{y}))\,p(\mathbf{y}|\mathbf{x})}{\sum_{\mathbf{y}'} f(r(\mathbf{x},\mathbf{y}'))\,p(\mathbf{y}'|\mathbf{x})}.$$
#
# `f` is an argument: a function that turns a tensor of rewards into one of weights of the same shape, none of them negative. The check uses the identity and a
# threshold. Where no answer has a weight, all of the question's $q$ is zero.


# %% nbgrader={"grade": false, "grade_id": "e-step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def e_step(log_p, r, f):
    """The best q for a model and rewards.

    log_p    (B, Y)  log-probabilities of the answers
    r        (B, Y)  rewards, not negative
    f        a function of tensors, (B, Y) to (B, Y)
    returns  (B, Y); rows sum to 1, or are all 0
    """
    ### BEGIN SOLUTION
    q = f(r) * log_p.exp()
    total = q.sum(-1, keepdim=True)
    return q / torch.where(total > 0, total, torch.ones_like(total))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "e-step-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:e-step"]
check("e-step", e_step)

# %% [markdown] tags=["hints:e-step"]
# <details><summary>Hint 1 of 3</summary>
#
# q is proportional to f(r) times p: first the product, then the normaliser.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# Every question has its own normaliser: `sum(-1, keepdim=True)`.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Where that sum is 0, divide by 1 in its place: `torch.where(Z > 0, Z, 1.0)`.
#
# </details>

# %% [markdown] tags=["exercise:weighted-gradient"]
# ## Exercise 3 · The gradient of the M-step
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `weighted_gradient(logits, y, r)`

# %% [markdown]
# The M-step increases the weighted likelihood. With $N$ answers *drawn* for each of $B$ questions,
#
# $$J = \frac{1}{BN}\sum_{b,n} r_{bn}\,\log p(y_{bn}|\mathbf{x}_b),\qquad p(\cdot|\mathbf{x}_b) = \mathrm{softmax}(\mathbf{z}_b).$$
#
# Write down its gradient with respect to the logits $\mathbf{z}$. (Autograd can tell you whether you are right.) The same answer may be drawn several times.


# %% nbgrader={"grade": false, "grade_id": "weighted-gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
def weighted_gradient(logits, y, r):
    """The gradient of J with respect to the logits.

    logits   (B, Y)
    y        (B, N)  the answers drawn, as numbers from 0 to Y - 1
    r        (B, N)  their rewards
    returns  (B, Y)
    """
    ### BEGIN SOLUTION
    p = logits.softmax(-1)
    drawn = F.one_hot(y, logits.shape[-1]).to(p.dtype)  # (B, N, Y)
    return (r[..., None] * (drawn - p[:, None])).sum(1) / y.numel()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "weighted-gradient-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:weighted-gradient"]
check("weighted-gradient", weighted_gradient)

# %% [markdown] tags=["hints:weighted-gradient"]
# <details><summary>Hint 1 of 4</summary>
#
# The gradient of log softmax(z)_y is onehot(y) - softmax(z). It is multiplied by r, and averaged.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Sum over the N answers: `one_hot(y, Y)` is (B, N, Y). From each, r times the softmax is subtracted.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The mean is over all B N answers: divide by `y.numel()`, and not by the sum of r.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `(r[..., None] * (F.one_hot(y, Y) - p[:, None])).sum(1) / y.numel()`, with p = softmax of the logits.
#
# </details>

# %% [markdown] tags=["exercise:generate-and-improve"]
# ## Exercise 4 · Algorithm 1
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 18 minutes · define `rest_em(base, r, draws, sample)`

# %% [markdown]
# Now the loop of Algorithm 1, for a policy that is a table of probabilities, one row for each question. You are given a sampler: `sample(policy, u)` turns
# random numbers `u` (X, N) into $N$ answers to each question. In each round:
#
# - **Generate**: draw from the newest policy; look up the rewards in the table `r`, which holds 0 and 1.
# - **Improve**: start from `base`. It counts like one answer that was seen, and every rewarded draw counts as one more:
#   $p_{\text{new}} = (\text{base} + \text{counts})\,/\,(1 + \text{number of rewarded draws})$, for each question.
#
# Return the last policy, and the mean reward of the draws of each round.


# %% nbgrader={"grade": false, "grade_id": "generate-and-improve", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rest_em(base, r, draws, sample):
    """ReST-EM for a table of probabilities.

    base     (X, Y)     the first policy
    r        (X, Y)     rewards, 0 or 1
    draws    (T, X, N)  random numbers for T rounds
    sample   function (policy (X, Y), u (X, N)) to answers (X, N), as numbers
    returns  the last policy (X, Y), and the mean reward of each round's draws (T,)
    """
    ### BEGIN SOLUTION
    policy, sampled = base, []
    for u in draws:
        y = sample(policy, u)  # (X, N)
        reward = r.gather(1, y)
        sampled.append(reward.mean())
        counts = torch.zeros_like(base).scatter_add(1, y, reward)
        policy = (base + counts) / (1 + counts.sum(-1, keepdim=True))
    return policy, torch.stack(sampled)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "generate-and-improve-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:generate-and-improve"]
check("generate-and-improve", rest_em)

# %% [markdown] tags=["hints:generate-and-improve"]
# <details><summary>Hint 1 of 4</summary>
#
# A loop over `draws`: one (X, N) of random numbers for each round. Generate with the *newest* policy.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# The reward of a draw is `r.gather(1, y)`. Its mean is what `sampled` keeps, before the improvement.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Counts of rewarded answers: `torch.zeros_like(base).scatter_add(1, y, reward)`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Improve from `base`: `(base + counts) / (1 + counts.sum(-1, keepdim=True))`, counts of this round.
#
# </details>

# %% [markdown]
# **See it work.** Forty questions with twenty answers each, one of them right. With few draws, it is found for few questions; but once it is found for a question,
# it is found more often in the next round. Where it is never found, the policy stays what it was: that is the ceiling.

# %%
generator = runtime.seed(0)
base = torch.randn(40, 20, generator=generator).mul(1.5).softmax(-1)
r = F.one_hot(torch.randint(0, 20, (40,), generator=generator), 20).float()


def sample(p, u):
    return (u[..., None] > p.cumsum(-1)[:, None, :-1]).sum(-1)


with figures.figure(
    alt="Mean reward of the draws over ten rounds, for 1, 4 and 16 draws a question: all rise; more draws rise higher."
) as ax:
    for N, style in ((1, ":"), (4, "--"), (16, "-")):
        _, sampled = rest_em(base, r, torch.rand(10, 40, N, generator=generator), sample)
        ax.plot(range(10), sampled, linestyle=style, label=f"{N} draws")
    ax.set(title="What is drawn once is drawn again", xlabel="round", ylabel="mean reward of the draws", ylim=(0, 1))
    figures.label_lines(ax)

# %% [markdown] tags=["exercise:rationalisation"]
# ## Exercise 5 · STaR's training set
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 14 minutes · define `training_set(plain, hinted, first, told, gold)`

# %% [markdown]
# STaR trains on rationales, and gives every question two chances. `first` was written after the plain question; `told` after the question with the right
# answer in it, `hinted`. The last token of a rationale is its answer. For each question, in order:
#
# 1. its first try, if the answer is right;
# 2. else what was written after the hint, if the answer there is right;
# 3. else nothing.
#
# Return the rows of the training set, the question as it will be asked at test time followed by the rationale; and the targets, the same tokens with -100
# (which the loss ignores) in the places of the question.


# %% nbgrader={"grade": false, "grade_id": "rationalisation", "locked": false, "schema_version": 3, "solution": true, "task": false}
def training_set(plain, hinted, first, told, gold):
    """The pairs that STaR trains on, as tokens and targets. All tensors are of integers.

    plain, hinted  (B, Q)  the question; the question with its answer told
    first, told    (B, S)  what was written after each; the last token is the answer
    gold           (B,)    the right answers
    returns        tokens (M, Q + S), targets (M, Q + S), for the M questions that enter; M may be 0
    """
    ### BEGIN SOLUTION
    right = first[:, -1] == gold
    enters = right | (told[:, -1] == gold)
    rationale = torch.where(right[:, None], first, told)
    tokens = torch.cat([plain, rationale], dim=1)
    targets = tokens.clone()
    targets[:, : plain.shape[1]] = -100
    return tokens[enters], targets[enters]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rationalisation-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:rationalisation"]
check("rationalisation", training_set)

# %% [markdown] tags=["hints:rationalisation"]
# <details><summary>Hint 1 of 4</summary>
#
# The answer of a rationale is its last token: `first[:, -1] == gold`.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# A question enters when its first try is right, or else when the rationale after the hint is.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# `torch.where(right[:, None], first, told)` takes the first try where it is right. In front stands `plain`: at test time nobody tells the answer.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Targets are the tokens, with -100 at the first Q places; then take the rows that enter.
#
# </details>

# %% [markdown] tags=["exercise:distinct-paths"]
# ## Exercise 6 · RFT's selection
#
# **3 points** · stretch · difficulty ●●●○○ (3 of 5) · about 14 minutes · define `select(paths, answers, gold, k)`

# %% [markdown]
# RFT draws many rationales for each question and keeps those that are right *and* differ from each other. A path is a list of $S$ steps, given as numbers. Two paths
# are the same when they have the same steps in the same order. Go through the draws of a question from the first to the last; keep a path when its
# answer is right, when no path kept before is the same, and when fewer than $k$ have been kept so far.


# %% nbgrader={"grade": false, "grade_id": "distinct-paths", "locked": false, "schema_version": 3, "solution": true, "task": false}
def select(paths, answers, gold, k):
    """Which draws RFT trains on.

    paths    (B, N, S)  the steps of N draws for B questions, as integers
    answers  (B, N)     the answers they end in
    gold     (B,)       the right answers
    k        the most that are kept of a question, a Python int
    returns  (B, N), bool: is it kept?
    """
    ### BEGIN SOLUTION
    keep = torch.zeros(answers.shape, dtype=torch.bool)
    for b, draws in enumerate(paths.tolist()):
        found = set()
        for n, path in enumerate(map(tuple, draws)):
            if answers[b, n] == gold[b] and path not in found and len(found) < k:
                found.add(path)
                keep[b, n] = True
    return keep
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "distinct-paths-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:distinct-paths"]
check("distinct-paths", select)

# %% [markdown] tags=["hints:distinct-paths"]
# <details><summary>Hint 1 of 4</summary>
#
# Go through the paths of a question in their order, with a set of the paths that were kept.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# `tuple(path.tolist())` can be put into a set, and keeps the order of the steps.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# First ask whether the answer is right: a wrong one must not use up its path.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Stop taking when the set has k members. The set is a new one for each question.
#
# </details>

# %% [markdown] tags=["exercise:rouge-l"]
# ## Exercise 7 · ROUGE-L
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `rouge_l(a, b)`

# %% [markdown]
# Self-Instruct lets an instruction into its pool when it is not too similar to any that is already there. The measure is ROUGE-L: the length of the longest
# common subsequence (the same words in the same order, with anything in between), as a share of both texts:
#
# $$P = \frac{\mathrm{lcs}(a,b)}{|b|},\qquad R = \frac{\mathrm{lcs}(a,b)}{|a|},\qquad F = \frac{2PR}{P+R}.$$
#
# A text is a list of words (in the check, of numbers that stand for words). It may be empty; then, and whenever the texts have nothing in common, $F$ is 0.


# %% nbgrader={"grade": false, "grade_id": "rouge-l", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rouge_l(a, b):
    """ROUGE-L of two texts.

    a, b     lists of words
    returns  F, a Python float
    """
    ### BEGIN SOLUTION
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(new[j], row[j + 1]))
        row = new
    return 2 * row[-1] / (len(a) + len(b)) if row[-1] else 0.0
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rouge-l-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:rouge-l"]
check("rouge-l", rouge_l)

# %% [markdown] tags=["hints:rouge-l"]
# <details><summary>Hint 1 of 4</summary>
#
# The length of the longest common subsequence of all beginnings of a and b fills a table, row by row.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# table[i][j] is table[i-1][j-1] + 1 where the words are equal, else the larger of the places above and on the left.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# P = lcs / len(b) and R = lcs / len(a) give F = 2 P R / (P + R) = 2 lcs / (len(a) + len(b)).
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Two empty texts divide by zero: return 0.0 when lcs is 0.
#
# </details>

# %% [markdown]
# **See it work.** Your measure, applied to instructions. Which of these would Self-Instruct accept, with its limit of 0.7?

# %%
pool = "give three tips for staying focused while studying"
proposals = [
    "give three tips for staying focused while reading",
    "give three tips for falling asleep",
    "while studying stay focused with three tips",
    "name the capital of the country",
]
figures.table(
    [
        (
            text,
            f"{rouge_l(text.split(), pool.split()):.2f}",
            "no" if rouge_l(text.split(), pool.split()) >= 0.7 else "yes",
        )
        for text in proposals
    ],
    ["proposal", "ROUGE-L", "enters"],
    f"against: {pool}",
)

# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · Where does a model that teaches itself stop? (6 points, 25 minutes)
#
# The lecture's small model adds two-digit numbers, learns from its own right answers, and stops getting better. Why does it stop *there*? The cell below starts
# smaller, so that it runs in a minute: it stays near 0.1, where two runs can hardly be told apart. With the lecture's sizes (300 steps, 8 draws, 700 labelled and 2,500
# unlabelled questions, a few minutes) two rounds lead to about 0.8, and further rounds level off. Choose sizes at which your effect can show.
#
# Take one possible reason, and test it. For example: too few draws a question; a temperature that is too low or too high; rounds that start from the last
# policy instead of the first; a reward that is sometimes wrong; questions that the first model never gets right.
#
# 1. Say which reason you are testing, and what you expect to see if it is the reason.
# 2. Run `llmcourse.bootstrapping.rest` (or your own loop) with and without, from at least two seeds, everything else equal.
# 3. Show accuracy over rounds on questions that were not trained on, in one figure with labelled axes.
# 4. Conclude in three sentences: Was it the reason? How sure are you? What would you run next with a hundred times the computing power?
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by
# hand, with the outputs that you leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 1 point: one reason, and what is expected, said before the results.
# - 2 points: a fair comparison: one thing changed, from two seeds or more (1); test questions apart from the training questions (1).
# - 1 point: figure with labelled axes.
# - 1 point: the difference is compared with the spread over seeds.
# - 1 point: the conclusion follows from the numbers; an expectation that failed is said to have failed.
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
from llmcourse.bootstrapping import problems, rest, writer

steps, N = runtime.pick(full=(150, 4), smoke=(2, 1))
questions = problems.sums(2, seed=0)
test, validation, labelled, unlabelled = questions[:200], questions[200:300], questions[300:700], questions[300:1300]
generator = runtime.seed(0)
pairs = [(x, str(problems.total(x))) for x in labelled]
first, _ = writer.fine_tune(writer.small(seed=0), pairs, steps, generator, name="first model")
policies = [first]
if runtime.tier() != "smoke":  # two rounds; take more
    policies += [
        done.policy for done in rest.rest_em(first, unlabelled, problems.right, 2, N, steps, generator, 4, validation)
    ]
for t, policy in enumerate(policies):
    accuracy = rest.mean_reward(policy, test, problems.right, generator, length=4)
    print(f"after {t} rounds: {accuracy:.2f} of {len(test)} test questions right")

# %% tags=["save"]
from llmcourse import work

work.save()
