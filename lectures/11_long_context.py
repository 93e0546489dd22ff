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
# ![Share of lines found by their number. softmax 1.00 at 4 and 0.98 at 256; window 1.00 at 4 and 0.08 at 256; linear 0.94 at 4 and 0.16 at 256.](pictures/11_long_context.webp)
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
# - write the Little Retrieval Test, judge answers to it, and say what it takes to pass;
# - put a needle into a haystack by tokens, read the haystack once for many questions, and tell finding words from finding facts;
# - say what a rotary position does past the training length, and what interpolation, NTK-aware scaling and YaRN change;
# - score a translation by chrF, and say what a model has learned from a book by taking parts of the book away.
#
# The letters: $L$ tokens of context, $n$ lines, $d$ channels of a head, $f_i$ angles per token, $s$ times the training length.

# %%
import random

import torch
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

# %%
drawn = [little_retrieval.draw(5, random.Random(seed)) for seed in range(runtime.pick(full=4, smoke=1))]
written = model.generate([model.chat(test.text) for test in drawn], tokens=runtime.pick(full=16, smoke=2))

# %% tags=["hide-input"]
# @title Table: registers
tables.registers(list(zip(drawn, written)))

# %% [markdown]
# It fails before the context is long. You may say that it has not understood the order, and would know the number. Then don't let it write: put `line 3: REGISTER_CONTENT is <` after the text, and ask
# how likely each line's number is as what follows. The most likely one counts. This forgives every mistake of form.

# %%
liked = []
for test in drawn:
    context, candidates = little_retrieval.prompts(test)
    past = model.read(model.encode(context[:-1]))
    best, _ = needle.best(model, past, context[-1], candidates)
    liked.append(list(test.contents)[best] == test.asked)
print(f"the line that was asked for is the likeliest in {sum(liked)} of {len(liked)} tests; chance is 1 in 5")

# %% [markdown]
# ## Who carries what
#
# A large model that fails at a test tells you about itself, not about its mixer. So take small ones that differ in nothing else, teach them the test, and ask them about more lines than they were taught on. A line is two tokens here,
# a number and its content; at the end the numbers come once more, and the contents are to be said. Training is on 4 to 32 lines.
#
# Before you look: a window of 32 tokens, in two layers, with convolutions of width 4. From how many lines on can it not know?

# %%
steps = runtime.pick(full=300, smoke=2)
tested = runtime.pick(full=line_experiments.LINES, smoke=(4, 8))
mixers = runtime.pick(full=("softmax", "window", "linear"), smoke=("softmax",))
live = [line_experiments.run(name, steps, 0, 1e-2, tested) for name in mixers]

# %% tags=["pictured", "hide-input"]
# @title Figure: lines
pictures.lines(live, (line_experiments.FEWEST, line_experiments.MOST), line_experiments.CHANCE)

# %%
few, many = str(tested[0]), str(tested[-1])
for run in live:
    kept = run["kept"]
    print(
        f"{run['mixer']}: keeps {kept[few]:,} numbers of {few} lines and {kept[many]:,} of {many}; {run['parameters']:,} parameters"
    )

# %% [markdown]
# One seed, three mixers and few steps: enough to see how the curves differ in kind, not enough to rank.
#
# *Not written:* the record 11_lines, with six mixers, three seeds, and each at the best of its learning rates.
#
# ## A needle in a haystack
#
# The lines were all needles. Kamradt took the other extreme: a long text about something else, one sentence that does not belong there, and a question about it. Two things are varied, how long the text is and how
# deep the sentence lies, and the result is a picture that everybody has seen: a heat map.
#
# It is expensive if every cell reads its context anew. But the contexts of one column agree up to the needle, so the keys and values up to there can be kept; and all questions about a context can share one reading.

# %% tags=["hide-input"]
# @title Source
show_source(needle.at_depths, needle.ask)

# %%
lengths = runtime.pick(full=(256, 512, 1024), smoke=(64,))
depths = runtime.pick(full=(0.0, 0.25, 0.5, 0.75, 1.0), smoke=(0.0, 1.0))
cells = [
    needle_experiments.grid(model, "factbook", length, depths, seed=i, tokens=0) for i, length in enumerate(lengths)
]
log_p = torch.tensor([[row["log_prob"] for row in column] for column in cells]).mT
found = sum(row["prefixed"] for column in cells for row in column)
print(f"written correctly, digit for digit: {found} of {log_p.numel()}")

# %% tags=["hide-input"]
# @title Figure: heat map
pictures.heat_map(log_p, depths, lengths)

# %% [markdown]
# The beginning of the answer was given here: "The secret number of the amber box is". That is not a detail. Anthropic reported in 2023 that Claude 2.1 found 27 % of such needles, and 98 % when its answer began with "Here is the most relevant sentence in the context:". What the first figure measured was
# mostly whether the model *wanted* to answer from an odd sentence.
#
# ### Other words
#
# The prefix repeats the needle's own words. A head that looks for what followed these words last time needs no more, and lecture 10 has shown that two layers can do that. What if the question says the same in other words? Five facts in one
# context, each asked for in four ways; the five names are the candidates.

# %%
print("\n".join(f"{kind}: {words} ..." for kind, words in zip(needle.KINDS, needle.FACTS[0])))
asked = [
    row
    for seed in range(runtime.pick(full=3, smoke=1))
    for row in needle_experiments.facts(model, "factbook", runtime.pick(full=384, smoke=160), seed)
]
by_kind = {kind: [row["right"] for row in asked if row["kind"] == kind] for kind in needle.KINDS}

# %% tags=["hide-input"]
# @title Figure: kinds
pictures.kinds(by_kind, 1 / len(needle.FACTS))

# %% [markdown]
# Not the length broke it, and not the depth. The same fact in the same place is found by its words and not by its meaning. A needle test with the needle's words in the question measures copying.
#
# *Not written:* the record 11_needle, to 4,096 tokens in two texts, with look-alikes and with answers that are not begun.
#
# ## Further than in training
#
# A position that is an angle has no end: pair $i$ of a head's channels turns by $f_i=\text{base}^{-2i/d}$ per token, and nothing stops at the training length $L$. But the slow pairs have never gone around. At $L$ the slowest
# had turned a small part of a circle, and beyond it come angles between query and key that the model has never seen. Drag the slider: everything above the grey band is new.

# %% tags=["hide-input"]
# @title Figure: angles
pictures.angles()

# %% [markdown]
# All repairs bring the slow pairs back, and differ in what becomes of the fast ones, which tell neighbours apart.
#
# - **Interpolation** divides every position by $s$. Nothing is new; but neighbours are now $s$ times nearer than the model has learned.
# - **NTK-aware** raises the base, so that the slowest pair turns $s$ times more slowly and the fastest as before.
# - **YaRN** decides pair by pair: who turned often in the training length stays, who never turned once is interpolated. And because more keys share the attention, it is sharpened, by $0.1\ln s+1$ on queries and keys.
#
# Does it help, with no training at all? A small model with rotary positions that finds lines, taught on up to 32:

# %%
finder = rope_experiments.finder(runtime.pick(full=300, smoke=2), seed=0)
longer = runtime.pick(full=(1, 2, 4, 8), smoke=(1, 2))
for name in rope.SCALINGS:
    shares = [line_experiments.accuracy(rope.scale(finder, name, s), s * line_experiments.MOST) for s in longer]
    print(f"{name:13}", ", ".join(f"{s * line_experiments.MOST} lines {share:.2f}" for s, share in zip(longer, shares)))

# %% [markdown]
# *Not written:* the record 11_positions, with three seeds, and with text.
#
# ## A language from one book
#
# Finding is the least that a context should allow. Tanzer et al. asked for more: **MTOB**, machine translation from one book. Kalamang is spoken by fewer than 200 people, hardly anything of it is on the web, and a linguist has written its grammar. Put grammar, word list and examples into the
# context, and ask for translations. The table is the paper's; it is not our measurement.

# %% tags=["hide-input"]
# @title Table: kalamang
tables.kalamang()

# %% [markdown]
# Into Kalamang the judge is **chrF**: precision and recall of the characters' n-grams, for n up to 6, with recall counting more. It needs no list of words and forgives an ending. Here are the deck's five translations of one sentence, by chrF.

# %%
reference = "My ankle bone, I fell and wounded it."
for text in (
    "Even if I fall, my ankle bone is wounded.",
    "I dream of a watch falling soon and injuring.",
    "This ankle, I injured by falling.",
):
    print(f"{translation.chrf(text, reference):5.1f}  {text}")

# %% [markdown]
# The last is the human's. One sentence tells nothing; many do.
#
# ### In miniature
#
# No model here can read a grammar. But you can make the situation: languages that nobody has ever spoken, thousands of them, each with words of its own and one of six orders, and each with a book. A model of 59,000 parameters is trained to read books, never twice the same, and then gets a
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

# %% tags=["hide-input"]
# @title Table: books
tables.books(reading["runs"], pictures.BOOK_NAMES)

# %% tags=["hide-input"]
# @title Figure: books
pictures.books(reading["runs"], reading["parser"])

# %% [markdown]
# Without a book the models know nothing, as it must be: nothing of these languages is in their weights. Half the words give about half of the translation, which is what the parser can do with them. With the whole book they come near the parser and do not reach it. Take the grammar away and keep the words, and more than a
# third of the words are wrong; keep the examples alone, and almost all are: to learn words from six sentences is another skill, and this training has not taught it.
#
# ## What became of the claims

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(reading["runs"])

# %% [markdown]
# ## Errata
#
# - *Slide "needle in a haystack":* "it is all retrieval". The pictures for Claude 2.1 also measured whether the model was willing to answer from a sentence out of place; a prefix of the answer changed them most.
# - *Slide on MTOB:* the numbers in brackets are BLEURT from Kalamang and chrF into it; the numbers in front are ratings by humans, from 0 to 6. They can't be compared across the two columns.
#
# ## To remember
#
# - A context is as good as what a model does with it. Test with questions whose answer you have put there yourself.
# - Score the candidates before you say that a model does not know; then look at what it writes.
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
# - Kamradt. *Needle in a haystack: pressure testing LLMs.* 2023. [github.com/gkamradt/LLMTest_NeedleInAHaystack](https://github.com/gkamradt/LLMTest_NeedleInAHaystack). Anthropic. *Long context prompting for Claude 2.1.* 2023.
# - Tanzer et al. *A benchmark for learning to translate a new language from one grammar book.* 2024. [arXiv:2309.16575](https://arxiv.org/abs/2309.16575). Gemini Team. *Gemini 1.5.* 2024. [arXiv:2403.05530](https://arxiv.org/abs/2403.05530)
# - Popović. *chrF: character n-gram F-score for automatic MT evaluation.* 2015.
# - Su et al. *RoFormer.* 2021. [arXiv:2104.09864](https://arxiv.org/abs/2104.09864). Chen et al. *Extending context window of large language models via positional interpolation.* 2023. [arXiv:2306.15595](https://arxiv.org/abs/2306.15595). Peng et al. *YaRN.* 2023. [arXiv:2309.00071](https://arxiv.org/abs/2309.00071)

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 11](../work/11_long_context/11_lab.ipynb), about 95 minutes. **Next:** [12 Retrieval-augmented generation](12_rag.ipynb).
