"""Vectors of texts, kept between sessions.

A vector's key is the checksum of its text. So when a corpus changes, only what is new is computed, and two corpora
share what they have in common. Vectors of different models must never be mixed: each version of an embedder, identified
by its weights and by how much of a text it reads, has a file of its own.
"""

import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from .. import files
from ..models import weights
from ..models.pretrained import Embedder


class Mixed(ValueError):
    """An attempt to join vectors of two versions of a model."""


def version(embedder: Embedder) -> str:
    """A name for what an embedder computes: a checksum of its weights, and how many tokens it reads."""
    digest = hashlib.sha256()
    for name, tensor in sorted(embedder.model.state_dict().items()):
        digest.update(name.encode() + tensor.detach().float().cpu().contiguous().numpy().tobytes())
    return f"{digest.hexdigest()[:16]}-{embedder.longest}"


class Store:
    """A folder of vectors, with a file for each version of a model: rows (n, d) in float16 and their texts' checksums.

    computed  how many texts were actually encoded since this store was opened
    """

    def __init__(self, folder: Path | None = None):
        self.folder = Path(folder) if folder else weights.folder() / "vectors"
        self.computed = 0

    def embed(self, embedder: Embedder, texts: Sequence[str], batch: int = 64) -> Tensor:
        """(N,) texts -> (N, d) unit vectors, float32; only texts that are new to this version are encoded."""
        path = self.folder / f"{version(embedder)}.safetensors"
        names = [hashlib.sha256(text.encode()).digest()[:16] for text in texts]
        rows = _read(path)
        new = {name: text for name, text in zip(names, texts) if name not in rows}
        if new:
            self.computed += len(new)
            fresh = embedder.encode(list(new.values()), batch=batch).half()
            rows = {**_read(path), **rows, **dict(zip(new, fresh))}  # another process may have written meanwhile
            _write(path, rows)
        if not names:
            return torch.empty(0, embedder.model.config.hidden_size)
        return torch.nn.functional.normalize(torch.stack([rows[name] for name in names]).float(), dim=-1)


def together(parts: Sequence[tuple[str, Tensor]]) -> Tensor:
    """Join (version, vectors) into one matrix (N, d). Raises Mixed when the versions differ."""
    versions = sorted({name for name, _ in parts})
    if len(versions) > 1:
        raise Mixed(
            f"These vectors come from different versions of a model ({', '.join(versions)}), so distances between them "
            "mean nothing. Encode all texts with one version: `Store().embed(embedder, texts)`."
        )
    return torch.cat([vectors for _, vectors in parts])


def _read(path: Path) -> dict[bytes, Tensor]:
    if not path.exists():
        return {}
    try:
        saved = load_file(path)
        names = saved["names"].numpy()
        return {row.tobytes(): vector for row, vector in zip(names, saved["vectors"])}
    except (SafetensorError, KeyError, OSError, ValueError) as error:
        warnings.warn(f"{path} is damaged ({error}). Its vectors will be computed again.", stacklevel=3)
        return {}


def _write(path: Path, rows: dict[bytes, Tensor]) -> None:
    names = torch.tensor([list(name) for name in rows], dtype=torch.uint8)  # (n, 16)
    with files.replacing(path) as fresh:
        save_file({"names": names, "vectors": torch.stack(list(rows.values()))}, fresh)
