# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Start here
#
# How does one teach a language model what people want, let it read a whole book, and keep it from making things up?
# This course answers with code that you can read, run and change. It follows one lecture deck: **adapting** a model,
# **extending** its context, **retrieving** what it does not know. Each module is a lecture that you run and a lab that you
# fill; everything runs on a laptop, and nothing needs the network once it is installed.

# %% [markdown] tags=["badge"]
# 12 modules so far, about 42 hours of lectures and labs

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
# ## The course map
#
# Follow the order, or jump: the last column says what a module builds on. *Not yet* means that it is planned and not
# written. A lab link opens **your copy** of the lab, which no update overwrites. The minutes are a first reading's.

# %% [markdown] tags=["map"]
# |  | module | lecture | lab | builds on |
# | :-- | :-- | :-- | :-- | :-- |
# |  | **Part I: Adapting a model** |  |  |  |
# | 01 | Learning from preferences | [115 min](01_preferences.ipynb) | [110 min](../work/01_preferences/01_lab.ipynb) |  |
# | 02 | From human feedback to a policy | [90 min](02_rlhf.ipynb) | [120 min](../work/02_rlhf/02_lab.ipynb) | 01 |
# | 03 | LoRA and other adapters | [90 min](03_lora.ipynb) | [110 min](../work/03_lora/03_lab.ipynb) |  |
# | 04 | Instruction tuning | [90 min](04_instructions.ipynb) | [150 min](../work/04_instructions/04_lab.ipynb) | 03 |
# | 05 | Bootstrapping: a model teaches itself | [100 min](05_bootstrapping.ipynb) | [120 min](../work/05_bootstrapping/05_lab.ipynb) | 02, 04 |
# |  | **Part II: Extending the context** |  |  |  |
# | 06 | Sparse attention | [75 min](06_sparse_attention.ipynb) | [120 min](../work/06_sparse_attention/06_lab.ipynb) |  |
# | 07 | Compressed and chunked attention | [60 min](07_compressed_attention.ipynb) | [120 min](../work/07_compressed_attention/07_lab.ipynb) | 06 |
# | 08 | Linear attention | [120 min](08_linear_attention.ipynb) | [120 min](../work/08_linear_attention/08_lab.ipynb) |  |
# | 09 | State space models | [90 min](09_state_space.ipynb) | [100 min](../work/09_state_space/09_lab.ipynb) | 08 |
# | 10 | Mamba and its family | [120 min](10_mamba.ipynb) | [110 min](../work/10_mamba/10_lab.ipynb) | 09 |
# | 11 | Does a long context work? | *not yet* | *not yet* | 10 |
# |  | **Part III: Retrieving** |  |  |  |
# | 12 | Retrieval-augmented generation | [90 min](12_rag.ipynb) | [90 min](../work/12_rag/12_lab.ipynb) | 11 |
# | 13 | Retrieval that decides for itself | *not yet* | *not yet* | 12 |
# | 14 | Retrieval inside the model | *not yet* | *not yet* | 12 |
# | 15 | Knowledge graphs | [90 min](15_knowledge.ipynb) | [120 min](../work/15_knowledge/15_lab.ipynb) | 12 |
# |  | **All three parts on the same questions** | [45 min](16_capstone.ipynb) |  | 03, 12, 15 |

# %% [markdown]
# ## How much time do you have?
#
# Three ways through. Each exercise of a lab is marked *core* or *stretch*: no other exercise needs a stretch one, and the two shorter
# paths leave them out. What stands in *italics* is not yet written: go on without it.

# %% [markdown] tags=["paths"]
# |  | modules, week by week | exercises | hours in the longest week |
# | :-- | :-- | :-- | :-- |
# | **6 weeks** | [01](01_preferences.ipynb) · [03](03_lora.ipynb) · [08](08_linear_attention.ipynb) · [09](09_state_space.ipynb) · [10](10_mamba.ipynb) · *11* + [12](12_rag.ipynb) | core | 5 |
# | **10 weeks** | [01](01_preferences.ipynb) · [02](02_rlhf.ipynb) · [03](03_lora.ipynb) · [04](04_instructions.ipynb) + [05](05_bootstrapping.ipynb) · [06](06_sparse_attention.ipynb) · [08](08_linear_attention.ipynb) · [09](09_state_space.ipynb) · [10](10_mamba.ipynb) · *11* + [12](12_rag.ipynb) · [15](15_knowledge.ipynb) | core | 7 |
# | **15 weeks** | [01](01_preferences.ipynb) · [02](02_rlhf.ipynb) · [03](03_lora.ipynb) · [04](04_instructions.ipynb) · [05](05_bootstrapping.ipynb) · [06](06_sparse_attention.ipynb) · [07](07_compressed_attention.ipynb) · [08](08_linear_attention.ipynb) · [09](09_state_space.ipynb) · [10](10_mamba.ipynb) · *11* · [12](12_rag.ipynb) · *13* · *14* · [15](15_knowledge.ipynb) | all | 4 |

# %% [markdown]
# ## Is everything in its place?
#
# A page like this one is made of cells. Click the next cell, the grey one, and press **Shift + Enter**: it runs, and what
# it says appears under it.

# %%
from llmcourse import runtime, work

print(runtime.describe())

# %% [markdown]
# One line means that the course is installed. It says on which device the course runs and at which *tier*: at tier `full`
# a lecture takes up to three minutes; `smoke` is for tests, and its numbers mean nothing. For the rest of this page, choose
# **Run > Run All Cells**.
#
# ## Your progress
#
# What passes, what is left, and where to go on. It is renewed when the course starts, and whenever you run this cell.

# %%
work.progress()

# %% [markdown]
# ## Your first explorer
#
# Some figures have a slider: drag it, or click it and use the arrow keys. Try the first idea of the course. A model gives
# every possible next word a score, and the softmax turns scores into probabilities. What happens when the scores are
# divided by a *temperature* first? Guess before you drag: which word gains most when it rises?

# %%
import numpy as np
from llmcourse import figures

words = ["cat", "dog", "fish", "tree", "idea"]
scores = np.array([2.0, 1.5, 0.5, 0.0, -1.0])


def softmax(temperature):
    weights = np.exp((scores - scores.max()) / temperature)
    return weights / weights.sum()


def next_word(ax, temperature):
    ax.bar(words, softmax(temperature))
    ax.set(ylim=(0, 1), ylabel="probability", title=f"The next word at temperature {temperature:g}")


figures.explore(
    next_word,
    [0.1, 0.2, 0.35, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0],
    label="temperature",
    alt=lambda t: "Probabilities: " + ", ".join(f"{word} {p:.0%}" for word, p in zip(words, softmax(t))) + ".",
    width=6,
    height=2.6,
)

# %% [markdown]
# ## How to work
#
# 1. **Read a lecture** and run it from top to bottom. Where it asks a question, answer before you go on.
# 2. **Fill the lab.** Each exercise gives the task, a cell that says `raise NotImplementedError()`, and a check under it.
#    Replace that line with your code, run the cell, run the check.
# 3. **Read the check's card.** It says what is right and what is not, and often which mistake it is: "this equals the answer
#    without the causal mask". The check tells you at once, as often as you like; nobody counts the tries.
# 4. **Stuck?** Hints are folded under the check, from a nudge to nearly the solution. Open one at a time.
# 5. **The open task** ends each lab: an experiment of your own on real data, marked by a person.
# 6. **Hand in**, if you are in a class: `make submit LAB=08` in a terminal writes one zip file.
#
# JupyterLab saves by itself. On Colab, the last cell of a lab saves it to your Drive.
#
# ## Where are the slides?
#
# The deck is in Russian; its headings are in the first column, in its order. Where the deck has a slip, the lecture says so
# in a box called *errata*, with a cell that shows it.

# %% [markdown] tags=["deck"]
# | on the slides | what | module |
# | :-- | :-- | :-- |
# | ДООБУЧЕНИЕ LLM | a reward model from comparisons; Bradley-Terry; reward shaping; specification gaming | 01 Learning from preferences |
# | ДООБУЧЕНИЕ LLM | the LMArena leaderboard | 01 Learning from preferences |
# | ДООБУЧЕНИЕ LLM | Stiennon et al.: reward model and PPO with a KL penalty; InstructGPT | 02 From human feedback to a policy |
# | LoRA и ДРУГИЕ АДАПТЕРЫ | adapters, LoRA, AdaLoRA, SoRA, ALoRA, DyLoRA, DoRA | 03 LoRA and other adapters |
# | INSTRUCTION TUNING | P3; Natural and Super-Natural Instructions | 04 Instruction tuning |
# | СИНТЕТИЧЕСКИЕ ДАННЫЕ ЧЕРЕЗ ДИСТИЛЛЯЦИЮ | Alpaca to MetaMath; curriculum learning; what imitation does not teach | 04 Instruction tuning |
# | BOOTSTRAPPING: КАК ОБУЧИТЬ САМОГО СЕБЯ | Self-Instruct; the EM view, ReST-EM; STaR, RFT, STOP | 05 Bootstrapping: a model teaches itself |
# | РАСШИРЕНИЕ ДЛИНЫ КОНТЕКСТА | Longformer: windows, dilation, global tokens | 06 Sparse attention |
# | SPARSE ATTENTION | WaveNet's dilation; Sparse Transformer; BigBird and small worlds | 06 Sparse attention |
# | НИЗКОРАНГОВЫЕ РАЗЛОЖЕНИЯ | Linformer | 07 Compressed and chunked attention |
# | CHUNKED ATTENTION | the gated attention unit, FLASH, MEGA | 07 Compressed and chunked attention |
# | CHUNKED ATTENTION | self-attention once more: the softmax stands in the way | 08 Linear attention |
# | ВОЗВРАЩЕНИЕ РЕКУРРЕНТНЫХ СЕТЕЙ | the kernel trick; moved brackets; Linear Transformer; the table of recurrences | 08 Linear attention |
# | ВОЗВРАЩЕНИЕ РЕКУРРЕНТНЫХ СЕТЕЙ | state space models and their discretisation; HiPPO; S4 | 09 State space models |
# | ВОЗВРАЩЕНИЕ РЕКУРРЕНТНЫХ СЕТЕЙ | Mamba; Vision Mamba to MoE-Mamba | 10 Mamba and its family |
# | ВОЗВРАЩЕНИЕ РЕКУРРЕНТНЫХ СЕТЕЙ | the Little Retrieval Test | 11 Does a long context work? |
# | NEEDLE IN A HAYSTACK | needle in a haystack; MTOB, translation from one book | 11 Does a long context work? |
# | RAG | the scheme, in-context RALM, domains, reranking, lost in the middle | 12 Retrieval-augmented generation |
# | RAG | iterative retrieval, Self-RAG, CRAG, Adaptive-RAG, bridge models, RAPTOR, speculative RAG | 13 Retrieval that decides for itself |
# | RAG | REALM, RETRO, RA-DIT | 14 Retrieval inside the model |
# | RAG | graphs, ERNIE, JointLK, chain of knowledge, QA-GNN, reasoning on graphs, COMET, BertNet | 15 Knowledge graphs |

# %% [markdown]
# And the words:

# %% [markdown] tags=["glossary"]
# | on the slides | in the course |
# | :-- | :-- |
# | большая языковая модель | large language model, LLM |
# | дообучение | fine-tuning |
# | обучение с подкреплением | reinforcement learning, RL |
# | награда | reward |
# | политика, стратегия | policy |
# | сравнение пар | pairwise comparison |
# | модель Брэдли-Терри | Bradley-Terry model |
# | функция ошибки | loss |
# | правдоподобие | likelihood |
# | низкоранговое приближение | low-rank approximation |
# | сингулярное разложение | singular value decomposition, SVD |
# | обрезанные матрицы | truncated matrices |
# | веса раскладываются на модуль и направление | weights split into magnitude and direction |
# | разметка | annotation, labels |
# | шаблон | template |
# | синтетические данные | synthetic data |
# | дистилляция | distillation |
# | вариационная нижняя оценка | evidence lower bound, ELBO |
# | E-шаг, M-шаг | E-step, M-step |
# | перевзвешивание сэмплов | reweighting of samples |
# | рассуждение, объяснение | reasoning, rationale |
# | длина контекста | context length |
# | самовнимание | self-attention |
# | разреженное внимание | sparse attention |
# | скользящее окно | sliding window |
# | разреженная свёртка | dilated convolution |
# | мир тесен (Уоттс и Строгац) | small world (Watts and Strogatz) |
# | разбить на куски | split into chunks |
# | экспоненциальное скользящее среднее | exponential moving average, EMA |
# | мера похожести | similarity |
# | переставить скобки | move the brackets |
# | линейный классификатор | linear classifier |
# | квадратичная поверхность | quadratic surface |
# | отображение, признаки | (feature) map, features |
# | нормировка | normalisation; the normaliser u |
# | рекуррентная сеть | recurrent network, RNN |
# | состояние | state, S |
# | чтение из памяти | memory readout |
# | затухание | decay |
# | динамическая система | dynamical system |
# | дискретизация | discretisation |
# | иголка в стоге сена | needle in a haystack |
# | поиск | retrieval |
# | выдача | retrieved documents |
# | переранжирование | reranking |
# | оценщик | evaluator |
# | граф знаний | knowledge graph |
# | сущность | entity |
# | триплет | triple |
# | маскирование | masking |

# %% [markdown]
# ## When something fails
#
# | what you see | what to do |
# |:--|:--|
# | a check that does not pass | Read the card from the top; its first line in red is the one to mend. Then open a hint. |
# | `NameError`, or results that make no sense | Cells ran out of order. **Kernel > Restart Kernel and Run All Cells**. |
# | the kernel dies, or everything is slow | **File > Shut Down All Kernels** frees the memory; then open one notebook. |
# | `ModuleNotFoundError: llmcourse` | Run the first cell of the notebook. At home, start with `make lab`. |
# | an exercise is beyond repair | `make reset LAB=08 EXERCISE=decode-step` in a terminal starts it anew and keeps the old file. |
# | a lab was corrected since you began | `make update-labs` merges the correction; your answers stay. |
# | anything else | `make health` in a terminal (**File > New > Terminal**) looks at your machine and says what to do. |
#
# Without `make`, as on Windows: `python -m llmcourse work reset 08 decode-step`, and `python -m llmcourse` for the health.
