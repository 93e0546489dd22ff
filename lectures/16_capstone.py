# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # All three parts on the same questions
#
# You have adapted models, given them longer texts, and grounded them in what they can look up. Which of the three does a given task need? This notebook asks one small real model the same questions in twelve ways: as it is and with two adapters,
# without any text, with a long one, with three passages, with triples. There is no new method here. What is new is the table.

# %% [markdown] tags=["badge"]
# about 45 minutes · builds on 03 LoRA and other adapters, 12 Retrieval-augmented generation, 15 Knowledge graphs

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
    package = f"llmcourse[data,sparql] @ {source}"
    if subprocess.call([sys.executable, "-m", "pip", "install", "-q", package]):
        raise ModuleNotFoundError("The course could not be installed. Is there a network? Then run this cell again.")

# %% [markdown]
# **After this notebook you can**
#
# - lay out an experiment in which each part of a system can be switched on and off alone;
# - tell what an adapter has learned, the form of an answer or the reading of a text, by a control that learned only one of them;
# - compare a long context with a selected one at equal questions, by accuracy and by tokens;
# - say whether two improvements add up, replace each other, or need each other.

# %%
import torch
from llmcourse import models, records, runtime
from llmcourse.adapters import detach
from llmcourse.knowledge import capstone_experiments as capstone
from llmcourse.knowledge.lecture_16 import claims, pictures
from llmcourse.knowledge.reading_experiments import judged, region
from llmcourse.records import trials

lm = models.load(dtype=torch.float32)
print(runtime.describe())

# %% [markdown]
# ## The task
#
# One region of the world, from the Factbook: short passages on its countries, and a graph that says the same. Questions need one fact, or a join of two or three. The countries asked about are in no training set below.

# %%
where = region("South Asia", runtime.pick(full=1, smoke=1))
print(
    f"{len(where.texts)} passages, {sum(len(lm.encode(text)) for text in where.texts):,} tokens; {len(where.graph)} triples"
)
for q in where.questions:
    print(f"{q.hops} step{'s' * (q.hops > 1)}: {q.text}")

# %% [markdown]
# **Three switches**, one for each part of the course:
#
# | part | switch | off | on |
# |:--|:--|:--|:--|
# | I, adapt | the weights | the model as it is, with four answered examples in front | a LoRA that has learned to answer such questions beside a text, about other regions |
# | II, extend | the length | what was selected | the whole text of the region, every time |
# | III, ground | what it reads | nothing | three passages that a retriever finds, or triples from the graph |
#
# A second adapter is the **control**: it learned the same questions and answers, with the text taken away. It knows how an answer looks, and never practised reading. Without it you could not tell what the first one learned.
#
# ## Off
#
# The model as it is, beside all four contexts:

# %% tags=["hide-input"]
# @title Table: the model as it is
found = {}
for context in capstone.CONTEXTS:
    given = capstone.answers(lm, where, context, examples=True)
    found[context] = (given.answers, judged(where, given))
pictures.answered(where.questions, found)

# %% [markdown]
# ## Adapt
#
# LoRA on the four projections of attention (lecture 03), on questions about other continents, each beside three passages or beside triples in which the answer stands. A dozen steps here; the record below has more. What is measured beside the loss is a region of its own:
# how likely the right answers are there, before and after.

# %%
learned = capstone.items(lm, capstone.LEARNED_ON, runtime.pick(full=12, smoke=1))
held_out = capstone.pairs(capstone.items(lm, [capstone.VALIDATED_ON], 1)[:6], with_text=True)
practice = capstone.pairs(learned, with_text=True)
before = capstone.likelihood(lm, held_out)
curve = capstone.adapt(lm, practice, runtime.pick(full=12, smoke=2), 1e-3, seed=0)
after = capstone.likelihood(lm, held_out)
print(practice[0][0] + practice[0][1])

# %% tags=["hide-input"]
# @title Figure: loss
pictures.loss(before, curve, after)

# %% [markdown]
# The same questions once more, adapted, and without examples in front: the adapter holds the form now.

# %% tags=["hide-input"]
# @title Table: adapted
found = {}
for context in capstone.CONTEXTS:
    given = capstone.answers(lm, where, context, examples=False)
    found[context] = (given.answers, judged(where, given))
detach(lm.model)
pictures.answered(where.questions, found)

# %% [markdown]
# ## The table
#
# Three questions show how answers look, and prove nothing. The record has two regions, thirty questions, a searched learning rate for each adapter, and two seeds.

# %%
record = records.load("15_together")
print(records.made(record))
print(
    "best learning rate inside the range searched:",
    ", ".join(trials.bracketed(record["tried"], record["rates"])) or "none",
)

# %% tags=["hide-input"]
# @title Figure: cells
pictures.cells(record)

# %% tags=["hide-input"]
# @title Figure: costs
pictures.costs(record)

# %% [markdown]
# ## What became of the claims

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(record)

# %% [markdown]
# ## Your own
#
# The frame takes other questions. Pick a task of your own, write twenty questions with accepted answers, and a text that holds them; then fill the same twelve cells.
#
# 1. *Before you run anything*, write down which cell you expect to be best, and by how much two cells must differ before you would pay for the dearer one.
# 2. Keep what you ask about out of what you adapt on. The simplest split is by entity, as here.
# 3. Run the control. An adapter that learned only the form can look like one that learned the task.
# 4. Count tokens next to accuracy: a longer context is paid for with each question, an adapter once, an index once and a little with each question.
#
# ## To remember
#
# - Switch one thing at a time, and all combinations once: what two parts bring together is not what each brings.
# - A gain has a reason only if a control without the reason does not have the gain.
# - Adapting moves how a model answers; what it can answer from has to stand in front of it.

# %% [markdown]
# ## References
#
# - Hu et al. *LoRA: low-rank adaptation of large language models.* 2021. [arXiv:2106.09685](https://arxiv.org/abs/2106.09685)
# - Lin et al. *RA-DIT: retrieval-augmented dual instruction tuning.* 2023. [arXiv:2310.01352](https://arxiv.org/abs/2310.01352)
# - Liu et al. *Lost in the middle: how language models use long contexts.* 2023. [arXiv:2307.03172](https://arxiv.org/abs/2307.03172)
