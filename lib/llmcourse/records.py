"""Records: what takes longer than a lecture may, run once by one command and kept with how it was made.

`make record NN=08` runs the experiment of lecture 08 and writes lectures/records/08.json; a lecture with several long
ones has a record for each, such as 10_copying. The lecture runs a shortened version live and shows the record beside
it, as a record.
"""

import importlib
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from . import files

EXPERIMENTS = {
    "01": "llmcourse.preferences.experiments:record",
    "03_base": "llmcourse.adapters.experiments:record_base",
    "03_ranks": "llmcourse.adapters.experiments:record_ranks",
    "03_gates": "llmcourse.adapters.experiments:record_gates",
    "03_addition": "llmcourse.adapters.experiments:record_addition",
    "05_instruct": "llmcourse.bootstrapping.experiments:record_instruct",
    "05_rest": "llmcourse.bootstrapping.experiments:record_rest",
    "05_star": "llmcourse.bootstrapping.experiments:record_star",
    "05_rft": "llmcourse.bootstrapping.experiments:record_rft",
    "05_stop": "llmcourse.bootstrapping.experiments:record_stop",
    "08": "llmcourse.recurrence.experiments:record",
    "09": "llmcourse.state_space.experiments:record",
    "10_copying": "llmcourse.mamba.experiments:record_copying",
    "10_induction": "llmcourse.mamba.experiments:record_induction",
    "10_language": "llmcourse.mamba.experiments:record_language",
    "10_vision": "llmcourse.mamba.vision_experiments:record",
    "12_rerank": "llmcourse.retrieval.experiments:record_rerank",
    "12_readers": "llmcourse.retrieval.experiments:record_readers",
    "12_outdated": "llmcourse.retrieval.experiments:record_outdated",
    "12_position": "llmcourse.retrieval.experiments:record_position",
    "12_ralm": "llmcourse.retrieval.experiments:record_ralm",
}


def load(number: str) -> dict:
    """The record of a lecture, "08", or of one of its experiments, "10_copying".

    Raises FileNotFoundError that says how to make it.
    """
    path = _path(number)
    if not path.is_file():
        raise FileNotFoundError(f"There is no record of lecture {number} yet. Make it: make record NN={number}")
    return json.loads(path.read_text("utf-8"))


def made(record: dict) -> str:
    """How a record was made, in one line."""
    how = record["made"]
    where = f"{how['minutes']} min on {how['machine']}, torch {how['torch']}"
    return f"Record of {how['date']}: `{how['command']}`, {where}."


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean of one number a seed, and half the width of its 95 % interval by Student's t, for 2 to 10 seeds."""
    t = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)[len(values) - 2]
    return statistics.mean(values), t * statistics.stdev(values) / len(values) ** 0.5


def share_interval(share: float, n: int) -> tuple[float, float]:
    """Where a share that was counted in `n` draws may truly lie: Wilson's 95 % interval."""
    z = 1.96
    middle, half = share + z * z / (2 * n), z * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def _path(number: str) -> Path:
    return Path(str(resources.files(__package__) / "recorded" / f"{number}.json"))


def _made(number: str, commit: str, seconds: float) -> dict:
    import torch

    return {
        "command": f"make record NN={number}",
        "date": time.strftime("%Y-%m-%d"),
        "minutes": round(seconds / 60, 1),
        "commit": commit,
        "machine": f"{_processor()}, {torch.get_num_threads()} threads",
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _commit() -> str:
    """What runs: the commit, and whether the library differs from it. "unknown" outside a repository."""
    git = lambda *words: subprocess.run(
        ["git", *words], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    ).stdout.strip()
    try:
        return git("rev-parse", "--short", "HEAD") + (" with changes" if git("status", "--porcelain", ".") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _processor() -> str:
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main(argv: list[str]) -> int:
    if len(argv) != 1 or argv[0] not in EXPERIMENTS:
        print(f"Which lecture? There are records of: {', '.join(EXPERIMENTS)}. For example: make record NN=08")
        return 2
    module, _, name = EXPERIMENTS[argv[0]].partition(":")
    start, commit = time.perf_counter(), _commit()  # before: the tree may change while it runs
    result = getattr(importlib.import_module(module), name)()
    record = {"made": _made(argv[0], commit, time.perf_counter() - start), **result}
    path = _path(argv[0])
    files.write(path, json.dumps(record, indent=1) + "\n")
    print(f"wrote lectures/records/{path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
