"""Records: experiments too long for a lecture, run once by one command and kept with a note of how they were made.

An experiment declares its record where it is defined, in a module of its topic whose name ends in `experiments`:

    @records.record("10_copying")
    def record_copying() -> dict: ...

`make record NN=10_copying` runs it and writes recorded/10_copying.json. The number is the module's; a module with only
one long experiment names its record by the number alone, "08". The lecture runs a shortened version live and shows the
record next to it, as a record.
"""

import json
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from .. import verdicts

DECLARED: dict[str, Callable[[], dict]] = {}  # by the modules imported so far


def record(name: str) -> Callable:
    """Declare that a function without required arguments is the experiment behind the record of this name."""

    def declare(experiment: Callable[[], dict]) -> Callable[[], dict]:
        other = DECLARED.get(name, experiment)
        if (other.__module__, other.__qualname__) != (experiment.__module__, experiment.__qualname__):
            raise ValueError(
                f"The record {name!r} is declared twice: by {other.__module__} and {experiment.__module__}"
            )
        DECLARED[name] = experiment
        return experiment

    return declare


def load(name: str) -> dict:
    """The record of a lecture, "08", or of one of its experiments, "10_copying".

    Raises FileNotFoundError, which says how to make it.
    """
    file = path(name)
    if not file.is_file():
        raise FileNotFoundError(f"There is no record {name} yet. Make it with `make record NN={name}`.")
    return json.loads(file.read_text("utf-8"))


def made(record: dict) -> str:
    """How a record was made, in one line."""
    how = record["made"]
    where = f"{how['minutes']} min on {how['machine']}, torch {how['torch']}"
    changes = ", with changes that were not committed" if how.get("dirty") else ""
    return f"Record of {how['date']}: `{how['command']}`, {where}{changes}."


def path(name: str) -> Path:
    """The file of a record, whether it has been made or not."""
    return Path(str(resources.files("llmcourse") / "recorded" / f"{name}.json"))


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean of one number per seed, and half the width of its 95 % interval, that of `verdicts.mean`."""
    mean = verdicts.mean(values)
    return mean.value, mean.high - mean.value
