# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 04 · Instruction tuning
#
# Where does data come from that teaches a model to do what it is asked? You build the parts of the answer: a row of a dataset becomes a question, a task becomes a prompt, a conversation
# becomes targets; then you filter what a model made up, turn questions round, plan what a student sees first, and measure whether it only sounds like its teacher.
#
# - **You need**: [lecture 04](../../lectures/04_instructions.ipynb), strings and lists of Python, a regular expression now and then; for the open task, [lab 03](../03_lora/lab.ipynb).
# - **Time**: about two hours and a half: eight exercises, then an open task with a task of your own.
# - **How it works**: fill in the cells that say `raise NotImplementedError()`. Run the check under each. It says what is
#   right, what is wrong, and often which mistake it is. Hints are folded under it, from a nudge to nearly everything.

# %% [markdown] tags=["badge"]
# about 150 minutes · builds on 03 LoRA and other adapters

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
import re
import string

import torch
from llmcourse import data, runtime
from llmcourse.checks import check

torch.set_num_threads(1)
print(runtime.describe())

# %% [markdown] tags=["exercise:fill-template"]
# ## Exercise 1 · One row, many questions
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 12 minutes · define `fill(template, choices, row)`

# %% [markdown]
# P3 turned every dataset into questions: a *template* says how to ask, and the same rows are asked for in several ways. A template is a text with fields in double
# braces and one `|||`, between the **input** and the **target**:
#
#     {{text}} What is this about? ||| {{choice}}
#
# `row` is a dict: `{{text}}` stands for `row["text"]`. `{{choice}}` stands for one of the answer choices: `choices[row["label"]]`. Return `(input, target)`, both filled and
# stripped. If one of them is empty, return `None`: such a row teaches nothing.
#
# The texts in a row come from anywhere. A text may contain `|||`, or braces: they are part of the text, and stay as they are.


# %% nbgrader={"grade": false, "grade_id": "fill-template", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fill(template, choices, row):
    """Input and target of one row.

    template  text with {{fields}} and one "|||"
    choices   list of texts
    row       dict: field -> text, and "label" -> an index of `choices`
    returns   (input, target), or None where one of them is empty
    """
    ### BEGIN SOLUTION
    values = {**row, "choice": choices[row["label"]]}
    halves = [re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), half).strip() for half in template.split("|||")]
    return tuple(halves) if all(halves) else None
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fill-template-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:fill-template"]
check("fill-template", fill)

# %% [markdown] tags=["hints:fill-template"]
# <details><summary>Hint 1 of 4</summary>
#
# Divide the template first: `template.split("|||")` gives two halves. Only then fill each of them.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# What stands in the braces is a field of the row, or "choice", which is `choices[row["label"]]`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# `re.sub(pattern, function, text)` goes through a text once, and does not look at what it has inserted.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# With `values = {**row, "choice": choices[row["label"]]}`: `re.sub(r"\{\{(\w+)\}\}", lambda m: str(values[m[1]]), half).strip()` for both halves; None if one of them is empty.
#
# </details>

# %% [markdown]
# **See it work.** One passage of the World Factbook, asked about in four ways.

# %%
topics = ["climate", "terrain", "religion", "industry"]
passage = next(p for p in data.countries(2025) if p.title == "Peru" and p.topic == "Climate")
row = {"text": passage.text.partition(": ")[2], "label": 0}
for template in [
    "{{text}} What is this about? ||| {{choice}}",
    "Choose one of climate, terrain, religion and industry: {{text}} ||| {{choice}}",
    'A friend reads to you: "{{text}}" You would say that it is about ||| {{choice}}',
    "Write a line that a reference book might have on the {{choice}} of a country. ||| {{text}}",
]:
    asked, target = fill(template, topics, row)
    print(f"{asked}\n  -> {target}")

# %% [markdown] tags=["exercise:encode-task"]
# ## Exercise 2 · A task in words
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 15 minutes · define `encode(definition, positive, negative, question, n_positive, n_negative, explain)`

# %% [markdown]
# Natural Instructions describe a task by a definition, by positive examples, and by negative ones, each with the reason. How much of that stands before the input is the
# **encoding**. Write Tk-Instruct's, letter by letter. With one example of each kind and with explanations it reads
#
#     Definition: Write the word backwards.
#
#      Positive Example 1 -
#     Input: stone.
#      Output: enots.
#      Explanation: From its end.
#
#      Negative Example 1 -
#     Input: stone.
#      Output: stone.
#      Explanation: It was copied.
#
#     Now complete the following example -
#     Input: river.
#     Output:
#
# - Each text is stripped; none is empty. If it then ends in no punctuation mark (`string.punctuation`), a full stop is added: "stone" became "stone.". That holds for definitions, inputs, outputs, explanations and the question.
# - "Positive Example", "Output" and "Explanation" of examples have a space before them, and each example ends with an empty line.
# - The first `n_positive` positive examples come first, then the first `n_negative` negative ones, or all if there are fewer; each kind is counted from 1. Explanations only if `explain` is true.
# - The prompt ends with `Output: `, with the space.


# %% nbgrader={"grade": false, "grade_id": "encode-task", "locked": false, "schema_version": 3, "solution": true, "task": false}
def encode(definition, positive, negative, question, n_positive, n_negative, explain):
    """The prompt for one input of a task.

    definition, question    texts
    positive, negative      lists of examples (input, output, reason)
    n_positive, n_negative  how many of them are shown, at most
    explain                 whether the reasons are shown
    returns                 a text
    """

    ### BEGIN SOLUTION
    def line(name, text):
        row = name + text.strip()
        return row if row[-1] in string.punctuation else row + "."

    prompt = line("Definition: ", definition) + "\n\n"
    for kind, examples in (("Positive", positive[:n_positive]), ("Negative", negative[:n_negative])):
        for number, (given, output, reason) in enumerate(examples, 1):
            rows = [f" {kind} Example {number} -", line("Input: ", given), line(" Output: ", output)]
            if explain:
                rows.append(line(" Explanation: ", reason))
            prompt += "\n".join(rows) + "\n\n"
    return prompt + "Now complete the following example -\n" + line("Input: ", question) + "\nOutput: "
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "encode-task-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:encode-task"]
check("encode-task", encode)

# %% [markdown] tags=["hints:encode-task"]
# <details><summary>Hint 1 of 4</summary>
#
# Write a function for one line first: name and text, the text stripped, and a full stop if the line ends in no punctuation mark.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# `string.punctuation` has all marks of ASCII; quotes and brackets are among them.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# An example is a head, two or three lines, and an empty line. `positive[:n_positive]` takes the first ones; `enumerate(..., 1)` counts them from 1, and the negative ones from 1 again.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# Only some names have a space before them: " Positive Example 1 -", "Input: ", " Output: ", " Explanation: ". The prompt ends with "Output: ", and nothing is stripped from it.
#
# </details>

# %% [markdown]
# **See it work.** One of the course's 66 tasks, and what each part of it costs in words.

# %%
from llmcourse.instructions import mixture

task = next(t for t in mixture.tasks() if t.name == "item_printed")
those = [[(x.input, x.output, x.explanation) for x in examples] for examples in (task.positive, task.negative)]
for told, shown in {
    "definition": (0, 0, False),
    "+ 2 positive": (2, 0, False),
    "+ 2 negative": (2, 2, False),
    "+ reasons": (2, 2, True),
}.items():
    prompt = encode(task.definition, *those, task.instances[0].input, *shown)
    print(f"{told:13} {len(prompt.split()):4} words")
print("\n" + prompt)

# %% [markdown] tags=["exercise:loss-mask"]
# ## Exercise 3 · Whose words are learned?
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 18 minutes · define `targets(tokens, start, end, assistant)`

# %% [markdown]
# A chat model learns what the assistant says, and only reads what the others say. A conversation is turn after turn: `start`, the number of a role, words, `end`.
#
#     start user      hello there end start assistant hi    you   end start user ...
#                                             learned:  hi    you   end
#
# Learned are the words of **every** turn of the assistant, and the `end` that closes it: without it, a model never learns to stop. Rows are padded with `end` as well (SmolLM2's padding token
# is its end token): padding is not learned. A word may have the same number as a role; only the token right behind `start` is a role.
#
# Return the **targets**: at position $t$ the token at $t+1$ where that token is learned, else $-100$, which `cross_entropy` leaves out.


# %% nbgrader={"grade": false, "grade_id": "loss-mask", "locked": false, "schema_version": 3, "solution": true, "task": false}
def targets(tokens, start, end, assistant):
    """What each position is to predict.

    tokens     (B, L) integers: conversations, padded with `end`
    start, end, assistant   the numbers of these tokens
    returns    (B, L) integers: the next token where it is learned, else -100
    """
    ### BEGIN SOLUTION
    result = torch.full_like(tokens, -100)
    for b, row in enumerate(tokens.tolist()):
        for t, token in enumerate(row):
            if token == start and row[t + 1] == assistant:
                last = row.index(end, t)
                result[b, t + 1 : last] = tokens[b, t + 2 : last + 1]
    return result
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "loss-mask-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:loss-mask"]
check("loss-mask", targets)

# %% [markdown] tags=["hints:loss-mask"]
# <details><summary>Hint 1 of 4</summary>
#
# Decide for each token whether it is learned, then shift: the target at position t is the token at t + 1.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Go through a row with one variable: does the assistant speak? It changes at `start`, where the next token is the role, and after `end`.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The `end` that closes an assistant's turn is learned; without it, the model never learns to stop. Padding comes after an `end`, when nobody speaks.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# In a loop: at `start`, `speaks = row[t + 1] == assistant` and skip the role; otherwise the token is learned if `speaks`, and after `end` `speaks = False`. All else is -100, and so is the last position.
#
# </details>

# %% [markdown]
# **See it work.** A short conversation, word by word: behind the arrow stands what each position is to predict.

# %%
text = (
    "start user how many legs ? end start assistant eight . end start user and you ? end start assistant none . end end"
)
spoken = text.split()
number = {word: i for i, word in enumerate(dict.fromkeys(spoken), 1)}
row = torch.tensor([[number[word] for word in spoken]])
learned = targets(row, number["start"], number["end"], number["assistant"])[0]
for word, target in zip(spoken, learned.tolist()):
    print(f"{word:10} -> {'' if target == -100 else list(number)[target - 1]}")

# %% [markdown] tags=["exercise:similarity-filter"]
# ## Exercise 4 · Only what is new
#
# **3 points** · core · difficulty ●●○○○ (2 of 5) · about 10 minutes · define `keep_new(texts, pool, similarity, limit)`

# %% [markdown]
# What a model makes up repeats itself. Before a text joins the data it is compared with everything that is known: with the `pool`, and with the texts that were kept before it.
#
# Go through `texts` in their order. A text **stays** if its similarity to each known text is below `limit` (one that is just as similar as the limit goes). What stays becomes known. Return one
# bool for each text. The pool may be empty.
#
# `similarity(a, b)` is given: a function of two texts, between 0 and 1. (Self-Instruct takes ROUGE-L and 0.7; ROUGE-L is an exercise of lab 05.)


# %% nbgrader={"grade": false, "grade_id": "similarity-filter", "locked": false, "schema_version": 3, "solution": true, "task": false}
def keep_new(texts, pool, similarity, limit):
    """Which texts are new.

    texts, pool  lists of texts
    similarity   a function of two texts
    limit        a number
    returns      a list of bools, one for each of `texts`
    """
    ### BEGIN SOLUTION
    known, keep = list(pool), []
    for text in texts:
        keep.append(all(similarity(text, other) < limit for other in known))
        if keep[-1]:
            known.append(text)
    return keep
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "similarity-filter-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:similarity-filter"]
check("similarity-filter", keep_new)

# %% [markdown] tags=["hints:similarity-filter"]
# <details><summary>Hint 1 of 3</summary>
#
# Go through the texts in their order with a list of what is known: the pool, and what you have kept so far.
#
# </details>
#
# <details><summary>Hint 2 of 3</summary>
#
# A text stays if its *largest* similarity with anything known is below the limit. As large as the limit is too large.
#
# </details>
#
# <details><summary>Hint 3 of 3, nearly the solution</summary>
#
# Only a text that stays becomes known. `max(..., default=0.0)` also works when nothing is known.
#
# </details>

# %% [markdown]
# **See it work.** The course's 66 definitions, filtered at several limits. At which limit do you begin to lose tasks that are really different?

# %%
from llmcourse.instructions import rouge

definitions = [task.definition for task in mixture.tasks()]
for limit in (0.9, 0.7, 0.5, 0.3):
    keep = keep_new(definitions, [], rouge.rouge_l, limit)
    first = next((text for text, stays in zip(definitions, keep) if not stays), "-")
    print(f"limit {limit}: {sum(keep)} of {len(keep)} stay; the first that goes: {first}")

# %% [markdown] tags=["exercise:evol-elimination"]
# ## Exercise 5 · What did not evolve
#
# **4 points** · core · difficulty ●●●○○ (3 of 5) · about 16 minutes · define `why_not(before, after, response, similarity, stop_words)`

# %% [markdown]
# Evol-Instruct asks a model to make an instruction harder, and the model often fails. Four rules eliminate failures. They are asked in this order, and the first that applies is the answer:
#
# 1. `"same"`: the new instruction says nothing new, `similarity(before, after)` is 0.9 or more;
# 2. `"refusal"`: the response to it has the word *sorry* in it, in small letters or capitals, and is shorter than 80 words, here counted by `response.split()`;
# 3. `"hollow"`: the response has no word but stop words, or no word at all;
# 4. `"leak"`: the prompt's own words stand in the new instruction: "given prompt" or "rewritten prompt", in small letters or capitals.
#
# If none applies, return `""`. For rules 2 and 3, the *words* of a response are its runs of letters and digits in lower case: "Sorry," has the word "sorry" in it, "unsorry" has not.


# %% nbgrader={"grade": false, "grade_id": "evol-elimination", "locked": false, "schema_version": 3, "solution": true, "task": false}
def why_not(before, after, response, similarity, stop_words):
    """Why an evolved instruction is eliminated.

    before, after  the instruction as it was, and as it has been rewritten
    response       a model's answer to the new one
    similarity     a function of two texts
    stop_words     a set of words in lower case
    returns        "same", "refusal", "hollow", "leak" or ""
    """
    ### BEGIN SOLUTION
    said = re.findall(r"[a-z0-9]+", response.lower())
    if similarity(before, after) >= 0.9:
        return "same"
    if "sorry" in said and len(response.split()) < 80:
        return "refusal"
    if all(word in stop_words for word in said):
        return "hollow"
    if "given prompt" in after.lower() or "rewritten prompt" in after.lower():
        return "leak"
    return ""
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "evol-elimination-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:evol-elimination"]
check("evol-elimination", why_not)

# %% [markdown] tags=["hints:evol-elimination"]
# <details><summary>Hint 1 of 4</summary>
#
# Four questions in their order, and a `return` after each: the first rule that applies is the answer.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Lower case first. `re.findall(r"[a-z0-9]+", response.lower())` are the words: "sorry" in that list is a whole word.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Length: fewer than 80 words, `len(response.split()) < 80`. A long answer that says sorry is an answer.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `all(word in stop_words for word in words)` is true for an empty list as well, which is what is wanted.
#
# </details>

# %% [markdown]
# **See it work.** Evolutions as a small model writes them. (The last is one that no rule catches. Which would?)

# %%
from llmcourse.instructions.evolve import STOP_WORDS

before = "Write a short poem about the sea."
for after, response in [
    ("Write a short poem about the sea that has no letter e.", "Cold salt and calm air."),
    ("Write a short poem about the sea!", "Waves roll."),
    ("Rewritten prompt: write a poem about a storm at sea.", "Thunder."),
    ("Write a poem in a language that nobody speaks.", "I am sorry, but I cannot do that."),
    ("Is it so?", "It is so."),
    ("Write a poem about the sea and the number of its fish to the last one.", "There are nine fish."),
]:
    print(f"{why_not(before, after, response, rouge.rouge_l, STOP_WORDS):8} {after}")

# %% [markdown] tags=["exercise:backward-question"]
# ## Exercise 6 · The question turned round
#
# **3 points** · stretch · difficulty ●●●○○ (3 of 5) · about 12 minutes · define `backward(question, answer, which)`

# %% [markdown]
# A question with a known answer can be turned round: hide one of its numbers, tell the answer, and ask for the number (FOBAR, one of MetaMath's four ways to get more questions).
#
# > Ann has 5 apples. Then Ann gets **x** more. How many apples does Ann have now? If we know the answer to the above question is 8, what is the value of unknown variable x?
#
# Return the new question and its answer. `which` says which number becomes `x`, counted from 0. The sentence behind the question, after one space, is
# `If we know the answer to the above question is {answer}, what is the value of unknown variable x?`
#
# Numbers are written in digits: `7`, `1,200`, `30.5`. Digits in a name such as `B2` are no number: no letter stands next to a number; a sign such as $ or a bracket may. The full stop of a sentence belongs to no number. Other places of the same number stay as they are.
# The answer is the number as text, without commas: `"1200"`.


# %% nbgrader={"grade": false, "grade_id": "backward-question", "locked": false, "schema_version": 3, "solution": true, "task": false}
def backward(question, answer, which):
    """The question turned round.

    question  a text with numbers in digits
    answer    its answer, a text
    which     the number that becomes x, counted from 0
    returns   (new question, its answer), two texts
    """
    ### BEGIN SOLUTION
    number = r"(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])"
    place = list(re.finditer(number, question))[which]
    asked = question[: place.start()] + "x" + question[place.end() :]
    told = f"If we know the answer to the above question is {answer}, what is the value of unknown variable x?"
    return f"{asked} {told}", place[0].replace(",", "")
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "backward-question-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:backward-question"]
check("backward-question", backward)

# %% [markdown] tags=["hints:backward-question"]
# <details><summary>Hint 1 of 4</summary>
#
# Find all the numbers with their places first, then cut the text at the place of the one that is asked for.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# `re.finditer(pattern, question)` gives matches; `m.start()` and `m.end()` are places, `m[0]` is the text.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# A number begins and ends where no letter or digit stands next to it, and may have commas or a decimal point between its digits: `(?<![A-Za-z0-9])\d+(?:[.,]\d+)*(?![A-Za-z0-9])`.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# The new question is `question[: m.start()] + "x" + question[m.end() :]` and the sentence; the answer is `m[0].replace(",", "")`.
#
# </details>

# %% [markdown]
# **See it work.** One word problem becomes as many as it has numbers, and a program can check each: it puts every number from 1 to 99 in the place of $x$.

# %%
import random

from llmcourse.instructions import metamath, word_problems

problem = word_problems.draw(random.Random(4), level=2)
print(problem.text, "->", problem.answer)
for which in range(3):
    asked, x = backward(problem.text, str(problem.answer), which)
    print(
        f"\n{asked}\n  -> {x}; numbers that lead to the old answer: {[n for n in range(1, 100) if metamath.solves(problem, which, n)]}"
    )

# %% [markdown] tags=["exercise:curriculum-budget"]
# ## Exercise 7 · Harder from round to round
#
# **4 points** · stretch · difficulty ●●●●○ (4 of 5) · about 20 minutes · define `plan(difficulty, cost, threshold, shares, budget)`

# %% [markdown]
# Yue et al. begin with easy examples and give the student a larger share of hard ones from round to round. An example is **hard** if its difficulty is above `threshold`, else easy. In round $r$,
# hard examples may cost `shares[r] * budget` tokens, easy ones the rest of the `budget`.
#
# Each of the two groups is taken from its easiest example to its hardest (of equal ones, the one with the smaller number first). In a round, take from the front of a group while the next example still fits into what the
# group may cost; then stop. What has been taken is gone, and the next round goes on from there. What was not spent is lost.
#
# Return a list of rounds; a round is a list of the numbers of its examples, the easy ones first, in the order in which they were taken.


# %% nbgrader={"grade": false, "grade_id": "curriculum-budget", "locked": false, "schema_version": 3, "solution": true, "task": false}
def plan(difficulty, cost, threshold, shares, budget):
    """Which examples each round has.

    difficulty  (N,) floats
    cost        (N,) integers, tokens of each example
    threshold   above it, an example is hard
    shares      a list: the share of the budget for hard examples, in each round
    budget      tokens a round
    returns     a list of lists of numbers from 0 to N - 1
    """

    ### BEGIN SOLUTION
    def order(hard):
        chosen = [i for i in range(len(difficulty)) if (float(difficulty[i]) > threshold) == hard]
        return sorted(chosen, key=lambda i: float(difficulty[i]))

    waiting = [order(hard=False), order(hard=True)]
    rounds = []
    for share in shares:
        taken = []
        for hard in (False, True):
            left = budget * (share if hard else 1 - share)
            while waiting[hard] and int(cost[waiting[hard][0]]) <= left:
                i = waiting[hard].pop(0)
                left -= int(cost[i])
                taken.append(i)
        rounds.append(taken)
    return rounds
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "curriculum-budget-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false} tags=["check:curriculum-budget"]
check("curriculum-budget", plan)

# %% [markdown] tags=["hints:curriculum-budget"]
# <details><summary>Hint 1 of 4</summary>
#
# Two lists of indices first: the easy ones and the hard ones, each from the easiest to the hardest. `sorted` keeps equal ones in the order of their numbers.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# Round r may spend shares[r] * budget on hard examples, and the rest of the budget on easy ones. What is left over in a round is lost.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# Take from the front of a list while the next one still fits, then stop: a later, cheaper one has to wait.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# What has been taken is gone: keep a place in each list, and go on from there in the next round. Each round is a list, the easy ones first.
#
# </details>

# %% [markdown]
# **See it work.** Word problems of one to four steps; the number of steps is the difficulty, and three steps are hard.

# %%
problems = [word_problems.draw(random.Random(i), level=1 + i % 4) for i in range(60)]
level = torch.tensor([float(p.level) for p in problems])
cost = torch.tensor([len(p.text.split()) for p in problems])
for r, taken in enumerate(plan(level, cost, 2.5, [0.0, 0.25, 0.5, 0.75], 240)):
    print(f"round {r}: {len(taken):2} problems, {int(cost[taken].sum())} words, mean level {level[taken].mean():.2f}")

# %% [markdown] tags=["exercise:style-score"]
# ## Exercise 8 · Style that cannot be faked
#
# **3 points** · core · difficulty ●●●○○ (3 of 5) · about 14 minutes · define `style_score(text, marks)`

# %% [markdown]
# Does a student sound like its teacher? If you count the teacher's favourite words, a text of nothing but those words wins. Write a score that such a text does not fool.
#
# The **words** of a text are its runs of letters and digits, in lower case. `marks` is a list of words that the teacher likes. A text's words are divided into marks and the **rest**. With $f$ different marks found, out of $m$, and
# $n$ words in the rest, $d$ of them different,
#
# $$\text{score} = \frac{f}{m}\cdot\frac{d}{n}\cdot\min\!\Big(1,\ \frac{n}{5f}\Big).$$
#
# The first factor counts each mark once; the second, the *variety*, punishes repetition; the third, the *room*, wants five other words for each mark. Where no mark was found, or nothing else, the score is 0.0.


# %% nbgrader={"grade": false, "grade_id": "style-score", "locked": false, "schema_version": 3, "solution": true, "task": false}
def style_score(text, marks):
    """How much a text sounds like the teacher.

    text     a text
    marks    a list of words in lower case
    returns  a float from 0 to 1
    """
    ### BEGIN SOLUTION
    words = re.findall(r"[a-z0-9]+", text.lower())
    found, rest = set(words) & set(marks), [word for word in words if word not in marks]
    if not found or not rest:
        return 0.0
    return len(found) / len(marks) * len(set(rest)) / len(rest) * min(1.0, len(rest) / (5 * len(found)))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "style-score-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false} tags=["check:style-score"]
check("style-score", style_score)

# %% [markdown] tags=["hints:style-score"]
# <details><summary>Hint 1 of 4</summary>
#
# The words of a text: `re.findall(r"[a-z0-9]+", text.lower())`. Two lists come from them: marks and the rest.
#
# </details>
#
# <details><summary>Hint 2 of 4</summary>
#
# `found = set(words) & set(marks)` counts each mark once, however often it comes.
#
# </details>
#
# <details><summary>Hint 3 of 4</summary>
#
# The variety and the room are those of the rest, the words that are no marks. If there are none of them, or no mark was found, the score is 0.0.
#
# </details>
#
# <details><summary>Hint 4 of 4, nearly the solution</summary>
#
# `len(found) / len(marks) * len(set(rest)) / len(rest) * min(1.0, len(rest) / (5 * len(found)))`.
#
# </details>

# %% [markdown]
# **See it work.** An honest answer and three that try to fool the score, with the share of marks among the words for comparison. (Could you fool this score too?)

# %%
marks = ["firstly", "however", "overall", "example"]
for text in [
    "Firstly, a kettle heats water. However, it needs power; for example, two thousand watts for three minutes. Overall, it is quick.",
    "Overall overall overall however however example firstly overall.",
    "Firstly, however, overall, example.",
    "Overall, for example, water water water water water water water water water water.",
]:
    plain = text.lower().replace(",", " ").replace(".", " ").replace(";", " ").split()
    share = sum(word in marks for word in plain) / len(plain)
    print(f"score {style_score(text, marks):.2f}   share of marks {share:.2f}   {text}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "open-task", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": true}
# ## Open task · A task of your own (6 points, 30 minutes)
#
# Write a task that none of the 66 is, in the schema of Natural Instructions, and find out what SmolLM2 needs to do it. Its answers must be short, and a program must be able to check them.
#
# 1. Write a function that draws an input and one that answers it. Make a task of at least 40 instances with `schema.read`: definition, two positive and two negative examples with reasons. Divide the
#    instances: one half to train on, one half to test on, none in both.
# 2. Before you run anything, say what you expect: which share of the test instances will be right with the definition alone, with two positive examples, and after tuning?
# 3. Measure the three, on the test instances only, each with an interval or at least two seeds. Tune with LoRA (the cell below shows how), and say which learning rate and how many steps.
# 4. Show one test instance that is still wrong. In three sentences: what did tuning teach, the task or its format? How could you tell?
#
# Work in the cell below and in as many of your own as you like, code and text, all below this one. They are marked by hand, with the outputs that you
# leave in the notebook: the grader does not run them.
#
# === BEGIN MARK SCHEME ===
#
# - 1 point: a task in the schema that loads, with reasons that fit, and a definition that is clear without the examples.
# - 1 point: training and test instances are apart, and the answers are right (checked by the program).
# - 1 point: an expectation, said before the results.
# - 2 points: the three numbers on the same test instances (1), with an interval or several seeds (1).
# - 1 point: an error is shown, and the conclusion on task and format follows from what was measured.
#
# === END MARK SCHEME ===

# %% tags=["open-task"]
from functools import partial

from llmcourse import models
from llmcourse.adapters import LoRA, attach
from llmcourse.instructions import encodings, schema

rng, source = random.Random(0), mixture.Source("test")


def row():  # an example of a task: two words change places
    a, b = source.words(rng, 2, 2)
    return {
        "input": f"{a} {b}",
        "output": f"{b} and {a}",
        "wrong": f"{a} and {b}",
        "explanation": f"{b}, the second word, comes first.",
    }


rows = list({r["input"]: r for r in (row() for _ in range(80))}.values())
mine = schema.read(
    {
        "Definition": ['You are given two words. Write them in the opposite order, with "and" between them.'],
        "Categories": ["words"],
        "Positive Examples": rows[:2],
        "Negative Examples": [{**r, "output": r["wrong"]} for r in rows[2:4]],
        "Instances": [{**r, "output": [r["output"]]} for r in rows[4:]],
    },
    "opposite_order",
)
train, test = mine.instances[:48], mine.instances[48:]
pairs = lambda instances, encoding: [
    (encodings.encode(mine, x, encoding).rstrip(" "), f" {x.output[0]}\n") for x in instances
]

steps, count = runtime.pick(full=(16, 24), smoke=(1, 2))
lm = models.load()


def share(encoding):
    """The share of the first test instances that the model answers right."""
    written = lm.generate([prompt for prompt, _ in pairs(test[:count], encoding)], tokens=12, stop="\n")
    return sum(schema.right(x, text) for x, text in zip(test, written)) / count


for told, encoding in {"definition": encodings.DEFINITION, "+ 2 positive": encodings.POSITIVE}.items():
    print(f"untuned, {told}: {share(encoding):.2f} of {count} test instances right")
attach(lm.model, "mine", partial(LoRA, r=8), ("q_proj", "v_proj"))
batches = models.answer_batches(lm, pairs(train, encodings.DEFINITION), 4, runtime.seed(0))
models.train(
    lm.model,
    batches,
    steps,
    lr=2e-3,
    warm_up=3,
    loss=models.answer_loss,
    groups=[{"params": [p for p in lm.model.parameters() if p.requires_grad]}],
)
print(f"tuned, definition: {share(encodings.DEFINITION):.2f}")

# %% tags=["save"]
from llmcourse import work

work.save()
