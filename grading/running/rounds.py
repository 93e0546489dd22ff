"""Rounds: when feedback has been released, later submissions are asked for their outputs on new private inputs.

    current(slug)   the lab's round; 0 until feedback is released for the first time
    begin(slug)     begin the next one: whatever gives feedback to students calls it

A submission keeps the round that it was graded in for as long as it is unchanged, so that a new round by itself changes
no points. The rounds are in one file, rounds.json; without it, every lab is in round 0.
"""

import json

from llmcourse import files

from ..paths import runtime


def current(slug: str) -> int:
    """The round of a lab. Raises OSError if rounds.json is there and can't be read as such."""
    return _read().get(slug, 0)


def begin(slug: str) -> int:
    """Begin the next round of a lab, and return its number."""
    path = runtime() / "rounds.json"
    with files.lock(path.with_name(".rounds.lock")):
        rounds = _read()
        rounds[slug] = rounds.get(slug, 0) + 1
        files.write(path, json.dumps(rounds, indent=1, sort_keys=True) + "\n")
    return rounds[slug]


def announce(slug: str) -> str:
    """Begin the next round of a lab, and say so."""
    return f"{slug}: changed submissions are now graded with new inputs (round {begin(slug)})"


def _read() -> dict[str, int]:
    path = runtime() / "rounds.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if isinstance(found, dict) and all(type(n) is int and n >= 0 for n in found.values()):
        return found
    raise OSError(f'{path} should be like {{"08_linear_attention": 1}}, with the number of each lab\'s round.')
