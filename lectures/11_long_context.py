# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 11 · Does a long context work?
#
# A window of a million tokens is a promise: that what you put in is there when you need it. Part II has built many ways of carrying the past along, and each was
# fast or small. Now ask whether it was *used*. This lecture builds the three tests by which long contexts have been judged: a number among numbered lines, a sentence in a haystack,
# a language learned from one book. Then it runs them.

# %% [markdown] tags=["badge"]
# about 60 minutes · builds on 10 Mamba and its family

# %% [markdown] tags=["preview"]
# ![Share of lines found by their number. softmax 1.00 at 4 and 0.97 at 128; window 1.00 at 4 and 0.15 at 128; linear 0.99 at 4 and 0.32 at 128; DeltaNet 0.99 at 4 and 0.36 at 128; GLA 0.97 at 4 and 0.17 at 128; Mamba-2 0.63 at 4 and 0.07 at 128.](pictures/11_long_context.webp)
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
# - write the Little Retrieval Test, judge answers to it, and tell a failure of form from a failure of finding;
# - derive why a sum of keys and values is noisy, and after how many lines the noise is as loud as the answer;
# - put a needle into a haystack by tokens, read the haystack once for many depths and many questions, and say how much that saves;
# - tell finding words from finding facts, and one needle from several that look alike;
# - say what a rotary position does past the training length, and what interpolation, NTK-aware scaling and YaRN change;
# - score a translation by chrF, and say what a model has used of a book by taking parts of the book away.
#
# The letters: $L$ tokens of context, $n$ lines, $d$ channels of a head, $f_i$ angles per token, $s$ times the training length.

# %%
import random

import torch
import torch.nn.functional as F
from llmcourse import models, records, runtime
from llmcourse.figures import quiz, show_source
from llmcourse.long_context import languages, line_experiments, little_retrieval, needle, needle_experiments
from llmcourse.long_context import rope, rope_experiments, translation
from llmcourse.long_context.lecture_11 import claims, pictures, tables

model = models.load(dtype=torch.float32)
print(runtime.describe())

# %% [markdown]
# ## A number among lines
#
# What could be easier? The text says where to look, and the number stands there, once. But the order comes in the middle. Whoever reads from left to right has not been told yet which of the earlier lines
# will be asked for, and must carry all of them; or must carry the order past all of the later lines.

# %%
test = little_retrieval.draw(6, random.Random(4))
print(test.text, "\n\nright:", test.answer)

# %% [markdown]
# SmolLM2 is asked in two ways. First it writes. But if it fails, "it has not understood the order" is a good objection. So the second time it need not write: put `line 3: REGISTER_CONTENT is <` after the text, and ask
# how likely each line's number is as what follows. The likeliest counts. This forgives every mistake of form.

# %% tags=["hide-input"]
# @title Source
show_source(little_retrieval.prompts, needle.best)

# %%
registers = needle_experiments.registers(model, 5, runtime.pick(full=10, smoke=2))

# %% tags=["hide-input"]
# @title Table: registers
tables.registers(registers)

# %% tags=["hide-input"]
# @title Figure: chosen lines
pictures.chosen_lines(registers)

# %% [markdown]
# It reports no number at all. The lines look like code to it, and it writes about code: a failure of form, after five lines, in a window of thousands of tokens. Scored, the right line is the likeliest in four of ten tests. By chance it would be two, and the interval is wide enough for both, so ten tests can't tell whether it finds anything.
#
# ## Who carries what
#
# A large model that fails at a test tells you about itself, not about its mixer. So take small ones that differ in nothing else, teach them the test, and ask them about more lines than they were taught on. A line is two tokens here,
# a number and its content; at the end the numbers come once more, in another order, and the contents are to be said. Training is on 4 to 16 lines.
#
# What should you expect of a state of fixed size? Write $n$ pairs into a sum, $S=\sum_i v_ik_i^\top$, with keys of length 1 and $d$ channels in random directions, and read with one of the keys:
#
# $$S\,k_j=v_j+\sum_{i\neq j}(k_i^\top k_j)\,v_i$$
#
# The first part is the answer, the second is noise. Two random directions have $\mathbb E\,(k_i^\top k_j)^2=1/d$, and values that are independent add up by their squares, so noise over signal is $(n-1)/d$: with $d=32$ it is as loud as the answer
# from 33 lines on. A softmax keeps the pairs apart and pays with memory; a delta rule takes out what the key already had before it writes; a gate makes room by forgetting. Is the formula right?

# %%
generator, d = torch.Generator().manual_seed(0), 32
heard = {}
for n in (2, 5, 9, 17, 33, 65):
    keys = F.normalize(torch.randn(50, n, d, generator=generator), dim=-1)
    values = torch.randn(50, n, d, generator=generator)
    S = values.mT @ keys  # (50, d, d): what is left of n pairs
    noise = keys @ S.mT - values
    heard[n] = (noise.pow(2).mean((1, 2)) / values.pow(2).mean((1, 2))).tolist()

# %% tags=["hide-input"]
# @title Figure: interference
pictures.interference(heard, d)

# %% [markdown]
# That is for random keys. Trained ones may lie better, and a network has two layers and two heads of such sums. Two small models, live: full attention, and a window of 32 tokens.
#
# Before you look: a window of 32 tokens in two layers, with convolutions of width 4 in front. From how many lines on can it *not* know?

# %%
steps = runtime.pick(full=150, smoke=2)
tested = runtime.pick(full=line_experiments.LINES, smoke=(4, 8))
mixers = runtime.pick(full=("softmax", "window"), smoke=("softmax",))
live = [line_experiments.run(name, steps, 0, 3e-2, tested) for name in mixers]
for run in live:
    shares = ", ".join(f"{n} lines {share:.2f}" for n, share in run["accuracy"].items())
    print(f"{run['mixer']}: {shares}; {run['parameters']:,} parameters")

# %% [markdown]
# One seed and few steps. The long run has six mixers of equal size, each at the best of four learning rates that were searched alike, and three seeds. This is the figure of part II: what each of its mixers can still find when there is more to read than it was taught on.

# %%
in_lines = records.load("11_lines")
print(records.made(in_lines))

# %% tags=["pictured", "hide-input"]
# @title Figure: lines
pictures.lines(in_lines["runs"], in_lines["trained"], line_experiments.CHANCE)

# %% tags=["hide-input"]
# @title Table: mixers
tables.mixers(in_lines)

# %%
learned = [name for name in in_lines["rates"] if claims.finds(in_lines["runs"], name, 8) > 0.9]
print("find more than 0.9 of 8 lines, well within what they were taught on:", ", ".join(learned))
print("did not: ", ", ".join(name for name in in_lines["rates"] if name not in learned) or "none")

# %% [markdown]
# Softmax keeps every key and value, and at eight times what it was taught on it still finds nearly every line. The window finds about fifteen lines however many there are, 0.48 of 32 and 0.25 of 64: that is what stands in its 32 tokens. Linear attention and DeltaNet keep about a third of 128 lines, and lose line after line, as the noise foretold.
# DeltaNet, which takes out before it writes, lies above the plain sum in the mean; with three seeds the difference is not certain.
#
# GLA's gate does not help here. It finds more than nine of ten lines while there are eight, so it has learned the task; then it falls faster than the plain sum. A likely reason is what a gate is for: it forgets by age, and here every line is asked for, old or new. Mamba-2 says nothing: in so few steps it does not
# learn to find even four lines every time.
#
# Two things about how this came to be. The number of kinds of lines was chosen in a pilot, since with more of them GLA and Mamba-2 hardly began to learn. And an earlier record, with searches half as long, gave these two rates at which they never finished; it was made anew with searches as long as the training, and the bounds below stayed as they were.
#
# ## A needle in a haystack
#
# The lines were all needles. Kamradt took the other extreme: a long text about something else, one sentence that does not belong there, and a question about it. Two things are varied, how long the text is and how
# deep the sentence lies, and the result is a picture that everybody has seen: a heat map.
#
# It is expensive if every cell reads its context anew. But contexts that differ only in the needle's depth agree up to the needle, and the keys and values up to there can be kept. With $D$ depths, evenly from 0 to 1, that leaves the haystack once and
# what follows each needle, $L+\sum_\delta(1-\delta)L=(D+2)L/2$ tokens in place of $DL$. And all questions about one context share one reading, so each costs its own few tokens.

# %% tags=["hide-input"]
# @title Source
show_source(needle.at_depths, needle.ask)

# %%
if runtime.pick(full=True, smoke=False):
    spent = needle_experiments.speed(model, length=128, questions=4)
    questions = spent["one by one"] / spent["together"]
    depths = spent["depths one by one"] / spent["depths together"]
    print(f"{spent['questions']} questions on {spent['length']} tokens: {questions:.1f} times faster on one reading")
    print(f"{spent['depths']} depths: {depths:.1f} times faster if the common beginnings are read once")

# %% [markdown]
# Now the long run: secret numbers of boxes in two texts, the World Factbook and torch's manual, at three lengths and three depths, four draws. The beginning of the answer is given, "The secret number of the amber box is", and the cells show how likely the right
# number is then.

# %%
hidden = records.load("11_needle")
print(records.made(hidden))
log_p = torch.tensor([claims.cells(hidden["grid"], "log_prob", depth, hidden["lengths"]) for depth in hidden["depths"]])

# %% tags=["hide-input"]
# @title Figure: heat map
pictures.heat_map(log_p, hidden["depths"], hidden["lengths"])

# %% [markdown]
# Was it fair to give the beginning of the answer? Anthropic reported in 2023 that Claude 2.1 scored 27 % on the original test, and 98 % when its answer began with "Here is the most relevant sentence in the context:". It could find the needle all along, but would not answer from a sentence that was out of place.
# Here is the same comparison for SmolLM2: the answer begun, or only "Answer:".

# %% tags=["hide-input"]
# @title Table: begun
tables.begun(hidden["grid"])

# %% [markdown]
# The map is flat, as far as four draws can tell: between 512 and 2,048 tokens neither length nor depth shows beyond the intervals, though the needle that stands last is the likeliest in every column. Nor does it matter visibly whether the answer is begun: unlike Claude 2.1, this model answers from an odd sentence without being asked twice. All three verdicts below are inconclusive. That is not the same as "no effect": effects as large as some that would
# matter fit into the intervals, too.
#
# How sure is a cell? Ten needles found of ten do not say that the share is 1. Wilson's interval for $k$ of $n$ asks which shares $p$ would make what was seen plausible, $|k/n-p|\le z\sqrt{p(1-p)/n}$, and solves this for $p$. In the lab you put it on the map.
#
# ### Other words
#
# The prefix repeats the needle's own words. A head that looks for what followed these words last time needs no more: lecture 10 calls that induction. What if the question says the same in other words? Five facts in one
# context, each asked for in four ways; the five names are the candidates.

# %%
print("\n".join(f"{kind}: {words} ..." for kind, words in zip(needle.KINDS, needle.FACTS[0])))
contexts = [(seed, text) for seed in range(runtime.pick(full=2, smoke=1)) for text in needle_experiments.HAYSTACKS]
length = runtime.pick(full=256, smoke=160)
facts = [row for seed, text in contexts for row in needle_experiments.facts(model, text, length, seed)]
by_kind = {kind: claims.by_context(facts, "right", kind=kind) for kind in needle.KINDS}

# %% tags=["hide-input"]
# @title Figure: kinds
pictures.kinds(by_kind, 1 / len(needle.FACTS))

# %% [markdown]
# Fact, place and candidates are the same in every row; what changes is only how much the question shares with the needle. With its words, in either order, the right name is the likeliest more than four times out of five. With synonyms most of that is gone, and with no shared word the model does about as well as chance. A needle test whose question repeats the needle measures copying first of all.
#
# ### Look-alikes
#
# Nothing else in the haystack looked like a secret number. Put several of them in, one for each box, and ask for each.

# %%
alike = [
    row
    for seed, text in contexts
    for count in runtime.pick(full=(1, 2, 4), smoke=(1, 2))
    for row in needle_experiments.look_alikes(model, text, count, length, seed)
]

# %% tags=["hide-input"]
# @title Figure: decoys
pictures.decoys(alike)

# %% [markdown]
# With one number in the context it is enough to have seen a number. With several the model must tell whose it is, and the dotted line says how often a choice at random would be right. A test with a single needle does not ask for that. The more there are, the fewer are written correctly in the mean, but four contexts leave the verdict open.
#
# ## Further than in training
#
# A position that is an angle has no end: pair $i$ of a head's channels turns by $f_i=\text{base}^{-2i/d}$ per token, and the score of a query at $t$ and a key at $u$ depends on $(t-u)f_i$ alone. Nothing stops at the training length $L$. But the slowest pair turns by $L\,\text{base}^{-(d-2)/d}$
# in the whole of it, a small part of a circle if the base is large, and beyond $L$ come angles between query and key that the model has never seen. Drag the slider: everything above the grey band is new.

# %% tags=["hide-input"]
# @title Figure: angles
pictures.angles()

# %% [markdown]
# All repairs bring the slow pairs back, and differ in what becomes of the fast ones, which tell neighbours apart.
#
# - **Interpolation** divides every position by $s$. No angle is new; but neighbours are now $s$ times nearer than the model has learned.
# - **NTK-aware** scaling wants the slowest pair to turn $s$ times more slowly and the fastest as before. The fastest is $f_0=1$ for every base. For the slowest, $\text{base}'^{-(d-2)/d}=\text{base}^{-(d-2)/d}/s$, so $\text{base}'=\text{base}\cdot s^{\,d/(d-2)}$.
# - **YaRN** decides pair by pair: who turned often in the training length stays, who never turned once is interpolated. And because more keys share the attention, it is sharpened, by $0.1\ln s+1$ on queries and keys.

# %% tags=["hide-input"]
# @title Source
show_source(rope.interpolated, rope.ntk_aware, rope.yarn)

# %% [markdown]
# Does it help, with no training at all? Three small models with rotary positions that find lines, taught on up to 16, and read on with each scaling.

# %%
longer = runtime.pick(full=rope_experiments.LONGER, smoke=(1, 2, 4))
steps = runtime.pick(full=rope_experiments.STEPS, smoke=2)
further = [rope_experiments.run(seed, steps, longer) for seed in rope_experiments.SEEDS]

# %% tags=["hide-input"]
# @title Figure: stretched
pictures.stretched(further, [s * line_experiments.MOST for s in longer])

# %% [markdown]
# At eight times the length plain positions lose more than half of the lines, and another formula for $f$ brings most of them back, without a step of training. Interpolation and YaRN keep about nine of ten, NTK-aware scaling about two of three. That interpolation does not suffer from its crowded
# neighbours fits this task: what stands next to a number is carried by the convolution of width 4 that every block here has, and the look-up goes by content. In a text, where the fast pairs have more to tell, the order need not be the same; that was not measured.
#
# ## A language from one book
#
# Finding is the least that a context should allow. Tanzer et al. asked for more: **MTOB**, machine translation from one book. Kalamang has fewer than 200 speakers and hardly any text on the web, and a linguist has written its grammar. Put grammar, word list and examples into the
# context, and ask for translations. The table is the Gemini team's; it is not our measurement.

# %% tags=["hide-input"]
# @title Table: kalamang
tables.kalamang()

# %% [markdown]
# Into Kalamang the judge is **chrF**. For each length $n$ from 1 to 6 count the sequences of $n$ characters that translation and reference share; divide by those of the translation for precision $P$, by those of the reference for recall $R$; average over $n$, and join them with recall counting more, $\beta=2$:
#
# $$\text{chrF}=100\,\frac{(1+\beta^2)\,P\,R}{\beta^2P+R}$$
#
# It needs no list of words and forgives an ending. Here are translations of one Kalamang sentence that the deck shows, by chrF.

# %% tags=["hide-input"]
# @title Source
show_source(translation.counts, translation.f_score)

# %%
reference = "My ankle bone, I fell and wounded it."
for who, text in (
    ("text-davinci-003", "Even if I fall, my ankle bone is wounded."),
    ("gpt-3.5-turbo", "I dream of a watch falling soon and injuring."),
    ("gpt-4", "This ankle of mine is falling and progressively getting wounded."),
    ("Claude 2", "This ankle of mine fell down while I was walking, and it got wounded."),
    ("a human", "This ankle, I injured by falling."),
):
    print(f"{translation.chrf(text, reference):5.1f}  {who}: {text}")

# %% [markdown]
# That is not the order in which you would put them. The human's sentence gets less than three of the four machines', and "Even if I fall, my ankle bone is wounded" gets most: it repeats whole stretches of the reference and says something else. chrF compares surfaces. It is fair to a translator over many sentences, and says little about one.
#
# ### In miniature
#
# No model here can read a grammar. But you can make the situation: languages that nobody has ever spoken, thousands of them, each with words of its own and one of six orders, and each with a book. A small model is trained to read books, never twice the same, and then gets a
# language that it has never met. What it knows of that language stands in front of it, or nowhere.

# %%
of = languages.language(random.Random(1))
book = languages.book(random.Random(1), of, languages.BOOKS["half book"])
english = ["dog", "sees", "house"]
print(" ".join(book.text), "\n\nto translate:", " ".join(of.say(english)), "\nright:", " ".join(english))
print("the parser, with half the book:", " ".join(of.parse(of.say(english), book.listed)))

# %%
reading = records.load("11_translation")
print(records.made(reading))
print(f"models of {reading['runs'][0]['parameters']:,} parameters, {reading['steps']:,} steps of 32 books each")

# %% tags=["hide-input"]
# @title Table: books
tables.books(reading["runs"], pictures.BOOK_NAMES)

# %% tags=["hide-input"]
# @title Figure: books
pictures.books(reading["runs"], reading["parser"])

# %% [markdown]
# Without a book the models guess: nothing of these languages is in their weights, and about one word in ten is right by luck. Half of the words give about half of the translation, which is nearly what the parser can do with them. With the whole book they come near the parser and do not reach it. Take the grammar away and keep the words, and more than a
# third of the words are wrong; keep the examples alone, and the models do hardly better than with no book. To learn words from six sentences is another skill, and this training has not brought it about.
#
# ## What became of the claims
#
# The bounds were set before what they judge was measured, except for the last claim: its record was there first, so take its verdict as exploratory. Four to ten contexts or three seeds stand behind each number, so a small effect can't be seen here.

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(registers, in_lines, hidden, facts, alike, further, reading)

# %% [markdown]
# ## Errata
#
# - *Slides "needle in a haystack":* the picture for Claude 2.1 measured its willingness to answer from a sentence out of place as well as its retrieval; the beginning of an answer changed it from 27 % to 98 %.
# - *Slide on MTOB:* the numbers in brackets are BLEURT in one column and chrF in the other. They can't be compared across the two columns.
#
# ## To remember
#
# - A context is as good as what a model does with it. Test with questions whose answer you have put there yourself.
# - Score the candidates before you say that a model does not know; then look at what it writes.
# - A sum of $n$ pairs in $d$ channels is as noisy as $(n-1)/d$; keeping every pair costs memory that grows.
# - Finding by words is the easy part. Ask in other words, and among look-alikes.
# - Read once, ask often: keys and values of a context serve any number of questions.
# - Rotary angles can be stretched without training; which pairs are stretched is what the methods differ in.
# - Take parts of the context away: what gets worse is what was used.

# %% tags=["hide-input"]
# @title Question
quiz("11-order-in-the-middle")

# %% tags=["hide-input"]
# @title Question
quiz("11-ten-of-ten")

# %% tags=["hide-input"]
# @title Question
quiz("11-neighbours")

# %% [markdown]
# ## References
#
# - Papailiopoulos, Lee, Sohn. *The Little Retrieval Test.* 2023. [github.com/anadim/the-little-retrieval-test](https://github.com/anadim/the-little-retrieval-test)
# - Kamradt. *Needle in a haystack: pressure testing LLMs.* 2023. [github.com/gkamradt/LLMTest_NeedleInAHaystack](https://github.com/gkamradt/LLMTest_NeedleInAHaystack). Anthropic. *Long context prompting for Claude 2.1.* 2023. [anthropic.com/news/claude-2-1-prompting](https://www.anthropic.com/news/claude-2-1-prompting)
# - Tanzer et al. *A benchmark for learning to translate a new language from one grammar book.* 2024. [arXiv:2309.16575](https://arxiv.org/abs/2309.16575). Gemini Team. *Gemini 1.5.* 2024. [arXiv:2403.05530](https://arxiv.org/abs/2403.05530)
# - Popović. *chrF: character n-gram F-score for automatic MT evaluation.* 2015.
# - Su et al. *RoFormer.* 2021. [arXiv:2104.09864](https://arxiv.org/abs/2104.09864). Chen et al. *Extending context window of large language models via positional interpolation.* 2023. [arXiv:2306.15595](https://arxiv.org/abs/2306.15595). Peng et al. *YaRN.* 2023. [arXiv:2309.00071](https://arxiv.org/abs/2309.00071)

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 11](../work/11_long_context/11_lab.ipynb), about 95 minutes. **Next:** [12 Retrieval-augmented generation](12_rag.ipynb).
