"""`python -m lib.bench all`: every topic's benchmark. `python -m lib.bench recurrence cuda`: one of them.

Each runs in its own process, which sets its threads before torch is imported and takes its peak memory away with it.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from llmcourse import course

FOLDER = Path(__file__).parent


def found() -> list[str]:
    """The topics that have a benchmark, in the order of the course."""
    return [topic for topic in course.topics() if (FOLDER / f"{topic}.py").is_file()]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m lib.bench", description="Measure, and write lib/BENCHMARKS*.md.")
    parser.add_argument("topic", choices=["all", *found()])
    parser.add_argument("rest", nargs="*", help="for the benchmark itself: cpu or cuda, where it can do both")
    options = parser.parse_args(argv)
    topics = found() if options.topic == "all" else [options.topic]
    codes = [subprocess.call([sys.executable, "-m", f"lib.bench.{topic}", *options.rest]) for topic in topics]
    return max(codes, key=bool)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
