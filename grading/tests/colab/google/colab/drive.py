"""The reader's Drive: a folder that the test names."""

import os
from pathlib import Path


def mount(place: str) -> None:
    from llmcourse.work import colab

    colab.DRIVE = Path(os.environ["STAND_IN_DRIVE"])  # the real one is mounted at `place`, which a test cannot write
    print(f"Mounted at {place}")
