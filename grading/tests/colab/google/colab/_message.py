"""Colab's front end, which alone knows the notebook that runs."""

import json
import os
from pathlib import Path


def blocking_request(kind: str, request: str = "", timeout_sec: int = 0) -> dict:
    assert kind == "get_ipynb"
    return {"ipynb": json.loads(Path(os.environ["STAND_IN_NOTEBOOK"]).read_text())}
