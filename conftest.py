"""How pytest shares the tests out between workers, and how long each of them took.

`make test` keeps a file on one worker with its fixtures, but each notebook is on its own: running all of them takes a
third of the time, and one worker would still be at it when the others have long ended.

--times=FILE writes every test's seconds, and prints the files that took longest.
"""

import json
import os
import time
from collections import Counter
from pathlib import Path

import pytest


def pytest_addoption(parser):
    parser.addoption("--times", metavar="FILE", help="write the seconds of every test to this file, as JSON")
    which = "notebooks to run at full size: all, what has changed, or (due) that and two drawn by the commit"
    parser.addoption("--notebooks", choices=("due", "changed", "all"), default="due", help=which)
    parser.addoption("--record", action="store_true", help="note the notebooks that ran at full size without a fault")


def pytest_configure(config):
    if config.getoption("--times") and not hasattr(config, "workerinput"):  # workers report to the one that writes
        config.pluginmanager.register(Times(Path(config.getoption("--times"))))


def pytest_collection_modifyitems(items):
    for item in items:
        alone = item.originalname == "test_runs_at_tier_smoke"
        item.add_marker(pytest.mark.xdist_group(item.name if alone else item.path.stem))


class Times:
    """Set-up, call and teardown of every test; a module's fixtures count for the test that needs them first."""

    def __init__(self, path: Path):
        self.path, self.start, self.seconds, self.workers = path, time.perf_counter(), Counter(), Counter()

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.partition("@")[0]  # xdist appends the group
        self.seconds[name] += report.duration
        self.workers[getattr(report, "worker_id", "main")] += report.duration

    def pytest_sessionfinish(self):
        run = {
            "wall": round(time.perf_counter() - self.start, 1),
            "workers": {name: round(seconds, 1) for name, seconds in sorted(self.workers.items())},
            "load": [round(load, 1) for load in os.getloadavg()],
            "tests": {name: round(seconds, 2) for name, seconds in sorted(self.seconds.items())},
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(run, indent=1) + "\n", "utf-8")

    def pytest_terminal_summary(self, terminalreporter):
        files = Counter()
        for name, seconds in self.seconds.items():
            files[name.partition("::")[0]] += seconds
        terminalreporter.section("seconds by file")
        for name, seconds in files.most_common(25):
            terminalreporter.write_line(f"{seconds:7.0f}  {name}")
