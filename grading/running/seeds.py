"""Where the inputs of private cases come from: a key that no student has, the student, the lab, and
its round."""

import hashlib
import hmac
import secrets

import torch
from llmcourse import files

from ..paths import runtime


def seed(student: str, slug: str, round_: int = 0) -> int:
    """The seed of a student's private inputs in a round: always the same, and unpredictable without the key."""
    drawn = f"{student}/{slug}/{round_}" if round_ else f"{student}/{slug}"  # as version 0.1 drew, without rounds
    digest = hmac.new(_key(), drawn.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:6], "big")


def _key() -> bytes:
    """The class's key, made at first use by whichever worker comes first; it is written whole or not at all."""
    path = runtime() / ".key"
    if not path.exists():
        with files.lock(path.with_name(".key.lock")):
            if not path.exists():
                files.write(path, secrets.token_hex(32), mode=0o600)
    return path.read_bytes()


def generator(name: str, title: str, seed: int) -> torch.Generator:
    """The generator that draws the inputs of one case of an exercise."""
    digest = hashlib.sha256(f"{seed}/{name}/{title}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
