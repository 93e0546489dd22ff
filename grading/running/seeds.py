"""Where the inputs of private cases come from: a key that no student has, the student, and the lab."""

import hashlib
import hmac
import os
import secrets

import torch

from ..paths import runtime


def seed(student: str, slug: str) -> int:
    """The seed of a student's private inputs: the same at every grading, and not to be foreseen without the key."""
    path = runtime() / ".key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    digest = hmac.new(path.read_bytes(), f"{student}/{slug}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:6], "big")


def generator(name: str, title: str, seed: int) -> torch.Generator:
    """What the inputs of one case of an exercise are drawn from."""
    digest = hashlib.sha256(f"{seed}/{name}/{title}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
