# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 04 · Instruction tuning
#
# A language model continues texts. Ask it something, and it may well go on with a second question, for that is what often stands in a list of questions. To do what it is told it has to be shown how, with
# examples of tasks and answers. Where do they come from? People write them, programs make them, larger models answer. This lecture builds eleven answers to that question that were published between 2021 and 2024, and
# asks of each: what does a student learn from such data, and what does it only seem to learn?

# %% [markdown] tags=["badge"]
# about 90 minutes · builds on 03 LoRA and other adapters

# %% [markdown] tags=["preview"]
# ![A map of 12 data sets, a row each: seed, teacher, filter, student. People teach in 3 of them, a larger model in 9: P3, T0: people: templates taught T5; Natural Instr., Tk-Instruct: people: definitions taught T5; Dolly: people: employees taught Pythia; Alpaca: text-davinci-003 taught LLaMA; Vicuna: ChatGPT taught LLaMA; Orca: GPT-4, ChatGPT taught LLaMA; Unnatural Instr.: text-davinci-002 taught T5; Baize: ChatGPT with itself taught LLaMA; WizardLM: ChatGPT taught LLaMA; Magicoder: GPT-3.5 taught CodeLlama; MetaMath: GPT-3.5 taught Llama 2; TAPIR: ChatGPT taught Llama 2, Qwen.](pictures/04_instructions.webp)
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
# - turn a row of a dataset into questions by templates (P3), and a task into a prompt (Natural Instructions, Tk-Instruct);
# - say which tokens of a conversation are learned, and why the end of a turn is one of them;
# - distil a teacher in single turns, in conversations and with explanations, and say when explanations pay;
# - make data from data: a fourth task after three, harder problems, problems from code, questions asked backwards, and throw away what is not new;
# - plan in which order a student sees it;
# - measure whether a student has learned what its teacher knows, or how its teacher sounds.
#
# The letters: instruction and input make a prompt $x$, the answer is $y$, the student is $p_\theta$. All of the lecture minimises one loss, and asks what to put into it:
#
# $$\mathcal L(\theta)=-\sum_{(x,y)}\sum_{t}\log p_\theta(y_t\,|\,x,\,y_{<t})$$

# %%
from random import Random

import torch
from llmcourse import data, models, records, runtime
from llmcourse.figures import quiz, show_source
from llmcourse.instructions import chat, curriculum, distillation, evolve, metamath, mixture, oss, self_chat, students
from llmcourse.instructions import templates, traces, unnatural, word_problems
from llmcourse.instructions.lecture_04 import claims, pictures, tables

tasks = mixture.tasks()
train, unseen = mixture.split(tasks)
print(f"{len(tasks)} tasks: {len(train)} to train on, {len(unseen)} of other categories to test on")
print(runtime.describe())

# %% [markdown]
# ## Who taught whom
#
# Every row of this map is a data set and the model that was trained on it. Read a row from left to right: where the questions came from, who answered them, what was thrown away, who learned.

# %% tags=["pictured", "hide-input"]
# @title Figure: lineage
pictures.lineage()

# %% [markdown]
# Here nobody is taught by a larger model. Where text is wanted, the teacher is SmolLM2 with 135 million parameters, which has been tuned on instructions already: it can't show what tuning
# does for a model that has none. For that there are **small students, trained here from nothing**, with programs as teachers, so that every answer can be checked.
#
# ## P3: one row, many questions
#
# The cheapest tasks are there already: datasets of questions with known answers. Sanh et al. let people write *templates*, several for each dataset, and trained a model on the mixture. Some
# templates ask for another thing than the dataset was made for.

# %%
passage = next(p for p in data.countries(2025) if p.title == "Peru" and p.topic == "Climate")
(row,) = templates.topic_rows([passage])

# %% tags=["hide-input"]
# @title Table: templates
tables.templates(templates.TOPIC, row)

# %% [markdown]
# Why several? A student that has seen one wording can learn the wording. To measure that, take a world in which every wording is equally clear: **tasks on letters**, each said in three words.
# "last-three backwards capitals" takes the last three letters, turns them round, and writes them in capitals. A template is an order of the three words, before the letters or behind them: 12 in all.

# %%
task = students.LetterTask("last-three", "backwards", "capitals")
for form in (0, 5, 11):
    print(" -> ".join(students.letter_pair(task, "cafeb", form)))

# %% [markdown]
# Small students (two layers, 0.1 million parameters) learned 24 tasks, in one template or in nine, with equally many examples. Then both were asked in three templates that they had not seen.

# %%
counted = records.load("04_tasks")
print(records.made(counted))

# %% tags=["hide-input"]
# @title Figure: growing
pictures.growing(counted["forms"], "Templates that nobody has trained", "templates")

# %% [markdown]
# With one template a student learns the wording: nearly half of its answers are right in it, and almost none in another. With nine it has learned less from as many examples, which is what variety costs, but
# what it can do it does in new wordings nearly as well. Whether the gain there is large enough to speak of, three seeds can't tell: see the table of claims. (Nine templates were learned best at the lowest rate that was tried.)
#
# ## Natural Instructions: a task in words
#
# Templates are short, and hide what is meant. Mishra et al. and Wang et al. had people write whole **definitions**, with positive examples, and negative ones with the reason why they are wrong. The
# format of their files is that of this course's 66 tasks, which programs made and check: a real file of the project loads as they do.

# %% tags=["hide-input"]
# @title Table: task
tables.task(next(t for t in tasks if t.name == "hyphens"))

# %% [markdown]
# The tasks are split *by category*. A test task has no near relative in training: otherwise "the smaller number" would count as unseen after "the larger number". And some answers can be
# guessed: where there are two labels, half of the instances have the commoner one.

# %%
made = records.load("04_mixture")
print(records.made(made))

# %% tags=["hide-input"]
# @title Figure: mixture
pictures.mixture(made["tasks"])

# %% [markdown]
# How much of the task stands before the input is the **encoding**. Drag: one instance, in each of Tk-Instruct's encodings and in Alpaca's prompt. What the loss counts is shaded, and it is the same each time.

# %% tags=["hide-input"]
# @title Figure: encoding explorer
pictures.encoding_explorer(next(t for t in tasks if t.name == "hyphens"))

# %% [markdown]
# Does it matter? SmolLM2 as it comes, on the tasks of the unseen categories: nothing was trained.

# %%
prompted = records.load("04_encodings")
print(records.made(prompted))

# %% tags=["hide-input"]
# @title Figure: by encoding
pictures.by_encoding(prompted["rows"])

# %% [markdown]
# A definition alone gets SmolLM2 nowhere on these tasks: it has been tuned to talk, and answers in sentences where one word is wanted. Two examples show the form, and it does some of them. What the negative ones add, so few tasks
# cannot tell.
#
# Both papers have the same reason for collecting so much: **the more tasks in training, the better a task that nobody has trained.** Back to letters. There are 96 tasks; 16 are kept apart. The first
# six training tasks have every word already, so more tasks bring no new words, only new combinations. All students see equally many examples.

# %% tags=["hide-input"]
# @title Figure: growing
pictures.growing(counted["tasks"], "Tasks that nobody has trained", "tasks")

# %% [markdown]
# Six tasks are learned by heart, and teach nothing about a seventh. With 80 the same number of examples is spread so thin that the trained tasks suffer, and the two curves come near each other: by now the student has to *read* what the
# task says, since nothing else would help it. That is the whole case for collecting tasks rather than examples.

# %% tags=["hide-input"]
# @title Question
quiz("04-unseen")

# %% [markdown]
# ## Alpaca and Vicuna: ask a larger model
#
# People are slow. Taori et al. asked text-davinci-003 for answers to 52,000 instructions, and tuned LLaMA on them, in this prompt:

# %%
print(distillation.alpaca_prompt("Write the word backwards.", "stone"))

# %% [markdown]
# Vicuna learned from conversations that people had shared, with all turns in them. What is too long for the context is cut between an answer and the next question, never inside of a turn:

# %% tags=["hide-input"]
# @title Source
show_source(distillation.cut)

# %% [markdown]
# ## Baize and Dolly: both sides of a conversation
#
# Where are conversations to be had? Xu et al. let ChatGPT write both sides: it gets a topic, and plays the person and the assistant in turn. Conover et al. asked 5,000 employees of a company, who
# wrote 15,000 single turns: no teacher's licence stands in the way of that. Here SmolLM2 talks to itself:

# %%
written = records.load("04_generated")
print(records.made(written))
conversations = [messages for messages in written["chats"] if messages]
print(f"{len(conversations)} of {len(written['chats'])} texts can be cut into turns")

# %% tags=["hide-input"]
# @title Table: chats
tables.chats(conversations, self_chat.structure(conversations))

# %% [markdown]
# A **chat template** makes one text of it. SmolLM2's is ChatML: two marks around each turn, and the speaker's name after the first. What is learned is what the assistant says, with the mark that ends it.

# %%
model = models.load()
messages = conversations[0][:4]
parts = list(chat.CHATML.parts(messages))
same = chat.CHATML.render(messages) == model.tokenizer.apply_chat_template(messages, tokenize=False)
print("the same text as the model's own template:", same)

# %% tags=["hide-input"]
# @title Figure: conversation
pictures.conversation(parts)

# %% [markdown]
# Is it so, token by token? Count over all self-chats: tokens of other speakers that would be learned, and turns of the assistant whose end would not.

# %%
users = ends = learned = 0
closing = model.tokenizer.convert_tokens_to_ids("<|im_end|>")
for messages in conversations:
    tokens, mask = chat.tokens_and_mask(model.tokenizer, messages)
    said = sum(len(model.encode(m["content"] + "<|im_end|>")) for m in messages if m["role"] == "assistant")
    learned += sum(mask)
    users += max(0, sum(mask) - said)
    closed = sum(m for token, m in zip(tokens, mask) if token == closing)
    ends += sum(m["role"] == "assistant" for m in messages) - closed
print(f"{learned} tokens are learned; {users} of them by other speakers; {ends} turns of the assistant lack their end")

# %% tags=["hide-input"]
# @title Question
quiz("04-mask")

# %% [markdown]
# ## Orca: explanations
#
# An answer says what; an explanation says how. Mukherjee et al. put one of 16 *system messages* before each question ("think step by step and justify your answer"), and GPT-4 answered accordingly. One
# problem under five messages:

# %%
problem = word_problems.draw(Random(3), 3)
print(problem.text)
for system in traces.SYSTEM:
    print(f"  {system or '(no message)'}\n    -> {traces.teach(problem, system).response}")

# %% [markdown]
# Orca 2 takes the message away before the student reads ("prompt erasure"): it is to find out by itself when to explain.
#
# Is it the explanation that helps, or that there is more text? Small students learn problems of one to five steps, of which only the last digit is kept (a *chain*), from answers or from traces. Two
# comparisons: **equal examples**, where traces have more words, and **equal words**, where there are fewer of them.

# %%
chained = word_problems.draw(Random(1), 4, largest=9)
for write in (students.answer, students.trace):
    print(" -> ".join(write(chained)))
explained = records.load("04_traces")
print(records.made(explained))

# %% tags=["hide-input"]
# @title Figure: traces
pictures.traces(explained)

# %% [markdown]
# Traces win, at equal words as well, and even where nothing is in between: for one step, trace and answer are the same digit, and still the student of traces is always right and the other in two cases of three. A trace of five steps holds five lessons of one step;
# the answer alone holds nothing that a beginner could take apart. At five steps there is little to choose: all are near a guess, and answers alone do, if anything, better, since a trace passes on every slip. (The small student learned traces best at the highest rate that was tried, so it may be underrated.)

# %% tags=["hide-input"]
# @title Question
quiz("04-traces")

# %% [markdown]
# ## Unnatural Instructions: a fourth after three
#
# Tasks themselves can be made. Honovich et al. showed a model three tasks, and it wrote a fourth; 15 seeds became 68,000 examples, and 240,000 with other wordings. Then comes what to throw away: what lacks a field, what was copied
# from the prompt, what is there already.

# %% tags=["hide-input"]
# @title Source
show_source(unnatural.prompt, unnatural.parse)

# %% tags=["hide-input"]
# @title Table: fourths
tables.fourths(written["unnatural"])

# %% [markdown]
# The form is there more often than the sense. What lacks a field is thrown out by a program; that the rest means anything, no program here can see, and mostly it doesn't. (The outputs are still empty: they are asked for in a second step.) Measured by their words, the texts that were kept are no closer to each other than the seeds are, which shows what such a measure is worth: nonsense is diverse.

# %% tags=["hide-input"]
# @title Figure: apart
pictures.apart(
    {"the seeds": written["unnatural"]["seeds apart"], "written after them": written["unnatural"]["apart"]},
    "How far instructions are apart",
)

# %% [markdown]
# ## Evol-Instruct: harder, and other
#
# What a model writes by itself is easy. Xu et al. (WizardLM) let it rewrite what is there, **in depth** (one more condition, one more step of reasoning) or **in breadth** (another task of the same domain). Evolutions that fail are *eliminated*
# by four rules, and the old instruction goes back into the pool. WizardCoder and WizardMath do it for code and arithmetic.

# %%
print(evolve.depth_prompt("Name a fruit.", "reasoning"))

# %% [markdown]
# With word problems, a program can evolve: one step more, larger numbers, or another story. Its answers stay known.

# %%
rng = Random(0)
pools = evolve.evolve_problems([word_problems.draw(rng, 1) for _ in range(200)], 3, rng)
for r, pool in enumerate(pools):
    print(f"{r}: {pool[0].text} -> {pool[0].answer}")

# %% tags=["hide-input"]
# @title Figure: levels
pictures.levels(pools)

# %% [markdown]
# ## OSS-Instruct: begin with real code
#
# A model that is asked for programming problems writes the same ones again and again. Magicoder shows it a piece of *real code* each time, and lets it be inspired. WaveCoder adds a **discriminator** that judges what was generated, and
# shows good and bad cases to the generator in the next round. The seeds here are functions of Python's standard library; the discriminator is a program that reads, and runs nothing.

# %%
print(oss.prompt(oss.snippets()[3]))

# %% tags=["hide-input"]
# @title Table: inspired
tables.inspired(written["code"])

# %% tags=["hide-input"]
# @title Figure: apart
pictures.apart(written["code"]["apart"], "How far programming problems are apart")

# %% [markdown]
# With code in front of it the model repeats itself less than after three fixed problems. How good its problems are is another matter: of a model of this size the discriminator lets next to nothing through. Magicoder's teacher was GPT-3.5.
#
# ## MetaMath: the same problem, asked otherwise
#
# A problem with a known answer holds more questions than one. It can be *rephrased*. A number of it can be hidden behind an $x$, the answer told, and $x$ asked for: **backward**. Or question and answer become a statement, with
# an $x$ in it: **self-verification**. (Xwin-Math asks a stronger teacher for new problems instead.) Here is what one problem gives.

# %% tags=["hide-input"]
# @title Table: bootstrapped
tables.bootstrapped(metamath.bootstrap(word_problems.draw(Random(5), 1)))

# %% [markdown]
# Does a student learn more from them? A hundred chains of three steps; the same with their rephrasings and backward questions; or as many *fresh* chains in their place. All students take equally many steps.

# %%
pooled = records.load("04_pools")
print(records.made(pooled))

# %% tags=["hide-input"]
# @title Figure: arms
pictures.arms(pooled["augmented"], "forward", "New problems after a hundred")

# %% [markdown]
# Not here. Five times as many questions about the same hundred chains teach no more about new ones than the hundred do: both students end near chance, 0.1, for they learn their chains by heart. As many fresh chains take them
# to 0.6. MetaMath's student knew arithmetic before it was tuned; this one has to find its rules in the chains.
#
# ## Curriculum: in which order
#
# Yue et al. (TAPIR) ask a judge how much worse the student answers than the teacher: the *fitting difficulty*. What is hard for this student is drawn more often, and from round to round more often still; shares of tasks are balanced.

# %%
pool = students.problems(Random(0), 800, range(1, 6))
difficulty = torch.tensor([float(p.level) for p in pool])
planned = curriculum.plan(difficulty, 2.5, rounds=4, size=200, alpha=0.3, step=0.2, generator=runtime.seed(0))
hard = [(difficulty[chosen] > 2.5).float().mean().item() for chosen in planned]
steps = [difficulty[chosen].mean().item() for chosen in planned]

# %% tags=["hide-input"]
# @title Figure: rounds
pictures.rounds(hard, steps)

# %% [markdown]
# The same chains of one to five steps, each seen once: easy ones first, hard ones first, shuffled; and a plan like the one above.

# %% tags=["hide-input"]
# @title Figure: orders
pictures.orders(pooled["orders"])

# %% [markdown]
# Easiest first ends badly: in its last steps the student sees chains of five alone, and unlearns the short ones without having learned the long. Hardest first keeps what came last, one and two steps. Shuffled learns most, and the plan, which shows all levels in every round, as much: its rising share of hard
# examples gains nothing that could be seen, and costs nothing. An order can do harm; a mixture that leans is safe.
#
# ## What imitation does not teach
#
# Gudibande et al. tuned models on more and more of ChatGPT's answers. People liked the answers ever better, and could hardly tell them from ChatGPT's; tests of knowledge did not move. **Style is learned, ability is not.**
#
# In miniature: a small student knows the capitals of all countries, or of one half. A teacher with manners answers questions about that half, and the student imitates 10, 30 or 110 of its answers. Then it is asked about
# the *other* half. Its style is judged by a classifier of form, its facts by the capital.

# %%
copied = records.load("04_imitation")
print(records.made(copied))

# %% tags=["hide-input"]
# @title Figure: imitation
pictures.imitation(copied)

# %% tags=["hide-input"]
# @title Table: imitated
tables.imitated(copied["runs"], "does not")

# %% [markdown]
# Ten answers are enough to sound like the teacher: the classifier can't tell them apart, and a hundred more add nothing. The base that does not know the other half answers as politely, as surely, and **never right**: it names a country that was asked about before, with its capital.
#
# What about the base that knows? With ten lessons it loses four facts of five: it has learned ten sentences, and says one of them whatever it is asked. With 110 it has found that the country in the sentence is the one in the question, and nearly all of its facts are back. So imitation data can *spoil* facts and, if there is
# enough of it, leave them. It adds none. (A student of this size forgets more easily than a large model that is tuned gently.)

# %% tags=["hide-input"]
# @title Question
quiz("04-imitation")

# %% [markdown]
# ## What became of the claims

# %% tags=["hide-input"]
# @title Claims: verdicts
claims.verdicts(counted, prompted, copied, explained, written, (users, ends), pools, pooled)

# %% [markdown]
# ## Errata
#
# - *Slide "synthetic data by distillation":* Baize is by Xu et al. (2023), and Dolly by Conover et al. (2023). Baize was not used for Dolly's models: those learned from what employees had written.
# - *The same slide:* Orca is of 2023 (Mukherjee et al.), not of 2022, and the first author of Orca 2 is Mitra. Orca learned from ChatGPT's answers first, and from GPT-4's after.
# - Many of the papers' first versions are a year older than the deck's dates, which are those of their conferences.

# %% [markdown]
# ## To remember
#
# - The loss is the same in all eleven rows. What differs is who wrote $y$, and which $x$ there are.
# - Many tasks make a student read the instruction. Few tasks can be told apart without reading.
# - Learn the assistant's words, and the end of each turn; read the rest.
# - An explanation is many small lessons in one. It is worth its words as long as the student can follow the steps.
# - What is generated must be filtered: by form, by likeness to what is there, by a check of the answer.
# - A student sounds like its teacher long before it knows what its teacher knows. Measure both.

# %% [markdown]
# ## References
#
# - Sanh et al. 2022, [Multitask prompted training enables zero-shot task generalization](https://arxiv.org/abs/2110.08207) (T0, P3); Bach et al. 2022, [PromptSource](https://arxiv.org/abs/2202.01279)
# - Mishra et al. 2022, [Cross-task generalization via natural language crowdsourcing instructions](https://arxiv.org/abs/2104.08773); Wang et al. 2022, [Super-NaturalInstructions](https://arxiv.org/abs/2204.07705)
# - Taori et al. 2023, [Alpaca](https://crfm.stanford.edu/2023/03/13/alpaca.html); Chiang et al. 2023, [Vicuna](https://lmsys.org/blog/2023-03-30-vicuna/)
# - Mukherjee et al. 2023, [Orca](https://arxiv.org/abs/2306.02707); Mitra et al. 2023, [Orca 2](https://arxiv.org/abs/2311.11045)
# - Honovich et al. 2023, [Unnatural Instructions](https://arxiv.org/abs/2212.09689)
# - Xu et al. 2023, [Baize](https://arxiv.org/abs/2304.01196); Conover et al. 2023, [Free Dolly](https://www.databricks.com/blog/2023/04/12/dolly-first-open-commercially-viable-instruction-tuned-llm)
# - Xu et al. 2024, [WizardLM](https://arxiv.org/abs/2304.12244); Luo et al. 2024, [WizardCoder](https://arxiv.org/abs/2306.08568); Luo et al. 2023, [WizardMath](https://arxiv.org/abs/2308.09583)
# - Wei et al. 2024, [Magicoder](https://arxiv.org/abs/2312.02120); Yu et al. 2024, [WaveCoder](https://arxiv.org/abs/2312.14187)
# - Yu et al. 2024, [MetaMath](https://arxiv.org/abs/2309.12284); Li et al. 2024, [Common 7B language models already possess strong math capabilities](https://arxiv.org/abs/2403.04706) (Xwin-Math)
# - Yue et al. 2024, [Distilling instruction-following abilities of large language models with task-aware curriculum planning](https://arxiv.org/abs/2405.13448) (TAPIR)
# - Gudibande et al. 2023, [The false promise of imitating proprietary LLMs](https://arxiv.org/abs/2305.15717)

# %% [markdown] tags=["next"]
# **Now write it yourself:** [lab 04](../work/04_instructions/04_lab.ipynb), about 150 minutes. **Next:** [05 Bootstrapping: a model teaches itself](05_bootstrapping.ipynb).
