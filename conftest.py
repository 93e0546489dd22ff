"""How `make test` shares the tests out: a file stays on one worker with its fixtures, but each notebook is on its own.

Running all notebooks takes half of the time, and one worker would still be at it when the others have long ended.
"""

import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        alone = item.originalname == "test_runs_at_tier_smoke"
        item.add_marker(pytest.mark.xdist_group(item.name if alone else item.path.stem))
