"""Real language models, and what the course does with them: continue prompts, and score given words.

    load(name)       a TextModel: transformers' model and tokenizer, and batches of texts in and out
    embedder(name)   an Embedder: sentences to unit vectors

Both run offline from installed packages (weights.py); larger ones come from the hub.
"""

import contextlib
import inspect
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from .. import runtime
from . import weights


def load(name: str = "smollm2-135m-instruct", dtype: torch.dtype | None = None) -> "TextModel":
    """A language model on the GPU, or on the CPU in the dtype that is faster there (`runtime.dtype`).

    Raises weights.NoWeights, which says what to install.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model, tokenizer = _load(name, weights.LANGUAGE_MODELS, AutoModelForCausalLM, AutoTokenizer)
    return TextModel(model.to(runtime.device(), dtype or runtime.dtype()).eval(), tokenizer)


def embedder(name: str = "all-minilm-l6-v2", dtype: torch.dtype = torch.float32) -> "Embedder":
    """A model for sentences. Raises weights.NoWeights."""
    from transformers import AutoModel, AutoTokenizer

    model, tokenizer = _load(name, weights.EMBEDDERS, AutoModel, AutoTokenizer)
    return Embedder(model.to(runtime.device(), dtype).eval(), tokenizer)


def _load(name: str, known: dict[str, weights.Source], model_class: type, tokenizer_class: type) -> tuple:
    place = weights.find(name, known)
    with weights.quiet():
        try:
            return model_class.from_pretrained(place), tokenizer_class.from_pretrained(place)
        except OSError as error:  # what transformers raises when the hub is out of reach
            raise weights.missing(name, known, error) from None


class Score(NamedTuple):
    """How likely a text is after what comes before it: log-probability in nats, number of tokens, and whether greedy
    decoding would have produced exactly that text."""

    log_prob: float
    tokens: int
    greedy: bool

    @property
    def per_token(self) -> float:
        return self.log_prob / max(self.tokens, 1)


Past = tuple[list[tuple[Tensor, Tensor]], Tensor]  # what `read` returns


class TextModel:
    """A causal language model with its tokenizer. Prompts are taken as they are; `chat` turns a question into one."""

    def __init__(self, model: nn.Module, tokenizer):
        self.model, self.tokenizer = model, tokenizer
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        tokenizer.clean_up_tokenization_spaces = False  # that would take spaces away which the model wrote
        tokenizer.padding_side = "left"  # so that new tokens come right after the prompt

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    def encode(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def chat(self, question: str, system: str = "") -> str:
        """The prompt that asks an instruction-tuned model this question."""
        messages = [{"role": "system", "content": system}] * bool(system) + [{"role": "user", "content": question}]
        return self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)

    @torch.no_grad()
    def generate(
        self,
        prompts: Sequence[str],
        tokens: int = 64,
        stop: str = "",
        temperature: float = 0.0,
        generator: Generator | None = None,
        batch: int = 16,
        prefix: str = "",
    ) -> list[str]:
        """What the model writes after each prompt: at most `tokens` tokens, ending before `stop` if that comes.

        Greedy at temperature 0; above, drawn with `generator`. Prompts of similar length are read together, padded on
        the left: sixteen at once take about twice the time of one. A prefix that all prompts share, which may be long,
        is read once; it is tokenised separately.
        """
        if temperature > 0 and generator is None:
            raise ValueError("Sampling needs a generator: pass generator=runtime.seed(0), or temperature=0.")
        if any(not prompt for prompt in prompts):
            raise ValueError("A prompt is empty, but a model only continues texts. Give it at least one character.")
        settings = {"max_new_tokens": tokens, "do_sample": temperature > 0, "pad_token_id": self.tokenizer.pad_token_id}
        settings |= {"temperature": temperature, "top_k": 0, "top_p": 1.0} if temperature > 0 else {}
        settings |= {"stop_strings": [stop], "tokenizer": self.tokenizer} if stop else {}
        written = [""] * len(prompts)
        before = torch.tensor([self.encode(prefix)]) if prefix else None
        past = self.read(before[0].tolist()) if prefix else None
        for part in _batches([len(prompt) for prompt in prompts], batch):
            x = self.tokenizer([prompts[i] for i in part], return_tensors="pt", padding=True, add_special_tokens=False)
            if prefix:
                front = before.expand(len(part), -1)
                x["input_ids"] = torch.cat([front, x["input_ids"]], 1)
                x["attention_mask"] = torch.cat([torch.ones_like(front), x["attention_mask"]], 1)
            with weights.quiet(), _drawing_from(generator):
                read = self.after(past, len(part)) if prefix else {}
                out = self.model.generate(**x.to(self.device), **read, **settings)
            for i, row in zip(part, out[:, x["input_ids"].shape[1] :]):
                text = self.tokenizer.decode(row, skip_special_tokens=True)
                written[i] = text.partition(stop)[0] if stop else text
        return written

    @torch.no_grad()
    def score(self, pairs: Sequence[tuple[str, str]], prefix: str = "", batch: int = 16) -> list[Score]:
        """How likely each `text` is after `prefix + before`, for pairs (before, text).

        The prefix, which may be long, is read once for all pairs. `before` and `text` are tokenised separately.
        """
        return self.score_tokens([(self.encode(before), self.encode(text)) for before, text in pairs], prefix, batch)

    @torch.no_grad()
    def score_tokens(
        self,
        encoded: Sequence[tuple[list[int], list[int]]],
        prefix: str = "",
        batch: int = 16,
        past: Past | None = None,
    ) -> list[Score]:
        """`score` for texts that are already tokens, after `past` if what stands before all was read already."""
        past = self.read(self.encode(prefix), past) if prefix else past
        found: list[Score] = [None] * len(encoded)  # type: ignore[list-item]
        if past is None and any(not before for before, _ in encoded):
            raise ValueError("The first token of a text has no probability: give a prefix, or something before it.")
        if any(not text for _, text in encoded):
            raise ValueError("A text to be scored is empty.")
        for part in _batches([len(a) + len(b) for a, b in encoded], batch):
            rows = [encoded[i] for i in part]
            for i, score in zip(part, self._score(rows, past)):
                found[i] = score
        return found

    @property
    def _cache(self) -> str:
        """The name that transformers gives to past keys and values: version 5.24 made it shorter."""
        return "cache" if "cache" in inspect.signature(self.model.forward).parameters else "past_key_values"

    @torch.no_grad()
    def read(self, tokens: list[int], past: Past | None = None) -> Past:
        """For each layer keys and values (1, H, L, d_k) of `past` and these tokens; and the logits (V,) after them."""
        x = torch.tensor([tokens], device=self.device)
        out = self.model(x, **self.after(past, 1) | {"use_cache": True}, logits_to_keep=1)
        return [(layer.keys, layer.values) for layer in out[self._cache].layers], out.logits[0, -1]

    def _score(self, rows: list[tuple[list[int], list[int]]], past: Past | None) -> Iterator[Score]:
        """Scores of one batch, padded on the right, where a causal model does not see it."""
        width = max(len(a) + len(b) for a, b in rows)
        x = torch.tensor([a + b + [self.tokenizer.pad_token_id] * (width - len(a) - len(b)) for a, b in rows])
        logits = self.model(x.to(self.device), **self.after(past, len(rows))).logits  # (B, width, V)
        for row, (before, text) in zip(logits, rows):
            first = len(before) - 1  # the logits there are those of the first token of the text
            z = row[max(first, 0) : first + len(text)].float()
            if first < 0:
                z = torch.cat([past[1][None].float(), z])
            target = torch.tensor(text, device=z.device)
            log_prob = -F.cross_entropy(z, target, reduction="sum").item()
            yield Score(log_prob, len(text), bool((z.argmax(-1) == target).all()))

    def after(self, past: Past | None, rows: int) -> dict:
        """Arguments for the model that put each of its rows after what was read."""
        from transformers import DynamicCache

        if past is None:
            return {"use_cache": False}
        cache = DynamicCache(config=self.model.config)
        for layer, (k, v) in enumerate(past[0]):
            cache.update(k.expand(rows, -1, -1, -1), v.expand(rows, -1, -1, -1), layer)
        return {self._cache: cache, "use_cache": True}


class Embedder:
    """Sentences to unit vectors: the mean of the last layer over a sentence's tokens, of length 1.

    Reimers and Gurevych 2019. The product of two is their cosine.
    """

    def __init__(self, model: nn.Module, tokenizer, longest: int = 256):
        self.model, self.tokenizer, self.longest = model, tokenizer, longest

    @torch.no_grad()
    def encode(self, texts: Sequence[str], batch: int = 64) -> Tensor:
        """(N,) texts -> (N, d), float32, on the CPU. Tokens beyond the first `longest` are not read."""
        out = torch.empty(len(texts), self.model.config.hidden_size)
        for part in _batches([len(text) for text in texts], batch):
            x = self.tokenizer(
                [texts[i] for i in part], padding=True, truncation=True, max_length=self.longest, return_tensors="pt"
            ).to(self.model.device)
            hidden, mask = self.model(**x).last_hidden_state.float(), x["attention_mask"][..., None]  # (B, L, d)
            out[part] = F.normalize((hidden * mask).sum(1) / mask.sum(1).clamp(min=1), dim=-1).cpu()
        return out


def _batches(lengths: list[int], size: int) -> Iterator[list[int]]:
    """Indices of texts in batches of similar length, longest first: if memory is too small, it fails at once."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    return (order[i : i + size] for i in range(0, len(order), size))


@contextlib.contextmanager
def _drawing_from(generator: Generator | None) -> Iterator[None]:
    """torch's global generator seeded from ours, and restored afterwards: transformers accepts none."""
    with torch.random.fork_rng(enabled=generator is not None):
        if generator is not None:
            torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))
        yield
