"""How pytest shares the tests out between workers, and how long each of them took.

A file stays on one worker with its fixtures, but each notebook is on its own: running all of them takes long, and one
worker would still be at it when the others have ended. Slow tests that fail on a busy machine, since they flood it or
wait for a browser, are together on one worker, so that at most one other thing runs next to them, on one thread.
"""

import json
import os
import time
from collections import defaultdict
from pathlib import Path

import pytest

TIMED = {"test_attacks", "test_browser", "test_explorers", "test_same", "test_grading", "test_site"}


def pytest_addoption(parser):
    parser.addoption("--times", metavar="FILE", help="write the seconds of every test to this file, as JSON")
    which = "notebooks to run: all, what has changed since it was recorded, or (due) that and two drawn by the commit"
    parser.addoption("--notebooks", choices=("due", "changed", "all"), default="due", help=which)
    parser.addoption("--record", action="store_true", help="record the notebooks that run without a fault")


def pytest_configure(config):
    if config.getoption("--times") and not hasattr(config, "workerinput"):  # workers report to the one that writes
        config.pluginmanager.register(Times(Path(config.getoption("--times"))))


@pytest.hookimpl(tryfirst=True)  # before that of xdist, which reads the groups
def pytest_collection_modifyitems(items):
    for item in items:
        group = item.path.stem
        if item.originalname in ("test_runs_at_tier_smoke", "test_runs_at_tier_full"):
            group = item.name
        elif item.get_closest_marker("slow") and group in TIMED:
            group = "timed"
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish(session):
    session.config.cpu = _cpu()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report, now = (yield), _cpu()
    report.cpu, item.config.cpu = now - item.config.cpu, now
    return report


def _cpu() -> float:
    """Seconds of the processor that this process has used, and the children that it has waited for."""
    return sum(os.times()[:4])


class Times:
    """Seconds of every test that ran, with its fixtures: by the clock, and of the processor, less changed by load."""

    def __init__(self, path: Path):
        self.path, self.start = path, time.perf_counter()
        self.tests, self.skipped = defaultdict(lambda: [0, 0]), set()

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.partition("@")[0]  # xdist appends the group
        self.tests[name][0] += report.duration
        self.tests[name][1] += report.cpu
        if report.skipped:
            self.skipped.add(name)

    def pytest_sessionfinish(self):
        ran = sorted(self.tests.keys() - self.skipped)
        tests = {name: [round(x, 2) for x in self.tests[name]] for name in ran}
        wall = round(time.perf_counter() - self.start, 1)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps({"wall": wall, "tests": tests}) + "\n", "utf-8")
