# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 11 · Does a long context work?
#
# A model that can read eight thousand tokens has not thereby understood them. In this lab you build the tests that tell: the Little Retrieval Test and a
# judge of its answers, a needle in a haystack of real text, chrF for translations, a heat map that admits how little ten draws say, angles that reach further than in
# training, and the trick that makes all of it affordable: read once, ask often. In the end you use them on a real model.
#
# - **You need**: [lecture 11](../../lectures/11_long_context.ipynb); from earlier ones, what logits and softmax attention are.
# - **Time**: about 95 minutes: seven exercises, then an open task.
# - **How it works**: fill the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.

# %% [markdown] tags=["badge"]
# about 95 minutes · builds on 10 Mamba and its family

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
import random
import re
from collections import Counter

import torch
from llmcourse import data, models, runtime
from llmcourse.checks import check

torch.set_num_threads(1)
print(runtime.describe())

# %% [markdown] tags=["exercise:register-lines"]
# ## Exercise 1 · Ten lines and an order among them
#
# **3 points** · core · difficulty ●○○○○ (1 of 5) · about 8 minutes · define `build(contents, asked, place)`

# %% [markdown]
# The Little Retrieval Test has numbered lines, a number in each, and an order among them. Return its text, to the letter:
#
#     line 1: REGISTER_CONTENT is <2156>
#     line 2: REGISTER_CONTENT is <980>
#     [EXECUTE THIS]: Go to line 3 and report only REGISTER_CONTENT, without any context or additional text, just the number, then EXIT
#     line 3: REGISTER_CONTENT is <6668>
#
# `contents` is the list of numbers, `asked` the line that the order names, counted from 1, and `place` says how many lines stand before the order: 2 above.


# %% nbgrader={"grade": false, "grade_id": "register-lines", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build(contents, asked, place):
    """The text of one test.

    contents  list of numbers, one for each line
    asked     the line that is asked for, from 1
    place     how many lines stand before the order, from 0
    returns   the text; line breaks stand between its lines, none at its end
    """
    ### BEGIN SOLUTION
    order = (
        f"[EXECUTE THIS]: Go to line {asked} and report only REGISTER_CONTENT, without any context or additional text, "
        "just the number, then EXIT"
    )
    lines = [f"line {i}: REGISTER_CONTENT is <{content}>" for i, content in enumerate(contents, 1)]
    return "\n".join([*lines[:place], order, *lines[place:]])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "register-lines-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:register-lines"]
check("register-lines", build)

# %% [markdown] tags=["hints:register-lines"]
# <details><summary>Hint 1 of 3</summary>
#
# Make the list of lines first; lines count from 1.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# `lines.insert(place, order)` puts the order after the first `place` lines.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Join with line breaks between the lines, and none at the end: `"\n".join(lines)`.
#
# </details>

# %%
print(build([2156, 980, 6668, 43], asked=4, place=2))


# %% [markdown] tags=["exercise:reported-number"]
# ## Exercise 2 · What did it report?
#
# **2 points** · core · difficulty ●○○○○ (1 of 5) · about 6 minutes · define `reported(written)`

# %% [markdown]
# A model rarely reports "just the number". It writes `<6727>`, or "The content is 6727.", or a whole lecture. Be fair, and judge by one rule: what it reports is the **first
# run of digits** in its answer, as an integer. What comes after is not read any more. Return `None` if there is none.


# %% nbgrader={"grade": false, "grade_id": "reported-number", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reported(written):
    """The first number in a text.

    written  what the model wrote
    returns  the first run of digits as an int, or None
    """
    ### BEGIN SOLUTION
    found = re.search(r"\d+", written)
    return int(found[0]) if found else None
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "reported-number-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false} tags=["check:reported-number"]
check("reported-number", reported)

# %% [markdown] tags=["hints:reported-number"]
# <details><summary>Hint 1 of 3</summary>
#
# `re.search` finds the first place where a pattern fits, or None.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# A number is a run of digits, `\d+`: a comma, a minus sign or a bracket is no part of it.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# `found = re.search(r"\d+", written)`, and `int(found[0])` if there is one.
#
# </details>

# %% [markdown]
# **See it work.** SmolLM2 takes your test, as a chat. What does it report, and is that number in any line at all?

# %%
model = models.load()
for seed in range(runtime.pick(full=3, smoke=1)):
    rng = random.Random(seed)
    contents = rng.sample(range(10_000), 5)
    asked, place = rng.randint(1, 5), rng.randint(0, 5)
    (answer,) = model.generate([model.chat(build(contents, asked, place))], tokens=runtime.pick(full=12, smoke=2))
    number = reported(answer)
    where = f"line {contents.index(number) + 1}" if number in contents else "no line"
    print(f"asked for line {asked}; wrote {answer!r}: {where}")


# %% [markdown] tags=["exercise:place-needle"]
# ## Exercise 3 · After a sentence, not in one
#
# **4 points** · core · difficulty ●●○○○ (2 of 5) · about 12 minutes · define `place(haystack, needle, depth, length, ends)`

# %% [markdown]
# Kamradt's test puts a sentence, the *needle*, into a long text at a *depth* between 0 (the beginning) and 1 (the end). Count in tokens, so that the context has exactly the length
# that you want. All arguments are lists of tokens but `depth`, `length`, and `ends`, the set of tokens that end a sentence.
#
# 1. Keep the beginning of the haystack, as much as leaves room for the needle in `length` tokens.
# 2. Go to the token `int(depth * ...)` of what you have kept, and from there **back** until the token before is one of `ends`, or until you are at the beginning.
# 3. At depth 1 do not go back: the needle comes last.


# %% nbgrader={"grade": false, "grade_id": "place-needle", "locked": false, "schema_version": 3, "solution": true, "task": false}
def place(haystack, needle, depth, length, ends):
    """A context of `length` tokens with the needle in it.

    haystack, needle  lists of tokens; the haystack is long enough
    depth             0 to 1
    ends              set of the tokens that end a sentence
    returns           list of `length` tokens
    """
    ### BEGIN SOLUTION
    hay = haystack[: length - len(needle)]
    at = int(depth * len(hay))
    if depth < 1:
        at = max((i + 1 for i in range(at) if hay[i] in ends), default=0)
    return hay[:at] + needle + hay[at:]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "place-needle-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:place-needle"]
check("place-needle", place)

# %% [markdown] tags=["hints:place-needle"]
# <details><summary>Hint 1 of 4</summary>
#
# Both must fit: `hay = haystack[: length - len(needle)]`. The depth counts in what is left of the haystack.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Begin at `at = int(depth * len(hay))`, and go back while the token before, `hay[at - 1]`, ends no sentence.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Stop at 0: before the first sentence the needle may stand as well. At depth 1 do not go back at all.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `return hay[:at] + needle + hay[at:]`.
#
# </details>

# %% [markdown]
# **See it work.** A sentence in the World Factbook.

# %%
hay = model.encode(data.factbook()[:3000])
ends = {model.encode(".")[0], model.encode(".\n")[-1]}
hidden = model.encode(" The secret number of the amber box is 4711.")
context = place(hay, hidden, 0.5, 200, ends)
print(len(context), "tokens:", model.tokenizer.decode(context)[330:560])


# %% [markdown] tags=["exercise:score-candidates"]
# ## Exercise 4 · Many answers, one reading
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `score_candidates(first, logits, tokens, mask)`
#
# Return the dtype of the inputs; a gradient must flow through `first`, `logits`.

# %% [markdown]
# How likely is an answer, after a context of thousands of tokens? And a second one, and a tenth? The context is read **once**: its keys and values are kept, and `first` (V,), the logits after its last token.
# Then the C candidates are read after it, in one batch: `logits` (C, T, V). Position t of a candidate has read the context and the candidate's tokens 0 to t.
#
# Return the mean log-probability of each candidate's tokens, (C,): the first of them is predicted by the context. `mask` (C, T) is 1.0 on the tokens of a candidate and 0.0 on the padding after them.


# %% nbgrader={"grade": false, "grade_id": "score-candidates", "locked": false, "schema_version": 3, "solution": true, "task": false}
def score_candidates(first, logits, tokens, mask):
    """How likely each candidate is after the context, per token.

    first    (V,) logits after the context
    logits   (C, T, V) logits at each position of each candidate
    tokens   (C, T) the candidates; mask (C, T) 1.0 on tokens, 0.0 on padding
    returns  (C,) mean log-probabilities, in nats
    """
    ### BEGIN SOLUTION
    z = torch.cat([first.expand(len(tokens), 1, -1), logits[:, :-1]], 1)  # (C, T, V): z[:, t] predicts token t
    each = z.log_softmax(-1).gather(-1, tokens[..., None])[..., 0]  # (C, T)
    return (each * mask).sum(-1) / mask.sum(-1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "score-candidates-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:score-candidates"]
check("score-candidates", score_candidates)

# %% [markdown] tags=["hints:score-candidates"]
# <details><summary>Hint 1 of 4</summary>
#
# The first token of every candidate is predicted by `first`, the same for all: it comes from the context.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# The logits at position t of a candidate predict its token t + 1, so the last ones predict nothing here.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Put `first` before them: `torch.cat([first.expand(C, 1, V), logits[:, :-1]], 1)` is (C, T, V).
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `log_softmax(-1)`, `gather` the tokens, multiply by the mask, and divide the sum by the number of tokens.
#
# </details>

# %% [markdown]
# **See it work.** The context with the needle, read once; five numbers as candidates.

# %%
past = model.read(context + model.encode("\nThe secret number of the amber box is"))
secrets = ["1234", "4711", "4712", "9999", "17"]
rows = [model.encode(f" {secret}") for secret in secrets]
width = max(map(len, rows))
tokens = torch.tensor([row + [0] * (width - len(row)) for row in rows])
mask = torch.tensor([[1.0] * len(row) + [0.0] * (width - len(row)) for row in rows])
with torch.no_grad():
    logits = model.model(tokens, **model.after(past, len(rows))).logits.float()
scores = score_candidates(past[1].float(), logits, tokens, mask)
print({secret: round(score, 2) for secret, score in zip(secrets, scores.tolist())})


# %% [markdown] tags=["exercise:heat-map"]
# ## Exercise 5 · Ten of ten is not all
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `heat_map(right)`

# %% [markdown]
# A heat map has a cell for each depth and length, and a cell is a handful of draws. `right` (N, D, L) has 1.0 where the needle was found. Return three tensors (D, L): the mean of each cell, and the
# ends of **Wilson's interval** for it, with z = 1.96:
#
# $$\frac{p+\frac{z^2}{2n}\pm z\sqrt{\frac{p(1-p)}{n}+\frac{z^2}{4n^2}}}{1+\frac{z^2}{n}}$$
#
# Unlike p plus or minus two standard errors, it has a width where all draws agree.


# %% nbgrader={"grade": false, "grade_id": "heat-map", "locked": false, "schema_version": 3, "solution": true, "task": false}
def heat_map(right):
    """Means and 95 % intervals.

    right    (N, D, L) 0.0 or 1.0
    returns  mean, low, high: (D, L) each
    """
    ### BEGIN SOLUTION
    z, n, p = 1.96, len(right), right.mean(0)
    middle = p + z**2 / (2 * n)
    half = z * (p * (1 - p) / n + z**2 / (4 * n**2)).sqrt()
    return p, (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "heat-map-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:heat-map"]
check("heat-map", heat_map)

# %% [markdown] tags=["hints:heat-map"]
# <details><summary>Hint 1 of 3</summary>
#
# The draws are the first axis: `p = right.mean(0)` is (D, L), and n is how many draws there are.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# The interval's middle is (p + z^2 / 2n) / (1 + z^2 / n), not p.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Half its width is z sqrt(p (1 - p) / n + z^2 / 4n^2) / (1 + z^2 / n): the same denominator.
#
# </details>

# %%
mean, low, high = heat_map(torch.ones(5, 1, 1))
print(f"five needles of five: {mean.item():.2f}, and the share may be {low.item():.2f} to {high.item():.2f}")


# %% [markdown] tags=["exercise:chrf-score"]
# ## Exercise 6 · How near is a translation?
#
# **5 points** · core · difficulty ●●●●○ (4 of 5) · about 18 minutes · define `chrf(hypothesis, reference)`

# %% [markdown]
# chrF compares a translation with a reference by the characters that they share. Leave white space out of both. For each n from 1 to 6 count the n-grams (runs of n characters) of both texts; a *match* is an n-gram
# in both, each counted at most as often as in the text that has fewer of it. Then
#
# $$P=\text{mean}_n\frac{\text{matches}_n}{\text{n-grams of the hypothesis}},\qquad R=\text{mean}_n\frac{\text{matches}_n}{\text{n-grams of the reference}},\qquad \text{chrF}=100\,\frac{(1+\beta^2)PR}{\beta^2P+R},\quad\beta=2$$
#
# The means run over those n for which *both* texts have n-grams. If nothing matches, chrF is 0. No text is empty.


# %% nbgrader={"grade": false, "grade_id": "chrf-score", "locked": false, "schema_version": 3, "solution": true, "task": false}
def chrf(hypothesis, reference):
    """chrF of one sentence.

    hypothesis, reference  texts
    returns                a number from 0 to 100
    """
    ### BEGIN SOLUTION
    hypothesis, reference = ("".join(text.split()) for text in (hypothesis, reference))
    P, R = [], []
    for n in range(1, 7):
        hyp, ref = (Counter(text[i : i + n] for i in range(len(text) - n + 1)) for text in (hypothesis, reference))
        if hyp and ref:
            matches = (hyp & ref).total()
            P.append(matches / hyp.total())
            R.append(matches / ref.total())
    p, r = sum(P) / len(P), sum(R) / len(R)
    return 500 * p * r / (4 * p + r) if p > 0 else 0.0
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "chrf-score-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false} tags=["check:chrf-score"]
check("chrf-score", chrf)

# %% [markdown] tags=["hints:chrf-score"]
# <details><summary>Hint 1 of 4</summary>
#
# Leave white space out first: `''.join(text.split())`. Then count the n-grams, for each n from 1 to 6.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# `Counter(a) & Counter(b)` keeps what is in both, each as often as in the one that has less of it.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Precision is matches over the hypothesis's n-grams, recall over the reference's. Take the means over n first, over those n for which both texts have n-grams; then one F-score.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `100 * 5 * P * R / (4 * P + R)` with beta = 2, and 0 if nothing matches.
#
# </details>

# %% [markdown]
# **See it work.** The deck's example: one sentence of Kalamang, translated by models that had a grammar book in their context, and by a human who had read it.

# %%
reference = "My ankle bone, I fell and wounded it."
for who, text in {
    "text-davinci-003": "Even if I fall, my ankle bone is wounded.",
    "gpt-3.5-turbo": "I dream of a watch falling soon and injuring.",
    "gpt-4": "This ankle of mine is falling and progressively getting wounded.",
    "Claude 2": "This ankle of mine fell down while I was walking, and it got wounded.",
    "a human": "This ankle, I injured by falling.",
}.items():
    print(f"{chrf(text, reference):5.1f}  {who}: {text}")

# %% [markdown]
# The human is last but one. chrF sees characters and not meaning: what it says of a single sentence is little, and it is meant for many.


# %% [markdown] tags=["exercise:stretched-positions"]
# ## Exercise 7 · Further than in training
#
# **3 points** · stretch · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `stretched(d, base, s)`

# %% [markdown]
# A head with d channels turns them in d / 2 pairs: at position t pair i is turned by t times $f_i=\text{base}^{-2i/d}$, for i from 0. In a text that is s times as long as in training, the slow pairs reach angles
# that the model has never met. Two repairs change nothing but the angles:
#
# - **interpolation** (Chen et al.): divide all positions by s, so that angle per token is $f_i/s$;
# - **NTK-aware**: compute $f_i$ with the base $s^{d/(d-2)}\cdot\text{base}$. The fastest pair stays, the slowest turns s times more slowly.
#
# Return both, (d / 2,) each, in this order.


# %% nbgrader={"grade": false, "grade_id": "stretched-positions", "locked": false, "schema_version": 3, "solution": true, "task": false}
def stretched(d, base, s):
    """The angles per token, interpolated and NTK-aware.

    d        channels, even, more than 2
    base     of the angles
    s        how many times longer the text is, 1 or more
    returns  two tensors (d / 2,), in radians
    """
    ### BEGIN SOLUTION
    exponent = -torch.arange(0, d, 2) / d  # (d / 2,)
    return base**exponent / s, (base * s ** (d / (d - 2))) ** exponent
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "stretched-positions-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:stretched-positions"]
check("stretched-positions", stretched)

# %% [markdown] tags=["hints:stretched-positions"]
# <details><summary>Hint 1 of 4</summary>
#
# Pair i turns by base^(-2 i / d) per token; there are d / 2 pairs, counted from 0.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Positions divided by s is the same as angles divided by s.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# NTK-aware: the same formula as at first, with the base s^(d / (d - 2)) times as large.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `i = torch.arange(0, d, 2) / d`; `base ** -i / s` and `(base * s ** (d / (d - 2))) ** -i`.
#
# </details>

# %%
plain = stretched(64, 10_000.0, 1.0)[0]
interpolated, ntk = stretched(64, 10_000.0, 4.0)
for i in (0, 8, 16, 24, 31):
    print(
        f"pair {i:2}: a turn takes {2 * torch.pi / plain[i]:8.0f} tokens; x{plain[i] / interpolated[i]:.2f}, NTK x{plain[i] / ntk[i]:.2f}"
    )


# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · A needle that it does not find (6 points, 25 minutes)
#
# SmolLM2 finds a single number with its own words before it, wherever it stands. Find out where it fails.
#
# 1. Take a haystack of your own: a text that you may use, or another part of the Factbook. Write four needles or more, and for each a question whose answer stands in the needle.
# 2. Choose **one thing** to change: words of the question, number of look-alikes, order in the sentence (does the answer come before or after the words that you ask with?), length, or depth.
#    Write down **before** you measure what you expect, and how large a difference would convince you.
# 3. Score the candidates with one reading of each context: `needle.best(model, past, question, candidates)` of `llmcourse.long_context` does what you wrote above. At least 12 draws on each side, and `heat_map`'s intervals.
# 4. Say what you found, and one other explanation that your draws can't exclude.
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by hand, with the outputs that you
# leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 2 points: needles, questions and candidates of their own, placed by tokens; contexts are read once.
# - 1 point: one thing is changed and nothing else; the expectation stands before the numbers.
# - 2 points: 12 draws or more a side, with intervals; what is said follows from them, an inconclusive result included.
# - 1 point: another explanation that fits: the length of the question, the place of the answer in the sentence, a name that the model prefers.
#
# A model solution: the order in the sentence. "The violin is played by Martin" and "Martin plays the violin", asked by "The violin is played by": a copying head reads forwards, so an answer
# that stands before its key words is found much less often.
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
from llmcourse.long_context import needle

FORWARD = [
    ("The violin is played by", "plays the violin"),
    ("The goats are kept by", "keeps the goats"),
    ("The bread is sold by", "sells the bread"),
    ("The plane is flown by", "flies the plane"),
]
NAMES = ["Martin", "Laura", "Oscar", "Sofia"]
found = {"answer last": [], "answer first": []}
for draw in range(runtime.pick(full=3, smoke=1)):
    rng = random.Random(draw)
    names = rng.sample(NAMES, 4)
    start = rng.randrange(1_000_000)
    hay = model.encode(data.factbook()[start : start + 4000])[:400]
    for how, told in found.items():
        sentences = [
            f" {asked} {name}." if how == "answer last" else f" {name} {does}."
            for (asked, does), name in zip(FORWARD, names)
        ]
        text = needle.scatter(hay, [model.encode(one) for one in sentences], [0.1, 0.35, 0.6, 0.85], 400, ends)
        past = model.read(text)
        for i, (asked, _) in enumerate(FORWARD):
            best, _ = needle.best(model, past, f"\n{asked}", [f" {name}" for name in names])
            told.append(float(best == i))
for how, told in found.items():
    mean, low, high = heat_map(torch.tensor(told)[:, None, None])
    print(
        f"{how}: {mean.item():.2f}, 95 % interval {low.item():.2f} to {high.item():.2f}, {len(told)} questions, chance 0.25"
    )

# %% tags=["save"]
from llmcourse import work

work.save()
